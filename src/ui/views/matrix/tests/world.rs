//! A small world to look at: workloads with pods and Services, calls that were counted, and one screen.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::MatrixView;
use crate::model::Model;
use crate::model::declared::mentions;
use crate::model::key::{ElementKey, TypeKey};
use crate::model::log::Log;
use crate::model::observation::{
    Fact, FactKey, Kind, Labels, Link, Links, Meta, NamespaceChoice, Observation, OwnerRef,
    PodFact, Scope, ServiceFact, Span, WorkloadFact,
};
use crate::ui::action::Verb;
use crate::ui::filter::Filter;
use crate::ui::theme::Theme;
use crate::ui::{Answer, Ctx, View};

pub(super) struct World {
    pub(super) model: Model,
    pub(super) view: MatrixView,
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

fn scope(kind: Kind) -> Scope {
    Scope {
        source: "kubernetes".into(),
        kind,
        namespace: None,
    }
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            model: Model::new("test", Vec::new()),
            view: MatrixView::default(),
            filter: Filter::default(),
            only_broken: false,
            choice: NamespaceChoice::All,
            theme: Theme::new(true, false),
            log: Log::new(10, Timestamp::UNIX_EPOCH),
            recent: Vec::new(),
            long: Vec::new(),
        }
    }

    /// Deployments in a namespace, each with a pod and a Service of its name; `addresses` are whom it names.
    pub(super) fn deploy(&mut self, namespace: &str, name: &str, ready: u32, addresses: &[&str]) {
        let variable = |to: &&str| (format!("{}_ADDR", to.to_uppercase()), format!("{to}:80"));
        let named: Vec<(String, String)> = addresses.iter().map(variable).collect();
        let labels: Labels = [("app".into(), name.into())].into();
        let workload = WorkloadFact {
            kind: Kind::Deployment,
            meta: meta(namespace, name),
            generation: None,
            observed_generation: None,
            desired: Some(1),
            current: 1,
            ready,
            updated: Some(1),
            failed: 0,
            suspended: false,
            schedule: None,
            images: Vec::new(),
            troubles: Vec::new(),
            complete: false,
            mentions: named
                .iter()
                .flat_map(|(place, value)| mentions(place, value))
                .collect(),
            parameters: Arc::default(),
        };
        let mut pod = PodFact {
            meta: meta(namespace, &format!("{name}-1")),
            phase: "Running".into(),
            ready: Some(ready > 0),
            ..PodFact::default()
        };
        pod.meta.labels = labels.clone();
        pod.meta.owner = Some(OwnerRef {
            kind: "Deployment".into(),
            name: name.into(),
            uid: meta(namespace, name).uid,
        });
        let service = ServiceFact {
            meta: meta(namespace, name),
            service_type: "ClusterIP".into(),
            selector: labels,
            ..ServiceFact::default()
        };
        let facts = [
            (Kind::Deployment, Fact::Workload(Box::new(workload))),
            (Kind::Pod, Fact::Pod(Box::new(pod))),
            (Kind::Service, Fact::Service(service)),
        ];
        let seen = facts.into_iter().map(|(kind, fact)| Observation::Seen {
            scope: scope(kind),
            fact: Arc::new(fact),
        });
        self.model.apply(seen.collect(), Timestamp::UNIX_EPOCH);
    }

    pub(super) fn types(&mut self, names: &[&str]) {
        for name in names {
            self.deploy("shop", name, 1, &[]);
        }
    }

    pub(super) fn gone(&mut self, name: &str) {
        let pod = format!("uid-shop-{name}-1");
        let gone = [
            (Kind::Pod, pod.as_str()),
            (Kind::Deployment, name),
            (Kind::Service, name),
        ];
        let batch = gone.into_iter().map(|(kind, name)| Observation::Gone {
            scope: scope(kind),
            key: FactKey {
                kind,
                namespace: "shop".into(),
                name: name.into(),
            },
        });
        self.model.apply(batch.collect(), Timestamp::UNIX_EPOCH);
    }

    /// Calls and errors of the last 60 s; none at all is told by the last hour only.
    pub(super) fn calls(&mut self, links: &[(&str, &str, u64, u64)]) {
        for (caller, callee, calls, errors) in links {
            let link = |calls: u64, errors: u64| Link {
                caller: (*caller).into(),
                callee: (*callee).into(),
                calls,
                errors,
            };
            for known in [&mut self.recent, &mut self.long] {
                known.retain(|l| (&*l.caller, &*l.callee) != (*caller, *callee));
            }
            self.recent
                .extend((*calls > 0).then(|| link(*calls, *errors)));
            self.long.push(link((calls * 60).max(1), errors * 60));
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

    /// Runs something with the view and what it draws from.
    pub(super) fn with<T>(&mut self, run: impl FnOnce(&mut MatrixView, &Ctx<'_>) -> T) -> T {
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

    pub(super) fn ask(&mut self, caller: &str, callee: &str) {
        let pair = ElementKey::call(key(caller), key(callee));
        self.with(|view, ctx| view.select(&pair, ctx));
    }

    pub(super) fn act(&mut self, verb: Verb) -> Answer {
        self.with(|view, ctx| view.act(verb, ctx))
    }

    /// The names of rows, from above.
    pub(super) fn order(&mut self) -> Vec<String> {
        self.with(|_, ctx| {
            let table = super::super::Table::new(ctx);
            table.lines.into_iter().map(|line| line.name).collect()
        })
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

/// A shop of twelve, each of whose links is one of a kind.
pub(super) fn shop() -> World {
    let mut world = World::new();
    world.types(&[
        "frontend", "mobile", "admin", "cart", "payment", "fraud", "mailer", "shipping", "ledger",
        "redis", "search",
    ]);
    world.deploy("shop", "checkout", 1, &["cart", "mailer"]);
    world.calls(&[
        ("frontend", "checkout", 744, 2),
        ("mobile", "checkout", 186, 0),
        ("admin", "checkout", 3, 0),
        ("admin", "ledger", 0, 0),
        ("checkout", "cart", 780, 0),
        ("checkout", "payment", 744, 283),
        ("checkout", "fraud", 186, 0),
        ("checkout", "shipping", 7_000, 0),
        ("cart", "redis", 8_000, 0),
        ("frontend", "cart", 900, 1),
        ("frontend", "search", 900, 1),
        ("payment", "fraud", 744, 0),
        ("fraud", "ledger", 90, 0),
        ("ledger", "payment", 12, 0),
        ("search", "search", 30, 0),
    ]);
    world
}

/// A system of so many: each calls a few others by a rule, none of which is seen in its name.
pub(super) fn large(count: usize) -> (World, Vec<(String, String)>) {
    let mut world = World::new();
    let name = |at: usize| format!("svc-{at:03}");
    let names: Vec<String> = (0..count).map(name).collect();
    world.types(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let mut links = Vec::new();
    for at in 0..count {
        for step in [1, 7, at * at % 31 + 2] {
            if at + step < count && (at + step) % 3 != 0 {
                links.push((name(at), name(at + step)));
            }
        }
    }
    // One that leads back.
    links.push((name(count - 1), name(count / 2)));
    links.sort();
    links.dedup();
    let calls: Vec<(&str, &str, u64, u64)> = links
        .iter()
        .zip(1..)
        .map(|((a, b), n)| (a.as_str(), b.as_str(), n * 7 % 900 + 1, 0))
        .collect();
    world.calls(&calls);
    (world, links)
}
