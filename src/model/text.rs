//! Text from outside, made harmless: every name, message and tag passes here once, at conversion.
//!
//! This module does not know where a text is shown; it only guarantees that no text that entered
//! the model can move a cursor, change a colour, reverse a line or fill a screen.

use std::sync::Arc;

/// A cheap-to-clone, immutable text. Every value that came from outside was made by [`clean`].
pub type Text = Arc<str>;

/// Longest name kept, in characters: the length of a DNS subdomain, the longest name Kubernetes allows.
pub const NAME_LIMIT: usize = 253;
/// Longest message kept, in characters: the length limit of an event's note in `events.k8s.io/v1`.
pub const MESSAGE_LIMIT: usize = 1024;

/// Longest DNS label, in characters (RFC 1123): what the name of a namespace must be.
pub const LABEL_LIMIT: usize = 63;

/// Whether a text is a DNS label, as the API server checks the names of namespaces.
#[must_use]
pub fn is_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=LABEL_LIMIT).contains(&text.len())
        && text.chars().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A name (of an object, a service, a reason) without control characters, at most [`NAME_LIMIT`] long.
#[must_use]
pub fn name(raw: &str) -> Text {
    clean(raw, NAME_LIMIT)
}

/// A message without control characters, at most [`MESSAGE_LIMIT`] long; line ends become blanks.
#[must_use]
pub fn message(raw: &str) -> Text {
    clean(raw, MESSAGE_LIMIT)
}

/// `raw` without escape sequences, control characters, bidirectional marks and zero-width characters,
/// cut to `limit` characters with an ellipsis. Runs of line ends and tabs become one blank.
#[must_use]
pub fn clean(raw: &str, limit: usize) -> Text {
    if raw.len() <= limit && raw.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Arc::from(raw);
    }
    let mut out = String::with_capacity(raw.len().min(limit * 4));
    let mut kept = 0;
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        if kept + 1 >= limit && chars.peek().is_some() {
            out.push('…');
            break;
        }
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\n' | '\r' | '\t' => {
                if !out.ends_with(' ') && !out.is_empty() {
                    out.push(' ');
                    kept += 1;
                }
            }
            c if is_hostile(c) => {}
            c => {
                out.push(c);
                kept += 1;
            }
        }
    }
    if out.ends_with(' ') {
        out.truncate(out.trim_end().len());
    }
    Arc::from(out)
}

/// Characters that change how their neighbours are shown without showing anything themselves.
#[must_use]
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{061c}' | '\u{00ad}' | '\u{e0000}'..='\u{e007f}')
}

/// Skips one escape sequence after its ESC: CSI up to its final byte, strings (OSC, DCS, APC, PM, SOS)
/// up to BEL or ST, anything else one character.
fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.next() {
        Some('[') => {
            for c in chars.by_ref() {
                if ('\u{40}'..='\u{7e}').contains(&c) {
                    break;
                }
            }
        }
        Some(']' | 'P' | '_' | '^' | 'X') => {
            while let Some(c) = chars.next() {
                if c == '\u{7}' || c == '\u{9c}' {
                    break;
                }
                if c == '\u{1b}' {
                    chars.next_if_eq(&'\\');
                    break;
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_kept() {
        assert_eq!(&*name("payment-5d8f"), "payment-5d8f");
    }

    #[test]
    fn sequences_and_marks_are_dropped_and_their_text_is_kept() {
        assert_eq!(&*clean("a\u{1b}[31mred\u{1b}[0m", 99), "ared");
        assert_eq!(&*clean("x\u{1b}]0;title\u{7}y", 99), "xy");
        assert_eq!(&*clean("x\u{1b}Pq#0\u{1b}\\y", 99), "xy");
        assert_eq!(&*clean("a\u{202e}b\u{200b}c\u{85}d", 99), "abcd");
        assert_eq!(&*clean("one\r\n\ttwo\n", 99), "one two");
    }

    #[test]
    fn length_is_bounded_and_says_so() {
        let long = "é".repeat(2000);
        let cut = clean(&long, 10);
        assert_eq!(cut.chars().count(), 10);
        assert!(cut.ends_with('…'));
    }
}
