//! Whether what is observed is what was wanted. Nothing is asked here, and no clock is read.

use serde::{Deserialize, Serialize};

use super::look::Looking;
use super::preview::{Identity, Rollout};
use super::{Intent, Operation, Order, Stage};
use crate::model::Model;
use crate::model::element::{ComponentType, Reason};
use crate::model::key::ElementKey;
use crate::model::observation::Kind;
use crate::model::text::{self, Text};

/// What is observed of an intent's target.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// The component type, where it is seen.
    pub component_type: Option<&'a ComponentType>,
    /// Whether what the intent is about (the type; the pod, for a deletion) is not there any more. What is
    /// not watched is not gone.
    pub gone: bool,
    /// Whether what is seen is old, because its source is in trouble: then nothing moves, and that says
    /// nothing.
    pub stale: bool,
}

impl Model {
    /// What is observed of an intent's target.
    #[must_use]
    pub fn sight(&self, intent: &Intent) -> Sight<'_> {
        let target = &intent.target;
        let component_type = self.component_type(target);
        let listed = |kind: Kind| self.is_complete(kind, &target.namespace);
        let gone = if let Operation::Delete { uid, .. } = &intent.operation {
            listed(Kind::Pod) && self.get(&ElementKey::component(uid)).is_none()
        } else {
            let mut kinds = Kind::NAMESPACED.into_iter();
            let kind = kinds.find(|k| k.name() == &*target.kind);
            component_type.is_none() && kind.is_some_and(listed)
        };
        let watched = match &intent.operation {
            Operation::Delete { .. } => Some(Kind::Pod),
            _ => Kind::NAMESPACED
                .into_iter()
                .find(|k| k.name() == &*target.kind),
        };
        Sight {
            component_type,
            gone,
            stale: watched.is_some_and(|kind| self.is_stale(kind, &target.namespace)),
        }
    }

    /// Whether whoever watches a kind in a namespace is in trouble.
    fn is_stale(&self, kind: Kind, namespace: &str) -> bool {
        self.sources().values().any(|status| {
            let of = &status.key;
            *of.part == *kind.plural()
                && of.namespace.as_deref().is_none_or(|n| n == namespace)
                && status.trouble().is_some()
        })
    }
}

/// When something moved last, and what was wrong before it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Progress {
    /// In ms since the start.
    since: u64,
    /// Updated, ready, by its controller's count, components.
    counts: Option<(Option<u32>, u32, Option<u32>, u32)>,
    /// What its controller complained of already: a condition is older than what it is about.
    complaint: Option<Reason>,
}

/// What one look says.
enum Verdict {
    /// Not yet.
    Waiting {
        /// The generation that has to be observed.
        generation: Option<i64>,
    },
    Done,
    Superseded(String),
}

impl Intent {
    /// The server answered, or nobody did, at `now` (ms since the start): from here on only what is
    /// observed speaks.
    pub fn answered(&mut self, stage: Stage, sight: Sight<'_>, now: u64) {
        if matches!(stage, Stage::OutcomeUnknown { .. }) {
            self.looking = Looking::begin(now);
        }
        self.stage = stage;
        self.progress = Progress {
            since: now,
            counts: None,
            complaint: sight.component_type.and_then(|ty| ty.complaint.clone()),
        };
    }

