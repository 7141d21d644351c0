//! What falls due when: the only way in which things happen by themselves.
//!
//! It only orders; what a step does is known to those that take them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::object::Key;

/// Something that is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A controller looks at an object and does what is missing.
    Reconcile(Key),
    /// Whatever an owner that is gone controlled goes too.
    Collect(Arc<str>),
    /// The scheduler looks at all pods that have no node.
    Schedule,
    /// The kubelet of a pod, named by its uid, has something to do.
    Pod(Arc<str>),
    /// A node that is lost for the so many-th time has not been heard of for long.
    Silence(Arc<str>, u64),
    /// A node that is lost for the so many-th time loses its pods.
    Evict(Arc<str>, u64),
    /// Events of long ago are forgotten.
    Forget,
}

/// A step with its time; equal times go by the order in which they were asked for.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    at: Timestamp,
    order: u64,
    step: Step,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The queue of what is due.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    queue: BinaryHeap<Reverse<Entry>>,
    order: u64,
    /// The next look at each object that has one; other entries for it are stale.
    looks: HashMap<Key, Timestamp>,
    /// The next round of the scheduler.
    round: Option<Timestamp>,
}

impl Agenda {
    /// Asks for a step.
    pub(super) fn add(&mut self, at: Timestamp, step: Step) {
        match &step {
            Step::Reconcile(key) => {
                if self.looks.get(key).is_some_and(|before| *before <= at) {
                    return;
                }
                self.looks.insert(key.clone(), at);
            }
            Step::Schedule => {
                if self.round.is_some_and(|before| before <= at) {
                    return;
                }
                self.round = Some(at);
            }
            _ => {}
        }
        self.order += 1;
        let order = self.order;
        self.queue.push(Reverse(Entry { at, order, step }));
    }

    /// The next step that is due by then, with its time.
    pub(super) fn next_by(&mut self, by: Timestamp) -> Option<(Timestamp, Step)> {
        while self
            .queue
            .peek()
            .is_some_and(|Reverse(first)| first.at <= by)
        {
            let Reverse(Entry { at, step, .. }) = self.queue.pop()?;
            let stale = match &step {
                Step::Reconcile(key) => {
                    let stale = self.looks.get(key) != Some(&at);
                    if !stale {
                        self.looks.remove(key);
                    }
                    stale
                }
                Step::Schedule => {
                    let stale = self.round != Some(at);
                    if !stale {
                        self.round = None;
                    }
                    stale
                }
                _ => false,
            };
            if !stale {
                return Some((at, step));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::super::kind::Kind;
    use super::*;

    fn after(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    fn pod(uid: &str) -> Step {
        Step::Pod(uid.into())
    }

    #[test]
    fn steps_come_by_time_and_then_in_the_order_they_were_asked_for() {
        let mut agenda = Agenda::default();
        for (at, uid) in [(3, "d"), (1, "a"), (2, "b"), (2, "c")] {
            agenda.add(after(at), pod(uid));
        }
        let taken: Vec<_> = std::iter::from_fn(|| agenda.next_by(after(2))).collect();
        let expected = [(1, "a"), (2, "b"), (2, "c")].map(|(at, uid)| (after(at), pod(uid)));
        assert_eq!(taken, expected);
        assert_eq!(agenda.next_by(after(3)), Some((after(3), pod("d"))));
        assert_eq!(agenda.next_by(after(9)), None);
    }

    #[test]
    fn an_object_is_looked_at_once_and_at_the_earliest_time() {
        let mut agenda = Agenda::default();
        let look = Step::Reconcile(Key::new(Kind::Job, "n", "j"));
        for at in [5, 3, 4] {
            agenda.add(after(at), look.clone());
        }
        agenda.add(after(7), Step::Schedule);
        agenda.add(after(6), Step::Schedule);
        let taken: Vec<_> = std::iter::from_fn(|| agenda.next_by(after(9))).collect();
        assert_eq!(
            taken,
            [(after(3), look.clone()), (after(6), Step::Schedule)]
        );
        agenda.add(after(8), look.clone());
        assert_eq!(agenda.next_by(after(9)), Some((after(8), look)));
    }
}
