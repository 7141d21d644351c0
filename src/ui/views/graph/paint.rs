//! Boxes, lines and labels onto the screen.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::chart::{Link, Spot, Stop, fails, is_bad, passes};
use super::plan::{LABELS, Plan};
use super::words;
use crate::model::element::{Element, Health};
use crate::model::query::links::Side;
use crate::ui::graph::{Cells, Line, Point};
use crate::ui::theme::Glyphs;
use crate::ui::views::age::Age;
use crate::ui::{Ctx, format};

/// A part of the screen that shows a part of the scene.
pub(super) struct Canvas<'a> {
    pub(super) buf: &'a mut Buffer,
    pub(super) area: Rect,
    /// Rows of the scene above the area.
    pub(super) scroll: usize,
}

impl Canvas<'_> {
    /// Writes text from a cell of the scene on; what is outside of the area is cut.
    fn put(&mut self, x: usize, y: usize, text: &str, style: Style) {
        let Some(y) = y.checked_sub(self.scroll) else {
            return;
        };
        if y >= usize::from(self.area.height) {
            return;
        }
        let room = usize::from(self.area.width).saturating_sub(x);
        if let (Ok(dx), Ok(dy), true) = (u16::try_from(x), u16::try_from(y), room > 0) {
            let (x, y) = (self.area.x + dx, self.area.y + dy);
            self.buf.set_stringn(x, y, text, room, style);
        }
    }
}

/// The characters of lines.
struct Pen<'a> {
    glyphs: &'a Glyphs,
    plain: bool,
}

impl Pen<'_> {
    fn flat(&self, dashed: bool) -> &'static str {
        match (dashed, self.plain) {
            (true, true) => ".",
            (true, false) => self.glyphs.dashed,
            (false, _) => self.glyphs.horizontal,
        }
    }

    fn steep(&self, dashed: bool) -> &'static str {
        match (dashed, self.plain) {
            (true, true) => ":",
            (true, false) => "╎",
            (false, _) => self.glyphs.vertical,
        }
    }

    /// The corner that joins a line to the left or right with one up or down.
    const fn corner(&self, left: bool, up: bool) -> &'static str {
        let [top_left, top_right, bottom_left, bottom_right] = self.glyphs.corners;
        match (left, up) {
            (false, false) => top_left,
            (true, false) => top_right,
            (false, true) => bottom_left,
            (true, true) => bottom_right,
        }
    }

    /// The flat and the steep part of a link's line.
    fn strokes(&self, link: &Link, age: Age) -> [&'static str; 2] {
        let dashed = link.only_declared();
        age.strokes([self.flat(dashed), self.steep(dashed)], self.glyphs)
    }
}

/// What is selected, and whether keys go here.
#[derive(Clone, Copy)]
pub(super) struct Cursor {
    pub(super) stop: Option<usize>,
    pub(super) focused: bool,
}

