//! Holds the arrows between the rooms of `src`: which may name which. Every path counts wherever it
//! stands, not only in `use` lines; comments and text in quotes do not.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by a panic, in its helpers too"
)]

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// A room (or a part of one), and the paths that it must not name: of crates, of rooms, and of clocks.
const RULES: [(&str, &str); 15] = [
    (
        "model",
        "crate::ui crate::app crate::sources crate::effectors crate::cli crate::config crate::logging \
         crate::demo crate::commands \
         ratatui crossterm kube k8s_openapi reqwest tokio futures std::net std::fs std::process \
         Timestamp::now Instant::now SystemTime::now",
    ),
    (
        "ui",
        "crate::app crate::sources crate::effectors crate::cli crate::config crate::demo crate::commands \
         kube k8s_openapi reqwest tokio",
    ),
    (
        "sources",
        "crate::ui crate::app crate::effectors crate::cli crate::demo crate::commands petgraph ratatui crossterm",
    ),
    (
        "effectors",
        "crate::ui crate::app crate::cli crate::demo crate::commands petgraph ratatui crossterm",
    ),
    (
        "app",
        "crate::cli crate::config crate::logging crate::demo crate::commands petgraph k8s_openapi",
    ),
    // What a span is and what follows from a trace, whoever asks.
    (
        "trace",
        "crate::model crate::ui crate::app crate::sources crate::effectors crate::cli crate::config crate::demo \
         crate::commands crate::logging ratatui crossterm kube k8s_openapi reqwest tokio futures std::net::TcpListener std::net::TcpStream \
         std::fs std::process Timestamp::now Instant::now SystemTime::now",
    ),
    // A stand-in for the world outside: it is met over the wire only. What a span is, it shares with us, and
    // that is held against the real server.
    (
        "demo",
        "crate::model crate::ui crate::app crate::sources crate::effectors crate::cli crate::config \
         crate::commands crate::logging ratatui crossterm kube k8s_openapi reqwest",
    ),
    ("demo/cluster", SIMULATED),
    ("demo/faults", SIMULATED),
    ("demo/life", SIMULATED),
    ("demo/presence", SIMULATED),
    ("demo/system", SIMULATED),
    ("demo/traffic", SIMULATED),
    (
        "config",
        "crate::ui crate::app crate::sources crate::effectors kube tokio",
    ),
    (
        "logging",
        "crate::ui crate::app crate::sources crate::effectors kube tokio",
    ),
];

/// What the simulation must not name, so that a seed is enough to repeat it.
const SIMULATED: &str = "tokio axum futures std::net::TcpListener std::net::TcpStream std::net::UdpSocket std::fs std::process std::thread Timestamp::now \
     Zoned::now Instant::now SystemTime::now fastrand::Rng::new";

/// Every path of a file's code in full: groups are spread out, and `super` is followed.
fn paths(module: &[&str], text: &str) -> Vec<String> {
    let quiet =
        r##"//[^\n]*|/\*(?s:.*?)\*/|r#+"(?s:.*?)"#+|r"[^"]*"|"(?s:\\.|[^"\\])*"|'(?:\\.|[^'\\])'"##;
    let code = Regex::new(quiet).unwrap().replace_all(text, " ; ");
    let mut found: Vec<Vec<String>> = Vec::new();
    // What groups that are open put before their entries; nothing for ordinary braces.
    let mut open: Vec<Vec<String>> = vec![Vec::new()];
    let mut path: Vec<String> = Vec::new();
    let mut before = "";
    let tokens = Regex::new(r"\w+|::|\S").unwrap();
    for token in tokens.find_iter(&code).map(|m| m.as_str()) {
        let goes_on = before == "::";
        if token == "::" {
        } else if token.starts_with(|c: char| c.is_alphabetic() || c == '_') && token != "use" {
            if !goes_on {
                found.push(std::mem::take(&mut path));
                path.clone_from(open.last().unwrap_or(&Vec::new()));
                // A crate that is named alone is a path only after `use`.
                if before == "use" {
                    found.push(vec![token.to_owned(), String::new()]);
                }
            }
            path.push(token.to_owned());
        } else {
            if token == "{" {
                open.push(if goes_on { path.clone() } else { Vec::new() });
            } else if token == "}" && open.len() > 1 {
                open.pop();
            }
            found.push(std::mem::take(&mut path));
        }
        before = token;
    }
    let full = |path: Vec<String>| {
        let ups = path.iter().take_while(|part| *part == "super").count();
        if ups == 0 {
            return path.join("::");
        }
        let stays = module.len().saturating_sub(ups);
        let parts = module.iter().take(stays).copied();
        let rest = path.iter().skip(ups).map(String::as_str);
        std::iter::once("crate")
            .chain(parts)
            .chain(rest)
            .collect::<Vec<_>>()
            .join("::")
    };
    found
        .into_iter()
        .filter(|path| path.len() > 1)
        .map(full)
        .collect()
}

