//! The first paint, the tree, the detail, and going from place to place.

use portolan::model::source::SourceState;
use portolan::ui::screen::Mode;

use crate::cluster::{self, part};
use crate::harness::Session;

#[test]
fn nothing_is_said_to_be_missing_before_the_lists_are_complete() {
    let mut s = Session::new(100, 30);
    s.shows("prod-eu : shop")
        .shows("LOCKED")
        .shows("connecting");
    s.hides("nothing runs")
        .hides("0 types")
        .hides("0 bad")
        .shows("pods -");
    let choice = s.choice.clone();
    s.observe(cluster::loading(&choice, 3_200));
    s.shows("loading pods 3200").hides("nothing runs");
    let begin = s.cluster.begin(&choice);
    s.observe(begin);
    s.hides("nothing runs");
    let finish = s.cluster.finish(&choice);
    s.observe(finish);
    s.shows("nothing runs in shop: n chooses other namespaces");
}

#[test]
fn a_context_with_the_name_of_an_account_leaves_room_for_the_mode() {
    let mut start = crate::harness::start(Mode::Locked);
    start.context =
        "arn:aws:eks:eu-west-1:123456789012:cluster/production-of-everything".to_owned();
    let mut s = Session::of_shop_with(start, 80, 24);
    s.shows("arn:aws").shows("LOCKED").shows("pods 11/12");
}

#[test]
fn each_source_says_how_it_is_however_little_room_there_is() {
    let stale = || SourceState::Stale {
        since: cluster::ago(40).unwrap(),
        cause: "no answer for 40 s".into(),
    };
    for (width, height) in [(160, 45), (80, 24), (60, 16)] {
        let mut s = Session::of_shop(Mode::Locked, width, height);
        for row in ["k8s live", "zipkin ok", "LOCKED", "1 type bad"] {
            let first = s.screen().lines().next().unwrap_or_default().to_owned();
            assert!(first.contains(row), "{width}: {first:?} lacks {row}");
        }
        s.press("/")
            .type_text("a-name-that-is-so-long-that-it-is-cut|.")
            .press("enter");
        s.observe(vec![part("zipkin", "dependencies", None, Some(stale()))]);
        for row in ["k8s live", "zipkin stale 40s", "1 type bad"] {
            let first = s.screen().lines().next().unwrap_or_default().to_owned();
            assert!(first.contains(row), "{width}: {first:?} lacks {row}");
        }
    }
}

#[test]
fn pods_that_are_there_are_shown_while_the_rest_is_loading() {
    let mut s = Session::new(100, 30);
    s.cluster = cluster::shop();
    let choice = s.choice.clone();
    let begin = s.cluster.begin(&choice);
    s.observe(begin);
    let mut finish = s.cluster.finish(&choice);
    // The lists come to their middle only.
    finish.truncate(finish.len() / 2);
    s.observe(finish);
    s.shows("payment");
}

#[test]
fn what_keeps_the_lists_from_coming_is_said_in_their_place() {
    let mut s = Session::new(120, 30);
    let cause = "https://127.0.0.1:6443 refuses connections: is the cluster running?";
    let failed = SourceState::Failed {
        cause: cause.into(),
    };
    s.observe(vec![part("kubernetes", "session", None, Some(failed))]);
    s.shows(cause).shows("k8s session failed");
    s.hides("nothing runs").hides("connecting");
}

#[test]
fn what_was_listed_stays_when_the_server_goes_silent_and_says_so() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    let stale = SourceState::Stale {
        since: cluster::ago(40).unwrap(),
        cause: "no answer for 40 s".into(),
    };
    s.observe(vec![part(
        "kubernetes",
        "pods",
        Some("shop".into()),
        Some(stale),
    )]);
    s.shows("k8s pods stale 40s").shows("payment").shows("cart");
}

#[test]
fn problems_come_first_and_say_why() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    let screen = s.screen();
    let row = |name: &str| {
        let found = screen.lines().position(|l| l.contains(name));
        found.unwrap_or_else(|| panic!("no {name}:\n{screen}"))
    };
    assert!(row("▸ payment") < row("▸ cart"));
    let line = s.line("▸ payment");
    assert!(line.contains('!') && line.contains("2/3"), "{line}");
    assert!(line.contains("CrashLoopBackOff exit 137"), "{line}");
    s.shows("1 type bad · pods 11/12").shows("1 type is bad");
    // Better ones first again, once it is well.
    s.change(|c| {
        c.change_pod("shop", "payment", |pod| {
            pod.ready = Some(true);
            for container in std::sync::Arc::make_mut(&mut pod.containers) {
                container.ready = true;
                container.state = portolan::model::observation::ContainerState::Running {
                    since: cluster::ago(1),
                };
            }
        });
        c.change_workload("shop", "payment", |w| w.ready = 3);
    });
    // Its callers still see it fail, as the last window of traces has it.
    s.shows("0 bad, 1 failing · pods 12/12");
    let line = s.line("▸ payment");
    assert!(line.contains("OOMKilled exit 137, restart"), "{line}");
}

