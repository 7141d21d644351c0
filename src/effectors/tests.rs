//! What the tests of all effectors share: a server that answers as it is told and keeps what was sent.

use std::sync::{Arc, Mutex};

use http::{Request, Response};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

/// A server of which each answer is `answer(method, path)`; what was sent is kept.
pub(super) fn server(
    answer: impl Fn(&str, &str) -> (u16, Value) + Send + Sync + 'static,
) -> (Client, Arc<Mutex<Vec<Value>>>) {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let answer = Arc::new(answer);
    let keep = Arc::clone(&sent);
    let service = tower::service_fn(move |request: Request<Body>| {
        let (answer, keep) = (Arc::clone(&answer), Arc::clone(&keep));
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect_bytes().await.expect("a body");
            if let Ok(value) = serde_json::from_slice(&body) {
                keep.lock().expect("whole").push(value);
            }
            let (code, value) = answer(parts.method.as_str(), parts.uri.path());
            let response = Response::builder().status(code);
            response.body(Body::from(value.to_string().into_bytes()))
        }
    });
    (Client::new(service, "default"), sent)
}

/// What a server says when it refuses.
pub(super) fn failure(code: u16, message: &str) -> (u16, Value) {
    (
        code,
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message}),
    )
}

#[test]
fn a_look_that_fails_says_nothing_of_the_write() {
    use super::EffectError;

    let why = crate::model::text::Text::from("connection refused");
    for error in [
        EffectError::Unreachable { why: why.clone() },
        EffectError::Silent { why: why.clone() },
        EffectError::Refused { why },
    ] {
        let said = error.of_look();
        assert!(said.contains("connection refused"), "{said}");
        assert!(!said.contains("nothing was"), "{said}");
    }
}
