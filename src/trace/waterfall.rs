//! One trace as it is read: its spans from the first to the last, each below the one that caused it, with
//! what is odd about it said rather than mended.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::call::Exception;
use super::exception;
use super::id::SpanId;
use super::key;
use super::piece::Piece;
use super::secret;
use super::span::{Annotation, Kind, Span};

/// Most spans that are laid out; the rest is counted.
pub const SPAN_LIMIT: usize = 5_000;
/// Most tags, and most annotations, of one span.
pub const PARTICULARS_LIMIT: usize = 100;
/// Longest value of a tag or annotation, in characters.
pub const VALUE_LIMIT: usize = 2_000;

/// A trace, laid out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waterfall {
    /// Its spans, those above before those below.
    pub bars: Vec<Bar>,
    /// How many more there are, which are not laid out.
    pub beyond: usize,
    /// When the first span began, in µs since the epoch; 0 where no span says when.
    pub began: i64,
    /// How long it took from the first beginning to the last end, in µs.
    pub lasted: u64,
    /// How many services recorded spans of it.
    pub services: usize,
    /// How many of all its spans failed.
    pub errors: usize,
}

/// One span: what one side recorded, of all the parts in which it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Its id.
    pub id: SpanId,
    /// How many spans are above it.
    pub depth: usize,
    /// The service that recorded it.
    pub service: Option<Arc<str>>,
    /// The other side, by the name that this one gives it.
    pub remote: Option<Arc<str>>,
    /// What was done.
    pub name: Option<Arc<str>>,
    /// Which side it records; none for what happens inside one service.
    pub kind: Option<Kind>,
    /// When it began, in µs after the first span; `None` where it does not say when.
    pub offset: Option<u64>,
    /// How long it took, in µs; `None` where it does not say so.
    pub duration: Option<u64>,
    /// Whether it failed.
    pub failed: bool,
    /// What was thrown, where that was recorded.
    pub exception: Option<Exception>,
    /// What is odd about its place.
    pub oddities: Vec<Oddity>,
    /// Its tags by key; without a value where its key says that it is secret.
    pub tags: Vec<(Arc<str>, Option<Arc<str>>)>,
    /// What happened meanwhile, in µs after the first span, by time.
    pub annotations: Vec<(i64, Arc<str>)>,
    /// How many tags and annotations more there are.
    pub unlisted: usize,
    /// The address that it gives for itself.
    pub address: Option<Arc<str>>,
}

/// What is odd about the place of a span in its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// The span that caused it was not received.
    NoParent(SpanId),
    /// It shares the id of a calling side that was not received.
    NoCaller,
    /// It shares its id with the calling side above it.
    Shared,
    /// It is said to cause what causes it.
    Circle,
    /// It begins so many µs before the span above it.
    Early(u64),
}

impl Waterfall {
    /// Lays out the spans of one trace.
    #[must_use]
    pub fn of(spans: &[Span]) -> Self {
        let given: Vec<&Span> = spans.iter().collect();
        let pieces = Piece::merged(&given);
        let times = || pieces.iter().filter(|piece| piece.timestamp > 0);
        let began = times().map(|piece| piece.timestamp).min().unwrap_or(0);
        let ends = times().map(|piece| {
            let lasted = i64::try_from(piece.duration).unwrap_or(i64::MAX);
            piece.timestamp.saturating_add(lasted)
        });
        let lasted = ends.max().unwrap_or(began).saturating_sub(began);
        let services: HashSet<&Arc<str>> = pieces.iter().filter_map(Piece::service).collect();
        let steps = Below::of(&pieces).walk(&pieces);
        let bars = steps.iter().take(SPAN_LIMIT);
        Self {
            bars: bars.filter_map(|step| bar(step, &pieces, began)).collect(),
            beyond: steps.len().saturating_sub(SPAN_LIMIT),
            began,
            lasted: u64::try_from(lasted).unwrap_or_default(),
            services: services.len(),
            errors: pieces.iter().filter(|piece| piece.failed).count(),
        }
    }
}

