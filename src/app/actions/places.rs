//! Going places: views, panes, back and forward, and along calls.

use super::{Entry, Run, app};
use crate::app::effect::Effect;
use crate::app::state::App;
use crate::model::key::ElementKey;
use crate::model::observation::Kind;
use crate::model::query::links::Side;
use crate::ui::action::{Action, Place};
use crate::ui::detail;
use crate::ui::screen::Focus;
use crate::ui::views::least_rate;
use crate::ui::{Answer, Ask, View};

pub(super) fn entries(views: &[Box<dyn View>]) -> Vec<Entry> {
    let mut table = vec![
        app(
            Action::new(
                "callees",
                &[">"],
                "callees",
                "whom the selected element calls, in the graph",
            ),
            |app, _| along(app, Side::Callees),
        ),
        app(
            Action::new(
                "callers",
                &["<"],
                "callers",
                "who calls the selected element, in the graph",
            ),
            |app, _| along(app, Side::Callers),
        ),
    ];
    table.extend([
        app(
            Action::new("path", &[], "", "the ways from the selected element, or one, to another; nothing ends it")
                .takes("[FROM] TO"),
            path,
        ),
        app(
            Action::new("min-rate", &[], "", "only links with so many calls per second, and those that fail; in the whole picture")
                .takes("RATE"),
            |app, text| match least_rate(text) {
                Ok(rate) => ask(app, Ask::LeastRate(rate)),
                Err(why) => {
                    app.say(why);
                    Vec::new()
                }
            },
        ),
        app(
            Action::new("hide", &[], "", "leave out of the whole picture what a filter's expression lets through; nothing shows it")
                .takes("EXPRESSION"),
            |app, text| ask(app, Ask::Hide(text.to_owned())),
        ),
    ]);
    // A view is reached by its letter after `v`, and by its name as a command.
    table.extend(views.iter().map(|view| {
        let keys = format!("v {}", view.letter());
        Entry {
            action: Action::new(view.name(), &[&keys], view.name(), view.about())
                .takes(if view.takes_pairs() { "A [B]" } else { "NAME" }),
            run: Run::Show(view.name()),
        }
    }));
    table.extend([
        app(
            Action::new("last-view", &["-"], "", "the view before, and back again"),
            last_view,
        ),
        app(
            Action::new("history-back", &["["], "", "back to where one was"),
            |app, _| {
                if !app.go_back() {
                    app.say("there is nothing before this");
                }
                Vec::new()
            },
        ),
        app(
            Action::new("history-forward", &["]"], "", "forward again"),
            |app, _| {
                if let Some(after) = app.future.pop() {
                    let from = app.visited();
                    app.past.push(from);
                    app.come_back(after);
                } else {
                    app.say("there is nothing after this");
                }
                Vec::new()
            },
        ),
        app(
            Action::new(
                "next-pane",
                &["tab"],
                "",
                "to the next pane: view, detail, events",
            ),
            next_pane,
        ),
        app(
            Action::new(
                "toggle-detail",
                &["ctrl-g"],
                "",
                "show or hide the detail pane",
            )
            .at(Place::Everywhere),
            |app, _| {
                let pane = app.detail_pane();
                *pane = !*pane;
                app.panes.focus = Focus::View;
                Vec::new()
            },
        ),
        app(
            Action::new(
                "toggle-events",
                &["ctrl-e"],
                "",
                "show or hide the event tail",
            ),
            |app, _| {
                app.panes.tail = !app.panes.tail;
                app.panes.focus = Focus::View;
                Vec::new()
            },
        ),
    ]);
    table
}

impl App {
    /// Goes back to where one was; says whether there was such a place.
    pub(in crate::app) fn go_back(&mut self) -> bool {
        let Some(before) = self.past.pop() else {
            return false;
        };
        let from = self.visited();
        self.future.push(from);
        self.come_back(before);
        true
    }

    /// Shows a view, on the element that a command names or on the selected one.
    pub(in crate::app) fn show(&mut self, view: &str, wanted: &str) {
        let Some(index) = self.view_named(view) else {
            return;
        };
        if wanted.is_empty() {
            // The log opens at its end; where there are elements, one keeps one's bearings.
            let key = self
                .selected()
                .filter(|_| self.views.get(index).is_some_and(|v| v.has_detail()));
            self.go(index, key.as_ref());
            return;
        }
        let takes_pairs = self.views.get(index).is_some_and(|v| v.takes_pairs());
        let named = |name: &str| linked(self, name).ok_or_else(|| name.to_owned());
        let found = match wanted.split_once(' ') {
            Some((caller, callee)) if takes_pairs => {
                named(caller).and_then(|caller| Ok(ElementKey::call(caller, named(callee.trim())?)))
            }
            _ => named(wanted),
        };
        match found {
            Ok(key) => self.go(index, Some(&key)),
            Err(name) => self.say(format!("nothing here is called {name}")),
        }
    }
}

