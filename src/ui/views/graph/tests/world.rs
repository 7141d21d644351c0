//! A small world to look at: observations by hand, one model, one screen.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::GraphView;
use crate::model::Model;
use crate::model::declared::mentions;
use crate::model::key::{ElementKey, TypeKey};
use crate::model::log::Log;
use crate::model::observation::{
    Fact, IngressFact, Kind, Labels, Link, Links, Mention, Meta, NamespaceChoice, Observation,
    PodFact, Scope, ServiceFact, Span, Trouble, WorkloadFact,
};
use crate::model::source::{SourceKey, SourceState, SourceStatus};
use crate::ui::action::Verb;
use crate::ui::filter::Filter;
use crate::ui::theme::Theme;
use crate::ui::{Answer, Ctx, View};

/// A world under construction, and what a person chose in it.
pub(super) struct World {
    pub(super) model: Model,
    pub(super) view: GraphView,
    pub(super) filter: Filter,
    pub(super) only_broken: bool,
    pub(super) choice: NamespaceChoice,
    pub(super) theme: Theme,
    log: Log,
    recent: Vec<Link>,
    long: Vec<Link>,
}

pub(super) fn key(name: &str) -> ElementKey {
    ElementKey::Type(TypeKey::new("shop", "Deployment", name))
}

