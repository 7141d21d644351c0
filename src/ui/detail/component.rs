//! A component, container by container.

use super::Out;
use crate::model::element::Component;
use crate::model::key::ElementKey;
use crate::model::observation::{ContainerFact, ContainerState, Role};
use crate::model::text::Text;
use crate::ui::format::{self, NONE};

impl Out<'_> {
    pub(super) fn component(&mut self, e: &Component) {
        self.title(&format!("Pod {}/{}", e.namespace, e.name));
        self.field("of", &format!("{} {}", e.of.kind, e.of.name));
        self.field("status", &e.status);
        self.field("state", e.state.word());
        let images: Vec<Text> = e.containers.iter().map(|c| c.image.clone()).collect();
        self.why(e.health, e.reason.as_ref(), &images);
        self.field("ready", &format!("{}/{} containers", e.ready, e.total));
        self.field("age", &format::age(e.created, self.ctx.now));
        let node = e
            .node
            .as_ref()
            .map_or_else(|| NONE.to_owned(), |n| self.node(n));
        self.field("on", &node);
        self.field("address", e.ip.as_deref().unwrap_or(NONE));
        self.resources(e);
        self.properties(&ElementKey::component(&e.uid));
        for container in e.containers.iter() {
            self.container(container);
            self.container_resources(e, container);
        }
        self.labels(&e.labels);
    }

    fn container(&mut self, c: &ContainerFact) {
        let role = match c.role {
            Role::Main => "",
            Role::Init => " (init)",
            Role::Sidecar => " (sidecar)",
        };
        self.styled(
            "container",
            &format!("{}{role}", c.name),
            self.ctx.theme.accent(),
        );
        self.field("  image", &c.image);
        let state = match &c.state {
            ContainerState::Unreported => "not reported yet".to_owned(),
            ContainerState::Waiting { reason, message } => {
                let message = message
                    .as_ref()
                    .map(|m| format!(": {m}"))
                    .unwrap_or_default();
                format!("waiting, {reason}{message}")
            }
            ContainerState::Running { since } => {
                let ready = if c.ready || c.role == Role::Init {
                    ""
                } else {
                    ", not ready"
                };
                format!("running for {}{ready}", format::age(*since, self.ctx.now))
            }
            ContainerState::Terminated(end) => {
                format!("ended, {} exit {}", end.reason, end.exit_code)
            }
        };
        self.field("  state", &state);
        if let Some(last) = &c.last {
            let ago = format::age(last.finished, self.ctx.now);
            let text = format!("{} exit {}, {ago} ago", last.reason, last.exit_code);
            self.field("  before", &text);
        }
        if c.restarts > 0 {
            self.field("  restarts", &c.restarts.to_string());
        }
    }
}
