//! Why the API server did not do what was asked, as its `Status` objects say it.

use serde_json::{Value, json};

use super::json;
use super::kind::Kind;

/// A refusal: code, reason and message as a real API server gives them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The HTTP status code.
    pub code: u16,
    /// `NotFound`, `Conflict`, …
    pub reason: &'static str,
    /// One sentence.
    pub message: String,
    /// What it is about: kind in the plural, group, name.
    pub about: Option<(Kind, String)>,
}

impl Refusal {
    /// A refusal about nothing in particular.
    #[must_use]
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            about: None,
        }
    }

    /// 400: the request cannot be understood.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 404: there is no such object.
    #[must_use]
    pub fn not_found(kind: Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", resource(kind));
        Self::new(404, "NotFound", message).on(kind, name)
    }

    /// 409: there is one already.
    #[must_use]
    pub fn exists(kind: Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", resource(kind));
        Self::new(409, "AlreadyExists", message).on(kind, name)
    }

    /// 409: it was changed since it was read.
    #[must_use]
    pub fn conflict(kind: Kind, name: &str, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": {why}",
            resource(kind)
        );
        Self::new(409, "Conflict", message).on(kind, name)
    }

    /// 422: it would not be a valid object.
    #[must_use]
    pub fn invalid(kind: Kind, name: &str, why: &str) -> Self {
        let names = kind.names();
        let group = if names.group.is_empty() {
            String::new()
        } else {
            format!(".{}", names.group)
        };
        let message = format!("{}{group} \"{name}\" is invalid: {why}", names.kind);
        Self::new(422, "Invalid", message).on(kind, name)
    }

    fn on(mut self, kind: Kind, name: &str) -> Self {
        self.about = Some((kind, name.to_owned()));
        self
    }

    /// The `Status` object.
    #[must_use]
    pub fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        });
        if let Some((kind, name)) = &self.about {
            let names = kind.names();
            json::set(&mut status, "/details/name", name.as_str());
            json::set(&mut status, "/details/kind", names.plural);
            if !names.group.is_empty() {
                json::set(&mut status, "/details/group", names.group);
            }
        }
        status
    }
}

/// `pods`, `deployments.apps`.
fn resource(kind: Kind) -> String {
    let names = kind.names();
    if names.group.is_empty() {
        names.plural.to_owned()
    } else {
        format!("{}.{}", names.plural, names.group)
    }
}
