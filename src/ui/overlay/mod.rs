//! What stands over a view until it is answered or closed. A stack, so that illegal mixtures do not fit.

pub mod help;
pub mod namespaces;
pub mod prompt;
pub mod stage;
pub mod why;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::symbols::border;

use super::format;
use super::theme::Theme;

/// Takes wide characters out of an area's last column, where the paragraph's wrapping may leave half of
/// one: the other half would stand in what is beside it, or in the terminal's next line.
pub(in crate::ui) fn seal(area: Rect, buf: &mut Buffer, theme: &Theme) {
    let area = area.intersection(buf.area);
    let Some(x) = area.right().checked_sub(1).filter(|x| *x >= area.x) else {
        return;
    };
    for y in area.y..area.bottom() {
        if let Some(cell) = buf.cell_mut((x, y))
            && format::width(cell.symbol()) > 1
        {
            cell.set_symbol(theme.glyphs.ellipsis);
        }
    }
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
