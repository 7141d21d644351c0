//! What is declared beside the workloads: ConfigMaps, NetworkPolicies, autoscalers, as the model has them.

use portolan::model::element::{Autoscaler, Declared};
use portolan::model::key::ElementKey;
use portolan::model::observation::Kind;
use portolan::model::query::links::Side;
use portolan::model::source::SourceState;
use serde_json::{Value, json};

use super::ground::deployment;
use super::watching::Watching;
use super::{Ground, Target};

/// A Service in front of the pods of an app.
async fn serve(ground: &Ground, app: &str) {
    let service = json!({
        "metadata": {"name": app}, "spec": {"selector": {"app": app}, "ports": [{"port": 80}]},
    });
    let made = ground.target.post(&ground.core("services"), &service).await;
    made.ok();
}

/// A Deployment that takes over a ConfigMap as variables.
async fn deploy(ground: &Ground, name: &str, map: &str) {
    let mut object = deployment(name, 1, &json!({}));
    let from = json!([{"prefix": "X_", "configMapRef": {"name": map, "optional": true}}]);
    object["spec"]["template"]["spec"]["containers"][0]["envFrom"] = from;
    let path = ground.of("apps/v1", "deployments");
    ground.target.post(&path, &object).await.ok();
}

fn key(ground: &Ground, name: &str) -> ElementKey {
    ElementKey::Type(super::effects::of(ground, name))
}

/// The declared link between two Deployments.
fn link<'a>(watching: &'a Watching, ground: &Ground, ends: (&str, &str)) -> Option<&'a Declared> {
    let callee = key(ground, ends.1);
    let caller = key(ground, ends.0);
    let mut all = watching.model.declared(&caller, Side::Callees);
    all.find(|declared| declared.callee == callee)
}

fn places(declared: &Declared) -> Vec<&str> {
    declared.places.iter().map(|(place, _)| &**place).collect()
}

pub async fn configuration_declares_and_a_policy_allows(target: &Target) {
    let ground = Ground::new(target).await;
    for app in ["api", "db"] {
        serve(&ground, app).await;
        ground.deploy(app, 1, &json!({})).await;
    }
    deploy(&ground, "web", "settings").await;
    let maps = ground.core("configmaps");
    let map = |data: Value| json!({"metadata": {"name": "settings"}, "data": data});
    let first =
        json!({"API_URL": "http://api:80/v1", "LEVEL": "info", "db.conf": "a = 1\nhost = db\n"});
    target.post(&maps, &map(first)).await.ok();
    let mut watching = ground.watch();
    let said = |w: &Watching, callee: &str| {
        link(w, &ground, ("web", callee)).map(|d| places(d).join("; "))
    };
    let api = Some("ConfigMap settings, key API_URL".to_owned());
    let db = Some("ConfigMap settings, key db.conf".to_owned());
    let both = |w: &Watching| said(w, "api") == api && said(w, "db") == db;
    watching.until("both are declared", both).await;

    target
        .put(
            &format!("{maps}/settings"),
            &map(json!({"API_URL": "http://api:80"})),
        )
        .await
        .ok();
    let one = |w: &Watching| said(w, "api") == api && said(w, "db").is_none();
    watching.until("one is left", one).await;

    let policies = ground.of("networking.k8s.io/v1", "networkpolicies");
    let pods = |app: &str| json!({"podSelector": {"matchLabels": {"app": app}}});
    let policy = |name: &str, from: Value| {
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": name},
            "spec": {"podSelector": {"matchLabels": {"app": "db"}}, "ingress": [{"from": from}]}
        })
    };
    let made = target
        .post(
            &policies,
            &policy("of-db", json!([pods("web"), pods("nobody")])),
        )
        .await
        .ok();
    assert_eq!(made["spec"]["policyTypes"], json!(["Ingress"]));
    let wide = json!([{"podSelector": {}}, {"namespaceSelector": {}}, {"ipBlock": {"cidr": "10.0.0.0/8"}}]);
    target.post(&policies, &policy("wide", wide)).await.ok();
    let allowed = |w: &Watching| {
        let permission = link(w, &ground, ("web", "db"));
        permission.is_some_and(|d| d.is_only_allowed() && *d.allowed == ["of-db".into()])
    };
    watching.until("web may call db", allowed).await;
    let names = |w: &Watching| w.names(Kind::NetworkPolicy).len() == 2;
    watching.until("both policies are seen", names).await;
    assert!(
        link(&watching, &ground, ("api", "db")).is_none(),
        "nobody is named"
    );

    target.delete(&format!("{policies}/of-db")).await.ok();
    target.delete(&format!("{maps}/settings")).await.ok();
    let none = |w: &Watching| said(w, "api").is_none() && said(w, "db").is_none();
    watching.until("nothing is declared any more", none).await;
}

pub async fn an_autoscaler_stands_beside_its_target(target: &Target) {
    let ground = Ground::new(target).await;
    ground.deploy("web", 2, &json!({})).await;
    let scaler = |max: u32| {
        json!({
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "web-hpa"},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
                "minReplicas": 2, "maxReplicas": max
            }
        })
    };
    let path = ground.of("autoscaling/v2", "horizontalpodautoscalers");
    let mut watching = ground.watch();
    let bounds = |w: &Watching| {
        let of = super::effects::of(&ground, "web");
        let found = w.model.component_type(&of).map(|ty| ty.autoscalers.clone());
        found.unwrap_or_default()
    };
    let is = |max: u32| {
        vec![Autoscaler {
            name: "web-hpa".into(),
            min: 2,
            max,
        }]
    };
    target.post(&path, &scaler(7)).await.ok();
    watching.until("2..7", |w| bounds(w) == is(7)).await;
    target
        .put(&format!("{path}/web-hpa"), &scaler(9))
        .await
        .ok();
    watching.until("2..9", |w| bounds(w) == is(9)).await;
    target.delete(&format!("{path}/web-hpa")).await.ok();
    watching.until("none", |w| bounds(w).is_empty()).await;
}

pub async fn what_is_in_every_namespace_is_not_asked_for(target: &Target) {
    let ground = Ground::new(target).await;
    let maps = ground.core("configmaps");
    let certificate = json!({"metadata": {"name": "kube-root-ca.crt"}, "data": {"ca.crt": "x"}});
    // A real cluster has made it already, or is about to.
    let made = target.post(&maps, &certificate).await.status;
    assert!([201, 409].contains(&made), "{made}");
    let own = json!({"metadata": {"name": "own"}, "data": {"A": "b"}});
    target.post(&maps, &own).await.ok();
    let mut watching = ground.watch();
    let is_there = |w: &Watching| w.names(Kind::ConfigMap).contains("own");
    watching.until("its own is seen", is_there).await;
    watching.until("all is live", Watching::all_live).await;
    assert_eq!(watching.names(Kind::ConfigMap), ["own".to_owned()].into());
    if !target.stays {
        // The simulated cluster has no Gateway API, as most have not.
        let is_off = |w: &Watching| {
            let mut said = w.said.iter().filter(|(part, _)| &**part == "httproutes");
            said.any(|(_, state)| matches!(state, SourceState::Off { .. }))
        };
        watching.until("routes are not served", is_off).await;
    }
}
