//! The real binary in a terminal: what it writes is read by a terminal emulator, what it is sent is typed.

#![allow(
    clippy::allow_attributes,
    dead_code,
    reason = "two suites share it, and each uses its part"
)]
#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

pub mod program;

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use vt100::Parser;

/// How long anything may take that nothing outside has a part in.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How often is looked where nothing tells.
const LOOK: Duration = Duration::from_millis(5);

struct Heard {
    parser: Parser,
    bytes: Vec<u8>,
    over: bool,
    reading: Reading,
}

/// What the terminal's side does with what is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Reads,
    Stands,
    Leaves,
}

/// A terminal with a program in it.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    /// The terminal's modes before anything ran in it.
    modes: String,
    heard: Arc<(Mutex<Heard>, Condvar)>,
}

const fn size(rows: u16, cols: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn nonzero(n: u16) -> NonZero<u16> {
    NonZero::new(n).unwrap_or(NonZero::<u16>::MIN)
}

impl Pty {
    /// Starts a program in a terminal of this size.
    pub fn start(command: CommandBuilder, rows: u16, cols: u16) -> Self {
        let pair = native_pty_system()
            .openpty(size(rows, cols))
            .expect("a terminal");
        let modes = format!("{:?}", pair.master.get_termios());
        let child = pair.slave.spawn_command(command).expect("it starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let heard = Arc::new((
            Mutex::new(Heard {
                parser: Parser::new(nonzero(rows), nonzero(cols), 0),
                bytes: Vec::new(),
                over: false,
                reading: Reading::Reads,
            }),
            Condvar::new(),
        ));
        let told = heard.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            loop {
                // A terminal whose program has ended reads as an error.
                let n = reader.read(&mut buffer).unwrap_or(0);
                let (state, news) = &*told;
                let Ok(mut state) = state.lock() else { return };
                match buffer.get(..n) {
                    Some(bytes) if n > 0 => {
                        state.parser.process(bytes);
                        state.bytes.extend_from_slice(bytes);
                    }
                    _ => state.over = true,
                }
                news.notify_all();
                while state.reading == Reading::Stands && !state.over {
                    let Ok(later) = news.wait(state) else { return };
                    state = later;
                }
                if state.over || state.reading == Reading::Leaves {
                    return;
                }
            }
        });
        Self {
            master: pair.master,
            writer,
            child,
            modes,
            heard,
        }
    }

    /// The terminal reads on, or takes nothing any more from its next piece on.
    pub fn reads(&self, on: bool) {
        let reading = if on { Reading::Reads } else { Reading::Stands };
        self.heard.0.lock().expect("the reader lives").reading = reading;
        self.heard.1.notify_all();
    }

    /// Closes the terminal under the program; waits for the program's end.
    pub fn hang_up(mut self) -> (Option<ExitStatus>, Duration) {
        self.heard.0.lock().expect("the reader lives").reading = Reading::Leaves;
        // The reader leaves with the next piece that it gets.
        self.send("?");
        let begun = Instant::now();
        while Arc::strong_count(&self.heard) > 1 && begun.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        let nobody: Box<dyn Write + Send> = Box::new(std::io::sink());
        self.writer = nobody;
        let other = native_pty_system().openpty(size(1, 1)).expect("a terminal");
        drop(std::mem::replace(&mut self.master, other.master));
        let begun = Instant::now();
        (ended(&mut self.child, PATIENCE), begun.elapsed())
    }

    /// Waits until the screen is as asked; returns how long that took.
    pub fn wait(
        &self,
        what: &str,
        patience: Duration,
        mut so: impl FnMut(&str) -> bool,
    ) -> Duration {
        let begun = Instant::now();
        let (state, news) = &*self.heard;
        let mut state = state.lock().expect("the reader lives");
        loop {
            let screen = state.parser.screen().contents();
            if so(&screen) {
                return begun.elapsed();
            }
            let left = patience.saturating_sub(begun.elapsed());
            assert!(
                !left.is_zero() && !state.over,
                "{what}: not on screen after {:?}{}:\n{screen}",
                begun.elapsed(),
                if state.over { ", and it has ended" } else { "" }
            );
            state = news.wait_timeout(state, left).expect("the reader lives").0;
        }
    }

    /// Waits until a text is on screen.
    pub fn wait_for(&self, text: &str) -> Duration {
        self.wait(text, PATIENCE, |screen| screen.contains(text))
    }

    /// The text on screen.
    pub fn screen(&self) -> String {
        self.with(|heard| heard.parser.screen().contents())
    }

    /// Everything that was written to the terminal.
    pub fn bytes(&self) -> Vec<u8> {
        self.with(|heard| heard.bytes.clone())
    }

    /// Whether the terminal is as programs find it: its own screen, a cursor, no modes, no update begun.
    pub fn is_given_back(&self) -> bool {
        self.has_its_modes() && self.is_its_own()
    }

    /// Whether the line discipline is as it was at first: line by line, with an echo.
    pub fn has_its_modes(&self) -> bool {
        format!("{:?}", self.master.get_termios()) == self.modes
    }

    /// Whether it shows its own screen, with a cursor and without modes.
    pub fn is_its_own(&self) -> bool {
        self.with(|heard| {
            let screen = heard.parser.screen();
            let last = |end: &[u8]| heard.bytes.windows(end.len()).rposition(|w| w == end);
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && last(b"\x1b[?2026h") <= last(b"\x1b[?2026l")
        })
    }

    /// Somebody else writes on the terminal.
    pub fn scribble(&self, text: &str) {
        let mut heard = self.heard.0.lock().expect("the reader lives");
        heard.parser.process(text.as_bytes());
    }

    /// The path of the terminal.
    pub fn path(&self) -> std::path::PathBuf {
        self.master.tty_name().expect("it has a name")
    }

    /// Sends the program a signal.
    pub fn signal(&self, name: &str) {
        let sent = std::process::Command::new("kill")
            .args(["-s", name, &self.pid().to_string()])
            .status();
        assert!(sent.expect("kill is there").success(), "{name}");
    }

    /// The state of the program as `ps` shows it; `T` is stopped.
    pub fn state(&self) -> Option<char> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).ok()?;
        stat.rsplit_once(") ")?.1.chars().next()
    }

    /// Waits until something is so that no output tells of.
    pub fn until(&self, what: &str, so: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !so(self) {
            assert!(begun.elapsed() < PATIENCE, "{what}:\n{}", self.screen());
            std::thread::sleep(LOOK);
        }
    }

    /// Waits for the end without reading anything; `None` when it does not come.
    pub fn end_unread(&mut self, patience: Duration) -> Option<ExitStatus> {
        ended(&mut self.child, patience)
    }

    fn with<T>(&self, look: impl FnOnce(&Heard) -> T) -> T {
        look(&self.heard.0.lock().expect("the reader lives"))
    }

    /// Types.
    pub fn send(&mut self, text: &str) {
        self.writer.write_all(text.as_bytes()).expect("it reads");
        self.writer.flush().expect("it reads");
    }

    /// Presses escape, and waits until a text is gone: what follows at once would make another key of it.
    pub fn close(&mut self, text: &str) {
        self.send("\u{1b}");
        self.wait("closed", PATIENCE, |screen| !screen.contains(text));
    }

    pub fn resize(&self, rows: u16, cols: u16) {
        let (state, _) = &*self.heard;
        let mut state = state.lock().expect("the reader lives");
        state
            .parser
            .screen_mut()
            .set_size(nonzero(rows), nonzero(cols));
        self.master.resize(size(rows, cols)).expect("a size");
    }

    /// The same, and what is read of it is not looked at.
    pub fn resize_unseen(&self, rows: u16, cols: u16) {
        self.master.resize(size(rows, cols)).expect("a size");
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("it runs")
    }

    /// Waits for the end, and until all that was written is read.
    pub fn end(&mut self) -> ExitStatus {
        let begun = Instant::now();
        let (state, news) = &*self.heard;
        let mut state = state.lock().expect("the reader lives");
        while !state.over {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            let screen = state.parser.screen().contents();
            assert!(!left.is_zero(), "it does not end:\n{screen}");
            state = news.wait_timeout(state, left).expect("the reader lives").0;
        }
        drop(state);
        self.child.wait().expect("an exit status")
    }
}

fn ended(child: &mut Box<dyn Child + Send + Sync>, patience: Duration) -> Option<ExitStatus> {
    let begun = Instant::now();
    while begun.elapsed() < patience {
        if let Some(status) = child.try_wait().expect("a child") {
            return Some(status);
        }
        std::thread::sleep(LOOK);
    }
    None
}

impl Drop for Pty {
    fn drop(&mut self) {
        // Of a test that failed half-way, nothing stays behind; what has ended is not there to be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
