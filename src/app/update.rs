//! `update(message) -> effects`: synchronous and total.

use super::actions::{FIRST_VIEW, Run};
use super::effect::Effect;
use super::msg::{Moment, Msg};
use super::state::{App, Overlay};
use crate::model::intent::Stage;
use crate::model::text::{self, Text};
use crate::trace::id::TraceId;
use crate::trace::waterfall::Waterfall;
use crate::ui::action::{Action, Here, Place, Verb};
use crate::ui::chord::Chord;
use crate::ui::filter::Filter;
use crate::ui::graph::layered::Scene;
use crate::ui::keymap::Found;
use crate::ui::overlay::namespaces::SwitcherAnswer;
use crate::ui::overlay::prompt::Purpose;
use crate::ui::screen::{Focus, Mode};
use crate::ui::{Answer, View};

/// Characters of a paste that are kept: no prompt takes more.
const PASTE_LIMIT: usize = 1_000;

impl App {
    /// Takes a message in and says what is to be done outside.
    pub fn update(&mut self, msg: Msg, now: Moment) -> Vec<Effect> {
        self.now = now;
        if !matches!(msg, Msg::Drawn | Msg::Proceed) {
            self.dirty = true;
        }
        match msg {
            Msg::Key(chord) => return self.key(chord),
            Msg::Paste(text) => self.paste(&text),
            Msg::Resized => {}
            Msg::Tick => {
                self.tick();
                return self.looks();
            }
            Msg::Drawn => {
                if let Some(staged) = &mut self.stage {
                    staged.seen = matches!(staged.intent.stage, Stage::Previewed { .. });
                }
                return self.layouts();
            }
            Msg::Quiet => {
                if let Some(staged) = &mut self.stage {
                    staged.ripe = staged.seen;
                }
            }
            Msg::Observations(batch) => self.observe(batch),
            Msg::Proceed => self.proceed(),
            Msg::Previewed { id, result } => self.previewed(id, result),
            Msg::Sent { id, result } => self.sent(id, result),
            Msg::Looked { id, result } => self.looked(id, result),
            Msg::Traced { id, result } => self.traced(id, &result),
            Msg::LaidOut { id, scene } => self.laid_out(id, scene.map(|s| *s)),
            Msg::Hosted(result) | Msg::Written(result) => self.hosted(result),
            Msg::Terminate => return vec![Effect::Quit],
        }
        Vec::new()
    }

    /// What the view that was drawn wants laid out.
    fn layouts(&mut self) -> Vec<Effect> {
        let view = self.views.get_mut(self.view);
        let task = view.and_then(|view| view.task());
        task.map(Effect::Layout).into_iter().collect()
    }

    /// Whoever asked for a layout knows its number.
    fn laid_out(&mut self, id: u64, scene: Option<Scene>) {
        if let Some(index) = self.view_named("whole") {
            self.with_view(index, |view, ctx| view.placed(id, scene, ctx));
        }
    }

    fn tick(&mut self) {
        if let Mode::Write { until: Some(until) } = self.mode
            && self.now.wall >= until
        {
            self.mode = Mode::Locked;
            self.say("locked again: :write unlocks for 15 minutes");
        }
        if self
            .notice
            .as_ref()
            .is_some_and(|(_, until)| *until <= self.now.ms)
        {
            self.notice = None;
        }
        // What does not move shows by time alone.
        self.verify();
    }

    fn paste(&mut self, text: &str) {
        let text = text::clean(text, PASTE_LIMIT);
        match self.overlays.last_mut() {
            Some(Overlay::Prompt(prompt)) => {
                text.chars().for_each(|c| prompt.type_char(c));
                self.judge_prompt();
            }
            Some(Overlay::Namespaces(switcher)) => {
                text.trim().chars().for_each(|c| switcher.input(c));
            }
            _ => self.say("pasted text was dropped: there is no prompt open"),
        }
    }

    fn key(&mut self, chord: Chord) -> Vec<Effect> {
        if self
            .notice
            .as_ref()
            .is_some_and(|(said, _)| said == FIRST_VIEW)
        {
            self.notice = None;
        }
        if self.pressed.is_empty() && self.typed(chord) {
            return Vec::new();
        }
        self.pressed.push(chord);
        let found = self.keymap.find(&self.pressed, &self.here());
        match found {
            Found::Prefix => Vec::new(),
            Found::Nothing => {
                let pressed = std::mem::take(&mut self.pressed);
                self.over_page(&pressed)
            }
            Found::Action(index) => {
                self.pressed.clear();
                // What may be the way to the second `:q` does not take the first one back.
                let asks = |a: &Action| {
                    matches!(a.name, "interrupt" | "command") || a.place == Place::Overlay("prompt")
                };
                if !self.actions.get(index).is_some_and(asks) {
                    self.asked_to_quit = false;
                }
                self.act(index, "")
            }
        }
    }

