//! The stage of a deletion: what ends, and what comes instead.

use ratatui::text::{Line, Span};

use super::{Words, warned};
use crate::model::element::ComponentState;
use crate::model::element::Element;
use crate::model::intent::{DeletePreview, Intent};
use crate::model::key::ElementKey;
use crate::model::text::Text;
use crate::ui::Ctx;

pub(super) fn words(
    intent: &Intent,
    (pod, uid): (&Text, &Text),
    preview: Option<&DeletePreview>,
    ctx: &Ctx<'_>,
) -> Words {
    let target = &intent.target;
    let mut head = vec![Span::raw(format!("Pod {}/{pod}", target.namespace))];
    // A bare pod is of itself.
    if &*target.kind != "Pod" {
        let of = format!(" of {} {}", target.short_kind(), target.name);
        head.push(Span::styled(of, ctx.theme.dim()));
    }
    Words {
        title: format!("delete {pod}"),
        head: Line::from(head),
        keys: None,
        told: preview.map_or_else(Vec::new, |p| told(intent, uid, p, ctx)),
        does: format!("deletes {pod}"),
        undo: Err("A deletion cannot be undone: this pod will be gone."),
    }
}

fn told(intent: &Intent, uid: &Text, preview: &DeletePreview, ctx: &Ctx<'_>) -> Vec<Line<'static>> {
    let theme = ctx.theme;
    let mut lines = vec![
        Line::from(match preview.grace_s {
            0 => "it is ended at once".to_owned(),
            s => format!("it gets {s} s to end by itself"),
        }),
        instead(preview, ctx),
    ];
    let seen = ctx.model.get(&ElementKey::component(uid));
    match seen {
        Some(Element::Component(pod)) => {
            let ready = ctx.model.component_type(&intent.target).map(|e| e.ready);
            if pod.state == ComponentState::Started && ready == Some(1) {
                let text = "it is the only ready one: nobody answers its callers meanwhile";
                lines.push(warned(text, theme));
            }
        }
        _ => lines.push(warned("it is gone by now: this will be refused", theme)),
    }
    if preview.terminating {
        lines.push(warned("it is being deleted already", theme));
    }
    if !preview.finalizers.is_empty() {
        let text = format!(
            "it stays until whoever set {} is done with it",
            preview.finalizers.join(", ")
        );
        lines.push(warned(text, theme));
    }
    lines
}

/// What comes instead of it.
fn instead(preview: &DeletePreview, ctx: &Ctx<'_>) -> Line<'static> {
    match &preview.controller {
        None => warned(
            "no controller owns it: nothing makes another one",
            ctx.theme,
        ),
        Some((kind, name)) => match &**kind {
            "Node" => warned(
                "it is a static pod: its kubelet runs it from a file, whatever is deleted here",
                ctx.theme,
            ),
            "StatefulSet" => Line::from(format!(
                "StatefulSet {name} makes it anew, under the same name"
            )),
            _ => Line::from(format!(
                "{kind} {name} makes another one if it is still wanted"
            )),
        },
    }
}
