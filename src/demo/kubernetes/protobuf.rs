//! The few objects that kubectl itself sends as protobuf, whatever it is told: questions about oneself and
//! what `kubectl create deployment` and its neighbours make. Knows only their wire form; a message that
//! says more than is known here is not read at all, rather than in part.
//!
//! The numbers are those of the `generated.proto` files of the Kubernetes API, which never change.

use serde_json::{Map, Value, json};

/// The media type.
pub(super) const MEDIA: &str = "application/vnd.kubernetes.protobuf";
/// What such a body begins with.
const MAGIC: &[u8] = b"k8s\0";

/// How a field is read.
#[derive(Clone, Copy)]
enum As {
    Text,
    Int,
    Flag,
    Message(Fields),
    Texts,
    Messages(Fields),
    /// From texts to texts.
    Pairs,
    /// From texts to quantities.
    Quantities,
    IntOrText,
    /// The server's own business.
    Ignored,
}

type Fields = &'static [(u64, &'static str, As)];

const META: Fields = &[
    (1, "name", As::Text),
    (2, "generateName", As::Text),
    (3, "namespace", As::Text),
    (6, "resourceVersion", As::Text),
    (8, "creationTimestamp", As::Ignored),
    (11, "labels", As::Pairs),
    (12, "annotations", As::Pairs),
    (
        13,
        "ownerReferences",
        As::Messages(&[
            (1, "kind", As::Text),
            (3, "name", As::Text),
            (4, "uid", As::Text),
            (5, "apiVersion", As::Text),
            (6, "controller", As::Flag),
            (7, "blockOwnerDeletion", As::Flag),
        ]),
    ),
];
const PAIR: Fields = &[(1, "key", As::Text), (2, "value", As::Text)];
const QUANTITY: Fields = &[
    (1, "key", As::Text),
    (2, "value", As::Message(&[(1, "string", As::Text)])),
];
const SELECTOR: Fields = &[
    (1, "matchLabels", As::Pairs),
    (
        2,
        "matchExpressions",
        As::Messages(&[
            (1, "key", As::Text),
            (2, "operator", As::Text),
            (3, "values", As::Texts),
        ]),
    ),
];
const CONTAINER: Fields = &[
    (1, "name", As::Text),
    (2, "image", As::Text),
    (3, "command", As::Texts),
    (4, "args", As::Texts),
    (5, "workingDir", As::Text),
    (
        6,
        "ports",
        As::Messages(&[
            (1, "name", As::Text),
            (2, "hostPort", As::Int),
            (3, "containerPort", As::Int),
            (4, "protocol", As::Text),
        ]),
    ),
    (
        7,
        "env",
        As::Messages(&[(1, "name", As::Text), (2, "value", As::Text)]),
    ),
    (
        8,
        "resources",
        As::Message(&[
            (1, "limits", As::Quantities),
            (2, "requests", As::Quantities),
        ]),
    ),
    (13, "terminationMessagePath", As::Text),
    (14, "imagePullPolicy", As::Text),
    (20, "terminationMessagePolicy", As::Text),
];
const TEMPLATE: Fields = &[
    (1, "metadata", As::Message(META)),
    (
        2,
        "spec",
        As::Message(&[
            (2, "containers", As::Messages(CONTAINER)),
            (3, "restartPolicy", As::Text),
            (4, "terminationGracePeriodSeconds", As::Int),
            (6, "dnsPolicy", As::Text),
            (7, "nodeSelector", As::Pairs),
            (19, "schedulerName", As::Text),
        ]),
    ),
];
const JOB: Fields = &[
    (1, "parallelism", As::Int),
    (2, "completions", As::Int),
    (6, "template", As::Message(TEMPLATE)),
    (7, "backoffLimit", As::Int),
    (9, "completionMode", As::Text),
    (10, "suspend", As::Flag),
    (14, "podReplacementPolicy", As::Text),
];
const DEPLOYMENT: Fields = &[
    (1, "replicas", As::Int),
    (2, "selector", As::Message(SELECTOR)),
    (3, "template", As::Message(TEMPLATE)),
    (
        4,
        "strategy",
        As::Message(&[
            (1, "type", As::Text),
            (
                2,
                "rollingUpdate",
                As::Message(&[
                    (1, "maxUnavailable", As::IntOrText),
                    (2, "maxSurge", As::IntOrText),
                ]),
            ),
        ]),
    ),
];
const CRON_JOB: Fields = &[
    (1, "schedule", As::Text),
    (3, "concurrencyPolicy", As::Text),
    (4, "suspend", As::Flag),
    (
        5,
        "jobTemplate",
        As::Message(&[
            (1, "metadata", As::Message(META)),
            (2, "spec", As::Message(JOB)),
        ]),
    ),
];
const SERVICE: Fields = &[
    (
        1,
        "ports",
        As::Messages(&[
            (1, "name", As::Text),
            (2, "protocol", As::Text),
            (3, "port", As::Int),
            (4, "targetPort", As::IntOrText),
            (5, "nodePort", As::Int),
        ]),
    ),
    (2, "selector", As::Pairs),
    (3, "clusterIP", As::Text),
    (4, "type", As::Text),
    (10, "externalName", As::Text),
];
const AUTOSCALER: Fields = &[
    (
        1,
        "scaleTargetRef",
        As::Message(&[
            (1, "kind", As::Text),
            (2, "name", As::Text),
            (3, "apiVersion", As::Text),
        ]),
    ),
    (2, "minReplicas", As::Int),
    (3, "maxReplicas", As::Int),
    (
        4,
        "metrics",
        As::Messages(&[
            (1, "type", As::Text),
            (
                4,
                "resource",
                As::Message(&[
                    (1, "name", As::Text),
                    (
                        2,
                        "target",
                        As::Message(&[(1, "type", As::Text), (4, "averageUtilization", As::Int)]),
                    ),
                ]),
            ),
        ]),
    ),
];
const ACCESS: Fields = &[
    (
        1,
        "resourceAttributes",
        As::Message(&[
            (1, "namespace", As::Text),
            (2, "verb", As::Text),
            (3, "group", As::Text),
            (4, "version", As::Text),
            (5, "resource", As::Text),
            (6, "subresource", As::Text),
            (7, "name", As::Text),
        ]),
    ),
    (
        2,
        "nonResourceAttributes",
        As::Message(&[(1, "path", As::Text), (2, "verb", As::Text)]),
    ),
];
const DELETE_OPTIONS: Fields = &[
    (1, "gracePeriodSeconds", As::Int),
    (
        2,
        "preconditions",
        As::Message(&[(1, "uid", As::Text), (2, "resourceVersion", As::Text)]),
    ),
    (3, "orphanDependents", As::Flag),
    (4, "propagationPolicy", As::Text),
    (5, "dryRun", As::Texts),
];

