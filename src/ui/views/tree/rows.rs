//! Which rows the tree has, in which order: structure only, no text, no drawing.

use std::collections::{BTreeSet, HashSet};

use super::links::LinkRow;
use super::operations::OperationRow;
use crate::model::Model;
use crate::model::element::{Component, ComponentType, Counts, Element, Health, Service};
use crate::model::key::ElementKey;
use crate::model::observation::{ContainerState, NamespaceChoice};
use crate::model::query::links::Side;
use crate::model::text::Text;
use crate::ui::Ctx;
use crate::ui::filter::Filter;

/// Most operations on either side of a component type that have a row.
pub(super) const OPERATIONS: usize = 100;

/// What a row stands for; stable while the element lives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum RowId {
    /// An element of the model.
    Element(ElementKey),
    /// The operations of a component type: no row, but a fold.
    Operations(ElementKey),
    /// One operation that a component type provides, or requires of another element.
    Operation(Box<OperationRow>),
    /// A link that the filter asks for.
    Link(Box<LinkRow>),
    /// An autoscaler whose target is not there.
    Autoscaler { namespace: Text, name: Text },
    /// A container of a component.
    Container { uid: Text, name: Text },
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) id: RowId,
    pub(super) depth: u16,
    pub(super) children: bool,
    pub(super) open: bool,
}

/// The order of types and tenants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    #[default]
    Problems,
    Name,
    Rate,
    Restarts,
    Youngest,
}

impl Order {
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Problems => Self::Name,
            Self::Name => Self::Rate,
            Self::Rate => Self::Restarts,
            Self::Restarts => Self::Youngest,
            Self::Youngest => Self::Problems,
        }
    }

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Problems => "problems first",
            Self::Name => "by name",
            Self::Rate => "busiest first",
            Self::Restarts => "most restarts first",
            Self::Youngest => "youngest first",
        }
    }
}

/// What a person folded and unfolded, against the default: tenants open, the rest folded.
#[derive(Clone, Debug, Default)]
pub(super) struct Folds {
    turned: HashSet<RowId>,
    pub(super) revision: u64,
}

impl Folds {
    pub(super) fn is_open(&self, id: &RowId) -> bool {
        let by_default = matches!(id, RowId::Element(ElementKey::Tenant { .. }));
        by_default != self.turned.contains(id)
    }

    /// Whether the operations of a component type are shown.
    pub(super) fn shows_operations(&self, of: &ElementKey) -> bool {
        self.turned.contains(&RowId::Operations(of.clone()))
    }

    /// Whether those of any are.
    pub(super) fn shows_any_operations(&self) -> bool {
        let mut turned = self.turned.iter();
        turned.any(|id| matches!(id, RowId::Operations(_)))
    }

    pub(super) fn set(&mut self, id: &RowId, open: bool) {
        if self.is_open(id) != open {
            if !self.turned.remove(id) {
                self.turned.insert(id.clone());
            }
            self.revision += 1;
        }
    }
}

