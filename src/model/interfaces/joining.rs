//! Joins raw names to elements, step by step.
//!
//! A sample of a large system holds thousands of uses, each with a sketch. Joined at once they would keep
//! whoever owns the model from answering; so they are joined in steps of so many entries, and what was joined
//! before stands until all are done.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{InstanceUse, Interfaces, OperationUse, Sample};
use crate::model::key::ElementKey;
use crate::model::text::Text;
use crate::model::usage::{Latency, Protocol, Served, Tally, Use, Uses};

/// Entries of one step: a few milliseconds at most.
pub(in crate::model) const STEP: usize = 256;

/// What interfaces follow from.
#[derive(Clone, Debug, Default)]
pub(in crate::model) struct Origin {
    /// What each source sampled.
    pub(in crate::model) sampled: Vec<Arc<Uses>>,
    /// What raw names stand for.
    pub(in crate::model) places: BTreeMap<Text, Place>,
}

/// What a raw name stands for.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::model) struct Place {
    /// The element, whoever calls.
    pub(in crate::model) key: ElementKey,
    /// The Services that lead to it, where it is outside of the cluster and there are several.
    pub(in crate::model) ways: Vec<ElementKey>,
}

impl Place {
    /// The element that a caller means: of several Services for one host that of its own namespace.
    pub(in crate::model) fn called_by(&self, caller: Option<&ElementKey>) -> ElementKey {
        let near = caller.and_then(ElementKey::namespace);
        let mut ways = self.ways.iter();
        let way = near.and_then(|near| ways.find(|way| way.namespace() == Some(near)));
        way.unwrap_or(&self.key).clone()
    }
}

impl PartialEq for Origin {
    /// A sample is never changed, only replaced.
    fn eq(&self, other: &Self) -> bool {
        let mut pairs = self.sampled.iter().zip(&other.sampled);
        self.sampled.len() == other.sampled.len()
            && pairs.all(|(own, other)| Arc::ptr_eq(own, other))
            && self.places == other.places
    }
}

impl Origin {
    /// The element that a raw name stands for, where this one calls it.
    fn key(&self, name: &Text, caller: Option<&ElementKey>) -> ElementKey {
        let known = self.places.get(name).map(|place| place.called_by(caller));
        known.unwrap_or_else(|| ElementKey::External { name: name.clone() })
    }

    /// Whether an operation has an element at one of its ends.
    pub(in crate::model) fn speaks_of(&self, key: &ElementKey) -> bool {
        let mut uses = self.sampled.iter().flat_map(|sampled| &sampled.uses);
        uses.any(|said| {
            let caller = said.caller.as_ref().map(|name| self.key(name, None));
            caller.as_ref() == Some(key) || self.key(&said.callee, caller.as_ref()) == *key
        })
    }

    /// The sums of all samples.
    fn sample(&self) -> Option<Sample> {
        let mut sample: Option<Sample> = None;
        for uses in &self.sampled {
            let sum = sample.get_or_insert(Sample {
                window_ms: 0,
                traces: 0,
                is_part: false,
                hidden: 0,
            });
            sum.window_ms = sum.window_ms.max(uses.window_ms);
            sum.traces += uses.traces;
            sum.is_part |= uses.is_sample;
            sum.hidden += uses.hidden;
        }
        sample
    }
}

/// Callee, protocol, operation, caller.
type Sum = (ElementKey, Option<Protocol>, Text, Option<ElementKey>);

/// Interfaces that are being joined.
#[derive(Clone, Debug, Default)]
pub(in crate::model) struct Joining {
    origin: Arc<Origin>,
    /// Which source is read, and how many of its entries were.
    at: (usize, usize),
    /// Uses of names that turn out to be one element are added up.
    sums: BTreeMap<Sum, OperationUse>,
    /// How long each call took, until its percentile is known.
    paces: HashMap<ElementKey, Latency>,
    /// The same, once all are there.
    rest: Option<Vec<(ElementKey, Latency)>>,
    made: Interfaces,
}

impl Joining {
    pub(in crate::model) fn new(origin: Origin) -> Self {
        let origin = Arc::new(origin);
        let made = Interfaces {
            sample: origin.sample(),
            origin: Arc::clone(&origin),
            ..Interfaces::default()
        };
        Self {
            origin,
            made,
            ..Self::default()
        }
    }

    pub(in crate::model) fn is_of(&self, origin: &Origin) -> bool {
        *self.origin == *origin
    }

    /// Looks at so many entries more; the interfaces, once there are none.
    pub(in crate::model) fn step(&mut self, entries: usize) -> Option<Interfaces> {
        for _ in 0..entries {
            if !(self.read() || self.put() || self.pace()) {
                return Some(std::mem::take(&mut self.made));
            }
        }
        None
    }

    /// Adds up one entry of what was sampled.
    fn read(&mut self) -> bool {
        let origin = Arc::clone(&self.origin);
        let (source, at) = self.at;
        let Some(uses) = origin.sampled.get(source) else {
            return false;
        };
        self.at = (source, at + 1);
        if let Some(said) = uses.uses.get(at) {
            self.add(said);
        } else if let Some(said) = uses.served.get(at - uses.uses.len()) {
            self.serve(said);
        } else {
            self.at = (source + 1, 0);
        }
        true
    }