fn meta(namespace: &str, name: &str) -> Meta {
    Meta {
        namespace: namespace.into(),
        name: name.into(),
        uid: format!("uid-{namespace}-{name}").into(),
        ..Meta::default()
    }
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            model: Model::new("test", Vec::new()),
            view: GraphView::default(),
            filter: Filter::default(),
            only_broken: false,
            choice: NamespaceChoice::one("shop"),
            theme: Theme::new(false, false),
            log: Log::new(10, Timestamp::UNIX_EPOCH),
            recent: Vec::new(),
            long: Vec::new(),
        }
    }

    fn seen(&mut self, kind: Kind, fact: Fact) {
        let scope = Scope {
            source: "kubernetes".into(),
            kind,
            namespace: None,
        };
        let seen = Observation::Seen {
            scope,
            fact: Arc::new(fact),
        };
        self.model.apply(vec![seen], Timestamp::UNIX_EPOCH);
    }

    /// A workload with a pod and a Service of its name.
    pub(super) fn workload(
        &mut self,
        kind: Kind,
        namespace: &str,
        name: &str,
        ready: (u32, u32),
        addresses: &[(&str, &str)],
    ) {
        let found: Vec<Mention> = addresses
            .iter()
            .flat_map(|(place, value)| mentions(place, value))
            .collect();
        let troubles = if ready.0 < ready.1 {
            vec![Trouble {
                reason: "CrashLoopBackOff".into(),
                message: "exit 137".into(),
            }]
        } else {
            Vec::new()
        };
        let labels: Labels = [("app".into(), name.into())].into();
        let workload = WorkloadFact {
            kind,
            meta: meta(namespace, name),
            generation: None,
            observed_generation: None,
            desired: Some(ready.1),
            current: ready.1,
            ready: ready.0,
            updated: Some(ready.1),
            failed: 0,
            suspended: false,
            schedule: None,
            images: Vec::new(),
            troubles,
            complete: false,
            mentions: found,
            parameters: std::sync::Arc::default(),
        };
        self.seen(kind, Fact::Workload(Box::new(workload)));
        let mut pod = PodFact {
            meta: meta(namespace, &format!("{name}-1")),
            phase: "Running".into(),
            ready: Some(true),
            ..PodFact::default()
        };
        pod.meta.labels = labels.clone();
        pod.meta.owner = Some(crate::model::observation::OwnerRef {
            kind: kind.name().into(),
            name: name.into(),
            uid: meta(namespace, name).uid,
        });
        self.seen(Kind::Pod, Fact::Pod(Box::new(pod)));
        let service = ServiceFact {
            meta: meta(namespace, name),
            service_type: "ClusterIP".into(),
            selector: labels,
            ..ServiceFact::default()
        };
        self.seen(Kind::Service, Fact::Service(service));
    }

    pub(super) fn types(&mut self, names: &[&str]) {
        for name in names {
            self.workload(Kind::Deployment, "shop", name, (2, 2), &[]);
        }
    }

    pub(super) fn external_name(&mut self, name: &str, host: &str) {
        let service = ServiceFact {
            meta: meta("shop", name),
            service_type: "ExternalName".into(),
            external_name: Some(host.into()),
            ..ServiceFact::default()
        };
        self.seen(Kind::Service, Fact::Service(service));
    }

    pub(super) fn ingress(&mut self, name: &str, backend: &str) {
        let ingress = IngressFact {
            meta: meta("shop", name),
            hosts: vec!["shop.example".into()],
            backends: vec![backend.into()],
            ..IngressFact::default()
        };
        self.seen(Kind::Ingress, Fact::Ingress(ingress));
    }

    /// Calls and errors in the last 60 s.
    pub(super) fn calls(&mut self, links: &[(&str, &str, u64, u64)]) {
        for (caller, callee, calls, errors) in links {
            let link = |times: u64| Link {
                caller: (*caller).into(),
                callee: (*callee).into(),
                calls: calls * times,
                errors: errors * times,
            };
            self.recent
                .retain(|l| (&*l.caller, &*l.callee) != (*caller, *callee));
            if *calls > 0 {
                self.recent.push(link(1));
            }
            let mut long = link(60);
            long.calls = long.calls.max(1);
            self.long.push(long);
        }
        let count = |span, window_ms, links: &[Link]| {
            Observation::Links(Links {
                source: "zipkin".into(),
                span,
                window_ms,
                ends: Timestamp::UNIX_EPOCH,
                links: links.to_vec(),
            })
        };
        let batch = vec![
            count(Span::Recent, 60_000, &self.recent),
            count(Span::Long, 3_600_000, &self.long),
        ];
        self.model.apply(batch, Timestamp::UNIX_EPOCH);
    }

    pub(super) fn gone(&mut self, name: &str) {
        let gone = |kind, name: &str| Observation::Gone {
            scope: Scope {
                source: "kubernetes".into(),
                kind,
                namespace: None,
            },
            key: crate::model::observation::FactKey {
                kind,
                namespace: "shop".into(),
                name: name.into(),
            },
        };
        let pod = format!("uid-shop-{name}-1");
        let batch = vec![gone(Kind::Pod, &pod), gone(Kind::Deployment, name)];
        self.model.apply(batch, Timestamp::UNIX_EPOCH);
    }

    pub(super) fn source(&mut self, state: SourceState) {
        let status = SourceStatus {
            key: SourceKey {
                source: "kubernetes".into(),
                part: "pods".into(),
                namespace: None,
            },
            state: Some(state),
            at: Timestamp::UNIX_EPOCH,
            address: None,
            interval_ms: None,
            skew_ms: None,
        };
        self.model
            .apply(vec![Observation::Status(status)], Timestamp::UNIX_EPOCH);
    }

    /// Runs something with the view and what it draws from.
    pub(super) fn with<T>(&mut self, run: impl FnOnce(&mut GraphView, &Ctx<'_>) -> T) -> T {
        let mut view = std::mem::take(&mut self.view);
        let ctx = Ctx {
            model: &self.model,
            log: &self.log,
            choice: &self.choice,
            filter: &self.filter,
            only_broken: self.only_broken,
            now: Timestamp::UNIX_EPOCH,
            zone: &TimeZone::UTC,
            theme: &self.theme,
            stage: None,
        };
        let value = run(&mut view, &ctx);
        self.view = view;
        value
    }

    pub(super) fn select(&mut self, key: &ElementKey) {
        self.with(|view, ctx| view.select(key, ctx));
    }

    pub(super) fn act(&mut self, verb: Verb) -> Answer {
        self.with(|view, ctx| view.act(verb, ctx))
    }

    pub(super) fn selected(&self) -> Option<String> {
        self.view.selected().map(|k| k.to_string())
    }

    pub(super) fn draw(&mut self, width: u16, height: u16) -> Buffer {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        self.with(|view, ctx| view.draw(area, &mut buf, ctx, true));
        buf
    }

    /// The title and the screen as text.
    pub(super) fn text(&mut self, width: u16, height: u16) -> String {
        let buf = self.draw(width, height);
        let title = self.with(|view, ctx| view.title(ctx));
        let mut text = format!("[{title}]\n");
        for y in 0..height {
            let mut line = String::new();
            let mut x = 0;
            while x < width {
                let symbol = buf[(x, y)].symbol();
                line.push_str(symbol);
                x += u16::try_from(crate::ui::format::width(symbol).max(1)).unwrap();
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// A shop of a dozen, with callers and callees of `checkout`.
pub(super) fn shop() -> World {
    let mut world = World::new();
    world.types(&[
        "frontend", "mobile", "admin", "cart", "payment", "fraud", "mailer", "shipping",
    ]);
    world.workload(
        Kind::Deployment,
        "shop",
        "checkout",
        (3, 3),
        &[("CART_ADDR", "cart:7070")],
    );
    world.workload(Kind::StatefulSet, "shop", "redis", (1, 1), &[]);
    world.calls(&[
        ("frontend", "checkout", 744, 2),
        ("mobile", "checkout", 186, 0),
        ("admin", "checkout", 3, 0),
        ("checkout", "cart", 780, 0),
        ("checkout", "payment", 744, 8),
        ("checkout", "fraud", 186, 0),
        ("checkout", "shipping", 700, 0),
        ("checkout", "mailer", 12, 0),
        ("cart", "redis", 800, 0),
        ("frontend", "cart", 900, 1),
        ("payment", "fraud", 744, 0),
    ]);
    world.select(&key("checkout"));
    world
}
