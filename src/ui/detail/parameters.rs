//! What the configuration of a component type sets: how much, by which origin, and on what it depends.

use std::collections::BTreeSet;

use super::Out;
use crate::model::element::ComponentType;
use crate::model::parameter::{Origin, PARAMETER_LIMIT};

/// Most names of ConfigMaps or Secrets in one line, before the rest is counted.
const NAMES: usize = 6;

impl Out<'_> {
    pub(super) fn parameters(&mut self, e: &ComponentType) {
        if e.parameters.is_empty() {
            return;
        }
        let count = |wanted: fn(&Origin) -> bool| {
            let of = e.parameters.iter().filter(|p| wanted(&p.origin));
            of.count()
        };
        let parts = [
            (
                count(|o| matches!(o, Origin::Literal)),
                "set in the manifest",
            ),
            (
                count(|o| matches!(o, Origin::ConfigMap { .. })),
                "from ConfigMaps",
            ),
            (
                count(|o| matches!(o, Origin::Secret { .. })),
                "from Secrets",
            ),
            (
                count(|o| matches!(o, Origin::Field { .. })),
                "from the pod's fields",
            ),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let mut text: Vec<String> = parts.map(|(n, what)| format!("{n} {what}")).collect();
        if e.parameters.len() >= PARAMETER_LIMIT {
            text.push("perhaps more".to_owned());
        }
        self.field("parameters", &text.join(", "));
        let names = |of: fn(&Origin) -> Option<&str>| -> BTreeSet<&str> {
            e.parameters.iter().filter_map(|p| of(&p.origin)).collect()
        };
        self.depends(
            "ConfigMaps",
            &names(|origin| match origin {
                Origin::ConfigMap { name, .. } => Some(name),
                _ => None,
            }),
        );
        self.depends(
            "Secrets",
            &names(|origin| match origin {
                Origin::Secret { name, .. } => Some(name),
                _ => None,
            }),
        );
    }

    fn depends(&mut self, field: &str, names: &BTreeSet<&str>) {
        if names.is_empty() {
            return;
        }
        let shown: Vec<&str> = names.iter().take(NAMES).copied().collect();
        let mut text = shown.join(", ");
        if names.len() > NAMES {
            text.push_str(&format!(", +{} more", names.len() - NAMES));
        }
        self.field(field, &text);
    }
}
