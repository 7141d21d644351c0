//! What a method threw.

use serde::{Deserialize, Serialize};

use super::element::ArchitecturalElement;
use super::object::{Class, Object};
use super::uid::Uid;
use crate::model::text::Text;

/// One sort of exception of one method. How often it was thrown is a property of it, `occurrences`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exception {
    /// What all elements have.
    #[serde(flatten)]
    pub element: ArchitecturalElement,
    /// Its type: `java.net.SocketTimeoutException`, `503`.
    #[serde(rename = "type")]
    pub kind: Text,
    /// What it said last.
    pub message: Option<Text>,
    /// No stack trace, which is not kept: the trace in which it was thrown last, as `trace <id>`.
    pub stack_trace: Option<Text>,
    /// The method.
    pub method: Option<Uid>,
}

impl Exception {
    pub(super) fn object(&self) -> Object<'_> {
        let object = self
            .element
            .object(Class::Exception, "exceptions")
            .text("type", &self.kind)
            .some("message", self.message.as_deref())
            .some("stackTrace", self.stack_trace.as_deref());
        match &self.method {
            Some(method) => object.one("method", method),
            None => object,
        }
    }
}
