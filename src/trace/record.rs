//! What was recorded of one call: the pieces of its two sides.

use super::piece::Piece;

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
            let status = piece.any(&["http.response.status_code", "http.status_code"]);
            // Micrometer's name for it is no more than a word, and is believed beside its path only.
            let status = status.or_else(|| piece.tag("uri").and_then(|_| piece.tag("status")));
            status.is_some_and(|code| code.parse::<u16>().is_ok_and(|code| code >= 500))
        })
    }
}
