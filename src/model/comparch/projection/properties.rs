//! Monitored properties: what is known or measured of an element and has no other place in CompArch.

use jiff::Timestamp;

use super::names;
use crate::model::comparch::element::ArchitecturalElement;
use crate::model::comparch::monitored_property::MonitoredProperty;
use crate::model::comparch::uid::Uid;
use crate::model::element::Reason;
use crate::model::key::ElementKey;

/// The property of a component that is no pod.
pub const STAND_IN: &str = "standIn";
/// The property of a provided interface that carries what was measured of its whole component type.
pub const SCOPE: &str = "scope";

/// What a value is.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    String,
    Integer,
    Number,
    Boolean,
    Time,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Time => "time",
        }
    }
}

/// What has no unit.
pub(super) const NONE: &str = "none";

/// The properties of one element.
pub(super) struct Properties {
    owner: Uid,
    pub(super) list: Vec<MonitoredProperty>,
}

impl Properties {
    pub(super) fn of(owner: &Uid) -> Self {
        Self {
            owner: owner.clone(),
            list: Vec::new(),
        }
    }

    /// A property of which the element has one.
    pub(super) fn add(
        &mut self,
        name: &str,
        kind: Kind,
        unit: &str,
        value: impl AsRef<str>,
        description: &str,
    ) {
        self.about(name, "", kind, unit, value, description);
    }

    /// A property of which the element may have several; `about` tells them apart.
    pub(super) fn about(
        &mut self,
        name: &str,
        about: &str,
        kind: Kind,
        unit: &str,
        value: impl AsRef<str>,
        description: &str,
    ) {
        let mut uid = self.owner.within("property", [name, about]);
        // Two sources of one name may measure the same.
        let mut again = 1;
        while self.list.iter().any(|other| other.element.uid == uid) {
            again += 1;
            uid = self
                .owner
                .within("property", [name, about, &again.to_string()]);
        }
        self.list.push(MonitoredProperty {
            element: ArchitecturalElement::new(uid),
            name: name.into(),
            kind: kind.word().into(),
            unit: unit.into(),
            description: Some(description).filter(|d| !d.is_empty()).map(Into::into),
            value: value.as_ref().into(),
            related_architectural_elements: Vec::new(),
        });
    }

    /// Says of all properties from a place on which component type they are about.
    pub(super) fn relate(&mut self, from: usize, to: &ElementKey) {
        let uid = names::component_type(to);
        for property in self.list.iter_mut().skip(from) {
            property.related_architectural_elements = vec![uid.clone()];
        }
    }

    pub(super) fn count(&mut self, name: &str, count: u64, unit: &str, description: &str) {
        self.add(name, Kind::Integer, unit, count.to_string(), description);
    }

    pub(super) fn text(&mut self, name: &str, value: &str, description: &str) {
        self.add(name, Kind::String, NONE, value, description);
    }

    pub(super) fn time(&mut self, name: &str, at: Option<Timestamp>, description: &str) {
        if let Some(at) = at {
            self.add(name, Kind::Time, NONE, at.to_string(), description);
        }
    }

    pub(super) fn reason(&mut self, reason: Option<&Reason>) {
        if let Some(reason) = reason {
            self.text(
                "reason",
                &reason.to_string(),
                "why it is not as it should be",
            );
        }
    }
}
