use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn all(text: &str) -> Page {
    read(text, |_| true)
}

fn told(sample: &Sample) -> String {
    let labels: Vec<String> = sample
        .labels
        .iter()
        .map(|(k, v)| format!("{k}={v:?}"))
        .collect();
    let at = sample.at_ms.map_or(String::new(), |at| format!(" @{at}"));
    format!(
        "{} {{{}}} {}{at}",
        sample.name,
        labels.join(" "),
        sample.value
    )
}

#[rstest]
#[case("a 1", "a {} 1")]
#[case("a\t 1.5e3 ", "a {} 1500")]
#[case("a{} 1", "a {} 1")]
#[case("a {b=\"c\"} 1", "a {b=\"c\"} 1")]
#[case("a{b=\"c\",} 1\r", "a {b=\"c\"} 1")]
#[case("a{ b = \"c\" , d=\"\" } -1", "a {b=\"c\" d=\"\"} -1")]
#[case(r#"a{b="x\\y\"z\nw\t"} 1"#, r#"a {b="x\\y\"z\nw\\t"} 1"#)]
#[case(r#"a{b="} 2 # {\\"} 1"#, r#"a {b="} 2 # {\\"} 1"#)]
#[case("a{b=\"ü,}\"} 1", "a {b=\"ü,}\"} 1")]
#[case("a NaN", "a {} NaN")]
#[case("a +Inf", "a {} inf")]
#[case("a -Inf", "a {} -inf")]
#[case("a 1 1395066363000", "a {} 1 @1395066363000")]
#[case("a 1 # {trace_id=\"x\"} 0.67", "a {} 1")]
#[case("a_bucket{le=\"+Inf\"} 1 # {} 0.67", "a_bucket {le=\"+Inf\"} 1")]
#[case("{\"my.metric\",b=\"c\"} 1", "my.metric {b=\"c\"} 1")]
#[case("{\"my.metric\"} 1", "my.metric {} 1")]
#[case("a:b_c 1", "a:b_c {} 1")]
fn a_sample_is_read(#[case] line: &str, #[case] wanted: &str) {
    let page = all(line);
    assert_eq!(page.unreadable, 0);
    assert_eq!(page.samples.iter().map(told).collect::<Vec<_>>(), [wanted]);
}

#[rstest]
#[case("a")]
#[case("a b")]
#[case("a{b=c} 1")]
#[case("a{b=\"c} 1")]
#[case("a{b=\"c\" 1")]
#[case("a{b=\"c\" d=\"e\"} 1")]
#[case("a{b} 1")]
#[case("{b=\"c\"} 1")]
#[case("{\"a\",\"b\"} 1")]
#[case("a 1 yesterday")]
#[case("<!doctype html>")]
#[case("{\"json\": 1}")]
fn what_is_none_is_counted_and_passed_over(#[case] line: &str) {
    let page = all(&format!("{line}\nlast 1\n"));
    assert_eq!(page.unreadable, 1);
    assert_eq!(page.samples.len(), 1);
}

#[test]
fn what_is_said_of_families_belongs_to_their_samples() {
    let page = all(r"# HELP a_total Things.\nWith \\ and more
# TYPE a_total counter
a_total 1
# a remark
# TYPE b counter
# UNIT b seconds
# HELP b Busy.
b_total 2 1.5
b_created 3
# TYPE c histogram
c_bucket 1
c_sum 1
c_count 1
# TYPE d summary
d_bucket 1
d_count 1
# TYPE e gauge
e 1
# TYPE f untyped
f_total 1
# EOF
");
    assert_eq!(page.unreadable, 0);
    let grows = |name: &str| page.about(name).1;
    let growing: Vec<&str> = page
        .names
        .iter()
        .map(String::as_str)
        .filter(|n| grows(n))
        .collect();
    assert_eq!(
        growing,
        [
            "a_total", "b_total", "c_bucket", "c_count", "c_sum", "d_count"
        ]
    );
    let family = page.about("a_total").0.unwrap();
    assert_eq!(family.help.as_deref(), Some("Things.\nWith \\ and more"));
    let family = page.about("b_total").0.unwrap();
    assert_eq!(family.unit.as_deref(), Some("seconds"));
    assert_eq!(family.help.as_deref(), Some("Busy."));
    // With an end, time is in seconds.
    let b = page.samples.iter().find(|s| s.name == "b_total").unwrap();
    assert_eq!(b.at_ms, Some(1_500));
    assert_eq!(page.about("nobody"), (None, false));
}

#[test]
fn only_what_is_wanted_is_kept_and_all_of_it_is_bounded() {
    let both = |n: usize| format!("a{{n=\"{n}\"}} 1\nb 1\n");
    let many: Vec<String> = (0..SAMPLE_LIMIT + 5).map(both).collect();
    let page = read(&many.concat(), |name| name == "a");
    assert_eq!((page.samples.len(), page.beyond), (SAMPLE_LIMIT, 5));
    assert_eq!(page.names.len(), 2);
    let long = format!("a{{b=\"{}\"}} 1\nc 1", "x".repeat(LINE_LIMIT));
    let page = all(&long);
    assert_eq!((page.samples.len(), page.unreadable), (1, 1));
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(text in "(?s).{0,300}") {
        all(&text);
    }

    #[test]
    fn nothing_that_looks_like_a_page_does_either(
        text in "([#{}\"\\\\=, \n\té1a]|HELP|TYPE|UNIT|EOF|NaN|# |a\\{b=\"){0,60}",
    ) {
        let page = all(&text);
        let lines = text.lines().count();
        prop_assert!(page.samples.len() + page.unreadable <= lines);
    }

    /// What is written by the format's rules is read as it was.
    #[test]
    fn labels_come_back_as_they_were(
        labels in prop::collection::btree_map("[a-z_]{1,8}", "(?s).{0,12}", 0..5),
        value in -1e12..1e12_f64,
    ) {
        let escaped = |v: &str| v.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        // A carriage return would end the line for others too.
        prop_assume!(labels.values().all(|v| !v.contains('\r')));
        let inside: Vec<String> = labels.iter().map(|(k, v)| format!("{k}=\"{}\"", escaped(v))).collect();
        let page = all(&format!("a{{{}}} {value}\n", inside.join(",")));
        prop_assert_eq!(page.unreadable, 0);
        prop_assert_eq!(&page.samples[0].labels, &labels);
        prop_assert!((page.samples[0].value - value).abs() < f64::EPSILON);
    }
}
