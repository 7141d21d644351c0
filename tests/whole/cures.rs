//! What goes wrong in the demo is seen, and cured from the screen, as a person would.

use crate::show::{Opening, Show};

/// The row of a component type, selected.
async fn select(show: &mut Show, name: &str) {
    // What a preview needs is there with the first lists.
    show.shows("k8s live").await;
    show.shows(name).await;
    show.press("/").type_text(name).press("enter");
    show.shows(&format!("/{name}")).await;
    show.press("g j");
    show.line(&[">", name]).await;
}

/// Waits for the stage that a key or a command opened, and confirms its preview.
async fn confirm(show: &mut Show) {
    show.shows(" previews").await;
    show.press("enter");
    // Only once a key answers it.
    let is_previewed = |s: &str| {
        let waits = ["previews, ", "wait:"].iter().any(|w| s.contains(w));
        s.contains("esc drops it") && !waits
    };
    show.until("the preview", is_previewed).await;
    show.press("enter");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crashed_component_is_found_seen_to_hurt_and_restarted() {
    let mut show = Show::open(Opening {
        orders: &[(40, "crash sellerreputation-filter")],
        ..Opening::default()
    })
    .await;
    // It sorts first, and says why.
    show.line(&["!", "sellerreputation-filter ", "0/1", "CrashLoop"])
        .await;
    // Whom it hurts: its caller's calls fail.
    show.line(&["region-filter", "calls to it fail"]).await;
    select(&mut show, "sellerreputation-filter").await;
    show.press("r");
    confirm(&mut show).await;
    show.line(&["sellerreputation-filter", "restarted"]).await;
    show.press("esc");
    show.cured().await;
    show.line(&[" 0 bad", "pods 33/33"]).await;
    show.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_of_an_image_that_is_not_there_is_undone() {
    let mut show = Show::open(Opening {
        orders: &[(20, "image itemmanagementservice")],
        ..Opening::default()
    })
    .await;
    show.line(&["itemmanagementservice", "ImagePull"]).await;
    select(&mut show, "itemmanagementservice").await;
    // Both versions stand side by side: what serves, and what does not come up.
    show.line(&["versions ", "("]).await;
    show.shows(" calls p50 ").await;
    show.shows("0/1 ready, no sampled call is known to be its")
        .await;
    show.command("rollback");
    confirm(&mut show).await;
    show.line(&["itemmanagementservice", "rolled back"]).await;
    show.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_slow_is_scaled_up() {
    let mut show = Show::open(Opening {
        orders: &[(40, "slow inventoryservice")],
        ..Opening::default()
    })
    .await;
    select(&mut show, "inventoryservice").await;
    show.press("+");
    confirm(&mut show).await;
    show.line(&["inventoryservice", "scaled to"]).await;
    show.cured().await;
    show.close().await;
}
