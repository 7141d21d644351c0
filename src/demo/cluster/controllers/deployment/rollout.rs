//! The way from old ReplicaSets to the current one.

use super::super::super::Cluster;
use super::Wanted;
use super::sets::{Set, Sets};

impl Cluster {
    /// Rolling: as many new ones as there may be, as few old ones as there must be.
    pub(super) fn roll(&mut self, wanted: &Wanted, sets: &mut Sets) {
        let there: i64 = sets.all().map(Set::wanted).sum();
        if let Some(mut current) = sets.current.take() {
            let (most, size) = (wanted.replicas + wanted.surge, current.wanted());
            if size > wanted.replicas {
                self.resize(wanted, &mut current, wanted.replicas);
            } else if size < wanted.replicas && there < most {
                let more = (most - there).min(wanted.replicas - size);
                self.resize(wanted, &mut current, size + more);
            }
            sets.current = Some(current);
        }
        let current = sets
            .current
            .as_ref()
            .map_or((0, 0), |set| (set.wanted(), set.available()));
        let there: i64 = sets.all().map(Set::wanted).sum();
        let least = wanted.replicas - wanted.unavailable;
        let mut spare = there - least - (current.0 - current.1).max(0);
        if spare <= 0 {
            return;
        }
        let mut old = std::mem::take(&mut sets.old);
        // First those that are no loss.
        for set in &mut old {
            let idle = (set.wanted() - set.available()).min(spare);
            if set.wanted() > 0 && idle > 0 {
                let to = set.wanted() - idle;
                spare -= idle;
                self.resize(wanted, set, to);
            }
        }
        let available: i64 = old.iter().map(Set::available).sum::<i64>() + current.1;
        let mut spare = (available - least).min(spare);
        for set in &mut old {
            let fewer = set.wanted().min(spare);
            if fewer > 0 {
                let to = set.wanted() - fewer;
                spare -= fewer;
                self.resize(wanted, set, to);
            }
        }
        sets.old = old;
    }

    /// Recreating: new ones when no old one is left.
    pub(super) fn recreate(&mut self, wanted: &Wanted, sets: &mut Sets) {
        let mut old = std::mem::take(&mut sets.old);
        let mut waits = false;
        for set in &mut old {
            if set.wanted() > 0 {
                self.resize(wanted, set, 0);
            }
            waits = waits || set.there() > 0 || !self.pods_of(&set.object).is_empty();
        }
        sets.old = old;
        if let Some(mut current) = sets.current.take() {
            if !waits && current.wanted() != wanted.replicas {
                self.resize(wanted, &mut current, wanted.replicas);
            }
            sets.current = Some(current);
        }
    }

    /// Another number in the midst of a rollout, or while it is paused, is shared out among all.
    pub(super) fn scale_in_proportion(&mut self, wanted: &Wanted, sets: &mut Sets) {
        let mut active: Vec<Set> = Vec::new();
        let mut rest: Vec<Set> = Vec::new();
        for set in sets.old.drain(..) {
            if set.wanted() > 0 {
                active.push(set);
            } else {
                rest.push(set);
            }
        }
        if let Some(current) = sets.current.take() {
            // A Deployment that starts from nothing grows where its template is.
            if current.wanted() > 0 || active.is_empty() {
                active.push(current);
                self.share_out(wanted, &mut active);
                sets.current = active.pop();
            } else {
                self.share_out(wanted, &mut active);
                sets.current = Some(current);
            }
        } else {
            self.share_out(wanted, &mut active);
        }
        rest.extend(active);
        sets.old = rest;
    }

    fn share_out(&mut self, wanted: &Wanted, active: &mut [Set]) {
        if let [only] = active {
            self.resize(wanted, only, wanted.replicas);
            return;
        }
        let there: i64 = active.iter().map(Set::wanted).sum();
        let allowed = if wanted.replicas > 0 {
            wanted.replicas + wanted.surge
        } else {
            0
        };
        let mut rest = allowed - there;
        // The biggest first; what rounding leaves goes to the last one, which is the current one.
        let count = active.len();
        for (place, set) in active.iter_mut().enumerate() {
            let size = set.wanted();
            let before = set.most().filter(|most| *most > 0).unwrap_or(there.max(1));
            let part = if place + 1 == count {
                rest
            } else {
                let part = (size * allowed + before / 2) / before - size;
                if rest >= 0 {
                    part.clamp(0, rest)
                } else {
                    part.clamp(rest, 0)
                }
            };
            let to = (size + part).max(0);
            rest -= to - size;
            self.resize(wanted, set, to);
        }
    }
}
