//! Rows: how tall each item is, where it stands in its column, and on which row each line touches it.

use super::items::{Items, Side, Who};

/// Gives every item its rows and every wire's end its row. Each end has a row of its own on its side.
pub(super) fn place(items: &mut Items, bordered: bool) {
    let border = usize::from(bordered);
    let ports = ports(items);
    for (index, item) in items.all.iter_mut().enumerate() {
        let most = ports
            .iter()
            .filter(|p| p.item == index)
            .map(|p| p.place + 1)
            .max()
            .unwrap_or(1);
        item.height = match item.who {
            Who::Node(_) => most + 2 * border,
            Who::Pass => 1,
        };
    }
    let focus = items.columns.get(&0).and_then(|c| c.first()).copied();
    for column in items.outwards() {
        if column != 0 {
            stack(items, column, &ports, border);
        }
        // The middle follows its neighbours, and those further out follow them.
        set_rows(items, &ports, border, focus);
        stretch(items, focus, border);
    }
    // What else stands in the middle was moved below it.
    set_rows(items, &ports, border, focus);
}

/// One end of one wire, and its place among the ends on the same side of the same item.
struct Port {
    wire: usize,
    /// Whether it is the wire's first end.
    first: bool,
    item: usize,
    place: usize,
}

/// Orders the ends on each side of each item by where their other ends are, so that few lines cross.
fn ports(items: &Items) -> Vec<Port> {
    let mut keyed = Vec::new();
    for (index, wire) in items.wires.iter().enumerate() {
        for (first, this, other) in [(true, wire.a, wire.b), (false, wire.b, wire.a)] {
            let (own, its) = (items.order(this.item), items.order(other.item));
            let group = if this.side != other.side {
                1
            } else if its < own {
                0
            } else {
                2
            };
            let edge = items.key(wire.edge).copied();
            keyed.push(((this.item, this.side), (group, its, edge), index, first));
        }
    }
    keyed.sort();
    let mut ports: Vec<Port> = Vec::with_capacity(keyed.len());
    let mut on: Option<((usize, Side), usize)> = None;
    for (side, _, wire, first) in keyed {
        let place = match on {
            Some((last, place)) if last == side => place + 1,
            _ => 0,
        };
        on = Some((side, place));
        ports.push(Port {
            wire,
            first,
            item: side.0,
            place,
        });
    }
    ports
}

/// Stacks one column: next to the middle from the top, further out near what the items are linked to.
fn stack(items: &mut Items, column: i16, ports: &[Port], border: usize) {
    let members = items.columns.get(&column).cloned().unwrap_or_default();
    let heights: Vec<usize> = members
        .iter()
        .map(|i| items.all.get(*i).map_or(1, |i| i.height))
        .collect();
    let mut tops = Vec::with_capacity(members.len());
    let mut free = 0;
    for (item, height) in members.iter().zip(&heights) {
        let top = wanted_top(items, *item, column, ports, border).max(free);
        tops.push(top);
        free = top + height;
    }
    // Nobody gets a taller picture for a straighter line.
    let packed: usize = heights.iter().sum();
    let tallest = items
        .all
        .iter()
        .filter(|i| i.column.unsigned_abs() < column.unsigned_abs())
        .map(|i| i.y + i.height)
        .max()
        .unwrap_or(0);
    let mut bottom = packed.max(tallest);
    for (top, height) in tops.iter_mut().zip(&heights).rev() {
        *top = (*top).min(bottom.saturating_sub(*height));
        bottom = *top;
    }
    for (item, top) in members.iter().zip(tops) {
        if let Some(item) = items.all.get_mut(*item) {
            item.y = top;
        }
    }
}

/// The top that would make an item's first line inwards straight.
fn wanted_top(items: &Items, item: usize, column: i16, ports: &[Port], border: usize) -> usize {
    if column.unsigned_abs() < 2 {
        return 0;
    }
    let inner = column - column.signum();
    ports
        .iter()
        .filter(|p| p.item == item)
        .filter_map(|p| {
            let wire = items.wires.get(p.wire)?;
            let other = if p.first { wire.b } else { wire.a };
            let there = items.all.get(other.item)?;
            (there.column == inner).then(|| other.row.saturating_sub(p.place + border))
        })
        .min()
        .unwrap_or(0)
}

/// The row of every end, from where the items stand; ends at the focus take the row of their other end.
fn set_rows(items: &mut Items, ports: &[Port], border: usize, focus: Option<usize>) {
    for port in ports {
        let Some(item) = items.all.get(port.item) else {
            continue;
        };
        let border = if item.who == Who::Pass { 0 } else { border };
        let row = item.y + border + port.place;
        if let Some(wire) = items.wires.get_mut(port.wire) {
            if port.first {
                wire.a.row = row;
            } else {
                wire.b.row = row;
            }
        }
    }
    for wire in &mut items.wires {
        if wire.a.side == wire.b.side {
            continue;
        }
        if Some(wire.a.item) == focus {
            wire.a.row = wire.b.row;
        } else if Some(wire.b.item) == focus {
            wire.b.row = wire.a.row;
        }
    }
}

/// Makes the focus as tall as the rows on which lines touch it, and puts the rest of its column below.
fn stretch(items: &mut Items, focus: Option<usize>, border: usize) {
    let Some(focus) = focus else {
        return;
    };
    let lowest = items
        .wires
        .iter()
        .flat_map(|w| [w.a, w.b])
        .filter(|end| end.item == focus)
        .map(|end| end.row + 1 + border)
        .max()
        .unwrap_or(0);
    // All boxes beside it, not only their lines: it frames them.
    let beside = items
        .all
        .iter()
        .filter(|i| i.column.unsigned_abs() == 1 && i.who != Who::Pass)
        .map(|i| i.y + i.height)
        .max()
        .unwrap_or(0);
    let mut free = lowest.max(beside).max(1 + 2 * border);
    let members = items.columns.get(&0).cloned().unwrap_or_default();
    for index in members {
        if let Some(item) = items.all.get_mut(index) {
            if index == focus {
                item.y = 0;
                item.height = free;
            } else {
                item.y = free;
                free += item.height;
            }
        }
    }
}
