//! What a component does, and whom it calls for it.

use std::sync::Arc;
use std::time::Duration;

/// Something that a component does when it is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Its name, which says how it is asked ([`Protocol`]).
    pub name: Arc<str>,
    /// How it is asked.
    pub protocol: Protocol,
    /// The median of its own time, without what it waits for.
    pub median: Duration,
    /// The spread of its own time: the standard deviation of its logarithm.
    pub spread: f64,
    /// The share of requests that fail by themselves, between 0 and 1.
    pub errors: f64,
    /// What it calls, one after the other.
    pub calls: Vec<Call>,
    /// The topics (operations of a broker) that lead to it: filled for a broker's operation with its
    /// consumers.
    pub consumers: Vec<Address>,
}

/// How an operation is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `METHOD /route`.
    Http {
        /// The method.
        method: Arc<str>,
        /// The route.
        route: Arc<str>,
    },
    /// `package.Service/Method`.
    Grpc {
        /// The service with its package.
        service: Arc<str>,
        /// The method.
        method: Arc<str>,
    },
    /// A statement for a database.
    Statement,
    /// A topic of a broker.
    Topic,
    /// Messages of a topic.
    Message {
        /// The broker's topic.
        topic: Address,
    },
}

/// An operation of a component: the places of both in [`System::components`](super::System::components).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The component's place.
    pub component: usize,
    /// The operation's place in the component.
    pub operation: usize,
}

/// A call that an operation makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What is called.
    pub to: Address,
    /// How often in a row.
    pub times: u32,
    /// How likely it is made at all, between 0 and 1.
    pub probability: f64,
    /// How likely its failure is the caller's too, between 0 and 1.
    pub required: f64,
    /// How long the caller waits.
    pub timeout: Duration,
}
