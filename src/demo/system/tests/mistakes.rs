//! What those are told whose file is wrong.

use rstest::rstest;

use super::*;

/// A small system with a hole for a mistake.
fn small(hole: &str, call: &str) -> String {
    format!(
        "name = 'shop'\nnamespaces = ['shop']\n\
         [nodes]\nprefix = 'n'\ncount = 1\nzones = []\ncpu = '1'\nmemory = '1Gi'\n\
         [traffic]\nday = '1m'\nnight = 0.5\n\
         [[component]]\nname = 'cart'\nimage = 'shop/cart:1'\nport = 80\n{hole}\n\
         [[component.operation]]\nname = 'GET /cart'\ncalls = [{call}]\n\
         [[component.operation]]\nname = 'GET /stock'\n"
    )
}

#[test]
fn a_small_system_is_understood() {
    let text = small("", "{ to = 'cart', operation = 'GET /stock' }");
    let system = System::parse(Path::new("s.toml"), &text).unwrap();
    let call = &system.components[0].operations[0].calls[0];
    assert_eq!(
        call.to,
        Address {
            component: 0,
            operation: 1
        }
    );
    assert_eq!((call.times, call.timeout), (1, Duration::from_secs(5)));
}

#[rstest]
#[case::unknown_field("colour = 'red'", "", 16, "unknown field `colour`")]
#[case::wrong_type("replicas = 'two'", "", 16, "invalid type")]
#[case::too_many("replicas = 100000", "", 16, "give a number from 0 to 1000")]
#[case::negative("replicas = -1", "", 16, "give a number from 0 to 1000")]
#[case::no_namespace("namespace = 'bank'", "", 16, "add it to namespaces")]
#[case::processor("cpu = 'fast'", "", 16, "write it like 250m or 2")]
#[case::memory("memory = '128'", "", 16, "write it like 128Mi or 2Gi")]
#[case::start("start = 'soon'", "", 16, "write it like 20s or 10m")]
#[case::limit("cpu-limit = '50m'", "", 13, "raise the limit")]
#[case::capacity("capacity = 0", "", 16, "give a number from 0.1 to")]
#[case::label("labels = { a = 'ä' }", "", 16, "no value of a label")]
#[case::selector("labels = { app = 'x' }", "", 16, "name another")]
#[case::variable("env = { 'A-B' = '1' }", "", 16, "use A-Z, 0-9 and _")]
#[case::host("host = 'x.org'", "", 16, "only what is = \"external\"")]
#[case::system("system = 'derby'", "", 16, "only a database or a broker")]
#[case::database("is = 'database'", "", 13, "needs system = ")]
#[case::daemon("kind = 'DaemonSet'\nreplicas = 2", "", 17, "take them away")]
#[case::kind("kind = 'Job'", "", 16, "unknown variant `Job`")]
#[case::cron_job("kind = 'CronJob'", "", 13, "needs schedule = ")]
#[case::called_cron_job("kind = 'CronJob'\nschedule = '* * * * *'", "", 13, "nobody can call")]
#[case::schedule("schedule = '* * * * *'", "", 16, "only a CronJob")]
#[case::autoscale(
    "autoscale = { min = 3, max = 2, cpu = 50 }",
    "",
    16,
    "1 <= min <= max"
)]
#[case::port("port = 80", "", 16, "duplicate key")]
#[case::callee(
    "",
    "{ to = 'stock', operation = 'GET /stock' }",
    19,
    "no component stock"
)]
#[case::operation(
    "",
    "{ to = 'cart', operation = 'GET /x' }",
    19,
    "it has GET /cart, GET /stock"
)]
#[case::probability(
    "",
    "{ to = 'cart', operation = 'GET /stock', probability = 2 }",
    19,
    "give a number from 0 to 1"
)]
#[case::times(
    "",
    "{ to = 'cart', operation = 'GET /stock', times = 0 }",
    19,
    "give a number from 1"
)]
#[case::for_ever(
    "",
    "{ to = 'cart', operation = 'GET /cart' }",
    18,
    "calls itself for ever"
)]
#[case::too_large(
    "",
    "{ to = 'cart', operation = 'GET /stock', times = 600 }",
    18,
    "call less often"
)]
#[case::odd_name(
    "[[component.operation]]\nname = 'look'",
    "",
    17,
    "write it like \"GET /path\""
)]
#[case::twice(
    "[[component.operation]]\nname = 'GET /cart'",
    "",
    19,
    "cart has GET /cart twice"
)]
#[case::consumes(
    "[[component.operation]]\nname = 'x'\nconsumes = 'kafka/y'",
    "",
    18,
    "an operation of a broker"
)]
#[case::load(
    "[[component.load]]\nto = 'cart'\noperation = 'GET /cart'\nrate = -1",
    "",
    19,
    "rate is -1"
)]
fn mistakes_are_one_line_with_their_place(
    #[case] hole: &str,
    #[case] call: &str,
    #[case] line: usize,
    #[case] says: &str,
) {
    assert_refused(&small(hole, call), line, says);
}

