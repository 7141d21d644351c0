//! Amounts as Kubernetes writes them: `250m` of a core, `64Mi` of memory, `1e3`.
//!
//! Read here because the one maintained crate for it brings decimals of arbitrary length and a parser
//! library, for what is a number and one of nineteen endings.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Unexpected, Visitor};

/// An amount; what cannot be read counts as missing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in super::super) struct Quantity(Option<f64>);

impl Quantity {
    /// Reads an amount.
    pub(in super::super) fn read(text: &str) -> Self {
        Self(number(text.trim()))
    }

    /// The number itself; never negative.
    pub(in super::super) fn number(self) -> Option<f64> {
        self.0
    }

    /// In thousandths, rounded up as Kubernetes does.
    pub(in super::super) fn millis(self) -> Option<u64> {
        whole(self.0? * 1000.0)
    }

    /// In ones, rounded up.
    pub(in super::super) fn whole(self) -> Option<u64> {
        whole(self.0?)
    }
}

fn whole(number: f64) -> Option<u64> {
    // What floats leave over of exact thousandths is no next one.
    let up = (number - 1e-6).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is between 0 and a number that fits"
    )]
    let whole = up.max(0.0) as u64;
    (up < 1e18).then_some(whole)
}

fn number(text: &str) -> Option<f64> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '+' | '-'))
        .unwrap_or(text.len());
    let (digits, ending) = text.split_at_checked(end)?;
    let factor = match ending {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 2_f64.powi(10),
        "Mi" => 2_f64.powi(20),
        "Gi" => 2_f64.powi(30),
        "Ti" => 2_f64.powi(40),
        "Pi" => 2_f64.powi(50),
        "Ei" => 2_f64.powi(60),
        other => {
            let exponent: i32 = other.strip_prefix(['e', 'E'])?.parse().ok()?;
            10_f64.powi(exponent)
        }
    };
    let number = digits.parse::<f64>().ok()? * factor;
    (number.is_finite() && number >= 0.0).then_some(number)
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;

        impl Visitor<'_> for Written {
            type Value = Quantity;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an amount")
            }

            fn visit_str<E>(self, text: &str) -> Result<Quantity, E> {
                Ok(Quantity::read(text))
            }

            // Some write plain numbers without quotes.
            fn visit_u64<E>(self, number: u64) -> Result<Quantity, E> {
                Ok(Quantity::read(&number.to_string()))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Quantity, E> {
                Ok(Quantity::default())
            }

            fn visit_f64<E>(self, number: f64) -> Result<Quantity, E> {
                Ok(Quantity(
                    Some(number).filter(|n| n.is_finite() && *n >= 0.0),
                ))
            }

            fn visit_bool<E: serde::de::Error>(self, it: bool) -> Result<Quantity, E> {
                Err(E::invalid_type(Unexpected::Bool(it), &self))
            }
        }

        deserializer
            .deserialize_any(Written)
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ending_is_read() {
        for (text, number) in [
            ("0", 0.0),
            ("2", 2.0),
            ("+2", 2.0),
            ("0.1", 0.1),
            (".5", 0.5),
            ("5.", 5.0),
            ("5n", 5e-9),
            ("5u", 5e-6),
            ("250m", 0.25),
            ("1k", 1e3),
            ("1M", 1e6),
            ("1G", 1e9),
            ("1T", 1e12),
            ("1P", 1e15),
            ("1E", 1e18),
            ("1Ki", 1024.0),
            ("64Mi", 67_108_864.0),
            ("1.5Gi", 1_610_612_736.0),
            ("1Ti", 1_099_511_627_776.0),
            ("1Pi", 1_125_899_906_842_624.0),
            ("1Ei", 1_152_921_504_606_846_976.0),
            ("1e3", 1e3),
            ("1E3", 1e3),
            ("12E-3", 0.012),
            ("1e+2", 100.0),
        ] {
            let read = Quantity::read(text).number().expect(text);
            assert!((read - number).abs() <= number * 1e-12, "{text}: {read}");
        }
    }

    #[test]
    fn what_is_no_amount_counts_as_missing() {
        for text in [
            "", "m", "a lot", "1x", "1Kib", "-1", "1 Gi", "1e", "e3", "1e999", "NaN", "inf",
            "1.2.3", "1-1", "０",
        ] {
            assert_eq!(Quantity::read(text), Quantity::default(), "{text}");
        }
    }

    #[test]
    fn thousandths_and_bytes_are_rounded_up() {
        assert_eq!(Quantity::read("0.1").millis(), Some(100));
        assert_eq!(Quantity::read("1500u").millis(), Some(2));
        assert_eq!(Quantity::read("0.29").millis(), Some(290));
        assert_eq!(Quantity::read("64Mi").whole(), Some(64 << 20));
        assert_eq!(Quantity::read("128974848000m").whole(), Some(128_974_848));
        assert_eq!(Quantity::read("9E").whole(), None);
    }

    #[test]
    fn numbers_without_quotes_are_read_too() {
        let read = |json: &str| serde_json::from_str::<Option<Quantity>>(json).expect(json);
        assert_eq!(read("2").and_then(Quantity::whole), Some(2));
        assert_eq!(read("0.5").and_then(Quantity::millis), Some(500));
        assert_eq!(read("-1"), Some(Quantity::default()));
        assert_eq!(read("null"), None);
    }
}
