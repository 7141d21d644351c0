//! What small systems that are written out are made of: one object, one list, one sample.

use std::sync::Arc;

use portolan::model::Model;
use portolan::model::observation::{Fact, Kind, Labels, Meta};
use portolan::model::usage::{Use, Uses};

use super::{begin, end, everywhere, now, seen};

/// An object of this name, whose uid is made of both.
pub fn meta(namespace: &str, name: &str) -> Meta {
    Meta {
        namespace: namespace.into(),
        name: name.into(),
        uid: format!("{namespace}-{name}").into(),
        ..Meta::default()
    }
}

/// The label that Services and policies select an app by.
pub fn app(name: &str) -> Labels {
    [("app".into(), name.into())].into()
}

/// What watches of all namespaces saw, in one batch.
pub fn tell(model: &mut Model, facts: Vec<Fact>) {
    let batch = facts
        .into_iter()
        .map(|fact| seen(&everywhere(fact.key().kind), &Arc::new(fact)))
        .collect();
    model.apply(batch, now());
}

/// The complete list of a kind.
pub fn list(model: &mut Model, kind: Kind, facts: Vec<Fact>) {
    let scope = everywhere(kind);
    let seen = facts.into_iter().map(|fact| seen(&scope, &Arc::new(fact)));
    let all = [begin(&scope, 1)].into_iter().chain(seen);
    model.apply(all.chain([end(&scope, 1)]).collect(), now());
}

/// All that the traces of a minute told.
pub fn sampled(uses: Vec<Use>) -> Uses {
    Uses {
        source: "zipkin".into(),
        window_ms: 60_000,
        ends: now(),
        traces: 7,
        is_sample: false,
        hidden: 0,
        served: Vec::new(),
        uses,
    }
}
