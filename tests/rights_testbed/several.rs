//! Several namespaces are chosen, and one of them may be seen: the others say what is lacking, and nothing is
//! said of what is in them.

use std::collections::BTreeSet;
use std::time::Duration;

use portolan::model::observation::{Kind, NamespaceChoice};
use portolan::model::source::SourceState;
use portolan::model::text::Text;
use portolan::sources::kubernetes::Session;

use crate::account::Account;
use crate::lacks::{left_out, model, screen};
use crate::real::Ground;
use crate::rules::{NAMESPACE, rules};
use crate::watching::Watching;

/// Namespaces with a Deployment each, and somebody who may see the first.
struct Several {
    grounds: [Ground; 3],
    account: Account,
}

impl Several {
    async fn new() -> Self {
        let grounds = [
            Ground::new().await,
            Ground::new().await,
            Ground::new().await,
        ];
        for ground in &grounds {
            ground.deploy("web", 2).await;
        }
        for ground in &grounds {
            ground
                .kubectl(&["rollout", "status", "deployment/web"])
                .await;
        }
        let [own, ..] = &grounds;
        let account = Account::new(own, "somebody").await;
        account
            .here("view", &rules(NAMESPACE, "portolan-view"))
            .await;
        Self { grounds, account }
    }

    fn names(&self) -> [&str; 3] {
        self.grounds.each_ref().map(|ground| &*ground.namespace)
    }
}

/// How a part is in a namespace.
fn line<'a>(watching: &'a Watching, part: &str, namespace: &str) -> Option<&'a SourceState> {
    let key = (Text::from(part), Some(Text::from(namespace)));
    watching.lines.get(&key)
}

/// Whether all kinds of a namespace are so.
fn all(watching: &Watching, namespace: &str, is_so: impl Fn(&str, &SourceState) -> bool) -> bool {
    let kinds = Kind::NAMESPACED.into_iter().map(Kind::plural);
    let mut lines = kinds.map(|kind| (kind, line(watching, kind, namespace)));
    lines.all(|(kind, state)| state.is_some_and(|state| is_so(kind, state)))
}

fn live(watching: &Watching, namespace: &str) -> bool {
    all(watching, namespace, |_, state| *state == SourceState::Live)
}

/// Each kind says by itself what is lacking, and where.
fn forbidden(watching: &Watching, namespace: &str) -> bool {
    all(watching, namespace, |kind, state| {
        let says = format!("may not list {kind} in namespace {namespace}");
        let asks = format!("ask for get, list, watch on {kind}");
        matches!(state, SourceState::Forbidden { what } if what.starts_with(&says) && what.ends_with(&asks))
    })
}

fn shown(watching: &Watching, namespace: &str) -> BTreeSet<String> {
    let pods = watching.model.components();
    let own = pods.filter(|pod| *pod.namespace == *namespace);
    own.map(|pod| pod.name.to_string()).collect()
}

/// Until what is shown of a namespace is what kubectl says of it.
async fn agrees(watching: &mut Watching, ground: &Ground) {
    let there = ground.pods().await;
    watching
        .until("as kubectl says", |w| {
            live(w, &ground.namespace) && shown(w, &ground.namespace) == there
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn what_may_be_seen_is_live_and_new_rights_show_without_a_restart() {
    let several = Several::new().await;
    let [own, other, third] = several.names();
    let session: Session = several.account.session().await;
    let choice = NamespaceChoice::Only([own, other, third].map(Text::from).into());
    let mut watching = Watching::start(&session, choice);
    watching
        .until("one is live, two are forbidden", |w| {
            live(w, own) && forbidden(w, other) && forbidden(w, third)
        })
        .await;
    agrees(&mut watching, &several.grounds[0]).await;
    let pods = watching.names(Kind::Pod);
    assert_eq!(pods, several.grounds[0].pods().await, "of no other");
    // What comes and goes there goes on.
    several.grounds[0].deploy("web", 1).await;
    watching
        .until("one pod", |w| shown(w, own).len() == 1)
        .await;

    let rights = rules(NAMESPACE, "portolan-view");
    several
        .account
        .within(&several.grounds[1], "view", &rights)
        .await;
    let said = watching.said.len();
    watching
        .until("new rights", |w| {
            w.retry.send_modify(|count| *count += 1);
            live(w, other)
        })
        .await;
    agrees(&mut watching, &several.grounds[1]).await;
    agrees(&mut watching, &several.grounds[0]).await;
    assert!(forbidden(&watching, third));
    watching.look(Duration::from_secs(1)).await;
    let again = watching.said.iter().skip(said);
    let again = again.filter(|(_, state)| matches!(state, SourceState::Forbidden { .. }));
    assert_eq!(
        again.count(),
        0,
        "what is forbidden already is not said again"
    );
}

/// Neither the commands nor the screen call it empty, or none.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn nothing_is_said_of_what_is_in_a_namespace_that_may_not_be_seen() {
    let several = Several::new().await;
    let [own, other, third] = several.names();
    let kubeconfig = several.account.kubeconfig().await;
    let chosen = format!("{own},{other},{third}");
    let (model, said) = model(&kubeconfig, &["-n", &chosen]);
    let pods = model["pods"].as_array().expect("a list");
    let places: BTreeSet<_> = pods.iter().map(|pod| pod["namespace"].as_str()).collect();
    assert_eq!((pods.len(), places), (2, BTreeSet::from([Some(own)])));
    let said = left_out(&said);
    for namespace in [other, third] {
        let lacks = format!("may not list pods in namespace {namespace}");
        assert!(said.iter().any(|line| line.contains(&lacks)), "{said:#?}");
    }

    let mut pty = screen(&kubeconfig, &["-n", &chosen]);
    pty.wait_for("2/2");
    // All of two namespaces, and what is in none: no number of kinds.
    let lists = 2 * Kind::NAMESPACED.len() + Kind::CLUSTER_WIDE.len();
    pty.wait_for(&format!("{lists} lists forbidden"));
    let first = pty.screen();
    // The mark of a number that is not all.
    assert!(first.contains("pods 2/2…"), "{first}");
    for lie in ["pods 0", "0/0", "is empty", "nothing runs in"] {
        assert!(!first.contains(lie), "{lie}: {first}");
    }
    pty.send("vs");
    pty.wait_for(&format!("may not list cronjobs in namespace {other}"));
    pty.wait_for("ctrl-r asks now");
    let rights = rules(NAMESPACE, "portolan-view");
    several
        .account
        .within(&several.grounds[1], "view", &rights)
        .await;
    pty.send("vt");
    pty.wait_for("Tree");
    pty.send("\u{12}");
    pty.wait_for("pods 4/4");
    pty.send(":q\r");
    pty.end();
}
