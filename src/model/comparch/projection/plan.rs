//! What is projected: which elements become component types, with which instances and interfaces, and who
//! needs what.

use std::collections::{BTreeMap, BTreeSet};

use super::OUTSIDE;
use super::names::{self, Way};
use crate::model::Model;
use crate::model::comparch::uid::Uid;
use crate::model::element::{
    Call, Component, ComponentState, ComponentType, Declared, Element, External, Service,
};
use crate::model::export::touches;
use crate::model::interfaces::OperationUse;
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;
use crate::model::text::Text;

/// The whole plan.
pub(super) struct Plan<'a> {
    pub(super) model: &'a Model,
    pub(super) choice: &'a NamespaceChoice,
    /// Whether what changes by the second is projected.
    pub(super) telemetry: bool,
    /// What becomes a component type.
    pub(super) ends: BTreeMap<ElementKey, End<'a>>,
    /// Who needs whom, and how: caller, callee.
    pub(super) needs: BTreeMap<ElementKey, BTreeMap<ElementKey, Need<'a>>>,
}

/// What becomes a component type.
pub(super) struct End<'a> {
    pub(super) what: What<'a>,
    /// At least one.
    pub(super) instances: Vec<Instance<'a>>,
    /// Its interface types, at least one: methods by name, with their usage.
    pub(super) offers: BTreeMap<Way, BTreeMap<&'a Text, Vec<&'a OperationUse>>>,
}

/// What it is in the model.
pub(super) enum What<'a> {
    Type(&'a ComponentType),
    Service(&'a Service),
    /// Something outside; its element, where the model has one.
    Outside(Text, Option<&'a External>),
}

/// An instance of a component type.
#[derive(Clone, Copy)]
pub(super) enum Instance<'a> {
    Pod(&'a Component),
    /// No pod is there, or none can be.
    StandIn(ComponentState),
}

/// What one component type needs of another.
#[derive(Default)]
pub(super) struct Need<'a> {
    /// The interface types, at least one once the plan is made.
    pub(super) ways: BTreeSet<Way>,
    /// Calls that the tracing server counted.
    pub(super) call: Option<&'a Call>,
    /// Whether traces showed it.
    pub(super) is_sampled: bool,
    /// What configuration says.
    pub(super) declared: Option<&'a Declared>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(model: &'a Model, choice: &'a NamespaceChoice, telemetry: bool) -> Self {
        let mut plan = Self {
            model,
            choice,
            telemetry,
            ends: BTreeMap::new(),
            needs: BTreeMap::new(),
        };
        for ty in model.types().filter(|t| choice.covers(&t.key.namespace)) {
            plan.end(&ElementKey::Type(ty.key.clone()));
        }
        let links = model.graph().links();
        for (_, link) in links {
            plan.link(link);
        }
        for used in model.interfaces().uses() {
            plan.operation(used);
        }
        plan.complete();
        plan
    }

    /// The component type of a key, made where it is not there yet.
    fn end(&mut self, key: &ElementKey) -> &mut End<'a> {
        let model = self.model;
        let end = self.ends.entry(key.clone());
        end.or_insert_with(|| End::new(model, key))
    }

    fn need(&mut self, caller: &ElementKey, callee: &ElementKey) -> &mut Need<'a> {
        self.end(caller);
        self.end(callee);
        let needs = self.needs.entry(caller.clone()).or_default();
        needs.entry(callee.clone()).or_default()
    }

    fn link(&mut self, link: &'a Element) {
        match link {
            Element::Call(call) if touches(self.choice, &call.caller, &call.callee) => {
                self.need(&call.caller, &call.callee).call = Some(call);
            }
            // A way in is no component: it is told as a property of what it leads to. A permission is no need.
            Element::Declared(link)
                if matches!(link.caller, ElementKey::Type(_))
                    && !link.is_only_allowed()
                    && touches(self.choice, &link.caller, &link.callee) =>
            {
                self.need(&link.caller, &link.callee).declared = Some(link);
            }
            _ => {}
        }
    }

    fn operation(&mut self, used: &'a OperationUse) {
        let caller = used.caller.as_ref();
        if !touches(self.choice, caller.unwrap_or(&used.callee), &used.callee) {
            return;
        }
        let offer = self.end(&used.callee).offers.entry(used.protocol);
        let methods = offer.or_default().entry(&used.operation);
        methods.or_default().push(used);
        if let Some(caller) = caller {
            let need = self.need(caller, &used.callee);
            need.ways.insert(used.protocol);
            need.is_sampled = true;
        }
    }

    /// What nothing told more of is `unspecified`.
    fn complete(&mut self) {
        for needs in self.needs.values_mut() {
            for (callee, need) in needs {
                if need.ways.is_empty() {
                    need.ways.insert(None);
                }
                if let Some(end) = self.ends.get_mut(callee) {
                    for way in &need.ways {
                        end.offers.entry(*way).or_default();
                    }
                }
            }
        }
        for end in self.ends.values_mut().filter(|e| e.offers.is_empty()) {
            end.offers.insert(None, BTreeMap::new());
        }
    }

    /// What a component type needs.
    pub(super) fn needs_of(
        &self,
        caller: &ElementKey,
    ) -> impl Iterator<Item = (&ElementKey, &Need<'a>)> {
        self.needs.get(caller).into_iter().flatten()
    }
}

