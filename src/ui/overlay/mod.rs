//! What stands over a view until it is answered or closed. A stack, so that illegal mixtures do not fit.

pub mod help;
pub mod namespaces;
pub mod prompt;
pub mod scale;

use ratatui::symbols::border;

use super::theme::Theme;

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
