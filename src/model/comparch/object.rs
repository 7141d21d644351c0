//! One view of all classes: what an element's class, attributes, references and contained elements are, by
//! the metamodel's own names. The file is written and the invariants are checked from it.

use std::borrow::Cow;

use super::uid::Uid;

/// The classes of CompArch that can have instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// The root.
    Architecture,
    /// A development artefact that can be instantiated.
    ComponentType,
    /// What can be provided and required.
    InterfaceType,
    /// One operation of an interface type.
    MethodSpecification,
    /// A setting that a component type has.
    ParameterType,
    /// For whom components run.
    Tenant,
    /// An instance of a component type.
    Component,
    /// A setting of a component.
    Parameter,
    /// What a component needs.
    RequiredInterface,
    /// What a component offers.
    ProvidedInterface,
    /// From a required to a provided interface.
    Connector,
    /// What was thrown.
    Exception,
    /// How long a method took, and how often it was called.
    PerformanceStats,
    /// Something measured.
    MonitoredProperty,
    /// The working memory of an analysis.
    Annotations,
    /// Something that is wrong.
    Issue,
    /// Whom an issue touches.
    Impact,
    /// What could be done.
    AdaptationStrategy,
    /// With what it would be done.
    InputParameter,
    /// What an analysis notes.
    WorkingData,
    /// Whom a note is about.
    ConcernedElement,
}

/// One element, as the metamodel sees it.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    /// Its class.
    pub class: Class,
    /// The containment reference that it hangs on; empty for the root.
    pub feature: &'static str,
    /// Its uid.
    pub uid: &'a Uid,
    /// Attributes that are set and not the default, by name.
    pub attributes: Vec<(&'static str, Cow<'a, str>)>,
    /// References that contain nothing and are not empty, by name.
    pub references: Vec<(&'static str, Vec<&'a Uid>)>,
    /// What it contains, in the metamodel's order.
    pub children: Vec<Object<'a>>,
}

impl<'a> Object<'a> {
    /// An element with nothing but its uid.
    pub(super) const fn new(class: Class, feature: &'static str, uid: &'a Uid) -> Self {
        Self {
            class,
            feature,
            uid,
            attributes: Vec::new(),
            references: Vec::new(),
            children: Vec::new(),
        }
    }

    /// With an attribute.
    pub(super) fn text(mut self, name: &'static str, value: &'a str) -> Self {
        self.attributes.push((name, Cow::Borrowed(value)));
        self
    }

    /// With an attribute, where it is set.
    pub(super) fn some(self, name: &'static str, value: Option<&'a str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// With a number, unless it is the default 0.
    pub(super) fn double(mut self, name: &'static str, value: f64) -> Self {
        if value != 0.0 {
            self.attributes
                .push((name, Cow::Owned(format!("{value:?}"))));
        }
        self
    }

    /// With a whole number, unless it is the default 0.
    pub(super) fn long(mut self, name: &'static str, value: u64) -> Self {
        if value != 0 {
            self.attributes.push((name, Cow::Owned(value.to_string())));
        }
        self
    }

    /// With a reference to one element.
    pub(super) fn one(mut self, name: &'static str, uid: &'a Uid) -> Self {
        self.references.push((name, vec![uid]));
        self
    }

    /// With a reference to several elements.
    pub(super) fn many(mut self, name: &'static str, uids: &'a [Uid]) -> Self {
        if !uids.is_empty() {
            self.references.push((name, uids.iter().collect()));
        }
        self
    }

    /// With contained elements.
    pub(super) fn holding(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// The elements that a reference names.
    #[must_use]
    pub fn references(&self, name: &str) -> &[&'a Uid] {
        let found = self.references.iter().find(|(own, _)| *own == name);
        found.map_or(&[], |(_, uids)| uids)
    }

    /// Calls `visit` with it and everything that it contains, each with what contains it.
    pub fn walk<'s>(&'s self, visit: &mut impl FnMut(&'s Self, Option<&'s Self>)) {
        fn inner<'a, 's>(
            object: &'s Object<'a>,
            parent: Option<&'s Object<'a>>,
            visit: &mut impl FnMut(&'s Object<'a>, Option<&'s Object<'a>>),
        ) {
            visit(object, parent);
            for child in &object.children {
                inner(child, Some(object), visit);
            }
        }
        inner(self, None, visit);
    }
}
