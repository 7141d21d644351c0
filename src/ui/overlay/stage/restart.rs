//! The stage of a restart.

use ratatui::text::Line;

use super::{Words, now_then, rollout};
use crate::model::intent::{Intent, RestartPreview};
use crate::ui::Ctx;

pub(super) fn words(intent: &Intent, preview: Option<&RestartPreview>, ctx: &Ctx<'_>) -> Words {
    let name = &intent.target.name;
    let (now, then) = ("the pods of now".to_owned(), "new pods".to_owned());
    Words {
        title: format!("restart {name}"),
        head: now_then(intent, now, then, ctx.theme),
        keys: None,
        told: preview.map_or_else(Vec::new, |p| told(intent, p, ctx)),
        does: format!("restarts {name}"),
        undo: Err("A restart cannot be undone: the pods of now will be gone."),
    }
}

fn told(intent: &Intent, preview: &RestartPreview, ctx: &Ctx<'_>) -> Vec<Line<'static>> {
    let mut lines = vec![Line::from(format!(
        "the template stays: {}",
        preview.images.join(", ")
    ))];
    lines.extend(rollout::told(intent, &preview.rollout, ctx));
    lines
}
