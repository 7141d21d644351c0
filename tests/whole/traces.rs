//! From a component type to its operations, and to one trace of them, as a person would go.

use crate::show::{Opening, Show};

#[tokio::test(flavor = "multi_thread")]
async fn from_a_failing_type_to_the_trace_that_says_why() {
    let mut show = Show::open(Opening {
        orders: &[(40, "crash sellerreputation-filter")],
        ..Opening::default()
    })
    .await;
    show.line(&["region-filter", "calls to it fail"]).await;
    show.line(&["ERR%", "P95"]).await;
    show.command("tree region-filter");
    show.line(&[">", "region-filter"]).await;
    show.press(".");
    show.shows("operations and P95 over").await;
    show.line(&["by ", "sampled"]).await;
    show.press("j enter");
    show.line(&["> slow"]).await;
    show.line(&[" failed "]).await;
    show.press("G enter");
    let screen = show
        .until("a trace", |s| s.contains(" spans · ") && s.contains("TOOK"))
        .await;
    assert!(screen.contains("region-filter"), "{screen}");
    assert!(screen.contains("error"), "{screen}");
    show.press("enter");
    show.shows("Tags").await;
    show.press("esc t");
    show.shows("Tree ·").await;
    // One that was never there, of the very server.
    show.command("trace 00000000deadbeef");
    show.shows("does not hold it any more, or never did").await;
    show.press("esc");
    show.close().await;
}
