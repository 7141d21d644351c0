//! How one leads to another.
//!
//! petgraph has the lengths of the k shortest walks and the list of all simple paths, but not the k shortest simple
//! paths themselves; so this is Yen's way to them, with a walk by levels that prefers what is called more.

use std::collections::{BTreeSet, HashSet};

use super::ways::{Evidence, Ways};
use super::words::{self, Names};
use crate::model::query::network::Network;

/// How much is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    /// Paths.
    pub paths: usize,
    /// Links of one path.
    pub hops: usize,
}

impl Default for Most {
    fn default() -> Self {
        Self { paths: 8, hops: 24 }
    }
}

/// A way from one node to another that meets none twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The nodes from the first to the last.
    pub nodes: Vec<usize>,
    /// Calls of the short window on the link of it that is called least.
    pub calls: u64,
    /// How sure it is, by its weakest link.
    pub by: Evidence,
}

impl Path {
    /// Links.
    #[must_use]
    pub fn hops(&self) -> usize {
        self.nodes.len().saturating_sub(1)
    }

    /// `a > b > c (only declared)`.
    #[must_use]
    pub fn sentence(&self, network: &Network) -> String {
        let way = Names::of(network).way(self.nodes.iter().copied());
        format!("{way}{}", self.by.doubt(network))
    }
}

/// The ways from one node to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The shortest ones, those with most calls on their least called link first among equals.
    pub paths: Vec<Path>,
    /// Whether there are more than were asked for.
    pub are_more: bool,
    /// All of it in one sentence.
    pub sentence: String,
}

impl Network {
    /// The shortest ways from one node to another, by links, then by traffic.
    #[must_use]
    pub fn paths(&self, from: usize, to: usize, most: Most) -> Paths {
        let ways = Ways::of(self);
        let mut paths = if from == to {
            Vec::new()
        } else {
            shortest(&ways, from, to, most)
        };
        let are_more = paths.len() > most.paths;
        paths.truncate(most.paths);
        let sentence = sentence(self, &ways, (from, to), &paths, are_more, most);
        Paths {
            paths,
            are_more,
            sentence,
        }
    }
}

/// What comes first: few links, then many calls.
type Cost = (usize, u64);

fn cost(path: &Path) -> Cost {
    (path.hops(), u64::MAX - path.calls)
}

/// The paths that were asked for, and one more where there is one.
fn shortest(ways: &Ways, from: usize, to: usize, most: Most) -> Vec<Path> {
    let mut found: Vec<Path> = Vec::new();
    let mut known: HashSet<Vec<usize>> = HashSet::new();
    let mut candidates: BTreeSet<(Cost, Vec<usize>)> = BTreeSet::new();
    let mut offer = |path: Option<Path>, candidates: &mut BTreeSet<_>| {
        if let Some(path) = path
            && known.insert(path.nodes.clone())
        {
            candidates.insert((cost(&path), path.nodes));
        }
    };
    let first = best(ways, &[from], to, &HashSet::new(), most.hops);
    offer(
        first.and_then(|nodes| measured(ways, nodes)),
        &mut candidates,
    );
    while let Some((_, nodes)) = candidates.pop_first() {
        // Every other path leaves this one somewhere: the best for each place where that may be.
        for turn in 1..nodes.len() {
            let Some(root) = nodes.get(..turn) else { break };
            let same = found.iter().map(|path| &path.nodes).chain([&nodes]);
            let taken: HashSet<usize> = same
                .filter(|other| other.starts_with(root))
                .filter_map(|other| other.get(turn).copied())
                .collect();
            let path = best(ways, root, to, &taken, most.hops);
            offer(
                path.and_then(|nodes| measured(ways, nodes)),
                &mut candidates,
            );
        }
        found.extend(measured(ways, nodes));
        if found.len() > most.paths {
            break;
        }
    }
    found
}

