//! The replica stage: a number on the row, its preview, its confirmation.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Widget, Wrap};

use crate::model::element::ComponentType;
use crate::model::intent::{Autoscaler, Intent, Stage};
use crate::model::key::ElementKey;
use crate::model::query::links::Side;
use crate::ui::Ctx;
use crate::ui::detail;
use crate::ui::format;

/// Most replicas that the stage takes: more is a slip of the finger.
pub const LIMIT: u32 = 10_000;
/// Most callers named in the preview.
const CALLERS: usize = 4;

/// Changes the staged number: a digit is appended while digits are typed, and replaces the number first.
#[must_use]
pub fn with_digit(wanted: u32, digit: u32, typing: bool) -> u32 {
    if typing {
        wanted.saturating_mul(10).saturating_add(digit).min(LIMIT)
    } else {
        digit
    }
}

/// Draws the stage over the lower part of the screen.
pub fn draw(intent: &Intent, screen: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
    let lines = lines(intent, ctx);
    let width = screen.width.min(76);
    let inner = usize::from(width.saturating_sub(4)).max(1);
    let rows: usize = lines.iter().map(|l| l.width().div_ceil(inner).max(1)).sum();
    let height = u16::try_from(rows + 2)
        .unwrap_or(u16::MAX)
        .min(screen.height);
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    };
    Clear.render(area, buf);
    let title = format!(" scale {} ", intent.target.name);
    let block = Block::bordered()
        .border_set(super::border_set(ctx.theme))
        .border_style(ctx.theme.warning())
        .title(title)
        .padding(ratatui::widgets::Padding::horizontal(1));
    let inside = block.inner(area);
    Paragraph::new(lines)
        .wrap(Wrap { trim: false })
        .block(block)
        .render(area, buf);
    super::seal(inside, buf, ctx.theme);
}

fn lines(intent: &Intent, ctx: &Ctx<'_>) -> Vec<Line<'static>> {
    let theme = ctx.theme;
    let seen = ctx.model.component_type(&intent.target);
    let now = match &intent.stage {
        Stage::Previewed { preview } => preview.replicas_now,
        _ => intent.before,
    };
    let mut lines = vec![Line::from(vec![
        Span::raw(format!(
            "{} {}/{}: ",
            intent.target.kind, intent.target.namespace, intent.target.name
        )),
        Span::styled(format!("now {now}"), theme.text()),
        Span::raw(format!(" {} ", theme.glyphs.arrow)),
        Span::styled(format!("then {}", intent.wanted), theme.warning()),
    ])];
    lines.extend(seen.map(|e| who_depends(e, intent, ctx)));
    match &intent.stage {
        Stage::Staged => lines.push(Line::from(vec![
            Span::styled("+ -", theme.key()),
            Span::raw(" or digits change it, "),
            Span::styled("enter", theme.key()),
            Span::raw(" previews, "),
            Span::styled("esc", theme.key()),
            Span::raw(" drops it. Nothing is written yet."),
        ])),
        Stage::Previewing => lines.push(Line::from("reading how it is now …")),
        Stage::Previewed { preview } => {
            lines.push(autoscaler(&preview.autoscaler, intent.wanted, ctx));
            if preview.replicas_now != intent.before {
                lines.push(Line::from(Span::styled(
                    format!(
                        "it was {} when you staged it, and is {} now",
                        intent.before, preview.replicas_now
                    ),
                    theme.warning(),
                )));
            }
            let other = seen
                .and_then(|e| e.desired)
                .filter(|d| *d != preview.replicas_now);
            if let Some(other) = other {
                lines.push(Line::from(Span::styled(
                    format!("it was set to {other} since: this will be refused; esc, then anew"),
                    theme.warning(),
                )));
            }
            if intent.wanted == 0 {
                lines.push(Line::from(Span::styled(
                    "0 stops it: nobody will answer its callers",
                    theme.warning(),
                )));
            }
            lines.push(Line::from(vec![
                Span::styled("enter", theme.key()),
                Span::raw(format!(
                    " writes {} to {}, ",
                    intent.wanted, intent.target.name
                )),
                Span::styled("esc", theme.key()),
                Span::raw(" drops it. Afterwards "),
                Span::styled("u", theme.key()),
                Span::raw(format!(" goes back to {}.", preview.replicas_now)),
            ]));
        }
        Stage::Sending => lines.push(Line::from("writing …")),
        Stage::Failed { why } => {
            lines.push(Line::from(Span::styled(
                format!("not done: {why}"),
                theme.warning(),
            )));
            lines.push(Line::from(vec![
                Span::styled("enter", theme.key()),
                Span::raw(" previews again, "),
                Span::styled("esc", theme.key()),
                Span::raw(" drops it"),
            ]));
        }
        _ => {}
    }
    lines
}

fn who_depends(e: &ComponentType, intent: &Intent, ctx: &Ctx<'_>) -> Line<'static> {
    let key = ElementKey::Type(intent.target.clone());
    let callers = ctx.model.neighbours(&key, Side::Callers);
    let mut names: Vec<String> = callers
        .iter()
        .take(CALLERS)
        .map(|n| {
            let rate = n.call.map_or_else(
                || " (declared)".to_owned(),
                |c| format!(" {}/s", format::rate(c.recent)),
            );
            format!("{}{rate}", detail::name(n.key, ctx))
        })
        .collect();
    if callers.len() > CALLERS {
        names.push(format!("{} more", callers.len() - CALLERS));
    }
    let who = if names.is_empty() {
        "nobody that is known calls it".to_owned()
    } else {
        format!("called by {}", names.join(", "))
    };
    Line::from(format!(
        "{} of {} ready; {who}",
        e.ready,
        e.desired.unwrap_or(0)
    ))
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
