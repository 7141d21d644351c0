//! Text from outside is shown and does nothing else.

use portolan::app::msg::{Msg, Refusal};
use portolan::app::state::Start;
use portolan::model::intent::Preview;
use portolan::model::observation::{ContainerState, NamespaceChoice};
use portolan::model::source::SourceState;
use portolan::model::text;
use portolan::ui::screen::Mode;
use portolan::ui::views;
use unicode_width::UnicodeWidthStr;

use crate::cluster::{self, happening, part};
use crate::harness::{self, Session, text_of};
use crate::rollbacks;

/// Texts that terminals, layouts and readers trip over.
fn texts() -> Vec<String> {
    vec![
        "a\u{1b}[31mred\u{1b}[0m\u{1b}]0;title\u{7}b".to_owned(),
        "漢字かな交じり文テスト漢字かな交じり文テスト漢字かな交じり文テスト".to_owned(),
        "e\u{301}\u{302}\u{303}\u{304}\u{305}x\u{20dd}".to_owned(),
        "👨‍👩‍👧‍👦👩🏽‍🚀🇩🇪".to_owned(),
        "x\u{202e}txt.exe\u{202c}\u{200b}\u{feff}".to_owned(),
        "line one\nline two\r\n\tline three\u{85}\u{2028}end".to_owned(),
        "n".repeat(10_000),
        "漢".repeat(10_000),
        "\u{0}\u{7f}\u{80}\u{9b}31m".to_owned(),
        String::new(),
    ]
}

/// A session whose every text is this one.
fn told(raw: &str, width: u16, height: u16) -> Session {
    told_by(
        harness::start(Mode::Write { until: None }),
        raw,
        width,
        height,
    )
}

fn told_by(mut start: Start, raw: &str, width: u16, height: u16) -> Session {
    raw.clone_into(&mut start.context);
    start.choice = NamespaceChoice::All;
    let mut s = Session::with(start, width, height);
    s.cluster = cluster::shop();
    s.cluster.namespace(raw);
    s.cluster.node(raw);
    s.cluster.deploy_calling(raw, raw, 2, &["payment", raw]);
    s.cluster.deploy("shop", raw, 1);
    s.cluster.service("shop", raw, 80);
    s.cluster.ingress("shop", raw, raw);
    s.cluster.change_pod("shop", raw, |pod| {
        pod.ready = Some(false);
        pod.node = Some(text::name(raw));
        pod.message = Some(text::message(raw));
        cluster::label(pod, raw, raw);
        for container in std::sync::Arc::make_mut(&mut pod.containers) {
            container.ready = false;
            container.image = text::name(raw);
            container.state = ContainerState::Waiting {
                reason: text::name(raw),
                message: Some(text::message(raw)),
            };
        }
    });
    s.list();
    s.observe(cluster::traced(&[
        (raw, "payment", 9, 3),
        ("cart", raw, 9, 0),
    ]));
    s.observe(vec![
        happening("Pod", raw, raw, raw, 5),
        happening(raw, "cart", "BackOff", raw, 3),
        part(
            "kubernetes",
            "pods",
            None,
            Some(SourceState::Stale {
                since: cluster::ago(9).unwrap_or_default(),
                cause: text::message(raw),
            }),
        ),
    ]);
    s
}

/// No cell does anything but show itself, and no line is wider than the screen.
fn assert_harmless(s: &mut Session, raw: &str) {
    let buffer = s.buffer();
    for cell in buffer.content() {
        let hostile = cell.symbol().chars().find(|c| {
            c.is_control()
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}')
        });
        assert_eq!(hostile, None, "in {:?} of {raw:.40?}", cell.symbol());
    }
    let width = usize::from(buffer.area.width);
    for line in text_of(&buffer).lines() {
        assert!(line.width() <= width, "{} cells: {line}", line.width());
    }
}

#[test]
fn texts_from_outside_are_only_shown() {
    for raw in texts() {
        for (width, height) in [(160, 45), (80, 24), (60, 16)] {
            let mut s = told(&raw, width, height);
            assert_harmless(&mut s, &raw);
            for view in views::all() {
                s.command(view.name());
                assert_harmless(&mut s, &raw);
            }
            for keys in [
                "v t *", "G", "enter", "esc", "k enter", "esc", "g j s", "esc", "n", "esc",
            ] {
                s.press(keys);
                assert_harmless(&mut s, &raw);
            }
        }
    }
}

#[test]
fn what_is_pasted_and_answered_is_only_shown() {
    for raw in texts() {
        let mut s = Session::of_shop(Mode::Write { until: None }, 80, 24);
        for prompt in [":", "/", "n"] {
            s.press(prompt);
            s.send(Msg::Paste(raw.clone()));
            assert_harmless(&mut s, &raw);
            s.press("enter");
            assert_harmless(&mut s, &raw);
            s.press("esc esc");
        }
        s.command("ns shop");
        s.command("tree cart").press("+ enter");
        s.refuse_preview(&raw);
        assert_harmless(&mut s, &raw);
        s.press("esc + enter");
        s.preview(2, portolan::model::intent::Autoscaler::None);
        s.press("enter");
        s.answer(Err(Refusal::NotDone {
            why: text::message(&raw),
        }));
        assert_harmless(&mut s, &raw);
        s.command("rollback").press("enter");
        let mut preview = rollbacks::preview(1);
        preview.to.images = vec![text::name(&raw)];
        s.foresee(Preview::Rollback(preview));
        s.draw();
        assert_harmless(&mut s, &raw);
        s.press("enter");
        s.answer_order(Ok(Some(2)));
        s.change(|c| c.roll_out("shop", "cart", &raw));
        s.change(|c| c.settle("shop", "cart"));
        assert_harmless(&mut s, &raw);
    }
}

#[test]
fn a_terminal_without_unicode_gets_ascii_whatever_the_names_are() {
    for raw in texts() {
        let mut start = harness::start(Mode::Write { until: None });
        start.theme = portolan::ui::theme::Theme::new(false, true);
        let mut s = told_by(start, &raw, 120, 40);
        for keys in [
            "v t *",
            "?",
            "esc v g",
            "v m",
            "v e",
            "v s",
            "v t",
            "n",
            "esc",
            ":",
            "esc j s enter",
        ] {
            s.press(keys);
            let screen = s.screen();
            assert!(screen.is_ascii(), "{keys}: {screen}");
        }
    }
}
