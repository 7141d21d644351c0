//! Answers that say no, as the `Status` objects that clients read.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::demo::cluster::refusal::Refusal;

/// A request that is not done.
#[derive(Debug)]
pub(super) struct Failure {
    code: u16,
    status: Value,
}

impl Failure {
    /// A `Status` without details.
    pub(super) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Refusal::new(code, reason, message).into()
    }

    /// 400: the request cannot be understood.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Refusal::bad_request(message).into()
    }

    /// What a real API server has and the demo has not.
    pub(super) fn unserved(what: &str) -> Self {
        Self::new(
            404,
            "NotFound",
            format!("the demo does not serve {what}; see `kubectl api-resources`"),
        )
        // Some commands of kubectl look into the details of a 404 without looking whether there are any.
        .with(json!({}))
    }

    /// The same where the client has to know that asking again in another way is of no use.
    pub(super) fn unable(what: &str) -> Self {
        Self::new(
            501,
            "NotImplemented",
            format!("the demo does not serve {what}"),
        )
    }

    /// 405: there is such a thing, but not this verb.
    pub(super) fn method() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(405, "MethodNotAllowed", message).with(json!({}))
    }

    /// 422 about the question itself; `field` of `ListOptions` or `DeleteOptions`.
    pub(super) fn option(kind: &str, field: &str, reason: &str, why: &str) -> Self {
        let message = format!("{kind}.meta.k8s.io \"\" is invalid: {field}: {why}");
        Self::new(422, "Invalid", message).with(json!({
            "group": "meta.k8s.io", "kind": kind,
            "causes": [{"reason": reason, "message": why, "field": field}],
        }))
    }

    /// 410: so much has happened since that the server does not know any more.
    pub(super) fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// The same with details.
    pub(super) fn with(mut self, details: Value) -> Self {
        if let Some(status) = self.status.as_object_mut() {
            status.insert("details".to_owned(), details);
        }
        self
    }

    /// The `Status` object.
    pub(super) const fn status(&self) -> &Value {
        &self.status
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code,
            status: refusal.status(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let code = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (code, axum::Json(self.status)).into_response()
    }
}
