//! What tracing sources counted, kept under its raw names, and the calls derived from it.
//!
//! The derivation is a pure function of the counts and the [`Directory`]; it is run again whenever
//! either changes, so the order in which they arrive does not matter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::element::{Call, Counts, External, Outside};
use super::identity::{Directory, Known, Resolution};
use super::interfaces::{Origin, Place};
use super::key::{ElementKey, TypeKey};
use super::observation::{Hint, Links, Says, Span};
use super::text::Text;
use super::usage::Uses;

/// The latest counts of every source and window, and the names heard.
#[derive(Clone, Debug, Default)]
pub(super) struct Telemetry {
    links: BTreeMap<(Text, Span), Links>,
    names: BTreeMap<Text, Vec<Text>>,
    uses: BTreeMap<Text, Sampled>,
    hints: BTreeMap<Text, Vec<Hint>>,
    /// When a name was said last, by our clock: a tracing server that lost its store will say it again, and who is
    /// called so is the same meanwhile.
    said: BTreeMap<Text, Timestamp>,
}

/// What one source sampled, and the raw names in it, each once.
#[derive(Clone, Debug)]
struct Sampled {
    uses: Arc<Uses>,
    names: BTreeSet<Text>,
}

/// For how long a name is known that nobody says any more, as long as what spans say of it is kept.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);
/// Most names that are known so.
const NAMES: usize = 10_000;

/// What follows from them.
#[derive(Debug, Default)]
pub(super) struct Joined {
    pub(super) calls: BTreeMap<ElementKey, Call>,
    pub(super) externals: BTreeMap<ElementKey, External>,
    /// What interfaces follow from.
    pub(super) origin: Origin,
    /// The raw names of each type.
    pub(super) known: BTreeMap<TypeKey, Vec<Known>>,
}

impl Telemetry {
    /// Replaces one window; says whether it is the first of its kind.
    pub(super) fn count(&mut self, links: Links) -> bool {
        let key = (links.source.clone(), links.span);
        self.links.insert(key, links).is_none()
    }

    /// Forgets one window; says whether there was one.
    pub(super) fn forget(&mut self, source: Text, span: Span) -> bool {
        self.links.remove(&(source, span)).is_some()
    }

    /// Replaces the names of one source; says whether anything changed.
    pub(super) fn hear(&mut self, source: Text, names: Vec<Text>) -> bool {
        self.names.insert(source, names.clone()) != Some(names)
    }

    /// Replaces what one source sampled.
    pub(super) fn sample(&mut self, uses: Uses) {
        let names = uses.names().cloned().collect();
        let uses = Arc::new(uses);
        self.uses
            .insert(uses.source.clone(), Sampled { uses, names });
    }

    /// Forgets what one source sampled; says whether there was anything.
    pub(super) fn unsample(&mut self, source: &Text) -> bool {
        self.uses.remove(source).is_some()
    }

    /// Replaces what one source says beside names; says whether anything changed.
    pub(super) fn hint(&mut self, source: Text, hints: Vec<Hint>) -> bool {
        self.hints.insert(source, hints.clone()) != Some(hints)
    }

    /// Everything that is said beside names.
    pub(super) fn hints(&self) -> impl Iterator<Item = &Hint> {
        self.hints.values().flatten()
    }

    /// All raw names, each once.
    pub(super) fn raw(&self) -> BTreeSet<&Text> {
        self.links
            .values()
            .flat_map(|l| l.links.iter().flat_map(|l| [&l.caller, &l.callee]))
            .chain(self.names.values().flatten())
            .chain(self.uses.values().flat_map(|sampled| &sampled.names))
            .chain(
                self.by_address()
                    .flat_map(|(caller, callee)| [caller, callee]),
            )
            .collect()
    }

    /// Notes which names are said now, and forgets those that nobody has said for long.
    pub(super) fn remember(&mut self, now: Timestamp) {
        let raw: Vec<Text> = self.raw().into_iter().cloned().collect();
        self.said.extend(raw.into_iter().map(|name| (name, now)));
        self.said
            .retain(|_, at| now.duration_since(*at) < REMEMBERED);
        if self.said.len() > NAMES {
            self.said.retain(|_, at| *at == now);
        }
    }

    /// The names that nobody says now, and that were said not long ago.
    pub(super) fn remembered(&self) -> impl Iterator<Item = &Text> {
        let raw = self.raw();
        self.said.keys().filter(move |name| !raw.contains(name))
    }

    /// Calls of what nobody names, by caller and address: sources count no links of these.
    fn by_address(&self) -> impl Iterator<Item = (&Text, &Text)> {
        self.hints().filter_map(|hint| match &hint.says {
            Says::CalledBy { caller } => Some((caller, &hint.name)),
            _ => None,
        })
    }

    /// Whether a source heard from a service itself, and not only of it from others.
    pub(super) fn reports(&self, name: &Text) -> bool {
        self.names.values().any(|names| names.contains(name))
    }

    /// Entries of all tables together.
    pub(super) fn footprint(&self) -> usize {
        let links = self.links.values().map(|l| l.links.len() + 1);
        let names = self.names.values().map(|n| n.len() + 1);
        let uses = self.uses.values().map(|u| u.uses.uses.len() + 1);
        let hints = self.hints.values().map(|h| h.len() + 1);
        let counted: usize = links.chain(names).chain(uses).chain(hints).sum();
        counted + self.said.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.links.is_empty() && self.names.is_empty() && self.uses.is_empty()
    }

    /// The window of the short counts, of the source that was asked last.
    pub(super) fn recent(&self) -> Option<&Links> {
        self.links
            .values()
            .filter(|l| l.span == Span::Recent)
            .max_by_key(|l| l.ends)
    }

