//! Finding: the filter, only what is broken, the command prompt, namespaces.

use std::collections::BTreeSet;

use super::{Entry, app, places};
use crate::app::effect::Effect;
use crate::app::state::{App, Overlay};
use crate::model::log::Severity;
use crate::model::observation::NamespaceChoice;
use crate::model::text::{self, Text};
use crate::ui::action::{Action, Place};
use crate::ui::filter::Filter;
use crate::ui::overlay::namespaces::NamespaceSwitcher;
use crate::ui::overlay::prompt::{Prompt, Purpose};
use crate::ui::screen::{Focus, Mode};

/// Commands that leave the page open over which they are typed: they open another, or change no view.
const STAYING: [&str; 11] = [
    "export", "export!", "help", "lock", "pause", "quit", "retry", "trace", "utc", "why", "write",
];
/// Most recent namespaces that have a digit.
const RECENT: usize = 9;

pub(super) fn entries() -> Vec<Entry> {
    let mut table = vec![
        app(
            Action::new(
                "namespaces",
                &["n"],
                "namespaces",
                "choose namespaces; :ns shop,bank or :ns all",
            )
            .takes("NAMES"),
            namespaces,
        ),
        app(
            Action::new(
                "filter",
                &["/"],
                "filter",
                "show only what fits: text, !text, -l label, state:broken, err>1, links:unused …",
            )
            .takes("FILTER"),
            filter,
        ),
        app(
            Action::new(
                "only-broken",
                &["ctrl-z"],
                "broken",
                "only what is broken, with who calls it",
            ),
            |app, _| {
                app.only_broken = !app.only_broken;
                Vec::new()
            },
        ),
        app(
            Action::new(
                "command",
                &[":"],
                "command",
                "type an action's name; tab completes",
            ),
            |app, _| {
                let prompt = Prompt::new(Purpose::Command, "", &app.commands);
                app.overlays.push(Overlay::Prompt(prompt));
                app.judge_prompt();
                Vec::new()
            },
        ),
        app(
            Action::new("all-namespaces", &["0"], "", "all namespaces"),
            |app, _| app.choose(NamespaceChoice::All),
        ),
    ];
    let digits: [(&'static str, &'static str, super::Behaviour); RECENT] = [
        ("recent-1", "1", |app, _| app.recent(0)),
        ("recent-2", "2", |app, _| app.recent(1)),
        ("recent-3", "3", |app, _| app.recent(2)),
        ("recent-4", "4", |app, _| app.recent(3)),
        ("recent-5", "5", |app, _| app.recent(4)),
        ("recent-6", "6", |app, _| app.recent(5)),
        ("recent-7", "7", |app, _| app.recent(6)),
        ("recent-8", "8", |app, _| app.recent(7)),
        ("recent-9", "9", |app, _| app.recent(8)),
    ];
    table.extend(digits.into_iter().map(|(name, key, run)| {
        app(
            Action::new(name, &[key], "", "a namespace that was chosen lately"),
            run,
        )
    }));
    table
}

fn namespaces(app: &mut App, argument: &str) -> Vec<Effect> {
    if argument.is_empty() {
        let switcher = NamespaceSwitcher::new(&app.live, &app.choice, &app.recent);
        app.overlays.push(Overlay::Namespaces(switcher));
        return Vec::new();
    }
    if matches!(argument, "all" | "*" | "-A") {
        return app.choose(NamespaceChoice::All);
    }
    let names: BTreeSet<Text> = argument
        .split([',', ' '])
        .filter(|n| !n.is_empty())
        .map(text::name)
        .collect();
    if let Some(bad) = names.iter().find(|n| !text::is_label(n)) {
        app.say(format!(
            "{bad} is no namespace: lower-case letters, digits and dashes"
        ));
        return Vec::new();
    }
    app.choose(NamespaceChoice::Only(names))
}

/// A place in words.
fn where_it_works(place: Place) -> String {
    match place {
        Place::Everywhere => "where nothing is open".to_owned(),
        Place::Views(names) => format!("in {}", names.join(", ")),
        Place::Overlay(name) => format!("while {name} is open"),
    }
}

fn filter(app: &mut App, argument: &str) -> Vec<Effect> {
    if argument.is_empty() {
        app.filter.source().clone_into(&mut app.filter_before);
        let prompt = Prompt::new(Purpose::Filter, app.filter.source(), &app.filters);
        app.overlays.push(Overlay::Prompt(prompt));
        app.judge_prompt();
    } else {
        match Filter::parse(argument) {
            Ok(filter) => app.filter = filter,
            Err(error) => app.say(error.to_string()),
        }
    }
    Vec::new()
}

impl App {
    /// Chooses namespaces: the watches themselves follow.
    pub(in crate::app) fn choose(&mut self, choice: NamespaceChoice) -> Vec<Effect> {
        if choice == self.choice {
            self.say(format!("looking at {choice} already"));
            return Vec::new();
        }
        if let NamespaceChoice::Only(names) = &choice {
            for name in names.iter().rev() {
                // A digit keeps its namespace: only new ones are added, in front of nothing.
                if !self.recent.contains(name) {
                    if self.recent.len() >= RECENT {
                        self.recent.remove(0);
                    }
                    self.recent.push(name.clone());
                }
            }
        }
        self.choice = choice.clone();
        self.log.note(
            self.now.wall,
            Severity::Info,
            None,
            &format!("looking at {choice}"),
        );
        self.say(format!("looking at {choice}"));
        vec![Effect::Namespaces(choice)]
    }

