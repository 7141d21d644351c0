//! Everything that one span says.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{State, TracePage, bar, rows};
use crate::model::element::Health;
use crate::trace::waterfall::{Bar, Waterfall};
use crate::ui::views::lines;
use crate::ui::{Ctx, format, overlay};

/// Width of the field names, at most.
const FIELD: usize = 24;
/// Most lines of one value.
const WRAPPED: usize = 8;
/// What stands in the place of a value that nobody should read over a shoulder.
const SECRET: &str = "(not shown: it looks like a secret)";

impl TracePage {
    /// Draws the page of the span under the cursor; gives the offset at which it is.
    pub(super) fn draw_span(
        &self,
        mut offset: u16,
        area: Rect,
        buf: &mut Buffer,
        ctx: &Ctx<'_>,
    ) -> u16 {
        let (State::Shown(waterfall, _), Some(bar)) = (&self.state, self.bar()) else {
            return 0;
        };
        let mut fields = Fields {
            lines: Vec::new(),
            width: usize::from(area.width.saturating_sub(4)),
            name: FIELD.min(usize::from(area.width) / 3),
            ctx,
        };
        self.tell(waterfall, bar, &mut fields);
        let said = fields.lines;
        overlay::scrolled("Span", said, &mut offset, area, buf, ctx.theme);
        offset
    }

    fn tell(&self, waterfall: &Waterfall, bar: &Bar, out: &mut Fields<'_>) {
        let ctx = out.ctx;
        let theme = ctx.theme;
        out.field("operation", bar.name.as_deref().unwrap_or("(no name)"));
        let mut who = self.service_name(bar, ctx);
        match (self.type_of(bar), &bar.service) {
            (Some(of), Some(name)) => {
                let (kind, namespace) = (of.short_kind(), &of.namespace);
                who.push_str(&format!(" ({kind} in {namespace}; traced as {name})"));
            }
            (None, Some(_)) => who.push_str(" (no component type that is known)"),
            _ => {}
        }
        out.field("service", &who);
        if let Some(address) = &bar.address {
            out.field("address", address);
        }
        if let Some(remote) = &bar.remote {
            out.field("other side", remote);
        }
        let kind = rows::kind(bar.kind);
        out.field("kind", if kind.is_empty() { "local" } else { kind });
        out.field("span", &bar.id.to_string());
        if rows::is_shared(bar) {
            out.field("", "shares its id with the calling side above it");
        }
        match bar.offset {
            Some(us) => {
                let at = i64::try_from(us).ok().map(|us| us + waterfall.began);
                let at = at.and_then(|at| Timestamp::from_microsecond(at).ok());
                let at = at.map(|at| at.to_zoned(ctx.zone.clone()));
                let at = at.map(|at| format!(" ({})", at.strftime("%H:%M:%S%.6f %Z")));
                let after = bar::time(us, theme);
                out.field("began", &format!("+{after}{}", at.unwrap_or_default()));
            }
            None => out.field("began", "does not say when"),
        }
        let took = bar.duration.map(|us| bar::time(us, theme));
        out.field("took", took.as_deref().unwrap_or("does not say how long"));
        for note in rows::notes(bar, theme) {
            let style = if note.is_failure {
                theme.health(Health::Broken)
            } else {
                theme.warning()
            };
            out.styled("", &note.text, style);
        }
        out.title("Tags");
        for (key, value) in &bar.tags {
            match value {
                Some(value) => out.field(key, value),
                None => out.styled(key, SECRET, theme.dim()),
            }
        }
        if !bar.annotations.is_empty() {
            out.title("What happened meanwhile");
        }
        for (at, said) in &bar.annotations {
            let sign = if *at < 0 { "-" } else { "+" };
            let at = bar::time(at.unsigned_abs(), theme);
            out.field(&format!("{sign}{at}"), said);
        }
        if bar.unlisted > 0 {
            let text = format!("{} more are not shown", bar.unlisted);
            out.styled("", &text, theme.dim());
        }
    }
}

struct Fields<'a> {
    lines: Vec<Line<'static>>,
    width: usize,
    name: usize,
    ctx: &'a Ctx<'a>,
}

impl Fields<'_> {
    fn title(&mut self, text: &str) {
        let style = self.ctx.theme.heading();
        self.lines.push(Line::default());
        let title = Span::styled(format!(" {text}"), style);
        self.lines.push(Line::from(title));
    }

    fn field(&mut self, name: &str, value: &str) {
        self.styled(name, value, Style::new());
    }

    fn styled(&mut self, name: &str, value: &str, style: Style) {
        let e = self.ctx.theme.glyphs.ellipsis;
        let room = self.width.saturating_sub(self.name + 1);
        let mut wrapped = lines::wrap(value, room, WRAPPED, e);
        if wrapped.is_empty() {
            wrapped.push(String::new());
        }
        for (at, text) in wrapped.into_iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            let name = format!(" {} ", format::fit(name, self.name, e));
            self.lines.push(Line::from(vec![
                Span::styled(name, self.ctx.theme.dim()),
                Span::styled(text, style),
            ]));
        }
    }
}
