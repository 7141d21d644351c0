//! The text of one row, in columns.

use ratatui::text::{Line, Span};

use super::groups::Group;
use crate::model::source::{SourceState, SourceStatus};
use crate::ui::Ctx;
use crate::ui::format::{self, NONE};
use crate::ui::views::lines::loading;

/// From this width on there is room for the interval.
const WIDE: usize = 100;

/// From this width on there is room for the age of the last report.
const ROOMY: usize = 70;

/// The texts of a part's row.
pub(super) struct Cells {
    pub(super) part: String,
    pub(super) namespace: String,
    pub(super) state: String,
    pub(super) last: String,
    pub(super) every: String,
    pub(super) why: String,
}

impl Cells {
    pub(super) fn head() -> Self {
        Self {
            part: "PART".to_owned(),
            namespace: "NAMESPACE".to_owned(),
            state: "STATE".to_owned(),
            last: "LAST".to_owned(),
            every: "EVERY".to_owned(),
            why: "WHY".to_owned(),
        }
    }

    pub(super) fn of(status: &SourceStatus, group: &Group<'_>, ctx: &Ctx<'_>) -> Self {
        let state = match &status.state {
            Some(SourceState::Loading { seen }) => loading(*seen, ctx.theme),
            Some(state) => state.word().to_owned(),
            None => NONE.to_owned(),
        };
        let polled = status.interval_ms.is_some();
        let why = why(status, ctx).unwrap_or_else(|| match &status.address {
            Some(address) if Some(address) != group.address() => address.to_string(),
            _ => String::new(),
        });
        Self {
            part: status.key.part.to_string(),
            namespace: status.key.namespace.as_deref().unwrap_or("all").to_owned(),
            state,
            // The last answer that was of use, not the last try.
            last: match &status.state {
                Some(
                    SourceState::Live | SourceState::Limited { .. } | SourceState::Loading { .. },
                ) if polled => format::age(Some(status.at), ctx.now),
                Some(SourceState::Stale { since, .. }) if polled => {
                    format::age(Some(*since), ctx.now)
                }
                _ => NONE.to_owned(),
            },
            every: interval(status),
            why,
        }
    }
}

pub(super) fn interval(status: &SourceStatus) -> String {
    match status.interval_ms {
        None if matches!(status.state, Some(SourceState::Off { .. })) => NONE.to_owned(),
        None => "watch".to_owned(),
        Some(ms) if ms < 1000 => format!("{ms}ms"),
        Some(ms) => format::seconds(i64::try_from(ms / 1000).unwrap_or(i64::MAX)),
    }
}

/// Why a part is not simply live, and what to do.
pub(super) fn why(status: &SourceStatus, ctx: &Ctx<'_>) -> Option<String> {
    match status.state.as_ref()? {
        SourceState::Stale { since, cause } => Some(format!(
            "since {} ({}): {cause}",
            format::clock(*since, ctx.zone),
            format::age(Some(*since), ctx.now)
        )),
        state => {
            let why = state.why().map(ToString::to_string);
            match unplaced(status, ctx) {
                Some(lost) => {
                    Some(why.map_or_else(|| lost.clone(), |why| format!("{lost}; {why}")))
                }
                None => why,
            }
        }
    }
}

/// That what is measured is of nobody who is shown.
fn unplaced(status: &SourceStatus, ctx: &Ctx<'_>) -> Option<String> {
    let key = &status.key;
    let whose = ctx.model.unplaced(&key.source, &key.part)?;
    Some(format!(
        "its target {whose} is not here, so nothing shows it: choose its namespace (n), or check the name"
    ))
}

/// The widths of the columns: what their contents need.
pub(super) struct Columns {
    part: usize,
    /// Where any part is of one namespace.
    namespace: Option<usize>,
    state: usize,
    /// Where there is room for it.
    last: Option<usize>,
    every: Option<usize>,
    width: usize,
}

impl Columns {
    pub(super) fn new(width: u16, groups: &[Group<'_>], ctx: &Ctx<'_>) -> Self {
        let width = usize::from(width);
        let head = Cells::head();
        let mut columns = Self {
            part: format::width(&head.part),
            namespace: None,
            state: format::width(&head.state),
            last: (width >= ROOMY).then_some(format::width(&head.last)),
            every: (width >= WIDE).then_some(format::width(&head.every)),
            width,
        };
        let least = format::width(&head.namespace);
        for group in groups {
            for status in &group.parts {
                let cells = Cells::of(status, group, ctx);
                columns.part = columns.part.max(format::width(&cells.part)).min(24);
                columns.state = columns.state.max(format::width(&cells.state));
                if status.key.namespace.is_some() {
                    let wanted = format::width(&cells.namespace).min(width / 6).max(least);
                    columns.namespace = columns.namespace.max(Some(wanted));
                }
            }
        }
        columns
    }

    /// Cells before the last column: the cursor, the sign, the indent, and two blanks after each column.
    pub(super) fn before(&self) -> usize {
        let column = |width: Option<usize>| width.map_or(0, |w| w + 2);
        5 + self.part
            + 2
            + column(self.namespace)
            + self.state
            + 2
            + column(self.last)
            + column(self.every)
    }

    pub(super) fn line(
        &self,
        sign: char,
        cells: &Cells,
        style: ratatui::style::Style,
        ctx: &Ctx<'_>,
    ) -> Line<'static> {
        let e = ctx.theme.glyphs.ellipsis;
        let mut names = format!("  {}  ", format::fit(&cells.part, self.part, e));
        if let Some(namespace) = self.namespace {
            names.push_str(&format::fit(&cells.namespace, namespace, e));
            names.push_str("  ");
        }
        let mut rest = "  ".to_owned();
        for (width, cell) in [(self.last, &cells.last), (self.every, &cells.every)] {
            if let Some(width) = width {
                rest.push_str(&format::right(cell, width, e));
                rest.push_str("  ");
            }
        }
        let why = self.width.saturating_sub(self.before());
        Line::from(vec![
            Span::styled(format!(" {sign} "), style),
            Span::raw(names),
            Span::styled(format::fit(&cells.state, self.state, e), style),
            Span::raw(rest),
            Span::styled(format::fit(&cells.why, why, e).trim_end().to_owned(), style),
        ])
    }
}

pub(super) fn source_line(group: &Group<'_>, width: usize, ctx: &Ctx<'_>) -> Line<'static> {
    let style = ctx.theme.health(group.health());
    let name = group.name.to_string();
    let e = ctx.theme.glyphs.ellipsis;
    let summary = group.summary();
    let address = group.address().map_or("", |a| &**a);
    // The summary matters more than the address.
    let room = width.saturating_sub(3 + format::width(&name) + 4 + format::width(&summary));
    let address = match room {
        0..8 => String::new(),
        _ if address.is_empty() => String::new(),
        room => {
            let cells = room.min(format::width(address));
            format!("  {}", format::fit(address, cells, e))
        }
    };
    let before = 3 + format::width(&name) + format::width(&address) + 2;
    let summary = format::fit(&summary, width.saturating_sub(before), e);
    let summary = summary.trim_end();
    Line::from(vec![
        Span::styled(format!(" {} ", group.health().sign()), style),
        Span::styled(name, ctx.theme.heading()),
        Span::styled(address, ctx.theme.dim()),
        Span::styled(format!("  {summary}"), style),
    ])
}
