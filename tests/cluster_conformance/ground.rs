//! A namespace for one case, and what is often made in it.

use std::sync::atomic::{AtomicU32, Ordering};

use http::{Method, Request};
use portolan::model::observation::NamespaceChoice;
use serde_json::{Value, json};

use super::watching::Watching;
use super::{Answer, Target};

/// The label by which pods misbehave on purpose.
pub const BEHAVIOUR: &str = "portolan.test/behaviour";

/// A namespace that goes with the case.
pub struct Ground {
    pub target: Target,
    pub namespace: String,
}

impl Ground {
    pub async fn new(target: &Target) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("conformance-{}-{count}", std::process::id());
        let object = json!({"metadata": {"name": namespace}});
        let made = target.post("/api/v1/namespaces", &object).await;
        assert_eq!(made.status, 201, "{made:?}");
        Self {
            target: target.clone(),
            namespace,
        }
    }

    /// The Kubernetes source at work in it.
    pub fn watch(&self) -> Watching {
        let session = self.target.session(&self.namespace);
        Watching::start(&session, NamespaceChoice::one(&self.namespace))
    }

    /// The path of a collection of the core group, or what is below it.
    pub fn core(&self, rest: &str) -> String {
        format!("/api/v1/namespaces/{}/{rest}", self.namespace)
    }

    /// The path of a collection of a group and version, or what is below it.
    pub fn of(&self, group: &str, rest: &str) -> String {
        format!("/apis/{group}/namespaces/{}/{rest}", self.namespace)
    }

    pub fn deployment(&self, name: &str) -> String {
        self.of("apps/v1", &format!("deployments/{name}"))
    }

    /// The path of the pods of an app.
    pub fn pods_of(&self, app: &str) -> String {
        self.core(&format!("pods?labelSelector=app%3D{app}"))
    }

    pub async fn service(&self, name: &str, labels: Value) -> Answer {
        let service = json!({
            "metadata": {"name": name, "labels": labels}, "spec": {"ports": [{"port": 80}]},
        });
        self.target.post(&self.core("services"), &service).await
    }

    /// Makes a Deployment whose pods also have these labels.
    pub async fn deploy(&self, name: &str, replicas: u32, labels: &Value) -> Value {
        let deployment = deployment(name, replicas, labels);
        let made = self
            .target
            .post(&self.of("apps/v1", "deployments"), &deployment)
            .await;
        assert_eq!(made.status, 201, "{made:?}");
        made.body
    }

    /// Waits until a Deployment has so many updated and ready pods and no others.
    pub async fn ready(&self, name: &str, replicas: u64) -> Value {
        let path = self.of(
            "apps/v1",
            &format!("deployments?fieldSelector=metadata.name%3D{name}"),
        );
        let found = self
            .target
            .until(
                &format!("{replicas} ready pods of {name}"),
                &path,
                |found| {
                    found.iter().any(|deployment| {
                        let status = &deployment["status"];
                        let count = |field: &str| status[field].as_u64().unwrap_or_default();
                        status["observedGeneration"] == deployment["metadata"]["generation"]
                            && [
                                "replicas",
                                "updatedReplicas",
                                "readyReplicas",
                                "availableReplicas",
                            ]
                            .into_iter()
                            .all(|field| count(field) == replicas)
                    })
                },
            )
            .await;
        let deployment = found.into_iter().next().expect("it was there");
        // Pods that are on their way out do not count any more, but are still there.
        let pods = self.pods_of(name);
        let all = |pods: &[Value]| pods.len() as u64 == replicas;
        self.target.until("no other pods", &pods, all).await;
        deployment
    }
}

pub fn deployment(name: &str, replicas: u32, labels: &Value) -> Value {
    let mut pod_labels = json!({"app": name});
    let own = pod_labels.as_object_mut().expect("labels");
    own.extend(labels.as_object().expect("labels").clone());
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": pod_labels},
                "spec": {"containers": [{
                    "name": "main", "image": "example/main:1",
                    "env": [{"name": "BACKEND_ADDR", "value": "backend:8080"}],
                    "ports": [{"name": "http", "containerPort": 8080}]
                }]}
            }
        }
    })
}

impl Drop for Ground {
    fn drop(&mut self) {
        if !self.target.stays {
            return;
        }
        // The case's own runtime may be at its end.
        let path = format!("/api/v1/namespaces/{}", self.namespace);
        let config = self.target.config.clone();
        let deleting = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .ok()?;
            runtime.block_on(async {
                let client = kube::Client::try_from(config).ok()?;
                let request = Request::builder().method(Method::DELETE).uri(path);
                client
                    .request_text(request.body(Vec::new()).ok()?)
                    .await
                    .ok()
            })
        });
        // Whether it works or not, the case is over.
        let _ = deleting.join();
    }
}
