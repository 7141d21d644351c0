//! What sensors measured on an element, but for what its own block tells.

use super::Out;
use crate::model::key::ElementKey;
use crate::model::property::Property;
use crate::model::query::resources::METRICS;
use crate::ui::format;

/// Most properties listed, before the rest is counted.
const PROPERTIES: usize = 12;

impl Out<'_> {
    pub(super) fn properties(&mut self, key: &ElementKey) {
        let all = self.ctx.model.properties(key).iter();
        let all: Vec<&Property> = all.filter(|p| *p.source != *METRICS).collect();
        for (index, property) in all.iter().take(PROPERTIES).enumerate() {
            let value = format::value(&property.value, &property.unit);
            let age = format::age(Some(property.at), self.ctx.now);
            let text = format!(
                "{} {value}, {age} ago, by {}",
                property.name, property.source
            );
            self.field(if index == 0 { "properties" } else { "" }, &text);
            if let Some(what) = &property.description {
                self.styled("", &format!("  {what}"), self.ctx.theme.dim());
            }
        }
        if all.len() > PROPERTIES {
            self.field("", &format!("+{} more properties", all.len() - PROPERTIES));
        }
    }
}
