//! Routes of the Gateway API on a real API server: a kind that comes while Portolan runs, and goes again.
//!
//! `eval "$(testbed/up)"`, then `cargo test --test declared_testbed -- --ignored`. The definition of the kind is made
//! for the whole cluster and taken away again; in a suite of its own, because the others count the kinds that are
//! served.

#[path = "real/mod.rs"]
mod real;
#[path = "watching/mod.rs"]
mod watching;

use std::process::{Command, Stdio};

use portolan::model::key::ElementKey;
use portolan::model::observation::{NamespaceChoice, Way};
use portolan::model::query::links::Side;
use portolan::model::source::SourceState;
use serde_json::{Value, json};

use real::{Ground, kubectl, session};
use watching::Watching;

const DEFINITION: &str = "httproutes.gateway.networking.k8s.io";

/// The kind, for as long as the test lasts.
struct Definition;

impl Definition {
    async fn new() -> Self {
        let free = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        let definition = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {
                "name": DEFINITION,
                // Groups of Kubernetes' own names ask for it.
                "annotations": {"api-approved.kubernetes.io": "unapproved, a test"},
            },
            "spec": {
                "group": "gateway.networking.k8s.io", "scope": "Namespaced",
                "names": {"kind": "HTTPRoute", "listKind": "HTTPRouteList", "plural": "httproutes", "singular": "httproute"},
                "versions": [{
                    "name": "v1", "served": true, "storage": true,
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": free}}},
                }],
            },
        });
        let own = Self;
        kubectl(&["apply", "-f", "-"], Some(&definition)).await;
        let definition = format!("crd/{DEFINITION}");
        kubectl(
            &[
                "wait",
                "--for=condition=established",
                &definition,
                "--timeout=60s",
            ],
            None,
        )
        .await;
        own
    }
}

impl Drop for Definition {
    fn drop(&mut self) {
        // Whether it works or not, the test is over.
        let _ = Command::new("kubectl")
            .args(["delete", "crd", DEFINITION, "--ignore-not-found"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

fn service(namespace: &str, app: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": app, "namespace": namespace},
        "spec": {"selector": {"app": app}, "ports": [{"port": 80}]},
    })
}

fn is_off(watching: &Watching) -> bool {
    let mut said = watching.said.iter().rev();
    let last = said.find(|(part, _)| &**part == "httproutes");
    matches!(last, Some((_, SourceState::Off { .. })))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn routes_are_seen_once_they_are_served_and_missed_by_nobody_before() {
    let ground = Ground::new().await;
    ground.deploy("web", 1).await;
    kubectl(
        &["apply", "-f", "-"],
        Some(&service(&ground.namespace, "web")),
    )
    .await;
    let choice = NamespaceChoice::one(&ground.namespace);
    let mut watching = Watching::start(&session(), choice);
    watching.until("all else is live", Watching::all_live).await;
    watching.until("routes are not served", is_off).await;
    assert!(
        !watching.said.iter().any(|(_, state)| state.is_trouble()),
        "{:?}",
        watching.said
    );

    let definition = Definition::new().await;
    let route = json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": "web", "namespace": ground.namespace},
        "spec": {
            "parentRefs": [{"name": "edge"}], "hostnames": ["shop.example"],
            "rules": [{"backendRefs": [{"name": "web", "port": 80}]}],
        },
    });
    kubectl(&["apply", "-f", "-"], Some(&route)).await;
    // Nobody waits a minute here for the next look.
    watching.retry.send_modify(|count| *count += 1);
    let way = ElementKey::way(&(*ground.namespace).into(), &"web".into(), Way::HttpRoute);
    let web = ElementKey::Type(ground.target("web"));
    let leads = |w: &Watching| {
        let mut links = w.model.declared(&way, Side::Callees);
        links.any(|declared| declared.callee == web)
    };
    watching.until("the route leads to web", leads).await;

    drop(definition);
    let gone = |w: &Watching| w.model.get(&way).is_none();
    watching
        .until("the route is gone with its kind", gone)
        .await;
    watching.retry.send_modify(|count| *count += 1);
    watching
        .until("routes are not served any more", is_off)
        .await;
}
