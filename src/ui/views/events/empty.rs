//! Why no line is there, in sentences: missing data is never taken for "nothing happened".

use super::rows::in_choice;
use crate::model::source::{SourceState, SourceStatus};
use crate::ui::Ctx;
use crate::ui::views::lines::{loading, number};

pub(super) fn lines(n: usize) -> String {
    match n {
        1 => "1 line".to_owned(),
        n => format!("{} lines", number(n as u64)),
    }
}

/// Why no line is there: what is said instead, sentence by sentence.
pub(super) fn empty(ctx: &Ctx<'_>) -> Vec<String> {
    let total = ctx.log.entries().len();
    let chosen = ctx.log.entries().filter(|e| in_choice(e, ctx)).count();
    let mut said = Vec::new();
    if total > 0 && chosen == 0 {
        let others = lines(total);
        said.push(format!(
            "nothing has happened in {} yet; {others} of other namespaces are not shown",
            ctx.choice
        ));
    } else if total > 0 && !ctx.filter.is_empty() {
        said.push(format!(
            "no line passes the filter {}; esc clears it",
            ctx.filter.source()
        ));
        if ctx.only_broken {
            said.push("only warnings are asked for".to_owned());
        }
    } else if total > 0 {
        said.push(format!("no warning among {}", lines(chosen)));
    }
    for status in event_sources(ctx) {
        said.extend(trouble(status, ctx));
    }
    let loading = event_sources(ctx).any(|s| s.state.as_ref().is_some_and(SourceState::is_loading));
    if total == 0 && !loading {
        said.insert(
            0,
            "no events yet: what happens from now on appears here".to_owned(),
        );
    }
    said
}

/// What tells of the cluster's events: their own watch, and the session below it.
pub(super) fn event_sources<'a>(ctx: &Ctx<'a>) -> impl Iterator<Item = &'a SourceStatus> {
    ctx.model.sources().values().filter(|status| {
        &*status.key.source == "kubernetes" && matches!(&*status.key.part, "session" | "events")
    })
}

fn trouble(status: &SourceStatus, ctx: &Ctx<'_>) -> Option<String> {
    let place = match &status.key.namespace {
        Some(namespace) => format!("{} in {namespace}", status.key.part),
        None => status.key.part.to_string(),
    };
    match status.state.as_ref()? {
        SourceState::Loading { seen } => {
            Some(format!("Kubernetes {place}: {}", loading(*seen, ctx.theme)))
        }
        state => {
            let why = state.why()?;
            Some(format!("Kubernetes {place} {}: {why}", state.word()))
        }
    }
}
