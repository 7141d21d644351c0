//! Answers with traces: lists of lists of spans, read without a copy of the text.
//!
//! What a server says is stricter than what reporters send ([`crate::trace::decode`]): texts are texts and
//! numbers are numbers. Fields that are not known are ignored.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::trace::endpoint::Endpoint;
use crate::trace::id::{SpanId, TraceId};
use crate::trace::span::{self, Kind, Span, Tags};

/// Longest text that is looked up among those that were met, in bytes: longer ones hardly repeat.
const WORD_LIMIT: usize = 64;
/// Most texts that are looked up.
const WORDS_LIMIT: usize = 50_000;

/// The traces in an answer, in its order; each with all spans that share the lower half of the id, for so
/// the server counts them.
///
/// # Errors
/// Where the body is not JSON, stops early, or is no list of lists of spans: one span that cannot be read
/// makes the whole answer useless, since a part of a trace would look like the whole.
pub fn decode(body: &[u8]) -> Result<Vec<Vec<Span>>, serde_json::Error> {
    let raw: Vec<Vec<RawSpan<'_>>> = serde_json::from_slice(body)?;
    let mut words = Words::default();
    let mut places: HashMap<u64, usize> = HashMap::with_capacity(raw.len());
    let mut traces: Vec<Vec<Span>> = Vec::with_capacity(raw.len());
    for spans in raw {
        for span in spans {
            let span = words.span(span);
            let place = *places.entry(span.trace_id.low()).or_insert(traces.len());
            match traces.get_mut(place) {
                Some(trace) => trace.push(span),
                None => traces.push(vec![span]),
            }
        }
    }
    Ok(traces)
}

/// The spans of the one trace in an answer.
///
/// # Errors
/// As for [`decode`], where it is no list of spans.
pub fn decode_one(body: &[u8]) -> Result<Vec<Span>, serde_json::Error> {
    let raw: Vec<RawSpan<'_>> = serde_json::from_slice(body)?;
    let mut words = Words::default();
    Ok(raw.into_iter().map(|span| words.span(span)).collect())
}

/// A span as the server writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSpan<'a> {
    #[serde(deserialize_with = "trace_id")]
    trace_id: TraceId,
    #[serde(deserialize_with = "span_id")]
    id: SpanId,
    #[serde(default, deserialize_with = "parent_id")]
    parent_id: Option<SpanId>,
    kind: Option<RawKind>,
    #[serde(borrow)]
    name: Option<Word<'a>>,
    timestamp: Option<i64>,
    duration: Option<i64>,
    #[serde(borrow)]
    local_endpoint: Option<RawEndpoint<'a>>,
    #[serde(borrow)]
    remote_endpoint: Option<RawEndpoint<'a>>,
    #[serde(borrow)]
    annotations: Option<Vec<RawAnnotation<'a>>>,
    #[serde(borrow)]
    tags: Option<RawTags<'a>>,
    debug: Option<bool>,
    shared: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum RawKind {
    Client,
    Server,
    Producer,
    Consumer,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEndpoint<'a> {
    #[serde(borrow)]
    service_name: Option<Word<'a>>,
    #[serde(borrow)]
    ipv4: Option<Word<'a>>,
    #[serde(borrow)]
    ipv6: Option<Word<'a>>,
    port: Option<u16>,
}

#[derive(Deserialize)]
struct RawAnnotation<'a> {
    timestamp: i64,
    #[serde(borrow)]
    value: Word<'a>,
}

/// A text that is borrowed where it has no escapes.
#[derive(Deserialize)]
struct Word<'a>(#[serde(borrow)] Cow<'a, str>);

struct RawTags<'a>(Vec<(Word<'a>, Word<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for RawTags<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = RawTags<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("tags")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut tags = Vec::with_capacity(map.size_hint().unwrap_or_default());
                while let Some(tag) = map.next_entry()? {
                    tags.push(tag);
                }
                Ok(RawTags(tags))
            }
        }
        from.deserialize_map(Pairs)
    }
}