#[rstest]
#[case::day("day = '1m'", "day = '1s'", "at least 10s")]
#[case::night("night = 0.5", "night = 1.5", "give a number from 0 to 1")]
#[case::name("name = 'shop'", "name = 'My Shop'", "use at most 52 of a-z")]
#[case::no_image("image = 'shop/cart:1'", "", "needs image = ")]
#[case::no_tag("shop/cart:1", "host:5000/cart", "has no tag")]
#[case::no_port("port = 80", "", "give it a port")]
#[case::unique(
    "[[component]]",
    "[[component]]\nname = 'cart'\nimage = 'c:1'\n[[component]]",
    "twice"
)]
#[case::namespaces("namespaces = ['shop']", "namespaces = ['a', 'a']", "a is there twice")]
#[case::nodes("count = 1", "count = 0", "give a number from 1 to 1000")]
#[case::missing("prefix = 'n'\n", "", "missing field `prefix`")]
fn mistakes_elsewhere(#[case] right: &str, #[case] wrong: &str, #[case] says: &str) {
    let text = small("", "");
    assert!(text.contains(right));
    let error = refusal(&text.replacen(right, wrong, 1));
    assert!(error.starts_with("s.toml:"), "{error}");
    assert!(error.contains(says), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

#[rstest]
#[case::target("fault = 'crash'\ntarget = 'till'", 3, "no component till")]
#[case::node("fault = 'node'\ntarget = 'n2'", 3, "the nodes are n1")]
#[case::word("fault = 'explode'\ntarget = 'cart'", 2, "unknown variant `explode`")]
#[case::nothing("fault = 'crash'\ntarget = 'bank'", 3, "choose another")]
#[case::ingress(
    "fault = 'slow'\ntarget = 'cart'\n[[ingress]]\nname = 'i'\nhost = 'h'",
    5,
    "leads nowhere"
)]
fn mistakes_at_the_end(#[case] incident: &str, #[case] below: usize, #[case] says: &str) {
    let bank = "[[component]]\nname = 'bank'\nis = 'external'\nhost = 'bank.org'";
    let text = small("", "");
    let text = text.trim_end();
    let scenario = text.lines().count() + 1;
    let text = format!("{text}\n[[scenario]]\nafter = '1s'\n{incident}\n{bank}");
    assert_refused(&text, scenario + below, says);
}

fn refusal(text: &str) -> String {
    System::parse(Path::new("s.toml"), text)
        .unwrap_err()
        .to_string()
}

fn assert_refused(text: &str, line: usize, says: &str) {
    let error = refusal(text);
    assert!(error.starts_with(&format!("s.toml:{line}: ")), "{error}");
    assert!(error.contains(says), "{error}");
    assert!(!error.contains('\n'), "{error}");
}
