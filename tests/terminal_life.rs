//! The terminal is given back whatever happens, and taken again after a stop; and no size, no key and no
//! terminal that takes nothing keeps the real binary from that.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests fail as tests do; what was measured is printed"
)]

mod pty;

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;
use portolan::ui::terminal::{Canvas, Screen};
use pty::Pty;
use pty::program::{home, portolan};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The variable that tells the child of the tests of panics where to panic.
const WHERE: &str = "PORTOLAN_TEST_PANICS";

#[test]
fn signals_end_it_and_the_terminal_is_given_back() {
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("INT", 130), ("QUIT", 131)] {
        let home = home();
        let mut pty = Pty::start(portolan(&home, &[]), 24, 80);
        pty.wait_for("here : shop");
        assert!(!pty.has_its_modes() && !pty.is_its_own());
        pty.signal(signal);
        assert_eq!(pty.end().exit_code(), code, "{signal}");
        assert!(pty.is_given_back(), "{signal}: {}", pty.screen());
    }
}

#[test]
fn quitting_gives_it_back() {
    let home = home();
    for keys in [":q\r", "\u{3}"] {
        let mut pty = Pty::start(portolan(&home, &[]), 24, 80);
        pty.wait_for("here : shop");
        pty.send(keys);
        assert_eq!(pty.end().exit_code(), 0);
        assert!(pty.is_given_back(), "{}", pty.screen());
    }
}

#[test]
fn a_stop_gives_it_back_first_and_going_on_takes_it_again() {
    let home = home();
    let mut pty = Pty::start(portolan(&home, &[]), 24, 80);
    pty.wait_for("here : shop");
    for _ in 0..3 {
        pty.signal("TSTP");
        pty.until("it stops", |p| p.state() == Some('T'));
        pty.until("it gives the terminal back", Pty::is_given_back);
        pty.scribble("$ the shell again\r\n");
        pty.resize(30, 100);
        pty.signal("CONT");
        pty.wait("it is drawn anew", pty::PATIENCE, |s| {
            s.contains("here : shop") && s.contains("help") && !s.contains("the shell")
        });
        pty.until("it has the terminal", |p| {
            !p.has_its_modes() && !p.is_its_own()
        });
        // Keys reach it, one by one.
        pty.send("?");
        pty.wait_for("Here, in tree");
        pty.close("Here, in tree");
    }
    pty.send(":q\r");
    assert_eq!(pty.end().exit_code(), 0);
    assert!(pty.is_given_back(), "{}", pty.screen());
}

/// A change of size that comes together with a key must not hold the key back until the next one.
#[test]
fn a_key_that_comes_with_another_size_is_heard() {
    let home = home();
    let mut pty = Pty::start(portolan(&home, &[]), 24, 80);
    pty.wait_for("here : shop");
    for round in 0..150 {
        pty.resize_unseen(24 + round % 2, 80);
        pty.send("?");
        pty.wait_for("Here, in tree");
        pty.close("Here, in tree");
    }
    pty.send(":q\r");
    assert_eq!(pty.end().exit_code(), 0);
}

#[test]
fn a_stop_that_nobody_announced_is_followed_by_the_same() {
    let home = home();
    let mut pty = Pty::start(portolan(&home, &[]), 24, 80);
    pty.wait_for("here : shop");
    pty.signal("STOP");
    pty.until("it stops", |p| p.state() == Some('T'));
    // What a shell does with a terminal that was left in any state.
    pty.scribble("\u{1b}[?1049l\u{1b}[?25h\u{1b}[?2004l$ the shell again\r\n");
    let sane = Command::new("stty")
        .args(["-F", &pty.path().display().to_string(), "sane"])
        .status();
    assert!(sane.unwrap().success());
    pty.signal("CONT");
    pty.wait("it is drawn anew", pty::PATIENCE, |s| {
        s.contains("here : shop") && s.contains("help") && !s.contains("the shell")
    });
    pty.send("?");
    pty.wait_for("Here, in tree");
    pty.signal("TERM");
    assert_eq!(pty.end().exit_code(), 143);
    assert!(pty.is_given_back(), "{}", pty.screen());
}

#[test]
fn a_terminal_that_is_closed_ends_it() {
    let home = home();
    let pty = Pty::start(portolan(&home, &[]), 24, 80);
    pty.wait_for("here : shop");
    let (status, after) = pty.hang_up();
    println!("measured: ended {after:?} after its terminal was closed");
    assert!(status.is_some(), "it runs on without a terminal");
}

#[test]
fn a_terminal_that_is_closed_without_a_signal_ends_it_too() {
    let home = home();
    let told = home.path().join("ended");
    let mut command = CommandBuilder::new("sh");
    // In a session of its own the program is not told.
    let line = format!(
        "trap '' HUP; setsid {}; echo $? > {}",
        env!("CARGO_BIN_EXE_portolan"),
        told.display()
    );
    command.args(["-c", &line]);
    for (name, value) in portolan(&home, &[]).iter_full_env_as_str() {
        command.env(name, value);
    }
    let pty = Pty::start(command, 24, 80);
    pty.wait_for("here : shop");
    let (shell, after) = pty.hang_up();
    println!("measured: ended {after:?} after its terminal was closed without a signal");
    assert!(shell.is_some(), "it runs on without a terminal");
    assert_eq!(fs::read_to_string(told).unwrap().trim(), "129");
}