/// Paints the whole plan.
pub(super) fn paint(canvas: &mut Canvas<'_>, plan: &Plan, ctx: &Ctx<'_>, cursor: Cursor) {
    let pen = Pen {
        glyphs: &ctx.theme.glyphs,
        plain: words::is_ascii(ctx.theme),
    };
    for (index, stop) in plan.chart.stops.iter().enumerate() {
        if let Some(cells) = plan.scene.cells(index) {
            frame(canvas, stop, cells, plan, ctx);
        }
    }
    // Lines of the selected box last: what is drawn later lies on top, and verticals go over all.
    let mut lines: Vec<(&Line, &Link, Age, Style)> = plan
        .scene
        .lines
        .iter()
        .filter_map(|line| {
            let link = plan.chart.links.get(line.edge)?;
            let age = link.age(ctx);
            Some((line, link, age, line_style(link, age, ctx, cursor)))
        })
        .collect();
    lines.sort_by_key(|(_, link, ..)| touches(link, cursor));
    let mut over: BTreeMap<Point, (&'static str, Style)> = BTreeMap::new();
    for (line, link, age, style) in &lines {
        trace(
            canvas,
            pen.strokes(link, *age),
            &pen,
            line,
            *style,
            &mut over,
        );
    }
    for (line, _, age, style) in &lines {
        midway(canvas, &pen, line, *age, *style);
    }
    for (point, (glyph, style)) in over {
        canvas.put(point.x, point.y, glyph, style);
    }
    for (line, link, age, style) in &lines {
        ends(canvas, &pen, line, *age, *style);
        label(canvas, plan, line, link, *style, ctx);
    }
    for (index, stop) in plan.chart.stops.iter().enumerate() {
        if let Some(cells) = plan.scene.cells(index) {
            let at = cursor.stop == Some(index);
            content(canvas, stop, cells, plan, ctx, at.then_some(cursor.focused));
        }
    }
}

fn touches(link: &Link, cursor: Cursor) -> bool {
    cursor.stop == Some(link.from) || cursor.stop == Some(link.to)
}

fn line_style(link: &Link, age: Age, ctx: &Ctx<'_>, cursor: Cursor) -> Style {
    if link.fails() {
        return ctx.theme.health(Health::Broken);
    }
    if age.is_new() {
        return ctx.theme.accent();
    }
    if touches(link, cursor) && !ctx.only_broken {
        ctx.theme.text()
    } else {
        ctx.theme.dim()
    }
}

/// The flat parts of a line; its corners and steep parts are kept for later, to go over all flat ones.
fn trace(
    canvas: &mut Canvas<'_>,
    [flat, steep]: [&'static str; 2],
    pen: &Pen<'_>,
    line: &Line,
    style: Style,
    over: &mut BTreeMap<Point, (&'static str, Style)>,
) {
    let around = line.points.iter().zip(line.points.iter().skip(1));
    for (a, b) in around {
        if a.y == b.y {
            for x in a.x.min(b.x)..=a.x.max(b.x) {
                canvas.put(x, a.y, flat, style);
            }
        } else {
            for y in a.y.min(b.y)..=a.y.max(b.y) {
                over.insert(Point { x: a.x, y }, (steep, style));
            }
        }
    }
    let before = line.points.iter();
    let corners = before
        .zip(line.points.iter().skip(1))
        .zip(line.points.iter().skip(2));
    for ((a, corner), b) in corners {
        let flat = if a.y == corner.y { a } else { b };
        let steep = if a.y == corner.y { b } else { a };
        if flat.y == corner.y && steep.x == corner.x && flat.x != corner.x && steep.y != corner.y {
            let glyph = pen.corner(flat.x < corner.x, steep.y < corner.y);
            over.insert(*corner, (glyph, style));
        }
    }
}

/// A head in the middle of a line that passes a column: there it would look like a frame.
fn midway(canvas: &mut Canvas<'_>, pen: &Pen<'_>, line: &Line, age: Age, style: Style) {
    if line.points.len() <= 4 {
        return;
    }
    let pairs = line.points.iter().zip(line.points.iter().skip(1));
    let flat = pairs.filter(|(a, b)| a.y == b.y);
    if let Some((a, b)) = flat.max_by_key(|(a, b)| a.x.abs_diff(b.x)) {
        canvas.put(
            a.x.midpoint(b.x),
            a.y,
            age.head(b.x > a.x, pen.glyphs),
            style,
        );
    }
}

/// The head of a line's arrow, and the tee at the box where it begins.
fn ends(canvas: &mut Canvas<'_>, pen: &Pen<'_>, line: &Line, age: Age, style: Style) {
    let count = line.points.len();
    let pair = |a: usize, b: usize| line.points.get(a).copied().zip(line.points.get(b).copied());
    if let Some((first, next)) = pair(0, 1) {
        let [right, left, ..] = pen.glyphs.tees;
        let (x, tee) = if next.x > first.x {
            (first.x.checked_sub(1), right)
        } else {
            (Some(first.x + 1), left)
        };
        if let Some(x) = x {
            canvas.put(x, first.y, tee, style);
        }
    }
    if let Some((before, last)) = pair(count.saturating_sub(2), count.saturating_sub(1)) {
        canvas.put(
            last.x,
            last.y,
            age.head(last.x > before.x, pen.glyphs),
            style,
        );
    }
}

/// The label on its place; where the numbers have blanks before them, the line goes on.
fn label(
    canvas: &mut Canvas<'_>,
    plan: &Plan,
    line: &Line,
    link: &Link,
    style: Style,
    ctx: &Ctx<'_>,
) {
    let Some(cells) = line.label else {
        return;
    };
    let short = plan.scene.short;
    let text = words::label(link, short);
    let [wanted, least] = LABELS;
    let slot = if short { least } else { wanted };
    let indent = slot.saturating_sub(slot.max(format::width(&text)))
        + (cells.width - slot.min(cells.width)) / 2;
    let lead = text.len() - text.trim_start().len();
    let words = text.trim();
    let mut x = cells.x + indent + lead;
    let roomy = cells.width >= slot + 2;
    if roomy {
        canvas.put(x.saturating_sub(1), cells.y, " ", style);
    }
    let errors = link.recent().is_some_and(|c| c.errors > 0);
    let quiet = ctx.only_broken && !link.fails();
    for (index, word) in words.split_inclusive(' ').enumerate() {
        // The errors' number is read before its colour; the colour only helps to find it.
        let bad = errors && (index > 0 || link.fails());
        let style = if bad {
            ctx.theme.health(Health::Broken)
        } else if quiet || link.only_declared() {
            style
        } else {
            ctx.theme.text()
        };
        canvas.put(x, cells.y, word, style);
        x += format::width(word);
    }
    if roomy {
        canvas.put(x, cells.y, " ", style);
    }
}

fn frame(canvas: &mut Canvas<'_>, stop: &Stop, cells: Cells, plan: &Plan, ctx: &Ctx<'_>) {
    let glyphs = &ctx.theme.glyphs;
    let style = ctx.theme.border(stop.column == 0);
    let (right, bottom) = (cells.x + cells.width - 1, cells.y + cells.height - 1);
    for y in cells.y..=bottom {
        canvas.put(cells.x, y, glyphs.vertical, style);
        canvas.put(right, y, glyphs.vertical, style);
    }
    if !plan.scene.bordered {
        return;
    }
    let [top_left, top_right, bottom_left, bottom_right] = glyphs.corners;
    for x in cells.x + 1..right {
        canvas.put(x, cells.y, glyphs.horizontal, style);
        canvas.put(x, bottom, glyphs.horizontal, style);
    }
    for (x, y, glyph) in [
        (cells.x, cells.y, top_left),
        (right, cells.y, top_right),
        (cells.x, bottom, bottom_left),
        (right, bottom, bottom_right),
    ] {
        canvas.put(x, y, glyph, style);
    }
}

/// The text of a box; `cursor` says that it is selected, and whether keys go here.
fn content(
    canvas: &mut Canvas<'_>,
    stop: &Stop,
    cells: Cells,
    plan: &Plan,
    ctx: &Ctx<'_>,
    cursor: Option<bool>,
) {
    let inner = cells.width.saturating_sub(2);
    let border = usize::from(plan.scene.bordered);
    let first = cells.y + border;
    let last = (cells.y + cells.height).saturating_sub(1 + border);
    // A box that is taller than the screen shows its name where the screen begins.
    let top = first.max(canvas.scroll).min(last);
    let mut style = text_style(stop, ctx);
    if stop.column == 0 {
        style = style.add_modifier(Modifier::BOLD);
    }
    if let Some(focused) = cursor {
        style = style.patch(ctx.theme.cursor(focused));
    }
    canvas.put(cells.x + 1, top, &words::title(ctx, stop, inner), style);
    if stop.column == 0 && inner > 4 {
        for (y, (text, style)) in (top + 1..=last).zip(more(stop, ctx, inner >= 20)) {
            let indent = if inner >= 20 { "  " } else { " " };
            let text = format::fit(&format!("{indent}{text}"), inner, ctx.theme.glyphs.ellipsis);
            canvas.put(cells.x + 1, y, &text, style);
        }
    }
}

fn text_style(stop: &Stop, ctx: &Ctx<'_>) -> Style {
    match &stop.spot {
        Spot::Fold(_) if stop.hidden_bad > 0 => ctx.theme.health(Health::Broken),
        Spot::Fold(_) => ctx.theme.accent(),
        Spot::Element(key) => {
            let fine = ctx.only_broken && !is_bad(ctx, key);
            if fine || !passes(ctx, key) {
                return ctx.theme.dim();
            }
            let health = ctx.model.get(key).map_or(Health::Unknown, Element::health);
            ctx.theme.health(health)
        }
    }
}

/// What the focus says besides its name.
fn more(stop: &Stop, ctx: &Ctx<'_>, roomy: bool) -> Vec<(String, Style)> {
    let Spot::Element(key) = &stop.spot else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let element = ctx.model.get(key);
    if let Some(reason) = element.and_then(Element::reason) {
        let health = element.map_or(Health::Ok, Element::health);
        lines.push((format::reason(Some(reason)), ctx.theme.health(health)));
    }
    let kind = words::long_kind(key);
    if !kind.is_empty() && roomy {
        let namespace = key.namespace().map(|n| format!(" in {n}"));
        let text = format!("{kind}{}", namespace.unwrap_or_default());
        lines.push((text, ctx.theme.dim()));
    }
    for (word, side) in [("in ", Side::Callers), ("out", Side::Callees)] {
        let traffic = ctx.model.traffic(key, side);
        if traffic.is_some() {
            let (fails, style) = if fails(traffic) {
                (" !", ctx.theme.health(Health::Broken))
            } else {
                ("", ctx.theme.dim())
            };
            let text = format!(
                "{word} {}/s {}%{fails}",
                format::rate(traffic),
                format::errors(traffic)
            );
            lines.push((text, style));
        }
    }
    lines
}
