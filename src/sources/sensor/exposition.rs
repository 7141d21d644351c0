//! The text in which programs expose their metrics: Prometheus' format, and what `OpenMetrics` adds to it.
//!
//! Of what a page says only the wanted metrics are kept. A line that cannot be read is passed over and counted:
//! one exporter's mistake is no reason to lose the rest.

mod line;

use std::collections::BTreeMap;

use self::line::Line;

/// Longest line that is read, in bytes.
const LINE_LIMIT: usize = 16 * 1024;
/// Most samples that are kept.
const SAMPLE_LIMIT: usize = 10_000;
/// Most families whose description is kept.
const FAMILY_LIMIT: usize = 10_000;

/// Labels and their values, as they are on the page.
pub(super) type Labels = BTreeMap<String, String>;

/// What a family of metrics is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// It only grows, until its program starts again.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Buckets, a count and a sum, which only grow.
    Histogram,
    /// Quantiles, and a count and a sum, which only grow.
    Summary,
    /// Anything else, and what is not said.
    #[default]
    Other,
}

/// What is said of a family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Family {
    pub(super) kind: Kind,
    pub(super) help: Option<String>,
    pub(super) unit: Option<String>,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) labels: Labels,
    /// May be no finite number.
    pub(super) value: f64,
    /// When it was so, in ms since 1970, where the page says.
    pub(super) at_ms: Option<i64>,
}

/// A page as it was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Page {
    families: BTreeMap<String, Family>,
    /// Those that were wanted, in the page's order.
    pub(super) samples: Vec<Sample>,
    /// The names of all samples.
    pub(super) names: std::collections::BTreeSet<String>,
    /// Lines that could not be read.
    pub(super) unreadable: usize,
    /// Wanted samples beyond what is kept.
    pub(super) beyond: usize,
}

/// Reads a page, and keeps the samples whose names are wanted.
pub(super) fn read(text: &str, wanted: impl Fn(&str) -> bool) -> Page {
    // OpenMetrics counts time in seconds, and says where it ends.
    let is_open = text.trim_end().lines().next_back() == Some("# EOF");
    let mut page = Page::default();
    for raw in text.lines() {
        if raw.len() > LINE_LIMIT {
            page.unreadable += 1;
            continue;
        }
        match line::read(raw, is_open) {
            Some(Line::Nothing) => {}
            Some(Line::Sample(sample)) => page.take(sample, &wanted),
            Some(Line::Help(name, text)) => page.family(name, |family| family.help = Some(text)),
            Some(Line::Kind(name, kind)) => page.family(name, |family| family.kind = kind),
            Some(Line::Unit(name, unit)) => page.family(name, |family| family.unit = Some(unit)),
            None => page.unreadable += 1,
        }
    }
    page
}

impl Page {
    fn take(&mut self, sample: Sample, wanted: impl Fn(&str) -> bool) {
        if !self.names.contains(&sample.name) && self.names.len() < FAMILY_LIMIT {
            self.names.insert(sample.name.clone());
        }
        if !wanted(&sample.name) {
            return;
        }
        if self.samples.len() < SAMPLE_LIMIT {
            self.samples.push(sample);
        } else {
            self.beyond += 1;
        }
    }

    fn family(&mut self, name: String, tell: impl FnOnce(&mut Family)) {
        if self.families.len() < FAMILY_LIMIT || self.families.contains_key(&name) {
            tell(self.families.entry(name).or_default());
        }
    }

    /// What is said of the family of a sample, and whether the sample only grows.
    pub(super) fn about(&self, sample: &str) -> (Option<&Family>, bool) {
        if let Some(family) = self.families.get(sample) {
            let grows = family.kind == Kind::Counter;
            return (Some(family), grows);
        }
        // What a family's parts end with, and of which kinds these only grow.
        for (end, kinds) in [
            ("_total", &[Kind::Counter][..]),
            ("_count", &[Kind::Histogram, Kind::Summary]),
            ("_sum", &[Kind::Histogram, Kind::Summary]),
            ("_bucket", &[Kind::Histogram]),
            ("_created", &[]),
        ] {
            let family = sample
                .strip_suffix(end)
                .and_then(|name| self.families.get(name));
            if let Some(family) = family {
                return (Some(family), kinds.contains(&family.kind));
            }
        }
        (None, false)
    }
}

#[cfg(test)]
mod tests;
