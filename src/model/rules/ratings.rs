//! An annotation that should say a criticality or a reliability, and does not.

use super::Finding;
use crate::model::Model;
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;
use crate::model::rating::Rating;

pub(super) fn find(model: &Model, choice: &NamespaceChoice) -> Vec<Finding> {
    let types = model.types().filter(|t| choice.covers(&t.key.namespace));
    let found = types.flat_map(|t| {
        t.ratings.all().filter_map(|(annotation, rating)| {
            let Rating::Unreadable { text } = rating else {
                return None;
            };
            Some(Finding {
                rule: "unreadableRating",
                subject: ElementKey::Type(t.key.clone()),
                text: format!("{annotation} of {} is no number from 0 to 1", t.key),
                evidence: vec![format!("it says: {text}")],
            })
        })
    });
    found.collect()
}