    /// Compares a sent intent with what is observed of its target at `now` (ms since the start), and says
    /// whether that moved it on. Other stages and other types change nothing.
    pub fn verify(&mut self, sight: Sight<'_>, now: u64) -> bool {
        let Some(order) = &self.order else {
            return false;
        };
        if sight.component_type.is_some_and(|t| t.key != self.target) {
            return false;
        }
        let verdict = match &self.stage {
            Stage::Accepted { generation } | Stage::Stalled { generation, .. } => {
                order.observed(*generation, sight)
            }
            Stage::OutcomeUnknown { .. } if order.arrived(sight) => {
                order.observed(sight.component_type.and_then(|ty| ty.generation), sight)
            }
            Stage::Converged => match sight.component_type.and_then(|ty| order.turned(ty)) {
                Some(by) => Verdict::Superseded(by),
                None => return false,
            },
            _ => return false,
        };
        let stage = match verdict {
            Verdict::Done => Stage::Converged,
            Verdict::Superseded(by) if matches!(self.stage, Stage::OutcomeUnknown { .. }) => {
                Stage::Overtaken {
                    by: text::message(&by),
                }
            }
            Verdict::Superseded(by) => Stage::Superseded {
                by: text::message(&by),
            },
            Verdict::Waiting { generation } => self.waiting(generation, sight, now),
        };
        if stage == self.stage {
            return false;
        }
        self.stage = stage;
        true
    }

    /// Still under way; or stalled, when its controller says so or nothing has moved for too long.
    fn waiting(&mut self, generation: Option<i64>, sight: Sight<'_>, now: u64) -> Stage {
        if let Stage::Stalled { .. } = self.stage {
            return self.stage.clone();
        }
        let patience = self.order.as_ref().map_or(0, Order::patience_s);
        if sight.stale {
            self.progress.since = now;
        }
        let is_deletion = matches!(self.operation, Operation::Delete { .. });
        if let Some(ty) = sight.component_type.filter(|_| !is_deletion) {
            let counts = (ty.updated, ty.ready, ty.current, ty.components);
            if self.progress.counts != Some(counts) {
                self.progress.since = now;
                self.progress.counts = Some(counts);
            }
            if ty.complaint != self.progress.complaint {
                self.progress.complaint = None;
                let is_about_it = has_worked_on(ty, generation);
                if let Some(complaint) = ty.complaint.as_ref().filter(|_| is_about_it) {
                    let why = format!("{}; {complaint}", far(ty));
                    let why = text::message(&why);
                    return Stage::Stalled { generation, why };
                }
            }
        }
        if now.saturating_sub(self.progress.since) < patience.saturating_mul(1000) {
            return Stage::Accepted { generation };
        }
        let far = match sight.component_type {
            _ if is_deletion => "the pod is still there".to_owned(),
            Some(ty) => far(ty),
            None => "it is not watched".to_owned(),
        };
        let why = format!("{far}; nothing has moved for {patience} s");
        let why = text::message(&why);
        Stage::Stalled { generation, why }
    }
}

/// How far a type has come, with what holds it.
fn far(ty: &ComponentType) -> String {
    let desired = ty.desired.unwrap_or(0);
    let mut far = match ty.updated {
        Some(updated) => format!("{updated} of {desired} updated, {} ready", ty.ready),
        None => format!("{} of {desired} ready", ty.ready),
    };
    if let Some(reason) = &ty.reason {
        far.push_str(&format!(" ({reason})"));
    }
    far
}

/// Whether the controller has seen this generation; without one, whether it has seen the last.
fn has_worked_on(ty: &ComponentType, generation: Option<i64>) -> bool {
    match (ty.observed_generation, generation.or(ty.generation)) {
        (Some(observed), Some(generation)) => observed >= generation,
        (None, Some(_)) => false,
        (_, None) => true,
    }
}

impl Order {
    /// What was accepted with this generation, compared with what is observed.
    fn observed(&self, accepted: Option<i64>, sight: Sight<'_>) -> Verdict {
        let waiting = Verdict::Waiting {
            generation: accepted,
        };
        if let Self::Delete { .. } = self {
            return if sight.gone { Verdict::Done } else { waiting };
        }
        if sight.gone {
            return Verdict::Superseded("deleted".to_owned());
        }
        let Some(ty) = sight.component_type else {
            return waiting;
        };
        if self
            .identity()
            .is_some_and(|i| i.created < ty.created && i.created.is_some())
        {
            return Verdict::Superseded("deleted and made anew".to_owned());
        }
        match self {
            Self::Scale { wanted, preview } => scaled(*wanted, preview.replicas_now, accepted, ty),
            Self::Restart { preview, .. } => {
                rolled_out(&preview.rollout, &preview.images, accepted, ty)
            }
            Self::Rollback { preview } => {
                rolled_out(&preview.rollout, &preview.to.images, accepted, ty)
            }
            Self::Delete { .. } => waiting,
        }
    }

