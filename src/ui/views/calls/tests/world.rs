//! A small world to look at: names and calls, one model, one screen.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::CallsView;
use crate::model::Model;
use crate::model::declared::mentions;
use crate::model::key::{ElementKey, TypeKey};
use crate::model::log::Log;
use crate::model::observation::{
    Fact, FactKey, Kind, Labels, Link, Links, Meta, NamespaceChoice, Observation, OwnerRef,
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
    pub(super) view: CallsView,
    pub(super) filter: Filter,
    pub(super) only_broken: bool,
    pub(super) theme: Theme,
    choice: NamespaceChoice,
    log: Log,
}

pub(super) fn key(name: &str) -> ElementKey {
    ElementKey::Type(TypeKey::new("shop", "Deployment", name))
}

fn scope(kind: Kind) -> Scope {
    Scope {
        source: "kubernetes".into(),
        kind,
        namespace: None,
    }
}

fn meta(name: &str) -> Meta {
    Meta {
        namespace: "shop".into(),
        name: name.into(),
        uid: format!("uid-{name}").into(),
        ..Meta::default()
    }
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            model: Model::new("test", Vec::new()),
            view: CallsView::default(),
            filter: Filter::default(),
            only_broken: false,
            theme: Theme::new(false, false),
            choice: NamespaceChoice::one("shop"),
            log: Log::new(10, Timestamp::UNIX_EPOCH),
        }
    }

    fn seen(&mut self, kind: Kind, fact: Fact) {
        let seen = Observation::Seen {
            scope: scope(kind),
            fact: Arc::new(fact),
        };
        self.apply(vec![seen]);
    }

    pub(super) fn apply(&mut self, batch: Vec<Observation>) {
        self.model.apply(batch, Timestamp::UNIX_EPOCH);
    }

    /// A Deployment with a pod and a Service of its name, which names others in its environment.
    pub(super) fn deployment(&mut self, name: &str, (ready, desired): (u32, u32), names: &[&str]) {
        let places = names.iter().flat_map(|name| {
            let place = format!("{}_ADDR", name.to_uppercase());
            mentions(&place, &format!("{name}:80")).collect::<Vec<_>>()
        });
        let trouble = Trouble {
            reason: "CrashLoopBackOff".into(),
            message: "exit 137".into(),
        };
        let labels: Labels = [("app".into(), name.into())].into();
        let workload = WorkloadFact {
            kind: Kind::Deployment,
            meta: meta(name),
            generation: None,
            observed_generation: None,
            desired: Some(desired),
            current: desired,
            ready,
            updated: Some(desired),
            failed: 0,
            suspended: false,
            schedule: None,
            images: Vec::new(),
            troubles: (ready < desired).then_some(trouble).into_iter().collect(),
            complete: false,
            mentions: places.collect(),
            parameters: Arc::default(),
        };
        self.seen(Kind::Deployment, Fact::Workload(Box::new(workload)));
        let mut pod = PodFact {
            meta: meta(&format!("{name}-1")),
            phase: "Running".into(),
            ready: Some(true),
            ..PodFact::default()
        };
        pod.meta.labels = labels.clone();
        pod.meta.owner = Some(OwnerRef {
            kind: Kind::Deployment.name().into(),
            name: name.into(),
            uid: meta(name).uid,
        });
        self.seen(Kind::Pod, Fact::Pod(Box::new(pod)));
        let service = ServiceFact {
            meta: meta(name),
            service_type: "ClusterIP".into(),
            selector: labels,
            ..ServiceFact::default()
        };
        self.seen(Kind::Service, Fact::Service(service));
    }

    /// Calls and errors in the last 60 s; where there are none, within the last hour only.
    pub(super) fn calls(&mut self, links: &[(&str, &str, u64, u64)]) {
        let count = |span, window_ms, recent: bool| {
            let links = links.iter().filter(|(.., calls, _)| !recent || *calls > 0);
            let links = links.map(|(caller, callee, calls, errors)| Link {
                caller: (*caller).into(),
                callee: (*callee).into(),
                calls: (*calls).max(1),
                errors: *errors,
            });
            Observation::Links(Links {
                source: "zipkin".into(),
                span,
                window_ms,
                ends: Timestamp::UNIX_EPOCH,
                links: links.collect(),
            })
        };
        self.apply(vec![
            count(Span::Recent, 60_000, true),
            count(Span::Long, 3_600_000, false),
        ]);
    }

    pub(super) fn gone(&mut self, name: &str) {
        let gone = |kind, name: &str| Observation::Gone {
            scope: scope(kind),
            key: FactKey {
                kind,
                namespace: "shop".into(),
                name: name.into(),
            },
        };
        let pod = format!("uid-{name}-1");
        self.apply(vec![gone(Kind::Pod, &pod), gone(Kind::Deployment, name)]);
    }

    pub(super) fn source(&mut self, part: &str, state: SourceState) {
        let status = SourceStatus {
            key: SourceKey {
                source: "kubernetes".into(),
                part: part.into(),
                namespace: None,
            },
            state: Some(state),
            at: Timestamp::UNIX_EPOCH,
            address: None,
            interval_ms: None,
            skew_ms: None,
        };
        self.apply(vec![Observation::Status(status)]);
    }

    /// Runs something with the view and what it draws from.
    pub(super) fn with<T>(&mut self, run: impl FnOnce(&mut CallsView, &Ctx<'_>) -> T) -> T {
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

    pub(super) fn select(&mut self, name: &str) {
        self.with(|view, ctx| view.select(&key(name), ctx));
    }

    pub(super) fn act(&mut self, verb: Verb) -> Answer {
        self.with(|view, ctx| view.act(verb, ctx))
    }

    pub(super) fn selected(&self) -> Option<ElementKey> {
        self.view.selected()
    }

    pub(super) fn filter(&mut self, text: &str) {
        self.filter = Filter::parse(text).expect("a filter");
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
                x += u16::try_from(crate::ui::format::width(symbol).max(1)).expect("few cells");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.trim_end().to_owned()
    }
}

/// A shop: a circle between payment and fraud, a broken mailer, a declared link, calls that fail.
pub(super) fn shop() -> World {
    let mut world = World::new();
    for name in ["frontend", "cart", "fraud", "redis", "stock"] {
        world.deployment(name, (2, 2), &[]);
    }
    world.deployment("checkout", (3, 3), &["cart", "ledger"]);
    world.deployment("ledger", (1, 1), &[]);
    world.deployment("payment", (2, 2), &[]);
    world.deployment("mailer", (1, 2), &[]);
    world.calls(&[
        ("frontend", "checkout", 744, 2),
        ("frontend", "cart", 900, 1),
        ("checkout", "cart", 780, 0),
        ("checkout", "payment", 744, 80),
        ("checkout", "mailer", 0, 0),
        ("cart", "redis", 800, 0),
        ("payment", "fraud", 744, 0),
        ("payment", "payment", 7, 0),
        ("payment", "bank.example", 700, 0),
        ("fraud", "payment", 12, 0),
    ]);
    world.select("frontend");
    world
}
