use std::time::Duration;

use super::*;
use crate::config;
use crate::model::property::Unit;

fn sensor(extra: &str) -> Arc<Sensor> {
    let text = format!(
        "[[sensor]]\nname = 's'\nurl = 'http://h/'\ntarget = 'shop/Deployment/cart'\n{extra}"
    );
    let config = config::parse(std::path::Path::new("c.toml"), &text).unwrap();
    Arc::new(config.sensors[0].clone())
}

fn reader(extra: &str) -> Reader {
    Reader::new(sensor(extra))
}

/// So many ms after the beginning.
fn moment(ms: u64) -> Moment {
    use std::sync::LazyLock;
    static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);
    Moment {
        wall: Timestamp::from_millisecond(i64::try_from(ms).unwrap()).unwrap(),
        instant: *BEGINNING + Duration::from_millis(ms),
    }
}

fn told(found: &Found) -> Vec<String> {
    let properties = found.readings.iter().map(|r| &r.property);
    properties
        .map(|p| match p.value {
            Value::Number(n) => format!("{} {n} {}", p.name, p.unit),
            _ => panic!("{p:?}"),
        })
        .collect()
}

const COUNTER: &str = "format = 'prometheus'\nmetric = 'errors_total'\n";

#[test]
fn a_number_is_the_property_in_the_unit_that_was_said() {
    let mut of = reader("format = 'number'\nproperty = 'n'\nunit = 'count'");
    let found = of.read(b"\xef\xbb\xbf 42\n", moment(0)).unwrap();
    assert_eq!(told(&found), ["n 42 count"]);
    let property = &found.readings[0].property;
    assert_eq!(&*property.source, "sensor s");
    assert_eq!(property.window_ms, None);
    assert_eq!(
        found.readings[0].subject.to_string(),
        "shop/Deployment/cart"
    );
    for (body, says) in [
        ("forty", "\"forty\", which is no number"),
        ("1 2", "no number"),
        ("<html>", "no number"),
        ("NaN", "answered NaN, which is no data"),
        ("inf", "no data"),
        (" \n", "answered nothing"),
        ("4\x1b[31m2", "no number"),
    ] {
        let line = of.read(body.as_bytes(), moment(1)).unwrap_err().to_string();
        assert!(line.contains(says) && !line.contains('\x1b'), "{line}");
    }
}

#[test]
fn a_counter_becomes_a_rate_with_its_second_reading() {
    let mut of = reader(COUNTER);
    let page = |n: u32| {
        format!("# HELP errors_total All.\n# TYPE errors_total counter\nerrors_total {n}\n")
    };
    let first = of.read(page(100).as_bytes(), moment(0)).unwrap();
    assert_eq!((first.readings.len(), first.begun), (0, 1));
    let second = of.read(page(110).as_bytes(), moment(4_000)).unwrap();
    assert_eq!(told(&second), ["errors_total 2.5 /s"]);
    let property = &second.readings[0].property;
    assert_eq!(property.window_ms, Some(4_000));
    assert_eq!(
        property.description.as_deref(),
        Some("per second, of the counter errors_total: All.")
    );
    // Its program began anew, and has counted six since.
    let third = of.read(page(6).as_bytes(), moment(6_000)).unwrap();
    assert_eq!(told(&third), ["errors_total 3 /s"]);
    let quiet = of.read(page(6).as_bytes(), moment(8_000)).unwrap();
    assert_eq!(told(&quiet), ["errors_total 0 /s"]);
    of.forget();
    let anew = of.read(page(9).as_bytes(), moment(9_000)).unwrap();
    assert!(anew.readings.is_empty());
}

#[test]
fn a_series_that_comes_again_has_no_rate_over_its_absence() {
    let mut of = reader(COUNTER);
    let page = |code: u32, n: u32| {
        format!("# TYPE errors_total counter\nerrors_total{{code=\"{code}\"}} {n}\n")
    };
    of.read(page(1, 5).as_bytes(), moment(0)).unwrap();
    of.read(page(2, 5).as_bytes(), moment(1_000)).unwrap();
    let again = of.read(page(1, 9).as_bytes(), moment(2_000)).unwrap();
    assert!(again.readings.is_empty());
}

#[test]
fn where_the_page_says_when_that_is_the_time() {
    let mut of = reader(COUNTER);
    let page = |n: u32, at: u32| format!("# TYPE errors_total counter\nerrors_total {n} {at}\n");
    of.read(page(0, 10_000).as_bytes(), moment(0)).unwrap();
    let found = of.read(page(30, 20_000).as_bytes(), moment(1_000)).unwrap();
    assert_eq!(told(&found), ["errors_total 3 /s"]);
    assert_eq!(found.readings[0].property.at.as_millisecond(), 20_000);
    // The same page once more: nothing is newly known.
    let same = of.read(page(30, 20_000).as_bytes(), moment(2_000)).unwrap();
    assert_eq!(told(&same), ["errors_total 3 /s"]);
    assert_eq!(same.readings[0].property.at.as_millisecond(), 20_000);
}

