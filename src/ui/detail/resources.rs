//! What components use of their machines, against what is set aside for them and the most they may use.

use super::Out;
use crate::model::element::{Component, ComponentType, Health};
use crate::model::observation::ContainerFact;
use crate::model::query::resources::{Resources, Use};
use crate::ui::format;

/// From this part of its limit on a component's memory is worth a colour: beyond it, it is killed.
const NEAR: f64 = 0.9;

/// What is said where nothing was measured, though others were.
const NO_DATA: &str = "no data: the metrics server has not measured it";

impl Out<'_> {
    /// Of one component; nothing where nothing is measured at all.
    pub(super) fn resources(&mut self, e: &Component) {
        if !self.ctx.model.measures_resources() || e.health == Health::Stopped {
            return;
        }
        let all = self.ctx.model.resources_of(e);
        self.block(&all, "");
    }

    /// Of one container of several.
    pub(super) fn container_resources(&mut self, e: &Component, c: &ContainerFact) {
        if let Some(own) = self.ctx.model.container_resources(e, c) {
            self.row("  cpu", &cpu(&own.cpu), &own.cpu);
            self.row("  memory", &memory(&own.memory), &own.memory);
        }
    }

    /// Of all components of a type.
    pub(super) fn type_resources(&mut self, e: &ComponentType) {
        if !self.ctx.model.measures_resources() {
            return;
        }
        let all = self.ctx.model.resources_of_type(&e.key);
        if all.all == 0 {
            return;
        }
        let pods = match (all.measured, all.all) {
            (1, 1) => "1 pod".to_owned(),
            (measured, all) if measured == all => format!("all {all} pods together"),
            (measured, all) => format!("{measured} of {all} pods together"),
        };
        self.block(&all, &pods);
    }

    fn block(&mut self, all: &Resources, of: &str) {
        if all.measured == 0 {
            self.styled("cpu, memory", NO_DATA, self.ctx.theme.dim());
            return;
        }
        self.row("cpu", &cpu(&all.cpu), &Use::default());
        self.row("memory", &memory(&all.memory), &all.memory);
        let mut text = format!("{} ago", format::age(all.at, self.ctx.now));
        if let Some(ms) = all.window_ms {
            text.push_str(&format!(", cpu over {}", format::window(ms)));
        }
        if !of.is_empty() {
            text.push_str(&format!(", {of}"));
        }
        self.styled("measured", &text, self.ctx.theme.dim());
    }

    fn row(&mut self, name: &str, text: &str, of: &Use) {
        let near = of
            .used
            .zip(of.limit)
            .is_some_and(|(used, limit)| used >= limit * NEAR);
        if near {
            self.styled(name, text, self.ctx.theme.warning());
        } else {
            self.field(name, text);
        }
    }
}

/// `0.12 cores of 0.5 requested, 1 limit`.
fn cpu(of: &Use) -> String {
    told(of, format::cores, " cores")
}

/// `180 MiB of 256 MiB limit (70 %)`.
fn memory(of: &Use) -> String {
    told(of, format::bytes, "")
}

fn told(of: &Use, number: impl Fn(f64) -> String, unit: &str) -> String {
    let Some(used) = of.used else {
        return "no data".to_owned();
    };
    let mut text = format!("{}{unit}", number(used));
    if let Some((least, most)) = of.range.filter(|(least, most)| least < most) {
        text.push_str(&format!(" ({} to {} each)", number(least), number(most)));
    }
    let requested = of.requested.map(|n| format!("{} requested", number(n)));
    let limit = of.limit.map(|limit| {
        let percent = used / limit * 100.0;
        format!("{} limit ({percent:.0} %)", number(limit))
    });
    let against: Vec<String> = requested.into_iter().chain(limit).collect();
    if against.is_empty() {
        text.push_str(", no request, no limit");
    } else {
        text.push_str(&format!(" of {}", against.join(", ")));
    }
    text
}
