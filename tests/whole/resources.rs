//! What components use.

use crate::show::{Opening, Show};

#[tokio::test(flavor = "multi_thread")]
async fn what_components_use_stands_in_their_detail_and_follows_the_namespaces() {
    let mut show = Show::open(Opening::default()).await;
    // What is not there yet cannot be gone to.
    show.workload("queryservice", "3/3").await;
    show.command("tree queryservice").press("enter");
    let cpu = show
        .line(&["cpu ", " cores (", " requested, ", " limit ("])
        .await;
    assert!(cpu.contains(" each) of "), "{cpu}");
    show.line(&["memory ", " MiB", " GiB limit ("]).await;
    show.line(&["measured ", " ago, cpu over 15 s, all 3 pods together"])
        .await;
    show.press("esc")
        .command("ns kube-system")
        .command("tree coredns");
    show.press("enter");
    show.line(&["cpu ", " cores"]).await;
    show.line(&["measured ", " pods together"]).await;
    show.press("esc").press("v s");
    show.line(&["metrics ", "live", "15s"]).await;
    show.close().await;
}
