//! What sources measured, kept under the names of whom it is about.
//!
//! Who that is in the graph is looked up when somebody asks, so the order in which readings and facts come
//! does not matter, and readings make no changes: they move with every answer.

use std::collections::{BTreeMap, HashMap};

use super::Model;
use super::element::Element;
use super::key::ElementKey;
use super::observation::{Readings, Subject};
use super::property::Property;
use super::text::Text;

/// Most readings of one part of a source: two of each container of the largest clusters. More are left out.
const LIMIT: usize = 400_000;

/// A source and its part.
type Part = (Text, Text);

/// All readings, each part whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    by_subject: HashMap<Subject, Entry>,
    parts: BTreeMap<Part, Vec<Subject>>,
}

/// What is known of one subject: properties by name, and beside each the part that told it.
#[derive(Clone, Debug, Default)]
struct Entry {
    properties: Vec<Property>,
    tellers: Vec<Part>,
}

impl Table {
    /// Replaces what one part measured.
    pub(super) fn read(&mut self, readings: Readings) {
        self.forget(&readings.source, &readings.part);
        let part = (readings.source, readings.part);
        let mut subjects = Vec::with_capacity(readings.readings.len().min(LIMIT));
        for reading in readings.readings.into_iter().take(LIMIT) {
            let entry = self.by_subject.entry(reading.subject.clone()).or_default();
            entry.put(reading.property, &part);
            if subjects.last() != Some(&reading.subject) {
                subjects.push(reading.subject);
            }
        }
        self.parts.insert(part, subjects);
    }

    /// Forgets what one part measured.
    pub(super) fn forget(&mut self, source: &Text, part: &Text) {
        let part = (source.clone(), part.clone());
        for subject in self.parts.remove(&part).into_iter().flatten() {
            if let Some(entry) = self.by_subject.get_mut(&subject) {
                entry.take(&part);
                if entry.properties.is_empty() {
                    self.by_subject.remove(&subject);
                }
            }
        }
    }

    fn of(&self, subject: &Subject) -> &[Property] {
        let entry = self.by_subject.get(subject);
        entry.map_or(&[], |entry| &entry.properties)
    }

    /// Entries of all tables together.
    pub(super) fn footprint(&self) -> usize {
        let properties = self.by_subject.values().map(|e| 1 + e.properties.len());
        let subjects = self.parts.values().map(|s| 1 + s.len());
        properties.chain(subjects).sum()
    }
}

impl Entry {
    /// By name and teller, so that the order in which parts tell does not matter.
    fn put(&mut self, property: Property, part: &Part) {
        let place = (&property.name, part);
        let at = self
            .properties
            .iter()
            .zip(&self.tellers)
            .position(|(known, teller)| (&known.name, teller) > place)
            .unwrap_or(self.properties.len());
        self.properties.insert(at, property);
        self.tellers.insert(at, part.clone());
    }

    fn take(&mut self, part: &Part) {
        let mut stays = self.tellers.iter().map(|teller| teller != part);
        self.properties.retain(|_| stays.next().unwrap_or(true));
        self.tellers.retain(|teller| teller != part);
    }
}

impl Model {
    /// What sources measured on an element, by name. What was measured on a pod of the same name before this
    /// one was there is not its own.
    #[must_use]
    pub fn properties(&self, key: &ElementKey) -> &[Property] {
        let Some(subject) = self.subject(key) else {
            return &[];
        };
        self.own(key, self.readings.of(&subject))
    }

    /// What sources measured on one container of a component, by name; nothing where it has no other one:
    /// then it is the component's.
    #[must_use]
    pub fn container_properties(&self, key: &ElementKey, container: &Text) -> &[Property] {
        let Some(Subject::Pod { namespace, name }) = self.subject(key) else {
            return &[];
        };
        let subject = Subject::Container {
            namespace,
            pod: name,
            name: container.clone(),
        };
        self.own(key, self.readings.of(&subject))
    }

    /// What one part of a source measured last, with whom it is about, in its order; `None` where it has
    /// measured nothing, or too long ago.
    #[must_use]
    pub fn readings(&self, source: &Text, part: &Text) -> Option<Vec<(&Subject, &Property)>> {
        let part = (source.clone(), part.clone());
        let subjects = self.readings.parts.get(&part)?;
        let mut told = Vec::new();
        let mut last = None;
        for subject in subjects {
            if last.replace(subject) == Some(subject) {
                continue;
            }
            let entry = self.readings.by_subject.get(subject);
            let all = entry
                .into_iter()
                .flat_map(|e| e.properties.iter().zip(&e.tellers));
            let own = all.filter(|(_, teller)| **teller == part);
            told.extend(own.map(|(property, _)| (subject, property)));
        }
        Some(told)
    }

    /// Whether anything is measured at all.
    #[must_use]
    pub fn is_measured(&self) -> bool {
        !self.readings.parts.is_empty()
    }

    /// Whether any part of a source has measured something that is not too old.
    #[must_use]
    pub fn is_measured_by(&self, source: &str) -> bool {
        self.readings.parts.keys().any(|(own, _)| **own == *source)
    }

    /// The element that a subject is; `None` where the model has none of its names.
    #[must_use]
    pub fn element_of(&self, subject: &Subject) -> Option<&Element> {
        let key = match subject {
            Subject::Type { key } => ElementKey::Type(key.clone()),
            Subject::Service { namespace, name } => ElementKey::service(namespace, name),
            Subject::Node { name } => ElementKey::node(name),
            Subject::Pod { namespace, name }
            | Subject::Container {
                namespace,
                pod: name,
                ..
            } => {
                let mut pods = self.components();
                let found = pods.find(|p| p.namespace == *namespace && p.name == *name)?;
                ElementKey::component(&found.uid)
            }
        };
        self.get(&key)
    }

    /// The first of those whom one part of a source measured and who are not in the model: not yet, not in the
    /// chosen namespaces, or not under that name.
    #[must_use]
    pub fn unplaced(&self, source: &Text, part: &Text) -> Option<&Subject> {
        let subjects = self.readings.parts.get(&(source.clone(), part.clone()))?;
        subjects.iter().find(|s| self.element_of(s).is_none())
    }

    fn subject(&self, key: &ElementKey) -> Option<Subject> {
        Some(match key {
            ElementKey::Component { .. } => match self.get(key)? {
                Element::Component(e) => Subject::Pod {
                    namespace: e.namespace.clone(),
                    name: e.name.clone(),
                },
                _ => return None,
            },
            ElementKey::Type(key) => Subject::Type { key: key.clone() },
            ElementKey::Service { namespace, name } => Subject::Service {
                namespace: namespace.clone(),
                name: name.clone(),
            },
            ElementKey::Node { name } => Subject::Node { name: name.clone() },
            _ => return None,
        })
    }

    fn own<'a>(&self, key: &ElementKey, measured: &'a [Property]) -> &'a [Property] {
        let created = match self.get(key) {
            Some(Element::Component(e)) => e.created,
            Some(_) => None,
            // Not there any more, or not yet.
            None => return &[],
        };
        match created {
            Some(created) if measured.iter().any(|p| p.at < created) => &[],
            _ => measured,
        }
    }
}
