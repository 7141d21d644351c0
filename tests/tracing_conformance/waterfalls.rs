//! One trace, asked for by its id as a person does it, and laid out.

use portolan::sources::zipkin::{Settings, trace};
use portolan::trace::id::TraceId;
use portolan::trace::waterfall::{Oddity, Waterfall};
use serde_json::json;

use super::{Scope, Target, call};

async fn ask(target: &Target, id: &str) -> Result<Waterfall, String> {
    let settings = Settings::new(&target.url).expect("a URL");
    let id = TraceId::parse(id).expect("an id");
    let asked = trace(Some(&settings), id).await;
    asked.map_err(|why| why.to_string())
}

/// What was reported stands below what caused it, and what was not is said.
pub async fn a_trace_is_asked_for_by_its_id_and_laid_out(target: &Target) {
    let scope = Scope::new();
    let id = scope.next_trace();
    let mut spans = call(&scope, &id, "shop", "stock", 5).to_vec();
    spans[1]["tags"] = json!({"error": "no stock \u{1b}[2J", "cookie": "a=b"});
    spans.push(json!({
        "traceId": id, "id": "9", "parentId": "8", "name": "late", "timestamp": scope.at(20),
        "duration": 500, "localEndpoint": {"serviceName": scope.name("stock")},
    }));
    target.report(&scope, &spans).await;
    let waterfall = ask(target, &id).await.expect("it is held");
    assert_eq!(waterfall.began, scope.at(5));
    assert_eq!(waterfall.lasted, 15_500);
    assert_eq!((waterfall.services, waterfall.errors), (2, 1));
    let told: Vec<_> = waterfall
        .bars
        .iter()
        .map(|bar| (bar.depth, bar.name.as_deref(), bar.offset, bar.failed))
        .collect();
    assert_eq!(
        told,
        [
            (0, Some("get"), Some(0), false),
            (1, Some("get /"), Some(1_000), true),
            (0, Some("late"), Some(15_000), false),
        ]
    );
    assert!(matches!(
        waterfall.bars[2].oddities.as_slice(),
        [Oddity::NoParent(_)]
    ));
    let thrown = waterfall.bars[1].exception.as_ref().expect("what was said");
    assert!(!thrown.message.contains('\u{1b}'), "{thrown:?}");
    let cookie = waterfall.bars[1]
        .tags
        .iter()
        .find(|(key, _)| **key == *"cookie");
    assert_eq!(cookie.map(|(_, value)| value.as_deref()), Some(None));
}

/// What is not held is told apart from a server that is none.
pub async fn a_trace_that_is_not_held_is_said_to_be_gone(target: &Target) {
    let scope = Scope::new();
    let why = ask(target, &scope.next_trace()).await.expect_err("nothing");
    assert!(why.contains("does not hold it any more"), "{why}");
    let elsewhere = Target::new(&format!("{}/elsewhere", target.url));
    let why = ask(&elsewhere, &scope.next_trace())
        .await
        .expect_err("nothing");
    assert!(why.contains("is this a Zipkin server?"), "{why}");
}