/// The best path that begins with `root` and does not go on from there to one of `taken`.
fn best(
    ways: &Ways,
    root: &[usize],
    to: usize,
    taken: &HashSet<usize>,
    most: usize,
) -> Option<Vec<usize>> {
    let start = *root.last()?;
    // By node: from where it is come to best, and the calls of the least called link of the way.
    let mut came: Vec<Option<(usize, u64)>> = vec![None; ways.len()];
    for at in root {
        *came.get_mut(*at)? = Some((*at, u64::MAX));
    }
    let mut level = vec![start];
    let mut hops = root.len() - 1;
    while !level.is_empty() && hops < most {
        hops += 1;
        let mut next: Vec<(usize, usize, u64)> = Vec::new();
        for at in level {
            let calls = came
                .get(at)
                .copied()
                .flatten()
                .map_or(0, |(_, calls)| calls);
            for step in ways.callees(at) {
                let is_free = came.get(step.to).is_some_and(Option::is_none);
                if is_free && (at != start || !taken.contains(&step.to)) {
                    next.push((step.to, at, calls.min(step.calls)));
                }
            }
        }
        next.sort_unstable_by_key(|(to, from, calls)| (*to, u64::MAX - calls, *from));
        next.dedup_by_key(|(to, ..)| *to);
        for (to, from, calls) in &next {
            *came.get_mut(*to)? = Some((*from, *calls));
        }
        level = next.into_iter().map(|(to, ..)| to).collect();
        if level.binary_search(&to).is_ok() {
            let mut path = vec![to];
            let mut at = to;
            while at != start {
                (at, _) = came.get(at).copied().flatten()?;
                path.push(at);
            }
            path.pop();
            path.extend(root.iter().rev());
            path.reverse();
            return Some(path);
        }
    }
    None
}

/// A path with its calls and how sure it is.
fn measured(ways: &Ways, nodes: Vec<usize>) -> Option<Path> {
    let mut path = Path {
        calls: u64::MAX,
        by: Evidence::Called,
        nodes,
    };
    for pair in path.nodes.windows(2) {
        let &[from, to] = pair else { return None };
        let steps = ways.callees(from);
        let step = steps.get(steps.binary_search_by_key(&to, |s| s.to).ok()?)?;
        path.calls = path.calls.min(step.calls);
        path.by = path.by.min(step.by);
    }
    Some(path)
}

fn sentence(
    network: &Network,
    ways: &Ways,
    (from, to): (usize, usize),
    paths: &[Path],
    are_more: bool,
    most: Most,
) -> String {
    let names = Names::of(network);
    let (a, b) = (names.get(from), names.get(to));
    let left_out = network.left_out();
    let far = |from: usize, to: usize| {
        let hops = ways.reached_from(&[from], Evidence::Declared);
        hops.get(to).copied().flatten()
    };
    let (Some(first), Some(last)) = (paths.first(), paths.last()) else {
        if from == to {
            return format!("{a} is both ends: choose two");
        }
        if let Some(hops) = far(from, to) {
            return format!(
                "{a} leads to {b} only in {hops} links; paths of up to {} were asked for",
                most.hops
            );
        }
        let back = match far(to, from) {
            Some(hops) => format!("; {b} leads to {a} in {}", words::count(hops, "link")),
            None => String::new(),
        };
        return format!(
            "no path leads from {a} to {b}, as far as {}{back}{left_out}",
            network.knowledge()
        );
    };
    let doubt = first.by.doubt(network);
    let way = names.way(first.nodes.iter().copied());
    if first.hops() == 1 && paths.len() == 1 && !are_more {
        return format!("{a} calls {b} directly{doubt}, and in no other way{left_out}");
    }
    let links = match (first.hops(), last.hops()) {
        (one, other) if one == other => words::count(one, "link"),
        (one, other) => format!("{one} to {other} links"),
    };
    let number = match (paths.len(), are_more) {
        (1, false) => format!("one path leads from {a} to {b}"),
        (1, true) => format!("the shortest of the paths from {a} to {b}"),
        (n, false) => format!("{n} paths lead from {a} to {b}"),
        (n, true) => format!("of the paths from {a} to {b}, the {n} shortest"),
    };
    let first = if paths.len() == 1 {
        "it is"
    } else {
        "the first is"
    };
    format!("{number} ({links}); {first} {way}{doubt}{left_out}")
}
