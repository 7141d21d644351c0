//! A kubeconfig that is corrected while the program runs, and credentials of another kind than before: both are
//! taken without a restart, and what was known stays on screen.
#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::time::Duration;

use portolan::model::observation::NamespaceChoice;
use portolan::model::source::SourceState;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::proxy::wire::WireProxy;
use crate::real::Ground;
use crate::user::{User, answering, pki, token};
use crate::watching::Watching;

/// Far less than the wait for people to mend something.
const SOON: Duration = Duration::from_secs(30);

fn said(watching: &Watching, part: &str, text: &str) -> bool {
    let line = watching.line(part).and_then(SourceState::trouble);
    line.is_some_and(|cause| cause.contains(text))
}

/// No list was ever taken from the screen, and none was called forbidden.
fn nothing_was_forbidden(watching: &Watching) {
    let forbidden = watching.said.iter().find(|(_, state)| {
        matches!(
            state,
            SourceState::Forbidden { .. } | SourceState::Absent { .. }
        )
    });
    assert_eq!(forbidden, None);
}

fn certificate() -> Value {
    let pem = |name: &str| fs::read_to_string(pki(name)).expect("of the testbed");
    json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "status": {"clientCertificateData": pem("admin.crt"), "clientKeyData": pem("admin.key")},
    })
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_plugin_that_goes_from_token_to_certificate_blanks_nothing() {
    let ground = Ground::new().await;
    ground
        .kubectl(&["create", "serviceaccount", "somebody"])
        .await;
    let name = format!("{}-somebody", ground.namespace);
    let subject = format!("--serviceaccount={}:somebody", ground.namespace);
    let binding = ["create", "clusterrolebinding", &name];
    ground
        .kubectl(&[&binding[..], &["--clusterrole=cluster-admin", &subject]].concat())
        .await;
    let mut user = User::of_plugin("").await;
    fs::write(user.path("token"), token(&ground).await).expect("a file");
    fs::write(user.path("certificate"), certificate().to_string()).expect("a file");
    let script = format!(
        "cd {}; if [ -e later ]; then cat certificate; else token=$(cat token); end=$(date -u -d '+8 sec' +%FT%TZ); {}; fi",
        user.folder.path().display(),
        answering(r#"{"token":"$token","expirationTimestamp":"$end"}"#)
    );
    user.set_plugin(&script);
    let server = user.cluster()["server"]
        .as_str()
        .expect("a server")
        .to_owned();
    let server = server.trim_start_matches("https://").parse();
    let wire = WireProxy::start(server.expect("an address")).await;
    user.cluster()["server"] = json!(format!("https://{}", wire.address));
    let choice = NamespaceChoice::one(&ground.namespace);
    let mut watching = Watching::start(&user.session(), choice);
    watching.until("all is live", Watching::all_live).await;
    fs::write(user.path("later"), "").expect("a file");
    // The token's owner is gone: whoever still shows it is refused.
    watching.look(Duration::from_secs(10)).await;
    ground
        .kubectl(&["delete", "serviceaccount", "somebody"])
        .await;
    ground
        .kubectl(&["delete", "clusterrolebinding", &name])
        .await;
    // Whoever watches asks anew.
    wire.cut_once();
    ground.deploy("web", 1).await;
    watching
        .until("a new pod", |w| w.all_live() && w.ready_pods() == 1)
        .await;
    nothing_was_forbidden(&watching);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_bad_token_that_becomes_a_good_certificate_is_all_live_on_retry() {
    let ground = Ground::new().await;
    let mut user = User::new(&json!({"token": "ended"})).await;
    let choice = NamespaceChoice::one(&ground.namespace);
    let mut watching = Watching::start(&user.session(), choice);
    let refused = |w: &Watching| {
        let mut lines = w.lines.values();
        lines.all(|s| s.trouble().is_some_and(|cause| cause.contains("(401)")))
    };
    watching.until("it is refused", refused).await;
    user.config = crate::real::config().await;
    user.file();
    watching.retry.send_modify(|count| *count += 1);
    let again = watching.until("all is live", Watching::all_live);
    timeout(SOON, again).await.expect("soon");
    nothing_was_forbidden(&watching);
}

/// What is wrong with the cluster's entry, and what is said of it.
fn wrong() -> [(Value, &'static str); 6] {
    [
        (
            json!({"server": "https://127.0.0.1:1"}),
            "connection refused",
        ),
        (
            json!({"server": "https://no-such-host.invalid"}),
            "cannot be resolved",
        ),
        (json!({"server": "https://no host"}), "is not a URL"),
        (
            json!({"certificate-authority-data": null, "certificate-authority": "other.crt"}),
            "of an authority that the kubeconfig does not name",
        ),
        (
            json!({"certificate-authority-data": null, "certificate-authority": "gone.crt"}),
            "cannot read the certificate authority",
        ),
        (
            json!({"tls-server-name": "elsewhere.example.org"}),
            "its certificate is not for this name",
        ),
    ]
}

async fn corrected(asked: bool) {
    let ground = Ground::new().await;
    for (entry, holds) in wrong() {
        let mut user = User::new(&Value::Null).await;
        crate::certificates::make(&user);
        user.config = crate::real::config().await;
        let good = user.config.clone();
        let cluster = user.cluster();
        for (key, value) in entry.as_object().into_iter().flatten() {
            cluster[key] = value.clone();
        }
        let choice = NamespaceChoice::one(&ground.namespace);
        let mut watching = Watching::start(&user.session(), choice);
        let told = |w: &Watching| said(w, "session", holds) && said(w, "pods", holds);
        watching.until(holds, told).await;
        user.config = good;
        user.file();
        if asked {
            watching.retry.send_modify(|count| *count += 1);
        }
        let again = watching.until("all is live", Watching::all_live);
        timeout(SOON, again).await.expect(holds);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_corrected_kubeconfig_is_read_on_retry() {
    corrected(true).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_corrected_kubeconfig_is_read_by_itself() {
    corrected(false).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn another_server_is_not_taken_for_the_one_that_is_shown() {
    let ground = Ground::new().await;
    let mut user = User::new(&Value::Null).await;
    user.config = crate::real::config().await;
    let server = user.cluster()["server"].clone();
    let mut watching = Watching::start(&user.session(), NamespaceChoice::one(&ground.namespace));
    watching.until("all is live", Watching::all_live).await;
    user.cluster()["server"] = json!("https://127.0.0.1:1");
    user.file();
    watching.retry.send_modify(|count| *count += 1);
    watching.look(Duration::from_secs(3)).await;
    assert!(watching.all_live(), "{:?} of {server}", watching.lines);
}
