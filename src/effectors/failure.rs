//! Why an effect did not come about, or why nobody knows whether it did.

use std::error::Error as StdError;
use std::time::Duration;

use kube::core::Status;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::model::intent::{READING_S, WRITING_S};
use crate::model::key::TypeKey;
use crate::model::text::{self, Text};

/// Why an effect did not come about; each message is one line and says what to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum EffectError {
    /// This user may not; nothing was changed.
    #[error("not allowed to {what}; ask for {rights}")]
    Forbidden {
        /// What was tried.
        what: Text,
        /// The rights that it takes.
        rights: Text,
    },
    /// The object changed since the preview; nothing was changed by us.
    #[error("{target} has changed since the preview; look again and repeat")]
    Conflict {
        /// The object.
        target: Text,
    },
    /// The object is gone.
    #[error("{target} does not exist (any more); nothing was changed")]
    NotFound {
        /// The object.
        target: Text,
    },
    /// The server does not take it, or it cannot be done to this object.
    #[error("{why}; nothing was changed")]
    Invalid {
        /// Why.
        why: Text,
    },
    /// The server refused for a reason that has nothing to do with the object.
    #[error("{why}; nothing was changed")]
    Refused {
        /// Why, with what to do.
        why: Text,
    },
    /// The server was not reached; nothing was sent.
    #[error("cannot reach the server ({why}); nothing was sent, try again when it is back")]
    Unreachable {
        /// Why.
        why: Text,
    },
    /// It was asked, and cannot say; nothing was changed.
    #[error("the server cannot say ({why}); nothing was changed, try again in a moment")]
    Silent {
        /// Why.
        why: Text,
    },
    /// Sent, and no answer.
    #[error("no answer came ({why}); repeat it only when it is known whether {target} was changed")]
    Unknown {
        /// The object.
        target: Text,
        /// Why there is no answer.
        why: Text,
    },
}

impl EffectError {
    /// Why an object cannot be looked at, without a word about what was or was not changed: a look is asked
    /// what became of a write, and must not seem to say it.
    #[must_use]
    pub fn of_look(&self) -> String {
        match self {
            Self::Unreachable { why } => format!("cannot reach the server ({why})"),
            Self::Silent { why } => format!("the server cannot say ({why})"),
            Self::NotFound { target } => format!("{target} does not exist (any more)"),
            Self::Invalid { why } | Self::Refused { why } => why.to_string(),
            Self::Forbidden { .. } | Self::Conflict { .. } | Self::Unknown { .. } => {
                self.to_string()
            }
        }
    }
}

/// How long reading may take.
pub(super) const READING: Duration = Duration::from_secs(READING_S);
/// How long writing may take.
const WRITING: Duration = Duration::from_secs(WRITING_S);

/// What is tried, for messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt<'a> {
    /// The object: any kind that has a namespace and a name.
    pub(super) target: &'a TypeKey,
    /// `read the scale of`, `scale`.
    pub(super) verb: &'static str,
    /// `get on deployments/scale`.
    pub(super) rights: &'a str,
    /// Whether it would change anything.
    pub(super) writes: bool,
}

impl Attempt<'_> {
    /// Waits for one request, as long as such a request may take.
    pub(super) async fn done<T>(
        &self,
        request: impl Future<Output = kube::Result<T>>,
    ) -> Result<T, EffectError> {
        let patience = if self.writes { WRITING } else { READING };
        timeout(patience, request)
            .await
            .map_err(|_| self.silence())?
            .map_err(|error| self.failed(&error))
    }

    fn target(&self) -> Text {
        let TypeKey {
            namespace, name, ..
        } = self.target;
        format!("{} {namespace}/{name}", self.target.short_kind()).into()
    }

    /// No answer within the time that was given.
    fn silence(&self) -> EffectError {
        let patience = if self.writes { WRITING_S } else { READING_S };
        self.unanswered(format!("nothing within {patience} s").into())
    }

    fn unanswered(&self, why: Text) -> EffectError {
        if self.writes {
            let target = self.target();
            EffectError::Unknown { target, why }
        } else {
            EffectError::Silent { why }
        }
    }

    /// What a failed request means.
    fn failed(&self, error: &kube::Error) -> EffectError {
        match error {
            kube::Error::Api(status) => self.refused(status),
            kube::Error::SerdeError(_) => self.unanswered("the answer cannot be read".into()),
            kube::Error::Auth(_) => EffectError::Refused {
                why: "the credentials cannot be had; sign in with kubectl, then repeat".into(),
            },
            kube::Error::BuildRequest(_) => EffectError::Invalid {
                why: format!("{} has no usable name", self.target()).into(),
            },
            other => {
                let (cause, never_sent) = cause(other);
                let why = text::clean(&cause, 200);
                if never_sent {
                    EffectError::Unreachable { why }
                } else {
                    self.unanswered(why)
                }
            }
        }
    }

    fn refused(&self, status: &Status) -> EffectError {
        let target = self.target();
        match status.code {
            401 => EffectError::Refused {
                why: "the server does not accept the credentials (401); sign in again, then repeat"
                    .into(),
            },
            403 => EffectError::Forbidden {
                what: format!("{} {target}", self.verb).into(),
                rights: self.rights.into(),
            },
            404 => EffectError::NotFound { target },
            409 => EffectError::Conflict { target },
            429 => EffectError::Refused {
                why: "the server is busy (429); repeat in a moment".into(),
            },
            400 | 405 | 422 => EffectError::Invalid {
                why: text::message(&format!(
                    "the server does not take it: {}",
                    text::clean(&status.message, 400)
                )),
            },
            // A server may give up on what it has begun: only what it says of the object is certain.
            code => self.unanswered(format!("the server answered {code}").into()),
        }
    }
}

/// As roles write it: `deployments`.
pub(super) fn plural(target: &TypeKey) -> String {
    format!("{}s", target.short_kind().to_lowercase())
}

/// The deepest cause, and whether it is certain that nothing was sent. Only the making of a
/// connection counts as that: whatever fails later may have been carried out.
fn cause(error: &kube::Error) -> (String, bool) {
    let mut never_sent = false;
    let mut last: &(dyn StdError + 'static) = error;
    loop {
        never_sent |= last.to_string() == "client error (Connect)";
        match last.source() {
            Some(next) => last = next,
            None => return (last.to_string(), never_sent),
        }
    }
}
