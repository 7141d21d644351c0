//! The waterfall on screen.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

use super::rows::{self, Columns, GUTTER, Row};
use super::{State, TracePage, bar};
use crate::model::element::Health;
use crate::model::key::ElementKey;
use crate::trace::span::Kind;
use crate::trace::waterfall::{Bar, Waterfall};
use crate::ui::overlay::border_set;
use crate::ui::views::lines;
use crate::ui::{Ctx, detail, format};

/// Most lines about the whole trace.
const HEAD: usize = 3;

impl TracePage {
    pub(super) fn draw_trace(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let area = area.intersection(buf.area);
        Clear.render(area, buf);
        let theme = ctx.theme;
        let block = Block::bordered()
            .border_set(border_set(theme))
            .border_style(theme.border(true))
            .title(format!(
                " Trace {} {} esc closes ",
                self.id, theme.glyphs.dot
            ));
        let inside = block.inner(area);
        block.render(area, buf);
        let cells = usize::from(inside.width);
        let (said, style) = match &self.state {
            State::Shown(waterfall, _) => (self.head(waterfall, ctx), theme.text()),
            State::Failed(why) => (format!("{why}; enter asks again"), theme.warning()),
            State::Asking => {
                let ellipsis = theme.glyphs.ellipsis;
                (
                    format!("asking the tracing server for it {ellipsis}"),
                    theme.dim(),
                )
            }
        };
        let most = match &self.state {
            State::Shown(..) => HEAD,
            _ => usize::from(inside.height),
        };
        let head = lines::wrap(&said, cells.saturating_sub(2), most, theme.glyphs.ellipsis);
        let used = u16::try_from(head.len()).unwrap_or(u16::MAX);
        let head = head.into_iter();
        let head = head.map(|text| Line::from(Span::styled(format!(" {text}"), style)));
        lines::paint(inside, buf, head.collect());
        let rest = Rect {
            y: inside.y + used.min(inside.height),
            height: inside.height.saturating_sub(used),
            ..inside
        };
        self.draw_bars(rest, buf, ctx);
    }

    /// What there is to say of the whole trace.
    fn head(&self, waterfall: &Waterfall, ctx: &Ctx<'_>) -> String {
        let theme = ctx.theme;
        let count = |n: usize, one: &str| match n {
            1 => format!("1 {one}"),
            n => format!("{} {one}s", lines::number(n as u64)),
        };
        let mut parts = Vec::new();
        let lasted = bar::time(waterfall.lasted, theme);
        let sought = self.sought(waterfall);
        let call = sought.and_then(|at| waterfall.bars.get(at)?.duration);
        // The call's own time and the trace's are not to be taken for one another.
        match (self.wanted, sought, call) {
            (Some(_), _, Some(call)) => {
                let call = bar::time(call, theme);
                parts.push(format!("the call took {call}, the trace {lasted}"));
            }
            (Some(_), None, _) => {
                parts.push(format!(
                    "the call's span is not in it; the trace took {lasted}"
                ));
            }
            _ => parts.push(format!("the trace took {lasted}")),
        }
        if !self.of.is_empty() {
            parts.push(self.of.clone());
        }
        let spans = waterfall.bars.len() + waterfall.beyond;
        parts.push(count(spans, "span"));
        parts.push(count(waterfall.services, "service"));
        parts.push(match waterfall.errors {
            0 => "no errors".to_owned(),
            n => format!("! {}", count(n, "error")),
        });
        parts.push(match Timestamp::from_microsecond(waterfall.began) {
            Ok(at) if waterfall.began > 0 => {
                let at = at.to_zoned(ctx.zone.clone());
                format!("began {}", at.strftime("%Y-%m-%d %H:%M:%S%.3f %Z"))
            }
            _ => "no span says when it began".to_owned(),
        });
        if waterfall.beyond > 0 {
            let beyond = lines::number(waterfall.beyond as u64);
            parts.push(format!("{beyond} spans more are not shown"));
        }
        if waterfall.bars.iter().any(rows::is_shared) {
            parts.push("=: one id for both sides of a call".to_owned());
        }
        parts.join(&format!(" {} ", theme.glyphs.dot))
    }

    fn draw_bars(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let State::Shown(waterfall, all) = &self.state else {
            return;
        };
        if area.height < 2 {
            return;
        }
        let columns = Columns::new(usize::from(area.width));
        let axis = axis(waterfall, &columns, ctx);
        lines::paint(area, buf, vec![axis]);
        let body = Rect {
            y: area.y + 1,
            height: area.height - 1,
            ..area
        };
        let height = usize::from(body.height);
        let first = all.iter().position(|row| row.bar == self.at).unwrap_or(0);
        let notes = all.iter().skip(first + 1);
        let last = first + notes.take_while(|row| row.bar == self.at).count();
        let mut top = self.top.min(all.len().saturating_sub(height));
        top = top.max((last + 1).saturating_sub(height)).min(first);
        for (y, row) in (body.y..body.bottom()).zip(all.iter().skip(top)) {
            let place = Rect {
                y,
                height: 1,
                ..body
            };
            let Some(bar) = waterfall.bars.get(row.bar) else {
                continue;
            };
            let is_here = row.bar == self.at && row.note.is_none();
            self.line(waterfall, bar, *row, &columns, is_here, ctx)
                .render(place, buf);
            if is_here {
                buf.set_style(place, ctx.theme.cursor(true));
            }
        }
        (self.top, self.height) = (top, height);
    }

