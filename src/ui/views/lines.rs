//! Lines of lists: the cursor's sign, painting, wrapping, and numbers in sentences.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use crate::ui::format;
use crate::ui::theme::Theme;

/// The cursor's sign in the first cell.
pub(in crate::ui) fn mark(line: Line<'static>) -> Line<'static> {
    let mut first = true;
    let mut line = line;
    for span in &mut line.spans {
        if first && let Some(rest) = span.content.strip_prefix(' ') {
            span.content = format!(">{rest}").into();
        }
        first = false;
    }
    line
}

/// Draws lines from the top of an area; what does not fit is cut.
pub(in crate::ui) fn paint(area: Rect, buf: &mut Buffer, lines: Vec<Line<'static>>) {
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        let row = Rect {
            y,
            height: 1,
            ..area
        };
        let style = line.style;
        line.render(row, buf);
        buf.set_style(row.intersection(buf.area), style);
    }
}

/// A text in lines of `cells` cells, broken at blanks where there are some; at most `most` lines, the
/// last one cut with an ellipsis.
pub(in crate::ui) fn wrap(text: &str, cells: usize, most: usize, ellipsis: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() && cells > 0 && lines.len() < most {
        if format::width(rest) <= cells || lines.len() + 1 == most {
            lines.push(format::fit(rest, cells, ellipsis).trim_end().to_owned());
            break;
        }
        let mut used = 0;
        let mut end = 0;
        let mut blank = None;
        for (at, c) in rest.char_indices() {
            used += format::width(c.encode_utf8(&mut [0; 4]));
            if c == ' ' {
                blank = Some(at);
            }
            if used > cells {
                break;
            }
            end = at + c.len_utf8();
        }
        let end = blank.filter(|at| *at > 0).unwrap_or(end);
        // A character wider than the line cannot be shown at all.
        let Some((line, next)) = rest.split_at_checked(end).filter(|(l, _)| !l.is_empty()) else {
            break;
        };
        lines.push(line.trim_end().to_owned());
        rest = next.trim_start();
    }
    lines
}

/// A number with commas: `3,200`.
pub(in crate::ui) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How far a first answer has come: `loading 3,200 …`.
pub(in crate::ui) fn loading(seen: u64, theme: &Theme) -> String {
    match seen {
        0 => format!("loading {}", theme.glyphs.ellipsis),
        seen => format!("loading {} {}", number(seen), theme.glyphs.ellipsis),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_wrapped_at_blanks() {
        assert_eq!(wrap("one two three", 8, 9, "…"), ["one two", "three"]);
        assert_eq!(wrap("one two three", 7, 9, "…"), ["one two", "three"]);
        assert_eq!(wrap("one two three four", 5, 2, "…"), ["one", "two …"]);
        assert_eq!(wrap("abcdefgh", 3, 9, "…"), ["abc", "def", "gh"]);
        assert_eq!(wrap("日本語", 1, 9, "…"), Vec::<String>::new());
        assert_eq!(wrap("a", 0, 9, "…"), Vec::<String>::new());
    }

    #[test]
    fn numbers_have_commas() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(3200), "3,200");
        assert_eq!(number(1_234_567), "1,234,567");
    }
}