fn trace_id<'de, D: Deserializer<'de>>(from: D) -> Result<TraceId, D::Error> {
    let Word(text) = Word::deserialize(from)?;
    TraceId::parse(&text).map_err(D::Error::custom)
}

fn span_id<'de, D: Deserializer<'de>>(from: D) -> Result<SpanId, D::Error> {
    let Word(text) = Word::deserialize(from)?;
    SpanId::parse(&text).map_err(D::Error::custom)
}

fn parent_id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SpanId>, D::Error> {
    let text: Option<Word<'_>> = Option::deserialize(from)?;
    let parent = text.map(|Word(text)| SpanId::parse_parent(&text));
    parent
        .transpose()
        .map(Option::flatten)
        .map_err(D::Error::custom)
}

/// Texts and endpoints of one answer, each held once: spans say the same again and again.
#[derive(Default)]
struct Words {
    texts: HashSet<Arc<str>>,
    endpoints: HashSet<Arc<Endpoint>>,
}

impl Words {
    fn text(&mut self, Word(text): Word<'_>) -> Arc<str> {
        if text.len() > WORD_LIMIT {
            return Arc::from(text);
        }
        if let Some(known) = self.texts.get(&*text) {
            return Arc::clone(known);
        }
        let text: Arc<str> = Arc::from(text);
        if self.texts.len() < WORDS_LIMIT {
            self.texts.insert(Arc::clone(&text));
        }
        text
    }

    fn endpoint(&mut self, raw: RawEndpoint<'_>) -> Arc<Endpoint> {
        let name = raw.service_name.map(|name| self.text(name));
        let mut endpoint = name.map_or_else(Endpoint::default, Endpoint::named);
        for Word(ip) in [raw.ipv4, raw.ipv6].into_iter().flatten() {
            endpoint = endpoint.at(&ip);
        }
        let endpoint = endpoint.on_port(raw.port.unwrap_or_default());
        if let Some(known) = self.endpoints.get(&endpoint) {
            return Arc::clone(known);
        }
        let endpoint = Arc::new(endpoint);
        if self.endpoints.len() < WORDS_LIMIT {
            self.endpoints.insert(Arc::clone(&endpoint));
        }
        endpoint
    }

    fn span(&mut self, raw: RawSpan<'_>) -> Span {
        let mut span = Span::new(raw.trace_id, raw.id);
        span.parent_id = raw.parent_id;
        span.kind = raw.kind.map(|kind| match kind {
            RawKind::Client => Kind::Client,
            RawKind::Server => Kind::Server,
            RawKind::Producer => Kind::Producer,
            RawKind::Consumer => Kind::Consumer,
        });
        span.name = raw.name.map(|name| self.text(name));
        span.timestamp = raw.timestamp.unwrap_or_default();
        span.duration = raw.duration.unwrap_or_default();
        span.local_endpoint = raw.local_endpoint.map(|side| self.endpoint(side));
        span.remote_endpoint = raw.remote_endpoint.map(|side| self.endpoint(side));
        let annotations = raw.annotations.unwrap_or_default().into_iter();
        span.annotations = annotations
            .map(|said| span::Annotation {
                timestamp: said.timestamp,
                value: self.text(said.value),
            })
            .collect();
        let mut tags = Tags::default();
        for (key, value) in raw.tags.map(|tags| tags.0).unwrap_or_default() {
            tags.put(self.text(key), self.text(value));
        }
        span.tags = tags;
        span.debug = raw.debug.unwrap_or_default();
        span.shared = raw.shared.unwrap_or_default();
        span.normalised()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::trace::decode;

    const RICH: &str = r#"{"traceId":"000000000000000a","parentId":"000000000000000b","id":"000000000000000c",
        "kind":"SERVER","name":"Get \/Things","timestamp":5,"duration":7,
        "localEndpoint":{"serviceName":"Sh\u006fp","ipv4":"10.0.0.1","ipv6":"::1","port":80},
        "remoteEndpoint":{"serviceName":"","ipv4":"10.0.0.2"},
        "annotations":[{"timestamp":6,"value":"sent"},{"timestamp":5,"value":"w\n"}],
        "tags":{"b":"2","a":"\"1\"","b":"3"},"debug":true,"shared":true,"new":{"x":[1,null]}}"#;

