//! `portolan graph` of a saved model: what goes to stdout, what to stderr, and the exit code. Nothing is asked.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by a panic, in its helpers too"
)]

#[expect(dead_code, reason = "this file needs only a little of it")]
mod world;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use portolan::model::Model;
use portolan::model::export::{Options, json};
use portolan::model::observation::{
    Fact, Kind, Link, Links, Meta, NamespaceChoice, Observation, Span,
};
use rstest::rstest;
use tempfile::TempDir;

/// `web` calls `cart`, which calls `db` and `bank`; of the calls to `bank` a third fails.
fn model() -> Model {
    let mut model = Model::new("prod", Vec::new());
    let link = |caller: &str, callee: &str, errors| Link {
        caller: caller.into(),
        callee: callee.into(),
        calls: 120,
        errors,
    };
    let now = jiff::Timestamp::UNIX_EPOCH;
    let links = Links {
        source: "zipkin".into(),
        span: Span::Recent,
        window_ms: 60_000,
        ends: now,
        links: vec![
            link("web", "cart", 0),
            link("cart", "db", 0),
            link("cart", "bank", 40),
        ],
    };
    model.apply(vec![Observation::Links(links)], now);
    model
}

/// A folder with the model saved in it, in a world without a kubeconfig.
struct Ground {
    folder: TempDir,
    file: PathBuf,
}

impl Ground {
    fn new(telemetry: bool) -> Self {
        Self::of(&model(), telemetry)
    }

    fn of(model: &Model, telemetry: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.json");
        let options = Options {
            namespaces: NamespaceChoice::All,
            telemetry,
        };
        fs::write(&file, json::text(model, &options).unwrap()).unwrap();
        Self { folder, file }
    }

    fn graph(&self, args: &[&str]) -> Output {
        run(self.folder.path(), &self.file, args, None)
    }
}

