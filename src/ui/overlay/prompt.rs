//! The one-line prompt: commands after `:`, the filter after `/`. Errors and completions show as it is typed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;
use tui_input::{Input, InputRequest};

use crate::model::text;
use crate::ui::chord::Chord;
use crate::ui::format;
use crate::ui::theme::Theme;

/// What a prompt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A command after `:`.
    Command,
    /// The filter after `/`.
    Filter,
}

/// Most characters that a prompt takes.
const LIMIT: usize = 400;

/// An open prompt.
#[derive(Clone, Debug)]
pub struct Prompt {
    purpose: Purpose,
    input: Input,
    /// What the whole text may be completed to, best first.
    candidates: Vec<String>,
    /// What is wrong with the text so far.
    error: Option<String>,
    history: Vec<String>,
    recalled: Option<usize>,
}

impl Prompt {
    /// An open prompt with a text in it; `history` is newest last.
    #[must_use]
    pub fn new(purpose: Purpose, text: &str, history: &[String]) -> Self {
        Self {
            purpose,
            input: Input::new(text.to_owned()),
            candidates: Vec::new(),
            error: None,
            history: history.to_vec(),
            recalled: None,
        }
    }

    /// What it is for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The text so far.
    #[must_use]
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Types a character; control characters and what exceeds the limit are dropped.
    pub fn type_char(&mut self, c: char) {
        if !text::is_hostile(c) && self.input.value().chars().count() < LIMIT {
            self.input.handle(InputRequest::InsertChar(c));
            self.recalled = None;
        }
    }

    /// Edits the line as shells do; says whether the key means anything here.
    pub fn edit_by(&mut self, chord: Chord) -> bool {
        let request = match chord.to_string().as_str() {
            "backspace" | "ctrl-h" => InputRequest::DeletePrevChar,
            "del" => InputRequest::DeleteNextChar,
            "left" => InputRequest::GoToPrevChar,
            "right" => InputRequest::GoToNextChar,
            "home" | "ctrl-a" => InputRequest::GoToStart,
            "end" | "ctrl-e" => InputRequest::GoToEnd,
            "ctrl-u" => InputRequest::DeleteLine,
            "ctrl-w" => InputRequest::DeletePrevWord,
            _ => return false,
        };
        self.input.handle(request);
        true
    }

    /// Whether it is empty, so that erasing once more closes it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.input.value().is_empty()
    }

    /// Says what the text may become and what is wrong with it.
    pub fn judge(&mut self, candidates: Vec<String>, error: Option<String>) {
        self.candidates = candidates;
        self.error = error;
    }

    /// Takes the first candidate; with several, their common beginning first.
    pub fn complete(&mut self) {
        let Some(first) = self.candidates.first() else {
            return;
        };
        let common = self
            .candidates
            .iter()
            .skip(1)
            .fold(first.clone(), |common, next| {
                common
                    .chars()
                    .zip(next.chars())
                    .take_while(|(a, b)| a == b)
                    .map(|(a, _)| a)
                    .collect()
            });
        let text = if common.len() > self.input.value().len() {
            common
        } else {
            first.clone()
        };
        self.input = Input::new(text);
    }

    /// The text before (`back`) or after in the history.
    pub fn recall(&mut self, back: bool) {
        let at = match (self.recalled, back) {
            (None, true) => self.history.len().checked_sub(1),
            (None, false) => None,
            (Some(at), true) => Some(at.saturating_sub(1)),
            (Some(at), false) => Some(at + 1),
        };
        let text = at.and_then(|at| self.history.get(at)).cloned();
        if text.is_some() || !back {
            self.recalled = at.filter(|_| text.is_some());
            self.input = Input::new(text.unwrap_or_default());
        }
    }

    /// Draws it into one line.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let sign = match self.purpose {
            Purpose::Command => ":",
            Purpose::Filter => "/",
        };
        let value = self.input.value();
        let cursor = self.input.visual_cursor();
        let room = usize::from(area.width).saturating_sub(2);
        // A long text is shown around its end, where the cursor nearly always is.
        let skip = cursor.saturating_sub(room);
        let shown: String = value.chars().skip(skip).collect();
        let (before, after): (Vec<char>, Vec<char>) = {
            let at = self.input.cursor().saturating_sub(skip);
            (
                shown.chars().take(at).collect(),
                shown.chars().skip(at).collect(),
            )
        };
        let under: String = after
            .first()
            .map_or_else(|| " ".to_owned(), char::to_string);
        let rest: String = after.iter().skip(1).collect();
        let mut spans = vec![
            Span::styled(sign, theme.key()),
            Span::raw(before.into_iter().collect::<String>()),
            Span::styled(under, theme.cursor(true)),
            Span::raw(rest),
        ];
        if let Some(error) = &self.error {
            spans.push(Span::raw("  "));
            spans.push(Span::styled(error.clone(), theme.warning()));
        } else {
            let used = format::spans_width(&spans);
            let mut hint = String::new();
            for (index, candidate) in self.candidates.iter().take(8).enumerate() {
                hint.push_str(if index == 0 { "  tab: " } else { "  " });
                hint.push_str(candidate);
            }
            let left = usize::from(area.width).saturating_sub(used);
            let hint = format::fit(&hint, left, theme.glyphs.ellipsis);
            spans.push(Span::styled(hint.trim_end().to_owned(), theme.dim()));
        }
        Line::from(spans).render(area, buf);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completing_goes_to_the_common_beginning_first() {
        let mut prompt = Prompt::new(Purpose::Command, "s", &[]);
        prompt.judge(vec!["sources".into(), "sort".into(), "so".into()], None);
        prompt.complete();
        assert_eq!(prompt.text(), "so");
        prompt.judge(vec!["sources".into()], None);
        prompt.complete();
        assert_eq!(prompt.text(), "sources");
    }

    #[test]
    fn the_history_is_walked_and_left() {
        let history = ["one".to_owned(), "two".to_owned()];
        let mut prompt = Prompt::new(Purpose::Command, "", &history);
        prompt.recall(true);
        assert_eq!(prompt.text(), "two");
        prompt.recall(true);
        prompt.recall(true);
        assert_eq!(prompt.text(), "one");
        prompt.recall(false);
        prompt.recall(false);
        assert_eq!(prompt.text(), "");
    }

    #[test]
    fn control_characters_are_not_typed() {
        let mut prompt = Prompt::new(Purpose::Filter, "", &[]);
        "a\u{1b}b\n".chars().for_each(|c| prompt.type_char(c));
        assert_eq!(prompt.text(), "ab");
    }
}
