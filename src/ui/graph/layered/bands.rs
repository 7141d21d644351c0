//! Bands: the rows that belong to each group, across all columns. A frame stands around them, so no foreign box is
//! ever within one.

use std::collections::BTreeMap;

/// Rows above a group's first row for its title, and below its last one.
pub(super) const FRAME: i32 = 1;

/// First row and the row after the last one, by group, frames excluded.
#[derive(Clone, Debug, Default)]
pub(super) struct Bands {
    pub(super) rows: BTreeMap<Option<u32>, (i32, i32)>,
}

impl Bands {
    /// Whether a row belongs to a frame, so that no line may run along it.
    pub(super) fn is_frame(&self, row: i32) -> bool {
        let groups = self.rows.iter().filter(|(group, _)| group.is_some());
        let mut frames = groups.flat_map(|(_, (top, bottom))| [top - FRAME, *bottom]);
        frames.any(|frame| frame == row)
    }
}
