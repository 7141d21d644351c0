//! Versions of a component type side by side, while there is more than one.

use super::Out;
use crate::model::element::ComponentType;
use crate::model::key::{ElementKey, TypeKey};
use crate::model::query::links::Side;
use crate::model::query::versions::Version;
use crate::model::usage::Tally;
use crate::ui::format::{self, NONE};
use crate::ui::usage;

impl Out<'_> {
    pub(super) fn versions(&mut self, e: &ComponentType) {
        let versions = self.ctx.model.versions(&e.key);
        if versions.len() < 2 {
            return;
        }
        let tallies = versions.iter().filter_map(|version| version.tally.as_ref());
        let all = tallies.map(|tally| tally.calls).sum();
        for (index, version) in versions.iter().enumerate() {
            let field = if index == 0 { "versions" } else { "" };
            self.field(field, &called(version, &e.key.name));
            let pods = match version.components {
                0 => "no pod left".to_owned(),
                n => format!("{}/{n} ready", version.ready),
            };
            let calls = match &version.tally {
                Some(tally) => format!(
                    "{}{}",
                    self.about(tally, all, &e.key),
                    usage::figures(tally, self.ctx)
                ),
                None => "no sampled call is known to be its".to_owned(),
            };
            self.field("", &format!("  {pods}, {calls}"));
        }
    }

    /// Of a part of all traces: the rate that its share of the sampled calls has of all that are counted.
    fn about(&self, tally: &Tally, all: u64, of: &TypeKey) -> String {
        let model = self.ctx.model;
        let is_part = model
            .interfaces()
            .sample()
            .is_some_and(|sample| sample.is_part);
        let counted = model.traffic(&ElementKey::Type(of.clone()), Side::Callers);
        match counted.filter(|_| is_part && all > 0) {
            #[expect(clippy::cast_precision_loss, reason = "it is an estimate")]
            Some(counts) => {
                let rate = counts.rate() * tally.calls as f64 / all as f64;
                format!("about {}/s, ", format::per_second(rate))
            }
            None => String::new(),
        }
    }
}

/// `1.8.2 (5d8f6b)`: what people call it, with its image's tag where that is another one, and what made it.
fn called(version: &Version, of: &str) -> String {
    let name = match &*version.name {
        "" => NONE,
        name => name,
    };
    let made_by = version.made_by.as_deref().unwrap_or_default();
    let short = made_by
        .strip_prefix(of)
        .unwrap_or(made_by)
        .trim_start_matches('-');
    let image = match &*version.tag {
        "" => String::new(),
        tag if tag == name => String::new(),
        tag => format!(", image :{tag}"),
    };
    match short {
        "" => format!("{name}{image}"),
        short => format!("{name}{image} ({short})"),
    }
}
