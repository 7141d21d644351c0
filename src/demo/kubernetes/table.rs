//! Objects as rows of cells: what kubectl prints. Each kind has the columns and the words that a real API
//! server gives it.

mod age;
mod cluster;
mod pod;
mod workload;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::demo::cluster::json as path;
use crate::demo::cluster::kind::Kind;

use super::accept::Include;

/// A column: its name, its type, and whether it is shown only with `-o wide`.
type Column = (&'static str, &'static str, bool);

const NAME: Column = ("Name", "string", false);
const AGE: Column = ("Age", "string", false);

/// The columns of a kind.
fn columns(kind: Kind) -> Vec<Column> {
    let text = |name| (name, "string", false);
    let number = |name| (name, "integer", false);
    let wide = |name| (name, "string", true);
    match kind {
        Kind::Namespace => vec![NAME, text("Status"), AGE],
        Kind::Node => {
            let wide = [
                "Internal-IP",
                "External-IP",
                "OS-Image",
                "Kernel-Version",
                "Container-Runtime",
            ]
            .map(wide);
            [
                &[NAME, text("Status"), text("Roles"), AGE, text("Version")],
                &wide[..],
            ]
            .concat()
        }
        Kind::Service => [
            &[NAME][..],
            &["Type", "Cluster-IP", "External-IP", "Port(s)"].map(text),
            &[AGE, wide("Selector")],
        ]
        .concat(),
        Kind::EndpointSlice => [
            &[NAME][..],
            &["AddressType", "Ports", "Endpoints"].map(text),
            &[AGE],
        ]
        .concat(),
        Kind::Deployment => [
            &[NAME][..],
            &["Ready", "Up-to-date", "Available"].map(text),
            &[AGE],
            &["Containers", "Images", "Selector"].map(wide),
        ]
        .concat(),
        Kind::ReplicaSet => [
            &[NAME][..],
            &["Desired", "Current", "Ready"].map(number),
            &[AGE],
            &["Containers", "Images", "Selector"].map(wide),
        ]
        .concat(),
        Kind::StatefulSet => vec![NAME, text("Ready"), AGE, wide("Containers"), wide("Images")],
        Kind::DaemonSet => [
            &[NAME][..],
            &["Desired", "Current", "Ready", "Up-to-date", "Available"].map(number),
            &[text("Node Selector"), AGE],
            &["Containers", "Images", "Selector"].map(wide),
        ]
        .concat(),
        Kind::CronJob => [
            &[NAME, text("Schedule"), text("Timezone")][..],
            &[("Suspend", "boolean", false), number("Active")],
            &[text("Last Schedule"), AGE],
            &["Containers", "Images", "Selector"].map(wide),
        ]
        .concat(),
        Kind::Job => [
            &[NAME][..],
            &["Status", "Completions", "Duration"].map(text),
            &[AGE],
            &["Containers", "Images", "Selector"].map(wide),
        ]
        .concat(),
        Kind::Pod => [
            &[NAME][..],
            &["Ready", "Status", "Restarts"].map(text),
            &[AGE],
            &["IP", "Node", "Nominated Node", "Readiness Gates"].map(wide),
        ]
        .concat(),
        Kind::Ingress => [
            &[NAME][..],
            &["Class", "Hosts", "Address", "Ports"].map(text),
            &[AGE],
        ]
        .concat(),
        Kind::HorizontalPodAutoscaler => [
            &[NAME][..],
            &["Reference", "Targets", "MinPods", "MaxPods", "Replicas"].map(text),
            &[AGE],
        ]
        .concat(),
        Kind::ConfigMap => vec![NAME, text("Data"), AGE],
        Kind::NetworkPolicy => vec![NAME, text("Pod-Selector"), AGE],
        Kind::Event => [
            &["Last Seen", "Type", "Reason", "Object"].map(text)[..],
            &["Subobject", "Source"].map(wide),
            &[text("Message")],
            &["First Seen", "Count", "Name"].map(wide),
        ]
        .concat(),
    }
}

