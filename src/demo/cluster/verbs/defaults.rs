//! What an API server writes into an object that its sender left out.
//! <https://kubernetes.io/docs/reference/kubernetes-api/>

use serde_json::{Value, json};

use super::super::json::{self, fill, items_mut};
use super::super::kind::Kind;

/// Fills in an object of a kind.
pub(super) fn fill_in(kind: Kind, object: &mut Value) {
    match kind {
        Kind::Pod => {
            fill(object, "/spec/enableServiceLinks", true);
            if let Some(spec) = object.pointer_mut("/spec") {
                pod_spec(spec);
            }
        }
        Kind::Deployment => deployment(object),
        Kind::ReplicaSet => {
            fill(object, "/spec/replicas", 1);
            template(object, "/spec/template");
        }
        Kind::StatefulSet => stateful_set(object),
        Kind::DaemonSet => daemon_set(object),
        Kind::Job => {
            job_spec(object, "/spec");
            template(object, "/spec/template");
        }
        Kind::CronJob => cron_job(object),
        Kind::Service => service(object),
        Kind::Namespace => {
            fill(object, "/spec/finalizers", json!(["kubernetes"]));
            let name = json::text(object, "/metadata/name").to_owned();
            json::set(
                object,
                "/metadata/labels/kubernetes.io~1metadata.name",
                name,
            );
        }
        Kind::HorizontalPodAutoscaler => autoscaler(object),
        Kind::NetworkPolicy => {
            let types: &[&str] = match json::items(object, "/spec/egress").next() {
                Some(_) => &["Ingress", "Egress"],
                None => &["Ingress"],
            };
            fill(object, "/spec/policyTypes", json!(types));
        }
        Kind::Ingress | Kind::Node | Kind::EndpointSlice | Kind::ConfigMap | Kind::Event => {}
    }
}

fn deployment(object: &mut Value) {
    fill(object, "/spec/replicas", 1);
    fill(object, "/spec/progressDeadlineSeconds", 600);
    fill(object, "/spec/revisionHistoryLimit", 10);
    fill(object, "/spec/strategy/type", "RollingUpdate");
    if json::text(object, "/spec/strategy/type") == "RollingUpdate" {
        fill(object, "/spec/strategy/rollingUpdate/maxSurge", "25%");
        fill(object, "/spec/strategy/rollingUpdate/maxUnavailable", "25%");
    }
    template(object, "/spec/template");
}

fn stateful_set(object: &mut Value) {
    fill(object, "/spec/replicas", 1);
    fill(object, "/spec/podManagementPolicy", "OrderedReady");
    fill(object, "/spec/revisionHistoryLimit", 10);
    fill(object, "/spec/updateStrategy/type", "RollingUpdate");
    if json::text(object, "/spec/updateStrategy/type") == "RollingUpdate" {
        fill(object, "/spec/updateStrategy/rollingUpdate/partition", 0);
    }
    let retained = json!({"whenDeleted": "Retain", "whenScaled": "Retain"});
    fill(
        object,
        "/spec/persistentVolumeClaimRetentionPolicy",
        retained,
    );
    template(object, "/spec/template");
}

fn daemon_set(object: &mut Value) {
    fill(object, "/spec/revisionHistoryLimit", 10);
    fill(object, "/spec/updateStrategy/type", "RollingUpdate");
    if json::text(object, "/spec/updateStrategy/type") == "RollingUpdate" {
        fill(object, "/spec/updateStrategy/rollingUpdate/maxSurge", 0);
        fill(
            object,
            "/spec/updateStrategy/rollingUpdate/maxUnavailable",
            1,
        );
    }
    template(object, "/spec/template");
}

/// A Job's own; its selector is its identity.
fn job_spec(object: &mut Value, path: &str) {
    let uid = json::text(object, "/metadata/uid").to_owned();
    let name = json::text(object, "/metadata/name").to_owned();
    if json::at(object, &format!("{path}/parallelism")).is_null() {
        fill(object, &format!("{path}/completions"), 1);
    }
    for (field, default) in [
        ("backoffLimit", json!(6)),
        ("completionMode", json!("NonIndexed")),
        ("manualSelector", json!(false)),
        ("parallelism", json!(1)),
        ("podReplacementPolicy", json!("TerminatingOrFailed")),
        ("suspend", json!(false)),
    ] {
        fill(object, &format!("{path}/{field}"), default);
    }
    let labels = [
        ("batch.kubernetes.io~1controller-uid", &uid),
        ("batch.kubernetes.io~1job-name", &name),
        ("controller-uid", &uid),
        ("job-name", &name),
    ];
    for (label, value) in labels {
        let place = format!("{path}/template/metadata/labels/{label}");
        fill(object, &place, value.as_str());
    }
    let own = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
    fill(object, &format!("{path}/selector"), own);
    let given = json::at(object, &format!("{path}/template/metadata/labels")).clone();
    if json::at(object, "/metadata/labels").is_null() {
        json::set(object, "/metadata/labels", given);
    }
}

