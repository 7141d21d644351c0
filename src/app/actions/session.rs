//! The session itself: help, back, quit, pause, clock, unlocking, retrying, copying.

use jiff::SignedDuration;

use super::{Entry, app};
use crate::app::effect::Effect;
use crate::app::state::{App, Overlay};
use crate::model::log::Severity;
use crate::ui::action::{Action, Place};
use crate::ui::filter::Filter;
use crate::ui::overlay::help::Help;
use crate::ui::screen::{Focus, Mode};

/// How long `:write` unlocks, in minutes.
const UNLOCK_MINUTES: i64 = 15;

/// Said where there is no way back; the next key takes it away, for it is true of this place only.
pub(in crate::app) const FIRST_VIEW: &str = "this is the first view: ctrl-c or :q quits";

pub(super) fn entries() -> Vec<Entry> {
    let mut table = vec![
        app(
            Action::new("help", &["?"], "help", "this page"),
            |app, _| {
                app.overlays.push(Overlay::Help(Help::default()));
                Vec::new()
            },
        ),
        app(
            Action::new(
                "back",
                &["esc", "q"],
                "",
                "close, clear the filter, or to the view before",
            ),
            back,
        ),
        app(
            Action::new(
                "interrupt",
                &["ctrl-c"],
                "",
                "close what is open, else quit",
            ),
            interrupt,
        ),
        app(Action::new("quit", &[], "", "quit; :q"), |app, _| quit(app)),
        app(
            Action::new(
                "pause",
                &["P"],
                "",
                "freeze what is shown, while the model goes on",
            ),
            pause,
        ),
        app(
            Action::new("utc", &["Z"], "", "times in UTC, or in your zone"),
            |app, _| {
                std::mem::swap(&mut app.zones.0, &mut app.zones.1);
                Vec::new()
            },
        ),
        app(
            Action::new(
                "retry",
                &["ctrl-r"],
                "",
                "ask the sources that failed again now",
            ),
            |app, _| {
                app.say("asking again");
                vec![Effect::Retry]
            },
        ),
        app(
            Action::new(
                "copy",
                &["c"],
                "",
                "copy the selected name to your terminal's clipboard",
            ),
            copy,
        ),
        app(
            Action::new(
                "write",
                &[],
                "",
                "unlock writing for 15 minutes; :lock ends it",
            ),
            unlock,
        ),
        app(
            Action::new("lock", &[], "", "lock writing again"),
            |app, _| {
                if app.mode != Mode::ReadOnly {
                    app.mode = Mode::Locked;
                    app.say("writing is locked");
                }
                Vec::new()
            },
        ),
    ];
    // Each overlay closes by the same keys, and none of them reaches what is below.
    let closes: [(&'static str, &'static str, &[&str]); 10] = [
        ("examples", "examples-close", &["esc", "q", "ctrl-c"]),
        ("trace", "trace-close", &["esc", "q", "ctrl-c"]),
        (
            "trace that is not there",
            "trace-missing-close",
            &["esc", "q", "ctrl-c"],
        ),
        (
            "trace that is awaited",
            "trace-awaited-close",
            &["esc", "q", "ctrl-c"],
        ),
        ("span", "span-close", &["esc", "q", "enter", "ctrl-c"]),
        ("why", "why-close", &["esc", "q", "ctrl-c"]),
        ("help", "help-close", &["esc", "q", "?", "ctrl-c"]),
        ("detail", "detail-close", &["esc", "q", "enter", "ctrl-c"]),
        ("namespaces", "namespace-close", &["esc", "ctrl-c"]),
        ("prompt", "prompt-close", &["esc", "ctrl-c"]),
    ];
    table.extend(closes.into_iter().map(|(place, name, keys)| {
        app(
            Action::new(name, keys, "close", "close it").at(Place::Overlay(place)),
            |app, _| close(app),
        )
    }));
    table
}

pub(super) fn close(app: &mut App) -> Vec<Effect> {
    if let Some(Overlay::Trace(page)) = app.overlays.last_mut()
        && page.leave()
    {
        return Vec::new();
    }
    match app.overlays.last() {
        Some(Overlay::Prompt(_)) => return app.close_prompt(false),
        Some(Overlay::Stage { .. }) => {
            app.stage = None;
            app.say("dropped: nothing was written");
        }
        _ => {}
    }
    app.overlays.pop();
    Vec::new()
}

fn back(app: &mut App, _: &str) -> Vec<Effect> {
    if app.panes.focus != Focus::View {
        app.panes.focus = Focus::View;
    } else if app.is_from_page() && app.go_back() {
        // The filter was there before the page that one came from.
    } else if !app.filter.is_empty() {
        app.filter = Filter::default();
    } else if app.only_broken {
        app.only_broken = false;
    } else if !app.go_back() {
        app.say(FIRST_VIEW);
    }
    Vec::new()
}

fn interrupt(app: &mut App, _: &str) -> Vec<Effect> {
    if app.overlays.is_empty() {
        quit(app)
    } else {
        close(app)
    }
}

/// Quits; while a write is on its way, asks first.
fn quit(app: &mut App) -> Vec<Effect> {
    if app.is_writing() && !app.asked_to_quit {
        app.asked_to_quit = true;
        app.say("a write is still being verified: once more quits anyway");
        return Vec::new();
    }
    vec![Effect::Quit]
}

fn pause(app: &mut App, _: &str) -> Vec<Effect> {
    if app.frozen.take().is_none() {
        app.frozen = Some(Box::new((app.live.clone(), app.log.clone())));
    }
    app.waiting = 0;
    Vec::new()
}

fn copy(app: &mut App, _: &str) -> Vec<Effect> {
    let selected = app.selected();
    let element = selected.and_then(|key| Some(app.shown().get(&key)?.name().to_string()));
    let Some(name) = app.part().or(element) else {
        app.say("nothing is selected");
        return Vec::new();
    };
    app.say(format!("copied {name}"));
    vec![Effect::Copy(name)]
}

fn unlock(app: &mut App, _: &str) -> Vec<Effect> {
    match app.mode {
        Mode::ReadOnly => app.say("started with --read-only: writing is not possible"),
        Mode::Write { until: None } => app.say("writing is possible already"),
        Mode::Locked | Mode::Write { .. } => {
            let until = app
                .now
                .wall
                .checked_add(SignedDuration::from_mins(UNLOCK_MINUTES))
                .ok();
            app.mode = Mode::Write { until };
            let text = format!("writing unlocked for {UNLOCK_MINUTES} minutes");
            app.log.note(app.now.wall, Severity::Notice, None, &text);
            app.say(text);
        }
    }
    Vec::new()
}