    fn add(&mut self, said: &Use) {
        let caller = said.caller.as_ref().map(|name| self.origin.key(name, None));
        let callee = self.origin.key(&said.callee, caller.as_ref());
        let place = (
            callee.clone(),
            said.protocol,
            said.operation.clone(),
            caller.clone(),
        );
        let entry = self.sums.entry(place).or_insert_with(|| OperationUse {
            caller,
            callee,
            sort: said.sort,
            protocol: said.protocol,
            operation: said.operation.clone(),
            tally: Tally::default(),
        });
        entry.sort = entry.sort.max(said.sort);
        entry.tally.merge(&said.tally);
    }

    fn serve(&mut self, said: &Served) {
        let served = self.made.served.entry(self.origin.key(&said.callee, None));
        served.or_default().push(InstanceUse {
            instance: said.instance.clone(),
            tally: said.tally.clone(),
        });
    }

    /// Puts one sum into the tables.
    fn put(&mut self) -> bool {
        let Some((_, used)) = self.sums.pop_first() else {
            return false;
        };
        let made = &mut self.made;
        let at = made.uses.len();
        let callee = made.by_callee.entry(used.callee.clone());
        callee.or_default().push(at);
        let inbound = made.inbound.entry(used.callee.clone());
        inbound.or_default().merge(&used.tally);
        let sort = made.sorts.entry(used.callee.clone()).or_default();
        *sort = used.sort.max(*sort);
        if let Some(caller) = &used.caller {
            let call = ElementKey::call(caller.clone(), used.callee.clone());
            let pace = self.paces.entry(call).or_default();
            pace.merge(&used.tally.latency);
            let caller = made.by_caller.entry(caller.clone());
            caller.or_default().push(at);
        }
        made.uses.push(used);
        true
    }

    /// Asks for one percentile.
    fn pace(&mut self) -> bool {
        let paces = &mut self.paces;
        let rest = self
            .rest
            .get_or_insert_with(|| std::mem::take(paces).into_iter().collect());
        let Some((call, latency)) = rest.pop() else {
            return false;
        };
        if let Some(us) = latency.at(0.95) {
            self.made.paces.insert(call, us);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::model::usage::{Instance, Sort};

    fn tally(us: u64) -> Tally {
        let mut tally = Tally {
            calls: 1,
            ..Tally::default()
        };
        tally.latency.add(us);
        tally
    }

    /// Uses by names and operations of which there are few, so that some are the same.
    fn uses(said: &[(u8, u8, u8, u64)]) -> Uses {
        let name = |n: u8| Text::from(format!("s{n}"));
        let used = said.iter().map(|(caller, callee, operation, us)| Use {
            caller: (*caller > 0).then(|| name(*caller)),
            callee: name(*callee),
            sort: Sort::Service,
            protocol: Some(Protocol::Http),
            operation: format!("GET /{operation}").into(),
            tally: tally(*us),
        });
        let served = said.iter().map(|(_, callee, _, us)| Served {
            callee: name(*callee),
            instance: Instance::default(),
            tally: tally(*us),
        });
        Uses {
            source: "zipkin".into(),
            window_ms: 60_000,
            ends: Timestamp::UNIX_EPOCH,
            traces: 1,
            is_sample: false,
            hidden: 0,
            uses: used.collect(),
            served: served.collect(),
        }
    }

    /// All names with an even number are one element.
    fn origin(said: &[(u8, u8, u8, u64)]) -> Origin {
        let even = ElementKey::tenant(&"even".into());
        let keys = (0..=6_u8).filter(|n| n % 2 == 0);
        Origin {
            sampled: vec![Arc::new(uses(said))],
            places: keys
                .map(|n| {
                    let (key, ways) = (even.clone(), Vec::new());
                    (format!("s{n}").into(), Place { key, ways })
                })
                .collect(),
        }
    }

    /// The interfaces, and how many steps that took.
    fn join(origin: Origin, entries: usize) -> (Interfaces, usize) {
        let mut joining = Joining::new(origin);
        let mut steps = 1;
        loop {
            if let Some(interfaces) = joining.step(entries) {
                return (interfaces, steps);
            }
            steps += 1;
        }
    }

    proptest! {
        /// However small its steps are, and as many as it needs, what is joined is the same.
        #[test]
        fn steps_do_not_change_what_is_joined(
            said in prop::collection::vec((0_u8..6, 0_u8..6, 0_u8..3, 1_u64..100_000), 0..60),
            entries in 1_usize..20,
        ) {
            let (whole, one) = join(origin(&said), usize::MAX);
            let (made, steps) = join(origin(&said), entries);
            prop_assert_eq!(one, 1);
            // Each entry is read, and each that is left is put; then come the calls' percentiles.
            let least = said.len() * 2 + whole.uses.len() + whole.paces.len();
            prop_assert!(steps >= least.div_ceil(entries), "{} steps", steps);
            prop_assert!(steps <= (least + 2).div_ceil(entries) + 1, "{} steps", steps);
            prop_assert_eq!(&made.uses, &whole.uses);
            prop_assert_eq!(&made.by_callee, &whole.by_callee);
            prop_assert_eq!(&made.by_caller, &whole.by_caller);
            prop_assert_eq!(&made.inbound, &whole.inbound);
            prop_assert_eq!(&made.served, &whole.served);
            prop_assert_eq!(&made.paces, &whole.paces);
            prop_assert_eq!(&made.sorts, &whole.sorts);
            prop_assert_eq!(&made.sample, &whole.sample);
            let calls: u64 = made.uses.iter().map(|used| used.tally.calls).sum();
            prop_assert_eq!(calls, said.len() as u64);
        }
    }
}
