//! The blast radius: whom it touches when something stops.

use super::ways::{Evidence, Ways};
use super::words::{self, NAMES, Names};
use crate::model::query::network::{Network, Role};

/// A share below which two rounds are taken as the same.
const SAME: f64 = 1e-12;
/// Most nodes and links that are looked at while shares of elements that call each other settle.
pub(super) const STEPS: usize = 1_000_000;

/// Somebody who calls what is stopped, directly or through others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Touched {
    /// The node.
    pub node: usize,
    /// The fewest links to what is stopped.
    pub hops: usize,
    /// The share of its calls that go through what is stopped, from 0 to 1; `None` where it called nobody
    /// within the short window. See [`Network::impact`].
    pub share: Option<f64>,
    /// Whether the share is all that goes through; else it is at least so much: some of its calls are to somebody
    /// of whose calls nothing is known, or a circle of calls did not settle within the bounds.
    pub is_exact: bool,
    /// The surest way there, by its weakest link.
    pub by: Evidence,
}

/// Whom it touches when a node stops.
#[derive(Clone, Debug, PartialEq)]
pub struct Impact {
    /// The node that stops.
    pub stopped: usize,
    /// All who call it, directly or through others: nearest first, then by share, the greatest first.
    pub touched: Vec<Touched>,
    /// Those among them (and the stopped one itself) by whom calls come in from outside, sorted.
    pub entries: Vec<usize>,
    /// All of it in one sentence.
    pub sentence: String,
}

impl Impact {
    /// What is known of a node that is touched.
    #[must_use]
    pub fn of(&self, node: usize) -> Option<&Touched> {
        self.touched.iter().find(|touched| touched.node == node)
    }
}

impl Network {
    /// Whom it touches when a node stops: everybody from whom links lead to it.
    ///
    /// The share of a caller *v* is the part of its outgoing calls of the short window that go through the
    /// stopped node *s*: a call to *s* counts whole, a call to another *w* counts with *w*'s own share,
    ///
    /// > share(v) = Σ calls(v, w) · share(w) / Σ calls(v, w), with share(s) = 1, and 0 for who does not lead to *s*.
    ///
    /// So shares multiply along a way and add up over several. It is the chance that a walk that starts at *v*
    /// and follows each time one of the calls meets *s*. It says nothing of how many requests fail: a request
    /// that makes three calls of which one goes through *s* counts as a third. Calls of a node to itself do not
    /// count.
    ///
    /// Among elements that call each other the least solution counts: rounds over them in the order of the
    /// nodes, from 0 on, until nothing changes or a million links were looked at. Shares only grow in these
    /// rounds, so what is not settled by then is a lower bound, and [`Touched::is_exact`] says so.
    #[must_use]
    pub fn impact(&self, stopped: usize) -> Impact {
        let ways = Ways::of(self);
        let hops = ways.leading_to(&[stopped], Evidence::Declared);
        let by = Evidence::ALL.map(|least| (least, ways.leading_to(&[stopped], least)));
        let (shares, doubtful) = shares(&ways, stopped, &hops);
        let far = hops
            .iter()
            .enumerate()
            .filter_map(|(n, far)| Some((n, (*far)?)));
        let mut touched: Vec<Touched> = far
            .filter(|(node, _)| *node != stopped)
            .map(|(node, hops)| Touched {
                node,
                hops,
                share: shares.get(node).copied().flatten(),
                is_exact: !doubtful.get(node).copied().unwrap_or(false),
                by: by
                    .iter()
                    .find(|(_, reached)| reached.get(node).is_some_and(Option::is_some))
                    .map_or(Evidence::Declared, |(by, _)| *by),
            })
            .collect();
        touched.sort_by(|a, b| {
            let share = |t: &Touched| t.share.unwrap_or(-1.0);
            a.hops
                .cmp(&b.hops)
                .then(b.by.cmp(&a.by))
                .then(share(b).total_cmp(&share(a)))
                .then(a.node.cmp(&b.node))
        });
        let mut impact = Impact {
            stopped,
            entries: self.entries_among(touched.iter().map(|t| t.node).chain([stopped])),
            touched,
            sentence: String::new(),
        };
        impact.sentence = sentence(self, &impact);
        impact
    }

    fn entries_among(&self, nodes: impl Iterator<Item = usize>) -> Vec<usize> {
        let is_entry = |at: &usize| self.nodes.get(*at).is_some_and(|n| n.role == Role::Entry);
        let mut entries: Vec<usize> = nodes.filter(is_entry).collect();
        entries.sort_unstable();
        entries
    }
}

