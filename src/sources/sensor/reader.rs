//! From what an endpoint answered to readings. It remembers counters, whose rates need two readings.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::Instant;

use super::exposition::{self, Labels, Page, Sample};
use super::failure::Failure;
use super::unit::Measure;
use crate::config::sensor::{Reads, Sensor};
use crate::model::observation::Reading;
use crate::model::property::{Property, Value};
use crate::model::text::{self, Text};
use crate::sources::http::quote;

/// Most series of one metric that become properties.
const SERIES: usize = 20;
/// Longest part of a description that the endpoint says, in characters.
const HELP_LIMIT: usize = 200;
/// Most names that are told where a metric is not there.
const NEAR: usize = 3;
/// How like a name must be to be meant, 0 to 1.
const LIKE: f64 = 0.8;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) readings: Vec<Reading>,
    /// Counters that were seen once, so that there is no rate yet.
    pub(super) begun: u64,
    /// What is not told, and what to do.
    pub(super) lacks: Vec<String>,
}

/// When something was read, by our clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) wall: Timestamp,
    pub(super) instant: Instant,
}

/// Understands the answers of one endpoint.
#[derive(Debug)]
pub(super) struct Reader {
    sensor: Arc<Sensor>,
    /// What properties say where they are from.
    source: Text,
    counters: HashMap<(String, Labels), Counter>,
}

/// A counter as it was seen last.
#[derive(Clone, Copy, Debug)]
struct Counter {
    value: f64,
    moment: Moment,
    at_ms: Option<i64>,
    rate: Option<Rate>,
}

/// How much a counter grew.
#[derive(Clone, Copy, Debug)]
struct Rate {
    per_second: f64,
    window_ms: u64,
}

impl Reader {
    pub(super) fn new(sensor: Arc<Sensor>) -> Self {
        Self {
            source: text::name(&format!("{} {}", super::NAME, sensor.name)),
            sensor,
            counters: HashMap::new(),
        }
    }

    /// Forgets what counters were: the next reading is the first one.
    pub(super) fn forget(&mut self) {
        self.counters.clear();
    }

    /// Understands an answer.
    ///
    /// # Errors
    /// Where it says nothing of what is wanted.
    pub(super) fn read(&mut self, body: &[u8], moment: Moment) -> Result<Found, Failure> {
        let body = String::from_utf8_lossy(body);
        let sensor = Arc::clone(&self.sensor);
        match &sensor.reads {
            Reads::Number { property } => {
                let value = number(&body)?;
                let unit = sensor.unit.as_deref();
                let measure = unit.map_or_else(|| Measure::of_name(property), Measure::named);
                let read = Read {
                    name: property.clone(),
                    description: None,
                    value,
                    measure,
                    at: moment.wall,
                    window_ms: None,
                };
                let reading = self.reading(read);
                let reading = reading.ok_or_else(|| Failure::NotFinite(quote(body.trim())))?;
                Ok(Found {
                    readings: vec![reading],
                    ..Found::default()
                })
            }
            Reads::Prometheus {
                metrics,
                labels,
                property,
            } => self.page(&body, metrics, labels, property.as_ref(), moment),
        }
    }