fn cron_job(object: &mut Value) {
    fill(object, "/spec/concurrencyPolicy", "Allow");
    fill(object, "/spec/failedJobsHistoryLimit", 1);
    fill(object, "/spec/successfulJobsHistoryLimit", 3);
    fill(object, "/spec/suspend", false);
    template(object, "/spec/jobTemplate/spec/template");
}

fn service(object: &mut Value) {
    fill(object, "/spec/type", "ClusterIP");
    fill(object, "/spec/sessionAffinity", "None");
    if json::text(object, "/spec/type") != "ExternalName" {
        fill(object, "/spec/internalTrafficPolicy", "Cluster");
        fill(object, "/spec/ipFamilies", json!(["IPv4"]));
        fill(object, "/spec/ipFamilyPolicy", "SingleStack");
    }
    if matches!(
        json::text(object, "/spec/type"),
        "NodePort" | "LoadBalancer"
    ) {
        fill(object, "/spec/externalTrafficPolicy", "Cluster");
    }
    for port in items_mut(object, "/spec/ports") {
        fill(port, "/protocol", "TCP");
        let number = json::at(port, "/port").clone();
        fill(port, "/targetPort", number);
    }
}

fn autoscaler(object: &mut Value) {
    fill(object, "/spec/minReplicas", 1);
    let usual = json!([{"type": "Resource", "resource": {
        "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}
    }}]);
    fill(object, "/spec/metrics", usual);
}

fn template(object: &mut Value, path: &str) {
    if let Some(spec) = object.pointer_mut(&format!("{path}/spec")) {
        pod_spec(spec);
    }
}

fn pod_spec(spec: &mut Value) {
    if !spec.is_object() {
        return;
    }
    fill(spec, "/restartPolicy", "Always");
    fill(spec, "/dnsPolicy", "ClusterFirst");
    fill(spec, "/schedulerName", "default-scheduler");
    fill(spec, "/securityContext", json!({}));
    fill(spec, "/terminationGracePeriodSeconds", 30);
    for list in ["/containers", "/initContainers"] {
        for one in items_mut(spec, list).filter(|one| one.is_object()) {
            container(one);
        }
    }
}

fn container(container: &mut Value) {
    let image = json::text(container, "/image");
    let always = tag(image).is_none_or(|tag| tag == "latest");
    let policy = if always { "Always" } else { "IfNotPresent" };
    fill(container, "/imagePullPolicy", policy);
    fill(container, "/resources", json!({}));
    fill(container, "/terminationMessagePath", "/dev/termination-log");
    fill(container, "/terminationMessagePolicy", "File");
    for port in items_mut(container, "/ports") {
        fill(port, "/protocol", "TCP");
    }
    for probe in ["/livenessProbe", "/readinessProbe", "/startupProbe"] {
        let Some(probe) = container.pointer_mut(probe).filter(|p| p.is_object()) else {
            continue;
        };
        fill(probe, "/failureThreshold", 3);
        fill(probe, "/periodSeconds", 10);
        fill(probe, "/successThreshold", 1);
        fill(probe, "/timeoutSeconds", 1);
        if probe.get("httpGet").is_some() {
            fill(probe, "/httpGet/scheme", "HTTP");
        }
    }
}

/// The tag of an image; one that is named by its digest never moves, so that counts as one.
fn tag(image: &str) -> Option<&str> {
    if image.contains('@') {
        return Some("");
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split_once(':').map(|(_, tag)| tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_that_move_are_always_pulled() {
        for (image, policy) in [
            ("cart", "Always"),
            ("registry.test:5000/shop/cart", "Always"),
            ("cart:latest", "Always"),
            ("cart:1.2", "IfNotPresent"),
            ("cart@sha256:00", "IfNotPresent"),
        ] {
            let mut object = json!({"spec": {"containers": [{"image": image}]}});
            fill_in(Kind::Pod, &mut object);
            let path = "/spec/containers/0/imagePullPolicy";
            assert_eq!(json::text(&object, path), policy, "{image}");
        }
    }

    #[test]
    fn what_is_given_stays() {
        let given = json!({"spec": {
            "replicas": 0, "strategy": {"type": "Recreate"},
            "template": {"spec": {"dnsPolicy": "Default"}}
        }});
        let mut object = given.clone();
        fill_in(Kind::Deployment, &mut object);
        assert_eq!(object["spec"]["replicas"], 0);
        assert_eq!(object["spec"]["strategy"], given["spec"]["strategy"]);
        let spec = &object["spec"]["template"]["spec"];
        assert_eq!(
            (&spec["dnsPolicy"], &spec["restartPolicy"]),
            (&json!("Default"), &json!("Always"))
        );
    }

    #[test]
    fn a_service_without_a_target_port_keeps_its_own() {
        let mut object = json!({"spec": {"type": "NodePort", "ports": [{"port": 80}]}});
        fill_in(Kind::Service, &mut object);
        let port = &object["spec"]["ports"][0];
        assert_eq!(
            port,
            &json!({"port": 80, "targetPort": 80, "protocol": "TCP"})
        );
        assert_eq!(object["spec"]["externalTrafficPolicy"], "Cluster");
    }
}
