//! What the configuration says of sensors: endpoints that are read now and then, and whose numbers are
//! properties of an element.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;
use toml::Spanned;

use crate::model::key::TypeKey;
use crate::model::observation::Subject;
use crate::model::text::{self, Text};

/// How often an endpoint is read where nothing else is said, in seconds.
const INTERVAL: u64 = 15;
/// Longest interval, in seconds: a day.
const LONGEST: u64 = 86_400;
/// Most sensors.
const SENSORS: usize = 100;
/// Most metrics of one sensor.
const METRICS: usize = 20;
/// What the line of a source as a whole is called.
const WHOLE: &str = "session";
/// Longest word of a unit, in characters.
const WORD: usize = 32;

/// One `[[sensor]]`, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sensor {
    /// Its name, one word, its own among the sensors.
    pub name: Text,
    /// What it reads: `http` or `https`, without credentials.
    pub url: Text,
    /// Whose properties the numbers are.
    pub target: Subject,
    /// The pause between two readings.
    pub interval: Duration,
    /// What it reads there, and what that is called.
    pub reads: Reads,
    /// In what, where that is said; else what the endpoint says holds.
    pub unit: Option<Text>,
    /// Whether it reads from the start.
    pub on: bool,
}

/// What an endpoint answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reads {
    /// One number, and nothing else.
    Number {
        /// The property's name.
        property: Text,
    },
    /// The text format of Prometheus, or of `OpenMetrics`.
    Prometheus {
        /// The metrics, at least one.
        metrics: Vec<Text>,
        /// Labels that a series must have, with these values.
        labels: BTreeMap<Text, Text>,
        /// The property's name, where it is not the metric's; of one metric only.
        property: Option<Text>,
    },
}

/// One `[[sensor]]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    name: Spanned<String>,
    url: Spanned<String>,
    target: Spanned<String>,
    format: Spanned<String>,
    interval: Option<Spanned<toml::Value>>,
    metric: Option<Spanned<String>>,
    metrics: Option<Spanned<Vec<String>>>,
    labels: Option<Spanned<BTreeMap<String, String>>>,
    property: Option<Spanned<String>>,
    unit: Option<Spanned<String>>,
    on: Option<bool>,
}

/// What is wrong, and at which byte of the file.
type Wrong = (usize, String);

/// All sensors of a file.
///
/// # Errors
/// The first thing that is wrong with one of them.
pub(super) fn sensors(written: Vec<Written>) -> Result<Vec<Sensor>, Wrong> {
    let mut names = BTreeSet::new();
    let mut sensors = Vec::with_capacity(written.len().min(SENSORS));
    for one in written {
        let at = one.name.span().start;
        if sensors.len() >= SENSORS {
            return Err((
                at,
                format!("there may be {SENSORS} sensors: leave some out"),
            ));
        }
        let sensor = sensor(&one)?;
        if !names.insert(sensor.name.clone()) {
            let name = &sensor.name;
            return Err((
                at,
                format!("there is a sensor {name} above: give this one another name"),
            ));
        }
        sensors.push(sensor);
    }
    Ok(sensors)
}

fn sensor(written: &Written) -> Result<Sensor, Wrong> {
    let name = name(&written.name)?;
    let wrong = |at: usize, why: &str| (at, format!("sensor {name}: {why}"));
    let place = written.url.span().start;
    let url = url(written.url.get_ref()).map_err(|why| wrong(place, why))?;
    let place = written.target.span().start;
    let target = target(written.target.get_ref()).ok_or_else(|| {
        let why = "give the target as \"namespace/Kind/name\" (a workload, Pod or Service) or \"Node/name\"";
        wrong(place, why)
    })?;
    let interval = match &written.interval {
        None => INTERVAL,
        Some(given) => given
            .get_ref()
            .as_integer()
            .and_then(|seconds| u64::try_from(seconds).ok())
            .filter(|seconds| (1..=LONGEST).contains(seconds))
            .ok_or_else(|| {
                wrong(
                    given.span().start,
                    "give the interval in whole seconds, 1 to 86400",
                )
            })?,
    };
    let unit = match &written.unit {
        None => None,
        Some(unit) => {
            let word = unit.get_ref().trim();
            if word.is_empty() || word.chars().count() > WORD {
                let why = "give the unit as a word, such as \"count\", \"bytes\" or \"seconds\"";
                return Err(wrong(unit.span().start, why));
            }
            Some(text::name(word))
        }
    };
    Ok(Sensor {
        url,
        target,
        interval: Duration::from_secs(interval),
        reads: reads(written).map_err(|(at, why)| wrong(at, why))?,
        unit,
        on: written.on.unwrap_or(true),
        name,
    })
}

