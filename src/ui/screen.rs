//! One screen: the first line, the body with its panes, the event tail, the last line, and what stands over them.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Widget, Wrap};

use super::format::{self, NONE};
use super::{Ctx, View, detail, overlay};
use crate::model::element::Health;
use crate::model::key::ElementKey;
use crate::model::observation::Kind;
use crate::model::source::SourceState;

/// Smallest screen that is drawn, in cells.
pub const SMALLEST: (u16, u16) = (60, 16);
/// From this width on there is room for the detail pane beside the view.
const BESIDE: u16 = 140;
/// From this height on panes have borders and the tail more lines.
const TALL: u16 = 30;

/// Which pane has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The view.
    #[default]
    View,
    /// The detail pane.
    Detail,
    /// The event tail.
    Tail,
}

/// Whether writing is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Possible after `:write`.
    Locked,
    /// Possible, until then where it was unlocked for a while.
    Write {
        /// When it locks itself again.
        until: Option<Timestamp>,
    },
    /// Not possible: the capability is not there.
    ReadOnly,
}

impl Mode {
    const fn word(self) -> &'static str {
        match self {
            Self::Locked => "LOCKED",
            Self::Write { .. } => "WRITE",
            Self::ReadOnly => "READ-ONLY",
        }
    }
}

/// What the last line holds.
#[derive(Clone, Debug)]
pub enum Foot {
    /// Keys and what they do.
    Keys(Vec<(String, String)>),
    /// Something that was just said.
    Notice(String),
}

/// Everything that is on screen.
pub struct Scene<'a> {
    /// What it is drawn from.
    pub ctx: Ctx<'a>,
    /// The view.
    pub view: &'a mut dyn View,
    /// The event tail; `None` while it is hidden or the view itself is the log.
    pub tail: Option<&'a mut dyn View>,
    /// How far the detail pane is scrolled; `None` while it is hidden.
    pub detail: Option<u16>,
    /// Which pane has the keys.
    pub focus: Focus,
    /// The mode.
    pub mode: Mode,
    /// How many batches were applied since the pause; `None` while nothing is paused.
    pub paused: Option<u64>,
    /// The last line.
    pub foot: Foot,
}

/// Draws the scene, and returns the body's area for overlays.
pub fn draw(scene: &mut Scene<'_>, area: Rect, buf: &mut Buffer) -> Rect {
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!(
            "{}x{} is too small: portolan needs {}x{}",
            area.width, area.height, SMALLEST.0, SMALLEST.1
        );
        Paragraph::new(text)
            .wrap(Wrap { trim: true })
            .render(area, buf);
        return area;
    }
    let tall = area.height >= TALL;
    let first = Rect { height: 1, ..area };
    let last = Rect {
        y: area.bottom() - 1,
        height: 1,
        ..area
    };
    first_line(scene, first.width).render(first, buf);
    last_line(scene, last.width).render(last, buf);
    let body = Rect {
        y: area.y + 1,
        height: area.height - 2,
        ..area
    };
    let tail_height = match (&scene.tail, tall) {
        (None, _) => 0,
        (Some(_), true) => (body.height / 4).clamp(6, 12),
        (Some(_), false) => (body.height / 4).clamp(3, 5),
    };
    let main = Rect {
        height: body.height - tail_height,
        ..body
    };
    let tail = Rect {
        y: main.bottom(),
        height: tail_height,
        ..body
    };
    let beside = scene.detail.filter(|_| area.width >= BESIDE);
    let (view, pane) = match beside {
        None => (main, None),
        Some(offset) => {
            let width = (main.width * 2 / 5).clamp(44, 64);
            let left = Rect {
                width: main.width - width,
                ..main
            };
            let right = Rect {
                x: left.right(),
                width,
                ..main
            };
            (left, Some((right, offset)))
        }
    };
    let ctx = scene.ctx;
    let title = format!(
        "{} {} {}",
        capital(scene.view.name()),
        ctx.theme.glyphs.dot,
        scene.view.title(&ctx)
    );
    let focused = scene.focus == Focus::View;
    let inner = frame(view, tall, &title, focused, buf, &ctx);
    scene.view.draw(inner, buf, &ctx, focused);
    if let Some((pane, offset)) = pane {
        let key = scene.view.selected();
        let focused = scene.focus == Focus::Detail;
        draw_detail(key.as_ref(), offset, pane, tall, focused, buf, &ctx);
    }
    if let Some(events) = &mut scene.tail {
        let title = format!("Events {} {}", ctx.theme.glyphs.dot, events.title(&ctx));
        let focused = scene.focus == Focus::Tail;
        let inner = frame(tail, tall, &title, focused, buf, &ctx);
        events.draw(inner, buf, &ctx, focused);
    }
    body
}

