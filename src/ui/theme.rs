//! Colours and glyphs. Colour is never the only signal: a sign or a word always says the same.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use crate::model::element::Health;
use crate::model::log::Severity;

/// Characters that a poor terminal lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// An unfolded row; two cells.
    pub open: &'static str,
    /// A folded row; two cells.
    pub closed: &'static str,
    /// Cut text.
    pub ellipsis: &'static str,
    /// From caller to callee.
    pub arrow: &'static str,
    /// Between parts of a title.
    pub dot: &'static str,
    /// Times.
    pub times: &'static str,
    /// Horizontal line.
    pub horizontal: &'static str,
    /// Vertical line.
    pub vertical: &'static str,
    /// Horizontal line, dashed.
    pub dashed: &'static str,
    /// Corners: top left, top right, bottom left, bottom right.
    pub corners: [&'static str; 4],
    /// A cell that is covered from the left: by an eighth, two, and so on to the whole.
    pub parts: [&'static str; 8],
    /// A cell that is covered to the right: its half, and less.
    pub right_part: [&'static str; 2],
    /// Millionths of a second.
    pub micros: &'static str,
    /// Tees: to the right, to the left, down, up, and the crossing.
    pub tees: [&'static str; 5],
    /// Bars from nothing to full.
    pub bars: [&'static str; 8],
}

const UNICODE: Glyphs = Glyphs {
    open: "▾ ",
    closed: "▸ ",
    ellipsis: "…",
    arrow: "→",
    dot: "·",
    times: "×",
    horizontal: "─",
    vertical: "│",
    dashed: "╌",
    parts: ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
    right_part: ["▐", "▕"],
    micros: "µs",
    corners: ["┌", "┐", "└", "┘"],
    tees: ["├", "┤", "┬", "┴", "┼"],
    bars: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
};

const ASCII: Glyphs = Glyphs {
    open: "- ",
    closed: "+ ",
    ellipsis: "~",
    arrow: ">",
    dot: "-",
    times: "x",
    horizontal: "-",
    vertical: "|",
    dashed: "-",
    parts: ["-", "-", "-", "-", "-", "-", "=", "="],
    right_part: ["-", "-"],
    micros: "us",
    corners: ["+", "+", "+", "+"],
    tees: ["+", "+", "+", "+", "+"],
    bars: ["_", ".", ":", "=", "+", "*", "#", "@"],
};

/// What the screen looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    colour: bool,
    /// The characters.
    pub glyphs: Glyphs,
}

impl Theme {
    /// A theme; without colour only bold, dim and reversed text remain.
    #[must_use]
    pub const fn new(colour: bool, ascii: bool) -> Self {
        Self {
            colour,
            glyphs: if ascii { ASCII } else { UNICODE },
        }
    }

    /// Leaves of a frame only what a terminal without Unicode can show: also names may be foreign to it.
    pub fn plain(self, buf: &mut Buffer) {
        if self.glyphs != ASCII {
            return;
        }
        for cell in &mut buf.content {
            if !cell.symbol().is_ascii() {
                let known = cell.symbol() == UNICODE.ellipsis;
                cell.set_symbol(if known { ASCII.ellipsis } else { "?" });
            }
        }
    }

    fn fg(self, colour: Color) -> Style {
        if self.colour {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }

    /// Ordinary text.
    #[must_use]
    pub const fn text(self) -> Style {
        Style::new()
    }

    /// What matters less.
    #[must_use]
    pub fn dim(self) -> Style {
        if self.colour {
            Style::new().fg(Color::DarkGray)
        } else {
            Style::new().add_modifier(Modifier::DIM)
        }
    }

    /// Headings and titles.
    #[must_use]
    pub fn heading(self) -> Style {
        self.fg(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// Keys in help and footer.
    #[must_use]
    pub fn key(self) -> Style {
        self.fg(Color::Yellow)
    }

    /// Names of elements that can be gone to.
    #[must_use]
    pub fn accent(self) -> Style {
        self.fg(Color::Cyan)
    }

    /// The row under the cursor; weaker where the focus is elsewhere.
    #[must_use]
    pub fn cursor(self, focused: bool) -> Style {
        if focused {
            Style::new().add_modifier(Modifier::REVERSED)
        } else {
            Style::new().add_modifier(Modifier::BOLD)
        }
    }

    /// The border of a pane.
    #[must_use]
    pub fn border(self, focused: bool) -> Style {
        if focused {
            self.fg(Color::Cyan)
        } else {
            self.dim()
        }
    }

    /// The state of an element.
    #[must_use]
    pub fn health(self, health: Health) -> Style {
        match health {
            Health::Ok => Style::new(),
            Health::Stopped => self.dim(),
            Health::Changing => self.fg(Color::Yellow),
            Health::Unknown => self.fg(Color::Magenta).add_modifier(Modifier::BOLD),
            Health::Broken => self.fg(Color::Red).add_modifier(Modifier::BOLD),
        }
    }

    /// The severity of an entry of the log.
    #[must_use]
    pub fn severity(self, severity: Severity) -> Style {
        match severity {
            Severity::Info => Style::new(),
            Severity::Notice => self.fg(Color::Yellow),
            Severity::Warning => self.fg(Color::Red),
        }
    }

    /// Something that a person should not overlook: a stage, a warning in a preview.
    #[must_use]
    pub fn warning(self) -> Style {
        self.fg(Color::Yellow).add_modifier(Modifier::BOLD)
    }
}
