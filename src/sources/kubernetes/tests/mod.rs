//! The whole source against a small server over a real socket.

mod metrics;
mod replay;
mod server;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::model::observation::{Kind, NamespaceChoice, Observation};
use crate::model::source::SourceState;
use crate::model::text::Text;

use super::{Control, Kubernetes, Outlet, Settings, Source};
use replay::Replay;
use server::{Server, Streams};

/// Lines with one scope for each namespaced kind: session, two cluster-wide kinds, eleven others.
const LINES: usize = 1 + Kind::CLUSTER_WIDE.len() + INSIDE;
/// Those for each namespace.
const INSIDE: usize = Kind::NAMESPACED.len() + Kind::OPTIONAL.len();

/// A running source and what it said.
struct Running {
    server: Server,
    replay: Replay,
    receiver: mpsc::Receiver<Vec<Observation>>,
    namespaces: watch::Sender<NamespaceChoice>,
    retry: watch::Sender<u64>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start(server: Server, choice: NamespaceChoice) -> Self {
        let (outlet, receiver) = Outlet::new();
        let namespaces = watch::Sender::new(choice);
        let retry = watch::Sender::new(0);
        let stop = CancellationToken::new();
        let control = Control {
            namespaces: namespaces.subscribe(),
            retry: retry.subscribe(),
            stop: stop.clone(),
        };
        let settings = Settings {
            session: server.session(),
        };
        let source: Box<dyn Source> = Box::new(Kubernetes::new(settings));
        let task = tokio::spawn(source.run(outlet, control));
        Self {
            server,
            replay: Replay::default(),
            receiver,
            namespaces,
            retry,
            stop,
            task,
        }
    }

    async fn until(&mut self, what: &str, holds: impl Fn(&Replay) -> bool) {
        self.replay.until(&mut self.receiver, what, holds).await;
    }

    async fn until_live(&mut self) {
        self.until("all lines live", |replay| replay.all_live(LINES))
            .await;
    }

    async fn until_pods(&mut self, names: &[&str]) {
        self.until(&format!("pods {names:?}"), |r| r.names(Kind::Pod) == names)
            .await;
    }

    fn retry(&self) {
        self.retry.send_modify(|count| *count += 1);
    }

    fn asked(&self, part: &str) -> usize {
        let world = self.server.world();
        world
            .asked
            .iter()
            .filter(|target| target.contains(part))
            .count()
    }
}

fn only(names: &[&str]) -> NamespaceChoice {
    NamespaceChoice::Only(names.iter().map(|name| Text::from(*name)).collect())
}

fn pod() -> Value {
    json!({"metadata": {}, "spec": {"containers": [{"name": "c"}]}, "status": {"phase": "Running"}})
}

async fn shop() -> Server {
    let server = Server::start().await;
    server.put("namespaces", "", "shop", json!({"metadata": {}}));
    server.put("nodes", "", "n1", json!({"metadata": {}}));
    server.put("deployments", "shop", "cart", json!({"metadata": {}}));
    server.put("pods", "shop", "cart-1", pod());
    server.put("pods", "shop", "cart-2", pod());
    server.put("pods", "bank", "ledger-1", pod());
    server
}

#[tokio::test]
async fn what_is_there_is_listed_and_what_changes_follows() {
    let mut running = Running::start(shop().await, NamespaceChoice::one("shop"));
    running.until_live().await;
    assert_eq!(
        running.replay.names(Kind::Pod),
        ["shop/cart-1", "shop/cart-2"]
    );
    assert_eq!(running.replay.names(Kind::Deployment), ["shop/cart"]);
    assert_eq!(running.replay.names(Kind::Node), ["/n1"]);
    assert_eq!(running.replay.names(Kind::Namespace), ["/shop"]);
    assert_eq!(running.replay.words("pods"), ["loading", "live"]);
    running.server.put("pods", "shop", "cart-3", pod());
    running.server.delete("pods", "shop", "cart-1");
    running.until_pods(&["shop/cart-2", "shop/cart-3"]).await;
    let event = json!({"metadata": {}, "reason": "BackOff", "type": "Warning"});
    running.server.put("events", "shop", "e", event);
    running
        .until("the event", |r| r.happenings.len() == 1)
        .await;
    let session = &running.replay.lines[&("session".to_owned(), "*".to_owned())];
    assert!(session.skew_ms.is_some());
    assert!(
        session
            .address
            .as_deref()
            .is_some_and(|a| a.starts_with("http://127.0.0.1:"))
    );
}

