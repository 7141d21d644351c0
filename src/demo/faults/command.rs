//! What a person may order: `crash cart`, `cure`, `scenario off`.

use super::super::system::{FaultKind, System, WorkloadKind};

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// To say what goes wrong now.
    Tell,
    /// To begin a fault with a target.
    Begin(FaultKind, String),
    /// To take faults back: of one target, or all.
    Cure(Option<String>),
    /// To let the scenario go on, or not.
    Scenario(bool),
}

/// What can be said, for errors.
const FORMS: &str =
    "crash|slow|errors|image|endpoints NAME, node NAME, cure [NAME], scenario on|off";

impl Order {
    /// Reads an order.
    ///
    /// # Errors
    /// One line with what can be said.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let (first, second) = (words.next(), words.next());
        if let Some(third) = words.next() {
            return Err(format!("{third} is one word too many: {FORMS}"));
        }
        let fault = |word| FaultKind::ALL.into_iter().find(|kind| kind.word() == word);
        match (first, second) {
            (None, _) => Ok(Self::Tell),
            (Some("cure"), target) => Ok(Self::Cure(target.map(str::to_owned))),
            (Some("scenario"), Some("on")) => Ok(Self::Scenario(true)),
            (Some("scenario"), Some("off")) => Ok(Self::Scenario(false)),
            (Some(word), target) => match (fault(word), target) {
                (Some(kind), Some(target)) => Ok(Self::Begin(kind, target.to_owned())),
                (Some(FaultKind::Node), None) => Err("node wants a machine's name".to_owned()),
                (Some(_), None) => Err(format!("{word} wants a component's name")),
                (None, _) => Err(format!("{word} is no fault: {FORMS}")),
            },
        }
    }

    /// All orders about a system, as a person would type them.
    #[must_use]
    pub fn all(system: &System) -> Vec<String> {
        let mut all: Vec<String> = ["cure", "scenario on", "scenario off"]
            .map(str::to_owned)
            .into();
        for kind in FaultKind::ALL {
            let targets: Vec<String> = match kind {
                FaultKind::Node => system.node_names(),
                _ => system
                    .components
                    .iter()
                    .filter(|component| {
                        let kind = component.workload.as_ref().map(|workload| workload.kind);
                        kind.is_some_and(|kind| kind != WorkloadKind::CronJob)
                    })
                    .map(|component| component.name.to_string())
                    .collect(),
            };
            let each = targets.into_iter();
            all.extend(each.map(|target| format!("{} {target}", kind.word())));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read_and_others_are_told_what_can_be_said() {
        for (text, order) in [
            ("", Order::Tell),
            (
                " crash  cart ",
                Order::Begin(FaultKind::Crash, "cart".to_owned()),
            ),
            (
                "node k8s1",
                Order::Begin(FaultKind::Node, "k8s1".to_owned()),
            ),
            ("cure", Order::Cure(None)),
            ("cure cart", Order::Cure(Some("cart".to_owned()))),
            ("scenario off", Order::Scenario(false)),
        ] {
            assert_eq!(Order::read(text), Ok(order), "{text}");
        }
        for (text, says) in [
            ("crash", "wants a component's name"),
            ("node", "wants a machine's name"),
            ("crush cart", "crush is no fault"),
            ("crash a b", "b is one word too many"),
            ("scenario", "scenario is no fault"),
        ] {
            let error = Order::read(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn every_order_that_is_offered_can_be_read() {
        let system = System::shipped().unwrap();
        let all = Order::all(&system);
        assert!(all.contains(&"crash queryservice".to_owned()), "{all:?}");
        for order in all {
            assert!(Order::read(&order).is_ok(), "{order}");
        }
    }
}
