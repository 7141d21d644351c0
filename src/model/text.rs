//! Text from outside, made harmless: every name, message and tag passes here once, at conversion.
//!
//! This module does not know where a text is shown; it only guarantees that no text that entered
//! the model can move a cursor, change a colour, reverse a line or fill a screen. What it keeps has the
//! same width wherever it is shown, as far as that can be had: joined emoji and flags, whose width
//! terminals disagree on, are taken apart. That a letter looks like another one is not its business.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::CharIndices;
use std::sync::Arc;

use unicode_width::UnicodeWidthChar;

/// A cheap-to-clone, immutable text. Every value that came from outside was made by [`clean`].
pub type Text = Arc<str>;

/// Longest name kept, in characters: the length of a DNS subdomain, the longest name Kubernetes allows.
pub const NAME_LIMIT: usize = 253;
/// Longest message kept, in characters: the length limit of an event's note in `events.k8s.io/v1`.
pub const MESSAGE_LIMIT: usize = 1024;
/// Most marks over and under one letter: languages that people write need no more.
const MARKS: usize = 4;

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
    let mut kept = Kept::new(limit);
    let mut sequences = Sequences::default();
    let mut chars = raw.char_indices().peekable();
    while let Some((_, c)) = chars.next() {
        if sequences.skip(c, raw, &mut chars) {
            continue;
        }
        if !kept.take(c) {
            break;
        }
    }
    kept.finish()
}

/// Characters that change how their neighbours are shown without showing anything themselves.
#[must_use]
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character ends a line or is a tab: in one line it is a blank.
const fn is_break(c: char) -> bool {
    matches!(
        c,
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// A text for a terminal or a file that was not made by [`clean`], such as an argument that is told back:
/// what is hostile is written as JSON writes it (`\u009b`), line ends stay. A JSON text says the same
/// before and after.
#[must_use]
pub fn escaped(raw: &str) -> Cow<'_, str> {
    if !raw.chars().any(|c| c != '\n' && is_hostile(c)) {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len() + 16);
    for c in raw.chars() {
        if c == '\n' || !is_hostile(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
    Cow::Owned(out)
}

/// What is kept of a text.
struct Kept {
    out: String,
    count: usize,
    limit: usize,
    /// Marks on the last letter; `None` where there is no letter to carry one.
    marks: Option<usize>,
}

impl Kept {
    fn new(limit: usize) -> Self {
        Self {
            out: String::new(),
            count: 0,
            limit,
            marks: None,
        }
    }

    /// Takes a character that is part of no sequence; says whether there is room for more.
    fn take(&mut self, c: char) -> bool {
        if is_break(c) {
            if !self.out.ends_with(' ') && !self.out.is_empty() {
                return self.push(' ');
            }
            return true;
        }
        if is_hostile(c) {
            return true;
        }
        let c = settled(c);
        if c.width() == Some(0) {
            let Some(marks) = self.marks.as_mut().filter(|n| **n < MARKS) else {
                return true;
            };
            *marks += 1;
            return self.push(c);
        }
        self.marks = (c != ' ').then_some(0);
        self.push(c)
    }

    fn push(&mut self, c: char) -> bool {
        self.count += 1;
        if self.count > self.limit {
            // The last one that was kept makes room for the sign that something is missing.
            self.out.pop();
            self.out.push('…');
            return false;
        }
        self.out.push(c);
        true
    }

    fn finish(mut self) -> Text {
        if self.out.ends_with(' ') {
            self.out.truncate(self.out.trim_end().len());
        }
        Arc::from(self.out)
    }
}

/// A character of the same meaning on whose width everybody agrees: one half of a flag is the letter that
/// it stands for; the halfwidth voiced marks are marks to some and characters to others.
fn settled(c: char) -> char {
    match c {
        '\u{1f1e6}'..='\u{1f1ff}' => {
            let letter = u32::from('A') + u32::from(c) - 0x1f1e6;
            char::from_u32(letter).unwrap_or(c)
        }
        '\u{ff9e}' => '\u{3099}',
        '\u{ff9f}' => '\u{309a}',
        c => c,
    }
}

/// The escape sequences of one text.
#[derive(Default)]
struct Sequences {
    /// A string sequence had no end: neither has any that comes later.
    endless: bool,
}

impl Sequences {
    /// Skips the sequence that begins with `c`, in seven bits (ESC and a letter) or eight; says whether
    /// there was one. What is cut short is dropped as far as it goes, and not what stands behind it.
    fn skip(&mut self, c: char, raw: &str, rest: &mut Peekable<CharIndices<'_>>) -> bool {
        match c {
            '\u{1b}' => match rest.peek() {
                Some((_, '[')) => {
                    rest.next();
                    skip_control(rest);
                }
                Some((_, ']' | 'P' | '_' | '^' | 'X')) => {
                    rest.next();
                    self.skip_string(raw, rest);
                }
                Some((_, ' '..='/')) => {
                    // Intermediates and their final, such as a character set's.
                    while rest.next_if(|(_, c)| (' '..='/').contains(c)).is_some() {}
                    rest.next_if(|(_, c)| ('0'..='~').contains(c));
                }
                Some((_, '0'..='~')) => {
                    rest.next();
                }
                _ => {}
            },
            '\u{9b}' => skip_control(rest),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => self.skip_string(raw, rest),
            _ => return false,
        }
        true
    }

    /// Skips the content of a string sequence, up to its end: BEL, ST, or what cancels it.
    fn skip_string(&mut self, raw: &str, rest: &mut Peekable<CharIndices<'_>>) {
        let ends = |c: char| matches!(c, '\u{7}' | '\u{18}' | '\u{1a}' | '\u{9c}');
        let Some((start, _)) = rest.peek().copied().filter(|_| !self.endless) else {
            return;
        };
        let content = raw.get(start..).unwrap_or_default();
        let is_st = |n: usize| content.get(n..).is_some_and(|s| s.starts_with("\u{1b}\\"));
        let found = content
            .char_indices()
            .find_map(|(n, c)| (ends(c) || is_st(n)).then_some((n, c)));
        let Some((end, last)) = found else {
            self.endless = true;
            return;
        };
        while rest.next_if(|(n, _)| *n < start + end).is_some() {}
        rest.next();
        if last == '\u{1b}' {
            rest.next();
        }
    }
}

/// Skips the parameters of a control sequence, and its final character where it has one.
fn skip_control(rest: &mut Peekable<CharIndices<'_>>) {
    while rest.next_if(|(_, c)| (' '..='?').contains(c)).is_some() {}
    rest.next_if(|(_, c)| ('@'..='~').contains(c));
}

#[cfg(test)]
mod tests;