#[tokio::test]
async fn a_server_without_streamed_lists_is_read_in_pages() {
    for streams in [Streams::Refused, Streams::Endless] {
        let server = shop().await;
        server.world().streams = streams;
        for i in 0..1200 {
            server.put("pods", "many", &format!("p{i}"), pod());
        }
        let mut running = Running::start(server, only(&["many"]));
        running.until_live().await;
        assert_eq!(running.replay.names(Kind::Pod).len(), 1200);
        assert_eq!(
            running.asked("/namespaces/many/pods?&limit=500"),
            3,
            "three pages"
        );
        running.server.delete("pods", "many", "p7");
        running
            .until("the deletion", |r| r.names(Kind::Pod).len() == 1199)
            .await;
        let streamed = running.asked("sendInitialEvents");
        assert!(
            streamed <= super::LISTS_AT_A_TIME,
            "{streamed} asked again for what does not work"
        );
    }
}

#[tokio::test]
async fn a_forbidden_kind_says_so_and_the_rest_goes_on() {
    let server = shop().await;
    server.world().refusals.insert("nodes".to_owned(), 403);
    server.world().refusals.insert("pods/shop".to_owned(), 403);
    let mut running = Running::start(server, NamespaceChoice::one("shop"));
    running
        .until("twelve live lines", |r| {
            let live = r
                .lines
                .values()
                .filter(|l| l.state == Some(SourceState::Live));
            live.count() == LINES - 2
                && r.word("pods") == "forbidden"
                && r.word("nodes") == "forbidden"
        })
        .await;
    let Some(SourceState::Forbidden { what }) = running.replay.line("pods") else {
        panic!()
    };
    assert_eq!(
        &**what,
        "may not list pods in namespace shop; ask for get, list, watch on pods"
    );
    running.server.world().refusals.clear();
    running.retry();
    running.until_live().await;
    let words = running.replay.words("pods");
    assert!(words.starts_with(&["loading", "forbidden"]) && words.ends_with(&["live"]));
}

#[tokio::test]
async fn lost_rights_take_what_was_shown_off_the_screen() {
    let mut running = Running::start(shop().await, NamespaceChoice::one("shop"));
    running.until_live().await;
    running
        .server
        .world()
        .refusals
        .insert("pods".to_owned(), 403);
    running.server.cut();
    running
        .until("pods forbidden", |r| r.word("pods") == "forbidden")
        .await;
    assert!(running.replay.names(Kind::Pod).is_empty());
    assert_eq!(
        running.replay.words("pods"),
        ["loading", "live", "stale", "forbidden"]
    );
    assert_eq!(running.replay.names(Kind::Deployment), ["shop/cart"]);
}

#[tokio::test]
async fn a_cut_watch_goes_on_where_it_was_without_a_new_list() {
    let mut running = Running::start(shop().await, NamespaceChoice::one("shop"));
    running.until_live().await;
    let ends = running.replay.ends;
    running.server.cut();
    running.server.put("pods", "shop", "cart-3", pod());
    running
        .until_pods(&["shop/cart-1", "shop/cart-2", "shop/cart-3"])
        .await;
    assert_eq!(running.replay.ends, ends, "nothing was listed again");
}

#[tokio::test]
async fn a_server_that_is_away_makes_things_stale_and_its_return_makes_them_live() {
    let mut running = Running::start(shop().await, NamespaceChoice::one("shop"));
    running.until_live().await;
    let ends = running.replay.ends;
    running.server.world().down = true;
    running.server.cut();
    running
        .until("pods stale", |r| r.word("pods") == "stale")
        .await;
    let Some(SourceState::Stale { cause, .. }) = running.replay.line("pods") else {
        panic!()
    };
    assert!(
        cause.starts_with("cannot reach http://127.0.0.1:"),
        "{cause}"
    );
    assert!(!cause.contains('\n'));
    assert_eq!(
        running.replay.names(Kind::Pod).len(),
        2,
        "what was known stays"
    );
    running.server.delete("pods", "shop", "cart-1");
    running.server.world().down = false;
    running.retry();
    running.until_pods(&["shop/cart-2"]).await;
    running
        .until("pods live", |r| r.word("pods") == "live")
        .await;
    assert_eq!(running.replay.ends, ends, "nothing was listed again");
}