/// The root of what its callers suffer: it is no type any more, and yet it is a problem.
#[test]
fn a_service_that_is_called_and_has_nobody_behind_it_comes_first() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.change(|c| {
        c.service("shop", "idle", 80);
        c.undeploy("shop", "cart");
        c.endpoints("shop", "cart");
    });
    s.shows("1 type bad, 1 service empty");
    let screen = s.screen();
    let row = |name: &str| screen.lines().position(|l| l.contains(name));
    let (missed, broken, idle) = (row("service cart"), row("▸ payment"), row("service idle"));
    assert!(
        missed.is_some() && missed < broken && broken < idle,
        "{screen}"
    );
    let line = s.line("service cart");
    assert!(line.contains("!     service cart"), "{line}");
    assert!(line.contains("no pods · declared by checkout"), "{line}");
    s.press("ctrl-z")
        .shows("service cart")
        .hides("service idle");
    s.change(|c| c.deploy("shop", "cart", 1));
    s.shows("1 type bad · pods").hides("service cart");
}

#[test]
fn rows_fold_and_unfold_and_the_cursor_stays_on_its_row() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.hides("payment-5d8f-0");
    s.press("j right");
    s.shows("payment-5d8f-0").shows("service payment 8");
    s.press("right right");
    s.resize(200, 45);
    s.shows("main").shows("CrashLoopBackOff back-off 40s");
    s.press("left left left");
    s.hides("payment-5d8f-0");
    assert!(s.line("▸ payment").contains("│>!"), "{}", s.screen());
    s.press("*").shows("cart-5d8f-1").shows("payment-5d8f-2");
    s.press("*").hides("cart-5d8f-1");
    s.resize(160, 45);
    s.resize(160, 45);
    s.press("ctrl-w")
        .shows("no room for more columns here: :toggle-detail makes some");
    s.command("toggle-detail").shows("KIND").shows("NODE");
    s.press("ctrl-w").hides("KIND").command("toggle-detail");
    // The row moves below others, and takes the cursor along.
    s.command("sort");
    assert!(s.line("▸ payment").contains("│>!"), "{}", s.screen());
}

#[test]
fn the_cursor_stays_where_its_row_was_when_that_goes() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.press("j j");
    assert!(s.line("▸ cart").contains("│>"), "{}", s.screen());
    s.change(|c| c.undeploy("shop", "cart"));
    assert!(s.line("▸ checkout").contains("│>"), "{}", s.screen());
    s.shows("checkout ─"); // the detail pane follows
}

#[test]
fn the_detail_page_says_what_is_known_and_goes_back() {
    let mut s = Session::of_shop(Mode::Locked, 80, 24);
    s.press("j enter");
    s.shows("Deployment shop/payment")
        .shows("! CrashLoopBackOff exit 137 (OOMKilled)")
        .shows("checkout 12.3/s 12.2 % errors (declared too)")
        .shows("card-network (unresolved)");
    s.press("esc")
        .hides("Deployment shop/payment")
        .shows("▸ payment");
    // A page of something that goes says so.
    s.press("enter").shows("Deployment shop/payment");
    s.change(|c| c.remove_namespace("shop"));
    s.shows("it is gone");
}

#[test]
fn views_are_gone_through_and_back() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.press("j v e").shows("┌ Events · shop");
    s.press("v s").shows("┌ Sources");
    s.press("-").shows("┌ Events · shop");
    s.press("-").shows("┌ Sources");
    s.press("esc").shows("┌ Events · shop");
    s.press("esc").shows("┌ Tree");
    assert!(s.line("▸ payment").contains("│>!"), "{}", s.screen());
    s.press("j v e [")
        .shows("┌ Tree")
        .press("]")
        .shows("┌ Events · shop");
    s.press("[ [ [ [ [ [")
        .shows("┌ Tree")
        .press("esc esc esc esc");
    s.press("esc")
        .shows("this is the first view: ctrl-c or :q quits");
    assert_eq!(s.effects(), []);
}

#[test]
fn a_namespace_that_is_deleted_leaves_and_is_told() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.change(|c| c.remove_namespace("shop"));
    s.shows("nothing runs in shop");
    s.press("v e")
        .shows("namespace is gone")
        .shows("Deployment is gone");
}

#[test]
fn a_new_service_is_in_the_tree_and_in_the_log() {
    let mut s = Session::of_shop(Mode::Locked, 160, 45);
    s.change(|c| c.service("shop", "loose-end", 81));
    s.shows("service loose-end");
    s.shows("new Service ClusterIP, port 81");
}
