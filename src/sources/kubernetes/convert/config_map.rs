//! ConfigMaps: which hosts their values name. The values stay here.

use std::collections::BTreeSet;

use crate::model::declared::{self, MENTION_LIMIT};
use crate::model::observation::{ConfigMapFact, Fact, Labels, Mention};
use crate::model::text;

use super::super::lean::ConfigMap;
use super::{Observe, Observed, meta};

/// Most bytes of one ConfigMap that are looked at.
const SCANNED: usize = 64 * 1024;

impl Observe for ConfigMap {
    fn observe(&self) -> Option<Observed> {
        let mut meta = meta(&self.metadata)?;
        // Nobody selects them by labels.
        meta.labels = Labels::default();
        Some(Observed::Fact(Fact::ConfigMap(ConfigMapFact {
            meta,
            mentions: mentions(self),
        })))
    }
}

/// The hosts that the values name, under their keys, sorted.
fn mentions(map: &ConfigMap) -> Vec<Mention> {
    let mut left = SCANNED;
    let mut found = BTreeSet::new();
    for (key, value) in map.data.iter().flatten() {
        let value = cut(value.as_deref().unwrap_or(""), left);
        left -= value.len();
        if value.contains('\n') {
            for (name, value) in value.lines().filter_map(setting) {
                let named = declared::mentions(name, value);
                found.extend(named.map(|mention| Mention {
                    place: text::name(key),
                    ..mention
                }));
            }
        } else {
            found.extend(declared::mentions(key, value));
        }
    }
    found.into_iter().take(MENTION_LIMIT).collect()
}

/// At most so many bytes of a text.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or("")
}

/// The name and the value of a line of a file, whatever its format: `url: x`, `url = x`, `"url": "x",`, or a line
/// that has no name. Comments set nothing.
fn setting(line: &str) -> Option<(&str, &str)> {
    const QUOTES: [char; 4] = ['"', '\'', ',', ' '];
    let line = line.trim();
    if line.is_empty() || ["#", "//", ";"].iter().any(|sign| line.starts_with(sign)) {
        return None;
    }
    let pair = line.split_once(": ").or_else(|| line.split_once('='));
    let (name, value) = pair.unwrap_or(("", line));
    Some((name.trim_matches(QUOTES), value.trim_matches(QUOTES)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::fact;
    use super::*;
    use crate::model::declared::digest;

    fn of(data: &Value) -> ConfigMapFact {
        let object = json!({"metadata": {"name": "m", "namespace": "shop"}, "data": data});
        match fact::<ConfigMap>(object) {
            Fact::ConfigMap(map) => map,
            other => panic!("no ConfigMap: {other:?}"),
        }
    }

    #[test]
    fn hosts_are_found_in_values_and_in_files_of_the_usual_formats() {
        for (key, value, host) in [
            ("CART_ADDR", "cart:7070", "cart"),
            ("cart.host", "cart", "cart"),
            (
                "application.yaml",
                "server:\n  port: 1\ncart:\n  url: http://cart:80/x\n",
                "cart",
            ),
            ("application.yaml", "db:\n  host: orders-db\n", "orders-db"),
            (
                "application.properties",
                "a=b\ncart.url=http://cart/\n",
                "cart",
            ),
            (
                "nginx.conf",
                "location / {\n  proxy_pass http://cart:7070;\n}\n",
                "cart",
            ),
            (
                "config.json",
                "{\n  \"host\": \"cart\",\n  \"x\": 1\n}",
                "cart",
            ),
            (
                "config.json",
                "{\n\"a\":{\"url\":\"http://cart:80\"}}",
                "cart",
            ),
            (
                "config.toml",
                "[cart]\naddress = \"cart.shop.svc:80\"\n",
                "cart.shop.svc",
            ),
        ] {
            let found = of(&json!({key: value}));
            let named = found.mentions.iter().find(|m| m.host == digest(host));
            assert_eq!(named.map(|m| &*m.place), Some(key), "{value}");
        }
    }

    #[test]
    fn what_is_no_address_and_what_is_commented_out_says_nothing() {
        for value in [
            "level: info\nname: cart\n",
            "# url: http://cart:80\n// http://cart:80\n; http://cart\n",
            "service.name=cart\nspring.application.name=cart\n",
            "",
        ] {
            assert!(of(&json!({"file": value})).mentions.is_empty(), "{value}");
        }
        assert!(of(&json!({"a": null})).mentions.is_empty());
        assert!(of(&Value::Null).mentions.is_empty());
    }

    #[test]
    fn values_leave_no_trace_and_are_bounded() {
        let many: Vec<String> = (0..2 * MENTION_LIMIT)
            .map(|i| format!("http://h{i}:80\n"))
            .collect();
        let many = many.concat();
        let found = of(&json!({"many": many, "password": "hunter2"}));
        assert_eq!(found.mentions.len(), MENTION_LIMIT);
        assert!(!format!("{found:?}").contains("hunter2"));
        let late = format!("{}\nhttp://late:80\n", "\u{fc}".repeat(SCANNED));
        assert!(of(&json!({"large": late})).mentions.is_empty());
        let object = json!({"metadata": {"name": "m"}, "data": {"password": "hunter2"}});
        let read: ConfigMap = serde_json::from_value(object).expect("it can be read");
        assert!(!format!("{read:?}").contains("hunter2"));
    }
}
