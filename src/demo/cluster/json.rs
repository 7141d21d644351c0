//! Reading and writing parts of objects by their path (`/spec/replicas`, as JSON pointers are written)
//! without a panic, whatever an object that somebody sent looks like.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Map, Value};

/// What stands at a path; null where nothing does.
#[must_use]
pub fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    let mut place = value;
    // As `Value::pointer`, which makes two new texts of every name on the way.
    for name in path.split('/').skip(1) {
        let next = match place {
            Value::Object(map) => map.get(&*unescaped(name)),
            Value::Array(list) => name.parse().ok().and_then(|at: usize| list.get(at)),
            _ => None,
        };
        let Some(next) = next else {
            return &Value::Null;
        };
        place = next;
    }
    place
}

/// A name as it is: `~1` stands for a slash, as in `/metadata/labels/app.kubernetes.io~1name`.
fn unescaped(name: &str) -> Cow<'_, str> {
    if name.contains('~') {
        name.replace("~1", "/").replace("~0", "~").into()
    } else {
        name.into()
    }
}

/// The text at a path; empty where there is none.
#[must_use]
pub fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path).as_str().unwrap_or_default()
}

/// The whole number at a path.
#[must_use]
pub fn number(value: &Value, path: &str) -> Option<i64> {
    at(value, path).as_i64()
}

/// The time at a path.
#[must_use]
pub fn time(value: &Value, path: &str) -> Option<Timestamp> {
    at(value, path).as_str()?.parse().ok()
}

/// A time as objects carry it: in whole seconds.
#[must_use]
pub fn seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).map_or_else(|_| time.to_string(), |t| t.to_string())
}

/// A time as `eventTime` carries it: with microseconds.
#[must_use]
pub fn micros(time: Timestamp) -> String {
    format!("{time:.6}")
}

/// The elements of the list at a path; none where there is no list.
pub fn items<'a>(value: &'a Value, path: &str) -> impl Iterator<Item = &'a Value> {
    at(value, path).as_array().into_iter().flatten()
}

/// Puts something at a path of names, making the objects on the way; what is no object there is replaced.
pub fn set(value: &mut Value, path: &str, to: impl Into<Value>) {
    let mut place = value;
    for name in path.split('/').skip(1) {
        let name = unescaped(name);
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(map) = place else { return };
        if !map.contains_key(&*name) {
            map.insert(name.to_string(), Value::Null);
        }
        let Some(next) = map.get_mut(&*name) else {
            return;
        };
        place = next;
    }
    *place = to.into();
}

/// Puts something at a path of names where nothing stands.
pub fn fill(value: &mut Value, path: &str, to: impl Into<Value>) {
    if at(value, path).is_null() {
        set(value, path, to);
    }
}

/// The elements of the list at a path, to be changed; none where there is no list.
pub fn items_mut<'a>(value: &'a mut Value, path: &str) -> impl Iterator<Item = &'a mut Value> {
    let list = value.pointer_mut(path).and_then(Value::as_array_mut);
    list.into_iter().flatten()
}

/// Puts a number at a path of names. A zero is taken away: the server leaves it out.
pub fn count<N: Into<Value> + Default + PartialEq>(value: &mut Value, path: &str, number: N) {
    if number == N::default() {
        take(value, path);
    } else {
        set(value, path, number);
    }
}

/// Takes away what stands at a path of names, and gives it.
pub fn take(value: &mut Value, path: &str) -> Option<Value> {
    let (parent, name) = path.rsplit_once('/')?;
    value
        .pointer_mut(parent)?
        .as_object_mut()?
        .remove(&*unescaped(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_set_is_there_whatever_was_there_before() {
        for mut value in [
            json!({}),
            json!(null),
            json!({"a": 1}),
            json!({"a": {"c": 2}}),
        ] {
            set(&mut value, "/a/b~1c", 3);
            assert_eq!(number(&value, "/a/b~1c"), Some(3), "{value}");
            assert_eq!(take(&mut value, "/a/b~1c"), Some(json!(3)));
            assert_eq!(take(&mut value, "/a/b~1c"), None);
        }
    }

    #[test]
    fn a_zero_is_left_out_and_taken_away() {
        let mut value = json!({"status": {}});
        count(&mut value, "/status/ready", 0);
        assert_eq!(value, json!({"status": {}}));
        count(&mut value, "/status/ready", 2);
        assert_eq!(number(&value, "/status/ready"), Some(2));
        count(&mut value, "/status/ready", 0);
        assert_eq!(value, json!({"status": {}}));
    }

    #[test]
    fn what_is_missing_reads_as_nothing() {
        let value = json!({"a": {"b": ["x"]}, "n": "1"});
        assert_eq!(text(&value, "/a/b/0"), "x");
        assert_eq!((text(&value, "/a"), text(&value, "/z/y")), ("", ""));
        assert_eq!(
            (number(&value, "/n"), items(&value, "/a").count()),
            (None, 0)
        );
        assert_eq!(items(&value, "/a/b").count(), 1);
    }
}
