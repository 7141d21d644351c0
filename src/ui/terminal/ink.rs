//! How cells become bytes: each frame in one piece, with sequences that every terminal knows, and none
//! that somebody else wrote.
//!
//! ratatui's own backend asks for the sixteen colours by their numbers in the palette of 256, which a
//! terminal of sixteen misreads; and it trusts that terminals measure each character as it does.

use std::io::{self, Write};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::style::Print;
use crossterm::terminal::{Clear, ClearType as What};
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::model::text;

/// The size of a terminal that says none.
const USUAL: Size = Size {
    width: 80,
    height: 24,
};

/// Writes cells as bytes.
#[derive(Debug)]
pub struct Ink<W: Write> {
    to: W,
    /// What is not written yet.
    frame: Vec<u8>,
    size: fn() -> io::Result<Size>,
}

impl<W: Write> Ink<W> {
    /// Writes to `to`, whose size is asked for before each frame; a size of 0 is none.
    pub const fn new(to: W, size: fn() -> io::Result<Size>) -> Self {
        Self {
            to,
            frame: Vec::new(),
            size,
        }
    }

    /// Where it writes.
    pub const fn written(&self) -> &W {
        &self.to
    }

    /// Adds bytes to the frame.
    pub const fn frame(&mut self) -> &mut Vec<u8> {
        &mut self.frame
    }

    /// Writes the frame, in one piece.
    ///
    /// # Errors
    /// Where the writer is gone; the frame is dropped then.
    pub fn send(&mut self) -> io::Result<()> {
        let sent = self.to.write_all(&self.frame);
        self.frame.clear();
        sent.and_then(|()| self.to.flush())
    }
}

impl<W: Write> Backend for Ink<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let frame = &mut self.frame;
        let mut look = Look::default();
        let mut at = None;
        for (x, y, cell) in content {
            if at != Some((x, y)) {
                queue!(frame, MoveTo(x, y))?;
            }
            if Look::of(cell) != look {
                look = Look::of(cell);
                look.write(frame)?;
            }
            let symbol = cell.symbol();
            if is_certain(symbol) {
                queue!(frame, Print(symbol))?;
                at = Some((x + 1, y));
                continue;
            }
            // Who measures it shorter leaves no rest of what was there; who measures it longer does not
            // push the rest of the line.
            let blank = " ".repeat(usize::from(cell.cell_width()));
            queue!(frame, Print(blank), MoveTo(x, y), Print(harmless(symbol)))?;
            at = None;
        }
        if look != Look::default() {
            Look::default().write(frame)?;
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        queue!(self.frame, Hide)
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        queue!(self.frame, Show)
    }

    /// Not asked for: a terminal may leave a question without an answer.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let Position { x, y } = position.into();
        queue!(self.frame, MoveTo(x, y))
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        let what = match region {
            ClearType::All => What::All,
            ClearType::AfterCursor => What::FromCursorDown,
            ClearType::BeforeCursor => What::FromCursorUp,
            ClearType::CurrentLine => What::CurrentLine,
            ClearType::UntilNewLine => What::UntilNewLine,
        };
        queue!(self.frame, Clear(what))
    }

    fn size(&self) -> io::Result<Size> {
        let size = (self.size)()?;
        Ok(if size.width == 0 || size.height == 0 {
            USUAL
        } else {
            size
        })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size()?,
            pixels: Size::ZERO,
        })
    }

    /// Nothing: a frame is sent whole, by [`Ink::send`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes letters apart that share a place in the buffer and have cells of their own on a terminal, such as
/// those of Thai and Hindi: of what is gone, only the first one would be erased.
pub fn apart(buf: &mut Buffer) {
    for at in 0..buf.content.len() {
        let Some(cell) = buf.content.get(at) else {
            return;
        };
        if is_one(cell.symbol()) {
            continue;
        }
        let mut pieces = pieces(cell.symbol());
        if pieces.is_empty() {
            pieces.push(" ".to_owned());
        }
        let (whole, room) = (cell.clone(), usize::from(cell.cell_width()));
        let mut used = 0;
        for piece in pieces {
            let width = piece.width();
            if used + width > room {
                break;
            }
            if let Some(cell) = buf.content.get_mut(at + used) {
                cell.clone_from(&whole);
                cell.set_symbol(&piece);
            }
            used += width;
        }
    }
}

/// Whether a symbol is one character that is to be seen, as nearly all are.
fn is_one(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    let first = chars.next().and_then(UnicodeWidthChar::width);
    chars.next().is_none() && first != Some(0)
}

/// A symbol as letters, each with the marks on it. A mark without a letter would sit on the neighbour's.
fn pieces(symbol: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for c in symbol.chars() {
        match pieces.last_mut() {
            Some(piece) if c.width().unwrap_or(0) == 0 => piece.push(c),
            None if c.width() == Some(0) => {}
            _ => pieces.push(c.to_string()),
        }
    }
    pieces
}

