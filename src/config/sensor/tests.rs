use std::path::Path;

use rstest::rstest;

use super::*;
use crate::config::parse;

fn read(text: &str) -> Result<Vec<Sensor>, String> {
    let config = parse(Path::new("c.toml"), text).map_err(|e| e.to_string())?;
    Ok(config.sensors)
}

const WHOLE: &str = r#"
[[sensor]]
name = "inventory"
url = "http://127.0.0.1:8112/metrics"
target = "shop/Deployment/inventory"
format = "prometheus"
metric = "http_exceptions_total"
labels = { code = "500" }
property = "httpExceptionCount"
interval = 5
unit = "count"
on = false

[[sensor]]
name = "queue"
url = "https://queue.example/depth?of=all"
target = "Node/n1"
format = "number"
property = "queueDepth"
"#;

#[test]
fn all_that_may_be_said_of_a_sensor() {
    let sensors = read(WHOLE).unwrap();
    let [inventory, queue] = sensors.as_slice() else {
        panic!("{sensors:?}");
    };
    assert_eq!(&*inventory.name, "inventory");
    assert_eq!(&*inventory.url, "http://127.0.0.1:8112/metrics");
    assert_eq!(inventory.target.to_string(), "shop/Deployment/inventory");
    assert_eq!(inventory.interval, Duration::from_secs(5));
    assert_eq!(inventory.unit.as_deref(), Some("count"));
    assert!(!inventory.on && queue.on);
    let reads = Reads::Prometheus {
        metrics: vec!["http_exceptions_total".into()],
        labels: [("code".into(), "500".into())].into(),
        property: Some("httpExceptionCount".into()),
    };
    assert_eq!(inventory.reads, reads);
    assert_eq!(queue.target, Subject::Node { name: "n1".into() });
    assert_eq!(queue.interval, Duration::from_secs(INTERVAL));
}

#[rstest]
#[case("shop/Pod/cart-1", "shop/Pod/cart-1")]
#[case("shop/Service/cart", "shop/Service/cart")]
#[case("shop/Rollout.argoproj.io/cart", "shop/Rollout.argoproj.io/cart")]
fn targets_are_elements(#[case] given: &str, #[case] told: &str) {
    let text = WHOLE.replace("shop/Deployment/inventory", given);
    assert_eq!(read(&text).unwrap()[0].target.to_string(), told);
}

/// What is replaced by what, and the line and words of the complaint.
#[rstest]
#[case("name = \"inventory\"", "name = \"queue\"", 15, "sensor queue above")]
#[case("name = \"inventory\"", "name = \"my sensor\"", 3, "one word")]
#[case("name = \"inventory\"", "name = \"session\"", 3, "another name")]
#[case("name = \"inventory\"", "", 2, "`name`")]
#[case("http://127", "http://user:secret@127", 4, "user and password")]
#[case("http://127", "ftp://127", 4, "http://host:port/path")]
#[case("http://127.0.0.1:8112/metrics", "metrics", 4, "http://host:port/path")]
#[case("shop/Deployment/inventory", "inventory", 5, "namespace/Kind/name")]
#[case(
    "shop/Deployment/inventory",
    "shop//inventory",
    5,
    "namespace/Kind/name"
)]
#[case("shop/Deployment/inventory", "shop/Node/n1", 5, "Node/name")]
#[case("\"prometheus\"", "\"json\"", 6, "\"number\" or \"prometheus\"")]
#[case("\"prometheus\"", "\"number\"", 7, "leave them out")]
#[case("metric = ", "metricc = ", 7, "`metricc`")]
#[case("metric = \"http_exceptions_total\"", "", 6, "metric = ")]
#[case("metric = \"http_exceptions_total\"", "metrics = []", 7, "1 to 20")]
#[case(
    "metric = \"http_exceptions_total\"",
    "metrics = [\"a\", \"b\"]",
    9,
    "one metric"
)]
#[case("labels = { code = \"500\" }", "metrics = [\"a\"]", 8, "not both")]
#[case("labels = { code = \"500\" }", "labels = { code = 500 }", 8, "string")]
#[case("interval = 5", "interval = 0", 10, "1 to 86400")]
#[case("interval = 5", "interval = -1", 10, "1 to 86400")]
#[case("interval = 5", "interval = 0.5", 10, "whole seconds")]
#[case("unit = \"count\"", "unit = \"\"", 11, "unit")]
#[case("on = false", "on = \"no\"", 12, "boolean")]
#[case("property = \"queueDepth\"", "", 18, "property = ")]
fn mistakes_are_one_line_with_their_place(
    #[case] what: &str,
    #[case] with: &str,
    #[case] line: usize,
    #[case] says: &str,
) {
    assert!(WHOLE.contains(what), "{what}");
    let told = read(&WHOLE.replacen(what, with, 1)).unwrap_err();
    assert!(told.starts_with(&format!("c.toml:{line}: ")), "{told}");
    assert!(told.contains(says), "{told}");
    assert!(!told.contains('\n') && !told.contains("secret"), "{told}");
}
