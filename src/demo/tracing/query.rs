//! A search for traces, and the parameters by which one is asked for.

use std::collections::HashMap;

use crate::trace::refusal::Refusal;
use crate::trace::span::Span;

/// The window where none is asked for, in ms: a day.
pub const DEFAULT_LOOKBACK: i64 = 86_400_000;
/// The number of traces where none is asked for.
const DEFAULT_LIMIT: i32 = 10;
/// More terms than these are one term with `and` in it.
const MOST_TERMS: usize = 100;

/// The parameters of a request, decoded, as they came.
#[derive(Clone, Debug, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// These parameters.
    #[must_use]
    pub const fn new(parameters: Vec<(String, String)>) -> Self {
        Self(parameters)
    }

    /// The first value of a parameter.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The first value of a parameter that must be there.
    ///
    /// # Errors
    /// When it is not there.
    pub fn needed(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name).ok_or_else(|| {
            Refusal::new(format!(
                "Mandatory parameter/header/attribute is missing: {name}"
            ))
        })
    }

    /// The number that a parameter holds; none when it is empty or not there.
    ///
    /// # Errors
    /// When it is not a number, or too great a one.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Refusal> {
        let text = self.text(name).filter(|text| !text.is_empty());
        let read = |text: &str| {
            text.parse()
                .map_err(|_| Refusal::new(format!("For input string: \"{text}\"")))
        };
        text.map(read).transpose()
    }
}

fn empty(name: &str) -> Refusal {
    Refusal::new(format!(
        "Cannot set null to primitive type parameter: {name}"
    ))
}

fn positive(name: &str, number: i64) -> Result<i64, Refusal> {
    if number > 0 {
        Ok(number)
    } else {
        Err(Refusal::new(format!("{name} <= 0")))
    }
}

/// A window of time, in ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its end, in ms since the epoch; not before the epoch.
    pub end_ts: i64,
    /// Its length; more than nothing.
    pub lookback: i64,
}

impl Window {
    /// The window of a question about links.
    ///
    /// # Errors
    /// When `endTs` is missing, or one of the two is not a number above 0.
    pub fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        parameters.needed("endTs")?;
        let end_ts = parameters.number("endTs")?.ok_or_else(|| empty("endTs"))?;
        let lookback = parameters.number("lookback")?.unwrap_or(DEFAULT_LOOKBACK);
        Ok(Self {
            end_ts: positive("endTs", end_ts)?,
            lookback: positive("lookback", lookback)?,
        })
    }
}

/// What traces are searched for. `Some` narrows the search, `None` does not. Names are in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// A service that recorded a span of the trace; then all else must fit spans of that service.
    pub service: Option<String>,
    /// A service that such a span names as its other side.
    pub remote_service: Option<String>,
    /// The name of such a span.
    pub span_name: Option<String>,
    /// Tags with their values, and tags or annotations without: such spans must have all of them together.
    pub terms: HashMap<String, String>,
    /// The least duration of such a span, in µs.
    pub min_duration: Option<i64>,
    /// The greatest duration of the same span, in µs.
    pub max_duration: Option<i64>,
    /// Where in time the trace began.
    pub window: Window,
    /// Most traces that are wanted.
    pub limit: usize,
}

impl Query {
    /// The search that the parameters ask for, when it is `now` (ms since the epoch).
    ///
    /// # Errors
    /// When a number is none or out of bounds, or durations contradict.
    pub fn parse(parameters: &Parameters, now: i64) -> Result<Self, Refusal> {
        let min_duration: Option<i64> = parameters.number("minDuration")?;
        let max_duration: Option<i64> = parameters.number("maxDuration")?;
        let end_ts = parameters.number("endTs")?.unwrap_or(now);
        let lookback = parameters.number("lookback")?.unwrap_or(DEFAULT_LOOKBACK);
        let limit: i32 = match parameters.text("limit") {
            None => DEFAULT_LIMIT,
            Some(_) => parameters.number("limit")?.ok_or_else(|| empty("limit"))?,
        };
        let end_ts = positive("endTs", end_ts)?;
        let limit = positive("limit", i64::from(limit))?;
        let lookback = positive("lookback", lookback)?;
        check_durations(min_duration, max_duration)?;
        let name = |key: &str| {
            let name = parameters.text(key).map(str::to_lowercase);
            name.filter(|name| !name.is_empty())
        };
        Ok(Self {
            service: name("serviceName"),
            remote_service: name("remoteServiceName"),
            span_name: name("spanName").filter(|name| name != "all"),
            terms: terms(parameters.text("annotationQuery").unwrap_or_default()),
            min_duration,
            max_duration,
            window: Window { end_ts, lookback },
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
        })
    }

