//! Tables: the columns and cells that kubectl prints.

use portolan::demo::cluster::kind::Kind;
use serde_json::{Value, json};

use super::{Ground, Target};

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/// The columns as kubectl heads them; those that it shows only with `-o wide` in brackets.
fn columns(kind: Kind) -> &'static str {
    match kind {
        Kind::Namespace => "Name|Status|Age",
        Kind::Node => {
            "Name|Status|Roles|Age|Version|(Internal-IP)|(External-IP)|(OS-Image)|(Kernel-Version)|(Container-Runtime)"
        }
        Kind::Service => "Name|Type|Cluster-IP|External-IP|Port(s)|Age|(Selector)",
        Kind::EndpointSlice => "Name|AddressType|Ports|Endpoints|Age",
        Kind::Deployment => "Name|Ready|Up-to-date|Available|Age|(Containers)|(Images)|(Selector)",
        Kind::ReplicaSet => "Name|Desired|Current|Ready|Age|(Containers)|(Images)|(Selector)",
        Kind::StatefulSet => "Name|Ready|Age|(Containers)|(Images)",
        Kind::DaemonSet => {
            "Name|Desired|Current|Ready|Up-to-date|Available|Node Selector|Age|(Containers)|(Images)|(Selector)"
        }
        Kind::CronJob => {
            "Name|Schedule|Timezone|Suspend|Active|Last Schedule|Age|(Containers)|(Images)|(Selector)"
        }
        Kind::Job => "Name|Status|Completions|Duration|Age|(Containers)|(Images)|(Selector)",
        Kind::Pod => {
            "Name|Ready|Status|Restarts|Age|(IP)|(Node)|(Nominated Node)|(Readiness Gates)"
        }
        Kind::Ingress => "Name|Class|Hosts|Address|Ports|Age",
        Kind::HorizontalPodAutoscaler => "Name|Reference|Targets|MinPods|MaxPods|Replicas|Age",
        Kind::ConfigMap => "Name|Data|Age",
        Kind::NetworkPolicy => "Name|Pod-Selector|Age",
        Kind::Event => {
            "Last Seen|Type|Reason|Object|(Subobject)|(Source)|Message|(First Seen)|(Count)|(Name)"
        }
    }
}

pub async fn every_kind_has_its_columns(target: &Target) {
    for kind in Kind::ALL {
        let names = kind.names();
        let api = if names.group.is_empty() {
            "api"
        } else {
            "apis"
        };
        let path = format!("/{api}/{}/{}?limit=1", kind.api_version(), names.plural);
        let table = target.get_as(&path, TABLE).await.ok();
        assert_eq!(
            (&table["kind"], &table["apiVersion"]),
            (&json!("Table"), &json!("meta.k8s.io/v1"))
        );
        let headed = |column: &Value| {
            let name = column["name"].as_str().expect("a name");
            if column["priority"] == 0 {
                name.to_owned()
            } else {
                format!("({name})")
            }
        };
        let all = table["columnDefinitions"]
            .as_array()
            .expect("columns")
            .iter();
        let heads: Vec<String> = all.clone().map(headed).collect();
        assert_eq!(heads.join("|"), columns(kind), "{path}");
        let types: Vec<(&str, &str)> = all
            .map(|c| {
                (
                    c["type"].as_str().expect("a type"),
                    c["format"].as_str().expect("a format"),
                )
            })
            .collect();
        for row in table["rows"].as_array().into_iter().flatten() {
            let cells = row["cells"].as_array().expect("cells");
            assert_eq!(cells.len(), types.len(), "{path}");
        }
        assert!(types.contains(&("string", "name")), "{path}");
    }
}

/// The cells of each row, but those that tell a time or an address.
async fn cells(target: &Target, path: &str, columns: &[usize]) -> Vec<Value> {
    let table = target.get_as(path, TABLE).await.ok();
    let rows = table["rows"].as_array().expect("rows").iter();
    let pick = |row: &Value| {
        columns
            .iter()
            .map(|column| row["cells"][column].clone())
            .collect()
    };
    rows.map(pick).collect()
}