/// The fields of a kind's `spec`.
fn spec(kind: &str) -> Option<Fields> {
    Some(match kind {
        "Deployment" => DEPLOYMENT,
        "Job" => JOB,
        "CronJob" => CRON_JOB,
        "Service" => SERVICE,
        "HorizontalPodAutoscaler" => AUTOSCALER,
        "SelfSubjectAccessReview" => ACCESS,
        "SelfSubjectRulesReview" => &[(1, "namespace", As::Text)],
        "Namespace" | "SelfSubjectReview" => &[],
        _ => return None,
    })
}

/// Reads an object. Nothing when it is none of those that are known, or says more than is known.
pub(super) fn read(bytes: &[u8]) -> Option<Value> {
    let unknown = bytes.strip_prefix(MAGIC)?;
    let (mut kind, mut api_version, mut raw) = (String::new(), String::new(), None);
    for field in fields(unknown) {
        match field? {
            (1, Wire::Bytes(own)) => {
                for field in fields(own) {
                    match field? {
                        (1, Wire::Bytes(text)) => {
                            api_version = String::from_utf8(text.to_vec()).ok()?
                        }
                        (2, Wire::Bytes(text)) => kind = String::from_utf8(text.to_vec()).ok()?,
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(own)) => raw = Some(own),
            _ => {}
        }
    }
    let raw = raw?;
    let mut object = if kind == "DeleteOptions" {
        message(raw, DELETE_OPTIONS)?
    } else {
        let spec = spec(&kind)?;
        let mut whole = Map::new();
        for field in fields(raw) {
            match field? {
                (1, Wire::Bytes(own)) => {
                    whole.insert("metadata".into(), message(own, META)?.into())
                }
                (2, Wire::Bytes(own)) => whole.insert("spec".into(), message(own, spec)?.into()),
                // The status is the server's.
                _ => None,
            };
        }
        whole
    };
    object.insert("kind".into(), kind.into());
    object.insert("apiVersion".into(), api_version.into());
    Some(object.into())
}

/// A value on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl Wire<'_> {
    /// What is written for a field that says nothing.
    fn is_nothing(self) -> bool {
        match self {
            Self::Number(number) => number == 0,
            // A message whose fields say nothing says nothing; a text of zeros is nobody's.
            Self::Bytes(bytes) => {
                bytes.is_empty()
                    || fields(bytes).all(|field| field.is_some_and(|(_, value)| value.is_nothing()))
            }
        }
    }
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// The fields of a message, in their order; nothing for one that cannot be read, and it ends there.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn field(&mut self) -> Option<(u64, Wire<'a>)> {
        let tag = number(&mut self.0)?;
        let value = match tag & 7 {
            0 => Wire::Number(number(&mut self.0)?),
            2 => {
                let length = usize::try_from(number(&mut self.0)?).ok()?;
                let (own, rest) = self.0.split_at_checked(length)?;
                self.0 = rest;
                Wire::Bytes(own)
            }
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Option<(u64, Wire<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field)
    }
}

const fn fields(bytes: &[u8]) -> Reader<'_> {
    Reader(bytes)
}

/// The object of a message.
fn message(bytes: &[u8], known: Fields) -> Option<Map<String, Value>> {
    let mut object = Map::new();
    for field in fields(bytes) {
        let (own, wire) = field?;
        let Some((_, name, of)) = known.iter().find(|(number, ..)| *number == own) else {
            if wire.is_nothing() {
                continue;
            }
            return None;
        };
        let before = object.remove(*name);
        if let Some(value) = value(*of, wire, before)? {
            object.insert((*name).to_owned(), value);
        }
    }
    Some(object)
}

