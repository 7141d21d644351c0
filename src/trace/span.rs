//! A span: one side's record of one operation, in Zipkin's second format.

use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::endpoint::Endpoint;
use super::id::{SpanId, TraceId};

/// Which side of what a span records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Kind {
    /// The calling side of a call.
    Client,
    /// The called side of a call.
    Server,
    /// The side that sends a message to a broker.
    Producer,
    /// The side that takes a message from a broker.
    Consumer,
}

/// Something that happened while a span lasted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Annotation {
    /// When, in µs since the epoch.
    pub timestamp: i64,
    /// What.
    pub value: Arc<str>,
}

/// The tags of a span, by key; each key once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tags(Vec<(Arc<str>, Arc<str>)>);

impl Tags {
    /// Sets a tag; a later value replaces an earlier one.
    pub fn put(&mut self, key: impl Into<Arc<str>>, value: impl Into<Arc<str>>) {
        let (key, value) = (key.into(), value.into());
        match self.0.binary_search_by(|(have, _)| have.cmp(&key)) {
            Ok(at) => {
                if let Some(tag) = self.0.get_mut(at) {
                    tag.1 = value;
                }
            }
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    /// The value of a tag.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Arc<str>> {
        let found = self.0.binary_search_by(|(have, _)| (**have).cmp(key));
        found
            .ok()
            .and_then(|at| self.0.get(at))
            .map(|(_, value)| value)
    }

    /// All tags, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<Arc<str>>, V: Into<Arc<str>>> FromIterator<(K, V)> for Tags {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(tags: I) -> Self {
        let mut all = Self::default();
        for (key, value) in tags {
            all.put(key, value);
        }
        all
    }
}

impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// One side's record of one operation.
///
/// Made by [`Span::new`] and by setting its fields; the store brings it into Zipkin's form when it accepts
/// it ([`Span::normalised`]).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The trace that it belongs to.
    pub trace_id: TraceId,
    /// Itself; the two sides of a call may share one.
    pub id: SpanId,
    /// The operation that caused it.
    pub parent_id: Option<SpanId>,
    /// Which side it records; none for what happens inside one service.
    pub kind: Option<Kind>,
    /// What was done, in lower case.
    pub name: Option<Arc<str>>,
    /// When it began, in µs since the epoch; 0 where that is not known.
    pub timestamp: i64,
    /// How long it took, in µs; 0 where that is not known.
    pub duration: i64,
    /// The service that recorded it. Many spans share one.
    pub local_endpoint: Option<Arc<Endpoint>>,
    /// The other side of the call.
    pub remote_endpoint: Option<Arc<Endpoint>>,
    /// What happened meanwhile, by time.
    pub annotations: Vec<Annotation>,
    /// Facts about it; the key `error` says that it failed, whatever its value.
    pub tags: Tags,
    /// Whether it was to be kept whatever is sampled.
    pub debug: bool,
    /// Whether the calling side began the span that this one, the called side, records under the same id.
    pub shared: bool,
}

impl Span {
    /// A span of which nothing but its ids is known.
    #[must_use]
    pub const fn new(trace_id: TraceId, id: SpanId) -> Self {
        Self {
            trace_id,
            id,
            parent_id: None,
            kind: None,
            name: None,
            timestamp: 0,
            duration: 0,
            local_endpoint: None,
            remote_endpoint: None,
            annotations: Vec::new(),
            tags: Tags(Vec::new()),
            debug: false,
            shared: false,
        }
    }

    /// The name of the service that recorded it.
    #[must_use]
    pub fn local_service(&self) -> Option<&Arc<str>> {
        self.local_endpoint.as_ref()?.service_name()
    }

    /// The name of the service on the other side.
    #[must_use]
    pub fn remote_service(&self) -> Option<&Arc<str>> {
        self.remote_endpoint.as_ref()?.service_name()
    }

    /// The address of whom this span called, where nobody names it: `10.0.0.7:5432`.
    #[must_use]
    pub fn called_address(&self) -> Option<Arc<str>> {
        let remote = self.remote_endpoint.as_deref();
        let nameless = remote.filter(|remote| remote.service_name().is_none());
        let called = nameless.filter(|_| self.kind == Some(Kind::Client));
        called?.address().map(Arc::from)
    }