/// A pane's frame: a box where there is room, else a title line; returns what is left inside.
fn frame(
    area: Rect,
    boxed: bool,
    title: &str,
    focused: bool,
    buf: &mut Buffer,
    ctx: &Ctx<'_>,
) -> Rect {
    let room = usize::from(area.width).saturating_sub(4);
    let title = format::fit(
        title,
        room.min(format::width(title)),
        ctx.theme.glyphs.ellipsis,
    );
    if boxed {
        let block = Block::bordered()
            .border_set(overlay::border_set(ctx.theme))
            .border_style(ctx.theme.border(focused))
            .title(Span::styled(
                format!(" {title} "),
                ctx.theme.border(focused),
            ));
        let inner = block.inner(area);
        block.render(area, buf);
        return inner;
    }
    let line = ctx.theme.glyphs.horizontal;
    let fill = usize::from(area.width).saturating_sub(format::width(&title) + 4);
    let text = format!("{line}{line} {title} {}", line.repeat(fill));
    Line::from(Span::styled(text, ctx.theme.border(focused)))
        .render(Rect { height: 1, ..area }, buf);
    Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    }
}

/// Draws the detail of an element into a pane of its own.
pub fn draw_detail(
    key: Option<&ElementKey>,
    offset: u16,
    area: Rect,
    boxed: bool,
    focused: bool,
    buf: &mut Buffer,
    ctx: &Ctx<'_>,
) {
    Clear.render(area, buf);
    let (title, lines) = match key {
        Some(key) => (detail::name(key, ctx), detail::lines(key, ctx)),
        None => ("nothing selected".to_owned(), Vec::new()),
    };
    let inner = frame(area, boxed, &title, focused, buf, ctx);
    let page = Paragraph::new(lines)
        .wrap(Wrap { trim: false })
        .scroll((offset, 0));
    overlay::page(page, inner, buf, ctx.theme);
}

/// How far the first line is shortened: each step does without what the ones before it do without, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Short {
    /// Everything is said.
    No,
    /// When a source that is well was asked last.
    Ages,
    /// Most of the context's name.
    Context,
    /// What time it is.
    Clock,
    /// How many pods there are.
    Pods,
}

impl Short {
    const ALL: [Self; 5] = [Self::No, Self::Ages, Self::Context, Self::Clock, Self::Pods];
}

