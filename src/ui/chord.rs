//! One key press, as text: `j`, `G`, `ctrl-z`, `enter`, `pgdn`. The only place that reads key codes.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// One key press.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chord {
    ctrl: bool,
    key: Key,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Key {
    Char(char),
    Named(&'static str),
}

/// Names and codes of the keys that are not characters.
const NAMED: [(&str, KeyCode); 16] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("del", KeyCode::Delete),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("ins", KeyCode::Insert),
    ("space", KeyCode::Char(' ')),
];

/// A chord that cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "\"{0}\" is no key: write a character, ctrl-x, or one of enter esc tab backtab backspace del up down left right home end pgup pgdn ins space"
)]
pub struct NoChord(String);

impl Chord {
    /// The chord of a key event; `None` for releases and for keys that Portolan does not use.
    /// With `alt`, nothing acts: over slow links an escape and a letter arrive as one.
    #[must_use]
    pub fn of(event: &KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release || event.modifiers.contains(KeyModifiers::ALT) {
            return None;
        }
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let named = NAMED.iter().find(|(_, code)| *code == event.code);
        let key = match (named, event.code) {
            (Some((name, _)), _) => Key::Named(name),
            (None, KeyCode::Char(c)) if ctrl => Key::Char(c.to_ascii_lowercase()),
            (None, KeyCode::Char(c)) => Key::Char(c),
            _ => return None,
        };
        Some(Self { ctrl, key })
    }

    /// The character that the chord types into a prompt.
    #[must_use]
    pub fn typed(self) -> Option<char> {
        match self.key {
            Key::Char(c) if !self.ctrl => Some(c),
            Key::Named("space") if !self.ctrl => Some(' '),
            _ => None,
        }
    }
}

impl FromStr for Chord {
    type Err = NoChord;

    fn from_str(text: &str) -> Result<Self, NoChord> {
        let (ctrl, rest) = match text.strip_prefix("ctrl-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut chars = rest.chars();
        let key = match (chars.next(), chars.next()) {
            (Some(c), None) if c != ' ' => Key::Char(c),
            _ => NAMED
                .iter()
                .find(|(name, _)| *name == rest)
                .map(|(name, _)| Key::Named(name))
                .ok_or_else(|| NoChord(text.to_owned()))?,
        };
        Ok(Self { ctrl, key })
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        match self.key {
            Key::Char(c) => write!(f, "{c}"),
            Key::Named(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_are_read_as_they_are_written() {
        for text in [
            "j",
            "G",
            "ctrl-z",
            "enter",
            "space",
            "+",
            "ctrl-space",
            "-",
            ":",
        ] {
            assert_eq!(text.parse::<Chord>().unwrap().to_string(), text);
        }
        assert!("ctrl-".parse::<Chord>().is_err());
        assert!("jj".parse::<Chord>().is_err());
    }

    #[test]
    fn alt_and_releases_do_nothing() {
        let alt = KeyEvent::new(KeyCode::Char('j'), KeyModifiers::ALT);
        assert_eq!(Chord::of(&alt), None);
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Chord::of(&shifted).unwrap().to_string(), "G");
    }
}
