//! All of a picture as cells, however many they are, and what of it is out of sight where it was cut to a size.

use ratatui::buffer::Buffer;

use crate::model::query::network::Network;

/// Most cells of a picture that is as large as it needs: a few hundred megabytes as SVG, which nothing opens.
pub const CELLS_LIMIT: usize = 8_000_000;

/// A picture of a network.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Its cells.
    pub buffer: Buffer,
    /// What is drawn.
    pub network: Network,
    /// Columns and rows that show all of it.
    pub needs: (usize, usize),
    /// Boxes that are not, or not wholly, in sight.
    pub cut: usize,
}

impl Sheet {
    /// What is out of sight; `None` where everything is in sight.
    #[must_use]
    pub fn out_of_sight(&self) -> Option<String> {
        let area = self.buffer.area;
        let (columns, rows) = self.needs;
        if columns <= usize::from(area.width) && rows <= usize::from(area.height) {
            return None;
        }
        let what = match (self.cut, self.network.nodes.len()) {
            (0, _) => "all boxes are in sight, but the ends of some lines are not".to_owned(),
            (1, all) => format!("1 of {all} boxes is out of sight, wholly or in part"),
            (some, all) => format!("{some} of {all} boxes are out of sight, wholly or in part"),
        };
        let (width, height) = (area.width, area.height);
        Some(format!("at {width}x{height} {what}"))
    }
}

/// The sizes of a picture as a buffer has them.
///
/// # Errors
/// Why there is no such buffer, in a sentence.
pub fn bounded(columns: usize, rows: usize) -> Result<(u16, u16), String> {
    let fits = columns.saturating_mul(rows) <= CELLS_LIMIT;
    let size = u16::try_from(columns).ok().zip(u16::try_from(rows).ok());
    size.filter(|_| fits).ok_or_else(|| {
        format!(
            "the picture would have {columns} columns and {rows} rows, which is too much for text and SVG: \
             show less of it, or take DOT"
        )
    })
}