/// Everything that the rows depend on.
pub(super) struct Wanted<'a> {
    pub(super) model: &'a Model,
    pub(super) choice: &'a NamespaceChoice,
    pub(super) filter: &'a Filter,
    pub(super) only_broken: bool,
    pub(super) order: Order,
    pub(super) folds: &'a Folds,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(ctx: &Ctx<'a>, order: Order, folds: &'a Folds) -> Self {
        Self {
            model: ctx.model,
            choice: ctx.choice,
            filter: ctx.filter,
            only_broken: ctx.only_broken,
            order,
            folds,
        }
    }

    /// All rows that are unfolded.
    pub(super) fn rows(&self) -> Vec<Row> {
        let mut tenants: Vec<(Health, Text, Vec<Row>)> = self
            .model
            .tenants()
            .filter(|t| self.choice.covers(&t.name))
            .filter_map(|t| {
                let (worst, rows) = self.tenant(&t.name)?;
                Some((worst, t.name.clone(), rows))
            })
            .collect();
        if self.order == Order::Problems {
            // What holds nothing is what one looks for last.
            let is_empty = |rows: &[Row]| !rows.first().is_some_and(|r| r.children);
            tenants.sort_by(|a, b| {
                b.0.cmp(&a.0)
                    .then_with(|| is_empty(&a.2).cmp(&is_empty(&b.2)))
                    .then_with(|| a.1.cmp(&b.1))
            });
        }
        tenants.into_iter().flat_map(|(_, _, rows)| rows).collect()
    }

    /// A tenant's rows and its worst health; `None` where the filter leaves nothing of it.
    fn tenant(&self, name: &Text) -> Option<(Health, Vec<Row>)> {
        let mut types: Vec<(&ComponentType, Vec<&Component>)> = self
            .model
            .types()
            .filter(|t| t.key.namespace == *name)
            .filter_map(|t| Some((t, self.kept(t)?)))
            .collect();
        self.sort(&mut types);
        let (missed, loose) = self.loose(name);
        let lost = self.lost(name);
        let filtering = !self.filter.is_empty() || self.only_broken;
        let is_bare = missed.is_empty() && loose.is_empty() && lost.is_empty();
        if filtering && types.is_empty() && is_bare {
            return None;
        }
        let worst = types
            .iter()
            .map(|(t, _)| t.health)
            .chain(missed.iter().map(|_| Health::Broken))
            .max()
            .unwrap_or_default();
        let worst = if worst.is_bad() { worst } else { Health::Ok };
        let id = RowId::Element(ElementKey::tenant(name));
        let open = self.folds.is_open(&id);
        let mut rows = vec![Row {
            id,
            depth: 0,
            children: !types.is_empty() || !is_bare,
            open,
        }];
        if open {
            let element = |key| leaf(RowId::Element(key), 1);
            // What is not there explains what is not well.
            let (first, last) = match self.order {
                Order::Problems => (missed, loose),
                _ => (Vec::new(), [missed, loose].concat()),
            };
            rows.extend(first.into_iter().map(element));
            rows.extend(lost.into_iter().map(|id| leaf(id, 1)));
            for (element, components) in types {
                self.component_type(element, &components, &mut rows);
            }
            rows.extend(last.into_iter().map(element));
        }
        Some((worst, rows))
    }

    /// The components of a type that the filter leaves; `None` where it leaves nothing of the type.
    fn kept(&self, element: &ComponentType) -> Option<Vec<&'a Component>> {
        let components = self.model.components_of(&element.key);
        let type_passes = (!self.only_broken || self.urgency(element) >= Urgency::Down)
            && self.filter.passes_type(self.model, element);
        if self.filter.is_empty() && !self.only_broken {
            return Some(components);
        }
        let passing: Vec<&Component> = components
            .iter()
            .copied()
            .filter(|c| !self.only_broken || c.health.is_bad())
            .filter(|c| self.filter.passes_component(self.model, c))
            .collect();
        match (type_passes, passing.is_empty()) {
            (false, true) => None,
            // The type itself fits: its components are shown whole, but for the healthy ones when only broken is asked.
            (true, true) if self.only_broken => Some(Vec::new()),
            (true, true) => Some(components),
            _ => Some(passing),
        }
    }

    fn component_type(
        &self,
        element: &ComponentType,
        components: &[&Component],
        rows: &mut Vec<Row>,
    ) {
        let services = self.model.services_of(&element.key);
        let key = ElementKey::Type(element.key.clone());
        let asked = self.asked(&key, &services);
        let operations = self.operations(&key);
        let id = RowId::Element(key);
        let open = self.folds.is_open(&id);
        let has_more = !operations.is_empty() || !asked.is_empty();
        let is_listed = |id: &RowId| asked.iter().any(|row| row.id == *id);
        let services = services
            .iter()
            .map(|s| RowId::Element(ElementKey::service(&s.namespace, &s.name)));
        let services: Vec<RowId> = services.filter(|id| !is_listed(id)).collect();
        rows.push(Row {
            id,
            depth: 1,
            children: !components.is_empty() || !services.is_empty() || has_more,
            open: open || has_more,
        });
        rows.extend(asked);
        rows.extend(operations);
        if !open {
            return;
        }
        for component in components {
            let id = RowId::Element(ElementKey::component(&component.uid));
            let open = self.folds.is_open(&id);
            rows.push(Row {
                id,
                depth: 2,
                children: !component.containers.is_empty(),
                open,
            });
            if open {
                rows.extend(component.containers.iter().map(|c| Row {
                    id: RowId::Container {
                        uid: component.uid.clone(),
                        name: c.name.clone(),
                    },
                    depth: 3,
                    children: false,
                    open: false,
                }));
            }
        }
        rows.extend(services.into_iter().map(|id| leaf(id, 2)));
    }

    /// What the filter asks for at a type: links that differ, Services that nobody is ready behind. A link is one
    /// row, below its caller, and below its callee only where the caller has none.
    fn asked(&self, of: &ElementKey, services: &[&Service]) -> Vec<Row> {
        let mut links: BTreeSet<ElementKey> = BTreeSet::new();
        for how in self.filter.links() {
            links.extend(self.model.differing(of, Side::Callees, how));
            let called = self.model.differing(of, Side::Callers, how);
            links.extend(
                called.filter(|link| link.ends().is_none_or(|(caller, _)| !self.has_row(caller))),
            );
        }
        let mut rows = Vec::new();
        if self.filter.asks_for_empty_services() {
            let key = |s: &Service| ElementKey::service(&s.namespace, &s.name);
            let is_empty = |s: &&&Service| self.model.has_none_ready(s);
            let empty = services.iter().filter(is_empty).map(|s| key(s));
            rows.extend(empty.map(|key| leaf(RowId::Element(key), 2)));
            let declared = self.model.declared(of, Side::Callees).filter(|declared| {
                let callee = self.model.get(&declared.callee);
                matches!(callee, Some(Element::Service(s)) if self.model.has_none_ready(s))
            });
            links
                .extend(declared.map(|d| ElementKey::declared(d.caller.clone(), d.callee.clone())));
        }
        rows.extend(links.into_iter().map(|link| {
            let of = of.clone();
            leaf(RowId::Link(Box::new(LinkRow { of, link })), 2)
        }));
        rows
    }

    /// Whether an element is a type that has a row.
    fn has_row(&self, key: &ElementKey) -> bool {
        let ElementKey::Type(key) = key else {
            return false;
        };
        let ty = self.model.component_type(key);
        self.choice.covers(&key.namespace) && ty.is_some_and(|ty| self.kept(ty).is_some())
    }

    /// Autoscalers whose target is not there.
    fn lost(&self, namespace: &Text) -> Vec<RowId> {
        let tenant = ElementKey::tenant(namespace);
        let one = NamespaceChoice::Only([namespace.clone()].into());
        let lost = self.model.lost_autoscalers(&one).into_iter();
        let lost = lost.filter(|lost| self.filter.passes_other(self.model, &tenant, &lost.name));
        lost.map(|lost| RowId::Autoscaler {
            namespace: lost.namespace,
            name: lost.name,
        })
        .collect()
    }

    /// The operations of a type where they are to be shown: what it provides, then what it requires.
    fn operations(&self, of: &ElementKey) -> Vec<Row> {
        if !self.folds.shows_operations(of) {
            return Vec::new();
        }
        let interfaces = self.model.interfaces();
        let mut rows = Vec::new();
        let sides = [
            (false, interfaces.provided(of)),
            (true, interfaces.required(of)),
        ];
        for (is_required, mut operations) in sides {
            if self.only_broken {
                operations.retain(|o| o.tally.errors + o.tally.unflagged > 0);
            }
            // The busiest ones, and these by name: figures move with every answer, and rows should not.
            operations.truncate(OPERATIONS);
            if self.order != Order::Rate {
                operations.sort_by_key(|o| (o.callee, o.name, o.protocol));
            }
            rows.extend(operations.into_iter().map(|operation| Row {
                id: RowId::Operation(Box::new(OperationRow {
                    of: of.clone(),
                    callee: operation.callee.clone(),
                    is_required,
                    protocol: operation.protocol,
                    name: operation.name.clone(),
                })),
                depth: 2,
                children: false,
                open: false,
            }));
        }
        rows
    }

    fn urgency(&self, element: &ComponentType) -> Urgency {
        let traffic = || {
            let key = ElementKey::Type(element.key.clone());
            self.model.traffic(&key, Side::Callers)
        };
        match element.health {
            Health::Broken => Urgency::Broken,
            Health::Unknown => Urgency::Unknown,
            Health::Stopped => Urgency::Stopped,
            _ if traffic().is_some_and(Counts::are_failing) => Urgency::Failing,
            Health::Changing if element.ready == 0 && element.desired.is_some_and(|d| d > 0) => {
                Urgency::Down
            }
            Health::Changing => Urgency::Changing,
            Health::Ok => Urgency::Fine,
        }
    }

    /// Services that lead to no type: those that somebody needs; and the others, with the Ingresses.
    fn loose(&self, namespace: &Text) -> (Vec<ElementKey>, Vec<ElementKey>) {
        let services = self
            .model
            .services()
            .filter(|s| s.namespace == *namespace && s.leads_to.is_empty())
            .filter(|s| {
                let key = ElementKey::service(&s.namespace, &s.name);
                self.filter.passes_other(self.model, &key, &s.name)
            });
        let (missed, others): (Vec<_>, Vec<_>) = services.partition(|s| self.model.is_missed(s));
        let key = |s: &Service| ElementKey::service(&s.namespace, &s.name);
        let others = others
            .into_iter()
            .filter(|s| !self.only_broken || s.health.is_bad())
            .map(key);
        let ingresses = self
            .model
            .ingresses()
            .filter(|i| i.namespace == *namespace && !self.only_broken)
            .map(|i| (ElementKey::way(&i.namespace, &i.name, i.way), &i.name))
            .filter(|(key, name)| self.filter.passes_other(self.model, key, name))
            .map(|(key, _)| key);
        (
            missed.into_iter().map(key).collect(),
            others.chain(ingresses).collect(),
        )
    }

    fn sort(&self, types: &mut [(&ComponentType, Vec<&Component>)]) {
        match self.order {
            Order::Name => types.sort_by(|a, b| a.0.key.name.cmp(&b.0.key.name)),
            Order::Problems => types.sort_by_cached_key(|t| {
                (std::cmp::Reverse(self.urgency(t.0)), t.0.key.name.clone())
            }),
            Order::Rate => {
                let calls = |t: &ComponentType| {
                    let key = ElementKey::Type(t.key.clone());
                    let traffic: Option<Counts> = self.model.traffic(&key, Side::Callers);
                    traffic.map(|c| c.calls)
                };
                types.sort_by_cached_key(|t| (std::cmp::Reverse(calls(t.0)), t.0.key.name.clone()));
            }
            Order::Restarts => types.sort_by(|a, b| {
                b.0.restarts
                    .cmp(&a.0.restarts)
                    .then_with(|| a.0.key.name.cmp(&b.0.key.name))
            }),
            Order::Youngest => types.sort_by(|a, b| {
                b.0.created
                    .cmp(&a.0.created)
                    .then_with(|| a.0.key.name.cmp(&b.0.key.name))
            }),
        }
    }
}

