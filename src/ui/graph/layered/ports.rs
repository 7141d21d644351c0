//! The row on which each line touches each box: one of its own for every end, and straight on where possible.

use std::collections::BTreeMap;

use super::nets::{Nets, Side};
use super::rows::middle;

/// One end at a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Port {
    /// Where a net leaves.
    Leaves { net: usize },
    /// Where one edge of a net arrives.
    Arrives { net: usize, target: usize },
}

/// Gives every end its row.
pub(super) fn place(nets: &mut Nets) {
    for index in 0..nets.all.len() {
        let rows = |node: usize, nets: &Nets| middle(nets, node).div_euclid(2);
        let (source, targets) = match nets.all.get(index) {
            Some(net) => (
                rows(net.source, nets),
                net.targets.iter().map(|t| rows(t.node, nets)).collect(),
            ),
            None => (0, Vec::new()),
        };
        if let Some(net) = nets.all.get_mut(index) {
            net.row = source;
            for (target, row) in net.targets.iter_mut().zip(targets) {
                target.row = row;
            }
        }
    }
    let sides = sides(nets);
    // Where lines leave is settled between two turns of where they arrive, so that neither runs after the other.
    for arrives in [true, false, true] {
        for ((node, _), ports) in &sides {
            settle(nets, *node, ports, arrives);
        }
    }
}

/// The ends on each side of each box.
fn sides(nets: &Nets) -> BTreeMap<(usize, Side), Vec<Port>> {
    let mut sides: BTreeMap<(usize, Side), Vec<Port>> = BTreeMap::new();
    for (index, net) in nets.all.iter().enumerate() {
        let leaves = Port::Leaves { net: index };
        sides
            .entry((net.source, net.side))
            .or_default()
            .push(leaves);
        for (at, target) in net.targets.iter().enumerate() {
            let side = nets.arrives(net, target.node);
            let arrives = Port::Arrives {
                net: index,
                target: at,
            };
            sides.entry((target.node, side)).or_default().push(arrives);
        }
    }
    sides
}

/// Shares the rows of one side of a box; only ends of one kind look anew where they want to be.
fn settle(nets: &mut Nets, node: usize, ports: &[Port], arrives: bool) {
    let mut wanted: Vec<(i32, Port)> = ports
        .iter()
        .map(|port| {
            let moves = matches!(port, Port::Arrives { .. }) == arrives;
            let want = if moves {
                far(nets, *port)
            } else {
                row(nets, *port)
            };
            (want, *port)
        })
        .collect();
    wanted.sort_unstable();
    let item = nets.item(node);
    let (mut free, end) = (item.y, item.y + item.height);
    let mut left = i32::try_from(wanted.len()).unwrap_or(i32::MAX);
    for (want, port) in wanted {
        let row = want.clamp(free, (end - left).max(free));
        free = row + 1;
        left -= 1;
        set_row(nets, port, row);
    }
}

fn row(nets: &Nets, port: Port) -> i32 {
    let net = |net: usize| nets.all.get(net);
    match port {
        Port::Leaves { net: at } => net(at).map_or(0, |n| n.row),
        Port::Arrives { net: at, target } => net(at)
            .and_then(|n| n.targets.get(target))
            .map_or(0, |t| t.row),
    }
}

fn set_row(nets: &mut Nets, port: Port, row: i32) {
    match port {
        Port::Leaves { net } => {
            if let Some(net) = nets.all.get_mut(net) {
                net.row = row;
            }
        }
        Port::Arrives { net, target } => {
            let net = nets.all.get_mut(net);
            if let Some(target) = net.and_then(|n| n.targets.get_mut(target)) {
                target.row = row;
            }
        }
    }
}

/// The row of the other end of the line beside the box, the middle one where there are several.
fn far(nets: &Nets, port: Port) -> i32 {
    match port {
        Port::Arrives { net, target } => {
            let Some(net) = nets.all.get(net) else {
                return 0;
            };
            let node = net.targets.get(target).map_or(0, |t| t.node);
            let column = nets.column(node);
            match net.side {
                _ if column == nets.column(net.source) => net.row,
                Side::Right => nets.row(net, column - 1),
                Side::Left => nets.row(net, column + 1),
            }
        }
        Port::Leaves { net } => {
            let Some(net) = nets.all.get(net) else {
                return 0;
            };
            let own = nets.column(net.source);
            let next = match net.side {
                Side::Right => own + 1,
                Side::Left => own - 1,
            };
            let beside = net.targets.iter().filter(|t| nets.column(t.node) == next);
            let mut rows: Vec<i32> = beside.map(|t| t.row).collect();
            rows.extend(net.passes.get(&next).map(|pass| nets.item(*pass).y));
            rows.sort_unstable();
            rows.get(rows.len() / 2).copied().unwrap_or(net.row)
        }
    }
}