/// Where and how on the left, what is bad and the time on the right. What each source is doing outlasts what
/// else is said: rates without it are not to be trusted.
fn first_line(scene: &Scene<'_>, width: u16) -> Line<'static> {
    let wide = usize::from(width);
    let halves = |short| {
        let right = totals_and_time(&scene.ctx, wide >= 100, short);
        let room = wide.saturating_sub(format::spans_width(&right) + 1);
        (first_parts(scene, room, short), right, room)
    };
    let fits = |short: &Short| {
        let (parts, _, room) = halves(*short);
        let cells = parts.iter().map(|part| part.least() + GAP);
        cells.sum::<usize>() <= room + GAP
    };
    let short = Short::ALL.into_iter().find(fits).unwrap_or(Short::Pods);
    let (parts, right, room) = halves(short);
    let ellipsis = scene.ctx.theme.glyphs.ellipsis;
    let mut spans = Vec::new();
    let mut used = 0;
    let mut rest: usize = parts.iter().map(|part| part.least() + GAP).sum();
    for part in parts {
        // A part that may be cut leaves the ones behind it what they need.
        rest -= part.least() + GAP;
        let left = room.saturating_sub(used);
        let free = left.saturating_sub(rest).max(part.least()).min(left);
        let cells = format::width(&part.text).min(free);
        let text = format::fit(&part.text, cells, ellipsis);
        spans.push(Span::styled(text, part.style));
        let gap = GAP.min(left - cells);
        spans.push(Span::raw(" ".repeat(gap)));
        used += cells + gap;
    }
    let between = wide.saturating_sub(used + format::spans_width(&right));
    spans.push(Span::raw(" ".repeat(between)));
    spans.extend(right);
    Line::from(spans)
}

/// Cells between two parts of the first line.
const GAP: usize = 2;

/// A part of the first line's left half.
struct Part {
    text: String,
    style: Style,
    /// Whether its beginning is enough, where there is little room.
    may_be_cut: bool,
}

impl Part {
    /// The fewest cells that it is understood in.
    fn least(&self) -> usize {
        const BEGINNING: usize = 12;
        let cells = format::width(&self.text);
        if self.may_be_cut {
            cells.min(BEGINNING)
        } else {
            cells
        }
    }
}

fn first_parts(scene: &Scene<'_>, room: usize, short: Short) -> Vec<Part> {
    let ctx = &scene.ctx;
    let theme = ctx.theme;
    let whole = |(text, style)| Part {
        text,
        style,
        may_be_cut: false,
    };
    // A context may have the name of a whole cloud account; the rest needs its place too.
    let namespaces = ctx.choice.to_string();
    let most = match short {
        Short::No | Short::Ages => room / 2,
        _ => (format::width(&namespaces) + BIT + SIGN.len()).min(room / 2),
    };
    let head = place(
        ctx.model.context(),
        &namespaces,
        most.max(16),
        theme.glyphs.ellipsis,
    );
    let mut parts = vec![whole((head, theme.heading()))];
    let mode = if matches!(scene.mode, Mode::Write { .. }) {
        theme.warning()
    } else {
        theme.dim()
    };
    let mode = whole((scene.mode.word().to_owned(), mode));
    let sources = source_words(ctx, short >= Short::Ages)
        .into_iter()
        .map(whole);
    // What is wrong with the sources comes first.
    let in_trouble = ctx.model.sources().values().any(|s| s.trouble().is_some());
    if in_trouble {
        parts.extend(sources.chain([mode]));
    } else {
        parts.extend(std::iter::once(mode).chain(sources));
    }
    if let Some(waiting) = scene.paused {
        let text = format!("PAUSED, {waiting} changes wait");
        parts.push(whole((text, theme.warning())));
    }
    if !ctx.filter.is_empty() {
        parts.push(Part {
            text: format!("/{}", ctx.filter.source()),
            style: theme.key(),
            may_be_cut: true,
        });
    }
    if ctx.only_broken {
        parts.push(whole(("only broken".to_owned(), theme.key())));
    }
    parts
}

/// Fewest cells of a context's name: they tell contexts apart.
const BIT: usize = 4;
const SIGN: &str = " : ";

/// `context : namespaces` in at most so many cells: the namespaces stay whole as long as they can, because
/// they are what was chosen last, and a bit of the context tells contexts apart.
fn place(context: &str, namespaces: &str, most: usize, ellipsis: &str) -> String {
    let whole = format!("{context}{SIGN}{namespaces}");
    if format::width(&whole) <= most {
        return whole;
    }
    let left = most.saturating_sub(format::width(SIGN) + format::width(namespaces));
    let cells = left.max(BIT).min(format::width(context));
    let head = format!(
        "{}{SIGN}{namespaces}",
        format::fit(context, cells, ellipsis)
    );
    let cells = format::width(&head).min(most);
    format::fit(&head, cells, ellipsis)
}

fn totals_and_time(ctx: &Ctx<'_>, roomy: bool, short: Short) -> Vec<Span<'static>> {
    let theme = ctx.theme;
    let totals = ctx.model.totals(ctx.choice);
    let is_listed = ctx.has_listed(Kind::Pod);
    let bad = match totals.bad {
        // What was not listed is not known to be well.
        0 if !is_listed => Span::raw(""),
        0 => Span::styled("0 bad", theme.dim()),
        1 => Span::styled("1 type bad", theme.health(Health::Broken)),
        n => Span::styled(format!("{n} types bad"), theme.health(Health::Broken)),
    };
    let failing = match totals.failing {
        n if n > 0 && is_listed && roomy => format!(", {n} failing"),
        _ => String::new(),
    };
    let missed = match totals.missed {
        0 => String::new(),
        1 if is_listed && roomy => ", 1 service empty".to_owned(),
        n if is_listed && roomy => format!(", {n} services empty"),
        _ => String::new(),
    };
    let pods = match (is_listed, totals.pods) {
        (true, pods) => format!("pods {}/{pods}", totals.ready),
        (false, 0) => format!("pods {NONE}"),
        (false, pods) => format!("pods {}/{pods}{}", totals.ready, theme.glyphs.ellipsis),
    };
    let pods = if short >= Short::Pods {
        String::new()
    } else if bad.content.is_empty() {
        pods
    } else {
        format!(" {} {pods}", theme.glyphs.dot)
    };
    let zone = if roomy {
        ctx.now
            .to_zoned(ctx.zone.clone())
            .strftime(" %:z")
            .to_string()
    } else {
        String::new()
    };
    let time = match short {
        Short::Clock | Short::Pods => String::new(),
        _ => format!("  {}{zone}", format::clock(ctx.now, ctx.zone)),
    };
    let failing = Span::styled(failing + &missed, theme.health(Health::Broken));
    vec![
        bad,
        failing,
        Span::raw(pods),
        Span::styled(time, theme.dim()),
    ]
}

/// Each source in few words; more of them only when something is wrong. When one that is well
/// was asked last is left out where there is little room.
fn source_words(ctx: &Ctx<'_>, is_short: bool) -> Vec<(String, Style)> {
    let theme = ctx.theme;
    let mut names: Vec<&str> = ctx.model.sources().keys().map(|k| &*k.source).collect();
    names.dedup();
    let mut words = Vec::new();
    for source in names {
        let short = if source == "kubernetes" {
            "k8s"
        } else {
            source
        };
        let mut parts: Vec<_> = ctx
            .model
            .sources()
            .values()
            .filter(|s| &*s.key.source == source)
            .filter_map(|s| Some((s, s.state.as_ref()?)))
            .collect();
        // What the server does without says nothing of the rest.
        let is_off = |state: &SourceState| matches!(state, SourceState::Off { .. });
        if parts.iter().any(|(_, state)| !is_off(state)) {
            parts.retain(|(_, state)| !is_off(state));
        }
        let trouble: Vec<_> = parts
            .iter()
            .filter(|(_, state)| state.is_trouble())
            .collect();
        let loading = parts
            .iter()
            .filter(|(_, state)| state.is_loading())
            .max_by_key(|(_, s)| match s {
                SourceState::Loading { seen } => *seen,
                _ => 0,
            });
        if let Some((status, state)) = trouble.first() {
            let age = match state {
                SourceState::Stale { since, .. } => {
                    format!(" {}", format::age(Some(*since), ctx.now))
                }
                _ => String::new(),
            };
            let whole = trouble.iter().any(|(s, _)| &*s.key.part == "session")
                || trouble.len() == parts.len();
            let text = match trouble.len() {
                // Nothing of it works: which part is first in the alphabet says nothing.
                _ if whole => format!("{short} {}{age}", state.word()),
                1 => format!("{short} {} {}{age}", status.key.part, state.word()),
                n if trouble.iter().all(|(_, s)| s.word() == state.word()) => {
                    let mut parts: Vec<_> = trouble.iter().map(|(s, _)| &s.key.part).collect();
                    parts.sort();
                    parts.dedup();
                    // One kind in two namespaces is two lists.
                    let what = if parts.len() == n { "kinds" } else { "lists" };
                    format!("{short} {n} {what} {}{age}", state.word())
                }
                n => format!(
                    "{short} {} {}{age} +{}",
                    status.key.part,
                    state.word(),
                    n - 1
                ),
            };
            words.push((text, theme.health(Health::Unknown)));
        } else if parts
            .iter()
            .any(|(_, s)| matches!(s, SourceState::Waiting { .. }))
        {
            let text = format!("{short} waiting {}", theme.glyphs.ellipsis);
            words.push((text, theme.health(Health::Changing)));
        } else if let Some((status, SourceState::Loading { seen })) = loading {
            let text = format!(
                "{short} loading {} {seen} {}",
                status.key.part, theme.glyphs.ellipsis
            );
            words.push((text, theme.health(Health::Changing)));
        } else if let Some((status, state)) = parts.first() {
            let text = match state {
                SourceState::Off { .. } => format!("{short} off"),
                _ if status.interval_ms.is_some() => {
                    let limited = parts.iter().find(|(_, s)| s.word() == "limited");
                    let word = limited.map_or("ok", |(_, s)| s.word());
                    let age = format::age(Some(status.at), ctx.now);
                    if is_short {
                        format!("{short} {word}")
                    } else {
                        format!("{short} {word} {age} ago")
                    }
                }
                _ => format!("{short} live"),
            };
            words.push((text, theme.dim()));
        }
    }
    words
}

fn last_line(scene: &Scene<'_>, width: u16) -> Line<'static> {
    let theme = scene.ctx.theme;
    match &scene.foot {
        Foot::Notice(text) => Line::from(Span::styled(
            format::fit(text, usize::from(width), theme.glyphs.ellipsis),
            theme.warning(),
        )),
        Foot::Keys(keys) => {
            let mut spans = Vec::new();
            let mut used = 0;
            for (key, label) in keys {
                let more = format::width(key) + format::width(label) + 3;
                if used + more > usize::from(width) {
                    break;
                }
                used += more;
                spans.push(Span::styled(key.clone(), theme.key()));
                spans.push(Span::raw(format!(" {label}  ")));
            }
            Line::from(spans)
        }
    }
}

fn capital(name: &str) -> String {
    let mut chars = name.chars();
    chars
        .next()
        .map(|c| c.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn the_namespace_outlasts_the_context() {
        let cases = [
            ("prod-eu", 20, "prod-eu : boutique"),
            ("testbed-judge", 17, "testb… : boutique"),
            ("testbed-judge", 15, "tes… : boutique"),
            ("testbed-judge", 13, "tes… : bouti…"),
            ("a", 10, "a : bouti…"),
        ];
        for (context, most, said) in cases {
            assert_eq!(place(context, "boutique", most, "…"), said);
        }
    }
}
