//! What the metamodel says of references: their opposites and how many there must be.

use super::object::Class;

/// A reference that contains nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The reference's name.
    pub name: &'static str,
    /// The class of what it names; `None` where any architectural element may stand.
    pub to: Option<Class>,
    /// The reference that leads back; `None` for the one that has none.
    pub back: Option<&'static str>,
    /// Fewest.
    pub least: usize,
    /// Most.
    pub most: usize,
}

const fn to(
    name: &'static str,
    to: Option<Class>,
    back: Option<&'static str>,
    (least, most): (usize, usize),
) -> Reference {
    Reference {
        name,
        to,
        back,
        least,
        most,
    }
}

const MANY: (usize, usize) = (0, usize::MAX);
const SOME: (usize, usize) = (1, usize::MAX);
const ONE: (usize, usize) = (1, 1);
const MAYBE: (usize, usize) = (0, 1);

/// What every architectural element may name.
const EVERY: [Reference; 3] = [
    to(
        "issueImpacts",
        Some(Class::Impact),
        Some("architecturalElement"),
        MANY,
    ),
    to(
        "strategyInputs",
        Some(Class::InputParameter),
        Some("architecturalElement"),
        MANY,
    ),
    to(
        "workingDataElements",
        Some(Class::ConcernedElement),
        Some("architecturalElement"),
        MANY,
    ),
];

impl Class {
    /// Whether it is an architectural element; the others are annotations.
    #[must_use]
    pub const fn is_architectural(self) -> bool {
        !matches!(
            self,
            Self::Annotations
                | Self::Issue
                | Self::Impact
                | Self::AdaptationStrategy
                | Self::InputParameter
                | Self::WorkingData
                | Self::ConcernedElement
        )
    }

    /// The references of the class that contain nothing.
    #[must_use]
    pub fn references(self) -> Vec<Reference> {
        let own = match self {
            Self::ComponentType => vec![
                to(
                    "requiredInterfaceTypes",
                    Some(Self::InterfaceType),
                    Some("requiringComponentTypes"),
                    MANY,
                ),
                to(
                    "providedInterfaceTypes",
                    Some(Self::InterfaceType),
                    Some("providingComponentTypes"),
                    SOME,
                ),
                to("instances", Some(Self::Component), Some("type"), MANY),
            ],
            Self::InterfaceType => vec![
                to(
                    "requiringComponentTypes",
                    Some(Self::ComponentType),
                    Some("requiredInterfaceTypes"),
                    MANY,
                ),
                to(
                    "providingComponentTypes",
                    Some(Self::ComponentType),
                    Some("providedInterfaceTypes"),
                    MANY,
                ),
                // Of two classes, and both lead back by `type`.
                to("instances", None, Some("type"), MANY),
            ],
            Self::MethodSpecification => vec![
                to("exceptions", Some(Self::Exception), Some("method"), MANY),
                to(
                    "performanceStats",
                    Some(Self::PerformanceStats),
                    Some("method"),
                    MANY,
                ),
            ],
            Self::ParameterType => vec![to("instances", Some(Self::Parameter), Some("type"), MANY)],
            Self::Component => vec![to(
                "type",
                Some(Self::ComponentType),
                Some("instances"),
                ONE,
            )],
            Self::Parameter => vec![to(
                "type",
                Some(Self::ParameterType),
                Some("instances"),
                ONE,
            )],
            Self::RequiredInterface => {
                vec![to(
                    "type",
                    Some(Self::InterfaceType),
                    Some("instances"),
                    ONE,
                )]
            }
            Self::ProvidedInterface => vec![
                to("type", Some(Self::InterfaceType), Some("instances"), ONE),
                to("connectors", Some(Self::Connector), Some("target"), MANY),
            ],
            Self::Connector => {
                vec![to(
                    "target",
                    Some(Self::ProvidedInterface),
                    Some("connectors"),
                    ONE,
                )]
            }
            Self::Exception => {
                vec![to(
                    "method",
                    Some(Self::MethodSpecification),
                    Some("exceptions"),
                    MAYBE,
                )]
            }
            Self::PerformanceStats => vec![to(
                "method",
                Some(Self::MethodSpecification),
                Some("performanceStats"),
                ONE,
            )],
            Self::MonitoredProperty => vec![to("relatedArchitecturalElements", None, None, MANY)],
            Self::Issue => vec![to(
                "assignedAdaptationStrategies",
                Some(Self::AdaptationStrategy),
                Some("assignedIssues"),
                MANY,
            )],
            Self::AdaptationStrategy => vec![to(
                "assignedIssues",
                Some(Self::Issue),
                Some("assignedAdaptationStrategies"),
                SOME,
            )],
            Self::Impact => vec![to("architecturalElement", None, Some("issueImpacts"), ONE)],
            Self::InputParameter => {
                vec![to(
                    "architecturalElement",
                    None,
                    Some("strategyInputs"),
                    ONE,
                )]
            }
            Self::ConcernedElement => {
                vec![to(
                    "architecturalElement",
                    None,
                    Some("workingDataElements"),
                    ONE,
                )]
            }
            Self::Architecture | Self::Tenant | Self::Annotations | Self::WorkingData => Vec::new(),
        };
        if self.is_architectural() {
            EVERY.into_iter().chain(own).collect()
        } else {
            own
        }
    }

    /// What an element of the class contains at least: the containment reference and how many.
    #[must_use]
    pub const fn contents(self) -> &'static [(&'static str, usize, usize)] {
        match self {
            Self::Architecture => &[("annotations", 0, 1)],
            Self::Component => &[("providedInterfaces", 1, usize::MAX)],
            Self::RequiredInterface => &[("connector", 0, 1)],
            Self::Issue => &[("impacts", 1, usize::MAX)],
            _ => &[],
        }
    }
}
