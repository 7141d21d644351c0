//! In what a metric is: as a word says, or as its name ends.

use crate::model::property::Unit;
use crate::model::text;

/// A unit, and what a value is multiplied by to be in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Measure {
    pub(super) unit: Unit,
    pub(super) factor: f64,
}

impl Measure {
    const fn of(unit: Unit) -> Self {
        Self { unit, factor: 1.0 }
    }

    /// What a word says: `seconds`, `bytes`; one that is not known is the unit itself.
    pub(super) fn named(word: &str) -> Self {
        known(word).unwrap_or_else(|| {
            Self::of(Unit::Other {
                word: text::name(word.trim()),
            })
        })
    }

    /// What the name of a metric says by its end, as is the custom; nothing where it says nothing.
    pub(super) fn of_name(metric: &str) -> Self {
        let metric = metric.strip_suffix("_total").unwrap_or(metric);
        let metric = metric.strip_suffix("_sum").unwrap_or(metric);
        let end = metric.rsplit('_').next().filter(|end| *end != metric);
        let is_unit = |end: &&str| {
            matches!(
                *end,
                "seconds"
                    | "bytes"
                    | "ratio"
                    | "percent"
                    | "count"
                    | "bucket"
                    | "cores"
                    | "milliseconds"
                    | "celsius"
                    | "volts"
                    | "amperes"
                    | "joules"
                    | "grams"
                    | "meters"
                    | "watts"
            )
        };
        end.filter(is_unit)
            .map_or(Self::of(Unit::None), Self::named)
    }

    /// The same per second. What is counted without a word is something per second.
    pub(super) fn per_second(self) -> Self {
        let unit = match self.unit {
            Unit::None | Unit::Count | Unit::PerSecond => Unit::PerSecond,
            unit => Unit::Other {
                word: text::name(&format!("{unit}/s")),
            },
        };
        Self { unit, ..self }
    }
}

fn known(word: &str) -> Option<Measure> {
    let unit = match &*word.trim().to_ascii_lowercase() {
        "" | "none" | "1" => Unit::None,
        "count" | "bucket" => Unit::Count,
        "cores" => Unit::Cores,
        "bytes" | "byte" => Unit::Bytes,
        "seconds" | "second" | "s" => Unit::Seconds,
        "percent" | "%" => Unit::Percent,
        "persecond" | "/s" => Unit::PerSecond,
        // Of one; what is shown is of a hundred.
        "ratio" | "ratios" => {
            return Some(Measure {
                unit: Unit::Percent,
                factor: 100.0,
            });
        }
        "milliseconds" | "ms" => {
            return Some(Measure {
                unit: Unit::Seconds,
                factor: 0.001,
            });
        }
        _ => return None,
    };
    Some(Measure::of(unit))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn told(measure: &Measure) -> String {
        format!("{} x{}", measure.unit, measure.factor)
    }

    #[rstest]
    #[case("process_cpu_seconds_total", "s x1")]
    #[case("heap_bytes", "bytes x1")]
    #[case("cache_hit_ratio", "% x100")]
    #[case("room_celsius", "celsius x1")]
    #[case("took_milliseconds", "s x0.001")]
    #[case("request_seconds_sum", "s x1")]
    #[case("request_seconds_count", "count x1")]
    #[case("request_seconds_bucket", "count x1")]
    #[case("http_exceptions_total", " x1")]
    #[case("seconds", " x1")]
    #[case("", " x1")]
    fn names_end_with_their_unit(#[case] name: &str, #[case] unit: &str) {
        assert_eq!(told(&Measure::of_name(name)), unit);
    }

    #[rstest]
    #[case("count", "count x1", "/s x1")]
    #[case("Seconds", "s x1", "s/s x1")]
    #[case("bytes", "bytes x1", "bytes/s x1")]
    #[case("ratio", "% x100", "%/s x100")]
    #[case("orders", "orders x1", "orders/s x1")]
    #[case("none", " x1", "/s x1")]
    fn words_are_units(#[case] word: &str, #[case] unit: &str, #[case] rate: &str) {
        let measure = Measure::named(word);
        assert_eq!(told(&measure), unit);
        assert_eq!(told(&measure.per_second()), rate);
    }
}
