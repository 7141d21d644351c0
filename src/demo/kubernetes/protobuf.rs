//! The few objects that kubectl itself sends as protobuf, whatever it is told: questions about oneself and
//! what `kubectl create deployment` and its neighbours make. Knows only their wire form; a message that
//! says more than is known here is not read at all, rather than in part.

mod schema;

use serde_json::{Map, Value, json};

use schema::{As, DELETE_OPTIONS, Fields, META, PAIR, QUANTITY, TYPE, spec};

/// The media type.
pub(super) const MEDIA: &str = "application/vnd.kubernetes.protobuf";
/// What such a body begins with.
const MAGIC: &[u8] = b"k8s\0";

/// Reads an object. Nothing when it is none of those that are known, or says more than is known.
pub(super) fn read(bytes: &[u8]) -> Option<Value> {
    let unknown = bytes.strip_prefix(MAGIC)?;
    let (mut of, mut raw) = (Map::new(), None);
    for field in fields(unknown) {
        match field? {
            (1, Wire::Bytes(own)) => of = message(own, TYPE)?,
            (2, Wire::Bytes(own)) => raw = Some(own),
            _ => {}
        }
    }
    let said = |name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default();
    let (kind, api_version) = (said("kind"), said("apiVersion"));
    let raw = raw?;
    let mut object = if kind == "DeleteOptions" {
        message(raw, DELETE_OPTIONS)?
    } else {
        let spec = spec(kind)?;
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
        let value = value(*of, wire, before)?;
        if !value.is_null() {
            object.insert((*name).to_owned(), value);
        }
    }
    Some(object)
}

/// A field's value, which goes on from what was read of it before; null where it says nothing.
fn value(of: As, wire: Wire<'_>, before: Option<Value>) -> Option<Value> {
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
        (As::Ignored, _) | (As::Text, Wire::Bytes([])) => Value::Null,
        (As::Text, Wire::Bytes(bytes)) => text(bytes)?.into(),
        (As::Int, Wire::Number(number)) => int(number),
        (As::Flag, Wire::Number(number)) => (number != 0).into(),
        (As::Message(known), Wire::Bytes(bytes)) => match message(bytes, known)? {
            inside if inside.is_empty() => Value::Null,
            inside => inside.into(),
        },
        (As::Texts, Wire::Bytes(bytes)) => list(before, text(bytes)?.into()),
        (As::Messages(known), Wire::Bytes(bytes)) => list(before, message(bytes, known)?.into()),
        (As::Pairs, Wire::Bytes(bytes)) => pair(before, &message(bytes, PAIR)?, "/value"),
        (As::Quantities, Wire::Bytes(bytes)) => {
            pair(before, &message(bytes, QUANTITY)?, "/value/string")
        }
        (As::Port, Wire::Bytes(bytes)) => {
            let known = &[
                (1, "type", As::Int),
                (2, "int", As::Int),
                (3, "text", As::Text),
            ];
            let either = message(bytes, known)?;
            let is_text = either.get("type").is_some_and(|of| *of == 1);
            let field = if is_text { "text" } else { "int" };
            // No port is 0.
            let port = either.get(field).filter(|value| **value != 0);
            port.cloned().unwrap_or_default()
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
