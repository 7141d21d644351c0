//! The stage of a write: what is wanted, its preview, its confirmation. One file for each operation says
//! what it means; how a stage is answered is the same for all.

mod delete;
mod restart;
mod rollback;
mod rollout;
mod scale;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Widget, Wrap};

use crate::model::element::ComponentType;
use crate::model::intent::{Intent, Operation, Preview, READING_S, Stage};
use crate::model::key::ElementKey;
use crate::model::observation::Kind;
use crate::model::query::links::Side;
use crate::ui::Ctx;
use crate::ui::detail;
use crate::ui::format;
use crate::ui::theme::Theme;
use crate::ui::views::lines;

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

/// What an operation says for itself.
struct Words {
    /// `scale cart`.
    title: String,
    /// Of what, and what it is about to become.
    head: Line<'static>,
    /// The keys that change what is staged.
    keys: Option<(&'static str, &'static str)>,
    /// What the preview tells; nothing before.
    told: Vec<Line<'static>>,
    /// What confirming does, after "enter": `writes 5 to cart`.
    does: String,
    /// What `u` does afterwards, after "u".
    undo: Result<String, &'static str>,
}

fn words(intent: &Intent, ctx: &Ctx<'_>) -> Words {
    let preview = match &intent.stage {
        Stage::Previewed { preview } => Some(preview),
        _ => None,
    };
    match &intent.operation {
        Operation::Scale { before, wanted } => {
            let preview = match preview {
                Some(Preview::Scale(preview)) => Some(preview),
                _ => None,
            };
            scale::words(intent, (*before, *wanted), preview, ctx)
        }
        Operation::Restart => {
            let preview = match preview {
                Some(Preview::Restart(preview)) => Some(preview),
                _ => None,
            };
            restart::words(intent, preview, ctx)
        }
        Operation::Rollback { to } => {
            let preview = match preview {
                Some(Preview::Rollback(preview)) => Some(&**preview),
                _ => None,
            };
            rollback::words(intent, *to, preview, ctx)
        }
        Operation::Delete { pod, uid } => {
            let preview = match preview {
                Some(Preview::Delete(preview)) => Some(preview),
                _ => None,
            };
            delete::words(intent, (pod, uid), preview, ctx)
        }
    }
}

/// Draws the stage over the middle of the screen; `ripe` says whether a key answers its preview by now.
pub fn draw(intent: &Intent, ripe: bool, screen: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
    let words = words(intent, ctx);
    let title = format!(" {} ", words.title);
    let page = page(intent, ripe, words, ctx);
    let width = screen.width.min(76);
    let block = Block::bordered()
        .border_set(super::border_set(ctx.theme))
        .border_style(ctx.theme.warning())
        .title(title)
        .padding(ratatui::widgets::Padding::horizontal(1));
    let inner = usize::from(width.saturating_sub(4)).max(1);
    let rows: usize = page.iter().map(|l| rows(l, inner)).sum();
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
    let inside = block.inner(area);
    block.render(area, buf);
    let page = Paragraph::new(page).wrap(Wrap { trim: false });
    super::page(page, inside, buf, ctx.theme);
}

/// Rows that a line takes: broken at blanks, it may take more than its cells alone would.
fn rows(line: &Line<'_>, inner: usize) -> usize {
    let text: String = line.spans.iter().map(|s| &*s.content).collect();
    let wrapped = lines::wrap(&text, inner, usize::MAX, "").len();
    wrapped.max(line.width().div_ceil(inner)).max(1)
}

fn page(intent: &Intent, ripe: bool, words: Words, ctx: &Ctx<'_>) -> Vec<Line<'static>> {
    let theme = ctx.theme;
    let seen = ctx.model.component_type(&intent.target);
    let mut lines = vec![words.head];
    lines.extend(seen.map(|e| who_depends(e, intent, ctx)));
    let esc = || Span::styled("esc", theme.key());
    let enter = || Span::styled("enter", theme.key());
    match &intent.stage {
        Stage::Staged => {
            let mut spans = Vec::new();
            if let Some((keys, what)) = words.keys {
                spans.extend([Span::styled(keys, theme.key()), Span::raw(what)]);
            }
            spans.extend([
                enter(),
                Span::raw(" previews, "),
                esc(),
                Span::raw(" drops it. Nothing is written yet."),
            ]);
            lines.push(Line::from(spans));
            // What cannot be taken back is said before anything is asked.
            lines.extend(words.undo.err().map(|why| warned(why, theme)));
        }
        Stage::Previewing => lines.push(Line::from(format!(
            "reading how it is now: each answer is waited for, up to {READING_S} s"
        ))),
        Stage::Previewed { .. } => {
            lines.extend(words.told);
            // What is typed before it was read was not meant for it. As long as the key, so that nothing
            // moves when it comes.
            let key = if ripe {
                enter()
            } else {
                Span::styled("wait:", theme.dim())
            };
            let mut spans = vec![key, Span::raw(format!(" {}, ", words.does))];
            spans.extend([esc(), Span::raw(" drops it.")]);
            match words.undo {
                Ok(undo) => spans.extend([
                    Span::raw(" Afterwards "),
                    Span::styled("u", theme.key()),
                    Span::raw(format!(" {undo}.")),
                ]),
                Err(why) => lines.push(warned(why, theme)),
            }
            lines.push(Line::from(spans));
        }
        Stage::Sending => lines.push(Line::from("writing …")),
        Stage::Failed { why } => {
            lines.push(warned(format!("not done: {why}"), theme));
            lines.push(Line::from(vec![
                enter(),
                Span::raw(" previews again, "),
                esc(),
                Span::raw(" drops it"),
            ]));
        }
        _ => {}
    }
    lines
}

/// A line that should not be overlooked.
fn warned(text: impl Into<String>, theme: &Theme) -> Line<'static> {
    Line::from(Span::styled(text.into(), theme.warning()))
}

/// `Deployment shop/cart: now … → then …`.
fn now_then(intent: &Intent, now: String, then: String, theme: &Theme) -> Line<'static> {
    let target = &intent.target;
    Line::from(vec![
        Span::raw(format!(
            "{} {}/{}: ",
            target.kind, target.namespace, target.name
        )),
        Span::styled(now, theme.text()),
        Span::raw(format!(" {} ", theme.glyphs.arrow)),
        Span::styled(then, theme.warning()),
    ])
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
    let who = if names.is_empty() && ctx.lacks(Kind::Service) {
        "who calls it is no data".to_owned()
    } else if names.is_empty() {
        "nobody that is known calls it".to_owned()
    } else {
        format!("called by {}", names.join(", "))
    };
    let ready = match e.desired {
        Some(desired) => format!("{} of {desired} ready", e.ready),
        None => format!("{} ready", e.ready),
    };
    Line::from(format!("{ready}; {who}"))
}