    fn recent(&mut self, index: usize) -> Vec<Effect> {
        if let Some(name) = self.recent.get(index).cloned() {
            return self.choose(NamespaceChoice::Only([name].into()));
        }
        self.say("no namespace has this digit yet: n chooses one");
        Vec::new()
    }

    /// Does what a command line says.
    pub(in crate::app) fn command(&mut self, line: &str) -> Vec<Effect> {
        let (name, argument) = line.split_once(' ').unwrap_or((line, ""));
        let name = match name {
            "" => return Vec::new(),
            "q" | "q!" | "exit" => "quit",
            "ns" => "namespaces",
            "h" | "?" => "help",
            name => name,
        };
        let exact = self.actions.iter().position(|a| a.name == name);
        let named = |works: bool| -> Vec<usize> {
            let fits = |a: &Action| a.name.starts_with(name) && (!works || self.is_command_here(a));
            (0..self.actions.len())
                .filter(|i| self.actions.get(*i).is_some_and(fits))
                .collect()
        };
        let mut begun = named(true);
        if begun.is_empty() {
            begun = named(false);
        }
        let found = match (exact, begun.as_slice()) {
            (Some(index), _) => index,
            (None, [only]) => *only,
            (None, []) => {
                let because = match self.mode {
                    Mode::ReadOnly => " (started with --read-only, nothing that writes is there)",
                    _ => "",
                };
                self.say(format!(
                    "there is no command {name}: ? shows them all{because}"
                ));
                return Vec::new();
            }
            (None, several) => {
                let names: Vec<&str> = several
                    .iter()
                    .filter_map(|i| self.actions.get(*i))
                    .map(|a| a.name)
                    .take(6)
                    .collect();
                self.say(format!("{name} may be {}", names.join(", ")));
                return Vec::new();
            }
        };
        let Some(action) = self.actions.get(found) else {
            return Vec::new();
        };
        if !self.is_command_here(action) {
            let text = format!(
                "{} works {} only",
                action.name,
                where_it_works(action.place)
            );
            self.say(text);
            return Vec::new();
        }
        let leaves =
            self.is_page() && action.place == Place::Everywhere && !STAYING.contains(&action.name);
        if action.name != "quit" {
            self.asked_to_quit = false;
        }
        if leaves {
            self.overlays.clear();
        }
        self.act(found, argument.trim())
    }

    /// Whether a command works here. Over a page what belongs to single views does not: what it would act on
    /// cannot be seen.
    fn is_command_here(&self, action: &Action) -> bool {
        action.place.holds(&self.here()) || self.is_page() && action.place == Place::Everywhere
    }

    /// What a command line may become.
    pub(in crate::app) fn completions(&self, text: &str) -> Vec<String> {
        let Some((name, begun)) = text.split_once(' ') else {
            let mut names: Vec<String> = self
                .actions
                .iter()
                .filter(|a| !a.name.contains("recent-"))
                .filter(|a| {
                    a.place.holds(&crate::ui::action::Here {
                        overlay: None,
                        ..self.here()
                    })
                })
                .map(|a| a.name.to_owned())
                .chain(["ns".to_owned(), "q".to_owned()])
                .filter(|n| n.starts_with(text) && n != text)
                .collect();
            names.sort();
            return names;
        };
        let model = self.shown();
        let words: Vec<String> = match name {
            "ns" | "namespaces" => std::iter::once("all".to_owned())
                .chain(model.tenants().map(|t| t.name.to_string()))
                .collect(),
            "why" => model.names_and_types().map(|n| n.to_string()).collect(),
            super::sensor::COMMAND => self.sensor_words(),
            name if self.view_named(name).is_some() => {
                let view = self.view_named(name).and_then(|at| self.views.get(at));
                let pairs = view.is_some_and(|view| view.takes_pairs());
                // The second of two names is completed after the first.
                let first = begun.rsplit_once(' ').filter(|_| pairs);
                let first = first.map_or_else(String::new, |(first, _)| format!("{first} "));
                model
                    .types()
                    .filter(|t| self.choice.covers(&t.key.namespace))
                    .map(|t| format!("{first}{}", t.key.name))
                    .collect()
            }
            name => self
                .offers
                .iter()
                .find(|offer| offer.name == name)
                .map(|offer| offer.words.clone())
                .unwrap_or_default(),
        };
        words
            .into_iter()
            .filter(|w| w.starts_with(begun) && w != begun)
            .map(|w| format!("{name} {w}"))
            .collect()
    }

    /// What the row under the cursor is called, where it is no element but belongs to one.
    pub(in crate::app) fn part(&self) -> Option<String> {
        if self.panes.focus == Focus::Tail || !self.overlays.is_empty() {
            return None;
        }
        self.views.get(self.view)?.part()
    }

    /// Says that what should be changed is not selected.
    pub(in crate::app) fn say_select(&mut self, what: &str) {
        match self.part() {
            Some(part) => self.say(format!("{part} is an operation: select a {what} first")),
            None => self.say(format!("select a {what} first")),
        }
    }

    /// The selected element, or the one that a command names.
    pub(in crate::app) fn target(&self, name: &str) -> Option<crate::model::key::ElementKey> {
        if name.is_empty() {
            self.selected().filter(|_| self.part().is_none())
        } else {
            places::find(self, name)
        }
    }
}