    #[test]
    fn a_span_is_read_as_reporters_spans_are() {
        let spans = decode::spans(format!("[{RICH}]").as_bytes()).unwrap();
        assert_eq!(decode(format!("[[{RICH}]]").as_bytes()).unwrap(), [spans]);
    }

    #[rstest]
    #[case("[]", &[])]
    #[case("[[]]", &[])]
    #[case(r#"[[{"traceId":"1","id":"1"},{"traceId":"1","id":"2"}],[{"traceId":"2","id":"1"}]]"#, &[2, 1])]
    // Halves of one trace, whose ids some forward in full and some in part.
    #[case(r#"[[{"traceId":"a0000000000000001","id":"1"}],[{"traceId":"2","id":"1"}],[{"traceId":"1","id":"2"}]]"#, &[2, 1])]
    #[case(r#"[[{"traceId":"1","id":"1","parentId":null,"kind":null,"tags":null,"name":null}]]"#, &[1])]
    fn traces_are_gathered(#[case] body: &str, #[case] sizes: &[usize]) {
        let traces = decode(body.as_bytes()).unwrap();
        let found: Vec<usize> = traces.iter().map(Vec::len).collect();
        assert_eq!(found, sizes);
    }

    #[rstest]
    #[case("")]
    #[case("{}")]
    #[case("[{}]")]
    #[case(r#"[[{"traceId":"1"}]]"#)]
    #[case(r#"[[{"traceId":"x","id":"1"}]]"#)]
    #[case(r#"[[{"traceId":"1","id":""}]]"#)]
    #[case(r#"[[{"traceId":"1","id":"1","kind":"client"}]]"#)]
    #[case(r#"[[{"traceId":"1","id":"1","timestamp":"5"}]]"#)]
    #[case(r#"[[{"traceId":"1","id":"1","tags":{"a":1}}]]"#)]
    #[case(r#"[[{"traceId":"1","id":"1","localEndpoint":{"port":70000}}]]"#)]
    #[case(r#"[[{"traceId":"1","id":"1"}]"#)]
    #[case(r#"[[{"traceId":"1","id":"1"}]] x"#)]
    fn another_shape_is_refused(#[case] body: &str) {
        assert!(decode(body.as_bytes()).is_err());
    }

    #[test]
    fn nesting_without_end_is_refused() {
        for open in ["[", r#"[[{"traceId":"1","id":"1","x":["#] {
            let body = format!("{open}{}", "[".repeat(1_000_000));
            assert!(decode(body.as_bytes()).is_err());
        }
    }

    #[test]
    fn texts_and_endpoints_that_repeat_are_held_once() {
        let span = |id: u8| {
            format!(
                r#"{{"traceId":"1","id":"{id}","name":"get","localEndpoint":{{"serviceName":"app"}},"tags":{{"k":"v"}}}}"#
            )
        };
        let traces = decode(format!("[[{},{}]]", span(1), span(2)).as_bytes()).unwrap();
        let [first, second] = traces[0].as_slice() else {
            panic!("two spans");
        };
        let ends = [first, second].map(|span| span.local_endpoint.as_ref().unwrap());
        assert!(Arc::ptr_eq(ends[0], ends[1]));
        let values = [first, second].map(|span| span.tags.get("k").unwrap());
        assert!(Arc::ptr_eq(values[0], values[1]));
    }
}
