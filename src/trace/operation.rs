//! What is asked of a callee: the key that calls of one operation share.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One operation of an interface.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Operation {
    /// How it is called.
    pub protocol: Protocol,
    /// Its name: `GET /orders/{id}`, `shop.Cart/AddItem`, `orders.created`, `SELECT`.
    pub name: Arc<str>,
}

/// How an operation is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Protocol {
    /// HTTP: method and route.
    Http,
    /// A remote procedure call: service and method.
    Rpc,
    /// A message: its destination.
    Message,
    /// A database: the statement's verb.
    Database,
    /// Only a span's name is known.
    Span,
}

/// The name of an operation of which a call was recorded, but no word about it.
pub const UNNAMED: &str = "(unnamed)";