    /// The span as Zipkin keeps it: names in lower case, annotations by time and each once, no empty names
    /// and endpoints, nothing before the epoch, no span that is its own parent, and no client that shares.
    #[must_use]
    pub fn normalised(mut self) -> Self {
        self.name = self.name.filter(|name| !name.is_empty()).map(lower);
        self.timestamp = self.timestamp.max(0);
        self.duration = self.duration.max(0);
        self.local_endpoint = self.local_endpoint.filter(|endpoint| !endpoint.is_empty());
        self.remote_endpoint = self.remote_endpoint.filter(|endpoint| !endpoint.is_empty());
        self.parent_id = self.parent_id.filter(|parent| *parent != self.id);
        self.shared &= self.kind != Some(Kind::Client);
        self.annotations.sort();
        self.annotations.dedup();
        self
    }
}

impl Serialize for Span {
    /// Writes the fields in Zipkin's order, and leaves out what is not known.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("traceId", &self.trace_id)?;
        if let Some(parent) = self.parent_id {
            map.serialize_entry("parentId", &parent)?;
        }
        map.serialize_entry("id", &self.id)?;
        if let Some(kind) = self.kind {
            map.serialize_entry("kind", &kind)?;
        }
        if let Some(name) = &self.name {
            map.serialize_entry("name", name)?;
        }
        for (key, time) in [("timestamp", self.timestamp), ("duration", self.duration)] {
            if time != 0 {
                map.serialize_entry(key, &time)?;
            }
        }
        for (key, endpoint) in [
            ("localEndpoint", &self.local_endpoint),
            ("remoteEndpoint", &self.remote_endpoint),
        ] {
            if let Some(endpoint) = endpoint {
                map.serialize_entry(key, endpoint)?;
            }
        }
        if !self.annotations.is_empty() {
            map.serialize_entry("annotations", &self.annotations)?;
        }
        if !self.tags.is_empty() {
            map.serialize_entry("tags", &self.tags)?;
        }
        for (key, flag) in [("debug", self.debug), ("shared", self.shared)] {
            if flag {
                map.serialize_entry(key, &true)?;
            }
        }
        map.end()
    }
}

/// A text in lower case; one that is so already is not copied.
pub(super) fn lower(text: Arc<str>) -> Arc<str> {
    if text.chars().any(|c| !c.to_lowercase().eq([c])) {
        Arc::from(text.to_lowercase())
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_written_in_zipkins_order() {
        let mut span = Span::new(TraceId::new(0, 0xa), SpanId::new(0xc));
        span.parent_id = Some(SpanId::new(0xb));
        span.kind = Some(Kind::Server);
        span.name = Some("Get /Things".into());
        span.timestamp = 5;
        span.duration = 7;
        span.local_endpoint = Some(Arc::new(Endpoint::named("Shop")));
        span.remote_endpoint = Some(Arc::new(Endpoint::default().at("10.0.0.1")));
        let say = |timestamp, value: &str| Annotation {
            timestamp,
            value: value.into(),
        };
        span.annotations = vec![say(6, "sent"), say(5, "Waiting"), say(6, "sent")];
        span.tags = [("b", "2"), ("a", "1"), ("b", "3")].into_iter().collect();
        span.debug = true;
        span.shared = true;
        assert_eq!(
            serde_json::to_string(&span.normalised()).unwrap(),
            concat!(
                r#"{"traceId":"000000000000000a","parentId":"000000000000000b","id":"000000000000000c","#,
                r#""kind":"SERVER","name":"get /things","timestamp":5,"duration":7,"#,
                r#""localEndpoint":{"serviceName":"shop"},"remoteEndpoint":{"ipv4":"10.0.0.1"},"#,
                r#""annotations":[{"timestamp":5,"value":"Waiting"},{"timestamp":6,"value":"sent"}],"#,
                r#""tags":{"a":"1","b":"3"},"debug":true,"shared":true}"#
            )
        );
    }

    #[test]
    fn what_zipkin_does_not_keep_is_dropped() {
        let mut span = Span::new(TraceId::new(0, 1), SpanId::new(1));
        let bare = span.clone();
        span.parent_id = Some(SpanId::new(1));
        span.name = Some("".into());
        span.timestamp = -1;
        span.duration = -1;
        span.local_endpoint = Some(Arc::new(Endpoint::named("")));
        assert_eq!(span.normalised(), bare);

        let mut client = bare;
        client.kind = Some(Kind::Client);
        client.shared = true;
        assert!(!client.normalised().shared);
    }

    #[test]
    fn a_tag_is_found_by_its_key() {
        let tags: Tags = [("b", "2"), ("a", "1")].into_iter().collect();
        assert_eq!(tags.get("b").map(|value| &**value), Some("2"));
        assert_eq!(tags.get("c"), None);
        assert!(!tags.is_empty() && Tags::default().is_empty());
    }
}