    fn line(
        &self,
        waterfall: &Waterfall,
        bar: &Bar,
        row: Row,
        columns: &Columns,
        is_here: bool,
        ctx: &Ctx<'_>,
    ) -> Line<'static> {
        let theme = ctx.theme;
        let e = theme.glyphs.ellipsis;
        let indent = columns.indent(bar.depth, theme);
        if let Some(note) = row.note {
            let notes = rows::notes(bar, theme);
            let style = match notes.get(note) {
                Some(note) if note.is_failure => theme.health(Health::Broken),
                _ => theme.dim(),
            };
            let text = notes.get(note).map_or("", |note| &note.text);
            let before = " ".repeat(GUTTER + format::width(&indent) + 2);
            return Line::from(vec![
                Span::raw(before),
                Span::styled(text.to_owned(), style),
            ]);
        }
        let style = if bar.failed {
            theme.health(Health::Broken)
        } else {
            Style::new()
        };
        let mark = if is_here { ">" } else { " " };
        let sign = if bar.failed { "!" } else { " " };
        let room = columns.label.saturating_sub(format::width(&indent) + 1);
        let service = self.service_name(bar, ctx);
        let shown = format::width(&service).min(room);
        let operation = format::fit(&operation(bar, ctx), room - shown, e);
        let time = |us: Option<u64>| {
            let text = us.map_or_else(|| format::NONE.to_owned(), |us| bar::time(us, theme));
            format::right(&text, columns.time, e)
        };
        let drawn = match bar.offset {
            Some(at) => bar::bar(at, bar.duration, waterfall.lasted, columns.bar, theme),
            None => format::fit("does not say when", columns.bar, e),
        };
        let shared = if rows::is_shared(bar) { "=" } else { "" };
        let kind = match (columns.kind, rows::kind(bar.kind)) {
            (10.., kind) => format!("{kind}{shared}"),
            (_, kind) => format!("{}{shared}", kind.get(..3).unwrap_or(kind)),
        };
        Line::from(vec![
            Span::raw(mark),
            Span::styled(format!("{sign} "), style),
            Span::styled(indent, theme.dim()),
            Span::styled(format::fit(&service, shown, e), theme.accent()),
            Span::raw(format!("{operation} ")),
            Span::styled(format::fit(&kind, columns.kind, e), theme.dim()),
            Span::styled(time(bar.offset), theme.dim()),
            Span::raw(time(bar.duration)),
            Span::raw(" "),
            Span::styled(drawn, style),
        ])
    }

    /// Who recorded a span: the component type where it is known, else what the service calls itself.
    pub(super) fn service_name(&self, bar: &Bar, ctx: &Ctx<'_>) -> String {
        match (self.type_of(bar), &bar.service) {
            (Some(of), _) => detail::name(&ElementKey::Type(of.clone()), ctx),
            (None, Some(name)) => name.to_string(),
            (None, None) => "(no service)".to_owned(),
        }
    }
}

/// What was done, and of whom it was asked.
fn operation(bar: &Bar, ctx: &Ctx<'_>) -> String {
    let name = bar.name.as_deref().unwrap_or("(no name)");
    let asks = matches!(bar.kind, Some(Kind::Client | Kind::Producer));
    match bar.remote.as_ref().filter(|_| asks) {
        Some(remote) => format!(" {name} {} {remote}", ctx.theme.glyphs.arrow),
        None => format!(" {name}"),
    }
}

/// The names of the columns, and the axis of time.
fn axis(waterfall: &Waterfall, columns: &Columns, ctx: &Ctx<'_>) -> Line<'static> {
    let theme = ctx.theme;
    let e = theme.glyphs.ellipsis;
    let mut text = " ".repeat(GUTTER);
    text.push_str(&format::fit("SERVICE operation", columns.label, e));
    text.push_str(&format::fit("KIND", columns.kind, e));
    text.push_str(&format::right("START", columns.time, e));
    text.push_str(&format::right("TOOK", columns.time, e));
    text.push(' ');
    let end = bar::time(waterfall.lasted, theme);
    let half = bar::time(waterfall.lasted / 2, theme);
    let rest = columns.bar.saturating_sub(1);
    let middle = columns.bar / 2;
    if middle > format::width(&half) + 2
        && rest > middle + format::width(&half) + format::width(&end)
    {
        text.push_str(&format::fit("0", middle, e));
        text.push_str(&half);
        let rest = columns.bar - middle - format::width(&half);
        text.push_str(&format::right(&end, rest, e));
    } else {
        text.push('0');
        text.push_str(&format::right(&end, rest, e));
    }
    Line::from(Span::styled(text, theme.dim()))
}
