//! Which entries are shown, and the rows that they make.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::model::log::{Entry, Log, Origin, Past, Severity};
use crate::model::observation::NamespaceChoice;
use crate::ui::Ctx;

/// What the kept lines hang on, besides the log.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sight {
    pub(super) context: String,
    pub(super) filter: String,
    pub(super) choice: NamespaceChoice,
    pub(super) only_broken: bool,
    pub(super) merging: bool,
    pub(super) zone: TimeZone,
    pub(super) today: Date,
}

impl Sight {
    pub(super) fn of(ctx: &Ctx<'_>, merging: bool) -> Self {
        Self {
            context: ctx.model.context().to_string(),
            filter: ctx.filter.source().to_owned(),
            choice: ctx.choice.clone(),
            only_broken: ctx.only_broken,
            merging,
            zone: ctx.zone.clone(),
            today: ctx.now.to_zoned(ctx.zone.clone()).date(),
        }
    }
}

/// One row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// An entry, by its place among the kept ones, and how many others it stands for.
    Entry { at: usize, others: u32 },
    /// Where what came before the start ends, or where a day begins.
    Divider(String),
}

/// The entries that came after a revision of the log, in the log's order.
pub(super) fn newer(log: &Log, revision: u64) -> impl Iterator<Item = &Entry> {
    log.entries().filter(move |e| e.id > revision)
}

pub(super) fn passes(entry: &Entry, ctx: &Ctx<'_>) -> bool {
    in_choice(entry, ctx)
        && (!ctx.only_broken || entry.severity == Severity::Warning)
        && (ctx.filter.is_empty()
            || ctx
                .filter
                .passes_text(&format!("{} {}", entry.name, entry.text)))
}

pub(super) fn in_choice(entry: &Entry, ctx: &Ctx<'_>) -> bool {
    match &entry.namespace {
        Some(namespace) => ctx.choice.covers(namespace),
        // Tracing servers tell of all namespaces: a call between names that none of the chosen ones
        // knows is somebody else's.
        None => entry.origin != Origin::Trace || *ctx.choice == NamespaceChoice::All,
    }
}

/// The rows of entries.
pub(super) fn rows(entries: &[Entry], sight: &Sight) -> Vec<Row> {
    if sight.merging {
        return merged(entries);
    }
    let all = (0..entries.len()).map(|at| Row::Entry { at, others: 0 });
    all.collect()
}

/// One row for all entries about one element within a minute that matter equally: the latest of them.
fn merged(entries: &[Entry]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut found = HashMap::new();
    for (at, entry) in entries.iter().enumerate().rev() {
        let minute = entry.at.as_second().div_euclid(60);
        let alike = (
            &entry.subject,
            &entry.name,
            minute,
            entry.severity,
            entry.past,
        );
        let row = *found.entry(alike).or_insert(rows.len());
        match rows.get_mut(row) {
            Some(Row::Entry { others, .. }) => *others += 1,
            _ => rows.push(Row::Entry { at, others: 0 }),
        }
    }
    rows.reverse();
    rows
}

/// The day of a time, and when the next one begins.
fn day(at: Timestamp, zone: &TimeZone) -> (Date, Timestamp) {
    let date = at.to_zoned(zone.clone()).date();
    let next = date
        .tomorrow()
        .ok()
        .and_then(|d| d.to_zoned(zone.clone()).ok());
    (date, next.map_or(Timestamp::MAX, |z| z.timestamp()))
}

/// The rows with dividers between them.
pub(super) fn divided(rows: Vec<Row>, entries: &[Entry], sight: &Sight) -> Vec<Row> {
    let mut divided = Vec::with_capacity(rows.len() + 2);
    let mut midnight = None;
    let mut old = false;
    for row in rows {
        if let Row::Entry { at, .. } = &row
            && let Some(entry) = entries.get(*at)
        {
            let is_old = entry.past == Some(Past::BeforeStart);
            if old && !is_old {
                divided.push(Row::Divider("above: before the start".to_owned()));
            }
            old = is_old;
            // The time of day says nothing of the day.
            if midnight.is_none_or(|m| entry.at >= m) {
                let (date, next) = day(entry.at, &sight.zone);
                if date != sight.today || midnight.is_some() {
                    divided.push(Row::Divider(date.strftime("%a %Y-%m-%d").to_string()));
                }
                midnight = Some(next);
            }
        }
        divided.push(row);
    }
    if old {
        let text = "above: before the start; what happens from now on appears below";
        divided.push(Row::Divider(text.to_owned()));
    }
    divided
}
