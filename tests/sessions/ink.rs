//! What reaches the terminal, byte by byte, while every text from outside is hostile.

use std::num::NonZero;

use portolan::app::effect::Effect;
use portolan::app::msg::Msg;
use portolan::model::observation::{ContainerState, Kind, NamespaceChoice};
use portolan::model::source::SourceState;
use portolan::model::text;
use portolan::ui::screen::Mode;
use portolan::ui::terminal::ink::{self, Ink};
use portolan::ui::theme::Theme;
use ratatui::layout::{Rect, Size};
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::cluster::{self, happening, part};
use crate::harness::{self, Session};
use crate::soup::strict::{Foreign, differs, for_emulator};
use crate::soup::{Soup, wanted};

/// Where the person looks, one after the other. What is pressed closes what was open.
const LOOKS: [&str; 25] = [
    "v t *",
    "pgdn",
    "G",
    "enter",
    "pgdn",
    "esc v e",
    "pgup",
    "g",
    "enter",
    "esc v g",
    "l",
    "h",
    "v m",
    "l",
    ")",
    "v s",
    "pgdn",
    "n",
    "j",
    "esc",
    "?",
    "esc v t j r",
    "enter",
    "esc ctrl-z",
    ":",
];

/// A terminal behind the real way of writing.
struct Behind {
    terminal: Terminal<Ink<Vec<u8>>>,
    emulator: vt100::Parser,
    read: usize,
}

impl Behind {
    fn new(width: u16, height: u16) -> Self {
        let area = Rect::new(0, 0, width, height);
        let options = TerminalOptions {
            viewport: Viewport::Fixed(area),
        };
        let ink = Ink::new(Vec::new(), || Ok(Size::ZERO));
        let cells = |n| NonZero::new(n).expect("a size");
        Self {
            terminal: Terminal::with_options(ink, options).expect("it has a size"),
            emulator: vt100::Parser::new(cells(height), cells(width), 0),
            read: 0,
        }
    }

    /// Draws a frame, and looks at what the terminal made of it.
    fn draw(&mut self, s: &mut Session, what: &str) {
        let drawn = self.terminal.draw(|frame| {
            let area = frame.area();
            s.app.draw(area, frame.buffer_mut());
            ink::apart(frame.buffer_mut());
        });
        let meant = drawn.expect("memory takes it").buffer.clone();
        let ink = self.terminal.backend_mut();
        ink.send().expect("memory takes it");
        let bytes = ink.written().get(self.read..).expect("it grows");
        let foreign = Foreign::of(bytes, false);
        assert_eq!(foreign, [] as [String; 0], "{what}");
        self.emulator.process(&for_emulator(bytes));
        self.read = ink.written().len();
        assert_eq!(differs(&self.emulator, &meant), None, "{what}");
    }
}

/// A system in which everything that has a text has a hostile one.
fn hostile(soup: &mut Soup, width: u16, height: u16) -> Session {
    let mut start = harness::start(Mode::Write { until: None });
    start.context = soup.text();
    start.choice = NamespaceChoice::All;
    start.theme = Theme::new(soup.chance().bool(), false);
    let mut s = Session::with(start, width, height);
    s.cluster = cluster::shop();
    let mut names = Vec::new();
    for kind in [
        Kind::Deployment,
        Kind::StatefulSet,
        Kind::DaemonSet,
        Kind::CronJob,
    ] {
        for _ in 0..3 {
            let (namespace, name) = ("shop", soup.text());
            s.cluster.workload(kind, namespace, &name, 1);
            names.push(name);
        }
    }
    for name in &names {
        s.cluster.change_pod("shop", name, |pod| {
            pod.ready = Some(false);
            pod.node = Some(text::name(&soup.text()));
            pod.message = Some(text::message(&soup.text()));
            pod.reason = Some(text::name(&soup.text()));
            let (label, value) = (soup.text(), soup.text());
            cluster::label(pod, &label, &value);
            for container in std::sync::Arc::make_mut(&mut pod.containers) {
                container.ready = false;
                container.name = text::name(&soup.text());
                container.image = text::name(&soup.text());
                container.state = ContainerState::Waiting {
                    reason: text::name(&soup.text()),
                    message: Some(text::message(&soup.text())),
                };
            }
        });
    }
    s.cluster.namespace(&soup.text());
    s.cluster.deploy(&soup.text(), &soup.text(), 1);
    s.cluster.node(&soup.text());
    s.cluster.service("shop", &soup.text(), 80);
    s.cluster.ingress("shop", &soup.text(), &soup.text());
    s.list();
    let (caller, callee) = (soup.text(), soup.text());
    s.observe(cluster::traced(&[
        (&caller, "payment", 9, 3),
        ("cart", &callee, 9, 0),
        ("cart", names.first().map_or("x", |n| n), 9, 0),
    ]));
    let mut said = Vec::new();
    for _ in 0..20 {
        let (kind, name) = (soup.text(), soup.text());
        said.push(happening(&kind, &name, &soup.text(), &soup.text(), 5));
        said.push(happening(
            "Pod",
            "cart-5d8f-0",
            &soup.text(),
            &soup.text(),
            5,
        ));
    }
    said.push(part(
        "kubernetes",
        "pods",
        None,
        Some(SourceState::Stale {
            since: cluster::ago(9).unwrap_or_default(),
            cause: text::message(&soup.text()),
        }),
    ));
    s.observe(said);
    s
}