    /// The command line opens over any page, lest what is typed after its key act on the page.
    fn over_page(&mut self, pressed: &[Chord]) -> Vec<Effect> {
        if !self.is_page() {
            return Vec::new();
        }
        let behind = Here {
            overlay: None,
            ..self.here()
        };
        match self.keymap.find(pressed, &behind) {
            Found::Action(index)
                if self.actions.get(index).is_some_and(|a| a.name == "command") =>
            {
                self.act(index, "")
            }
            _ => Vec::new(),
        }
    }

    /// Whether what is on top is a page that is read, and neither text nor an answer is asked for.
    pub(super) fn is_page(&self) -> bool {
        matches!(
            self.overlays.last(),
            Some(Overlay::Help(_) | Overlay::Examples(_) | Overlay::Trace(_) | Overlay::Why(_))
        )
    }

    /// Characters that an overlay takes as text rather than as keys.
    fn typed(&mut self, chord: Chord) -> bool {
        match self.overlays.last_mut() {
            Some(Overlay::Prompt(prompt)) => {
                let erases_nothing = prompt.is_empty() && chord.to_string() == "backspace";
                if let Some(c) = chord.typed() {
                    prompt.type_char(c);
                } else if erases_nothing {
                    self.close_prompt(false);
                    return true;
                } else if !prompt.edit_by(chord) {
                    return false;
                }
                self.judge_prompt();
                true
            }
            Some(Overlay::Namespaces(switcher)) => match chord.typed() {
                Some(' ') | None if chord.to_string() != "backspace" => false,
                Some(c) => {
                    switcher.input(c);
                    true
                }
                None => {
                    switcher.erase();
                    true
                }
            },
            Some(Overlay::Stage { counts: true }) => self.typed_digit(chord),
            _ => false,
        }
    }

    /// Does an action, with what a command gave it.
    pub(super) fn act(&mut self, action: usize, argument: &str) -> Vec<Effect> {
        match self.run_of(action) {
            Some(Run::App(run)) => run(self, argument),
            Some(Run::Verb(verb)) => self.verb(verb),
            Some(Run::Overlay(verb)) => self.overlay_verb(verb),
            Some(Run::Show(view)) => {
                self.show(view, argument);
                Vec::new()
            }
            Some(Run::Host(name)) => vec![Effect::Host {
                name,
                argument: argument.to_owned(),
            }],
            None => Vec::new(),
        }
    }

    /// Gives a verb to the pane that has the focus.
    pub(super) fn verb(&mut self, verb: Verb) -> Vec<Effect> {
        let answer = match self.panes.focus {
            Focus::View => self.with_view(self.view, |view, ctx| view.act(verb, ctx)),
            Focus::Tail => {
                let mut tail = std::mem::take(&mut self.tail);
                let answer = tail.act(verb, &self.ctx());
                self.tail = tail;
                Some(answer)
            }
            Focus::Detail => {
                self.panes.offset = scrolled(self.panes.offset, verb);
                None
            }
        };
        match answer {
            Some(Answer::Say(text)) => self.say(text),
            Some(Answer::Show { view, key }) => {
                if let Some(view) = self.view_named(view) {
                    self.go(view, Some(&key));
                }
                // A machine, or what the filter hides, has no row there: its page tells of it.
                if self.selected().as_ref() != Some(&key) && self.shown().get(&key).is_some() {
                    self.overlays.push(Overlay::Detail { key, offset: 0 });
                }
            }
            Some(Answer::Detail) => self.overlays.extend(
                self.selected()
                    .map(|key| Overlay::Detail { key, offset: 0 }),
            ),
            Some(Answer::Examples { of, examples }) => return self.open_examples(of, examples),
            Some(Answer::Ignored | Answer::Done) | None => {}
        }
        Vec::new()
    }

    /// Gives the answer for a trace to the pages that wait for it; they may be closed by now.
    fn traced(&mut self, id: TraceId, result: &Result<Box<Waterfall>, Text>) {
        for overlay in &mut self.overlays {
            if let Overlay::Trace(page) = overlay
                && page.id() == id
            {
                page.answered(result.clone(), &self.theme);
            }
        }
    }

