//! The effectors: what they may not do is told with the rights that it takes.

use kube::Client;
use portolan::effectors::{self, EffectError};
use portolan::model::intent::{Operation, Preview, ScalePreview};
use portolan::model::key::TypeKey;
use portolan::sources::kubernetes::Session;

use crate::real::{Ground, limited};

async fn scale_preview(client: &Client, target: &TypeKey) -> Result<ScalePreview, EffectError> {
    let operation = Operation::Scale {
        before: 0,
        wanted: 0,
    };
    match effectors::preview(client, target, &operation).await? {
        Preview::Scale(preview) => Ok(preview),
        other => panic!("of something else: {other:?}"),
    }
}

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_limited_user_is_told_which_rights_it_takes() {
    let ground = Ground::new().await;
    ground.deploy("web", 1).await;
    ground
        .kubectl(&["rollout", "status", "deployment/web"])
        .await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = limited(&ground, &directory).await;
    let session = Session::open(Some(path), None).expect("it is well-formed");
    let client = session.client().await.expect("a client");
    let preview = scale_preview(&client, &ground.target("web")).await;
    assert!(
        matches!(preview, Err(EffectError::Forbidden { .. })),
        "{preview:?}"
    );
    // Pods may be read and not deleted, which is told before anybody is asked to confirm.
    let pod = ground.pods().await.pop_first().expect("a pod");
    let uid = ["get", "pod", &pod, "-o", "jsonpath={.metadata.uid}"];
    let delete = Operation::Delete {
        uid: ground.kubectl(&uid).await.into(),
        pod: pod.as_str().into(),
    };
    let target = ground.target("web");
    let refused = effectors::preview(&client, &target, &delete).await;
    let refused = refused.expect_err("it is refused").to_string();
    let rights = format!("ask for get, delete on pods in {}", ground.namespace);
    assert!(refused.ends_with(&rights), "{refused}");
    for operation in [Operation::Restart, Operation::Rollback { to: None }] {
        let refused = effectors::preview(&client, &target, &operation).await;
        let refused = refused.expect_err("it is refused").to_string();
        let rights = format!("ask for get, patch on deployments in {}", ground.namespace);
        assert!(refused.ends_with(&rights), "{refused}");
    }
}