    /// The length of the long window in ms.
    pub(super) fn long_ms(&self) -> Option<u64> {
        self.links
            .values()
            .filter(|l| l.span == Span::Long)
            .map(|l| l.window_ms)
            .max()
    }

    /// The calls between what `is_there`; a person's mapping may name what is not.
    pub(super) fn join(
        &self,
        directory: &Directory<'_>,
        is_there: impl Fn(&TypeKey) -> bool,
    ) -> Joined {
        let mut joined = Joined::default();
        let mut spare = BTreeMap::new();
        let mut places: BTreeMap<&Text, Place> = BTreeMap::new();
        for name in self.raw() {
            let mut place = place(name, directory, &is_there, &mut joined);
            if place.ways.len() > 1 {
                spare.extend(joined.externals.remove_entry(&place.key));
            } else if let Some(way) = place.ways.pop() {
                // What a Service stands for and the Service are one.
                joined.externals.remove(&place.key);
                place.key = way;
            }
            places.insert(name, place);
        }
        for name in self.remembered() {
            // Who it is now: its evidence may be gone, or another's by now.
            joined.known(name, directory.resolve(name), &is_there);
        }
        let ends = |caller: &Text, callee: &Text| {
            let from = places.get(caller)?.key.clone();
            let to = places.get(callee)?.called_by(Some(&from));
            Some((from, to))
        };
        for window in self.links.values() {
            for link in &window.links {
                let Some((caller, callee)) = ends(&link.caller, &link.callee) else {
                    continue;
                };
                let counts = Counts {
                    calls: link.calls,
                    // A server that counts more errors than calls is not believed.
                    errors: link.errors.min(link.calls),
                    window_ms: window.window_ms,
                    ends: window.ends,
                };
                let call = joined
                    .calls
                    .entry(ElementKey::call(caller.clone(), callee.clone()))
                    .or_insert_with(|| Call {
                        caller: caller.clone(),
                        callee: callee.clone(),
                        recent: None,
                        long: None,
                        names: Vec::new(),
                    });
                let sum = match window.span {
                    Span::Recent => &mut call.recent,
                    Span::Long => &mut call.long,
                };
                *sum = Some(sum.map_or(counts, |s| s.plus(counts)));
                call.names.push((link.caller.clone(), link.callee.clone()));
            }
        }
        for (caller, callee) in self.by_address() {
            let Some((from, to)) = ends(caller, callee) else {
                continue;
            };
            let call = joined
                .calls
                .entry(ElementKey::call(from.clone(), to.clone()));
            let call = call.or_insert_with(|| Call {
                caller: from.clone(),
                callee: to.clone(),
                recent: None,
                long: None,
                names: Vec::new(),
            });
            call.names.push((caller.clone(), callee.clone()));
        }
        // In the long window but not in the short one is zero calls, not "no data".
        let quiet = self.recent().map(|window| Counts {
            calls: 0,
            errors: 0,
            window_ms: window.window_ms,
            ends: window.ends,
        });
        for call in joined.calls.values_mut() {
            if call.long.is_some() {
                call.recent = call.recent.or(quiet);
            }
            call.names.sort();
            call.names.dedup();
        }
        for known in joined.known.values_mut() {
            known.sort_by(|a, b| a.name.cmp(&b.name));
        }
        joined.origin = Origin {
            sampled: self.uses.values().map(|s| Arc::clone(&s.uses)).collect(),
            places: places
                .into_iter()
                .map(|(name, place)| (name.clone(), place))
                .collect(),
        };
        spare.retain(|key, _| joined.speaks_of(key));
        joined.externals.append(&mut spare);
        joined
    }
}

impl Joined {
    /// Keeps who a raw name is, where it is a component type that is there.
    fn known(
        &mut self,
        name: &Text,
        found: Resolution,
        is_there: impl Fn(&TypeKey) -> bool,
    ) -> Option<TypeKey> {
        let Resolution::Matched { to, rule, settled } = found else {
            return None;
        };
        if !is_there(&to) {
            return None;
        }
        let name = name.clone();
        self.known.entry(to.clone()).or_default().push(Known {
            name,
            rule,
            settled,
        });
        Some(to)
    }

    /// Whether a call or an operation has an element at one of its ends.
    fn speaks_of(&self, key: &ElementKey) -> bool {
        let mut calls = self.calls.values();
        calls.any(|call| call.caller == *key || call.callee == *key) || self.origin.speaks_of(key)
    }
}

/// The element that a raw name stands for; names that are no component type become externals.
fn place(
    name: &Text,
    directory: &Directory<'_>,
    is_there: impl Fn(&TypeKey) -> bool,
    joined: &mut Joined,
) -> Place {
    let mut ways = Vec::new();
    let found = directory.resolve(name);
    if let Some(to) = joined.known(name, found.clone(), is_there) {
        let key = ElementKey::Type(to);
        return Place { key, ways };
    }
    let outside = match found {
        Resolution::Ambiguous { candidates, .. } => Outside::Ambiguous { candidates },
        Resolution::External { evidence } => {
            let services = directory.ways_out(name);
            ways.extend(services.map(|(namespace, name)| ElementKey::service(namespace, name)));
            Outside::External { evidence }
        }
        Resolution::Matched { .. } | Resolution::Unresolved => Outside::Unresolved,
    };
    let key = ElementKey::External { name: name.clone() };
    let external = External {
        name: name.clone(),
        outside,
    };
    joined.externals.insert(key.clone(), external);
    Place { key, ways }
}
