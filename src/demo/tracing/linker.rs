//! Who calls whom, as the spans of one trace tell it.
//!
//! Zipkin's rules: a call that both sides recorded counts once, by the called side; what only the calling
//! side recorded counts by the name that it gives; messages count to and from the broker, and only where
//! it has a name; a call has failed where a span of it has the tag `error`.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use super::piece::Piece;
use super::span::{Kind, Span};
use super::tree::Tree;

/// Calls from one service to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// The caller.
    pub parent: Arc<str>,
    /// The called.
    pub child: Arc<str>,
    /// All calls, also those in vain.
    pub call_count: u64,
    /// The calls in vain; left out when there are none.
    #[serde(skip_serializing_if = "is_zero")]
    pub error_count: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Links added up by their two ends, in the order in which they were met.
#[derive(Debug, Default)]
pub struct Sum {
    places: HashMap<(Arc<str>, Arc<str>), usize>,
    links: Vec<Link>,
}

impl Sum {
    /// Adds calls.
    pub fn add(&mut self, link: Link) {
        let ends = (Arc::clone(&link.parent), Arc::clone(&link.child));
        let place = *self.places.entry(ends).or_insert(self.links.len());
        match self.links.get_mut(place) {
            Some(sum) => {
                sum.call_count += link.call_count;
                sum.error_count += link.error_count;
            }
            None => self.links.push(link),
        }
    }

    fn call(&mut self, parent: &Arc<str>, child: &Arc<str>, failed: bool) {
        self.add(Link {
            parent: Arc::clone(parent),
            child: Arc::clone(child),
            call_count: 1,
            error_count: u64::from(failed),
        });
    }

    /// The sums.
    #[must_use]
    pub fn links(self) -> Vec<Link> {
        self.links
    }
}

/// The calls in one trace, given all its spans.
#[must_use]
pub fn links_of(spans: &[&Span]) -> Vec<Link> {
    let pieces = Piece::merged(spans);
    let tree = Tree::of(&pieces);
    let mut sum = Sum::default();
    for (at, piece) in tree.walk() {
        match role(piece) {
            // The called side counts this call, and knows its own name better.
            Some(Kind::Client) if tree.has_children(at) => {}
            // A user or a gateway called; nobody knows who.
            Some(Kind::Server) if tree.is_root(at) && piece.remote.is_none() => {}
            Some(Kind::Producer) => {
                message(&mut sum, piece, piece.service(), piece.remote.as_ref())
            }
            Some(Kind::Consumer) => {
                message(&mut sum, piece, piece.remote.as_ref(), piece.service())
            }
            Some(Kind::Client) => call(&mut sum, piece, Kind::Client, caller(&tree, at)),
            Some(Kind::Server) => call(&mut sum, piece, Kind::Server, caller(&tree, at)),
            None => {}
        }
    }
    sum.links()
}

/// The side that a span records. One that does not say, but knows both names, counts as the calling side.
fn role(piece: &Piece) -> Option<Kind> {
    let knows_both = piece.service().is_some() && piece.remote.is_some();
    piece.kind.or(knows_both.then_some(Kind::Client))
}

/// The nearest span above that records a side of a call or message; local spans may lie between.
fn caller<'a>(tree: &Tree<'a>, at: usize) -> Option<&'a Piece> {
    tree.above(at).find(|piece| piece.kind.is_some())
}

fn message(sum: &mut Sum, piece: &Piece, from: Option<&Arc<str>>, to: Option<&Arc<str>>) {
    if let (Some(from), Some(to)) = (from, to) {
        sum.call(from, to, piece.failed);
    }
}

fn call(sum: &mut Sum, piece: &Piece, role: Kind, caller: Option<&Piece>) {
    let (mut parent, child) = match role {
        Kind::Client => (piece.service(), piece.remote.as_ref()),
        _ => (piece.remote.as_ref(), piece.service()),
    };
    let mut failed = piece.failed;
    if let Some(caller) = caller
        && let Some(above) = caller.service()
    {
        // A client of another service than the one above it: the call between the two was not recorded.
        if let (Kind::Client, Some(service)) = (role, piece.service())
            && above != service
        {
            sum.call(above, service, false);
        }
        if role == Kind::Server || parent.is_none() {
            parent = Some(above);
        }
        // The calling side of the same call may know of a failure that the called side does not.
        let split = caller.kind == Some(Kind::Client) && piece.parent == Some(caller.id);
        failed |= split && caller.failed;
    }
    if let (Some(parent), Some(child)) = (parent, child) {
        sum.call(parent, child, failed);
    }
}
