//! Cells as an SVG picture: a drawing for browsers and documents, a screen for the README.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use crate::model::text;

/// Cells, in px: a text of 15 px is still read easily when a page shrinks the picture by a tenth.
const CELL: (f32, f32) = (9.0, 19.0);
const MARGIN: f32 = 12.0;
const GROUND: &str = "#16181d";
const INK: &str = "#d6d9e0";

/// The picture of cells. `title` and `description` (which may be empty) are for those who do not see it.
#[must_use]
pub fn svg(buffer: &Buffer, title: &str, description: &str) -> String {
    let (columns, rows) = (f32::from(buffer.area.width), f32::from(buffer.area.height));
    let (width, height) = (
        columns.mul_add(CELL.0, 2.0 * MARGIN),
        rows.mul_add(CELL.1, 2.0 * MARGIN),
    );
    let description = match description {
        "" => String::new(),
        words => format!("<desc>{}</desc>\n", escaped(words)),
    };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"15\">\n\
         <title>{}</title>\n{description}<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{GROUND}\"/>\n",
        escaped(title)
    );
    for y in 0..buffer.area.height {
        for run in runs(buffer, y) {
            out.push_str(&run.drawn(y));
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Cells of one look beside each other.
struct Run {
    x: u16,
    width: u16,
    text: String,
    look: Look,
}

#[derive(Clone, PartialEq, Eq)]
struct Look {
    ink: &'static str,
    ground: &'static str,
    bold: bool,
}

fn look(cell: &Cell) -> Look {
    let ink = colour(cell.fg).unwrap_or(INK);
    let ground = colour(cell.bg).unwrap_or(GROUND);
    let (ink, ground) = if cell.modifier.contains(Modifier::REVERSED) {
        (ground, ink)
    } else {
        (ink, ground)
    };
    Look {
        ink,
        ground,
        bold: cell.modifier.contains(Modifier::BOLD),
    }
}

/// The sixteen colours as a dark terminal has them.
fn colour(colour: Color) -> Option<&'static str> {
    Some(match colour {
        Color::Black => "#16181d",
        Color::Red | Color::LightRed => "#f2777a",
        Color::Green | Color::LightGreen => "#99cc99",
        Color::Yellow | Color::LightYellow => "#ffcc66",
        Color::Blue | Color::LightBlue => "#6699cc",
        Color::Magenta | Color::LightMagenta => "#cc99cc",
        Color::Cyan | Color::LightCyan => "#66cccc",
        Color::Gray => "#b4b7be",
        Color::DarkGray => "#7d828d",
        Color::White => "#ffffff",
        _ => return None,
    })
}

fn runs(buffer: &Buffer, y: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut x = 0;
    while let Some(cell) = buffer.cell((x, y)) {
        let width = u16::try_from(cell.symbol().width().max(1)).unwrap_or(1);
        let look = look(cell);
        match runs.last_mut() {
            Some(run) if run.look == look => {
                run.text.push_str(cell.symbol());
                run.width += width;
            }
            _ => runs.push(Run {
                x,
                width,
                text: cell.symbol().to_owned(),
                look,
            }),
        }
        x += width;
    }
    runs
}

impl Run {
    fn drawn(&self, y: u16) -> String {
        let (left, top) = (
            f32::from(self.x).mul_add(CELL.0, MARGIN),
            f32::from(y).mul_add(CELL.1, MARGIN),
        );
        let width = f32::from(self.width) * CELL.0;
        let mut out = String::new();
        if self.look.ground != GROUND {
            out.push_str(&format!(
                "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{}\" fill=\"{}\"/>\n",
                CELL.1, self.look.ground
            ));
        }
        let text = self.text.trim_end();
        let blank = text.len() - text.trim_start().len();
        let text = text.trim_start();
        if text.is_empty() {
            return out;
        }
        let left = f32::from(u16::try_from(blank).unwrap_or(0)).mul_add(CELL.0, left);
        let width = f32::from(u16::try_from(text.width()).unwrap_or(0)) * CELL.0;
        let weight = if self.look.bold {
            " font-weight=\"bold\""
        } else {
            ""
        };
        // The length makes columns stand under each other in whatever font there is.
        out.push_str(&format!(
            "<text x=\"{left}\" y=\"{}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\" \
             fill=\"{}\"{weight} xml:space=\"preserve\">{}</text>\n",
            top + 14.5,
            self.look.ink,
            escaped(text)
        ));
        out
    }
}

/// A text between tags. What XML cannot hold, and what turns a line around, was kept out where texts came in; here
/// only that nothing else does.
fn escaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' => out.push('\n'),
            c if text::is_hostile(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
