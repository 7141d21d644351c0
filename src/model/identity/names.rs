//! The names that a component type goes by.

use std::collections::BTreeSet;

use crate::model::key::TypeKey;
use crate::model::observation::{Labels, Own, OwnName};
use crate::model::text::Text;

/// The names that a component type goes by: exactly one by OpenTelemetry's order, any number of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// OpenTelemetry's choice.
    pub otel: Text,
    /// The rest.
    pub others: BTreeSet<Text>,
    /// What its containers are told by their environment.
    pub own: BTreeSet<OwnName>,
    /// OpenTelemetry's `service.namespace`, where it is annotated.
    pub group: Option<Text>,
    /// What it is in its system, by `app.kubernetes.io/component`: often its name, as often only its part.
    pub role: Option<Text>,
}

impl Names {
    /// The groups that it belongs to by its annotation or its environment.
    pub(super) fn groups(&self) -> impl Iterator<Item = &Text> {
        let own = self.own.iter().filter(|own| own.what == Own::Namespace);
        self.group.iter().chain(own.map(|own| &own.name))
    }
}

/// Labels beside OpenTelemetry's by which meshes, tools and people name an application.
const OTHER_LABELS: [&str; 9] = [
    "service.istio.io/canonical-name",
    "tags.datadoghq.com/service",
    "opentelemetry.io/name",
    "io.kompose.service",
    "app",
    "k8s-app",
    "service",
    "name",
    "run",
];
/// Annotations by which a sidecar is told the name that it puts into spans.
const OTHER_ANNOTATIONS: [&str; 1] = [DAPR];
/// Dapr's name of an application.
pub const DAPR: &str = "dapr.io/app-id";

/// The names of a workload by OpenTelemetry's order, from its (or its pods') labels, annotations and
/// environment.
#[must_use]
pub fn names_of(
    key: &TypeKey,
    labels: &[&Labels],
    annotations: &[&Labels],
    own: BTreeSet<OwnName>,
) -> Names {
    let label = |name: &str| labels.iter().find_map(|l| l.get(name)).cloned();
    let annotated = |name: &str| annotations.iter().find_map(|a| a.get(name)).cloned();
    let mut all: Vec<Text> = Vec::new();
    all.extend(annotated("resource.opentelemetry.io/service.name"));
    all.extend(label("app.kubernetes.io/instance"));
    all.extend(label("app.kubernetes.io/name"));
    all.push(key.name.clone());
    let otel = all.first().cloned().unwrap_or_else(|| key.name.clone());
    let mut others: BTreeSet<Text> = all.into_iter().skip(1).collect();
    others.extend(OTHER_LABELS.into_iter().filter_map(label));
    others.extend(OTHER_ANNOTATIONS.into_iter().filter_map(annotated));
    others.remove(&otel);
    Names {
        otel,
        others,
        own,
        group: annotated("resource.opentelemetry.io/service.namespace"),
        role: label("app.kubernetes.io/component"),
    }
}
