//! The metamodel's table: of each class what attributes, references and contents it has, and how many.
//! Written down here by itself, so that the program is not held against its own words.

/// A feature: name, what it is, fewest and most (`None`: any number).
pub type Feature = (&'static str, Is, usize, Option<usize>);

/// What a feature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    Text,
    Double,
    Long,
    State,
    /// It contains elements of this class.
    Holds(&'static str),
    /// It names elements of this class or one below it; with the name of the feature that leads back.
    Names(&'static str, &'static str),
}

use Is::{Double, Holds, Long, Names, State, Text};

const ANY: Option<usize> = None;
const ONE: Option<usize> = Some(1);

/// Class, the abstract class above it, its own features.
pub const CLASSES: [(&str, &str, &[Feature]); 24] = [
    (
        "ArchitecturalElement",
        "",
        &[
            ("uid", Text, 1, ONE),
            ("criticality", Double, 0, ONE),
            ("monitoredProperties", Holds("MonitoredProperty"), 0, ANY),
            (
                "issueImpacts",
                Names("Impact", "architecturalElement"),
                0,
                ANY,
            ),
            (
                "strategyInputs",
                Names("InputParameter", "architecturalElement"),
                0,
                ANY,
            ),
            (
                "workingDataElements",
                Names("ConcernedElement", "architecturalElement"),
                0,
                ANY,
            ),
        ],
    ),
    (
        "Architecture",
        "ArchitecturalElement",
        &[
            ("name", Text, 0, ONE),
            ("componentTypes", Holds("ComponentType"), 0, ANY),
            ("interfaceTypes", Holds("InterfaceType"), 0, ANY),
            ("tenants", Holds("Tenant"), 0, ANY),
            ("annotations", Holds("Annotations"), 0, ONE),
        ],
    ),
    (
        "ComponentType",
        "ArchitecturalElement",
        &[
            ("name", Text, 1, ONE),
            ("reliability", Double, 0, ONE),
            (
                "requiredInterfaceTypes",
                Names("InterfaceType", "requiringComponentTypes"),
                0,
                ANY,
            ),
            (
                "providedInterfaceTypes",
                Names("InterfaceType", "providingComponentTypes"),
                1,
                ANY,
            ),
            ("parameterTypes", Holds("ParameterType"), 0, ANY),
            ("instances", Names("Component", "type"), 0, ANY),
        ],
    ),
    (
        "InterfaceType",
        "ArchitecturalElement",
        &[
            ("fqName", Text, 1, ONE),
            (
                "requiringComponentTypes",
                Names("ComponentType", "requiredInterfaceTypes"),
                0,
                ANY,
            ),
            (
                "providingComponentTypes",
                Names("ComponentType", "providedInterfaceTypes"),
                0,
                ANY,
            ),
            ("methodSpecifications", Holds("MethodSpecification"), 0, ANY),
            ("instances", Names("Interface", "type"), 0, ANY),
        ],
    ),
    (
        "MethodSpecification",
        "ArchitecturalElement",
        &[
            ("signature", Text, 1, ONE),
            ("exceptions", Names("Exception", "method"), 0, ANY),
            (
                "performanceStats",
                Names("PerformanceStats", "method"),
                0,
                ANY,
            ),
        ],
    ),
    (
        "ParameterType",
        "ArchitecturalElement",
        &[
            ("name", Text, 1, ONE),
            ("type", Text, 1, ONE),
            ("defaultValue", Text, 1, ONE),
            ("instances", Names("Parameter", "type"), 0, ANY),
        ],
    ),
    (
        "Tenant",
        "ArchitecturalElement",
        &[
            ("name", Text, 1, ONE),
            ("components", Holds("Component"), 0, ANY),
        ],
    ),
    (
        "Component",
        "ArchitecturalElement",
        &[
            ("name", Text, 0, ONE),
            // It has a default, so that it may be left out.
            ("state", State, 0, ONE),
            ("type", Names("ComponentType", "instances"), 1, ONE),
            ("parameters", Holds("Parameter"), 0, ANY),
            ("requiredInterfaces", Holds("RequiredInterface"), 0, ANY),
            ("providedInterfaces", Holds("ProvidedInterface"), 1, ANY),
        ],
    ),
    (
        "Parameter",
        "ArchitecturalElement",
        &[
            ("value", Text, 1, ONE),
            ("type", Names("ParameterType", "instances"), 1, ONE),
        ],
    ),
    (
        "Interface",
        "ArchitecturalElement",
        &[("type", Names("InterfaceType", "instances"), 1, ONE)],
    ),
    (
        "RequiredInterface",
        "Interface",
        &[("connector", Holds("Connector"), 0, ONE)],
    ),
    (
        "ProvidedInterface",
        "Interface",
        &[
            ("connectors", Names("Connector", "target"), 0, ANY),
            ("exceptions", Holds("Exception"), 0, ANY),
            ("performanceStats", Holds("PerformanceStats"), 0, ANY),
        ],
    ),
    (
        "Connector",
        "ArchitecturalElement",
        &[
            ("name", Text, 0, ONE),
            ("target", Names("ProvidedInterface", "connectors"), 1, ONE),
        ],
    ),
    (
        "Exception",
        "ArchitecturalElement",
        &[
            ("type", Text, 1, ONE),
            ("message", Text, 0, ONE),
            ("stackTrace", Text, 0, ONE),
            ("method", Names("MethodSpecification", "exceptions"), 0, ONE),
        ],
    ),
    (
        "PerformanceStats",
        "ArchitecturalElement",
        &[
            ("minTime", Long, 0, ONE),
            ("maxTime", Long, 0, ONE),
            ("totalTime", Long, 0, ONE),
            ("invocationCount", Long, 0, ONE),
            (
                "method",
                Names("MethodSpecification", "performanceStats"),
                1,
                ONE,
            ),
        ],
    ),
    (
        "MonitoredProperty",
        "ArchitecturalElement",
        &[
            ("name", Text, 1, ONE),
            ("type", Text, 1, ONE),
            ("unit", Text, 1, ONE),
            ("description", Text, 0, ONE),
            ("value", Text, 1, ONE),
            (
                "relatedArchitecturalElements",
                Names("ArchitecturalElement", ""),
                0,
                ANY,
            ),
        ],
    ),
    (
        "Annotations",
        "",
        &[
            ("uid", Text, 0, ONE),
            ("issues", Holds("Issue"), 0, ANY),
            ("adaptationStrategies", Holds("AdaptationStrategy"), 0, ANY),
            ("workingdata", Holds("WorkingData"), 0, ANY),
        ],
    ),
    (
        "Annotation",
        "",
        &[
            ("uid", Text, 1, ONE),
            ("name", Text, 0, ONE),
            ("type", Text, 1, ONE),
            ("description", Text, 0, ONE),
        ],
    ),
    (
        "Issue",
        "Annotation",
        &[
            ("utilityDrop", Double, 0, ONE),
            ("impacts", Holds("Impact"), 1, ANY),
            (
                "assignedAdaptationStrategies",
                Names("AdaptationStrategy", "assignedIssues"),
                0,
                ANY,
            ),
        ],
    ),
    (
        "Impact",
        "Annotation",
        &[(
            "architecturalElement",
            Names("ArchitecturalElement", "issueImpacts"),
            1,
            ONE,
        )],
    ),
    (
        "AdaptationStrategy",
        "Annotation",
        &[
            ("utilityIncrease", Double, 0, ONE),
            ("costs", Double, 0, ONE),
            (
                "assignedIssues",
                Names("Issue", "assignedAdaptationStrategies"),
                1,
                ANY,
            ),
            ("inputParameters", Holds("InputParameter"), 0, ANY),
        ],
    ),
    (
        "InputParameter",
        "Annotation",
        &[(
            "architecturalElement",
            Names("ArchitecturalElement", "strategyInputs"),
            1,
            ONE,
        )],
    ),
    (
        "WorkingData",
        "Annotation",
        &[
            ("unit", Text, 0, ONE),
            ("value", Text, 0, ONE),
            ("concernedElements", Holds("ConcernedElement"), 0, ANY),
        ],
    ),
    (
        "ConcernedElement",
        "Annotation",
        &[(
            "architecturalElement",
            Names("ArchitecturalElement", "workingDataElements"),
            1,
            ONE,
        )],
    ),
];

/// The class above one.
pub fn above(class: &str) -> &'static str {
    CLASSES
        .iter()
        .find(|(name, ..)| *name == class)
        .map_or("", |(_, above, _)| above)
}

/// Whether a class is another one or below it.
pub fn is_a(class: &str, of: &str) -> bool {
    class == of || !class.is_empty() && is_a(above(class), of)
}

/// All features of a class, those of the classes above first.
pub fn features(class: &str) -> Vec<&'static Feature> {
    let found = CLASSES.iter().find(|(name, ..)| *name == class);
    let Some((_, above, own)) = found else {
        return Vec::new();
    };
    let mut all = features(above);
    all.extend(own.iter());
    all
}