    fn page(
        &mut self,
        body: &str,
        metrics: &[Text],
        labels: &BTreeMap<Text, Text>,
        property: Option<&Text>,
        moment: Moment,
    ) -> Result<Found, Failure> {
        let page = exposition::read(body, |name| metrics.iter().any(|m| is_of(m, name)));
        if page.names.is_empty() && page.unreadable > 0 {
            let first = body.lines().map(str::trim).find(|line| !line.is_empty());
            return Err(Failure::NotText(quote(first.unwrap_or_default())));
        }
        if page.names.is_empty() && body.trim().is_empty() {
            return Err(Failure::Empty);
        }
        let mut found = Found::default();
        let mut seen = BTreeSet::new();
        let mut missing = Vec::new();
        for metric in metrics {
            let exact = page.samples.iter().any(|s| *s.name == **metric);
            let of_it = |s: &&Sample| {
                if exact {
                    *s.name == **metric
                } else {
                    is_of(metric, &s.name)
                }
            };
            let samples: Vec<&Sample> = page.samples.iter().filter(of_it).collect();
            if samples.is_empty() {
                missing.push(metric);
                continue;
            }
            // Of a series that stands there twice the last is meant.
            let fits: BTreeMap<&Labels, &Sample> = samples
                .into_iter()
                .filter(|s| has(&s.labels, labels))
                .map(|s| (&s.labels, s))
                .collect();
            if fits.is_empty() {
                found
                    .lacks
                    .push(format!("no series of {metric} has these labels now"));
            }
            if fits.len() > SERIES {
                let all = fits.len();
                found.lacks.push(format!(
                    "{SERIES} of {all} series of {metric} are shown: choose some with labels"
                ));
            }
            let alone = fits.len() == 1;
            for sample in fits.into_values().take(SERIES) {
                let base = property.unwrap_or(metric);
                let name = if alone {
                    base.clone()
                } else {
                    named(base, &sample.labels, labels)
                };
                self.sample(&page, sample, name, moment, &mut found);
                seen.insert((sample.name.clone(), sample.labels.clone()));
            }
        }
        self.counters.retain(|series, _| seen.contains(series));
        if missing.len() == metrics.len() {
            let metric = missing
                .first()
                .map_or_else(|| "".into(), |m| Text::clone(m));
            let near = near(&metric, &page);
            return Err(Failure::Missing { metric, near });
        }
        for metric in missing {
            let near = near(metric, &page);
            found
                .lacks
                .push(format!("there is no metric {metric} there{near}"));
        }
        if page.beyond > 0 {
            let beyond = page.beyond;
            found.lacks.push(format!(
                "{beyond} values more are there than are read: choose an endpoint that says less"
            ));
        }
        if page.unreadable > 0 && !found.lacks.is_empty() {
            let lines = page.unreadable;
            found
                .lacks
                .push(format!("{lines} lines there cannot be read"));
        }
        Ok(found)
    }

    /// A property of a value; for one that only grows, of its rate.
    fn sample(&mut self, page: &Page, sample: &Sample, name: Text, now: Moment, found: &mut Found) {
        if !sample.value.is_finite() {
            let value = sample.value;
            found
                .lacks
                .push(format!("{name} is {value}, which is no data"));
            return;
        }
        let (family, grows) = page.about(&sample.name);
        let is_count = ["_count", "_bucket"]
            .iter()
            .any(|end| sample.name.ends_with(end));
        let said = family
            .and_then(|f| f.unit.as_deref())
            .filter(|u| !u.is_empty() && !is_count);
        let measure = match (self.sensor.unit.as_deref(), said) {
            (Some(word), _) | (None, Some(word)) => Measure::named(word),
            (None, None) => Measure::of_name(&sample.name),
        };
        let help = family.and_then(|f| f.help.as_deref());
        let help = help.filter(|help| !help.trim().is_empty());
        let help = help.map(|help| text::clean(help.trim(), HELP_LIMIT));
        let at = sample
            .at_ms
            .and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let mut read = Read {
            name,
            description: help.clone(),
            value: sample.value,
            measure,
            at: at.unwrap_or(now.wall),
            window_ms: None,
        };
        if grows {
            let Some(rate) = self.rate(sample, now) else {
                found.begun += 1;
                return;
            };
            read.value = rate.per_second;
            read.window_ms = Some(rate.window_ms);
            read.measure = read.measure.per_second();
            let of = format!("per second, of the counter {}", sample.name);
            read.description = Some(text::message(&match help {
                Some(help) => format!("{of}: {help}"),
                None => of,
            }));
        }
        found.readings.extend(self.reading(read));
    }

