//! One line of a page: a sample, something about a family, or nothing.

use super::{Kind, Labels, Sample};

/// Most labels of one sample.
const LABEL_LIMIT: usize = 64;

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Line {
    /// It is empty, a remark, or the end.
    Nothing,
    Sample(Sample),
    Help(String, String),
    Kind(String, Kind),
    Unit(String, String),
}

/// Reads a line; `None` where it cannot be read. `is_open` where time is in seconds instead of milliseconds.
pub(super) fn read(raw: &str, is_open: bool) -> Option<Line> {
    let raw = raw.trim_matches(|c: char| matches!(c, ' ' | '\t' | '\r'));
    if raw.is_empty() {
        return Some(Line::Nothing);
    }
    match raw.strip_prefix('#') {
        Some(rest) => Some(about(rest).unwrap_or(Line::Nothing)),
        None => sample(raw, is_open).map(Line::Sample),
    }
}

/// What stands behind `#`; `None` for a remark.
fn about(rest: &str) -> Option<Line> {
    let mut rest = Rest(rest.trim_start());
    let word = rest.until(|c| c.is_ascii_whitespace()).to_owned();
    if !matches!(&*word, "HELP" | "TYPE" | "UNIT") {
        return None;
    }
    rest.blanks();
    let name = rest.name(|c| c.is_ascii_whitespace())?;
    let said = rest.0.trim();
    Some(match &*word {
        "HELP" => Line::Help(name, unescaped(said)),
        "UNIT" => Line::Unit(name, said.to_owned()),
        _ => Line::Kind(
            name,
            match said {
                "counter" => Kind::Counter,
                "gauge" => Kind::Gauge,
                "histogram" => Kind::Histogram,
                "summary" => Kind::Summary,
                _ => Kind::Other,
            },
        ),
    })
}

fn sample(raw: &str, is_open: bool) -> Option<Sample> {
    let mut rest = Rest(raw);
    let mut labels = Labels::new();
    let mut name = None;
    if !rest.next_is('{') {
        name = Some(rest.name(|c| c == '{' || c.is_ascii_whitespace())?);
        rest.blanks();
    }
    if rest.skip('{') {
        name = rest.labels(name, &mut labels)?;
    }
    // An exemplar stands behind another `#`, and is not read.
    let mut words = rest.0.split_ascii_whitespace();
    let value = number(words.next()?)?;
    let at_ms = match words.next() {
        None => None,
        Some(word) if word.starts_with('#') => None,
        Some(word) if is_open => milliseconds(word.parse().ok()?),
        Some(word) => Some(word.parse().ok()?),
    };
    Some(Sample {
        name: name.filter(|name| !name.is_empty())?,
        labels,
        value,
        at_ms,
    })
}

/// A value: as Go writes numbers, with `NaN` and `+Inf`.
fn number(word: &str) -> Option<f64> {
    word.parse().ok()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "it is whole, and within what is checked"
)]
fn milliseconds(seconds: f64) -> Option<i64> {
    let ms = (seconds * 1_000.0).round();
    // Some ten thousand years.
    (ms.abs() < 3e14).then_some(ms as i64)
}

/// The rest of a line.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn next_is(&self, c: char) -> bool {
        self.0.starts_with(c)
    }

    fn skip(&mut self, c: char) -> bool {
        let rest = self.0.strip_prefix(c);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn blanks(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t']);
    }

    fn until(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        let at = self.0.find(ends).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at_checked(at).unwrap_or((self.0, ""));
        self.0 = rest;
        word
    }

    /// A name, plain or quoted.
    fn name(&mut self, ends: impl Fn(char) -> bool) -> Option<String> {
        let name = if self.next_is('"') {
            self.quoted()?
        } else {
            self.until(ends).to_owned()
        };
        (!name.is_empty()).then_some(name)
    }

    /// What stands in quotes: `\\`, `\"` and `\n` are escapes, any other backslash is one.
    fn quoted(&mut self) -> Option<String> {
        if !self.skip('"') {
            return None;
        }
        let mut escaped = false;
        let end = self.0.char_indices().find(|(_, c)| {
            let ends = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let (at, _) = end?;
        let (inside, rest) = self.0.split_at_checked(at)?;
        self.0 = rest.strip_prefix('"')?;
        Some(unescaped(inside))
    }

    /// What stands in braces, to behind the closing one; and the metric's name, which may be the first of it.
    /// The outer `None` where it cannot be read.
    #[expect(
        clippy::option_option,
        reason = "that there is no name is no mistake yet"
    )]
    fn labels(&mut self, mut name: Option<String>, labels: &mut Labels) -> Option<Option<String>> {
        loop {
            self.blanks();
            if self.skip('}') {
                return Some(name);
            }
            let is_quoted = self.next_is('"');
            let key = self.name(|c| matches!(c, '=' | ',' | '}') || c.is_ascii_whitespace())?;
            self.blanks();
            if self.skip('=') {
                self.blanks();
                let value = self.quoted()?;
                if labels.len() >= LABEL_LIMIT {
                    return None;
                }
                labels.insert(key, value);
            } else if is_quoted && name.is_none() {
                name = Some(key);
            } else {
                return None;
            }
            self.blanks();
            if !self.skip(',') && !self.next_is('}') {
                return None;
            }
        }
    }
}

fn unescaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some(c @ ('\\' | '"')) => out.push(c),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}
