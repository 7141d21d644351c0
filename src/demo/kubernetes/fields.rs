//! Field selectors: `spec.nodeName=node-1,status.phase!=Running`. Each kind knows only a few fields.

use serde_json::Value;

use crate::demo::cluster::json;
use crate::demo::cluster::kind::Kind;
use crate::demo::cluster::object::Object;

use super::failure::Failure;

/// What fields have to be like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<Term>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    field: Field,
    value: String,
    is: bool,
}

/// Where a field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Name,
    Namespace,
    Node,
    /// A place in the object, and what counts when nothing is there.
    At(&'static str, &'static str),
}

impl Fields {
    /// Reads a selector; an empty one selects all.
    ///
    /// # Errors
    /// 400 when it is not understood or names a field that the kind does not know.
    pub(super) fn parse(kind: Kind, text: &str) -> Result<Self, Failure> {
        let terms = text.split(',').filter(|term| !term.is_empty());
        terms
            .map(|term| {
                let not_understood = || {
                    Failure::bad_request(format!(
                        "invalid selector: '{text}'; can't understand '{term}'"
                    ))
                };
                let (name, value, is) = if let Some((name, value)) = term.split_once("!=") {
                    (name, value, false)
                } else if let Some((name, value)) = term.split_once("==") {
                    (name, value, true)
                } else {
                    let (name, value) = term.split_once('=').ok_or_else(not_understood)?;
                    (name, value, true)
                };
                let field = field(kind, name).ok_or_else(|| unknown(kind, name))?;
                let value = value.to_owned();
                Ok(Term { field, value, is })
            })
            .collect::<Result<_, Failure>>()
            .map(Self)
    }

    /// Whether it selects all.
    pub(super) const fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the object is such a one.
    pub(super) fn select(&self, object: &Object) -> bool {
        // Parsed only for what does not stand beside the text.
        let mut parsed = None;
        self.0.iter().all(|term| {
            let is = match term.field {
                Field::Name => *object.key.name == *term.value,
                Field::Namespace => *object.key.namespace == *term.value,
                Field::Node => object.node.as_deref().unwrap_or_default() == term.value,
                Field::At(path, none) => {
                    let value = parsed.get_or_insert_with(|| object.value());
                    is_at(value, path, none, &term.value)
                }
            };
            is == term.is
        })
    }
}

fn is_at(value: &Value, path: &str, none: &str, wanted: &str) -> bool {
    match json::at(value, path) {
        Value::Null => none == wanted,
        Value::String(text) => text == wanted,
        Value::Bool(is) => *wanted == *if *is { "true" } else { "false" },
        Value::Number(number) => wanted
            .parse()
            .is_ok_and(|wanted: serde_json::Number| wanted == *number),
        _ => false,
    }
}

fn field(kind: Kind, name: &str) -> Option<Field> {
    let own: &[(&str, &str, &str)] = match kind {
        Kind::Pod => &[
            ("spec.restartPolicy", "/spec/restartPolicy", ""),
            ("spec.schedulerName", "/spec/schedulerName", ""),
            ("spec.serviceAccountName", "/spec/serviceAccountName", ""),
            ("spec.hostNetwork", "/spec/hostNetwork", "false"),
            ("status.phase", "/status/phase", ""),
            ("status.podIP", "/status/podIP", ""),
            ("status.nominatedNodeName", "/status/nominatedNodeName", ""),
        ],
        Kind::Node => &[("spec.unschedulable", "/spec/unschedulable", "false")],
        Kind::Namespace => &[("status.phase", "/status/phase", "")],
        Kind::Service => &[
            ("spec.clusterIP", "/spec/clusterIP", ""),
            ("spec.type", "/spec/type", ""),
        ],
        Kind::ReplicaSet => &[("status.replicas", "/status/replicas", "0")],
        Kind::Job => &[("status.successful", "/status/succeeded", "0")],
        Kind::Event => &[
            ("involvedObject.kind", "/involvedObject/kind", ""),
            ("involvedObject.namespace", "/involvedObject/namespace", ""),
            ("involvedObject.name", "/involvedObject/name", ""),
            ("involvedObject.uid", "/involvedObject/uid", ""),
            (
                "involvedObject.apiVersion",
                "/involvedObject/apiVersion",
                "",
            ),
            (
                "involvedObject.resourceVersion",
                "/involvedObject/resourceVersion",
                "",
            ),
            ("involvedObject.fieldPath", "/involvedObject/fieldPath", ""),
            ("reason", "/reason", ""),
            ("reportingComponent", "/reportingComponent", ""),
            ("source", "/source/component", ""),
            ("type", "/type", ""),
        ],
        _ => &[],
    };
    match name {
        "metadata.name" => Some(Field::Name),
        // All kinds know it, also those that are in no namespace.
        "metadata.namespace" if !matches!(kind, Kind::Node | Kind::Namespace) => {
            Some(Field::Namespace)
        }
        "spec.nodeName" if kind == Kind::Pod => Some(Field::Node),
        _ => own
            .iter()
            .find(|(own, ..)| *own == name)
            .map(|(_, path, none)| Field::At(path, none)),
    }
}

fn unknown(kind: Kind, name: &str) -> Failure {
    Failure::bad_request(match kind {
        Kind::Pod | Kind::Node | Kind::Namespace | Kind::Service | Kind::Event => {
            format!("field label not supported: {name}")
        }
        Kind::Job => format!("field label \"{name}\" not supported for Job"),
        _ => format!(
            "\"{name}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        ),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::demo::cluster::object::Key;
    use crate::demo::cluster::store::Store;

    #[test]
    fn each_field_is_compared_where_it_stands() {
        let mut store = Store::new(1);
        let pod = store.put(
            Key::new(Kind::Pod, "shop", "web-1"),
            json!({"spec": {"nodeName": "n1"}, "status": {"phase": "Running"}}),
        );
        for (selector, expected) in [
            ("", true),
            ("metadata.name=web-1", true),
            ("metadata.name!=web-1", false),
            ("metadata.namespace==shop,spec.nodeName=n1", true),
            ("spec.nodeName=", false),
            ("status.phase!=Running", false),
            ("status.phase=Running,spec.hostNetwork=false", true),
            ("status.podIP=", true),
        ] {
            let parsed = Fields::parse(Kind::Pod, selector).expect(selector);
            assert_eq!(parsed.select(&pod), expected, "{selector}");
        }
    }

    #[test]
    fn a_field_that_the_kind_does_not_know_is_refused() {
        for (kind, selector, expected) in [
            (
                Kind::Pod,
                "spec.foo=b",
                "field label not supported: spec.foo",
            ),
            (
                Kind::Pod,
                "foo",
                "invalid selector: 'foo'; can't understand 'foo'",
            ),
            (
                Kind::Deployment,
                "status.phase=b",
                "\"status.phase\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
            ),
        ] {
            let failure = Fields::parse(kind, selector).expect_err(selector);
            assert_eq!(failure.status()["message"], expected);
        }
    }
}
