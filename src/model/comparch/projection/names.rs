//! The uids of what is projected, each from the facts that identify it.

use crate::model::comparch::uid::{Uid, facts};
use crate::model::key::ElementKey;
use crate::model::parameter::{Origin, Parameter};
use crate::model::usage::Protocol;

/// How an interface type is called; `None` where nothing told.
pub(super) type Way = Option<Protocol>;

/// The word of a way in names and uids.
pub(super) const fn word(way: Way) -> &'static str {
    match way {
        Some(Protocol::Http) => "http",
        Some(Protocol::Rpc) => "rpc",
        Some(Protocol::Message) => "message",
        Some(Protocol::Database) => "database",
        Some(Protocol::Span) => "span",
        None => "unspecified",
    }
}

pub(super) fn component_type(key: &ElementKey) -> Uid {
    Uid::new("type", facts(key))
}

/// A component; `None` is a type's stand-in.
pub(super) fn component(of: &ElementKey, pod: Option<&str>) -> Uid {
    match pod {
        Some(uid) => Uid::new("component", ["pod", uid]),
        None => Uid::new("component", [vec!["standIn"], facts(of)].concat()),
    }
}

pub(super) fn interface_type(callee: &ElementKey, way: Way) -> Uid {
    Uid::new("interface", [facts(callee), vec![word(way)]].concat())
}

pub(super) fn method(callee: &ElementKey, way: Way, operation: &str) -> Uid {
    interface_type(callee, way).within("method", [operation])
}

pub(super) fn provided(component: &Uid, way: Way) -> Uid {
    component.within("provided", [word(way)])
}

pub(super) fn required(component: &Uid, callee: &ElementKey, way: Way) -> Uid {
    component.within("required", [facts(callee), vec![word(way)]].concat())
}

pub(super) fn connector(required: &Uid) -> Uid {
    required.within("connector", [])
}

/// Who calls, as facts.
pub(super) fn caller(caller: Option<&ElementKey>) -> Vec<&str> {
    caller.map_or_else(|| vec!["nobody"], facts)
}

/// What tells one parameter of a type from others.
pub(super) fn parameter(parameter: &Parameter) -> Vec<&str> {
    let mut facts: Vec<&str> = vec![&parameter.container, &parameter.name];
    match &parameter.origin {
        Origin::Literal => facts.push("literal"),
        Origin::Field { path } => facts.extend(["field", path]),
        Origin::ConfigMap { name, key } => {
            facts.extend(["configMap", name]);
            facts.extend(key.as_deref());
        }
        Origin::Secret { name, key } => {
            facts.extend(["secret", name]);
            facts.extend(key.as_deref());
        }
    }
    facts
}
