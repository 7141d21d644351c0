//! Whether an architecture is one: what the metamodel demands, and what its own tools demand beside it.
//!
//! These are statements about our structure, so they must always hold; what the observed world does wrong is a
//! finding and no violation. One demand of CompArch's tools is not made: that a connector stays within one
//! tenant. Between namespaces there are calls.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use super::architecture::Architecture;
use super::object::{Class, Object};
use super::uid::Uid;

/// Something that must hold and does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The element.
    pub uid: Uid,
    /// What does not hold.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.uid, self.what)
    }
}

/// Everything that does not hold; empty for an architecture that was projected.
#[must_use]
pub fn validate(architecture: &Architecture) -> Vec<Violation> {
    let root = architecture.object();
    let mut check = Check::of(&root);
    check.every();
    check.found
}

/// An element with what contains it.
struct Place<'o> {
    object: &'o Object<'o>,
    parent: Option<&'o Object<'o>>,
    /// Every reference of it, for asking back.
    names: HashSet<(&'static str, &'o Uid)>,
}

struct Check<'o> {
    places: BTreeMap<&'o Uid, Place<'o>>,
    found: Vec<Violation>,
}

impl<'o> Check<'o> {
    fn of(root: &'o Object<'o>) -> Self {
        let mut check = Self {
            places: BTreeMap::new(),
            found: Vec::new(),
        };
        root.walk(&mut |object, parent| {
            let names = object.references.iter();
            let names = names.flat_map(|(name, uids)| uids.iter().map(|uid| (*name, *uid)));
            let place = Place {
                object,
                parent,
                names: names.collect(),
            };
            if object.uid.as_str().is_empty() {
                check.violation(object.uid, "it has no uid".to_owned());
            }
            if check.places.insert(object.uid, place).is_some() {
                check.violation(object.uid, "two elements have this uid".to_owned());
            }
        });
        check
    }

    fn violation(&mut self, uid: &Uid, what: String) {
        let uid = uid.clone();
        self.found.push(Violation { uid, what });
    }

    fn every(&mut self) {
        let mut found = Vec::new();
        for place in self.places.values() {
            let mut say = |what: String| {
                let uid = place.object.uid.clone();
                found.push(Violation { uid, what });
            };
            self.references(place.object, &mut say);
            contents(place.object, &mut say);
            self.sense(place, &mut say);
        }
        self.found.extend(found);
    }

    /// Each reference leads to something of the right class, which leads back; and there are enough of them.
    fn references(&self, object: &Object<'_>, say: &mut impl FnMut(String)) {
        for reference in object.class.references() {
            let name = reference.name;
            let uids = object.references(name);
            if !(reference.least..=reference.most).contains(&uids.len()) {
                say(format!("{name} names {}", uids.len()));
            }
            if uids.iter().collect::<HashSet<_>>().len() != uids.len() {
                say(format!("{name} names something twice"));
            }
            for uid in uids {
                let Some(place) = self.places.get(uid) else {
                    say(format!("{name} names {uid}, which is not there"));
                    continue;
                };
                let class = place.object.class;
                let is_right = match reference.to {
                    Some(to) => class == to,
                    None => class.is_architectural(),
                };
                if !is_right {
                    say(format!("{name} names a {class:?}"));
                }
                let leads_back = |back| place.names.contains(&(back, object.uid));
                if reference.back.is_some_and(|back| !leads_back(back)) {
                    say(format!("{name} names {uid}, which does not lead back"));
                }
            }
        }
    }

    fn one(&self, object: &Object<'o>, name: &str) -> Option<&Place<'o>> {
        self.places.get(object.references(name).first()?)
    }

    /// What the classes mean to each other.
    fn sense(&self, place: &Place<'_>, say: &mut impl FnMut(String)) {
        let object = place.object;
        let same = |a: Option<&Place<'_>>, b: Option<&Place<'_>>| {
            a.map(|p| p.object.uid) == b.map(|p| p.object.uid)
        };
        match (object.class, place.parent) {
            (Class::Connector, Some(source)) => {
                let target = self.one(object, "target").map(|p| p.object);
                let target = target.and_then(|target| self.one(target, "type"));
                if !same(self.one(source, "type"), target) {
                    say("it joins interfaces of two types".to_owned());
                }
            }
            (Class::RequiredInterface | Class::ProvidedInterface, Some(component)) => {
                let list = if object.class == Class::RequiredInterface {
                    "requiredInterfaceTypes"
                } else {
                    "providedInterfaceTypes"
                };
                let of = self.one(component, "type").map(|p| p.object);
                let own = object.references("type").first();
                let is_listed =
                    of.is_some_and(|of| own.is_some_and(|own| of.references(list).contains(own)));
                if !is_listed {
                    say(format!("its type is not among its component type's {list}"));
                }
            }
            (Class::Exception | Class::PerformanceStats, Some(interface)) => {
                let method = self.one(object, "method").and_then(|m| m.parent);
                let of = self.one(interface, "type").map(|p| p.object.uid);
                if method.map(|m| m.uid) != of {
                    say("its method is of another interface type".to_owned());
                }
            }
            (Class::Parameter, Some(component)) => {
                let of = self.one(object, "type").and_then(|p| p.parent);
                let component_type = self.one(component, "type").map(|p| p.object.uid);
                if of.map(|o| o.uid) != component_type {
                    say("its type is of another component type".to_owned());
                }
            }
            (Class::Component, parent) if parent.is_none_or(|p| p.class != Class::Tenant) => {
                say("it has no tenant".to_owned());
            }
            _ => {}
        }
    }
}

/// Whether it contains as much as it must.
fn contents(object: &Object<'_>, say: &mut impl FnMut(String)) {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for child in &object.children {
        *counts.entry(child.feature).or_default() += 1;
    }
    for (name, least, most) in object.class.contents() {
        let count = counts.get(name).copied().unwrap_or_default();
        if !(*least..=*most).contains(&count) {
            say(format!("it contains {count} {name}"));
        }
    }
}
