//! The suite of the simulated tracing server against the real one of the test bed, and the two side by side.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail as tests do"
)]

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use portolan::demo::tracing::http::router;
use portolan::demo::tracing::store::Store;

#[macro_use]
mod tracing_conformance;

use tracing_conformance::{Target, calls, links, questions, reports, search, soup, waterfalls};

fn real() -> Target {
    Target::new(&std::env::var("ZIPKIN_URL").expect("ZIPKIN_URL: eval \"$(testbed/up)\""))
}

macro_rules! against_the_real_server {
    ($($module:ident::$case:ident,)*) => {$(
        #[tokio::test]
        #[ignore = "needs the testbed: eval \"$(testbed/up)\""]
        async fn $case() {
            $module::$case(&real()).await;
        }
    )*};
}
for_each_case!(against_the_real_server);

#[tokio::test]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn the_simulated_server_answers_as_the_real_one() {
    let router = router(
        Arc::new(Mutex::new(Store::default())),
        Arc::new(Timestamp::now),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let simulated = Target::new(&url);
    for seed in 0..6 {
        soup::both_answer_the_same(&simulated, &real(), seed).await;
    }
}
