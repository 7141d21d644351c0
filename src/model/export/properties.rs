//! Monitored properties in the export: what was measured, of whom, in what, when and by whom.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::Model;
use crate::model::element::Element;
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;
use crate::model::property::{Property, Unit, Value};
use crate::model::text::Text;

/// One measured property of one element.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PropertyRow<'a> {
    /// `pod`, `type`, `service` or `node`.
    element: &'static str,
    /// `null` for machines.
    namespace: Option<&'a Text>,
    /// Of a type.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a Text>,
    name: &'a Text,
    /// Where it is of one container of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<&'a Text>,
    property: &'a Text,
    description: Option<&'a Text>,
    /// A number, a truth value or a text.
    value: serde_json::Value,
    unit: String,
    /// By the clock of who measured, or of its reader.
    at: Timestamp,
    /// Over how long it is an average; `null` where it was so at that moment.
    window_ms: Option<u64>,
    source: &'a Text,
}

/// What is known of the elements in a choice of namespaces, and of machines; `None` where nothing is
/// measured at all.
pub(super) fn properties<'a>(
    model: &'a Model,
    choice: &NamespaceChoice,
) -> Option<Vec<PropertyRow<'a>>> {
    let mut rows = Vec::new();
    for (key, element) in model.graph().elements() {
        let Some(whose) = whose(element) else {
            continue;
        };
        if whose.namespace.is_some_and(|n| !choice.covers(n)) {
            continue;
        }
        let all = model.properties(key).iter();
        rows.extend(all.map(|property| row(&whose, None, property)));
        if let Element::Component(e) = &**element {
            for container in e.containers.iter() {
                let own =
                    model.container_properties(&ElementKey::component(&e.uid), &container.name);
                rows.extend(own.iter().map(|p| row(&whose, Some(&container.name), p)));
            }
        }
    }
    rows.sort_by(|a, b| place(a).cmp(&place(b)));
    (model.is_measured() || !rows.is_empty()).then_some(rows)
}

type Place<'a> = (
    &'static str,
    Option<&'a Text>,
    Option<&'a Text>,
    &'a Text,
    Option<&'a Text>,
    &'a Text,
    &'a Text,
);

fn place<'a>(row: &PropertyRow<'a>) -> Place<'a> {
    (
        row.element,
        row.namespace,
        row.kind,
        row.name,
        row.container,
        row.property,
        row.source,
    )
}

struct Whose<'a> {
    element: &'static str,
    namespace: Option<&'a Text>,
    kind: Option<&'a Text>,
    name: &'a Text,
}

fn whose(element: &Element) -> Option<Whose<'_>> {
    let (element, namespace, kind, name) = match element {
        Element::Component(e) => ("pod", Some(&e.namespace), None, &e.name),
        Element::Type(e) => (
            "type",
            Some(&e.key.namespace),
            Some(&e.key.kind),
            &e.key.name,
        ),
        Element::Service(e) => ("service", Some(&e.namespace), None, &e.name),
        Element::Node(e) => ("node", None, None, &e.name),
        _ => return None,
    };
    Some(Whose {
        element,
        namespace,
        kind,
        name,
    })
}

fn row<'a>(whose: &Whose<'a>, container: Option<&'a Text>, of: &'a Property) -> PropertyRow<'a> {
    PropertyRow {
        element: whose.element,
        namespace: whose.namespace,
        kind: whose.kind,
        name: whose.name,
        container,
        property: &of.name,
        description: of.description.as_ref(),
        value: match &of.value {
            Value::Number(number) => (*number).into(),
            Value::Flag(flag) => (*flag).into(),
            Value::Text(text) => (**text).into(),
        },
        unit: match &of.unit {
            Unit::None => "none".to_owned(),
            Unit::Seconds => "seconds".to_owned(),
            Unit::Percent => "percent".to_owned(),
            Unit::PerSecond => "perSecond".to_owned(),
            unit => unit.to_string(),
        },
        at: of.at,
        window_ms: of.window_ms,
        source: &of.source,
    }
}
