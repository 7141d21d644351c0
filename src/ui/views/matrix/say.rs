//! What is said around the table: the title, what is in sight and what is left out, the legend, why it is empty.

use std::collections::BTreeSet;

use super::cell::{self, Mark};
use super::frame::Frame;
use super::table::Table;
use crate::model::observation::Kind;
use crate::model::query::network::Hidden;
use crate::model::source::SourceState;
use crate::ui::views::lines::number;
use crate::ui::{Ctx, format};

/// What is said first of declared links only; the longest that fits is said.
const NO_TRACES: [&str; 3] = [
    "no trace source: all marks are what the cluster declares (environment, arguments, Ingress); add one with --zipkin URL",
    "no trace source: declared links only; add one with --zipkin URL",
    "declared links only; for calls add --zipkin URL",
];
/// What is said first where links cannot be told.
const NO_NAMES: [&str; 3] = [
    "Services are not listed, so links and calls that go by their names are missing below; v s says why",
    "Services are not listed: links are missing; v s says why",
    "no Services: links are missing",
];

/// What is to be said before all else, in at most so many cells where possible.
pub(super) fn notice(ctx: &Ctx<'_>, cells: usize) -> Option<&'static str> {
    let said = if ctx.lacks(Kind::Service) {
        NO_NAMES
    } else if ctx.model.has_telemetry() {
        return None;
    } else {
        NO_TRACES
    };
    let [.., shortest] = said;
    let fits = said.into_iter().find(|text| format::width(text) <= cells);
    Some(fits.unwrap_or(shortest))
}

/// What the table is, by which rule it is ordered, and what its numbers are.
pub(super) fn title(ctx: &Ctx<'_>, table: &Table) -> String {
    let mut parts = vec!["rows call columns".to_owned()];
    if !table.is_empty() {
        parts.push(match table.cycles {
            0 => "no cycles".to_owned(),
            1 => "1 cycle above the diagonal".to_owned(),
            n => format!("{n} cycles above the diagonal"),
        });
        parts.push(format!(
            "{0}{1}{0}, {2}",
            number(table.len() as u64),
            ctx.theme.glyphs.times,
            links(table.flows.len())
        ));
    }
    parts.push(match ctx.model.recent_window_ms() {
        Some(ms) if ctx.is_sampled() => format!("sampled rates over {}", format::window(ms)),
        Some(ms) => format!("rates over {}", format::window(ms)),
        None if ctx.model.has_telemetry() => "no rates yet".to_owned(),
        None => "declared links only".to_owned(),
    });
    parts.join(&format!(" {} ", ctx.theme.glyphs.dot))
}

/// Whether anything is left out.
pub(super) fn hides(hidden: &Hidden) -> bool {
    hidden.shown < hidden.elements || hidden.slow + hidden.fine > 0
}

/// What is left out, and why: `12 of 18 shown: 6 without links`.
fn left_out(ctx: &Ctx<'_>, hidden: &Hidden) -> String {
    let counted = |count: usize| number(count as u64);
    let broken = match hidden.broken {
        0 => String::new(),
        n => format!(" ({} broken)", counted(n)),
    };
    let mut parts = Vec::new();
    if hidden.filtered > 0 {
        parts.push(format!("{} filtered out{broken}", counted(hidden.filtered)));
    }
    if hidden.unlinked > 0 {
        parts.push(format!("{} without links", counted(hidden.unlinked)));
    }
    let why = if parts.is_empty() { "" } else { ": " };
    let (shown, all) = (counted(hidden.shown), counted(hidden.elements));
    let mut said = vec![format!("{shown} of {all} shown{why}{}", parts.join(", "))];
    for (count, why) in [
        (hidden.fine, "do not fail"),
        (hidden.slow, "are below the least rate"),
    ] {
        if count > 0 {
            said.push(format!("{} left out that {why}", links(count)));
        }
    }
    said.join(&format!(" {} ", ctx.theme.glyphs.dot))
}

/// `1 link`, `312 links`.
fn links(count: usize) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} link{s}", number(count as u64))
}

