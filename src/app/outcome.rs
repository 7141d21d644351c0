//! What the log says of a write: one line for each step of its way.

use crate::model::intent::{Intent, Operation, Order, Stage, WRITING_S};

/// The line of where an intent is now, without its target's name.
pub(super) fn line(intent: &Intent) -> String {
    let doing = doing(intent);
    match &intent.stage {
        Stage::Accepted { generation } => {
            let generation = generation.map_or_else(String::new, |g| format!(", generation {g}"));
            format!("{} accepted{generation}", from_to(intent))
        }
        Stage::Converged => converged(intent),
        Stage::Superseded { by } => format!("{}, and {by} by somebody else", done(intent)),
        Stage::Stalled { why, .. } => format!("{doing} is stuck: {why}"),
        Stage::Failed { why } => format!("not {}: {why}", word(intent)),
        Stage::OutcomeUnknown { why } => {
            format!("{doing} was sent, and nobody knows yet whether it arrived: {why}")
        }
        Stage::Overtaken { by } => format!(
            "{doing} was sent, and nobody will know whether it arrived: {by} by somebody else since"
        ),
        Stage::Sending => {
            format!("{doing} is sent: an answer is waited for, up to {WRITING_S} s")
        }
        Stage::Staged | Stage::Previewing | Stage::Previewed { .. } => doing,
    }
}

/// The line of what nobody answered for, and was seen all the same.
pub(super) fn arrived(intent: &Intent) -> String {
    format!("{} arrived", doing(intent))
}

/// The line of what nobody answered for, and is still not known.
pub(super) fn remark(intent: &Intent, remark: &str) -> String {
    format!("{} {remark}", doing(intent))
}

/// What is said of it when the program ends before its outcome is known.
pub(super) fn unheard(intent: &Intent) -> String {
    let target = &intent.target;
    let (kind, name) = match &intent.operation {
        Operation::Delete { pod, .. } => ("pod".to_owned(), pod),
        _ => (target.short_kind().to_lowercase(), &target.name),
    };
    format!(
        "{} of {} {}/{} was on its way, and its outcome is unknown: kubectl get {kind} {name} -n {} -o yaml tells",
        doing(intent),
        target.short_kind(),
        target.namespace,
        target.name,
        target.namespace,
    )
}

fn word(intent: &Intent) -> &'static str {
    match intent.operation {
        Operation::Scale { .. } => "scaled",
        Operation::Restart => "restarted",
        Operation::Rollback { .. } => "rolled back",
        Operation::Delete { .. } => "deleted",
    }
}

fn doing(intent: &Intent) -> String {
    match (&intent.operation, &intent.order) {
        (Operation::Scale { wanted, .. }, _) => format!("scaling to {wanted}"),
        (Operation::Restart, _) => "restart".to_owned(),
        (_, Some(Order::Rollback { preview })) => {
            format!("rollback to revision {}", preview.to.number)
        }
        (Operation::Rollback { .. }, _) => "rollback".to_owned(),
        (Operation::Delete { pod, .. }, _) => format!("deletion of {pod}"),
    }
}

fn from_to(intent: &Intent) -> String {
    match &intent.order {
        Some(Order::Scale { wanted, preview }) => {
            format!("scaling from {} to {wanted}", preview.replicas_now)
        }
        Some(Order::Rollback { preview }) => format!(
            "rollback from revision {} to {}",
            preview.from.number, preview.to.number
        ),
        _ => doing(intent),
    }
}

fn done(intent: &Intent) -> String {
    match (&intent.operation, &intent.order) {
        (Operation::Scale { wanted, .. }, _) => format!("scaled to {wanted}"),
        (_, Some(Order::Rollback { preview })) => {
            format!("rolled back to revision {}", preview.to.number)
        }
        _ => word(intent).to_owned(),
    }
}

fn converged(intent: &Intent) -> String {
    match &intent.order {
        Some(Order::Scale { wanted, preview }) => format!(
            "scaled to {wanted}, all ready (was {})",
            preview.replicas_now
        ),
        Some(Order::Rollback { preview }) => format!(
            "rolled back to revision {}, all ready with {} (was revision {})",
            preview.to.number,
            preview.to.images.join(", "),
            preview.from.number
        ),
        Some(Order::Delete { preview }) => format!("{} is deleted and gone", preview.pod),
        _ => format!("{}, all ready", done(intent)),
    }
}