    /// Whether what nobody answered for is seen to have arrived all the same. Nobody but us is known to want
    /// this number, so what looks like it was us.
    fn arrived(&self, sight: Sight<'_>) -> bool {
        if sight.gone {
            return true;
        }
        let Some(ty) = sight.component_type else {
            return false;
        };
        match self {
            Self::Scale { wanted, preview } => {
                ty.desired == Some(*wanted) && ty.generation > preview.generation
            }
            // Whatever changes the template looks the same from here: the object itself has to tell.
            Self::Restart { .. } | Self::Rollback { .. } | Self::Delete { .. } => false,
        }
    }

    /// Which object was previewed; a deletion is of a pod, and known by its uid.
    const fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Scale { preview, .. } => Some(&preview.identity),
            Self::Restart { preview, .. } => Some(&preview.rollout.identity),
            Self::Rollback { preview } => Some(&preview.rollout.identity),
            Self::Delete { .. } => None,
        }
    }

    /// What somebody turned it to after it was done.
    fn turned(&self, ty: &ComponentType) -> Option<String> {
        match self {
            Self::Scale { wanted, .. } => {
                let by = ty.desired.filter(|by| by != wanted)?;
                Some(format!("turned to {by}"))
            }
            Self::Rollback { preview } => other_images(ty, &preview.to.images),
            Self::Restart { .. } | Self::Delete { .. } => None,
        }
    }
}

fn scaled(wanted: u32, before: u32, accepted: Option<i64>, ty: &ComponentType) -> Verdict {
    let waiting = Verdict::Waiting {
        generation: accepted,
    };
    let Some(desired) = ty.desired else {
        return waiting;
    };
    if desired != wanted {
        // What is seen may be older than the change: its generation tells, or, where that is
        // not known, that nothing has moved.
        let is_newer = match (accepted, ty.generation) {
            (Some(accepted), Some(seen)) => seen >= accepted,
            _ => desired != before,
        };
        return if is_newer {
            Verdict::Superseded(format!("turned to {desired}"))
        } else {
            waiting
        };
    }
    let generation = accepted.or(ty.generation);
    if has_worked_on(ty, generation) && ty.ready == wanted && ty.components == wanted {
        Verdict::Done
    } else {
        Verdict::Waiting { generation }
    }
}

/// A rollout is done as `kubectl rollout status` sees it: every wanted component is of the new template
/// and ready, and none of an older one is left.
fn rolled_out(
    rollout: &Rollout,
    images: &[Text],
    accepted: Option<i64>,
    ty: &ComponentType,
) -> Verdict {
    let generation = accepted.or_else(|| ty.generation.filter(|g| Some(*g) > rollout.generation));
    let waiting = Verdict::Waiting { generation };
    // What is seen may be older than the change.
    if generation.is_none() || ty.generation < generation {
        return waiting;
    }
    if let Some(by) = other_images(ty, images) {
        return Verdict::Superseded(by);
    }
    let Some(desired) = ty.desired.filter(|_| has_worked_on(ty, generation)) else {
        return waiting;
    };
    let wanted = desired.saturating_sub(rollout.kept);
    let none_is_left = ty.current.is_none_or(|current| current <= desired);
    if ty.updated.is_some_and(|updated| updated >= wanted) && ty.ready >= desired && none_is_left {
        Verdict::Done
    } else {
        waiting
    }
}

fn other_images(ty: &ComponentType, images: &[Text]) -> Option<String> {
    let is_known = ty.declared && !ty.images.is_empty();
    (is_known && ty.images != images).then(|| format!("turned to {}", ty.images.join(", ")))
}

#[cfg(test)]
mod tests;