/// Which part of the table is in sight, and what is left out of it.
pub(super) fn seen(ctx: &Ctx<'_>, table: &Table, frame: &Frame, first: (usize, usize)) -> String {
    let count = table.len();
    let (top, left) = first;
    let (bottom, right) = (top + frame.rows, left + frame.columns);
    let mut parts = Vec::new();
    let range = |what: &str, from: usize, to: usize| {
        (to - from < count).then(|| match to - from {
            0 => format!("no {what} of {count}"),
            _ => format!("{what} {}-{to} of {count}", from + 1),
        })
    };
    let ranges = [range("rows", top, bottom), range("columns", left, right)];
    let ranges: Vec<String> = ranges.into_iter().flatten().collect();
    if !ranges.is_empty() {
        let is_near = |(row, column): (usize, usize)| {
            (top..bottom).contains(&row) && (left..right).contains(&column)
        };
        let far = table.flows.iter().filter(|(at, _)| !is_near(**at));
        let (mut beyond, mut failing) = (0, 0);
        for (_, flow) in far {
            beyond += 1;
            failing += usize::from(flow.failing > 0);
        }
        let failing = match failing {
            0 => String::new(),
            n => format!(", {} failing", number(n as u64)),
        };
        parts.push(format!(
            "{}: {} beyond{failing}",
            ranges.join(", "),
            links(beyond)
        ));
    }
    if hides(&table.hidden) {
        parts.push(left_out(ctx, &table.hidden));
    }
    parts.join(&format!(" {} ", ctx.theme.glyphs.dot))
}

/// What the glyphs mean that are in the table.
pub(super) fn legend(ctx: &Ctx<'_>, table: &Table) -> String {
    let marks: BTreeSet<Mark> = table.flows.values().filter_map(Mark::of).collect();
    let is_rate = |mark: &Mark| matches!(mark, Mark::Rate(_));
    let mut said: Vec<String> = marks
        .iter()
        .map(|mark| format!("{} {}", mark.glyph(ctx.theme), mark.word()))
        .collect();
    let rates = marks.iter().filter(|mark| is_rate(mark)).count();
    if let Some(last) = rates.checked_sub(1).and_then(|last| said.get_mut(last)) {
        last.push_str("/s");
    }
    let fails = table.flows.values().any(|flow| flow.failing > 0);
    said.extend(fails.then(|| format!("{} failing", cell::FAILS)));
    let [own, in_cycle] = cell::OWN;
    said.push(format!("{own} itself"));
    said.extend((table.cycles > 0).then(|| format!("{in_cycle} cycle")));
    said.join("  ")
}

/// What stands where there is no table.
pub(super) fn empty(ctx: &Ctx<'_>, table: &Table) -> Vec<String> {
    let loading: Vec<String> = ctx
        .model
        .sources()
        .values()
        .filter_map(|s| match s.state.as_ref()? {
            SourceState::Loading { seen } => Some(format!("{} {seen}", s.key.part)),
            SourceState::Waiting { what } => Some(format!("waiting for {what}")),
            _ => None,
        })
        .collect();
    let ellipsis = ctx.theme.glyphs.ellipsis;
    let hidden = &table.hidden;
    if !loading.is_empty() || ctx.model.sources().is_empty() && hidden.elements == 0 {
        let so_far = loading.join(", ");
        let gap = if so_far.is_empty() { "" } else { " " };
        return vec![format!("reading the cluster: {so_far}{gap}{ellipsis}")];
    }
    if hidden.elements == 0 {
        return vec![
            format!("no rows: no component type in {}", ctx.choice),
            "choose other namespaces, or see what the sources say (:sources)".to_owned(),
        ];
    }
    let dot = ctx.theme.glyphs.dot;
    let mut said = Vec::new();
    if ctx.only_broken {
        said.push(format!("nothing fails {dot} {}", left_out(ctx, hidden)));
        said.push("ctrl-z shows everything again".to_owned());
    } else if hidden.filtered > 0 {
        let filter = ctx.filter.source();
        said.push(format!(
            "nothing with a link fits /{filter}: {}",
            left_out(ctx, hidden)
        ));
        said.push("esc takes the filter away".to_owned());
    } else {
        said.push(format!("no links {dot} {}", left_out(ctx, hidden)));
        said.push("neither calls nor configuration say that one calls another".to_owned());
    }
    said
}