#[tokio::test]
async fn a_server_that_was_never_there_has_failed() {
    let server = shop().await;
    server.world().down = true;
    let mut running = Running::start(server, NamespaceChoice::one("shop"));
    running
        .until("pods failed", |r| {
            r.word("pods") == "failed" && r.word("session") == "failed"
        })
        .await;
    running.server.world().down = false;
    running.retry();
    running.until_live().await;
}

#[tokio::test]
async fn a_forgotten_place_is_listed_again_without_alarm() {
    let mut running = Running::start(shop().await, NamespaceChoice::one("shop"));
    running.until_live().await;
    running.server.world().down = true;
    running.server.cut();
    running
        .until("pods stale", |r| r.word("pods") == "stale")
        .await;
    running.server.delete("pods", "shop", "cart-1");
    running.server.world().compact();
    running.server.world().down = false;
    running.retry();
    running.until_pods(&["shop/cart-2"]).await;
    running
        .until("pods live", |r| r.word("pods") == "live")
        .await;
    assert_eq!(
        running.replay.words("pods"),
        ["loading", "live", "stale", "live"]
    );
}

#[tokio::test]
async fn refused_credentials_say_what_to_do() {
    let server = shop().await;
    server.world().refusals.insert("pods".to_owned(), 401);
    let mut running = Running::start(server, NamespaceChoice::one("shop"));
    running
        .until("pods failed", |r| r.word("pods") == "failed")
        .await;
    let Some(SourceState::Failed { cause }) = running.replay.line("pods") else {
        panic!()
    };
    assert!(
        cause.contains("(401)") && cause.contains("sign in again"),
        "{cause}"
    );
    assert_eq!(
        running.asked("/namespaces/shop/pods"),
        2,
        "once more with new credentials"
    );
}

/// Nobody says retry here: what others are not refused is asked again soon.
#[tokio::test]
async fn a_kind_that_is_refused_alone_is_asked_again_soon() {
    let server = shop().await;
    server.world().refusals.insert("pods".to_owned(), 401);
    let mut running = Running::start(server, NamespaceChoice::one("shop"));
    running
        .until("all but the pods", |r| {
            let lines = r.lines.values();
            let live = lines.filter(|l| l.state == Some(SourceState::Live));
            live.count() == LINES - 1 && r.word("pods") == "failed"
        })
        .await;
    let said = running.replay.line("pods").and_then(SourceState::trouble);
    assert!(
        said.is_some_and(|said| said.contains("though it does elsewhere; trying again")),
        "{said:?}"
    );
    running.server.world().refusals.clear();
    running.until_live().await;
}

/// The same credentials may be accepted again: the session's line finds out for all.
#[tokio::test]
async fn credentials_that_are_accepted_again_are_used_again() {
    let server = shop().await;
    let mut running = Running::start(server, NamespaceChoice::one("shop"));
    running.until_live().await;
    let scopes = super::scopes::of(&NamespaceChoice::one("shop"));
    let all = scopes.iter().map(|scope| scope.kind.plural());
    let all = all
        .chain(["version"])
        .map(|plural| (plural.to_owned(), 401));
    running.server.world().refusals.extend(all);
    running.server.cut();
    running
        .until("all of it is stale", |r| {
            let mut lines = r.lines.values();
            lines.all(|l| matches!(&l.state, Some(SourceState::Stale { cause, .. }) if cause.contains("sign in again")))
        })
        .await;
    assert_eq!(running.replay.names(Kind::Pod).len(), 2, "it stays");
    running.server.world().refusals.clear();
    running.until_live().await;
}

#[tokio::test]
async fn a_busy_server_is_asked_again() {
    let server = shop().await;
    server.world().refusals.insert("pods".to_owned(), 429);
    let mut running = Running::start(server, NamespaceChoice::one("shop"));
    running
        .until("pods failed", |r| r.word("pods") == "failed")
        .await;
    running.server.world().refusals.clear();
    running.until_live().await;
}