pub async fn cells_say_how_things_are(target: &Target) {
    let ground = Ground::new(target).await;
    ground.service("web", json!({})).await.ok();
    ground.deploy("web", 2, &json!({})).await;
    ground
        .deploy("bad", 1, &json!({"portolan.test/behaviour": "crashloop"}))
        .await;
    ground.ready("web", 2).await;
    let deployment = ground.of("apps/v1", "deployments?labelSelector=app%3Dweb");
    let expected = json!(["web", "2/2", 2, 2, "main", "example/main:1", "app=web"]);
    assert_eq!(
        cells(target, &deployment, &[0, 1, 2, 3, 5, 6, 7]).await,
        [expected]
    );
    let sets = ground.of("apps/v1", "replicasets?labelSelector=app%3Dweb");
    let rows = cells(target, &sets, &[1, 2, 3, 5, 6]).await;
    assert_eq!(rows, [json!([2, 2, 2, "main", "example/main:1"])]);
    let pods = cells(target, &ground.pods_of("web"), &[1, 2, 3, 7, 8]).await;
    assert_eq!(
        pods,
        vec![json!(["1/1", "Running", "0", "<none>", "<none>"]); 2]
    );
    let services = cells(target, &ground.core("services"), &[0, 1, 3, 4, 6]).await;
    assert_eq!(
        services,
        [json!(["web", "ClusterIP", "<none>", "80/TCP", "<none>"])]
    );
    let namespace = format!("/api/v1/namespaces/{}", ground.namespace);
    assert_eq!(
        cells(target, &namespace, &[0, 1]).await,
        [json!([ground.namespace, "Active"])]
    );
    let nodes = cells(target, "/api/v1/nodes", &[1]).await;
    assert!(!nodes.is_empty() && nodes.iter().all(|node| *node == json!(["Ready"])));
    let backs_off = |pods: &[Value]| {
        let reason = "/status/containerStatuses/0/state/waiting/reason";
        pods.iter().any(|pod| {
            pod.pointer(reason)
                .is_some_and(|reason| reason == "CrashLoopBackOff")
        })
    };
    target
        .until("a crash loop", &ground.pods_of("bad"), backs_off)
        .await;
    // It may be running again by now, for a moment.
    let pods = cells(target, &ground.pods_of("bad"), &[2, 3]).await;
    let restarts = pods[0][1].as_str().expect("restarts");
    assert!(
        restarts.starts_with(|c: char| c.is_ascii_digit()) && restarts.ends_with(" ago)"),
        "{restarts}"
    );
    let scale = target
        .get_as(&format!("{}/scale", ground.deployment("web")), TABLE)
        .await
        .ok();
    let cells = &scale["rows"][0]["cells"];
    assert_eq!(
        (&cells[0], &cells[1], &cells[2]),
        (&json!("web"), &json!(2), &json!(2))
    );
}

pub async fn rows_carry_what_is_asked_for(target: &Target) {
    let ground = Ground::new(target).await;
    let made = ground.service("web", json!({})).await.ok();
    let rows = async |include: &str| {
        let path = ground.core(&format!("services/web?includeObject={include}"));
        target.get_as(&path, TABLE).await
    };
    let row = |table: Value| table["rows"][0]["object"].clone();
    assert_eq!(row(rows("None").await.ok()), Value::Null);
    assert_eq!(row(rows("Object").await.ok()), made);
    let partial = json!({
        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": made["metadata"],
    });
    assert_eq!(row(rows("Metadata").await.ok()), partial);
    assert_eq!(row(rows("").await.ok()), partial);
    let refused = rows("Foo").await;
    assert_eq!(
        (refused.refusal().0, refused.refusal().1),
        (400, "BadRequest")
    );
}