/// A field's value, which goes on from what was read of it before; nothing in it where it says nothing.
fn value(of: As, wire: Wire<'_>, before: Option<Value>) -> Option<Option<Value>> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    // Negative numbers stand as their two's complement.
    let int = |number: u64| json!(number.cast_signed());
    let list = |before: Option<Value>, one: Value| match before {
        Some(Value::Array(mut list)) => {
            list.push(one);
            Value::Array(list)
        }
        _ => json!([one]),
    };
    Some(match (of, wire) {
        (As::Ignored, _) => None,
        (As::Text, Wire::Bytes([])) => None,
        (As::Text, Wire::Bytes(bytes)) => Some(text(bytes)?.into()),
        (As::Int, Wire::Number(number)) => Some(int(number)),
        (As::Flag, Wire::Number(number)) => Some((number != 0).into()),
        (As::Message(known), Wire::Bytes(bytes)) => {
            let inside = message(bytes, known)?;
            (!inside.is_empty()).then_some(inside.into())
        }
        (As::Texts, Wire::Bytes(bytes)) => Some(list(before, text(bytes)?.into())),
        (As::Messages(known), Wire::Bytes(bytes)) => {
            Some(list(before, message(bytes, known)?.into()))
        }
        (As::Pairs, Wire::Bytes(bytes)) => Some(pair(before, &message(bytes, PAIR)?, "/value")),
        (As::Quantities, Wire::Bytes(bytes)) => {
            Some(pair(before, &message(bytes, QUANTITY)?, "/value/string"))
        }
        (As::IntOrText, Wire::Bytes(bytes)) => {
            let known = &[
                (1, "type", As::Int),
                (2, "int", As::Int),
                (3, "text", As::Text),
            ];
            let either = message(bytes, known)?;
            let is_text = either.get("type").is_some_and(|of| *of == 1);
            let field = if is_text { "text" } else { "int" };
            either.get(field).cloned().filter(|value| *value != 0)
        }
        _ => return None,
    })
}

fn pair(before: Option<Value>, entry: &Map<String, Value>, path: &str) -> Value {
    let mut pairs = match before {
        Some(Value::Object(pairs)) => pairs,
        _ => Map::new(),
    };
    let key = entry.get("key").and_then(Value::as_str).unwrap_or_default();
    let entry = Value::Object(entry.clone());
    let value = entry.pointer(path).cloned();
    pairs.insert(key.to_owned(), value.unwrap_or_else(|| "".into()));
    pairs.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field of bytes.
    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let length = u8::try_from(bytes.len()).expect("short");
        assert!(length < 0x80, "one byte says it");
        [&[number << 3 | 2, length], bytes].concat()
    }

    fn sent(kind: &str, raw: &[u8]) -> Vec<u8> {
        let of = [field(1, b"apps/v1"), field(2, kind.as_bytes())].concat();
        [MAGIC, &field(1, &of), &field(2, raw)].concat()
    }

    #[test]
    fn an_object_is_read_as_it_would_be_from_json() {
        let meta = [
            field(1, b"web"),
            field(3, b""),
            field(11, &[field(1, b"app"), field(2, b"web")].concat()),
        ];
        let container = [
            field(1, b"main"),
            field(2, b"example:1"),
            field(4, b"-v"),
            field(4, b"-x"),
        ];
        let template = field(2, &field(2, &container.concat()));
        let spec = [vec![1 << 3, 3], field(3, &template), field(4, b"")];
        let raw = [
            field(1, &meta.concat()),
            field(2, &spec.concat()),
            field(3, &[6 << 3, 9]),
        ];
        let expected = json!({
            "kind": "Deployment", "apiVersion": "apps/v1",
            "metadata": {"name": "web", "labels": {"app": "web"}},
            "spec": {"replicas": 3, "template": {"spec": {"containers": [
                {"name": "main", "image": "example:1", "args": ["-v", "-x"]}
            ]}}}
        });
        assert_eq!(read(&sent("Deployment", &raw.concat())), Some(expected));
    }

    #[test]
    fn what_is_not_known_is_not_read_in_part() {
        let odd = field(2, &[15 << 3, 1]);
        assert_eq!(read(&sent("Deployment", &odd)), None);
        let nothing = field(2, &[15 << 3, 0]);
        assert!(
            read(&sent("Deployment", &nothing)).is_some(),
            "it says nothing"
        );
        assert_eq!(read(&sent("Secret", b"")), None);
        assert_eq!(read(b"k8s\0\x12"), None);
        assert_eq!(read(b"{}"), None);
    }

    #[test]
    fn numbers_may_be_long_and_negative() {
        let mut bytes: &[u8] = &[0xac, 0x02];
        assert_eq!(number(&mut bytes), Some(300));
        let minus: &[u8] = &[
            1 << 3,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            1,
        ];
        let read = message(minus, &[(1, "n", As::Int)]).map(Value::Object);
        assert_eq!(read, Some(json!({"n": -1})));
    }
}
