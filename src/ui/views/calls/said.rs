//! What is said around the rows: the title, and what stands where there are none.

use super::CallsView;
use crate::model::key::ElementKey;
use crate::model::observation::Kind;
use crate::model::query::links::Side;
use crate::model::source::SourceState;
use crate::ui::views::lines::number;
use crate::ui::{Ctx, detail, format};

/// The direction, the counts and the window.
pub(super) fn title(view: &CallsView, ctx: &Ctx<'_>) -> String {
    let Some(root) = &view.root else {
        return String::new();
    };
    let name = detail::name(root, ctx);
    let mut parts = vec![match view.side {
        Side::Callees => format!("{name} and whom it calls"),
        Side::Callers => format!("{name} and who calls it"),
    }];
    if ctx.model.get(root).is_none() {
        parts.push("gone".to_owned());
        return parts.join(&format!(" {} ", ctx.theme.glyphs.dot));
    }
    let (shown, reached) = (view.tree.shown, view.tree.reached);
    let count = |n: usize| number(n as u64);
    let others = if reached == 1 { "other" } else { "others" };
    parts.push(if shown == reached {
        format!("{} {others}", count(reached))
    } else {
        format!("{} of {} {others}", count(shown), count(reached))
    });
    match ctx.model.recent_window_ms() {
        Some(ms) if ctx.is_sampled() => {
            parts.push(format!("sampled rates over {}", format::window(ms)));
        }
        Some(ms) => parts.push(format!("rates over {}", format::window(ms))),
        None if ctx.model.has_telemetry() => parts.push("no rates yet".to_owned()),
        None => parts.push("declared links only".to_owned()),
    }
    parts.join(&format!(" {} ", ctx.theme.glyphs.dot))
}

/// What stands where there is no root.
pub(super) fn rootless(ctx: &Ctx<'_>) -> String {
    let mut sources = ctx.model.sources().values();
    if let Some(what) = sources.find_map(|s| s.waits_for()) {
        return format!("waiting for {what}");
    }
    let states = ctx.model.sources().values();
    let loading: Vec<String> = states
        .filter_map(|s| match s.state.as_ref()? {
            SourceState::Loading { seen } => Some(format!("{} {seen}", s.key.part)),
            _ => None,
        })
        .collect();
    if !loading.is_empty() || !ctx.has_listed(Kind::Pod) {
        let so_far = format!("{} {}", loading.join(", "), ctx.theme.glyphs.ellipsis);
        return format!("reading the cluster: {}", so_far.trim_start());
    }
    format!(
        "nothing runs in {}, so nobody calls: n chooses other namespaces, :sources says what is read",
        ctx.choice
    )
}

/// What stands where the root was.
pub(super) fn gone(ctx: &Ctx<'_>, root: &ElementKey) -> String {
    let name = detail::name(root, ctx);
    format!(
        "{name} is gone: deleted, renamed, or its namespace was left. Its calls return when it does; :calls NAME \
         starts from another one"
    )
}

/// What stands below a root without rows: that there is nobody, or that nobody passes; nothing where there are rows.
pub(super) fn alone(view: &CallsView, ctx: &Ctx<'_>) -> Option<String> {
    let root = view.root.as_ref()?;
    if view.tree.rows.len() != 1 || view.tree.rows.first().is_some_and(|row| row.children) {
        return None;
    }
    let name = detail::name(root, ctx);
    let who = match view.side {
        Side::Callees => format!("whom {name} calls"),
        Side::Callers => format!("who calls {name}"),
    };
    if view.tree.reached > 0 {
        let reached = number(view.tree.reached as u64);
        let none = format!("none of the {reached} that it leads to");
        let filter = ctx.filter.source();
        return Some(match (ctx.only_broken, ctx.filter.is_empty()) {
            (true, true) => {
                format!("{none} is broken, and no call on the way fails: ctrl-z shows all")
            }
            (true, false) => {
                format!("{none} is broken and passes the filter /{filter}: esc clears it")
            }
            _ => format!("{none} passes the filter /{filter}: esc clears it"),
        });
    }
    if ctx.lacks(Kind::Service) {
        return Some(format!(
            "{who} is no data: Services are not listed, v s says why"
        ));
    }
    let nobody = match view.side {
        Side::Callees => format!("{name} calls nobody that is known"),
        Side::Callers => format!("nobody that is known calls {name}"),
    };
    let traces = if ctx.model.has_telemetry() {
        ":why tells what is known of it"
    } else {
        "no calls were seen: without a trace source (--zipkin URL) only declared links are known"
    };
    Some(format!("{nobody}; {traces}; f looks the other way"))
}