    fn overlay_verb(&mut self, verb: Verb) -> Vec<Effect> {
        match self.overlays.last_mut() {
            Some(Overlay::Help(help)) => {
                help.scroll(lines_of(verb));
                Vec::new()
            }
            Some(Overlay::Examples(examples)) => match examples.act(verb) {
                Some((example, of)) => self.open_example(&example, of),
                None => Vec::new(),
            },
            Some(Overlay::Trace(page)) => {
                let id = page.id();
                let again = page.act(verb).then_some(Effect::Trace { id });
                again.into_iter().collect()
            }
            Some(Overlay::Why(page)) => {
                page.scroll(lines_of(verb));
                Vec::new()
            }
            Some(Overlay::Detail { offset, .. }) => {
                *offset = scrolled(*offset, verb);
                Vec::new()
            }
            Some(Overlay::Namespaces(switcher)) => match switcher.act(verb) {
                SwitcherAnswer::Stay => Vec::new(),
                SwitcherAnswer::Close => {
                    self.overlays.pop();
                    Vec::new()
                }
                SwitcherAnswer::Pick(choice) => {
                    self.overlays.pop();
                    self.choose(choice)
                }
            },
            Some(Overlay::Prompt(prompt)) => {
                match verb {
                    Verb::Up => prompt.recall(true),
                    Verb::Down => prompt.recall(false),
                    Verb::Complete => prompt.complete(),
                    Verb::Accept => return self.close_prompt(true),
                    _ => return Vec::new(),
                }
                self.judge_prompt();
                Vec::new()
            }
            Some(Overlay::Stage { .. }) => self.stage_verb(verb),
            None => Vec::new(),
        }
    }

    /// Says what a prompt's text may become and what is wrong with it; a filter acts while it is typed.
    pub(super) fn judge_prompt(&mut self) {
        let Some(Overlay::Prompt(prompt)) = self.overlays.last() else {
            return;
        };
        let (purpose, text) = (prompt.purpose(), prompt.text().to_owned());
        let (candidates, error) = match purpose {
            Purpose::Command => (self.completions(&text), None),
            Purpose::Filter => match Filter::parse(&text) {
                Ok(filter) => {
                    self.filter = filter;
                    (filter_words(&text), None)
                }
                Err(error) => (filter_words(&text), Some(error.to_string())),
            },
        };
        if let Some(Overlay::Prompt(prompt)) = self.overlays.last_mut() {
            prompt.judge(candidates, error);
        }
    }

    /// Closes the prompt; accepted, its text is done, else everything is as it was.
    pub(super) fn close_prompt(&mut self, accepted: bool) -> Vec<Effect> {
        let Some(Overlay::Prompt(prompt)) = self.overlays.pop() else {
            return Vec::new();
        };
        let text = prompt.text().trim().to_owned();
        match (prompt.purpose(), accepted) {
            (Purpose::Filter, false) => {
                let before = std::mem::take(&mut self.filter_before);
                self.filter = Filter::parse(&before).unwrap_or_default();
            }
            (Purpose::Filter, true) => match Filter::parse(&text) {
                Ok(filter) => {
                    self.filter = filter;
                    remember(&mut self.filters, text);
                }
                Err(error) => {
                    let before = std::mem::take(&mut self.filter_before);
                    self.filter = Filter::parse(&before).unwrap_or_default();
                    self.say(error.to_string());
                }
            },
            (Purpose::Command, false) => {}
            (Purpose::Command, true) => {
                remember(&mut self.commands, text.clone());
                return self.command(&text);
            }
        }
        Vec::new()
    }
}

/// Lines that a verb scrolls a page of text by.
const fn lines_of(verb: Verb) -> i16 {
    match verb {
        Verb::Up => -1,
        Verb::Down => 1,
        Verb::PageUp => -10,
        Verb::PageDown => 10,
        Verb::Top => -10_000,
        Verb::Bottom => 10_000,
        _ => 0,
    }
}

fn scrolled(offset: u16, verb: Verb) -> u16 {
    // A page has no end that the app knows; what is beyond it is blank, and `g` comes back.
    offset.saturating_add_signed(lines_of(verb)).min(500)
}

/// The last word of a filter, completed.
fn filter_words(text: &str) -> Vec<String> {
    let (before, word) = match text.rsplit_once(' ') {
        Some((before, word)) => (format!("{before} "), word),
        None => (String::new(), text),
    };
    crate::ui::filter::WORDS
        .iter()
        .filter(|w| w.starts_with(word) && **w != word)
        .map(|w| format!("{before}{w}"))
        .collect()
}

fn remember(history: &mut Vec<String>, text: String) {
    if !text.is_empty() {
        history.retain(|t| *t != text);
        history.push(text);
        if history.len() > 100 {
            history.remove(0);
        }
    }
}
