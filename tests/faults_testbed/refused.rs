//! Credentials that are refused (401) for a while, by the server's own fault.

use std::fs;
use std::time::Duration;

use http::Request;
use portolan::model::observation::NamespaceChoice;
use portolan::model::source::SourceState;
use portolan::sources::kubernetes::Session;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::judge::{Narrator, agrees_soon};
use crate::meant;
use crate::proxy::http::{Fault, HttpProxy};
use crate::real::{Ground, session};
use crate::watching::{LINES, Watching};

/// A way to the shared server by a credential plugin, and how often that ran.
struct Plugged {
    ground: Ground,
    proxy: HttpProxy,
    session: Session,
    folder: TempDir,
}

impl Plugged {
    async fn new() -> Self {
        let ground = Ground::new().await;
        ground.deploy("web", 2).await;
        let behind = session().client().await.expect("a client");
        let proxy = HttpProxy::start(behind).await;
        let folder = tempfile::tempdir().expect("a folder");
        let credential = json!({
            "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
            "status": {"token": "any"},
        });
        let answer = folder.path().join("answer");
        fs::write(&answer, credential.to_string()).expect("a file");
        let runs = folder.path().join("runs");
        let script = format!("echo run >> {}; cat {}", runs.display(), answer.display());
        let config = proxy.kubeconfig(&ground.namespace);
        let mut config: Value = serde_json::from_str(&config).expect("JSON");
        let user = config.pointer_mut("/users/0/user").expect("a user");
        *user = json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script],
            "interactiveMode": "IfAvailable",
        }});
        let session = Session::parse(&config.to_string()).expect("well-formed");
        Self {
            ground,
            proxy,
            session,
            folder,
        }
    }

    fn runs(&self) -> usize {
        let runs = fs::read_to_string(self.folder.path().join("runs"));
        runs.map_or(0, |runs| runs.lines().count())
    }

    fn refuse(&self, is_meant: impl Fn(&Request<()>) -> bool + Send + 'static) {
        let refused = Fault::status(401, "Unauthorized", "Unauthorized");
        self.proxy.fail(usize::MAX, refused, is_meant);
    }
}

fn says(state: Option<&SourceState>, part: &str) -> bool {
    let trouble = state.and_then(SourceState::trouble);
    trouble.is_some_and(|trouble| trouble.contains(part))
}

/// Nobody says retry here, and no plugin is run again and again for what it cannot mend.
#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_kind_that_is_refused_alone_comes_back_by_itself() {
    let plugged = Plugged::new().await;
    plugged.refuse(meant::pods);
    let choice = NamespaceChoice::one(&plugged.ground.namespace);
    let mut watching = Watching::start(&plugged.session, choice);
    watching
        .until("all but the pods", |w| {
            let live = w.lines.values().filter(|s| **s == SourceState::Live);
            live.count() == LINES - 1 && says(w.line("pods"), "(401), though it does elsewhere")
        })
        .await;
    watching.look(Duration::from_secs(8)).await;
    assert!(says(watching.line("pods"), "trying again"));
    let said = watching.said.iter().filter(|(part, _)| &**part == "pods");
    let said = said.filter(|(_, state)| matches!(state, SourceState::Failed { .. }));
    assert_eq!(said.count(), 1, "told once: {:#?}", watching.said);
    assert!(plugged.runs() <= 2, "at the start, and once for the 401");
    plugged.proxy.heal();
    agrees_soon(&mut watching, None, Some(&plugged.ground.namespace)).await;
    assert!(plugged.runs() <= 2);
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_server_that_refuses_everybody_for_a_while_is_told_once_and_got_over() {
    let plugged = Plugged::new().await;
    let choice = NamespaceChoice::one(&plugged.ground.namespace);
    let narrator = Narrator::start(&plugged.session, choice.clone()).await;
    let mut watching = Watching::start(&plugged.session, choice);
    watching
        .until("the pods", |w| w.all_live() && w.ready_pods() == 2)
        .await;
    plugged.refuse(|_| true);
    // The session asks every few seconds; a watch that is open goes on, as with the real server.
    watching
        .until("it is told", |w| {
            says(w.line("session"), "(401); sign in again with kubectl")
        })
        .await;
    assert_eq!(watching.ready_pods(), 2, "it stays");
    plugged.proxy.heal();
    agrees_soon(&mut watching, None, Some(&plugged.ground.namespace)).await;
    narrator.until("answers again").await;
    let own = narrator.told("self now portolan: kubernetes: ");
    assert_eq!(own.len(), 2, "{own:#?}");
}
