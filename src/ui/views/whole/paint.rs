//! Frames, boxes, lines and labels of the part of the picture that is in sight.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::lens::Lens;
use super::picture::{COMPONENTS, Picture, Ranks, Zoom};
use super::words;
use crate::model::element::Health;
use crate::model::query::network::Part;
use crate::ui::graph::layered::strokes::{Joins, strokes};
use crate::ui::graph::{Cells, Line, Point};
use crate::ui::views::age::Age;
use crate::ui::{Ctx, format};

/// What is shown of a picture, and how.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) picture: &'a Picture,
    pub(super) ranks: &'a Ranks,
    pub(super) zoom: Zoom,
    /// Cells left of and above what is in sight.
    pub(super) scroll: (usize, usize),
    /// The box under the cursor, and whether keys go here.
    pub(super) cursor: Option<(usize, bool)>,
    /// The edge that was walked last.
    pub(super) walked: Option<usize>,
    pub(super) lens: &'a Lens,
}

/// A part of the screen that shows a part of the scene.
struct Canvas<'a> {
    buf: &'a mut Buffer,
    area: Rect,
    scroll: (usize, usize),
}

impl Canvas<'_> {
    /// Writes text from a cell of the scene on; what is out of sight is cut.
    fn put(&mut self, x: usize, y: usize, text: &str, style: Style) {
        let Some(dy) = y.checked_sub(self.scroll.1) else {
            return;
        };
        if dy >= usize::from(self.area.height) {
            return;
        }
        // What begins left of the window is cut there, cell by cell.
        let (mut x, mut text) = (x, text);
        while x < self.scroll.0 {
            let Some(first) = text.chars().next() else {
                return;
            };
            x += format::width(first.encode_utf8(&mut [0; 4]));
            text = text.get(first.len_utf8()..).unwrap_or("");
        }
        let dx = x - self.scroll.0;
        let room = usize::from(self.area.width).saturating_sub(dx);
        if let (Ok(dx), Ok(dy), true) = (u16::try_from(dx), u16::try_from(dy), room > 0) {
            let (x, y) = (self.area.x + dx, self.area.y + dy);
            self.buf.set_stringn(x, y, text, room, style);
        }
    }
}

/// Paints what is in sight.
pub(super) fn paint(buf: &mut Buffer, area: Rect, look: &Look<'_>, ctx: &Ctx<'_>) {
    let mut canvas = Canvas {
        buf,
        area,
        scroll: look.scroll,
    };
    let window = Cells {
        x: look.scroll.0,
        y: look.scroll.1,
        width: usize::from(area.width),
        height: usize::from(area.height),
    };
    frames(&mut canvas, look, ctx);
    let scene = &look.picture.scene;
    let boxes = scene.boxes.iter().enumerate();
    let boxes = boxes.filter(|(_, cells)| meet(**cells, window));
    let boxes: Vec<usize> = boxes.map(|(at, _)| at).collect();
    for at in &boxes {
        sides(&mut canvas, look, *at, ctx);
    }
    let cells = strokes(&look.picture.scene, &look.picture.edges, window, &|edge| {
        weight(look, edge, ctx)
    });
    for (point, stroke) in &cells {
        let style = style(look, stroke.edge, ctx);
        let glyph = glyph(stroke.joins, straight(look, stroke.edge, ctx), ctx);
        canvas.put(point.x, point.y, glyph, style);
    }
    for line in scene.lines.iter().filter(|line| shows_end(line, window)) {
        let style = style(look, line.edge, ctx);
        ends(&mut canvas, line, age(look, line.edge, ctx), style, ctx);
        label(&mut canvas, look, line, style, ctx);
    }
    for at in boxes {
        content(&mut canvas, look, at, ctx);
    }
}

/// Whether two rectangles have a cell in common.
const fn meet(a: Cells, b: Cells) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

/// Whether an end of a line, the side of the box where it begins, or its label may be in sight.
fn shows_end(line: &Line, window: Cells) -> bool {
    let near = |end: Option<&Point>| {
        end.is_some_and(|end| {
            let around = Cells {
                x: end.x.saturating_sub(1),
                y: end.y,
                width: 3,
                height: 1,
            };
            meet(around, window)
        })
    };
    near(line.points.first())
        || near(line.points.last())
        || line.label.is_some_and(|label| meet(label, window))
}