/// The same as [`find`], and whoever else may stand at an end of a link: a type by `namespace/name`, a way in,
/// a name outside.
fn linked(app: &App, name: &str) -> Option<ElementKey> {
    let model = app.shown();
    let within = || {
        let (namespace, name) = name.split_once('/')?;
        let mut types = model
            .types()
            .filter(|t| app.choice.covers(&t.key.namespace));
        let found = types.find(|t| *t.key.namespace == *namespace && *t.key.name == *name)?;
        Some(ElementKey::Type(found.key.clone()))
    };
    let way_in = || {
        let mut ways = model.ingresses().filter(|i| *i.name == *name);
        let way = ways.find(|i| app.choice.covers(&i.namespace))?;
        Some(ElementKey::Ingress {
            way: way.way,
            namespace: way.namespace.clone(),
            name: way.name.clone(),
        })
    };
    let outside = || {
        let key = ElementKey::External { name: name.into() };
        model.get(&key).is_some().then_some(key)
    };
    // Whole names go first, also of what is outside.
    let exact = find(app, name).filter(|key| model.get(key).is_some_and(|e| *e.name() == *name));
    exact
        .or_else(within)
        .or_else(way_in)
        .or_else(outside)
        .or_else(|| find(app, name))
}

/// Asks something of the whole picture, and shows it.
pub(super) fn ask(app: &mut App, wish: Ask) -> Vec<Effect> {
    if let Some(whole) = app.view_named("whole") {
        let key = app.selected();
        if app.view != whole {
            app.go(whole, key.as_ref());
        }
        let answer = app.with_view(whole, |view, ctx| view.ask(wish, ctx));
        if let Some(Answer::Say(text)) = answer {
            app.say(text);
        }
    }
    Vec::new()
}

fn path(app: &mut App, text: &str) -> Vec<Effect> {
    let names: Vec<&str> = text.split_whitespace().collect();
    let ends = match names.as_slice() {
        [] => return ask(app, Ask::Path(None)),
        [to] => {
            let from = app
                .selected()
                .map(|key| app.shown().type_of(&key).map_or(key, ElementKey::Type));
            (from, linked(app, to))
        }
        [from, to, ..] => (linked(app, from), linked(app, to)),
    };
    match ends {
        (Some(from), Some(to)) if from != to => ask(app, Ask::Path(Some((from, to)))),
        (Some(_), Some(_)) => {
            app.say("both ends are the same: :path FROM TO");
            Vec::new()
        }
        (None, _) if names.len() == 1 => {
            app.say("select where the ways begin, or name both ends: :path FROM TO");
            Vec::new()
        }
        (from, _) => {
            let unknown = if from.is_none() {
                names.first()
            } else {
                names.last()
            };
            app.say(format!(
                "nothing here is called {}",
                unknown.unwrap_or(&"so")
            ));
            Vec::new()
        }
    }
}

/// The element of a name: a type before a Service before a pod, by the whole name before its beginning.
pub(super) fn find(app: &App, name: &str) -> Option<ElementKey> {
    let model = app.shown();
    let keys = || {
        let types = model
            .types()
            .filter(|t| app.choice.covers(&t.key.namespace))
            .map(|t| (t.key.name.clone(), ElementKey::Type(t.key.clone())));
        let services = model
            .services()
            .filter(|s| app.choice.covers(&s.namespace))
            .map(|s| (s.name.clone(), ElementKey::service(&s.namespace, &s.name)));
        let pods = model
            .components()
            .filter(|c| app.choice.covers(&c.namespace))
            .map(|c| (c.name.clone(), ElementKey::component(&c.uid)));
        types.chain(services).chain(pods)
    };
    keys()
        .find(|(n, _)| **n == *name)
        .or_else(|| keys().find(|(n, _)| n.starts_with(name)))
        .map(|(_, key)| key)
}

/// Shows the graph around the selected element, with the cursor on the first neighbour of that side.
fn along(app: &mut App, side: Side) -> Vec<Effect> {
    let Some(key) = app.selected() else {
        app.say("select something first");
        return Vec::new();
    };
    let model = app.shown();
    let key = model.type_of(&key).map_or(key, ElementKey::Type);
    let found = model.neighbours(&key, side);
    let names: Vec<String> = found
        .iter()
        .take(5)
        .map(|n| detail::name(n.key, &app.ctx()))
        .collect();
    let name = detail::name(&key, &app.ctx());
    // Links go by the names of Services: without those, that there is none is not known.
    let unnamed = app.ctx().lacks(Kind::Service);
    let text = match (side, names.is_empty()) {
        (Side::Callees, true) if unnamed => {
            format!("whom {name} calls is no data: Services are not listed, v s says why")
        }
        (Side::Callers, true) if unnamed => {
            format!("who calls {name} is no data: Services are not listed, v s says why")
        }
        (Side::Callees, true) => format!("{name} calls nobody that is known"),
        (Side::Callers, true) => format!("nobody that is known calls {name}"),
        (Side::Callees, false) => format!("{name} calls {}", names.join(", ")),
        (Side::Callers, false) => format!("{name} is called by {}", names.join(", ")),
    };
    if let Some(graph) = app.view_named("graph") {
        app.go(graph, Some(&key));
        let verb = match side {
            Side::Callees => crate::ui::action::Verb::Right,
            Side::Callers => crate::ui::action::Verb::Left,
        };
        app.with_view(graph, |view, ctx| view.act(verb, ctx));
    }
    app.say(text);
    Vec::new()
}

fn last_view(app: &mut App, _: &str) -> Vec<Effect> {
    if let Some(before) = app.past.pop() {
        let from = app.visited();
        app.come_back(before);
        app.past.push(from);
    } else {
        app.say("this is the first view");
    }
    Vec::new()
}

fn next_pane(app: &mut App, _: &str) -> Vec<Effect> {
    let has_detail = *app.detail_pane();
    app.panes.focus = match (app.panes.focus, has_detail, app.panes.tail) {
        (Focus::View, true, _) => Focus::Detail,
        (Focus::View | Focus::Detail, _, true) => Focus::Tail,
        _ => Focus::View,
    };
    Vec::new()
}
