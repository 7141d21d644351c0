//! Ids of traces and spans: numbers that are written in lower-case hexadecimal digits.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::refusal::Refusal;

/// The id of a trace: 64 or 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId {
    high: u64,
    low: u64,
    /// Written with 32 digits. An id of 17 to 31 digits is, even where its upper half is all zeros.
    wide: bool,
}

impl TraceId {
    /// The id whose upper half is `high` and whose lower half is `low`.
    #[must_use]
    pub const fn new(high: u64, low: u64) -> Self {
        let wide = high != 0;
        Self { high, low, wide }
    }

    /// Reads an id of 1 to 32 digits, and pads it to 16 or 32.
    ///
    /// # Errors
    /// A [`Refusal`] in Zipkin's words for what is empty, too long, all zeros or not lower-case
    /// hexadecimal.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let length = check("traceId", text, 32)?;
        let value = u128::from_str_radix(text, 16).map_err(|_| not_hex(text))?;
        if value == 0 {
            return Err(Refusal::new("traceId is all zeros"));
        }
        let [high, low] = [value >> 64, value & u128::from(u64::MAX)]
            .map(|half| u64::try_from(half).unwrap_or_default());
        // All 32 digits with 16 zeros before them are cut to 16 digits; fewer digits are padded instead.
        let wide = length > 16 && (high != 0 || length < 32);
        Ok(Self { high, low, wide })
    }

    /// The lower 64 bits, by which spans are gathered into traces: some instrumentation forwards only
    /// these.
    #[must_use]
    pub const fn low(self) -> u64 {
        self.low
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.wide {
            write!(f, "{:016x}", self.high)?;
        }
        write!(f, "{:016x}", self.low)
    }
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The id of a span: 64 bits, unique in its trace but for the two sides of a call that share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(u64);

impl SpanId {
    /// The id with this value.
    #[must_use]
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    /// Reads an id of 1 to 16 digits, and pads it to 16.
    ///
    /// # Errors
    /// A [`Refusal`] in Zipkin's words for what is empty, too long, not lower-case hexadecimal, or 16 zeros
    /// (fewer zeros are an id to Zipkin).
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match parse_span_id("id", text)? {
            0 if text.len() == 16 => Err(Refusal::new("id is all zeros")),
            value => Ok(Self(value)),
        }
    }

    /// Reads the id of a parent: as [`SpanId::parse`] does, but zero means that there is none.
    ///
    /// # Errors
    /// As for [`SpanId::parse`], but for zeros.
    pub fn parse_parent(text: &str) -> Result<Option<Self>, Refusal> {
        let value = parse_span_id("parentId", text)?;
        Ok((value != 0).then_some(Self(value)))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for SpanId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SpanId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

fn parse_span_id(field: &str, text: &str) -> Result<u64, Refusal> {
    check(field, text, 16)?;
    u64::from_str_radix(text, 16).map_err(|_| not_hex(text))
}

/// The length of an id's text in digits, once it is sure that it has nothing but digits.
fn check(field: &str, text: &str, limit: usize) -> Result<usize, Refusal> {
    let length = text.encode_utf16().count();
    if length == 0 {
        return Err(Refusal::new(format!("{field} is empty")));
    }
    if length > limit {
        return Err(Refusal::new(format!("{field}.length > {limit}")));
    }
    if text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        Ok(length)
    } else {
        Err(not_hex(text))
    }
}

fn not_hex(text: &str) -> Refusal {
    Refusal::new(format!("{text} should be lower-hex encoded with no prefix"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::short("1", "0000000000000001")]
    #[case::full("48485a3953bb6124", "48485a3953bb6124")]
    #[case::between("148485a3953bb6124", "000000000000000148485a3953bb6124")]
    #[case::wide("a0000000000000000000000000000001", "a0000000000000000000000000000001")]
    #[case::upper_half_of_zeros("00000000000000000000000000000001", "0000000000000001")]
    #[case::fewer_zeros_stay("0000000000000000000000000000001", "00000000000000000000000000000001")]
    fn trace_ids_are_padded(#[case] text: &str, #[case] written: &str) {
        assert_eq!(
            TraceId::parse(text).map(|id| id.to_string()),
            Ok(written.to_owned())
        );
    }

    #[rstest]
    #[case("", "traceId is empty")]
    #[case("000", "traceId is all zeros")]
    #[case("000000000000000000000000000000001", "traceId.length > 32")]
    #[case("0x1", "0x1 should be lower-hex encoded with no prefix")]
    #[case("ABC", "ABC should be lower-hex encoded with no prefix")]
    #[case("+1", "+1 should be lower-hex encoded with no prefix")]
    #[case("ä", "ä should be lower-hex encoded with no prefix")]
    fn bad_trace_ids_are_refused(#[case] text: &str, #[case] why: &str) {
        assert_eq!(TraceId::parse(text), Err(Refusal::new(why)));
    }

    #[rstest]
    #[case("0", Ok("0000000000000000"))]
    #[case("7f", Ok("000000000000007f"))]
    #[case("ffffffffffffffff", Ok("ffffffffffffffff"))]
    #[case("0000000000000000", Err("id is all zeros"))]
    #[case("", Err("id is empty"))]
    #[case("00000000000000001", Err("id.length > 16"))]
    #[case("g", Err("g should be lower-hex encoded with no prefix"))]
    fn span_ids_are_padded_or_refused(#[case] text: &str, #[case] read: Result<&str, &str>) {
        let read = read.map(ToOwned::to_owned).map_err(Refusal::new);
        assert_eq!(SpanId::parse(text).map(|id| id.to_string()), read);
    }

    #[test]
    fn a_parent_of_zeros_is_none() {
        assert_eq!(SpanId::parse_parent("0000000000000000"), Ok(None));
        assert_eq!(SpanId::parse_parent("2"), Ok(Some(SpanId::new(2))));
        assert_eq!(
            SpanId::parse_parent(""),
            Err(Refusal::new("parentId is empty"))
        );
    }
}
