//! Fewer components are STARTED than are wanted. CompArch's check is the other way round, at most one for each
//! type and tenant; on Kubernetes the number that is wanted is somebody's decision, so it is the minimum.

use super::{Finding, started};
use crate::model::Model;
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;

pub(super) fn find(model: &Model, choice: &NamespaceChoice) -> Vec<Finding> {
    let types = model.types().filter(|t| {
        // What runs to its end is not wanted all the time.
        choice.covers(&t.key.namespace)
            && model.knows_components(&t.key.namespace)
            && !matches!(&*t.key.kind, "Job" | "CronJob")
    });
    let found = types.filter_map(|t| {
        let (wanted, started) = (t.desired?, started(model, &t.key));
        let is_short = u32::try_from(started).is_ok_and(|started| started < wanted);
        is_short.then(|| Finding {
            rule: "minimumConfiguration",
            subject: ElementKey::Type(t.key.clone()),
            text: format!("{} has {started} of {wanted} components STARTED", t.key),
            evidence: t.reason.iter().map(ToString::to_string).collect(),
        })
    });
    found.collect()
}
