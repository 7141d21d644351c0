//! One side of a call, after the parts in which its span was sent have been put together.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use super::endpoint::Endpoint;
use super::id::{SpanId, TraceId};
use super::span::{Annotation, Kind, Span};

/// One side of an operation.
#[derive(Clone, Debug)]
pub(super) struct Piece<'a> {
    pub(super) id: SpanId,
    pub(super) parent: Option<SpanId>,
    pub(super) kind: Option<Kind>,
    pub(super) shared: bool,
    pub(super) timestamp: i64,
    pub(super) local: Option<Arc<Endpoint>>,
    /// The name of the other side.
    pub(super) remote: Option<Arc<str>>,
    /// Its address, where it has no name: `10.0.0.7:5432`.
    pub(super) address: Option<Arc<str>>,
    pub(super) failed: bool,
    /// How long it took, in µs, by the part that says most; 0 where none says it.
    pub(super) duration: u64,
    first: &'a Span,
    others: Vec<&'a Span>,
}

impl<'a> Piece<'a> {
    fn of(span: &'a Span) -> Self {
        Self {
            id: span.id,
            parent: span.parent_id,
            kind: span.kind,
            shared: span.shared,
            timestamp: span.timestamp,
            local: span.local_endpoint.clone(),
            remote: span.remote_service().cloned(),
            address: span.called_address(),
            failed: has_failed(span),
            duration: lasted(span),
            first: span,
            others: Vec::new(),
        }
    }

    /// The trace, as the first part writes its id.
    pub(super) const fn trace(&self) -> TraceId {
        self.first.trace_id
    }

    /// What was done, by the first part that says it.
    pub(super) fn name(&self) -> Option<&'a Arc<str>> {
        self.parts().find_map(|part| part.name.as_ref())
    }

    /// The value of a tag, by the first part that has it; an empty value is none.
    pub(super) fn tag(&self, key: &str) -> Option<&'a str> {
        self.parts()
            .filter_map(|part| part.tags.get(key))
            .map(|value| value.trim())
            .find(|value| !value.is_empty())
    }

    /// The value of the first of these tags that it has.
    pub(super) fn any(&self, keys: &[&str]) -> Option<&'a str> {
        keys.iter().find_map(|key| self.tag(key))
    }

    /// Its tags, those of the first part first; a key may come again.
    pub(super) fn tags(&self) -> impl Iterator<Item = (&'a Arc<str>, &'a Arc<str>)> {
        self.parts().flat_map(|part| part.tags.iter())
    }

    /// What happened meanwhile.
    pub(super) fn annotations(&self) -> impl Iterator<Item = &'a Annotation> {
        self.parts().flat_map(|part| &part.annotations)
    }

    fn parts(&self) -> impl Iterator<Item = &'a Span> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    /// The service that recorded it.
    pub(super) fn service(&self) -> Option<&Arc<str>> {
        self.local.as_ref()?.service_name()
    }

    /// The pieces of one trace: parts of a span are merged where id and endpoint do not contradict, and
    /// servers that do not say that they share their client's id are mended.
    ///
    /// A span that was reported twice counts once.
    pub(super) fn merged(spans: &[&'a Span]) -> Vec<Self> {
        let mut spans = distinct(spans.to_vec());
        spans.sort_by(|a, b| order(a, b));
        let mut pieces: Vec<Self> = Vec::with_capacity(spans.len());
        let mut spans = spans.into_iter().peekable();
        while let Some(first) = spans.next() {
            let mut piece = Self::of(first);
            while let Some(part) = spans.next_if(|next| piece.takes(next)) {
                piece.add(part);
            }
            if let Some(client) = pieces.last().filter(|last| last.id == piece.id) {
                piece.mend(first, client);
            }
            pieces.push(piece);
        }
        pieces
    }

    /// Whether a span may be another part of this one.
    fn takes(&self, span: &Span) -> bool {
        let fits = |(a, b): (&Endpoint, &Endpoint)| a.fits(b);
        self.id == span.id
            && self.shared == span.shared
            && self
                .local
                .as_deref()
                .zip(span.local_endpoint.as_deref())
                .is_none_or(fits)
    }

    /// Adds what another part knows; what came first stays.
    fn add(&mut self, part: &'a Span) {
        self.parent = self.parent.or(part.parent_id);
        self.kind = self.kind.or(part.kind);
        if self.timestamp == 0 {
            self.timestamp = part.timestamp;
        }
        self.local = match (self.local.take(), &part.local_endpoint) {
            (Some(own), Some(other)) if own != *other => Some(Arc::new(own.or(other))),
            (own, other) => own.or_else(|| other.clone()),
        };
        self.remote = self
            .remote
            .take()
            .or_else(|| part.remote_service().cloned());
        self.failed |= has_failed(part);
        self.duration = self.duration.max(lasted(part));
        self.others.push(part);
    }

    /// Some servers neither say that they share their client's id nor pass on its parent. `first` is the
    /// first part of this piece, which decides, and `client` the piece before, under the same id.
    fn mend(&mut self, first: &Span, client: &Self) {
        if client.kind == Some(Kind::Client) && first.kind == Some(Kind::Server) {
            self.shared = true;
        }
        if self.shared && first.parent_id.is_none() && client.parent.is_some() {
            self.parent = client.parent;
        }
    }
}

/// The tag counts whatever its value; an annotation of the same name does not.
fn has_failed(span: &Span) -> bool {
    span.tags.get("error").is_some()
}

fn lasted(span: &Span) -> u64 {
    u64::try_from(span.duration).unwrap_or_default()
}

/// The spans without those that are the same as one before. Only spans of one id can be.
fn distinct(mut spans: Vec<&Span>) -> Vec<&Span> {
    let mut ids = HashSet::with_capacity(spans.len());
    if spans.iter().all(|span| ids.insert(span.id)) {
        return spans;
    }
    let mut seen = HashSet::with_capacity(spans.len());
    spans.retain(|span| seen.insert(*span));
    spans
}

/// By id; under one id the client first and shared spans last; then by endpoint, unknown ones first, so that
/// the first that is known may take them in.
fn order(a: &Span, b: &Span) -> Ordering {
    let rank = |span: &Span| match (span.shared, span.kind) {
        (true, _) => 2,
        (false, Some(Kind::Client)) => 0,
        (false, _) => 1,
    };
    let key = |span: &Span| (span.id, rank(span));
    key(a).cmp(&key(b)).then_with(|| {
        let [a, b] = [a, b].map(|span| span.local_endpoint.as_deref());
        match (a, b) {
            (Some(a), Some(b)) => a.order(b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    })
}
