//! Rows that are nested, drawn by the tree widget: only those on screen, below the ancestors of the first one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::StatefulWidget;
use tui_tree_widget::{Tree, TreeItem, TreeState};

use crate::ui::theme::Theme;

/// How a row stands among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ui) struct Nested {
    /// How many rows it is below.
    pub(in crate::ui) depth: u16,
    /// Whether there is something below it.
    pub(in crate::ui) children: bool,
    /// Whether that is shown.
    pub(in crate::ui) open: bool,
}

/// Draws the rows from `offset` on into an area; `text` makes the line of each that is to be seen.
pub(in crate::ui) fn draw<'a, R>(
    rows: &[R],
    offset: usize,
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    nested: impl Fn(&R) -> Nested,
    mut text: impl FnMut(&R) -> Line<'a>,
) {
    let end = (offset + area.height as usize).min(rows.len());
    let Some(window) = rows.get(offset..end) else {
        return;
    };
    let Some(first) = window.first() else { return };
    let mut shown: Vec<&R> = Vec::new();
    let mut depth = nested(first).depth;
    for row in rows.iter().take(offset).rev() {
        if nested(row).depth < depth {
            shown.push(row);
            depth = nested(row).depth;
        }
    }
    shown.reverse();
    let above = shown.len();
    shown.extend(window);
    let lines: Vec<(Nested, Line<'a>)> = shown
        .iter()
        .enumerate()
        .map(|(at, row)| {
            let line = if at < above {
                Line::default()
            } else {
                text(row)
            };
            (nested(row), line)
        })
        .collect();
    let mut state = TreeState::<u32>::default();
    let items = nest(&lines, &mut 0, 0, &mut Vec::new(), &mut state);
    // With the last row selected and to be seen, the widget leaves exactly the ancestors out above.
    state.scroll_selected_into_view();
    let Ok(tree) = Tree::new(&items) else { return };
    let tree = tree
        .node_open_symbol(theme.glyphs.open)
        .node_closed_symbol(theme.glyphs.closed)
        .node_no_children_symbol("  ");
    let inner = Rect {
        height: area
            .height
            .min(u16::try_from(window.len()).unwrap_or(u16::MAX)),
        ..area
    };
    StatefulWidget::render(tree, inner, buf, &mut state);
}

/// Nests a flat run of rows; every row of the run that has rows below it in the run is open.
fn nest<'a>(
    rows: &[(Nested, Line<'a>)],
    cursor: &mut usize,
    depth: u16,
    path: &mut Vec<u32>,
    state: &mut TreeState<u32>,
) -> Vec<TreeItem<'a, u32>> {
    let mut items = Vec::new();
    while let Some((row, line)) = rows.get(*cursor) {
        if row.depth < depth {
            break;
        }
        let id = u32::try_from(*cursor).unwrap_or(u32::MAX);
        *cursor += 1;
        path.push(id);
        let mut children = nest(rows, cursor, row.depth + 1, path, state);
        if row.open {
            state.open(path.clone());
        }
        if *cursor == rows.len() && state.selected().is_empty() {
            state.select(path.clone());
        }
        if row.children && children.is_empty() && (!row.open || *cursor == rows.len()) {
            // Folded, or its rows are below the screen: a placeholder makes the widget draw the symbol.
            children.push(TreeItem::new_leaf(u32::MAX, Line::default()));
        }
        items.extend(TreeItem::new(id, line.clone(), children).ok());
        path.pop();
    }
    items
}
