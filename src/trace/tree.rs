//! The tree that the spans of a trace make by their parents, as far as they tell.

use std::collections::{HashMap, VecDeque};

use super::endpoint::Endpoint;
use super::id::SpanId;
use super::piece::Piece;

/// Pieces of one trace by what caused them. The first piece without a parent is the root; what has lost its
/// parent hangs below the root, and in a circle of parents nothing is reached.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    /// Where the walk begins: the root, or where there is none, all that would hang below it.
    tops: Vec<usize>,
}

/// One piece on the walk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    pub(super) at: usize,
    pub(super) piece: &'a Piece<'a>,
    /// The number of the nearest piece above it that records a side of a call or message.
    pub(super) above: Option<usize>,
    /// Whether nothing hangs below it.
    pub(super) is_leaf: bool,
}

#[derive(Debug)]
struct Node<'a> {
    piece: &'a Piece<'a>,
    below: Vec<usize>,
}

/// What a piece is found by. Several servers may share the id that one client sent, so those are told apart
/// by their endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key<'a> {
    Own(SpanId),
    Shared(SpanId, Option<&'a Endpoint>),
}

impl<'a> Key<'a> {
    fn of(piece: &'a Piece<'a>) -> Self {
        if piece.shared {
            Self::Shared(piece.id, piece.local.as_deref())
        } else {
            Self::Own(piece.id)
        }
    }
}

/// The parent of each key, in the order in which the keys came.
#[derive(Debug, Default)]
struct Parents<'a> {
    places: HashMap<Key<'a>, usize>,
    entries: Vec<Option<(Key<'a>, Option<Key<'a>>)>>,
}

impl<'a> Parents<'a> {
    fn put(&mut self, key: Key<'a>, parent: Option<Key<'a>>) {
        let place = *self.places.entry(key).or_insert(self.entries.len());
        match self.entries.get_mut(place) {
            Some(entry) => *entry = Some((key, parent)),
            None => self.entries.push(Some((key, parent))),
        }
    }

    fn remove(&mut self, key: Key<'a>) {
        let place = self.places.remove(&key);
        if let Some(entry) = place.and_then(|place| self.entries.get_mut(place)) {
            *entry = None;
        }
    }
}

impl<'a> Tree<'a> {
    /// The tree of the pieces of one trace.
    pub(super) fn of(pieces: &'a [Piece<'a>]) -> Self {
        let mut parents = Parents::default();
        for piece in pieces {
            let parent = if piece.shared {
                Some(piece.id)
            } else {
                piece.parent
            };
            parents.put(Key::of(piece), parent.map(Key::Own));
        }
        let mut nodes = HashMap::new();
        let mut root = None;
        for (at, piece) in pieces.iter().enumerate() {
            let key = Key::of(piece);
            if piece.shared {
                nodes.insert(key, at);
                // What is below it may not know its endpoint.
                nodes.insert(Key::Shared(piece.id, None), at);
                continue;
            }
            if let Some(parent) = piece.parent {
                // A server on the same endpoint is nearer than the client whose id it shares.
                let near = Key::Shared(parent, piece.local.as_deref());
                if parents.places.contains_key(&near) {
                    parents.put(key, Some(near));
                }
            } else if root.is_none() {
                root = Some(at);
                parents.remove(key);
                continue;
            }
            nodes.insert(key, at);
        }
        Self::hang(pieces, &parents, &nodes, root)
    }

    fn hang(
        pieces: &'a [Piece<'a>],
        parents: &Parents<'a>,
        places: &HashMap<Key<'a>, usize>,
        root: Option<usize>,
    ) -> Self {
        let node = |piece| Node {
            piece,
            below: Vec::new(),
        };
        let mut nodes: Vec<Node<'a>> = pieces.iter().map(node).collect();
        let mut tops: Vec<usize> = root.into_iter().collect();
        for (key, parent) in parents.entries.iter().flatten() {
            let Some(&child) = places.get(key) else {
                continue;
            };
            let parent = parent.and_then(|parent| places.get(&parent).copied());
            let parent = parent.or(root);
            match parent.and_then(|parent| nodes.get_mut(parent)) {
                Some(parent) => parent.below.push(child),
                None => tops.push(child),
            }
        }
        let began = |at: &usize| pieces.get(*at).map(|piece| piece.timestamp);
        tops.sort_by_key(began);
        for node in &mut nodes {
            node.below.sort_by_key(began);
        }
        Self { nodes, tops }
    }

    /// The pieces that are reached, those nearer to the root first; each with the nearest piece above it
    /// that records a side of a call or message, as local spans may lie between.
    pub(super) fn walk(&self) -> impl Iterator<Item = Step<'a>> {
        let tops = self.tops.iter().map(|top| (*top, None));
        let mut waiting: VecDeque<(usize, Option<usize>)> = tops.collect();
        std::iter::from_fn(move || {
            let (at, above) = waiting.pop_front()?;
            let node = self.nodes.get(at)?;
            let nearest = node.piece.kind.map_or(above, |_| Some(at));
            waiting.extend(node.below.iter().map(|below| (*below, nearest)));
            Some(Step {
                at,
                piece: node.piece,
                above,
                is_leaf: node.below.is_empty(),
            })
        })
    }

    /// A piece by its number.
    pub(super) fn piece(&self, at: usize) -> Option<&'a Piece<'a>> {
        self.nodes.get(at).map(|node| node.piece)
    }
}
