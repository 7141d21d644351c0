//! From figures to single traces: the operations of a component type, and the waterfall of a trace.

use super::{Entry, app, overlay, session};
use crate::app::effect::Effect;
use crate::app::state::{App, Overlay};
use crate::model::identity::Resolution;
use crate::model::key::ElementKey;
use crate::trace::id::{SpanId, TraceId};
use crate::ui::action::{Action, Place, Verb};
use crate::ui::overlay::examples::{Example, Examples};
use crate::ui::overlay::trace::TracePage;
use crate::ui::{Answer, Ask};

pub(super) fn entries() -> Vec<Entry> {
    let mut table = vec![
        app(
            Action::new(
                "operations",
                &["."],
                "operations",
                "what is asked of it and what it asks of others; in graph, matrix and call tree, their traces",
            )
            .at(Place::Views(&["tree", "graph", "matrix", "calls", "whole"])),
            operations,
        ),
        app(
            Action::new(
                "trace",
                &[],
                "",
                "a trace as a waterfall, by its id or its page's address",
            )
            .takes("ID"),
            by_id,
        ),
        overlay(
            Action::new("examples-open", &["enter"], "open", "look at this trace")
                .at(Place::Overlay("examples")),
            Verb::Accept,
        ),
        overlay(
            Action::new("trace-open", &["enter"], "span", "all that the span says")
                .at(Place::Overlay("trace")),
            Verb::Accept,
        ),
        overlay(
            Action::new(
                "trace-again",
                &["enter"],
                "ask again",
                "ask the tracing server again",
            )
            .at(Place::Overlay("trace that is not there")),
            Verb::Accept,
        ),
    ];
    for (place, goes, logs, copies) in [
        ("trace", "trace-type", "trace-log", "trace-copy"),
        ("span", "span-type", "span-log", "span-copy"),
    ] {
        let at = Place::Overlay(place);
        let about = "to the component type of the span, in the tree";
        table.push(app(
            Action::new(goes, &["t"], "to the type", about).at(at),
            |app, _| to_type(app),
        ));
        let about = "to the log, at the time when the span began";
        table.push(app(
            Action::new(logs, &["e"], "to the log", about).at(at),
            |app, _| to_log(app),
        ));
        table.push(app(
            Action::new(copies, &["c"], "copy id", "copy the trace's id").at(at),
            |app, _| copy(app),
        ));
    }
    table
}

/// Asks the view for the operations of what is selected; the page of its detail would hide them.
fn operations(app: &mut App, argument: &str) -> Vec<Effect> {
    if !argument.is_empty() {
        app.say("operations takes no name: it opens those of what is selected");
        return Vec::new();
    }
    if matches!(app.overlays.last(), Some(Overlay::Detail { .. })) {
        session::close(app);
    }
    app.verb(Verb::Operations)
}

fn by_id(app: &mut App, argument: &str) -> Vec<Effect> {
    let text = id_in(argument).to_lowercase();
    let is_whole = matches!(text.len(), 16 | 32);
    match TraceId::parse(&text) {
        Ok(id) if is_whole => app.open_trace(id, String::new(), None),
        _ if text.is_empty() => {
            app.say("give the id of a trace, or its address: :trace 4bf92f3577b34da6");
            Vec::new()
        }
        _ => {
            let said = crate::model::text::clean(argument, 40);
            app.say(format!(
                "{said} is no id of a trace: 16 or 32 hexadecimal digits"
            ));
            Vec::new()
        }
    }
}

/// The id in the address of a trace, as Zipkin's page (`…/zipkin/traces/ID`) and its interface
/// (`…/api/v2/trace/ID`) have it; what is no such address, as it is.
fn id_in(text: &str) -> &str {
    let address = text.split(['?', '#']).next().unwrap_or_default();
    let mut parts = address.trim_end_matches('/').rsplit('/');
    match (parts.next(), parts.next()) {
        (Some(id), Some("trace" | "traces")) => id,
        _ => text,
    }
}

/// Shows who recorded the span under the cursor.
fn to_type(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Trace(page)) = app.overlays.last() else {
        return Vec::new();
    };
    let Some(name) = page.service().cloned() else {
        app.say("no service is known to have recorded this");
        return Vec::new();
    };
    let Resolution::Matched { to, .. } = app.shown().resolution(&name) else {
        app.say(format!(
            "{name} is no component type that is known; esc, then :why {name}"
        ));
        return Vec::new();
    };
    let key = ElementKey::Type(to);
    if app.shown().get(&key).is_none() {
        app.say(format!("{name} is gone"));
    } else if let Some(tree) = app.view_named("tree") {
        app.go_from_page(tree, Some(&key));
        if app.selected().as_ref() != Some(&key) {
            // The filter, or the choice of namespaces, hides its row: its page tells of it, over this one.
            app.go_back();
            app.future.clear();
            app.overlays.push(Overlay::Detail { key, offset: 0 });
        }
    }
    Vec::new()
}

/// Shows what else happened when the span under the cursor began.
fn to_log(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Trace(page)) = app.overlays.last() else {
        return Vec::new();
    };
    let Some(began) = page.began() else {
        app.say("this span does not say when it began");
        return Vec::new();
    };
    if let Some(log) = app.view_named("events") {
        app.go_from_page(log, None);
        if let Some(Answer::Say(text)) =
            app.with_view(log, |view, ctx| view.ask(Ask::At(began), ctx))
        {
            app.say(text);
        }
    }
    Vec::new()
}

fn copy(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Trace(page)) = app.overlays.last() else {
        return Vec::new();
    };
    let id = page.id().to_string();
    app.say(format!("copied {id}"));
    vec![Effect::Copy(id)]
}

impl App {
    /// Opens the page of a trace, which is asked for.
    /// One may come for a span of it.
    pub(in crate::app) fn open_trace(
        &mut self,
        id: TraceId,
        of: String,
        span: Option<SpanId>,
    ) -> Vec<Effect> {
        let page = TracePage::new(id, of, span);
        self.overlays.push(Overlay::Trace(page));
        vec![Effect::Trace { id }]
    }

    /// Opens an example: the only one at once.
    pub(in crate::app) fn open_examples(
        &mut self,
        of: String,
        mut examples: Vec<Example>,
    ) -> Vec<Effect> {
        if examples.len() > 1 {
            self.overlays
                .push(Overlay::Examples(Examples::new(of, examples)));
            return Vec::new();
        }
        let Some(example) = examples.pop() else {
            self.say(format!("no trace of {of} is known"));
            return Vec::new();
        };
        let of = format!("{of}: {}", example.words());
        self.open_example(&example, of)
    }

    pub(in crate::app) fn open_example(&mut self, example: &Example, of: String) -> Vec<Effect> {
        match TraceId::parse(&example.trace) {
            Ok(id) => self.open_trace(id, of, example.span),
            Err(why) => {
                self.say(format!("that trace has no id to ask for: {why}"));
                Vec::new()
            }
        }
    }
}