#[test]
fn no_sequence_is_written_but_ours_and_no_text_moves_its_neighbours() {
    let wanted = wanted(20_000);
    let mut round = 0;
    let mut made = 0;
    while made < wanted {
        round += 1;
        let mut soup = Soup::new(round);
        let (width, height) = match soup.chance().u8(0..6) {
            0 => (160, 45),
            1 => (80, 24),
            2 => (60, 16),
            3 => (soup.chance().u16(1..60), soup.chance().u16(1..16)),
            _ => (soup.chance().u16(60..130), soup.chance().u16(16..40)),
        };
        let mut s = hostile(&mut soup, width, height);
        let mut behind = Behind::new(width, height);
        for keys in LOOKS {
            let what = format!("{keys} in round {round}, {width}x{height}");
            for key in keys.split(' ') {
                s.press_unseen(key);
            }
            if s.effects()
                .iter()
                .any(|e| matches!(e, Effect::Preview { .. }))
            {
                s.send(Msg::Previewed {
                    id: 1,
                    result: Err(portolan::app::msg::Refusal::NotDone {
                        why: text::message(&soup.text()),
                    }),
                });
            }
            behind.draw(&mut s, &what);
        }
        // Into the prompt, by paste; then what a host answers.
        s.send(Msg::Paste(soup.text()));
        behind.draw(&mut s, &format!("a paste in round {round}"));
        s.press_unseen("esc");
        s.press_unseen("/");
        s.send(Msg::Paste(soup.text()));
        behind.draw(&mut s, &format!("a filter in round {round}"));
        s.press_unseen("esc");
        s.send(Msg::Hosted(Ok(soup.text())));
        behind.draw(&mut s, &format!("an answer in round {round}"));
        made += soup.made;
    }
    println!("measured: {made} hostile texts in {round} systems");
}

#[test]
fn a_copied_text_is_nothing_but_the_clipboard() {
    let mut soup = Soup::new(1);
    for _ in 0..200 {
        let raw = soup.text();
        let mut bytes = Vec::new();
        let copy = crossterm::clipboard::CopyToClipboard::to_clipboard_from(&raw);
        crossterm::queue!(bytes, copy).expect("memory takes it");
        assert_eq!(Foreign::of(&bytes, true), [] as [String; 0], "{raw:.60?}");
    }
}

#[test]
fn the_strict_terminal_is_strict() {
    for (bytes, ours) in [
        (&b"\x1b[1;1Hx\x1b[0;1;31m\x1b[?2026h\x1b[2J"[..], true),
        (b"\x1b[1Ax", false),
        (b"\x1b[6n", false),
        (b"\x1b]0;title\x07", false),
        (b"\x1b]52;c;aGVsbG8=\x07", false),
        (b"\x1bPq\x1b\\", false),
        (b"\x1bc", false),
        (b"a\rb", false),
        (b"\x1b[?1000h", false),
        ("\u{202e}".as_bytes(), false),
        ("\u{9b}31m".as_bytes(), false),
    ] {
        assert_eq!(Foreign::of(bytes, false).is_empty(), ours, "{bytes:?}");
    }
}
