//! Versions of a component type side by side, while there is more than one.

use super::Out;
use crate::model::element::ComponentType;
use crate::model::query::versions::Version;
use crate::ui::format::NONE;
use crate::ui::usage;

impl Out<'_> {
    pub(super) fn versions(&mut self, e: &ComponentType) {
        let versions = self.ctx.model.versions(&e.key);
        if versions.len() < 2 {
            return;
        }
        for (index, version) in versions.iter().enumerate() {
            let field = if index == 0 { "versions" } else { "" };
            self.field(field, &called(version, &e.key.name));
            let pods = match version.components {
                0 => "no pod left".to_owned(),
                n => format!("{}/{n} ready", version.ready),
            };
            let calls = match &version.tally {
                Some(tally) => usage::figures(tally, self.ctx),
                None => "no call of it was sampled".to_owned(),
            };
            self.field("", &format!("  {pods}, {calls}"));
        }
    }
}

/// `1.8.2 (5d8f6b)`: what people call it, and what made it.
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
    match short {
        "" => name.to_owned(),
        short => format!("{name} ({short})"),
    }
}