#[tokio::test]
async fn scopes_in_both_choices_are_not_touched() {
    let mut running = Running::start(shop().await, only(&["shop"]));
    running.until_live().await;
    let before = running.asked("/namespaces/shop/pods");
    running.namespaces.send_replace(only(&["shop", "bank"]));
    running.until("both", |r| r.all_live(LINES + INSIDE)).await;
    running.namespaces.send_replace(only(&["shop"]));
    running.until_live().await;
    assert_eq!(running.asked("/namespaces/shop/pods"), before);
    assert_eq!(
        running.replay.names(Kind::Pod),
        ["shop/cart-1", "shop/cart-2"]
    );
}

#[tokio::test]
async fn a_wider_and_a_narrower_choice_never_blank_what_is_known() {
    let mut running = Running::start(shop().await, only(&["shop"]));
    running.until_live().await;
    for (choice, expected) in [
        (NamespaceChoice::All, 3),
        (only(&["shop"]), 2),
        (NamespaceChoice::All, 3),
    ] {
        running.namespaces.send_replace(choice);
        loop {
            let batch = running.receiver.recv().await.expect("the source goes on");
            running.replay.take(batch);
            let known = running.replay.names(Kind::Pod);
            assert!(known.contains(&"shop/cart-1".to_owned()), "{known:?}");
            if running.replay.all_live(LINES) && known.len() == expected {
                break;
            }
        }
    }
}

/// However often and fast somebody switches, what is left is what the last choice covers.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_switches_leave_the_facts_of_the_last_choice() {
    let choices = [
        only(&["shop"]),
        only(&["bank"]),
        NamespaceChoice::All,
        only(&["bank", "shop"]),
    ];
    let server = shop().await;
    for i in 0..300 {
        server.put(
            "pods",
            if i % 2 == 0 { "shop" } else { "bank" },
            &format!("p{i}"),
            pod(),
        );
    }
    let mut running = Running::start(server, choices[0].clone());
    for round in 0..100 {
        // A fixed sequence that visits all pairs, with waits from none to a few messages.
        let choice = &choices[(round * 7 + round / 3) % choices.len()];
        running.namespaces.send_replace(choice.clone());
        running
            .server
            .put("pods", "shop", &format!("new-{round}"), pod());
        if round % 5 == 0 {
            running
                .server
                .delete("pods", "bank", &format!("p{}", 2 * round + 1));
        }
        for _ in 0..round % 13 {
            let next = running.receiver.recv();
            if let Ok(batch) = tokio::time::timeout(Duration::from_millis(5), next).await {
                running.replay.take(batch.expect("the source goes on"));
            }
        }
    }
    for choice in choices {
        running.namespaces.send_replace(choice.clone());
        let lines = super::scopes::of(&choice).len() + 1;
        let expected = running
            .server
            .world()
            .names("pods", |namespace| choice.covers(namespace));
        running
            .until(&format!("the pods of {choice}"), |r| {
                r.all_live(lines) && r.names(Kind::Pod) == expected
            })
            .await;
        let scopes = super::scopes::of(&choice);
        let parts: Vec<(String, String)> = scopes
            .iter()
            .map(|s| {
                (
                    s.kind.plural().to_owned(),
                    s.namespace.as_deref().unwrap_or("*").to_owned(),
                )
            })
            .collect();
        let lines = running
            .replay
            .lines
            .keys()
            .filter(|(part, _)| part != "session");
        let mut parts = parts;
        parts.sort();
        assert_eq!(lines.cloned().collect::<Vec<_>>(), parts);
    }
}

#[tokio::test]
async fn it_ends_when_it_is_told_to_even_while_nobody_reads() {
    let server = shop().await;
    for i in 0..20_000 {
        server.put("pods", "shop", &format!("p{i}"), pod());
    }
    let mut running = Running::start(server, NamespaceChoice::All);
    running
        .until("a first object", |r| !r.names(Kind::Pod).is_empty())
        .await;
    running.stop.cancel();
    let end = tokio::time::timeout(Duration::from_secs(5), running.task).await;
    end.expect("it ends").expect("without a panic");
}

#[tokio::test]
async fn it_ends_when_nobody_listens() {
    let mut running = Running::start(shop().await, NamespaceChoice::All);
    running.until_live().await;
    drop(running.receiver);
    running.server.put("pods", "shop", "last", pod());
    let end = tokio::time::timeout(Duration::from_secs(5), running.task).await;
    end.expect("it ends").expect("without a panic");
}