fn name(given: &Spanned<String>) -> Result<Text, Wrong> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let raw = given.get_ref();
    if raw == WHOLE {
        let why = format!("a sensor may not be called {WHOLE}: give it another name");
        return Err((given.span().start, why));
    }
    if (1..=text::LABEL_LIMIT).contains(&raw.chars().count()) && raw.chars().all(fits) {
        return Ok(text::name(raw));
    }
    let why = "the name of a sensor is one word of letters, digits, '-', '_' and '.', at most 63";
    Err((given.span().start, why.to_owned()))
}

/// The texts never repeat the address, which may hold a password.
fn url(raw: &str) -> Result<Text, &'static str> {
    const WANTED: &str = "give the url as http://host:port/path or https://host/path";
    let url = Url::parse(raw.trim()).map_err(|_| WANTED)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(WANTED);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "the url may not hold a user and password: give an endpoint that needs none, or a proxy that adds them",
        );
    }
    Ok(url.as_str().into())
}

fn target(raw: &str) -> Option<Subject> {
    let parts: Vec<Text> = raw.split('/').map(|part| text::name(part.trim())).collect();
    if parts.iter().any(|part| part.is_empty()) {
        return None;
    }
    Some(match parts.as_slice() {
        [kind, name] if &**kind == "Node" => Subject::Node { name: name.clone() },
        [namespace, kind, name] => match &**kind {
            "Node" => return None,
            "Pod" => Subject::Pod {
                namespace: namespace.clone(),
                name: name.clone(),
            },
            "Service" => Subject::Service {
                namespace: namespace.clone(),
                name: name.clone(),
            },
            kind => Subject::Type {
                key: TypeKey::new(namespace, kind, name),
            },
        },
        _ => return None,
    })
}

fn reads(written: &Written) -> Result<Reads, (usize, &'static str)> {
    let at = written.format.span().start;
    let property = match &written.property {
        Some(given) if given.get_ref().trim().is_empty() => {
            return Err((given.span().start, "give the property a name"));
        }
        given => given
            .as_ref()
            .map(|given| text::name(given.get_ref().trim())),
    };
    match &**written.format.get_ref() {
        "number" => {
            let metric = written.metric.as_ref().map(Spanned::span);
            let metrics = written.metrics.as_ref().map(Spanned::span);
            let labels = written.labels.as_ref().map(Spanned::span);
            if let Some(span) = metric.or(metrics).or(labels) {
                let why = "a plain number has no metrics and labels: leave them out, or say format = \"prometheus\"";
                return Err((span.start, why));
            }
            let why = "say with property = \"…\" what the number is called";
            let property = property.ok_or((at, why))?;
            Ok(Reads::Number { property })
        }
        "prometheus" => {
            let metrics = metrics(written, at)?;
            if let Some(given) = written.property.as_ref().filter(|_| metrics.len() > 1) {
                let why = "property names what one metric is: leave it out, or make a sensor for each metric";
                return Err((given.span().start, why));
            }
            let labels = written.labels.iter().flat_map(Spanned::get_ref);
            Ok(Reads::Prometheus {
                metrics,
                labels: labels
                    .map(|(k, v)| (text::name(k), text::name(v)))
                    .collect(),
                property,
            })
        }
        _ => Err((at, "format is \"number\" or \"prometheus\"")),
    }
}

fn metrics(written: &Written, at: usize) -> Result<Vec<Text>, (usize, &'static str)> {
    let (at, given) = match (&written.metric, &written.metrics) {
        (Some(_), Some(both)) => {
            return Err((both.span().start, "say metric or metrics, not both"));
        }
        (Some(one), None) => (one.span().start, std::slice::from_ref(one.get_ref())),
        (None, Some(several)) => (several.span().start, several.get_ref().as_slice()),
        (None, None) => {
            let why = "say with metric = \"…\" (or metrics = [\"…\"]) what is read there";
            return Err((at, why));
        }
    };
    let metrics: BTreeSet<Text> = given.iter().map(|m| text::name(m.trim())).collect();
    if metrics.is_empty() || metrics.len() > METRICS || metrics.contains("") {
        return Err((at, "give the names of 1 to 20 metrics"));
    }
    Ok(metrics.into_iter().collect())
}

#[cfg(test)]
mod tests;
