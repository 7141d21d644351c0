//! Parameters in the JSON: by name and origin, never by value.

use serde::Serialize;

use crate::model::parameter::{Origin, Parameter};
use crate::model::text::Text;

/// What a container's configuration sets.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParameterRow<'a> {
    container: &'a Text,
    name: &'a Text,
    /// `literal`, `configMap`, `secret` or `field`.
    from: &'static str,
    /// The ConfigMap or Secret, or the field's path.
    of: Option<&'a Text>,
    /// The key in it; `null` for all.
    key: Option<&'a Text>,
}

/// The rows of a type's parameters.
pub(super) fn rows(parameters: &[Parameter]) -> Vec<ParameterRow<'_>> {
    parameters.iter().map(row).collect()
}

fn row(parameter: &Parameter) -> ParameterRow<'_> {
    let (from, of, key) = match &parameter.origin {
        Origin::Literal => ("literal", None, None),
        Origin::ConfigMap { name, key } => ("configMap", Some(name), key.as_ref()),
        Origin::Secret { name, key } => ("secret", Some(name), key.as_ref()),
        Origin::Field { path } => ("field", Some(path), None),
    };
    ParameterRow {
        container: &parameter.container,
        name: &parameter.name,
        from,
        of,
        key,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_names_what_sets_it() {
        let parameter = |origin| Parameter {
            container: "c".into(),
            name: "A".into(),
            origin,
        };
        let parameters = [
            parameter(Origin::Literal),
            parameter(Origin::Secret {
                name: "s".into(),
                key: Some("k".into()),
            }),
            parameter(Origin::Field {
                path: "status.podIP".into(),
            }),
        ];
        let said = serde_json::to_value(rows(&parameters)).expect("JSON");
        let row = |from, of, key| json!({"container": "c", "name": "A", "from": from, "of": of, "key": key});
        let expected = json!([
            row("literal", json!(null), json!(null)),
            row("secret", json!("s"), json!("k")),
            row("field", json!("status.podIP"), json!(null)),
        ]);
        assert_eq!(said, expected);
    }
}