/// A row with nothing below it.
const fn leaf(id: RowId, depth: u16) -> Row {
    Row {
        id,
        depth,
        children: false,
        open: false,
    }
}

/// How soon somebody should look at a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    /// On purpose: it sorts last.
    Stopped,
    Fine,
    Changing,
    /// Wanted, and nothing of it is ready, however well its pods may be starting.
    Down,
    /// Its pods are well, and calls to it fail.
    Failing,
    Unknown,
    Broken,
}

/// A container's own health, in the words of its component's.
pub(super) fn container_health(state: &ContainerState, ready: bool) -> (Health, String) {
    match state {
        ContainerState::Unreported => (Health::Changing, "not reported yet".to_owned()),
        ContainerState::Waiting { reason, message } => {
            let starting = matches!(&**reason, "ContainerCreating" | "PodInitializing");
            let health = if starting {
                Health::Changing
            } else {
                Health::Broken
            };
            let message = message.as_deref().unwrap_or_default();
            (health, format!("{reason} {message}").trim_end().to_owned())
        }
        ContainerState::Running { .. } if ready => (Health::Ok, String::new()),
        ContainerState::Running { .. } => (Health::Changing, "running, not ready".to_owned()),
        ContainerState::Terminated(end) if end.exit_code == 0 => {
            (Health::Stopped, "Completed".to_owned())
        }
        ContainerState::Terminated(end) => (
            Health::Broken,
            format!("{} exit {}", end.reason, end.exit_code),
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;
    use crate::model::observation::{
        Fact, Kind, Link, Links, Meta, Observation, Scope, Span, Trouble, WorkloadFact,
    };

    fn workload(name: &str, (ready, desired): (u32, u32), broken: bool) -> Observation {
        let trouble = Trouble {
            reason: "FailedCreate".into(),
            message: "quota".into(),
        };
        let fact = WorkloadFact {
            kind: Kind::Deployment,
            meta: Meta {
                namespace: "shop".into(),
                name: name.into(),
                uid: name.into(),
                ..Meta::default()
            },
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
            troubles: if broken { vec![trouble] } else { Vec::new() },
            complete: false,
            mentions: Vec::new(),
            parameters: std::sync::Arc::default(),
        };
        Observation::Seen {
            scope: Scope {
                source: "kubernetes".into(),
                kind: Kind::Deployment,
                namespace: None,
            },
            fact: Arc::new(Fact::Workload(Box::new(fact))),
        }
    }

    fn names(model: &Model, only_broken: bool) -> Vec<Text> {
        let wanted = Wanted {
            model,
            choice: &NamespaceChoice::one("shop"),
            filter: &Filter::default(),
            only_broken,
            order: Order::Problems,
            folds: &Folds::default(),
        };
        let of_type = |row: Row| match row.id {
            RowId::Element(ElementKey::Type(key)) => Some(key.name),
            _ => None,
        };
        wanted.rows().into_iter().filter_map(of_type).collect()
    }

    #[test]
    fn what_fails_or_is_down_is_a_problem_too() {
        let mut model = Model::new("test", Vec::new());
        let link = |callee: &str, errors| Link {
            caller: "edge".into(),
            callee: callee.into(),
            calls: 100,
            errors,
        };
        let batch = vec![
            workload("a-fine", (2, 2), false),
            workload("b-off", (0, 0), false),
            workload("c-down", (0, 2), false),
            workload("d-fails", (2, 2), false),
            workload("e-broken", (1, 2), true),
            workload("f-starts", (1, 2), false),
            Observation::Links(Links {
                source: "zipkin".into(),
                span: Span::Recent,
                window_ms: 60_000,
                ends: Timestamp::UNIX_EPOCH,
                links: vec![link("a-fine", 4), link("d-fails", 5)],
            }),
        ];
        model.apply(batch, Timestamp::UNIX_EPOCH);
        let broken = ["e-broken", "d-fails", "c-down"];
        assert_eq!(names(&model, true), broken.map(Text::from));
        let all = [
            "e-broken", "d-fails", "c-down", "f-starts", "a-fine", "b-off",
        ];
        assert_eq!(names(&model, false), all.map(Text::from));
    }
}
