//! How the screen is shared: names, heads, cells, what is seen of them, the pair, the legend.

use super::table::Table;
use crate::ui::format;

/// Cells for names, on a wide screen and on a narrow one.
const NAMES: [usize; 2] = [22, 16];
/// Narrower than this is narrow.
const NARROW: usize = 72;
/// Fewest rows in which a name across is worth reading.
const LEAST_HEAD: usize = 4;
/// Rows for the pair that are not given up for rows of the table.
const LEAST_ABOUT: usize = 2;
/// From this height on a table that has to scroll still gets names across.
const HIGH: usize = 24;
/// Fewest rows that still have room for a legend.
const LEGEND: usize = 12;

/// Where everything stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    /// Rows for what is to be said before all else.
    pub(super) notice: usize,
    /// Rows for the names of columns, and for their numbers.
    pub(super) heads: (usize, usize),
    /// Rows and columns of the table that are in sight at once.
    pub(super) rows: usize,
    /// The same.
    pub(super) columns: usize,
    /// Rows for how much is in sight.
    pub(super) seen: usize,
    /// Rows for the pair.
    pub(super) about: usize,
    /// Rows for the legend.
    pub(super) legend: usize,
    /// Cells for a row's number and name.
    pub(super) digits: usize,
    /// The same.
    pub(super) name: usize,
    /// Cells that a column takes: its glyph, a sign where there is room, a gap.
    pub(super) pitch: usize,
}

impl Frame {
    /// Shares so many cells; `says_more` where things are left out, and that has to be said.
    pub(super) fn new(table: &Table, size: (usize, usize), notice: bool, says_more: bool) -> Self {
        let bare = Self::shared(table, size, notice, says_more);
        if bare.rows < table.len() || bare.columns < table.len() {
            return Self::shared(table, size, notice, true);
        }
        bare
    }

    fn shared(table: &Table, (width, height): (usize, usize), notice: bool, seen: bool) -> Self {
        let count = table.len();
        let widths = table.lines.iter().map(|line| format::width(&line.name));
        let [wide, narrow] = NAMES;
        let most = if width < NARROW { narrow } else { wide };
        let longest = widths.max().unwrap_or(0);
        let digits = count.to_string().len();
        let mut frame = Self {
            notice: usize::from(notice && height >= 6),
            seen: usize::from(seen && height >= 5),
            about: match height {
                0..3 => 0,
                3..9 => 1,
                9..18 => 2,
                18..24 => 3,
                _ => 4,
            },
            legend: usize::from(height >= LEGEND),
            digits,
            name: longest.min(most).min(width / 3),
            pitch: 1,
            ..Self::default()
        };
        let room = width.saturating_sub(frame.left() + 1);
        let fits = |pitch: &usize| count * pitch <= room;
        frame.pitch = [3, 2, 1].into_iter().find(fits).unwrap_or(1);
        frame.columns = (room / frame.pitch).min(count);
        let numbers = match height {
            0..4 => 0,
            _ if frame.pitch > digits => 1,
            _ => digits,
        };
        let fixed = frame.notice + frame.seen + frame.legend + numbers;
        let most = height.saturating_sub(fixed + LEAST_ABOUT.min(frame.about));
        if count <= most {
            // Rather every row than more words about one pair.
            let spare = height.saturating_sub(fixed + count);
            frame.about = frame.about.min(spare);
        }
        let rest = height.saturating_sub(fixed + frame.about);
        let spare = rest.saturating_sub(count);
        let across = if spare >= LEAST_HEAD {
            spare
        } else if height >= HIGH && count > 2 * rest {
            // Most numbers of columns are those of rows out of sight.
            height / 4
        } else {
            0
        };
        // A wide character has no room in a column of one cell.
        let is_wide = |name: &str| {
            name.chars()
                .any(|c| format::width(c.encode_utf8(&mut [0; 4])) > 1)
        };
        let is_tight = frame.pitch == 1 && table.lines.iter().any(|l| is_wide(&l.name));
        let names = if is_tight { 0 } else { across.min(longest) };
        frame.heads = (names, numbers);
        frame.rows = rest.saturating_sub(names).min(count);
        frame
    }

    /// Cells before the first column: the sign, the number, the name, and the sign of what is to the left.
    pub(super) const fn left(&self) -> usize {
        self.digits + self.name + 4
    }

    /// The first cell of a column's glyph, within the table's area.
    pub(super) const fn x(&self, column: usize) -> usize {
        let gap = if self.pitch > 2 { 1 } else { 0 };
        self.left() + column * self.pitch + gap
    }

    /// The row in which cells begin.
    pub(super) const fn top(&self) -> usize {
        self.notice + self.heads.0 + self.heads.1
    }

    /// The first in sight so that one is in sight, moved as little as can be.
    pub(super) fn scrolled(first: usize, at: Option<usize>, seen: usize, count: usize) -> usize {
        let mut first = first;
        if let Some(at) = at {
            first = first.max((at + 1).saturating_sub(seen)).min(at);
        }
        first.min(count.saturating_sub(seen))
    }
}
