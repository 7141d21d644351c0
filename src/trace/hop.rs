//! Who called whom in a trace, call by call.
//!
//! Zipkin's rules: a call that both sides recorded counts once, by the called side; what only the calling
//! side recorded counts by the name that it gives; messages count to and from the broker, and only where
//! it has a name; a call has failed where a span of it has the tag `error`.

use std::sync::Arc;

use super::piece::Piece;
use super::span::Kind;
use super::tree::{Step, Tree};

/// One call, or one half of a message's way, with where in the tree it was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hop<'a> {
    /// `None` where nobody says who called: no link for Zipkin.
    pub(super) caller: Option<&'a Arc<str>>,
    pub(super) callee: &'a Arc<str>,
    pub(super) failed: bool,
    /// The piece that tells of it.
    pub(super) at: usize,
    /// The side that it records.
    pub(super) role: Kind,
    /// The nearest piece above that records a side of a call or message.
    pub(super) above: Option<usize>,
    /// Whether no span of it was recorded: it follows from the piece below it.
    pub(super) is_invented: bool,
    /// Whether the callee is an address, for nobody names it: no link for Zipkin.
    pub(super) is_address: bool,
}

/// The calls of a trace, those nearer to the root first.
pub(super) fn hops<'a>(tree: &Tree<'a>) -> Vec<Hop<'a>> {
    let mut found = Vec::new();
    for step in tree.walk() {
        let piece = step.piece;
        match role(piece) {
            // The called side counts this call, and knows its own name better.
            Some(Kind::Client) if piece.kind.is_some() && !step.is_leaf => {}
            Some(role @ (Kind::Producer | Kind::Consumer)) => {
                let (caller, callee) = ends(piece, role);
                found.extend(callee.map(|callee| Hop {
                    caller,
                    callee,
                    failed: piece.failed,
                    at: step.at,
                    role,
                    above: step.above,
                    is_invented: false,
                    is_address: false,
                }));
            }
            Some(role) => call(&mut found, &step, role, tree),
            None => {}
        }
    }
    found
}

/// The side that a span records. One that does not say, but knows both names, counts as the calling side.
fn role(piece: &Piece<'_>) -> Option<Kind> {
    let knows_both = piece.service().is_some() && piece.remote.is_some();
    piece.kind.or(knows_both.then_some(Kind::Client))
}

/// The caller and the called by the piece's own word.
fn ends<'a>(piece: &'a Piece<'a>, role: Kind) -> (Option<&'a Arc<str>>, Option<&'a Arc<str>>) {
    let (own, other) = (piece.service(), piece.remote.as_ref());
    match role {
        Kind::Client | Kind::Producer => (own, other),
        Kind::Server | Kind::Consumer => (other, own),
    }
}

fn call<'a>(found: &mut Vec<Hop<'a>>, step: &Step<'a>, role: Kind, tree: &Tree<'a>) {
    let piece = step.piece;
    let (mut caller, callee) = ends(piece, role);
    let mut failed = piece.failed;
    let hop = |caller, callee, failed, is_invented| Hop {
        caller,
        callee,
        failed,
        at: step.at,
        role,
        above: step.above,
        is_invented,
        is_address: false,
    };
    let above = step.above.and_then(|above| tree.piece(above));
    if let Some(above) = above
        && let Some(near) = above.service()
    {
        // A client of another service than the one above it: the call between the two was not recorded.
        if let (Kind::Client, Some(service)) = (role, piece.service())
            && near != service
        {
            found.push(hop(Some(near), service, false, true));
        }
        if role == Kind::Server || caller.is_none() {
            caller = Some(near);
        }
        // The calling side of the same call may know of a failure that the called side does not.
        let split = above.kind == Some(Kind::Client) && piece.parent == Some(above.id);
        failed |= split && above.failed;
    }
    let address = piece.address.as_ref().filter(|_| role == Kind::Client);
    match (callee, address) {
        (Some(callee), _) => found.push(hop(caller, callee, failed, false)),
        (None, Some(address)) => found.push(Hop {
            is_address: true,
            ..hop(caller, address, failed, false)
        }),
        (None, None) => {}
    }
}
