//! The real binary in a terminal: what it writes is read by a terminal emulator, what it is sent is typed.

#![allow(
    clippy::allow_attributes,
    dead_code,
    reason = "two suites share it, and each uses its part"
)]
#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use vt100::Parser;

/// How long anything may take that nothing outside has a part in.
pub const PATIENCE: Duration = Duration::from_secs(20);

struct Heard {
    parser: Parser,
    bytes: Vec<u8>,
    over: bool,
}

/// A terminal with a program in it.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
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
        let child = pair.slave.spawn_command(command).expect("it starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let heard = Arc::new((
            Mutex::new(Heard {
                parser: Parser::new(nonzero(rows), nonzero(cols), 0),
                bytes: Vec::new(),
                over: false,
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
                if state.over {
                    return;
                }
            }
        });
        Self {
            master: pair.master,
            writer,
            child,
            heard,
        }
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

    /// Whether the terminal is as programs find it: its own screen, a cursor, no modes.
    pub fn is_given_back(&self) -> bool {
        self.with(|heard| {
            let screen = heard.parser.screen();
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
        })
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

impl Drop for Pty {
    fn drop(&mut self) {
        // Of a test that failed half-way, nothing stays behind; what has ended is not there to be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
