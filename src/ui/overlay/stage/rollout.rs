//! What restart and rollback share in their stages: how pods will be replaced.

use ratatui::text::Line;

use super::warned;
use crate::model::intent::{Intent, Rollout, Strategy};
use crate::ui::Ctx;

/// How pods are replaced, and what that means for callers.
pub(super) fn told(intent: &Intent, rollout: &Rollout, ctx: &Ctx<'_>) -> Vec<Line<'static>> {
    let theme = ctx.theme;
    let mut lines = Vec::new();
    let pods = match rollout.desired {
        1 => "its one pod is".to_owned(),
        n => format!("its {n} pods are"),
    };
    lines.push(match rollout.strategy {
        _ if rollout.desired == 0 => warned("it wants no pods: none will be replaced", theme),
        Strategy::Rolling => Line::from(format!("{pods} replaced a few at a time")),
        Strategy::OneByOne if rollout.desired == 1 => warned(
            "its one pod stops before the new one starts: nobody answers its callers meanwhile",
            theme,
        ),
        Strategy::OneByOne => Line::from(format!(
            "{pods} replaced one after another, each stopped before the new one starts"
        )),
        Strategy::Recreate => warned(
            format!("{pods} stopped before new ones start: nobody answers its callers meanwhile"),
            theme,
        ),
        Strategy::OnDelete => warned(
            "its strategy is OnDelete: pods stay as they are until somebody deletes them",
            theme,
        ),
    });
    if rollout.kept > 0 {
        let text = format!("its partition keeps {} of them as they are", rollout.kept);
        lines.push(warned(text, theme));
    }
    let seen = ctx.model.component_type(&intent.target);
    if seen.is_some_and(|e| e.generation > rollout.generation) {
        let text = "it was changed since: this will be refused; esc, then anew";
        lines.push(warned(text, theme));
    }
    lines
}