#[test]
fn a_terminal_that_takes_nothing_does_not_keep_it_from_ending() {
    let home = home();
    let mut pty = Pty::start(portolan(&home, &[]), 100, 300);
    pty.wait_for("here : shop");
    pty.reads(false);
    // More than waits in a terminal: each size is a whole frame, and none of them is read.
    for n in 0..80 {
        pty.resize_unseen(100 + n % 2, 300);
        pty.send(if n % 2 == 0 { "?" } else { "\u{1b}" });
        std::thread::sleep(Duration::from_millis(40));
    }
    pty.signal("TERM");
    let begun = Instant::now();
    let status = pty.end_unread(pty::PATIENCE);
    println!("measured: ended {:?} after SIGTERM", begun.elapsed());
    assert_eq!(status.map(|s| s.exit_code()), Some(143));
    assert!(pty.has_its_modes());
    pty.reads(true);
    pty.end();
    assert!(pty.is_its_own(), "{}", pty.screen());
}

fn paint(screen: &mut Screen, text: &str) {
    let render = |area: Rect, buf: &mut Buffer| {
        buf.set_stringn(
            0,
            0,
            text,
            usize::from(area.width),
            ratatui::style::Style::new(),
        );
    };
    screen.draw(render).unwrap();
}

#[test]
#[ignore = "the child of the tests of panics"]
fn child_that_panics() {
    let Ok(place) = std::env::var(WHERE) else {
        return;
    };
    let mut screen = Screen::open().unwrap();
    paint(&mut screen, "the screen is taken");
    assert_ne!(place, "here", "hostile \u{9b}31m text");
    let ended = std::thread::spawn(|| panic!("elsewhere")).join();
    assert!(ended.is_err());
    paint(&mut screen, "the screen is still ours");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
}

/// This suite, as the program that panics.
fn panics(place: &str) -> Pty {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["child_that_panics", "--exact", "--ignored", "--nocapture"]);
    command.env(WHERE, place);
    command.env("TERM", "xterm-256color");
    Pty::start(command, 24, 80)
}

#[test]
fn a_panic_gives_it_back_and_is_told_there() {
    let mut pty = panics("here");
    pty.end();
    assert!(pty.is_given_back(), "{}", pty.screen());
    let screen = pty.screen();
    assert!(screen.contains("hostile \\u009b31m text"), "{screen}");
    assert!(!screen.contains("the screen is taken"), "{screen}");
}

#[test]
fn a_panic_elsewhere_leaves_the_screen_alone() {
    let mut pty = panics("elsewhere");
    pty.wait_for("the screen is still ours");
    assert!(!pty.is_its_own());
    assert!(!pty.screen().contains("elsewhere"), "{}", pty.screen());
    // Raw: the line ends with nothing else than this.
    pty.send("\n");
    pty.end();
    assert!(pty.is_given_back(), "{}", pty.screen());
}

#[test]
fn sizes_come_as_fast_as_they_like() {
    let home = home();
    let mut pty = Pty::start(portolan(&home, &[]), 24, 80);
    pty.wait_for("here : shop");
    let mut chance = fastrand::Rng::with_seed(5);
    let keys = [
        "?", "\u{1b}", "vg", "ve", "vs", "vt", "j", "n", ":", "/", "\t", "o", "*", "\u{1b}[",
    ];
    for _ in 0..400 {
        let (rows, cols) = match chance.u8(0..4) {
            0 => (1, 1),
            1 => (chance.u16(1..4), chance.u16(1..300)),
            2 => (chance.u16(1..100), chance.u16(1..4)),
            _ => (chance.u16(1..80), chance.u16(1..250)),
        };
        pty.resize(rows, cols);
        if let Some(keys) = chance.choice(&keys) {
            pty.send(keys);
        }
    }
    pty.resize(45, 160);
    // Whatever is open is closed, by the key that cannot be half of something else.
    for _ in 0..8 {
        pty.send("\u{7}\u{1b}");
        let seen = pty.screen();
        if seen.contains("? help") && seen.contains("here : shop") {
            break;
        }
    }
    pty.wait_for("here : shop");
    pty.signal("TERM");
    assert_eq!(pty.end().exit_code(), 143);
    assert!(pty.is_given_back(), "{}", pty.screen());
}

#[test]
fn a_terminal_is_asked_nothing() {
    let home = home();
    for term in [
        "xterm-256color",
        "screen",
        "screen-256color",
        "tmux-256color",
        "linux",
        "vt100",
        "",
    ] {
        let mut command = portolan(&home, &[]);
        if term.is_empty() {
            command.env_remove("TERM");
        } else {
            command.env("TERM", term);
        }
        let mut pty = Pty::start(command, 30, 120);
        pty.wait_for("here : shop");
        pty.send("?");
        pty.wait_for("Here, in tree");
        pty.close("Here, in tree");
        pty.send(":q\r");
        assert_eq!(pty.end().exit_code(), 0, "{term}");
        let text = String::from_utf8(pty.bytes()).unwrap();
        // Where the cursor is, what it is, what it knows, what a mode is.
        for question in [
            "[6n", "[5n", "[c", "[>c", "[?u", "[0c", "$p", "]10;?", "]11;?", "\u{5}",
        ] {
            assert!(!text.contains(question), "{term}: {question:?}");
        }
    }
}