/// How much an edge matters: of lines that share a cell the one that matters most is seen.
fn weight(look: &Look<'_>, edge: usize, ctx: &Ctx<'_>) -> u8 {
    let Some(link) = look.picture.network.links.get(edge) else {
        return 0;
    };
    let at = look.cursor.map(|(at, _)| at);
    let touches = at == Some(link.from) || at == Some(link.to);
    if look.walked == Some(edge) {
        5
    } else if look.lens.has_edge(edge) {
        4
    } else if touches {
        3
    } else if link.flow.failing > 0 {
        2
    } else {
        u8::from(age(look, edge, ctx).is_new())
    }
}

fn age(look: &Look<'_>, edge: usize, ctx: &Ctx<'_>) -> Age {
    let link = look.picture.network.links.get(edge);
    link.map_or(Age::Used, |link| Age::of(&link.flow, ctx.now))
}

fn style(look: &Look<'_>, edge: usize, ctx: &Ctx<'_>) -> Style {
    let fails = look
        .picture
        .network
        .links
        .get(edge)
        .is_some_and(|l| l.flow.failing > 0);
    let weight = weight(look, edge, ctx);
    let style = match weight {
        _ if fails => ctx.theme.health(Health::Broken),
        4 => ctx.theme.warning(),
        1 => ctx.theme.accent(),
        3 | 5 => ctx.theme.text(),
        _ => ctx.theme.dim(),
    };
    match weight {
        5 => style.add_modifier(Modifier::BOLD),
        _ => style,
    }
}

fn is_dashed(look: &Look<'_>, edge: usize) -> bool {
    let link = look.picture.network.links.get(edge);
    link.is_some_and(|l| !l.flow.observed)
}

/// The flat and the steep part of an edge's line.
fn straight(look: &Look<'_>, edge: usize, ctx: &Ctx<'_>) -> [&'static str; 2] {
    let glyphs = &ctx.theme.glyphs;
    match (is_dashed(look, edge), glyphs.ellipsis.is_ascii()) {
        (true, true) => [".", ":"],
        (true, false) => [glyphs.dashed, "╎"],
        (false, _) => age(look, edge, ctx).strokes([glyphs.horizontal, glyphs.vertical], glyphs),
    }
}

fn glyph(joins: Joins, [flat, steep]: [&'static str; 2], ctx: &Ctx<'_>) -> &'static str {
    let glyphs = &ctx.theme.glyphs;
    let [top_left, top_right, bottom_left, bottom_right] = glyphs.corners;
    let [right, left, down, up, cross] = glyphs.tees;
    match (joins.left, joins.right, joins.up, joins.down) {
        (false, true, false, true) => top_left,
        (true, false, false, true) => top_right,
        (false, true, true, false) => bottom_left,
        (true, false, true, false) => bottom_right,
        (false, true, true, true) => right,
        (true, false, true, true) => left,
        (true, true, false, true) => down,
        (true, true, true, false) => up,
        (true, true, true, true) => cross,
        (false, false, ..) => steep,
        _ => flat,
    }
}

/// The head of a line's arrow, and the tee at the box where it begins.
fn ends(canvas: &mut Canvas<'_>, line: &Line, age: Age, style: Style, ctx: &Ctx<'_>) {
    let glyphs = &ctx.theme.glyphs;
    let count = line.points.len();
    let pair = |a: usize, b: usize| line.points.get(a).copied().zip(line.points.get(b).copied());
    let to_right = |a: crate::ui::graph::Point, b: crate::ui::graph::Point| b.x >= a.x;
    let [right, left, ..] = glyphs.tees;
    match (
        pair(0, 1),
        pair(count.saturating_sub(2), count.saturating_sub(1)),
    ) {
        (Some((first, next)), Some((before, last))) if count > 1 => {
            let (x, tee) = if to_right(first, next) {
                (first.x.checked_sub(1), right)
            } else {
                (Some(first.x + 1), left)
            };
            if let Some(x) = x {
                canvas.put(x, first.y, tee, style);
            }
            canvas.put(
                last.x,
                last.y,
                age.head(to_right(before, last), glyphs),
                style,
            );
        }
        _ => {
            if let Some(only) = line.points.first() {
                canvas.put(only.x, only.y, age.head(true, glyphs), style);
            }
        }
    }
}

fn label(canvas: &mut Canvas<'_>, look: &Look<'_>, line: &Line, style: Style, ctx: &Ctx<'_>) {
    let Some((cells, link)) = line.label.zip(look.picture.network.links.get(line.edge)) else {
        return;
    };
    let text = words::label(&link.flow, ctx);
    let shown = text.trim();
    let x = cells.x + (cells.width.saturating_sub(format::width(shown))) / 2;
    let style = if weight(look, line.edge, ctx) == 0 && !is_dashed(look, line.edge) {
        ctx.theme.text()
    } else {
        style
    };
    canvas.put(x, cells.y, shown, style);
}

