//! The terminal: taken over, and given back whatever happens.

pub mod ink;

use std::io::{self, Stdout, Write, stdout};
use std::panic::PanicHookInfo;
use std::sync::{Mutex, Once, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::style::ResetColor;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, queue};
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{QueueSelector, tcflush, tcgetwinsize};

use self::ink::Ink;
use crate::model::text;

/// Who has the terminal in hand: giving back what was not taken would write into a pipe.
static TAKEN: Mutex<Option<ThreadId>> = Mutex::new(None);

/// How often a terminal that takes nothing is tried before it is left as it is, and how long between.
const TRIES: u32 = 20;
const BETWEEN: Duration = Duration::from_millis(10);

/// Where frames are drawn.
pub trait Canvas {
    /// Draws one frame.
    ///
    /// # Errors
    /// Where it is gone.
    fn draw(&mut self, render: impl FnOnce(Rect, &mut Buffer)) -> io::Result<()>;

    /// Puts a text into the person's clipboard.
    ///
    /// # Errors
    /// Where it is gone.
    fn copy(&mut self, text: &str) -> io::Result<()>;

    /// Leaves it to whoever started the program, and stops the program until it is told to go on.
    ///
    /// # Errors
    /// Where it is gone.
    fn leave(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Takes it again after a stop, whoever had it meanwhile; the next frame is drawn as a whole.
    ///
    /// # Errors
    /// Where it is gone.
    fn take_again(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The terminal in our hands; dropping it gives it back.
pub struct Screen {
    terminal: Terminal<Ink<Stdout>>,
}

impl Screen {
    /// Takes the terminal over. The thread that does so is the one whose panic gives it back.
    ///
    /// # Errors
    /// Where stdout is no terminal, or it refuses.
    pub fn open() -> io::Result<Self> {
        guard_panics();
        let opened = take().and_then(|()| Terminal::new(Ink::new(stdout(), size)));
        match opened {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }
}

impl Canvas for Screen {
    /// Shown at once by terminals that know synchronized updates.
    fn draw(&mut self, render: impl FnOnce(Rect, &mut Buffer)) -> io::Result<()> {
        queue!(self.terminal.backend_mut().frame(), BeginSynchronizedUpdate)?;
        let drawn = self.terminal.draw(|frame| {
            let area = frame.area();
            render(area, frame.buffer_mut());
            ink::apart(frame.buffer_mut());
        });
        let drawn = drawn.map(|_| ());
        let ink = self.terminal.backend_mut();
        // Also of a frame that failed: an update that does not end is a screen that stands still.
        queue!(ink.frame(), EndSynchronizedUpdate)?;
        drawn.and(ink.send())
    }

    /// Into the clipboard of the person's own terminal, over SSH too (OSC 52).
    fn copy(&mut self, text: &str) -> io::Result<()> {
        let ink = self.terminal.backend_mut();
        let copy = crossterm::clipboard::CopyToClipboard::to_clipboard_from(text);
        queue!(ink.frame(), copy)?;
        ink.send()
    }

    fn leave(&mut self) -> io::Result<()> {
        restore();
        // Not SIGTSTP, which would only come back here; this one cannot be taken by anybody.
        kill_process(getpid(), Signal::STOP)?;
        Ok(())
    }

    fn take_again(&mut self) -> io::Result<()> {
        // Of a stop that nobody announced, a shell may have changed the modes meanwhile.
        disable_raw_mode()?;
        take()?;
        // Forgets what is on screen. (`Terminal::clear` would ask where the cursor is, and wait.)
        let size = self.terminal.backend().size()?;
        self.terminal
            .resize(Rect::from((ratatui::layout::Position::ORIGIN, size)))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

fn size() -> io::Result<Size> {
    let size = tcgetwinsize(stdout())?;
    Ok(Size::new(size.ws_col, size.ws_row))
}

/// Takes the terminal.
fn take() -> io::Result<()> {
    *taken() = Some(std::thread::current().id());
    enable_raw_mode()?;
    let mut bytes = Vec::new();
    queue!(
        bytes,
        EnterAlternateScreen,
        EnableBracketedPaste,
        cursor::Hide,
        Clear(ClearType::All)
    )?;
    stdout().write_all(&bytes)?;
    stdout().flush()
}

/// What gives the terminal back, apart from its modes.
fn farewell() -> Vec<u8> {
    let mut bytes = Vec::new();
    // Into memory, so nothing fails.
    let _ = queue!(
        bytes,
        EndSynchronizedUpdate,
        ResetColor,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    bytes
}

fn taken() -> std::sync::MutexGuard<'static, Option<ThreadId>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the terminal back; does nothing when it was not taken.
pub fn restore() {
    if taken().take().is_none() {
        return;
    }
    // Whatever fails here, the rest must still be tried, and there is nobody left to tell. The modes
    // first: they do not wait for whoever reads.
    let _ = disable_raw_mode();
    let _ = stdout().write_all(&farewell());
    let _ = stdout().flush();
}

/// Gives the terminal back where nobody reads what is written, and a write may still be waiting for that:
/// drops what was not read, and does not wait itself.
pub fn wrest() {
    if taken().is_none() {
        return;
    }
    let _ = disable_raw_mode();
    // Opened anew, so that only this one does not wait.
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let Ok(terminal) = rustix::fs::open("/dev/tty", flags, Mode::empty()) else {
        return;
    };
    let farewell = farewell();
    for _ in 0..TRIES {
        let _ = tcflush(&terminal, QueueSelector::OFlush);
        if rustix::io::write(&terminal, &farewell) == Ok(farewell.len()) {
            taken().take();
            return;
        }
        // Who waits to write has the turn; a signal that means nothing else makes it look again.
        let _ = kill_process(getpid(), Signal::WINCH);
        std::thread::sleep(BETWEEN);
        if taken().is_none() {
            return;
        }
    }
}

/// A panic's message belongs on the person's own screen, so the terminal is given back before it is told.
/// A task that breaks elsewhere ends nothing but itself, so the screen stays, and the log has it. From the
/// first call on; each later one does nothing.
pub fn guard_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let owner = *taken();
            tracing::error!(panic = %info, "a task broke");
            match owner {
                Some(owner) if owner != std::thread::current().id() => {}
                _ => {
                    restore();
                    tell_panic(info, &tell);
                }
            }
        }));
    });
}

/// Tells it as it is told elsewhere, but for text from outside in it.
fn tell_panic(info: &PanicHookInfo<'_>, tell: &dyn Fn(&PanicHookInfo<'_>)) {
    let plain = info.to_string();
    let escaped = text::escaped(&plain);
    if *escaped == *plain {
        tell(info);
    } else {
        // Nobody can be told that standard error is closed.
        let _ = writeln!(io::stderr(), "{escaped}");
    }
}
