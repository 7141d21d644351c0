//! The help: generated from the action table and the keymap, so that it cannot say what is not so.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::ui::action::{Action, Place};
use crate::ui::format;
use crate::ui::keymap::Keymap;
use crate::ui::theme::Theme;
use crate::ui::views::lines;

/// An open help page.
#[derive(Clone, Copy, Debug, Default)]
pub struct Help {
    offset: u16,
}

/// Width of the keys' column.
const KEYS: usize = 18;
/// Width of the names' column.
const NAMES: usize = 16;
/// The same two, where there is room for the longest ones.
const ALL: (usize, usize) = (22, 20);

/// Most lines for one action.
const WRAPPED: usize = 4;

impl Help {
    /// Moves the page by lines.
    pub fn scroll(&mut self, by: i16) {
        self.offset = self.offset.saturating_add_signed(by);
    }

    /// The help's lines: what works here first, then everywhere, then elsewhere.
    #[must_use]
    pub fn lines(
        table: &[Action],
        keymap: &Keymap,
        view: &str,
        theme: &Theme,
        width: u16,
    ) -> Vec<Line<'static>> {
        let group = |a: &Action| match a.place {
            Place::Views(names) if names.contains(&view) => 0,
            Place::Everywhere => 1,
            _ => 2,
        };
        let titles = [
            format!("Here, in {view}"),
            "Everywhere".to_owned(),
            "In other places".to_owned(),
        ];
        let mut lines = Vec::new();
        for (wanted, title) in titles.into_iter().enumerate() {
            lines.push(Line::from(Span::styled(title, theme.heading())));
            let here = table.iter().enumerate().filter(|(_, a)| group(a) == wanted);
            let here: Vec<(usize, &Action)> = here.collect();
            // What does the same with another key is one line: 1..9.
            for alike in here.chunk_by(|(_, a), (_, b)| a.about == b.about && a.place == b.place) {
                let keys = alike.iter().flat_map(|(index, _)| keymap.keys(*index));
                lines.extend(entry(alike, &ranged(keys.collect()), theme, width));
            }
            lines.push(Line::default());
        }
        lines.push(Line::from(
            "Each name is a command too, after a colon; [keys] in the configuration rebinds them.",
        ));
        lines
    }

    /// Draws the page over the whole body.
    pub fn draw(&mut self, lines: Vec<Line<'static>>, area: Rect, buf: &mut Buffer, theme: &Theme) {
        super::scrolled("Help", lines, &mut self.offset, area, buf, theme);
    }
}

/// Keys as they are shown; three or more digits or letters in a row as the first and the last: `1..9`.
fn ranged(keys: Vec<String>) -> Vec<String> {
    let single = |key: &String| {
        let mut chars = key.chars();
        chars
            .next()
            .filter(|_| chars.next().is_none())
            .map(u32::from)
    };
    let is_row = keys.len() > 2
        && keys.windows(2).all(
            |two| match [two.first(), two.last()].map(|k| k.and_then(single)) {
                [Some(a), Some(b)] => a + 1 == b,
                _ => false,
            },
        );
    match (keys.first(), keys.last()) {
        (Some(first), Some(last)) if is_row => vec![format!("{first}..{last}")],
        _ => keys,
    }
}

/// The lines of one action: its keys, its name, and as many lines as it takes to say what it does. Of several
/// that are alike, the first and the last name.
fn entry(
    alike: &[(usize, &Action)],
    keys: &[String],
    theme: &Theme,
    width: u16,
) -> Vec<Line<'static>> {
    let Some((_, action)) = alike.first() else {
        return Vec::new();
    };
    let name = match alike.last() {
        Some((_, last)) if alike.len() > 1 => {
            let tail = last.name.rsplit('-').next().unwrap_or(last.name);
            format!("{}..{tail}", action.name)
        }
        _ => action.name.to_owned(),
    };
    let e = theme.glyphs.ellipsis;
    let place = match action.place {
        Place::Everywhere | Place::Views(_) => String::new(),
        Place::Overlay(name) => format!(" (in {name})"),
    };
    let name = if action.takes.is_empty() {
        name
    } else {
        format!("{name} {}", action.takes)
    };
    // A narrow screen has room for the keys and what they do; the names are completed after a colon.
    let (key_cells, name_cells) = match width {
        0..80 => (11, 0),
        80..100 => (KEYS, 0),
        100..120 => (KEYS, NAMES),
        _ => ALL,
    };
    let mut spans = vec![Span::styled(
        format!(" {} ", format::fit(&keys.join("  "), key_cells, e)),
        theme.key(),
    )];
    if name_cells > 0 {
        let name = format::fit(&name, name_cells, e);
        spans.push(Span::styled(format!("{name} "), theme.dim()));
    }
    let about = if keys.is_empty() && name_cells == 0 {
        format!(":{name} {}{place}", action.about)
    } else {
        format!("{}{place}", action.about)
    };
    let used = format::spans_width(&spans);
    let room = usize::from(width).saturating_sub(used + 2);
    let mut texts = lines::wrap(&about, room, WRAPPED, e).into_iter();
    spans.extend(texts.next().map(Span::raw));
    let mut lines = vec![Line::from(spans)];
    lines.extend(texts.map(|text| Line::from(format!("{}{text}", " ".repeat(used)))));
    lines
}