    /// How fast a counter grows since it was read last; `None` the first time. One that is less than before
    /// began anew at 0.
    fn rate(&mut self, sample: &Sample, now: Moment) -> Option<Rate> {
        let series = (sample.name.clone(), sample.labels.clone());
        let before = self.counters.get(&series).copied();
        let rate = before.and_then(|before| {
            let ours = now.instant.saturating_duration_since(before.moment.instant);
            let ours = u64::try_from(ours.as_millis()).ok()?;
            let window_ms = match (before.at_ms, sample.at_ms) {
                (Some(from), Some(to)) => u64::try_from(to.checked_sub(from)?).unwrap_or(0),
                _ => ours,
            };
            let grown = if sample.value < before.value {
                sample.value
            } else {
                sample.value - before.value
            };
            if window_ms == 0 {
                // The page is the one that was read before.
                return before.rate;
            }
            #[expect(clippy::cast_precision_loss, reason = "a span in ms is small")]
            let seconds = window_ms as f64 / 1_000.0;
            Some(Rate {
                per_second: grown / seconds,
                window_ms,
            })
        });
        let counter = Counter {
            value: sample.value,
            moment: now,
            at_ms: sample.at_ms,
            rate,
        };
        self.counters.insert(series, counter);
        rate
    }

    /// `None` where it is beyond all numbers.
    fn reading(&self, read: Read) -> Option<Reading> {
        let value = read.value * read.measure.factor;
        value.is_finite().then(|| Reading {
            subject: self.sensor.target.clone(),
            property: Property {
                name: read.name,
                description: read.description,
                value: Value::Number(value),
                unit: read.measure.unit,
                at: read.at,
                window_ms: read.window_ms,
                source: self.source.clone(),
            },
        })
    }
}

/// A property before it is one.
struct Read {
    name: Text,
    description: Option<Text>,
    value: f64,
    measure: Measure,
    at: Timestamp,
    window_ms: Option<u64>,
}

/// The number that is all of a body.
fn number(body: &str) -> Result<f64, Failure> {
    let body = body.trim_start_matches('\u{feff}').trim();
    if body.is_empty() {
        return Err(Failure::Empty);
    }
    match body.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) => Err(Failure::NotFinite(quote(body))),
        Err(_) => Err(Failure::NotNumber(quote(body))),
    }
}

/// Whether a sample is of a metric: by its name, or by its family's, where that is a counter's.
fn is_of(metric: &str, sample: &str) -> bool {
    metric == sample || sample.strip_suffix("_total") == Some(metric)
}

/// Whether a series has the labels that are asked for; one that it lacks is empty.
fn has(labels: &Labels, wanted: &BTreeMap<Text, Text>) -> bool {
    wanted.iter().all(|(label, value)| {
        let own = labels.get(&**label).map_or("", String::as_str);
        own == &**value
    })
}

/// A name with what tells its series from others.
fn named(base: &str, labels: &Labels, wanted: &BTreeMap<Text, Text>) -> Text {
    let own = labels
        .iter()
        .filter(|(label, _)| !wanted.contains_key(label.as_str()));
    let own: Vec<String> = own
        .map(|(label, value)| format!("{label}={value:?}"))
        .collect();
    text::name(&format!("{base}{{{}}}", own.join(",")))
}

/// What is there instead of a metric.
fn near(metric: &str, page: &Page) -> Text {
    let mut names: Vec<(f64, &String)> = page
        .names
        .iter()
        .map(|name| (strsim::jaro_winkler(metric, name), name))
        .collect();
    names.sort_by(|a, b| b.0.total_cmp(&a.0));
    let like: Vec<&str> = names
        .iter()
        .filter(|(like, _)| *like >= LIKE)
        .take(NEAR)
        .map(|(_, name)| name.as_str())
        .collect();
    text::clean(
        &match like.as_slice() {
            [] => format!(" (of {} that are): check its name", page.names.len()),
            like => format!(": it has {}; check its name", like.join(", ")),
        },
        HELP_LIMIT,
    )
}

#[cfg(test)]
mod tests;
