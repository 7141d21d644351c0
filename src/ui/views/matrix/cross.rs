//! The cross-hair: a pair, kept by what it is and not by where it stands, and its steps.

use super::table::Table;
use crate::model::query::network::Part;

/// A pair: who calls, and who is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cross {
    pub(super) caller: Part,
    pub(super) callee: Part,
    /// Row and column where it stood last: from there one goes on when it has gone.
    pub(super) at: (usize, usize),
}

impl Cross {
    /// The pair of a row and a column.
    pub(super) fn at(table: &Table, row: usize, column: usize) -> Option<Self> {
        let part = |at: usize| table.lines.get(at).map(|line| line.part.clone());
        Some(Self {
            caller: part(row)?,
            callee: part(column)?,
            at: (row, column),
        })
    }

    /// Where it stands now.
    pub(super) fn row(&self, table: &Table) -> Option<usize> {
        table.place(&self.caller)
    }

    /// Where it stands now.
    pub(super) fn column(&self, table: &Table) -> Option<usize> {
        table.place(&self.callee)
    }

    /// Remembers where it stands.
    pub(super) fn settle(&mut self, table: &Table) {
        let last = table.len().saturating_sub(1);
        self.at = (
            self.row(table).unwrap_or(self.at.0.min(last)),
            self.column(table).unwrap_or(self.at.1.min(last)),
        );
    }

    /// So many cells on, as far as there are some.
    pub(super) fn step(&self, table: &Table, rows: isize, columns: isize) -> Option<Self> {
        let last = table.len().checked_sub(1)?;
        let (row, column) = self.at;
        let row = row.saturating_add_signed(rows).min(last);
        let column = column.saturating_add_signed(columns).min(last);
        Self::at(table, row, column)
    }

    /// The next cell in which something flows, or the one before, in reading order.
    pub(super) fn jump(&self, table: &Table, forward: bool) -> Option<Self> {
        let (row, column) = self.at;
        let found = if forward {
            let from = (row, column.saturating_add(1));
            table.flows.range(from..).next()
        } else {
            table.flows.range(..(row, column)).next_back()
        };
        let ((row, column), _) = found?;
        Self::at(table, *row, *column)
    }
}
