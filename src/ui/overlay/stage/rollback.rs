//! The stage of a rollback: which revision is there now, and which one comes back.

use ratatui::text::{Line, Span};

use super::{Words, now_then, rollout, warned};
use crate::model::intent::{Difference, Intent, Revision, RollbackPreview};
use crate::ui::Ctx;
use crate::ui::format;

pub(super) fn words(
    intent: &Intent,
    to: Option<u64>,
    preview: Option<&RollbackPreview>,
    ctx: &Ctx<'_>,
) -> Words {
    let name = &intent.target.name;
    let (now, then, undo) = match (preview, to) {
        (Some(preview), _) => {
            let (from, to) = (preview.from.number, preview.to.number);
            (
                format!("now revision {from}"),
                format!("then revision {to}"),
                format!("goes back to {from}"),
            )
        }
        (None, Some(to)) => (
            "now its last revision".to_owned(),
            format!("then revision {to}"),
            String::new(),
        ),
        (None, None) => (
            "now its last revision".to_owned(),
            "then the one before".to_owned(),
            String::new(),
        ),
    };
    let does = preview.map_or_else(String::new, |p| {
        format!("rolls {name} back to revision {}", p.to.number)
    });
    Words {
        title: format!("roll back {name}"),
        head: now_then(intent, now, then, ctx.theme),
        keys: None,
        told: preview.map_or_else(Vec::new, |p| told(intent, p, ctx)),
        does,
        undo: Ok(undo),
    }
}

fn told(intent: &Intent, preview: &RollbackPreview, ctx: &Ctx<'_>) -> Vec<Line<'static>> {
    let theme = ctx.theme;
    let mut lines = vec![
        revision("now ", &preview.from, ctx),
        revision("then", &preview.to, ctx),
    ];
    match preview.difference {
        Difference::Images => {}
        Difference::Restart => lines.push(warned(
            "they differ by a restart only: going back there changes nothing about the program",
            theme,
        )),
        Difference::Other => lines.push(Line::from(
            "the images are the same: the environment, resources or other settings differ",
        )),
    }
    let others: Vec<String> = preview
        .kept
        .iter()
        .filter(|n| **n != preview.from.number && **n != preview.to.number)
        .map(u64::to_string)
        .collect();
    if !others.is_empty() {
        lines.push(Line::from(format!(
            "also kept: {}; :rollback and a number goes there",
            others.join(", ")
        )));
    }
    lines.extend(rollout::told(intent, &preview.rollout, ctx));
    lines
}

/// `now  4  registry/cart:2  since 5m`.
fn revision(when: &str, revision: &Revision, ctx: &Ctx<'_>) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("{when} {}  ", revision.number), ctx.theme.heading()),
        Span::raw(revision.images.join(", ")),
        Span::styled(
            format!("  from {} ago", format::age(revision.created, ctx.now)),
            ctx.theme.dim(),
        ),
    ])
}
