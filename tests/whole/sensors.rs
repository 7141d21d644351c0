//! A sensor beside the demo: a number that somebody serves stands on the element that it is about.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::routing::get;
use portolan::config;
use portolan::sources::sensor::Settings;

use crate::show::{Opening, Show};

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_serves_is_a_property_and_can_be_switched_off() {
    let count = Arc::new(AtomicU32::new(7));
    let served = Arc::clone(&count);
    let number = get(move || async move { served.load(Ordering::SeqCst).to_string() });
    let router = Router::new().route("/exceptions", number);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("loopback has ports");
    let address = listener.local_addr().expect("it is bound");
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let text = format!(
        r#"
        [[sensor]]
        name = "inventory"
        url = "http://{address}/exceptions"
        target = "mrubis/Deployment/inventoryservice"
        interval = 1
        format = "number"
        property = "httpExceptionCount"
        unit = "count"
        "#
    );
    let config = config::parse(Path::new("test.toml"), &text).expect("it is well-formed");
    let mut show = Show::open(Opening {
        sensors: Settings::new(config.sensors),
        ..Opening::default()
    })
    .await;
    show.workload("inventoryservice", "2/2").await;
    show.command("tree inventoryservice");
    let line = show.line(&["httpExceptionCount 7 count"]).await;
    assert!(line.contains("by sensor"), "{line}");
    count.store(8, Ordering::SeqCst);
    show.shows("httpExceptionCount 8 count").await;
    show.command("sensor inventory off");
    show.until("the property is taken back", |s| {
        !s.contains("httpExceptionCount")
    })
    .await;
    show.command("sources");
    show.line(&["inventory", "off", ":sensor inventory on"])
        .await;
    show.command("sensor inventory on");
    show.line(&["inventory", "live"]).await;
    show.command("tree inventoryservice");
    show.shows("httpExceptionCount 8 count").await;
    serving.abort();
    show.close().await;
}