/// What a file names and must not, each once.
fn slips(file: &str, text: &str) -> Vec<String> {
    let mut module: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    let room = module.first().copied().unwrap_or_default();
    if module.last() == Some(&"mod") {
        module.pop();
    }
    let whole = file.trim_end_matches(".rs");
    let is_part = |of: &str| {
        let rest = whole.strip_prefix(of);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    // Tests of the simulation may measure it.
    let measures = |paths: &str| paths == SIMULATED && file.contains("/tests");
    let banned = RULES
        .iter()
        .filter(|(of, paths)| is_part(of) && !measures(paths));
    let mut banned: Vec<&str> = banned
        .flat_map(|(_, paths)| paths.split_whitespace())
        .collect();
    if room == "model" && file != "model/graph.rs" {
        // A stable graph reuses its indices, so they stay in the one file that knows.
        banned.push("petgraph::stable_graph");
        // An analysis makes a graph for one question, which is never changed: an index is a place there.
        if !is_part("model/query/analysis") {
            banned.push("petgraph::graph");
        }
    }
    let paths: Vec<String> = paths(&module, text)
        .iter()
        .map(|p| format!("{p}::"))
        .collect();
    let names = |banned: &str| {
        paths.iter().any(|path| {
            let clock = banned.ends_with("::now") && path.ends_with(&format!("{banned}::"));
            clock || path.starts_with(&format!("{banned}::"))
        })
    };
    let slips = banned.into_iter().filter(|banned| names(banned));
    slips
        .map(|banned| format!("src/{file} names {banned}"))
        .collect()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_room_names_what_it_must_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&root, &mut found);
    assert!(found.len() > 30, "the files were found");
    let mut wrong = Vec::new();
    for path in found {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        wrong.extend(slips(&name, &fs::read_to_string(&path).unwrap()));
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_slip_is_found_however_it_is_written() {
    for (file, text) in [
        ("model/apply.rs", "use crate::ui::theme::Theme;"),
        ("model/apply.rs", "use crate::{model::key, ui};"),
        (
            "model/apply.rs",
            "use crate::{\n model::{key, a::b},\n sources::Outlet,\n};",
        ),
        (
            "model/query/links.rs",
            "fn f() { super::super::super::app::run() }",
        ),
        (
            "model/mod.rs",
            "use super::{model::key, effectors::{scale}};",
        ),
        ("model/apply.rs", "let at = jiff::Timestamp::now();"),
        ("model/apply.rs", "fn f(x: kube :: Client) {}"),
        ("model/apply.rs", "use tokio as t;"),
        (
            "model/query/links.rs",
            "use petgraph::stable_graph::NodeIndex;",
        ),
        ("model/query/links.rs", "use petgraph::graph::DiGraph;"),
        (
            "model/query/analysis/ways.rs",
            "use petgraph::stable_graph::NodeIndex;",
        ),
        (
            "ui/theme.rs",
            "let c = '\"'; tokio::spawn(f); let d = '\"';",
        ),
        (
            "sources/zipkin/mod.rs",
            "/* why */ fn f<'a>(x: &'a ratatui::text::Line<'a>) {} // not",
        ),
        ("demo/cluster/verbs/mod.rs", "use tokio::sync::watch;"),
        ("demo/life.rs", "let at = Timestamp::now();"),
        ("demo/running.rs", "use crate::model::text;"),
        ("app/runtime.rs", "use crate::demo::running::Demo;"),
    ] {
        assert_eq!(slips(file, text).len(), 1, "{file}: {text}");
    }
}

#[test]
fn what_is_allowed_is_not_found() {
    for (file, text) in [
        (
            "model/apply.rs",
            "// crate::ui\n/* kube::x */ let s = \"tokio::x \\\" kube::x\"; use crate::model::key;",
        ),
        (
            "model/apply.rs",
            "let s = r#\"crate::ui \" kube::x\"#; let tokio = kube; use super::apply::x;",
        ),
        (
            "ui/theme.rs",
            "use crate::{model::{app, sources}, ui::chord}; let at = Timestamp::now();",
        ),
        (
            "sources/kubernetes/mod.rs",
            "use kube::Client; use super::super::model::key;",
        ),
        (
            "sources/zipkin/mod.rs",
            "use crate::sources::{Outlet}; use my_ratatui::x; a::ratatui::b();",
        ),
        (
            "model/query/analysis/ways.rs",
            "use petgraph::graph::{DiGraph, NodeIndex};",
        ),
        (
            "demo/running.rs",
            "use tokio::net::TcpListener; use super::life::Life;",
        ),
        ("demo/lifeguard.rs", "let at = Timestamp::now();"),
        (
            "app/headless.rs",
            "use crate::ui::screen::Mode; use crate::sources::Outlet;",
        ),
    ] {
        assert_eq!(slips(file, text), Vec::<String>::new(), "{file}: {text}");
    }
}
