//! Annotations: what an analysis writes beside the architecture (issues, whom they touch, what could be done
//! about them, with what, and its own notes). Nothing fills them yet: a projection has none.

use serde::{Deserialize, Serialize};

use super::object::{Class, Object};
use super::uid::Uid;
use crate::model::text::Text;

/// The part that all annotations share: CompArch's abstract `Annotation`, embedded in each of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Annotation {
    /// Its uid.
    pub uid: Uid,
    /// Its name.
    pub name: Option<Text>,
    /// What it is: of an issue, the sort of trouble; of an impact, what the element is to it.
    #[serde(rename = "type")]
    pub kind: Text,
    /// In words.
    pub description: Option<Text>,
}

impl Annotation {
    fn object(&self, class: Class, feature: &'static str) -> Object<'_> {
        Object::new(class, feature, &self.uid)
            .some("name", self.name.as_deref())
            .text("type", &self.kind)
            .some("description", self.description.as_deref())
    }
}

/// The working memory of an analysis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Annotations {
    /// Its uid.
    pub uid: Uid,
    /// What is wrong.
    pub issues: Vec<Issue>,
    /// What could be done.
    pub adaptation_strategies: Vec<AdaptationStrategy>,
    /// What the analysis notes.
    #[serde(rename = "workingdata")]
    pub working_data: Vec<WorkingData>,
}

impl Annotations {
    pub(super) fn object(&self) -> Object<'_> {
        let strategies = self.adaptation_strategies.iter();
        Object::new(Class::Annotations, "annotations", &self.uid)
            .holding(self.issues.iter().map(Issue::object))
            .holding(strategies.map(AdaptationStrategy::object))
            .holding(self.working_data.iter().map(WorkingData::object))
    }
}

/// Something that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// What all annotations have.
    #[serde(flatten)]
    pub annotation: Annotation,
    /// How much utility it costs.
    pub utility_drop: f64,
    /// Whom it touches: at least one.
    pub impacts: Vec<Impact>,
    /// What could be done about it.
    pub assigned_adaptation_strategies: Vec<Uid>,
}

impl Issue {
    fn object(&self) -> Object<'_> {
        self.annotation
            .object(Class::Issue, "issues")
            .double("utilityDrop", self.utility_drop)
            .many(
                "assignedAdaptationStrategies",
                &self.assigned_adaptation_strategies,
            )
            .holding(self.impacts.iter().map(Impact::object))
    }
}

/// Whom an issue touches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Impact {
    /// What all annotations have.
    #[serde(flatten)]
    pub annotation: Annotation,
    /// The element.
    pub architectural_element: Uid,
}

impl Impact {
    fn object(&self) -> Object<'_> {
        self.annotation
            .object(Class::Impact, "impacts")
            .one("architecturalElement", &self.architectural_element)
    }
}

/// What could be done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdaptationStrategy {
    /// What all annotations have.
    #[serde(flatten)]
    pub annotation: Annotation,
    /// How much utility it gives back.
    pub utility_increase: f64,
    /// What it costs.
    pub costs: f64,
    /// The issues that it is for: at least one.
    pub assigned_issues: Vec<Uid>,
    /// With what it would be done.
    pub input_parameters: Vec<InputParameter>,
}

impl AdaptationStrategy {
    fn object(&self) -> Object<'_> {
        self.annotation
            .object(Class::AdaptationStrategy, "adaptationStrategies")
            .double("utilityIncrease", self.utility_increase)
            .double("costs", self.costs)
            .many("assignedIssues", &self.assigned_issues)
            .holding(self.input_parameters.iter().map(InputParameter::object))
    }
}

/// An element that a strategy would be done with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InputParameter {
    /// What all annotations have.
    #[serde(flatten)]
    pub annotation: Annotation,
    /// The element.
    pub architectural_element: Uid,
}

impl InputParameter {
    fn object(&self) -> Object<'_> {
        self.annotation
            .object(Class::InputParameter, "inputParameters")
            .one("architecturalElement", &self.architectural_element)
    }
}

/// What an analysis notes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkingData {
    /// What all annotations have.
    #[serde(flatten)]
    pub annotation: Annotation,
    /// In what the value is.
    pub unit: Option<Text>,
    /// The value.
    pub value: Option<Text>,
    /// Whom it is about.
    pub concerned_elements: Vec<ConcernedElement>,
}

impl WorkingData {
    fn object(&self) -> Object<'_> {
        self.annotation
            .object(Class::WorkingData, "workingdata")
            .some("unit", self.unit.as_deref())
            .some("value", self.value.as_deref())
            .holding(self.concerned_elements.iter().map(ConcernedElement::object))
    }
}

/// An element that a note is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConcernedElement {
    /// What all annotations have.
    #[serde(flatten)]
    pub annotation: Annotation,
    /// The element.
    pub architectural_element: Uid,
}

impl ConcernedElement {
    fn object(&self) -> Object<'_> {
        self.annotation
            .object(Class::ConcernedElement, "concernedElements")
            .one("architecturalElement", &self.architectural_element)
    }
}