    /// Whether the spans of one trace fit. It need not be one span that fits in all.
    #[must_use]
    pub fn fits(&self, spans: &[&Span]) -> bool {
        let of_service = |span: &&&Span| {
            let service = self.service.as_deref();
            service.is_none() || span.local_service().map(|name| &**name) == service
        };
        let mut concerned = spans.iter().filter(of_service).peekable();
        if !self.began_in_window(spans) || (self.service.is_some() && concerned.peek().is_none()) {
            return false;
        }
        let mut remote_service = self.remote_service.as_deref();
        let mut span_name = self.span_name.as_deref();
        let mut terms = self.terms.clone();
        let mut duration = self.min_duration.is_none();
        for span in concerned {
            remove_terms(&mut terms, span);
            remote_service =
                remote_service.filter(|name| span.remote_service().is_none_or(|r| **r != **name));
            span_name = span_name.filter(|name| span.name.as_ref().is_none_or(|n| **n != **name));
            duration |= self.min_duration.is_some_and(|min| span.duration >= min)
                && self.max_duration.is_none_or(|max| span.duration <= max);
        }
        remote_service.is_none() && span_name.is_none() && terms.is_empty() && duration
    }

    /// A trace began when its root did, else when its first span did; without any time it did not.
    fn began_in_window(&self, spans: &[&Span]) -> bool {
        let timed = || spans.iter().filter(|span| span.timestamp != 0);
        let root = timed().find(|span| span.parent_id.is_none());
        let began = root.or_else(|| timed().min_by_key(|span| span.timestamp));
        let Window { end_ts, lookback } = self.window;
        // As Zipkin reckons: what is too great for µs wraps around, and then nothing fits.
        let micros = |ms: i64| ms.wrapping_mul(1_000);
        began.is_some_and(|span| {
            (micros(end_ts.wrapping_sub(lookback))..=micros(end_ts)).contains(&span.timestamp)
        })
    }
}

fn check_durations(min: Option<i64>, max: Option<i64>) -> Result<(), Refusal> {
    match (min, max) {
        (Some(min), _) if min <= 0 => Err(Refusal::new("minDuration <= 0")),
        (Some(min), Some(max)) if max < min => Err(Refusal::new("maxDuration < minDuration")),
        (None, Some(_)) => Err(Refusal::new("maxDuration is only valid with minDuration")),
        _ => Ok(()),
    }
}

/// The terms of an annotation query, `key=value and other`, by key. A later value of a key counts, and a
/// key alone never replaces one with a value.
fn terms(query: &str) -> HashMap<String, String> {
    let mut terms = HashMap::new();
    if query.is_empty() {
        return terms;
    }
    // As Java trims.
    let trim = |text: &str| text.trim_matches(|c| c <= ' ').to_owned();
    for term in query.splitn(MOST_TERMS, " and ") {
        match term.split_once('=') {
            Some((key, value)) => {
                terms.insert(trim(key), trim(value));
            }
            None => {
                terms.entry(trim(term)).or_default();
            }
        }
    }
    terms
}

/// Takes away the terms that a span meets.
fn remove_terms(terms: &mut HashMap<String, String>, span: &Span) {
    if terms.is_empty() {
        return;
    }
    for annotation in &span.annotations {
        if terms.get(&*annotation.value).is_some_and(String::is_empty) {
            terms.remove(&*annotation.value);
        }
    }
    for (key, value) in span.tags.iter() {
        let wanted = terms.get(&**key);
        if wanted.is_some_and(|wanted| wanted.is_empty() || **wanted == **value) {
            terms.remove(&**key);
        }
    }
}
