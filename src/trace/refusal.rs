//! What a caller did wrong, in the server's own words.

/// A request that is refused: the plain text of an answer with status 400.
///
/// It is Zipkin's text, but for what its JSON library says of lines and columns.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(String);

impl Refusal {
    /// A refusal that says `why`.
    #[must_use]
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}
