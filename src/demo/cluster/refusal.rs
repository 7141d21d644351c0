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
    /// What it is about.
    pub about: Option<(Kind, String)>,
    /// Which fields it is about.
    pub faults: Vec<Fault>,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its path, as `spec.ports[0].name`.
    pub field: String,
    /// `FieldValueInvalid` and its like.
    pub reason: &'static str,
    /// What is wrong with it.
    pub message: String,
}

impl Fault {
    /// The field must be given.
    #[must_use]
    pub fn required(field: impl Into<String>) -> Self {
        Self::new(field, "FieldValueRequired", "Required value".to_owned())
    }

    /// The value cannot be.
    #[must_use]
    pub fn invalid(field: impl Into<String>, value: &Value, why: &str) -> Self {
        let message = format!("Invalid value: {value}: {why}");
        Self::new(field, "FieldValueInvalid", message)
    }

    /// The value is none of those that can be.
    #[must_use]
    pub fn unsupported(field: impl Into<String>, value: &Value, known: &[&str]) -> Self {
        let known: Vec<String> = known.iter().map(|name| format!("{name:?}")).collect();
        let known = known.join(", ");
        let message = format!("Unsupported value: {value}: supported values: {known}");
        Self::new(field, "FieldValueNotSupported", message)
    }

    /// It may not be so, whatever the value.
    #[must_use]
    pub fn forbidden(field: impl Into<String>, why: &str) -> Self {
        Self::new(field, "FieldValueForbidden", format!("Forbidden: {why}"))
    }

    /// With more to be said of it.
    #[must_use]
    pub fn saying(mut self, more: &str) -> Self {
        self.message = format!("{}: {more}", self.message);
        self
    }

    fn new(field: impl Into<String>, reason: &'static str, message: String) -> Self {
        let field = field.into();
        Self {
            field,
            reason,
            message,
        }
    }
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
            faults: Vec::new(),
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

    /// 403: it may not be done.
    #[must_use]
    pub fn forbidden(kind: Kind, name: &str, why: &str) -> Self {
        let message = format!("{} \"{name}\" is forbidden: {why}", resource(kind));
        Self::new(403, "Forbidden", message).on(kind, name)
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

    /// 409: it is not the very object, or the version of it, that was to be deleted.
    #[must_use]
    pub fn another(kind: Kind, name: &str, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": {why}",
            qualified(kind)
        );
        Self::new(409, "Conflict", message).on(kind, name)
    }

    /// 422: it would not be a valid object.
    #[must_use]
    pub fn invalid(kind: Kind, name: &str, why: &str) -> Self {
        let message = format!("{} \"{name}\" is invalid: {why}", qualified(kind));
        Self::new(422, "Invalid", message).on(kind, name)
    }

    /// 422: these fields are why.
    #[must_use]
    pub fn faulty(kind: Kind, name: &str, faults: Vec<Fault>) -> Self {
        let each = faults.iter().map(|f| format!("{}: {}", f.field, f.message));
        let mut why = each.collect::<Vec<String>>().join(", ");
        if faults.len() > 1 {
            why = format!("[{why}]");
        }
        Self {
            faults,
            ..Self::invalid(kind, name, &why)
        }
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
            if !name.is_empty() {
                json::set(&mut status, "/details/name", name.as_str());
            }
            let kind = if self.code == 422 {
                names.kind
            } else {
                names.plural
            };
            json::set(&mut status, "/details/kind", kind);
            if !names.group.is_empty() {
                json::set(&mut status, "/details/group", names.group);
            }
        }
        if !self.faults.is_empty() {
            let causes = self
                .faults
                .iter()
                .map(|f| json!({"reason": f.reason, "message": f.message, "field": f.field}));
            json::set(
                &mut status,
                "/details/causes",
                causes.collect::<Vec<Value>>(),
            );
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

/// `Pod`, `Deployment.apps`.
fn qualified(kind: Kind) -> String {
    let names = kind.names();
    if names.group.is_empty() {
        names.kind.to_owned()
    } else {
        format!("{}.{}", names.kind, names.group)
    }
}