/// The share of every node that leads to the stopped one, and those of whom it is only a lower bound.
fn shares(ways: &Ways, stopped: usize, hops: &[Option<usize>]) -> (Vec<Option<f64>>, Vec<bool>) {
    let mut shares: Vec<f64> = vec![0.0; ways.len()];
    if let Some(share) = shares.get_mut(stopped) {
        *share = 1.0;
    }
    let totals: Vec<u64> = (0..ways.len())
        .map(|at| ways.callees(at).iter().map(|step| step.calls).sum())
        .collect();
    let total = |at: usize| totals.get(at).copied().unwrap_or(0);
    let leads = |at: usize| hops.get(at).is_some_and(Option::is_some);
    let mut unsure = Vec::new();
    let mut steps = 0;
    // What is called stands before who calls it, so only within a ring more than one round is needed.
    for ring in ways.rings(|from, step| from != stopped && step.calls > 0) {
        let ring: Vec<usize> = ring
            .into_iter()
            .filter(|at| *at != stopped && leads(*at))
            .collect();
        unsure.extend(ring.iter().filter(|at| total(**at) == 0));
        let settled = loop {
            let mut change: f64 = 0.0;
            for at in &ring {
                let callees = ways.callees(*at);
                let share = share(callees, &shares, total(*at));
                steps += 1 + callees.len();
                if let Some(old) = shares.get_mut(*at) {
                    change = change.max((share - *old).abs());
                    *old = share;
                }
            }
            if change < SAME || ring.len() == 1 {
                break true;
            }
            if steps >= STEPS {
                break false;
            }
        };
        if !settled {
            unsure.extend(&ring);
        }
    }
    // A lower bound makes lower bounds of all who call it, but for the way through the stopped one.
    let doubtful = doubtful(ways, stopped, &unsure);
    let shares = shares.into_iter().enumerate();
    let known = shares.map(|(at, share)| (leads(at) && total(at) > 0).then_some(share));
    (known.collect(), doubtful)
}

#[expect(clippy::cast_precision_loss, reason = "a share is shown in percent")]
fn share(callees: &[super::ways::Step], shares: &[f64], total: u64) -> f64 {
    let through = callees.iter().map(|step| {
        let share = shares.get(step.to).copied().unwrap_or(0.0);
        step.calls as f64 * share
    });
    (through.sum::<f64>() / total.max(1) as f64).min(1.0)
}

/// Who calls one of these within the short window, directly or through others than the stopped one.
fn doubtful(ways: &Ways, stopped: usize, unsure: &[usize]) -> Vec<bool> {
    let mut found = vec![false; ways.len()];
    let mut next: Vec<usize> = unsure.to_vec();
    while let Some(at) = next.pop() {
        if at == stopped {
            continue;
        }
        if let Some(seen @ false) = found.get_mut(at) {
            *seen = true;
            let callers = ways.callers(at).iter().filter(|step| step.calls > 0);
            next.extend(callers.map(|step| step.to));
        }
    }
    found
}

fn sentence(network: &Network, impact: &Impact) -> String {
    let names = Names::of(network);
    let name = names.get(impact.stopped);
    let others = network.nodes.len().saturating_sub(1);
    let one = if others == 1 { "other" } else { "others" };
    let left_out = network.left_out();
    let entries = impact.entries.iter().copied();
    let entries: Vec<usize> = entries.filter(|at| *at != impact.stopped).collect();
    let is_entry = impact.entries.len() > entries.len();
    let outside = match (is_entry, entries.as_slice()) {
        (false, []) => String::new(),
        (true, []) => "; calls from outside come in by it".to_owned(),
        (false, entries) => format!("; calls from outside reach it by {}", names.list(entries)),
        (true, entries) => {
            let entries = names.list(entries);
            format!("; calls from outside come in by it, and reach it by {entries}")
        }
    };
    if impact.touched.is_empty() {
        return format!(
            "stopping {name} touches none of {others} {one}: nobody calls it, as far as {}{outside}{left_out}",
            network.knowledge()
        );
    }
    let shown = impact.touched.iter().take(NAMES);
    let shown: Vec<String> = shown
        .map(|touched| {
            let name = names.get(touched.node);
            let entry = impact.entries.contains(&touched.node);
            match how(network, touched, entry) {
                how if how.is_empty() => name.to_owned(),
                how => format!("{name} ({how})"),
            }
        })
        .collect();
    let groups = network.nodes.iter().any(|n| n.members.len() > 1);
    let groups = if groups { ", a group being one" } else { "" };
    format!(
        "stopping {name} touches {} of {others} {one}{groups}: {}{outside}{left_out}",
        impact.touched.len(),
        words::list(&shown, impact.touched.len()),
    )
}

/// `31 % of its calls`, `only declared`; nothing of a way in, which sends no spans.
fn how(network: &Network, touched: &Touched, is_entry: bool) -> String {
    match (touched.by, touched.share) {
        (Evidence::Declared, None) if is_entry => "a way in".to_owned(),
        (Evidence::Declared, _) => "only declared".to_owned(),
        (Evidence::Seen, _) => format!("called earlier, not {}", network.lately()),
        (Evidence::Called, Some(share)) => {
            format!("{} of its calls", percent(share, touched.is_exact))
        }
        (Evidence::Called, None) => String::new(),
    }
}

/// `all`, `31 %`, `at least 31 %`: never `0 %` or `100 %` where it is not that.
fn percent(share: f64, is_exact: bool) -> String {
    let percent = (share * 100.0).round();
    if share > 1.0 - 1e-9 {
        return "all".to_owned();
    }
    let least = if is_exact { "" } else { "at least " };
    if percent >= 100.0 {
        "over 99 %".to_owned()
    } else if percent >= 1.0 {
        format!("{least}{percent:.0} %")
    } else if is_exact {
        "under 1 %".to_owned()
    } else {
        "some".to_owned()
    }
}