/// Whether all terminals agree that it takes one cell: Latin, Greek and Cyrillic letters, lines of boxes,
/// and the signs of the theme.
fn is_certain(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    let (Some(c), None) = (chars.next(), chars.next()) else {
        return false;
    };
    matches!(c, ' '..='~' | '\u{a0}'..='\u{ac}' | '\u{ae}'..='\u{2ff}' | '\u{370}'..='\u{482}'
        | '…' | '→' | '─'..='╿' | '▁'..='█' | '▸' | '▾')
}

/// A symbol that does nothing else than to be seen. All text is clean before it comes here; this is for
/// the one that was forgotten.
fn harmless(symbol: &str) -> String {
    symbol
        .chars()
        .map(|c| if text::is_hostile(c) { '?' } else { c })
        .collect()
}

/// How a cell looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Look {
    const fn of(cell: &Cell) -> Self {
        Self {
            fg: cell.fg,
            bg: cell.bg,
            modifier: cell.modifier,
        }
    }

    /// All of it, whatever was before.
    fn write(self, frame: &mut Vec<u8>) -> io::Result<()> {
        frame.extend_from_slice(b"\x1b[0");
        for (modifier, number) in [
            (Modifier::BOLD, 1),
            (Modifier::DIM, 2),
            (Modifier::ITALIC, 3),
            (Modifier::UNDERLINED, 4),
            (Modifier::REVERSED, 7),
        ] {
            if self.modifier.contains(modifier) {
                write!(frame, ";{number}")?;
            }
        }
        colour(frame, self.fg, 30)?;
        colour(frame, self.bg, 40)?;
        frame.push(b'm');
        Ok(())
    }
}

/// A colour; `base` is the number of the first one.
fn colour(frame: &mut Vec<u8>, colour: Color, base: u8) -> io::Result<()> {
    let number = match colour {
        Color::Reset => return Ok(()),
        Color::Rgb(r, g, b) => return write!(frame, ";{};2;{r};{g};{b}", base + 8),
        Color::Indexed(n) => return write!(frame, ";{};5;{n}", base + 8),
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 60,
        Color::LightRed => 61,
        Color::LightGreen => 62,
        Color::LightYellow => 63,
        Color::LightBlue => 64,
        Color::LightMagenta => 65,
        Color::LightCyan => 66,
        Color::White => 67,
    };
    write!(frame, ";{}", base + number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    fn written(cells: &[(u16, Cell)]) -> String {
        let mut ink = Ink::new(Vec::new(), || Ok(Size::ZERO));
        ink.draw(cells.iter().map(|(x, cell)| (*x, 0, cell)))
            .unwrap();
        ink.send().unwrap();
        String::from_utf8(ink.to).unwrap()
    }

    fn cell(symbol: &str) -> Cell {
        let mut cell = Cell::default();
        cell.set_symbol(symbol);
        cell
    }

    #[test]
    fn neighbours_need_no_move_where_the_width_is_certain() {
        let text = written(&[(0, cell("a")), (1, cell("│")), (2, cell("é"))]);
        assert_eq!(text, "\u{1b}[1;1Ha│é");
    }

    #[test]
    fn what_may_be_measured_otherwise_is_put_and_left_by_a_move() {
        let text = written(&[(0, cell("漢")), (2, cell("b"))]);
        assert_eq!(text, "\u{1b}[1;1H  \u{1b}[1;1H漢\u{1b}[1;3Hb");
    }

    #[test]
    fn the_sixteen_colours_are_asked_for_as_sixteen() {
        let mut red = cell("x");
        red.set_style(Style::new().fg(Color::Red).add_modifier(Modifier::BOLD));
        let mut dim = cell("y");
        dim.set_style(Style::new().fg(Color::DarkGray).bg(Color::White));
        let text = written(&[(0, red), (1, dim)]);
        assert_eq!(text, "\u{1b}[1;1H\u{1b}[0;1;31mx\u{1b}[0;90;107my\u{1b}[0m");
    }

    #[test]
    fn letters_that_share_a_place_get_their_own() {
        let mut buf = Buffer::empty(ratatui::layout::Rect::new(0, 0, 6, 1));
        buf.set_string(0, 0, "กำx漢", Style::new());
        apart(&mut buf);
        let symbols: Vec<&str> = buf.content.iter().map(Cell::symbol).collect();
        assert_eq!(symbols, ["ก", "ำ", "x", "漢", " ", " "]);
    }

    #[test]
    fn what_nobody_cleaned_is_not_passed_on() {
        let text = written(&[(0, cell("\u{9b}")), (1, cell("a\u{202e}\u{1b}[2J"))]);
        assert!(!text.contains(['\u{9b}', '\u{202e}']), "{text:?}");
        assert!(
            !text.contains("[2J\u{1b}") && text.contains("a??[2J"),
            "{text:?}"
        );
    }

    #[test]
    fn a_terminal_without_a_size_gets_the_usual_one() {
        let ink = Ink::new(Vec::new(), || Ok(Size::ZERO));
        assert_eq!(ink.size().unwrap(), USUAL);
    }
}
