//! The terminal: taken over, and given back whatever happens.

use std::io::{self, Stdout, Write, stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Whether the terminal is in our hands: giving back what was not taken would write into a pipe.
static TAKEN: AtomicBool = AtomicBool::new(false);

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
}

/// The terminal in our hands; dropping it gives it back.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// Where stdout is no terminal, or it refuses.
    pub fn open() -> io::Result<Self> {
        give_back_on_panic();
        TAKEN.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        let opened = (|| {
            execute!(
                stdout(),
                EnterAlternateScreen,
                EnableBracketedPaste,
                cursor::Hide
            )?;
            Terminal::new(CrosstermBackend::new(stdout()))
        })();
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
        queue!(stdout(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| {
            let area = frame.area();
            render(area, frame.buffer_mut());
        })?;
        execute!(stdout(), EndSynchronizedUpdate)
    }

    /// Into the clipboard of the person's own terminal, over SSH too (OSC 52).
    fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(
            stdout(),
            crossterm::clipboard::CopyToClipboard::to_clipboard_from(text)
        )
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// A panic's message belongs on the person's own screen, so the terminal is given back before it is told.
fn give_back_on_panic() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            restore();
            tell(info);
        }));
    });
}

/// Gives the terminal back; does nothing when it was not taken.
pub fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // Whatever fails here, the rest must still be tried, and there is nobody left to tell.
    let _ = execute!(
        stdout(),
        EndSynchronizedUpdate,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
    let _ = stdout().flush();
}
