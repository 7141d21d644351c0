//! The stage of another number of components.

use ratatui::text::{Line, Span};

use super::{Words, now_then, warned};
use crate::model::intent::{Autoscaler, Intent, ScalePreview};
use crate::ui::Ctx;

pub(super) fn words(
    intent: &Intent,
    (before, wanted): (u32, u32),
    preview: Option<&ScalePreview>,
    ctx: &Ctx<'_>,
) -> Words {
    let name = &intent.target.name;
    // What was remembered when it was staged may be old: an undo's number, say.
    let seen = ctx.model.component_type(&intent.target);
    let now = seen.and_then(|seen| seen.desired).unwrap_or(before);
    let now = preview.map_or(now, |p| p.replicas_now);
    Words {
        title: format!("scale {name}"),
        head: now_then(
            intent,
            format!("now {now}"),
            format!("then {wanted}"),
            ctx.theme,
        ),
        keys: Some(("+ -", " or digits change it, ")),
        told: preview.map_or_else(Vec::new, |p| told(intent, (before, wanted), p, ctx)),
        does: format!("writes {wanted} to {name}"),
        undo: Ok(format!("goes back to {now}")),
    }
}

fn told(
    intent: &Intent,
    (before, wanted): (u32, u32),
    preview: &ScalePreview,
    ctx: &Ctx<'_>,
) -> Vec<Line<'static>> {
    let theme = ctx.theme;
    let now = preview.replicas_now;
    let mut lines = vec![autoscaler(&preview.autoscaler, wanted, ctx)];
    if now != before {
        let text = format!("it was {before} when you staged it, and is {now} now");
        lines.push(warned(text, theme));
    }
    let seen = ctx.model.component_type(&intent.target);
    if let Some(other) = seen.and_then(|e| e.desired).filter(|d| *d != now) {
        let text = format!("it was set to {other} since: this will be refused; esc, then anew");
        lines.push(warned(text, theme));
    }
    if wanted == 0 {
        lines.push(warned("0 stops it: nobody will answer its callers", theme));
    }
    lines
}

fn autoscaler(autoscaler: &Autoscaler, wanted: u32, ctx: &Ctx<'_>) -> Line<'static> {
    match autoscaler {
        Autoscaler::None => Line::from("no autoscaler targets it"),
        Autoscaler::Unknown { why } => Line::from(Span::styled(
            format!("whether an autoscaler targets it is not known: {why}"),
            ctx.theme.warning(),
        )),
        Autoscaler::Found {
            name,
            min,
            max,
            desired,
        } => {
            // An autoscaler that cannot read its metrics wants nothing, which is not none.
            let wants = match desired {
                0 => ", does not know now how many it wants".to_owned(),
                n => format!(", wants {n} now"),
            };
            let verdict = if wanted == 0 {
                "it stays off while the number is 0"
            } else if wanted < *min || wanted > *max {
                "it will turn this back"
            } else {
                "it may turn this back as the load tells it"
            };
            Line::from(Span::styled(
                format!("autoscaler {name} keeps {min} to {max}{wants}: {verdict}"),
                ctx.theme.warning(),
            ))
        }
    }
}