#[test]
fn the_unit_is_the_persons_then_the_pages_then_the_names() {
    let page = "# TYPE x_bytes gauge\n# UNIT x_bytes bytes\nx_bytes 2048\n# EOF\n";
    let unit = |extra: &str, page: &str| {
        let mut of = reader(&format!(
            "format = 'prometheus'\nmetric = 'x_bytes'\n{extra}"
        ));
        let found = of.read(page.as_bytes(), moment(0)).unwrap();
        found.readings[0].property.unit.clone()
    };
    let orders = Unit::Other {
        word: "orders".into(),
    };
    assert_eq!(unit("unit = 'orders'", page), orders);
    assert_eq!(unit("", page), Unit::Bytes);
    assert_eq!(
        unit("", &page.replace("bytes bytes", "bytes seconds")),
        Unit::Seconds
    );
    assert_eq!(unit("", "x_bytes 1"), Unit::Bytes);
}

#[test]
fn several_series_are_told_apart_by_their_labels_and_bounded() {
    let mut of =
        reader("format = 'prometheus'\nmetric = 'q'\nlabels = { z = '1' }\nproperty = 'depth'");
    let page = "q{z=\"1\",a=\"x\\\"y\"} 1\nq{z=\"1\",a=\"b\"} 2\nq{z=\"2\"} 3\nq 4\n";
    let found = of.read(page.as_bytes(), moment(0)).unwrap();
    assert_eq!(
        told(&found),
        ["depth{a=\"b\"} 2 ", "depth{a=\"x\\\"y\"} 1 "]
    );
    assert!(found.lacks.is_empty());
    let alone = of.read(b"q{z=\"1\",a=\"b\"} 2", moment(0)).unwrap();
    assert_eq!(told(&alone), ["depth 2 "]);
    let many: Vec<String> = (0..57)
        .map(|n| format!("q{{z=\"1\",n=\"{n}\"}} 1\n"))
        .collect();
    let found = of.read(many.concat().as_bytes(), moment(0)).unwrap();
    assert_eq!(found.readings.len(), SERIES);
    assert_eq!(
        found.lacks,
        ["20 of 57 series of q are shown: choose some with labels"]
    );
    let none = of.read(b"q{z=\"3\"} 1", moment(0)).unwrap();
    assert_eq!(none.lacks, ["no series of q has these labels now"]);
    let wild = of.read(b"q{z=\"1\"} NaN", moment(0)).unwrap();
    assert_eq!(wild.lacks, ["depth is NaN, which is no data"]);
    assert!(wild.readings.is_empty());
}

#[test]
fn what_is_not_there_is_said_with_what_is_like_it() {
    let mut of = reader("format = 'prometheus'\nmetrics = ['error_total', 'heap']");
    let found = of.read(b"errors_total 1\nheap 2", moment(0)).unwrap();
    assert_eq!(told(&found), ["heap 2 "]);
    let lack = "there is no metric error_total there: it has errors_total; check its name";
    assert_eq!(found.lacks, [lack]);
    for (body, says) in [
        (
            "errors_total 1",
            "no metric error_total there: it has errors_total",
        ),
        ("zzz 1", "(of 1 that are): check its name"),
        ("", "answered nothing"),
        ("{\"a\": 1}", "is not the text format of Prometheus"),
        (
            "<html>\n<p>",
            "answered \"<html>\", which is not the text format",
        ),
    ] {
        let line = of.read(body.as_bytes(), moment(0)).unwrap_err().to_string();
        assert!(line.contains(says), "{line}");
    }
}

#[test]
fn an_open_metrics_counter_may_be_named_by_its_family() {
    let mut of = reader("format = 'prometheus'\nmetric = 'cpu_seconds'");
    let page = |n: u32| {
        format!(
            "# TYPE cpu_seconds counter\n# UNIT cpu_seconds seconds\ncpu_seconds_total {n}.0\n# EOF\n"
        )
    };
    of.read(page(1).as_bytes(), moment(0)).unwrap();
    let found = of.read(page(2).as_bytes(), moment(2_000)).unwrap();
    assert_eq!(told(&found), ["cpu_seconds 0.5 s/s"]);
}

#[test]
fn what_is_beyond_all_numbers_is_no_data() {
    let mut of = reader("format = 'prometheus'\nmetric = 'x_ratio'");
    let found = of.read(b"x_ratio 1e308", moment(0)).unwrap();
    assert!(found.readings.is_empty());
    assert_eq!(
        told(&of.read(b"x_ratio 0.25", moment(0)).unwrap()),
        ["x_ratio 25 %"]
    );
}
