//! A terminal that knows only what this program may write, and takes note of everything else.

use portolan::model::text;
use ratatui::buffer::{Buffer, CellWidth};
use vt100::Parser as Emulator;
use vte::{Params, Parser, Perform};

/// Modes that are set and reset: the cursor, the alternate screen, bracketed paste, synchronized update.
const MODES: [u16; 4] = [25, 1049, 2004, 2026];

/// What was written that is not ours.
#[derive(Default)]
pub struct Foreign {
    pub found: Vec<String>,
    /// Whether the clipboard may be written.
    pub clipboard: bool,
    /// Whether lines may end: on standard output they do.
    pub lines: bool,
}

impl Foreign {
    /// What in these bytes is not ours.
    pub fn of(bytes: &[u8], clipboard: bool) -> Vec<String> {
        let mut foreign = Self {
            clipboard,
            ..Self::default()
        };
        Parser::new().advance(&mut foreign, bytes);
        foreign.found
    }

    /// What in a text for standard output is more than text and line ends.
    pub fn of_text(bytes: &[u8]) -> Vec<String> {
        let mut foreign = Self {
            lines: true,
            ..Self::default()
        };
        Parser::new().advance(&mut foreign, bytes);
        foreign.found
    }

    fn note(&mut self, what: String) {
        self.found.push(what);
    }
}

impl Perform for Foreign {
    fn print(&mut self, c: char) {
        if text::is_hostile(c) {
            self.note(format!("printed {c:?}"));
        }
    }

    fn execute(&mut self, byte: u8) {
        if !(self.lines && byte == b'\n') {
            self.note(format!("control {byte:#x}"));
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], cut: bool, action: char) {
        let all: Vec<u16> = params.iter().flatten().copied().collect();
        let ours = !self.lines
            && !cut
            && match (intermediates, action) {
                (b"", 'H') => all.len() == 2,
                (b"", 'J') => all == [2] || all == [0],
                (b"", 'm') => all.iter().all(|n| matches!(n, 0..=9 | 30..=47 | 90..=107)),
                (b"?", 'h' | 'l') => all.iter().all(|n| MODES.contains(n)),
                _ => false,
            };
        if !ours {
            self.note(format!("CSI {intermediates:?} {all:?} {action}"));
        }
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], _: bool) {
        let is_base64 = |text: &[u8]| {
            let ours = |b: &u8| b.is_ascii_alphanumeric() || b"+/=".contains(b);
            text.iter().all(ours)
        };
        let ours = matches!(params, [b"52", b"c", text] if self.clipboard && is_base64(text));
        if !ours {
            self.note(format!("OSC {params:?}"));
        }
    }

    fn esc_dispatch(&mut self, _: &[u8], _: bool, byte: u8) {
        // What ends the clipboard's string.
        if !(self.clipboard && byte == b'\\') {
            self.note(format!("ESC {byte:#x}"));
        }
    }

    fn hook(&mut self, _: &Params, _: &[u8], _: bool, action: char) {
        self.note(format!("DCS {action}"));
    }
}

/// What the emulator is to be given: to it, the sign for a mistake in decoding is one, and it shows nothing.
pub fn for_emulator(bytes: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(bytes)
        .replace('\u{fffd}', "?")
        .into_bytes()
}

/// Where the emulator's cells differ from those that were meant: what was pushed, covered or left behind.
pub fn differs(emulator: &Emulator, meant: &Buffer) -> Option<String> {
    let screen = emulator.screen();
    for y in 0..meant.area.height {
        let mut x = 0;
        while x < meant.area.width {
            let cell = meant.cell((x, y))?;
            let width = cell.cell_width().max(1);
            let shown: String = (x..x + width)
                .filter_map(|x| screen.cell(y, x))
                .map(vt100::Cell::contents)
                .collect();
            if shown.trim_end() != cell.symbol().replace('\u{fffd}', "?").trim_end() {
                let line: Vec<&str> = (0..meant.area.width)
                    .filter_map(|x| Some(meant.cell((x, y))?.symbol()))
                    .collect();
                let symbol = cell.symbol();
                return Some(format!("{shown:?} for {symbol:?} at {x},{y} of {line:?}"));
            }
            x += width;
        }
    }
    None
}
