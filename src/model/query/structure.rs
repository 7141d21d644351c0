//! What contains what: tenants, types, components, Services, machines.

use std::sync::Arc;

use crate::model::Model;
use crate::model::element::{Component, ComponentType, Element, Ingress, Machine, Service, Tenant};
use crate::model::graph::{Relation, Sort};
use crate::model::key::{ElementKey, TypeKey};
use crate::model::observation::Way;
use crate::model::text::Text;

impl Model {
    /// The element of a key.
    #[must_use]
    pub fn get(&self, key: &ElementKey) -> Option<&Element> {
        self.graph.get(key).map(|e| &**e)
    }

    /// A component type.
    #[must_use]
    pub fn component_type(&self, key: &TypeKey) -> Option<&ComponentType> {
        match self.get(&ElementKey::Type(key.clone()))? {
            Element::Type(e) => Some(e),
            _ => None,
        }
    }

    /// Tenants in the order of their names.
    pub fn tenants(&self) -> impl Iterator<Item = &Tenant> {
        self.graph.of(Sort::Tenants).filter_map(|e| match &**e {
            Element::Tenant(e) => Some(e),
            _ => None,
        })
    }

    /// Component types in the order of their keys.
    pub fn types(&self) -> impl Iterator<Item = &ComponentType> {
        self.graph.of(Sort::Types).filter_map(|e| match &**e {
            Element::Type(e) => Some(&**e),
            _ => None,
        })
    }

    /// All components, in the order of their uids.
    pub fn components(&self) -> impl Iterator<Item = &Component> {
        self.graph.of(Sort::Components).filter_map(|e| match &**e {
            Element::Component(e) => Some(&**e),
            _ => None,
        })
    }

    /// All Services, by namespace and name.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.graph.of(Sort::Services).filter_map(|e| match &**e {
            Element::Service(e) => Some(&**e),
            _ => None,
        })
    }

    /// All Ingresses, by namespace and name.
    pub fn ingresses(&self) -> impl Iterator<Item = &Ingress> {
        self.graph.of(Sort::Ingresses).filter_map(|e| match &**e {
            Element::Ingress(e) => Some(e),
            _ => None,
        })
    }

    /// Machines in the order of their names.
    pub fn machines(&self) -> impl Iterator<Item = &Machine> {
        self.graph.of(Sort::Nodes).filter_map(|e| match &**e {
            Element::Node(e) => Some(e),
            _ => None,
        })
    }

    /// The components of a type, in the order of their names.
    #[must_use]
    pub fn components_of(&self, key: &TypeKey) -> Vec<&Component> {
        let mut found: Vec<&Component> = self
            .graph
            .origins(&ElementKey::Type(key.clone()), Relation::InstanceOf)
            .filter_map(component)
            .collect();
        found.sort_by(|a, b| (&a.name, &a.uid).cmp(&(&b.name, &b.uid)));
        found
    }

    /// The components on a machine, by namespace and name.
    #[must_use]
    pub fn components_on(&self, node: &Text) -> Vec<&Component> {
        let mut found: Vec<&Component> = self
            .graph
            .origins(&ElementKey::node(node), Relation::On)
            .filter_map(component)
            .collect();
        found.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        found
    }

    /// The Services that lead to a type, in the order of their names.
    #[must_use]
    pub fn services_of(&self, key: &TypeKey) -> Vec<&Service> {
        let mut found: Vec<&Service> = self
            .graph
            .origins(&ElementKey::Type(key.clone()), Relation::LeadsTo)
            .filter_map(|e| match &**e {
                Element::Service(e) => Some(&**e),
                _ => None,
            })
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// The element of a key's nearest type: itself, or the type that a component is an instance of.
    #[must_use]
    pub fn type_of(&self, key: &ElementKey) -> Option<TypeKey> {
        match self.get(key)? {
            Element::Type(e) => Some(e.key.clone()),
            Element::Component(e) => Some(e.of.clone()),
            Element::Service(e) => e.leads_to.first().cloned(),
            _ => None,
        }
    }

    /// The element that a Kubernetes object of this kind, namespace and name is, where it is one.
    #[must_use]
    pub fn find_object(
        &self,
        kind: &str,
        namespace: &Text,
        name: &Text,
        uid: &Text,
    ) -> Option<ElementKey> {
        let key = match kind {
            "Pod" => ElementKey::component(uid),
            "Node" => ElementKey::node(name),
            "Namespace" => ElementKey::tenant(name),
            "Service" | "EndpointSlice" | "Endpoints" => ElementKey::service(namespace, name),
            "Ingress" => ElementKey::ingress(namespace, name),
            "HTTPRoute" => ElementKey::way(namespace, name, Way::HttpRoute),
            "GRPCRoute" => ElementKey::way(namespace, name, Way::GrpcRoute),
            // A ReplicaSet or Job that is owned stands for its topmost owner.
            _ => match self.index.owner_of(uid) {
                Some(top) => ElementKey::Type(top.clone()),
                None => ElementKey::Type(TypeKey::new(namespace, kind, name)),
            },
        };
        self.graph.get(&key).map(|_| key)
    }
}

fn component(element: &Arc<Element>) -> Option<&Component> {
    match &**element {
        Element::Component(e) => Some(e),
        _ => None,
    }
}