/// The frame of each group, with its name.
fn frames(canvas: &mut Canvas<'_>, look: &Look<'_>, ctx: &Ctx<'_>) {
    let glyphs = &ctx.theme.glyphs;
    let style = ctx.theme.dim();
    let [top_left, top_right, bottom_left, bottom_right] = glyphs.corners;
    for frame in &look.picture.scene.frames {
        let cells = frame.cells;
        let (right, bottom) = (cells.x + cells.width - 1, cells.y + cells.height - 1);
        for x in cells.x + 1..right {
            canvas.put(x, cells.y, glyphs.horizontal, style);
            canvas.put(x, bottom, glyphs.horizontal, style);
        }
        for y in cells.y + 1..bottom {
            canvas.put(cells.x, y, glyphs.vertical, style);
            canvas.put(right, y, glyphs.vertical, style);
        }
        for (x, y, glyph) in [
            (cells.x, cells.y, top_left),
            (right, cells.y, top_right),
            (cells.x, bottom, bottom_left),
            (right, bottom, bottom_right),
        ] {
            canvas.put(x, y, glyph, style);
        }
        if let Some(group) = look.ranks.name(frame.group) {
            let name = words::frame(group);
            let name = format::fit(
                &name,
                format::width(&name).min(cells.width.saturating_sub(3)),
                glyphs.ellipsis,
            );
            // Where the frame's corner is out of sight, its name stands where the window begins.
            let x = (cells.x + 2)
                .max(look.scroll.0 + 1)
                .min(right.saturating_sub(2));
            canvas.put(x, cells.y, &name, ctx.theme.heading());
        }
    }
}

fn sides(canvas: &mut Canvas<'_>, look: &Look<'_>, at: usize, ctx: &Ctx<'_>) {
    let Some(cells) = look.picture.scene.boxes.get(at).copied() else {
        return;
    };
    let style = ctx.theme.border(look.cursor.is_some_and(|(c, _)| c == at));
    for y in cells.y..cells.y + cells.height {
        canvas.put(cells.x, y, ctx.theme.glyphs.vertical, style);
        canvas.put(
            cells.x + cells.width - 1,
            y,
            ctx.theme.glyphs.vertical,
            style,
        );
    }
}

fn content(canvas: &mut Canvas<'_>, look: &Look<'_>, at: usize, ctx: &Ctx<'_>) {
    let network = &look.picture.network;
    let (Some(node), Some(cells)) = (network.nodes.get(at), look.picture.scene.boxes.get(at))
    else {
        return;
    };
    let glyphs = &ctx.theme.glyphs;
    let inner = cells.width.saturating_sub(2);
    let state = look.lens.text(at).unwrap_or_else(|| match look.zoom {
        Zoom::Names => String::new(),
        _ => words::state(ctx, node),
    });
    let label = look.picture.labels.get(at).map_or("", String::as_str);
    let left = words::left(ctx, node, label);
    let room = inner.saturating_sub(format::width(&state) + usize::from(!state.is_empty()));
    let title = format!(
        "{}{state}",
        pad(
            &format::fit(&left, room.min(format::width(&left)), glyphs.ellipsis),
            inner.saturating_sub(format::width(&state))
        )
    );
    let mut style = match (&node.part, look.lens.has_node(at)) {
        (_, Some(true)) => ctx.theme.warning(),
        (_, Some(false)) => ctx.theme.dim(),
        (Part::Element(_), None) => ctx.theme.health(node.health),
        (_, None) if node.health.is_bad() => ctx.theme.health(node.health),
        (_, None) => ctx.theme.accent(),
    };
    if let Some((_, focused)) = look.cursor.filter(|(c, _)| *c == at) {
        style = style.patch(ctx.theme.cursor(focused));
    }
    canvas.put(cells.x + 1, cells.y, &title, style);
    let mut rest: Vec<String> = Vec::new();
    if look.zoom >= Zoom::Rates {
        rest.push(words::inbound(ctx, network, at));
    }
    if look.zoom >= Zoom::Components {
        let all = words::components(ctx, node);
        let more = all.len().saturating_sub(COMPONENTS);
        rest.extend(all.into_iter().take(COMPONENTS));
        if more > 0 {
            rest.push(format!("+{more} more"));
        }
    }
    for (row, text) in (cells.y + 1..cells.y + cells.height).zip(rest) {
        let text = format::fit(&format!("  {text}"), inner, glyphs.ellipsis);
        canvas.put(cells.x + 1, row, &text, ctx.theme.dim());
    }
}

fn pad(text: &str, cells: usize) -> String {
    let blank = cells.saturating_sub(format::width(text));
    format!("{text}{}", " ".repeat(blank))
}