fn run(home: &Path, file: &Path, args: &[&str], input: Option<&[u8]>) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_portolan"))
        .args(["graph", "--from"])
        .arg(file)
        .args(args)
        .env_clear()
        .env("HOME", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.unwrap_or_default()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What was drawn, where nothing else is said.
fn drawn(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(text(&output.stderr), "");
    text(&output.stdout)
}

/// Why nothing was.
fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let line = text(&output.stderr);
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

#[rstest]
#[case("dot", "digraph")]
#[case("mermaid", "flowchart")]
fn a_saved_model_is_drawn_without_a_cluster(#[case] format: &str, #[case] begins: &str) {
    let ground = Ground::new(true);
    let with = drawn(&ground.graph(&["--format", format, "--telemetry"]));
    assert!(with.starts_with(begins), "{with}");
    assert!(with.contains("2.0/s") && with.contains("33.3 "), "{with}");
    let without = drawn(&ground.graph(&["--format", format]));
    assert!(!without.contains("/s"), "{without}");
    for name in ["web", "cart", "db", "bank"] {
        assert!(without.contains(&format!("\"{name}")), "{without}");
    }
}

#[test]
fn around_a_name_there_are_its_callers_and_callees() {
    let ground = Ground::new(false);
    let one = drawn(&ground.graph(&["--format", "dot", "--focus", "db"]));
    assert!(
        one.contains("\"cart") && !one.contains("\"web") && !one.contains("\"bank"),
        "{one}"
    );
    let two = drawn(&ground.graph(&["--format", "dot", "--focus", "db", "--hops", "2"]));
    assert!(two.contains("\"web") && !two.contains("\"bank"), "{two}");
    let line = refused(&ground.graph(&["--format", "dot", "--focus", "crat"]));
    assert_eq!(
        line,
        "portolan: nothing here is called crat; the nearest names are cart\n"
    );
}

#[test]
fn text_and_svg_show_the_picture_in_so_many_cells_and_text_has_no_colours() {
    let ground = Ground::new(true);
    let args = ["--focus", "cart", "--size", "100x20"];
    let text = drawn(&ground.graph(&args));
    for word in ["web", "cart", "db", "bank", "33.3"] {
        assert!(text.contains(word), "{text}");
    }
    assert!(
        text.lines().all(|line| line.chars().count() <= 100),
        "{text}"
    );
    assert!(text.lines().count() <= 20, "{text}");
    assert!(!text.contains('\u{1b}'), "{text:?}");
    let plain = drawn(&ground.graph(&["--focus", "cart", "--ascii"]));
    assert!(plain.is_ascii(), "{plain}");
    let svg = drawn(&ground.graph(&["--focus", "cart", "--format", "svg"]));
    let read = roxmltree::Document::parse(&svg).unwrap();
    let of = |tag| {
        let node = read.descendants().find(|n| n.has_tag_name(tag));
        node.and_then(|n| n.text()).unwrap_or_default().to_owned()
    };
    assert_eq!(of("title"), "prod all namespaces, 1 hop around cart");
    assert!(
        of("desc").contains("cart calls bank (! failing), db. web calls cart."),
        "{}",
        of("desc")
    );
    let shown: String = read
        .descendants()
        .filter(|n| n.has_tag_name("text"))
        .filter_map(|n| n.text())
        .collect();
    assert!(shown.contains("bank") && shown.contains("33.3"), "{shown}");
}

/// `shop/cart` calls `db` outside, and `bank/cart` calls nobody; what has a hostile name calls, too.
fn two_carts() -> Model {
    let mut model = Model::new("prod", Vec::new());
    let now = jiff::Timestamp::UNIX_EPOCH;
    let scope = world::everywhere(Kind::Deployment);
    let said = ["shop", "bank"].map(|namespace| {
        let meta = Meta {
            namespace: namespace.into(),
            name: "cart".into(),
            uid: namespace.into(),
            ..Meta::default()
        };
        let fact = Fact::Workload(Box::new(world::workload(Kind::Deployment, meta)));
        world::seen(&scope, &std::sync::Arc::new(fact))
    });
    model.apply(said.to_vec(), now);
    let link = |caller: &str, callee: &str| Link {
        caller: caller.into(),
        callee: callee.into(),
        calls: 120,
        errors: 0,
    };
    let links = Links {
        source: "zipkin".into(),
        span: Span::Recent,
        window_ms: 60_000,
        ends: now,
        links: vec![link("cart.shop", "db"), link(HOSTILE, "db")],
    };
    model.apply(vec![Observation::Links(links)], now);
    model
}

/// A name that means something to XML, DOT and HTML.
const HOSTILE: &str = "]]><b a=\"1\">&amp;'日本";

#[test]
fn without_a_name_the_whole_system_is_one_picture() {
    let ground = Ground::new(true);
    let whole = drawn(&ground.graph(&[]));
    for word in [
        "web",
        "cart",
        "db",
        "bank",
        "2.0/s",
        "33.3%!",
        "all 4 shown",
    ] {
        assert!(whole.contains(word), "{word}: {whole}");
    }
    // Where nobody counted there are no numbers that could be missing.
    let bare = drawn(&Ground::new(false).graph(&[]));
    assert!(bare.contains("bank") && !bare.contains("/s"), "{bare}");
    let plain = drawn(&ground.graph(&["--ascii"]));
    assert!(plain.is_ascii() && plain.contains("33.3%!"), "{plain}");
    let shape = |text: &str| -> Vec<usize> { text.lines().map(|l| l.chars().count()).collect() };
    assert_eq!(shape(&plain), shape(&whole));
}

#[test]
fn a_size_that_is_too_small_is_told_with_one_that_is_not() {
    let ground = Ground::new(true);
    let whole = drawn(&ground.graph(&[]));
    let small = ground.graph(&["--size", "40x10"]);
    assert_eq!(small.status.code(), Some(0), "{small:?}");
    let shown = text(&small.stdout);
    assert!(shown.lines().all(|l| l.chars().count() <= 40), "{shown}");
    let told = text(&small.stderr);
    assert!(
        told.starts_with("portolan: at 40x10 3 of 4 boxes are out of sight"),
        "{told}"
    );
    let size = told
        .split("--size ")
        .nth(1)
        .and_then(|rest| rest.split(',').next())
        .unwrap();
    assert_eq!(drawn(&ground.graph(&["--size", size])), whole);
}

#[test]
fn boxes_of_one_name_are_told_apart_and_groups_have_frames() {
    let ground = Ground::of(&two_carts(), true);
    let linked = drawn(&ground.graph(&[]));
    assert!(linked.contains("1 without links"), "{linked}");
    assert!(!linked.contains("bank/cart"), "{linked}");
    let all = drawn(&ground.graph(&["--unlinked"]));
    for word in ["shop/cart", "bank/cart", "all 4 shown", HOSTILE] {
        assert!(all.contains(word), "{word}: {all}");
    }
    let framed = drawn(&ground.graph(&["--unlinked", "--group", "namespace"]));
    for frame in ["─ shop ─", "─ bank ─"] {
        assert!(framed.contains(frame), "{frame}: {framed}");
    }
    assert!(!framed.contains("bank/cart"), "{framed}");
    let one = drawn(&ground.graph(&["--unlinked", "-n", "bank"]));
    assert!(one.contains("cart") && !one.contains("shop"), "{one}");
}

#[test]
fn the_whole_picture_as_svg_has_every_name() {
    let ground = Ground::of(&two_carts(), true);
    let svg = drawn(&ground.graph(&["--unlinked", "--format", "svg"]));
    let read = roxmltree::Document::parse(&svg).unwrap();
    let texts = read.descendants().filter(|n| n.has_tag_name("text"));
    let shown: Vec<&str> = texts.filter_map(|n| n.text()).collect();
    for name in ["shop/cart", "bank/cart", "db", HOSTILE] {
        assert!(
            shown.iter().any(|text| text.contains(name)),
            "{name}: {shown:?}"
        );
    }
    let words = read.descendants().find(|n| n.has_tag_name("desc")).unwrap();
    let words = words.text().unwrap();
    assert!(words.contains("calls db"), "{words}");
}

#[test]
fn rates_that_were_not_saved_are_told_to_be_missing() {
    let ground = Ground::new(false);
    let output = ground.graph(&["--format", "dot", "--telemetry"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("no data"));
    let line = text(&output.stderr);
    assert!(line.contains("saved without --telemetry"), "{line}");
}

#[test]
fn it_may_come_through_a_pipe() {
    let ground = Ground::new(false);
    let bytes = fs::read(&ground.file).unwrap();
    let home = ground.folder.path();
    let piped = run(home, Path::new("-"), &["--format", "dot"], Some(&bytes));
    assert_eq!(drawn(&piped), drawn(&ground.graph(&["--format", "dot"])));
}

#[test]
fn a_file_that_cannot_be_drawn_is_told_by_its_name() {
    let ground = Ground::new(false);
    let whole = fs::read(&ground.file).unwrap();
    let newer = text(&whole).replace("\"schemaVersion\": 2", "\"schemaVersion\": 3");
    let half = whole.get(..whole.len() / 2).unwrap().to_vec();
    for (bytes, says) in [
        (newer.into_bytes(), "saved by a newer Portolan (schema 3"),
        (half, "ends in the middle"),
        (b"kind: Pod".to_vec(), "is no JSON"),
        (Vec::new(), "is empty"),
    ] {
        fs::write(&ground.file, bytes).unwrap();
        let line = refused(&ground.graph(&["--format", "dot"]));
        assert!(line.contains("shop.json ") && line.contains(says), "{line}");
    }
    fs::remove_file(&ground.file).unwrap();
    let line = refused(&ground.graph(&["--format", "dot"]));
    assert!(line.contains("shop.json cannot be read"), "{line}");
    let folder = run(
        ground.folder.path(),
        ground.folder.path(),
        &["--format", "dot"],
        None,
    );
    assert!(refused(&folder).contains("cannot be read"), "{folder:?}");
    // Without an end: the limit is told, and the memory of it is bounded.
    let endless = run(
        ground.folder.path(),
        Path::new("/dev/zero"),
        &["--format", "dot"],
        None,
    );
    assert!(refused(&endless).contains("larger than 256 MiB"));
}
