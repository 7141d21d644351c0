//! Tokens in files that somebody else keeps fresh, and in the kubeconfig itself.

use std::fs;
use std::time::Duration;

use portolan::model::observation::NamespaceChoice;
use portolan::model::source::SourceState;
use serde_json::json;
use tokio::time::timeout;

use crate::real::Ground;
use crate::user::{User, account, token};
use crate::watching::Watching;

/// Far less than the wait for people to mend something.
const SOON: Duration = Duration::from_secs(30);

fn said(watching: &Watching, part: &str, text: &str) -> bool {
    let mut lines = watching.lines.iter();
    let state = lines.find(|((own, _), _)| &**own == part);
    state.is_some_and(|(_, s)| s.trouble().is_some_and(|cause| cause.contains(text)))
}

fn live(watching: &Watching) -> bool {
    let is_live = |part: &str| {
        let mut lines = watching.lines.iter();
        lines.any(|((own, _), state)| &**own == part && *state == SourceState::Live)
    };
    is_live("pods") && is_live("session")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_new_token_in_the_file_is_taken_without_being_told() {
    let ground = Ground::new().await;
    account(&ground).await;
    // A token that ends with an object ends when we want.
    ground
        .kubectl(&["create", "secret", "generic", "life"])
        .await;
    let bound = ["--bound-object-kind=Secret", "--bound-object-name=life"];
    let create = ["create", "token", "somebody"];
    let mortal = ground.kubectl(&[&create, &bound[..]].concat()).await;
    let user = User::new(&json!({"tokenFile": "token"})).await;
    fs::write(user.path("token"), mortal).expect("a file");
    let choice = NamespaceChoice::one(&ground.namespace);
    let mut watching = Watching::start(&user.session(), choice);
    watching.until("all is live", live).await;
    ground.kubectl(&["delete", "secret", "life"]).await;
    let refused = "(401); put a new token into its tokenFile";
    watching
        .until("it is refused", |w| said(w, "session", refused))
        .await;
    fs::write(user.path("token"), token(&ground).await).expect("a file");
    let again = watching.until("all is live again", live);
    timeout(SOON, again).await.expect("soon");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_token_file_that_was_away_is_taken_on_retry() {
    let ground = Ground::new().await;
    account(&ground).await;
    let user = User::new(&json!({"tokenFile": "token"})).await;
    let choice = NamespaceChoice::one(&ground.namespace);
    let mut watching = Watching::start(&user.session(), choice);
    let away = |w: &Watching| said(w, "session", "cannot read the token file");
    watching.until("it is away", away).await;
    fs::write(user.path("token"), "\n").expect("a file");
    watching.retry.send_modify(|count| *count += 1);
    let empty = |w: &Watching| said(w, "session", "is empty");
    watching.until("it is empty", empty).await;
    fs::write(user.path("token"), token(&ground).await).expect("a file");
    watching.retry.send_modify(|count| *count += 1);
    watching.until("all is live", live).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_new_token_in_the_kubeconfig_is_taken_on_retry() {
    let ground = Ground::new().await;
    account(&ground).await;
    let mut user = User::new(&json!({"token": "ended"})).await;
    let choice = NamespaceChoice::one(&ground.namespace);
    let mut watching = Watching::start(&user.session(), choice);
    let refused = |w: &Watching| said(w, "pods", "(401); the token may have ended");
    watching.until("it is refused", refused).await;
    user.config["users"][0]["user"] = json!({"token": token(&ground).await});
    user.file();
    watching.retry.send_modify(|count| *count += 1);
    watching.until("all is live", live).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn ways_to_sign_in_that_are_gone_are_named() {
    let ground = Ground::new().await;
    for (user, text) in [
        (
            json!({"auth-provider": {"name": "gcp", "config": {"cmd-path": "/bin/false"}}}),
            "auth-provider gcp, which Kubernetes took out",
        ),
        (
            json!({"username": "jane", "password": "s3cret"}),
            "no user name and password since 1.19",
        ),
        (json!({}), "nothing to sign in with"),
    ] {
        let user = User::new(&user).await;
        let choice = NamespaceChoice::one(&ground.namespace);
        let mut watching = Watching::start(&user.session(), choice);
        watching.until(text, |w| said(w, "pods", text)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn somebody_else_is_acted_as_where_that_is_allowed() {
    let ground = Ground::new().await;
    account(&ground).await;
    let name = format!("system:serviceaccount:{}:somebody", ground.namespace);
    let mut admin = User::new(&json!(null)).await;
    admin.config = crate::real::config().await;
    admin.config["users"][0]["user"]["as"] = json!(name);
    let choice = NamespaceChoice::one(&ground.namespace);
    let mut watching = Watching::start(&admin.session(), choice.clone());
    let limited = |w: &Watching| live(w) && said(w, "services", "may not list services");
    watching.until("what somebody may see", limited).await;
    let user = User::new(&json!({"token": token(&ground).await, "as": "admin"})).await;
    let mut watching = Watching::start(&user.session(), choice);
    let refused = |w: &Watching| said(w, "pods", "may not act as whom the kubeconfig names");
    watching.until("it is refused", refused).await;
}