impl<'a> End<'a> {
    fn new(model: &'a Model, key: &ElementKey) -> Self {
        let what = What::of(model, key);
        let pods = match &what {
            What::Type(e) => model.components_of(&e.key),
            _ => Vec::new(),
        };
        let mut instances: Vec<Instance<'a>> = pods.into_iter().map(Instance::Pod).collect();
        if instances.is_empty() {
            instances.push(Instance::StandIn(what.state(model)));
        }
        Self {
            what,
            instances,
            offers: BTreeMap::new(),
        }
    }

    /// The tenant of its instances.
    pub(super) fn tenant(&self) -> Text {
        match &self.what {
            What::Type(e) => e.key.namespace.clone(),
            What::Service(e) => e.namespace.clone(),
            What::Outside(..) => OUTSIDE.into(),
        }
    }

    pub(super) fn name(&self) -> Text {
        match &self.what {
            What::Type(e) => e.key.name.clone(),
            What::Service(e) => e.name.clone(),
            What::Outside(name, _) => name.clone(),
        }
    }

    /// The instances that others are connected to, by their places.
    pub(super) fn targets(&self) -> Vec<usize> {
        let of = |is_one: fn(ComponentState) -> bool| -> Vec<usize> {
            let instances = self.instances.iter().enumerate();
            let found = instances.filter(|(_, instance)| is_one(instance.state()));
            found.map(|(at, _)| at).collect()
        };
        let started = of(|state| state == ComponentState::Started);
        if started.is_empty() {
            of(|state| state != ComponentState::Undeployed)
        } else {
            started
        }
    }

    /// The instance that carries what was measured of all of them.
    pub(super) fn carrier(&self) -> usize {
        let mut states = self.instances.iter().map(Instance::state);
        let started = states.position(|state| state == ComponentState::Started);
        started.unwrap_or_default()
    }
}

impl<'a> What<'a> {
    fn of(model: &'a Model, key: &ElementKey) -> Self {
        match model.get(key) {
            Some(Element::Type(e)) => Self::Type(e),
            Some(Element::Service(e)) => Self::Service(e),
            Some(Element::External(e)) => Self::Outside(e.name.clone(), Some(e)),
            _ => match key {
                ElementKey::External { name } => Self::Outside(name.clone(), None),
                key => Self::Outside(key.to_string().into(), None),
            },
        }
    }

    /// The state of a stand-in.
    fn state(&self, model: &Model) -> ComponentState {
        let is_known_empty = match self {
            Self::Type(e) => model.knows_components(&e.key.namespace),
            Self::Service(e) => e.is_empty(),
            Self::Outside(..) => false,
        };
        if is_known_empty {
            ComponentState::Undeployed
        } else {
            ComponentState::Unknown
        }
    }
}

impl Instance<'_> {
    pub(super) const fn state(&self) -> ComponentState {
        match self {
            Self::Pod(pod) => pod.state,
            Self::StandIn(state) => *state,
        }
    }

    pub(super) fn uid(&self, of: &ElementKey) -> Uid {
        match self {
            Self::Pod(pod) => names::component(of, Some(&pod.uid)),
            Self::StandIn(_) => names::component(of, None),
        }
    }
}