fn cells(kind: Kind, object: &Value, now: Timestamp) -> Vec<Value> {
    match kind {
        Kind::Pod => pod::cells(object, now),
        Kind::Deployment => workload::deployment(object, now),
        Kind::ReplicaSet => workload::replica_set(object, now),
        Kind::StatefulSet => workload::stateful_set(object, now),
        Kind::DaemonSet => workload::daemon_set(object, now),
        Kind::CronJob => workload::cron_job(object, now),
        Kind::Job => workload::job(object, now),
        Kind::HorizontalPodAutoscaler => workload::autoscaler(object, now),
        Kind::Namespace => cluster::namespace(object, now),
        Kind::Node => cluster::node(object, now),
        Kind::Service => cluster::service(object, now),
        Kind::EndpointSlice => cluster::endpoint_slice(object, now),
        Kind::Ingress => cluster::ingress(object, now),
        Kind::ConfigMap => cluster::config_map(object, now),
        Kind::NetworkPolicy => cluster::network_policy(object, now),
        Kind::Event => cluster::event(object, now),
    }
}

/// The row of an object at a time.
pub(super) fn row(kind: Kind, object: Value, now: Timestamp, include: Include) -> Value {
    let cells = cells(kind, &object, now);
    let ended = match (kind, path::text(&object, "/status/phase")) {
        (Kind::Pod, "Succeeded") => Some(("Succeeded", "The pod has completed successfully.")),
        (Kind::Pod, "Failed") => Some(("Failed", "The pod failed.")),
        _ => None,
    };
    let mut row = json!({"cells": cells});
    if let Some((reason, message)) = ended {
        let condition =
            json!([{"type": "Completed", "status": "True", "reason": reason, "message": message}]);
        path::set(&mut row, "/conditions", condition);
    }
    let object = match include {
        Include::None => Value::Null,
        Include::Metadata => partial(object),
        Include::Object => object,
    };
    path::set(&mut row, "/object", object);
    row
}

/// A table; without a kind it has no columns of its own, as when they were told before.
pub(super) fn table(kind: Option<Kind>, metadata: Value, rows: Vec<Value>) -> Value {
    let columns = kind.map(|kind| {
        let each = columns(kind).into_iter().map(|(name, of, wide)| {
            let format = if name == "Name" { "name" } else { "" };
            json!({
                "name": name, "type": of, "format": format, "description": "",
                "priority": i32::from(wide),
            })
        });
        each.collect::<Vec<_>>()
    });
    let mut table = json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "columnDefinitions": columns,
    });
    path::set(&mut table, "/metadata", metadata);
    path::set(&mut table, "/rows", rows);
    table
}

/// Only the metadata of an object.
pub(super) fn partial(mut object: Value) -> Value {
    let metadata = path::take(&mut object, "/metadata");
    json!({
        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata.unwrap_or_else(|| Map::new().into()),
    })
}

/// The row of a `Scale`.
pub(super) fn scale(scale: Value, now: Timestamp, include: Include) -> Value {
    let count = |at| path::number(&scale, at).unwrap_or_default();
    let cells = json!([
        path::text(&scale, "/metadata/name"),
        count("/spec/replicas"),
        count("/status/replicas"),
        age::since(&scale, "/metadata/creationTimestamp", now),
    ]);
    let columns = [
        NAME,
        ("Desired", "integer", false),
        ("Available", "integer", false),
        AGE,
    ];
    let columns = columns.map(|(name, of, _)| {
        json!({"name": name, "type": of, "format": "", "description": "", "priority": 0})
    });
    let version = path::text(&scale, "/metadata/resourceVersion").to_owned();
    let object = match include {
        Include::None => Value::Null,
        Include::Metadata => partial(scale),
        Include::Object => scale,
    };
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": version},
        "columnDefinitions": columns, "rows": [{"cells": cells, "object": object}],
    })
}
