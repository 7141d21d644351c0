//! What a caller did wrong, in the server's own words.

/// A request that is refused: the plain text of an answer with status 400.
///
/// Where Zipkin's text is the same from release to release and names no Java class, it is Zipkin's.
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