impl Waterfall {
    /// Makes every text in it anew: what spans say is not ours.
    pub fn clean(&mut self, clean: impl Fn(&str) -> Arc<str>) {
        for bar in &mut self.bars {
            let texts = [
                &mut bar.service,
                &mut bar.remote,
                &mut bar.name,
                &mut bar.address,
            ];
            for text in texts.into_iter().flatten() {
                *text = clean(text);
            }
            if let Some(thrown) = &mut bar.exception {
                thrown.kind = clean(&thrown.kind);
                thrown.message = clean(&thrown.message);
            }
            for (key, value) in &mut bar.tags {
                *key = clean(key);
                *value = value.as_deref().map(&clean);
            }
            for (_, said) in &mut bar.annotations {
                *said = clean(said);
            }
        }
    }
}

/// One span on the way through the trace.
struct Step {
    at: usize,
    depth: usize,
    parent: Option<usize>,
    oddity: Option<Oddity>,
}

/// What is below each piece, and what is above none.
struct Below {
    tops: Vec<(usize, Option<Oddity>)>,
    below: Vec<Vec<(usize, Option<Oddity>)>>,
}

impl Below {
    fn of(pieces: &[Piece<'_>]) -> Self {
        let mut by_id: HashMap<SpanId, Vec<usize>> = HashMap::new();
        for (at, piece) in pieces.iter().enumerate() {
            by_id.entry(piece.id).or_default().push(at);
        }
        let mut all = Self {
            tops: Vec::new(),
            below: vec![Vec::new(); pieces.len()],
        };
        for (at, piece) in pieces.iter().enumerate() {
            let (parent, oddity) = parent(at, piece, pieces, &by_id);
            match parent.and_then(|parent| all.below.get_mut(parent)) {
                Some(below) => below.push((at, oddity)),
                None => all.tops.push((at, oddity)),
            }
        }
        // What does not say when comes last, in the order in which it was found.
        let began = |(at, _): &(usize, Option<Oddity>)| {
            let at = pieces.get(*at).map_or(0, |piece| piece.timestamp);
            if at > 0 { at } else { i64::MAX }
        };
        all.tops.sort_by_key(began);
        for below in &mut all.below {
            below.sort_by_key(began);
        }
        all
    }

    /// Every piece once, those above before those below.
    fn walk(&self, pieces: &[Piece<'_>]) -> Vec<Step> {
        let mut steps = Vec::with_capacity(pieces.len());
        let mut seen = vec![false; pieces.len()];
        for (top, oddity) in &self.tops {
            self.down(*top, *oddity, &mut seen, &mut steps);
        }
        // Nothing leads to what is in a circle.
        for at in 0..pieces.len() {
            self.down(at, Some(Oddity::Circle), &mut seen, &mut steps);
        }
        steps
    }

    fn down(&self, top: usize, oddity: Option<Oddity>, seen: &mut [bool], steps: &mut Vec<Step>) {
        let mut waiting = vec![Step {
            at: top,
            depth: 0,
            parent: None,
            oddity,
        }];
        while let Some(step) = waiting.pop() {
            match seen.get_mut(step.at) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            let below = self.below.get(step.at).into_iter().flatten().rev();
            waiting.extend(below.map(|(at, oddity)| Step {
                at: *at,
                depth: step.depth + 1,
                parent: Some(step.at),
                oddity: *oddity,
            }));
            steps.push(step);
        }
    }
}

/// The piece that a piece is below, and what is odd about that.
fn parent(
    at: usize,
    piece: &Piece<'_>,
    pieces: &[Piece<'_>],
    by_id: &HashMap<SpanId, Vec<usize>>,
) -> (Option<usize>, Option<Oddity>) {
    let all = |id: SpanId| {
        let found = by_id.get(&id).into_iter().flatten().copied();
        found.filter_map(|at| Some((at, pieces.get(at)?)))
    };
    if piece.shared {
        let caller = all(piece.id).find(|(other, side)| *other != at && !side.shared);
        if let Some((caller, _)) = caller {
            return (Some(caller), Some(Oddity::Shared));
        }
    }
    let alone = piece.shared.then_some(Oddity::NoCaller);
    let Some(id) = piece.parent else {
        return (None, alone);
    };
    // Of both sides of a call the called one is nearer, where it is the same service.
    let near = all(id).find(|(other, side)| {
        *other != at && side.shared && side.service().is_some() && side.service() == piece.service()
    });
    let found = near.or_else(|| all(id).find(|(other, side)| *other != at && !side.shared));
    match found.or_else(|| all(id).find(|(other, _)| *other != at)) {
        Some((parent, _)) => (Some(parent), alone),
        None => (None, Some(Oddity::NoParent(id))),
    }
}

fn bar(step: &Step, pieces: &[Piece<'_>], began: i64) -> Option<Bar> {
    let piece = pieces.get(step.at)?;
    let offset = (piece.timestamp > 0).then(|| piece.timestamp.saturating_sub(began));
    let above = step.parent.and_then(|above| pieces.get(above));
    let early = above
        .filter(|above| above.timestamp > 0 && piece.timestamp > 0)
        .map(|above| above.timestamp.saturating_sub(piece.timestamp));
    let early = early.and_then(|us| u64::try_from(us).ok());
    let early = early.filter(|us| *us > 0).map(Oddity::Early);
    let address = piece
        .local
        .as_ref()
        .and_then(|local| local.ipv4().or_else(|| local.ipv6()).cloned());
    let mut seen = HashSet::new();
    let tags = piece.tags().filter(|(key, _)| seen.insert(Arc::clone(key)));
    let tags: Vec<_> = tags.map(|(key, value)| tag(key, value)).collect();
    let said: Vec<&Annotation> = piece.annotations().collect();
    let beyond = |all: usize| all.saturating_sub(PARTICULARS_LIMIT);
    let mut annotations: Vec<(i64, Arc<str>)> = said
        .iter()
        .take(PARTICULARS_LIMIT)
        .map(|a| {
            (
                a.timestamp.saturating_sub(began),
                cut(&secret::hidden(&a.value)),
            )
        })
        .collect();
    annotations.sort();
    Some(Bar {
        id: piece.id,
        depth: step.depth,
        service: piece.service().cloned(),
        remote: piece.remote.clone(),
        name: piece.name().map(|name| Arc::from(secret::hidden(name))),
        kind: piece.kind,
        offset: offset.and_then(|us| u64::try_from(us).ok()),
        duration: (piece.duration > 0).then_some(piece.duration),
        failed: piece.failed,
        exception: exception::of_piece(piece),
        oddities: step.oddity.into_iter().chain(early).collect(),
        unlisted: beyond(tags.len()) + beyond(said.len()),
        tags: tags.into_iter().take(PARTICULARS_LIMIT).collect(),
        annotations,
        address,
    })
}

/// A tag as it is kept: not the value of what is called a secret, nor what is secret in another.
fn tag(key: &Arc<str>, value: &Arc<str>) -> (Arc<str>, Option<Arc<str>>) {
    let value = if secret::is_named(key) {
        None
    } else if key::is_statement(key) {
        Some(cut(&secret::hidden_statement(value)))
    } else {
        Some(cut(&secret::hidden(value)))
    };
    (Arc::clone(key), value)
}

fn cut(value: &str) -> Arc<str> {
    match value.char_indices().nth(VALUE_LIMIT) {
        Some((end, _)) => Arc::from(format!("{}…", value.get(..end).unwrap_or_default())),
        None => Arc::from(value),
    }
}

#[cfg(test)]
mod tests;
