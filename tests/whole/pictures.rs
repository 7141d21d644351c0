//! The README's pictures. `cargo test --test whole pictures -- --ignored` makes them anew.

use std::fs;
use std::path::Path;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use portolan::ui::picture::svg::svg;

use crate::show::{Opening, Show};

fn opening() -> Opening {
    Opening {
        width: 116,
        height: 38,
        coloured: true,
        orders: &[(75, "crash sellerreputation-filter")],
        ..Opening::default()
    }
}

fn keep(name: &str, buffer: &Buffer, title: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    fs::write(folder.join(name), svg(buffer, title, "")).expect("it can be written");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes assets/tree.svg and assets/graph.svg"]
async fn of_the_readme() {
    let mut show = Show::open(opening()).await;
    show.line(&["sellerreputation-filter", "CrashLoop"]).await;
    show.line(&["region-filter", "calls to it fail"]).await;
    show.line(&["notificationservice", "0.0"]).await;
    show.shows("zipkin ok").await;
    show.line(&["ERR%", "P95"]).await;
    show.press("j");
    show.line(&[">", "sellerreputation-filter"]).await;
    keep(
        "tree.svg",
        &show.cells(),
        "The tree: a crashed component first, and whom it hurts",
    );
    show.command("graph queryservice");
    show.shows("Graph · queryservice").await;
    show.line(&["derbydb", "/s"]).await;
    keep(
        "graph.svg",
        &show.cells(),
        "The graph around a component: its callers, itself, whom it calls",
    );
    show.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes assets/whole.svg and assets/matrix.svg"]
async fn of_the_whole() {
    let mut show = Show::open(Opening {
        width: 150,
        height: 32,
        coloured: true,
        orders: &[(75, "crash reputationservice")],
        ..Opening::default()
    })
    .await;
    show.line(&["reputationservice", "CrashLoop"]).await;
    show.shows("zipkin ok").await;
    show.line(&["derbydb", "0.0"]).await;
    show.press("ctrl-e");
    show.command("hide filter");
    show.shows("filtered out").await;
    show.command("whole queryservice");
    show.line(&["queryservice", "callers"]).await;
    keep(
        "whole.svg",
        &show.cells(),
        "The whole picture: layers from callers to databases, one net of lines for each caller",
    );
    show.command("hide");
    show.command("matrix bidandbuyservice queryservice");
    show.shows("bidandbuyservice calls queryservice").await;
    keep(
        "matrix.svg",
        &show.cells(),
        "The matrix: rows call columns, and one line of words for the pair under the cross-hair",
    );
    show.close().await;
}

#[test]
fn a_picture_has_every_text_in_its_place_and_is_no_markup_by_itself() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 2));
    buffer.set_string(2, 0, "a<b> & c", Style::new());
    buffer.set_string(0, 1, "red", Style::new().fg(Color::Red));
    let picture = svg(&buffer, "x & y", "");
    assert!(picture.contains("<title>x &amp; y</title>"), "{picture}");
    // Two cells of 9 px in, after the margin of 12.
    assert!(picture.contains("<text x=\"30\""), "{picture}");
    assert!(picture.contains(">a&lt;b&gt; &amp; c</text>"), "{picture}");
    assert!(picture.contains("fill=\"#f2777a\""), "{picture}");
    assert_eq!(picture.matches("<text").count(), 2, "blanks are not drawn");
}
