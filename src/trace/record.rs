//! What was recorded of one call: the pieces of its two sides.

use super::id::SpanId;
use super::piece::Piece;

/// How a remote procedure call ended.
const RPC_STATUSES: [&str; 4] = [
    "rpc.grpc.status_code",
    "grpc.status_code",
    "rpc.response.status_code",
    "rpc.error_code",
];
/// Ends that a caller makes up itself where it gets no answer: cancelled, deadline exceeded, unavailable.
const OF_CALLERS: [&str; 6] = [
    "1",
    "4",
    "14",
    "CANCELLED",
    "DEADLINE_EXCEEDED",
    "UNAVAILABLE",
];

/// The sides of one call, as far as they were recorded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Record<'a> {
    /// The called side.
    pub(super) called: Option<&'a Piece<'a>>,
    /// The calling side.
    pub(super) calling: Option<&'a Piece<'a>>,
    /// The called side's proxy, where that recorded the call as well.
    pub(super) proxy: Option<&'a Piece<'a>>,
}

impl<'a> Record<'a> {
    /// The sides, in the order in which they are believed.
    pub(super) fn sides(&self) -> impl Iterator<Item = &'a Piece<'a>> + use<'a> {
        [self.called, self.proxy, self.calling]
            .into_iter()
            .flatten()
    }

    /// The span that tells of the call best; `None` where none was recorded.
    pub(super) fn span(&self) -> Option<SpanId> {
        self.sides().next().map(|piece| piece.id)
    }

    /// Whether the called side says anything of it: by a span, or by a status that the caller was given.
    pub(super) fn is_answered(&self) -> bool {
        let was_told = |piece: &Piece<'_>| {
            let http = status(piece).and_then(|code| code.parse::<u16>().ok());
            let rpc = piece.any(&RPC_STATUSES);
            http.is_some_and(|code| code >= 100)
                || rpc.is_some_and(|code| !OF_CALLERS.contains(&code))
        };
        self.called.is_some() || self.proxy.is_some() || self.calling.is_some_and(was_told)
    }

    /// When it began, in µs since the epoch; 0 where no side says it.
    pub(super) fn timestamp(&self) -> i64 {
        let times = self.sides().map(|piece| piece.timestamp);
        times.into_iter().find(|at| *at != 0).unwrap_or_default()
    }

    /// How long it took, in µs, by the first side that says it.
    pub(super) fn duration(&self) -> Option<u64> {
        let lasted = self.sides().map(|piece| piece.duration);
        lasted.into_iter().find(|us| *us != 0)
    }

    /// Whether a side tells an HTTP status of 500 or more.
    pub(super) fn is_5xx(&self) -> bool {
        self.sides().any(|piece| {
            let status = status(piece);
            status.is_some_and(|code| code.parse::<u16>().is_ok_and(|code| code >= 500))
        })
    }
}

/// The HTTP status that a side tells.
fn status<'a>(piece: &Piece<'a>) -> Option<&'a str> {
    let status = piece.any(&["http.response.status_code", "http.status_code"]);
    // Micrometer's name for it is no more than a word, and is believed beside its path only.
    status.or_else(|| piece.tag("uri").and_then(|_| piece.tag("status")))
}
