//! What stands over a view until it is answered or closed. A stack, so that illegal mixtures do not fit.

pub mod examples;
pub mod help;
pub mod namespaces;
pub mod prompt;
pub mod stage;
pub mod trace;
pub mod why;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::symbols::border;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph, Widget};

use super::format;
use super::theme::Theme;

/// Draws a paragraph, and nothing beside its area: where characters are wide, its wrapping may leave half of
/// one in the last column, or go on beyond it, which is a panic at the screen's edge (ratatui-widgets 0.3.2).
pub(in crate::ui) fn page(paragraph: Paragraph<'_>, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let area = area.intersection(buf.area);
    let drawn = Rect { x: 0, y: 0, ..area };
    let mut scratch = Buffer::empty(Rect {
        width: area.width.saturating_mul(2).saturating_add(2),
        ..drawn
    });
    paragraph.render(drawn, &mut scratch);
    for at in drawn.positions() {
        let (Some(from), Some(to)) = (
            scratch.cell(at),
            buf.cell_mut((area.x + at.x, area.y + at.y)),
        ) else {
            continue;
        };
        *to = from.clone();
        if at.x + 1 == area.width && format::width(to.symbol()) > 1 {
            to.set_symbol(theme.glyphs.ellipsis);
        }
    }
}

/// Draws a page that scrolls over a whole area, with its name and how it is closed; `offset` is kept where
/// there is something to show.
pub(in crate::ui) fn scrolled(
    name: &str,
    lines: Vec<Line<'static>>,
    offset: &mut u16,
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
) {
    Clear.render(area, buf);
    let height = area.height.saturating_sub(2);
    let last = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .saturating_sub(height);
    *offset = (*offset).min(last);
    let more = if *offset < last { ", j k scroll" } else { "" };
    let block = Block::bordered()
        .border_set(border_set(theme))
        .border_style(theme.border(true))
        .title(format!(" {name} {} esc closes{more} ", theme.glyphs.dot));
    let inside = block.inner(area);
    block.render(area, buf);
    page(
        Paragraph::new(lines).scroll((*offset, 0)),
        inside,
        buf,
        theme,
    );
}

/// The lines of a box, in the theme's characters.
#[must_use]
pub fn border_set(theme: &Theme) -> border::Set<'static> {
    let [top_left, top_right, bottom_left, bottom_right] = theme.glyphs.corners;
    border::Set {
        top_left,
        top_right,
        bottom_left,
        bottom_right,
        vertical_left: theme.glyphs.vertical,
        vertical_right: theme.glyphs.vertical,
        horizontal_top: theme.glyphs.horizontal,
        horizontal_bottom: theme.glyphs.horizontal,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::widgets::Wrap;

    use super::*;

    proptest! {
        #[test]
        fn a_page_stays_in_its_area(
            texts in prop::collection::vec("[ a漢\u{3000}ｶé]{0,30}", 0..6),
            width in 1_u16..9,
            height in 1_u16..6,
            trim: bool,
        ) {
            let mut buf = Buffer::empty(Rect::new(0, 0, width + 2, height));
            let area = Rect::new(1, 0, width, height);
            for at in buf.area.positions() {
                buf[at].set_symbol("#");
            }
            let lines: Vec<Line<'_>> = texts.iter().map(|text| Line::from(text.as_str())).collect();
            let paragraph = Paragraph::new(lines).wrap(Wrap { trim });
            page(paragraph, area, &mut buf, &Theme::new(false, false));
            for y in 0..height {
                prop_assert_eq!(buf[(0, y)].symbol(), "#");
                prop_assert_eq!(buf[(width + 1, y)].symbol(), "#");
                prop_assert!(format::width(buf[(width, y)].symbol()) < 2);
            }
        }
    }
}
