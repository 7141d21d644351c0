//! Changes in words: which of them are news, and how they are said.

use super::Model;
use super::change::{Cause, Change};
use super::element::{Call, Component, ComponentType, Counts, Element, Health, Reason, Service};
use super::key::ElementKey;
use super::log::{Origin, Severity};
use super::text::Text;
use super::trend::Trend;

/// One piece of news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct News {
    pub(super) severity: Severity,
    pub(super) origin: Origin,
    /// The element to jump to, where it is not the changed one (a call's callee).
    pub(super) subject: Option<ElementKey>,
    pub(super) name: Text,
    pub(super) text: String,
}

/// Fewest calls in a window from which their going silent is news.
const FEWEST_CALLS: u64 = 5;

/// What a change has to tell.
pub(super) fn tell(change: &Change) -> Vec<News> {
    let (before, after) = (change.before.as_deref(), change.after.as_deref());
    let Some(element) = after.or(before) else {
        return Vec::new();
    };
    let mut news = Vec::new();
    let mut say = |severity, text: String| {
        news.push(News {
            severity,
            origin: Origin::Model,
            subject: None,
            name: element.name(),
            text,
        });
    };
    match (before, after) {
        (None, Some(Element::Type(e))) if is_told(e) => {
            let wanted = e
                .desired
                .map(|d| format!(", {d} wanted"))
                .unwrap_or_default();
            say(
                Severity::Info,
                format!("new {}{wanted}", e.key.short_kind()),
            );
        }
        (Some(Element::Type(e)), None) if is_told(e) => {
            say(Severity::Notice, format!("{} is gone", e.key.short_kind()));
        }
        (Some(Element::Type(old)), Some(Element::Type(new))) => type_changed(old, new, &mut say),
        (None, Some(Element::Component(e))) => {
            let on = e
                .node
                .as_ref()
                .map(|n| format!(" on {n}"))
                .unwrap_or_default();
            say(Severity::Info, format!("new pod{on}"));
        }
        (Some(Element::Component(_)), None) => say(Severity::Info, "pod is gone".to_owned()),
        (Some(Element::Component(old)), Some(Element::Component(new))) => {
            component_changed(old, new, &mut say);
        }
        (None, Some(Element::Service(e))) => {
            let ports: Vec<String> = e.ports.iter().map(|p| p.port.to_string()).collect();
            let ports = if ports.is_empty() {
                String::new()
            } else {
                format!(", port {}", ports.join(", "))
            };
            say(
                Severity::Info,
                format!("new Service {}{ports}", e.service_type),
            );
        }
        (Some(Element::Service(_)), None) => say(Severity::Notice, "Service is gone".to_owned()),
        (Some(Element::Service(old)), Some(Element::Service(new))) => {
            service_changed(old, new, &mut say);
        }
        (None, Some(Element::Tenant(_))) => say(Severity::Info, "new namespace".to_owned()),
        (Some(Element::Tenant(_)), None) => say(Severity::Notice, "namespace is gone".to_owned()),
        (Some(Element::Tenant(old)), Some(Element::Tenant(new)))
            if new.terminating && !old.terminating =>
        {
            say(Severity::Notice, "namespace is being deleted".to_owned());
        }
        (None, Some(Element::Node(e))) if e.declared => say(Severity::Info, "new node".to_owned()),
        (Some(Element::Node(e)), None) if e.declared => {
            say(Severity::Notice, "node is gone".to_owned());
        }
        (Some(Element::Node(old)), Some(Element::Node(new)))
            if (old.health, &old.reason) != (new.health, &new.reason) && old.declared =>
        {
            let (severity, text) = health_words(new.health, new.reason.as_ref(), "ready");
            say(severity, text);
        }
        (None, Some(Element::Ingress(e))) => {
            say(Severity::Info, format!("new {}", e.way.kind().name()));
        }
        (Some(Element::Ingress(e)), None) => {
            say(Severity::Notice, format!("{} is gone", e.way.kind().name()));
        }
        (old, Some(Element::Call(new))) if change.cause == Cause::Telemetry => {
            let old = match old {
                Some(Element::Call(old)) => Some(&**old),
                _ => None,
            };
            return call_changed(old, new).into_iter().collect();
        }
        _ => {}
    }
    news
}

/// A `ReplicaSet` or Job whose own object was not seen yet is a passing guess at a topmost owner.
fn is_told(element: &ComponentType) -> bool {
    element.declared || !matches!(&*element.key.kind, "ReplicaSet" | "Job" | "Pod")
}

fn type_changed(old: &ComponentType, new: &ComponentType, say: &mut impl FnMut(Severity, String)) {
    if !is_told(new) {
        return;
    }
    if old.desired != new.desired
        && let (Some(from), Some(to)) = (old.desired, new.desired)
    {
        say(Severity::Info, format!("scaled from {from} to {to}"));
    }
    if old.images != new.images && !old.images.is_empty() && old.declared {
        let (from, to) = (old.images.join(" "), new.images.join(" "));
        say(Severity::Notice, format!("image {to}, was {from}"));
    }
    if old.revision != new.revision
        && old.revision.is_some()
        && let Some(revision) = &new.revision
    {
        say(
            Severity::Info,
            format!("rollout of revision {revision} begins"),
        );
    }
    if old.declared {
        ready_changed(old, new, say);
    }
    // With one component its own line says it all.
    let only_one = old.components <= 1 && new.components == 1 && new.health != Health::Stopped;
    let word = |reason: &Option<Reason>| reason.as_ref().map(|r| r.word.clone());
    if !only_one
        && (old.health.is_bad() || new.health.is_bad() || new.health == Health::Stopped)
        && !is_next_of_crash(old.reason.as_ref(), new.reason.as_ref())
        && (old.health, word(&old.reason)) != (new.health, word(&new.reason))
    {
        let (severity, text) = health_words(new.health, new.reason.as_ref(), "as it should be");
        say(severity, text);
    }
}

/// Where no number is wanted (a CronJob, bare pods) the pods themselves are news enough.
fn ready_changed(old: &ComponentType, new: &ComponentType, say: &mut impl FnMut(Severity, String)) {
    let Some(wanted) = new.desired else { return };
    // More than is wanted, as while a rollout goes on, is as good as all.
    let short = |e: &ComponentType| e.ready.min(e.desired.unwrap_or(e.ready));
    if old.ready == new.ready || (old.desired == new.desired && short(old) == short(new)) {
        return;
    }
    let severity = if new.ready < old.ready && new.ready < wanted {
        Severity::Warning
    } else {
        Severity::Info
    };
    // A Job counts what has succeeded.
    let word = match new.key.short_kind() {
        "Job" => "done",
        _ => "ready",
    };
    say(
        severity,
        format!("{}/{wanted} {word}, was {}", new.ready, old.ready),
    );
}

fn component_changed(old: &Component, new: &Component, say: &mut impl FnMut(Severity, String)) {
    // Where it was scheduled is no news of its own: the scheduler's Event and the detail pane say it.
    if new.restarts > old.restarts {
        say(
            Severity::Warning,
            format!("restarted, {} in all", new.restarts),
        );
    }
    let word = |c: &Component| c.reason.as_ref().map(|r| r.word.clone());
    let crashes_on = is_next_of_crash(old.reason.as_ref(), new.reason.as_ref());
    if (old.health != new.health || word(old) != word(new)) && !crashes_on {
        let (severity, text) = health_words(new.health, new.reason.as_ref(), "ready");
        say(severity, text);
    }
}

/// The back-off that follows a container's bad end is the same news.
fn is_next_of_crash(old: Option<&Reason>, new: Option<&Reason>) -> bool {
    let ended = |r: &Reason| r.detail.as_ref().is_some_and(|d| d.starts_with("exit "));
    old.is_some_and(ended) && new.is_some_and(|r| &*r.word == "CrashLoopBackOff" && ended(r))
}

fn service_changed(old: &Service, new: &Service, say: &mut impl FnMut(Severity, String)) {
    if old.ready_endpoints.is_some() && old.ready_endpoints != new.ready_endpoints {
        match new.ready_endpoints {
            Some(0) => say(
                Severity::Warning,
                "Service has no ready endpoint".to_owned(),
            ),
            Some(n) if old.ready_endpoints == Some(0) => {
                say(
                    Severity::Info,
                    match n {
                        1 => "Service has 1 ready endpoint again".to_owned(),
                        n => format!("Service has {n} ready endpoints again"),
                    },
                );
            }
            _ => {}
        }
    }
    if old.selector != new.selector || old.ports != new.ports {
        say(Severity::Notice, "Service changed".to_owned());
    }
}

fn health_words(health: Health, reason: Option<&Reason>, fine: &str) -> (Severity, String) {
    let severity = match health {
        Health::Broken | Health::Unknown => Severity::Warning,
        Health::Changing => Severity::Notice,
        Health::Ok | Health::Stopped => Severity::Info,
    };
    let text = reason.map_or_else(|| fine.to_owned(), ToString::to_string);
    (severity, text)
}

/// Whether a connector that was used is not any more.
const fn went_silent(was: Counts, is: Counts) -> bool {
    is.calls == 0 && was.calls >= FEWEST_CALLS
}

/// Whether a change is that of a connector that went silent.
pub(super) fn is_silence(change: &Change) -> bool {
    match (change.before.as_deref(), change.after.as_deref()) {
        (Some(Element::Call(was)), Some(Element::Call(is))) => was
            .recent
            .zip(is.recent)
            .is_some_and(|(was, is)| went_silent(was, is)),
        _ => false,
    }
}

/// Whether a change is that of calls that fail again before they had ended to: they did not begin to.
pub(super) fn is_relapse(change: &Change, model: &Model) -> bool {
    let (Some(Element::Call(was)), Some(Element::Call(is))) =
        (change.before.as_deref(), change.after.as_deref())
    else {
        return false;
    };
    let (Some(was), Some(is)) = (was.recent, is.recent) else {
        return false;
    };
    let since = model.trend(&change.key).and_then(Trend::failing_since);
    is.are_failing() && !was.are_failing() && since.is_some_and(|since| since < is.ends)
}

fn call_changed(old: Option<&Call>, new: &Call) -> Option<News> {
    let names = new.names.first()?;
    let (severity, text) = match old {
        None => (Severity::Info, "new connector, first call".to_owned()),
        Some(old) => {
            let (was, is) = (old.recent?, new.recent?);
            if went_silent(was, is) {
                let seconds = is.window_ms / 1000;
                (Severity::Notice, format!("silent for {seconds} s"))
            } else if is.are_failing() && !was.are_failing() {
                let to = is.error_percent().unwrap_or(0.0);
                // Of no calls no part failed; of too few to be told, as many may have.
                let from = was.error_percent().filter(|from| *from < to);
                let from = from.map_or_else(String::new, |from| format!(", was {from:.1} %"));
                (Severity::Warning, format!("{to:.1} % of calls fail{from}"))
            } else {
                return None;
            }
        }
    };
    // A callee outside of the cluster is news about its caller.
    let outside = new.callee.namespace().is_none() && new.caller.namespace().is_some();
    let subject = if outside { &new.caller } else { &new.callee };
    Some(News {
        severity,
        origin: Origin::Trace,
        subject: Some(subject.clone()),
        name: format!("{} > {}", names.0, names.1).into(),
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::element::{ComponentState, Scalability};
    use crate::model::key::TypeKey;

    fn cart(ready: u32, desired: u32) -> ComponentType {
        ComponentType {
            key: TypeKey::new("shop", "Deployment", "cart"),
            declared: true,
            state: ComponentState::Started,
            health: Health::Ok,
            reason: None,
            desired: Some(desired),
            ready,
            components: ready,
            current: Some(ready),
            updated: None,
            restarts: 0,
            revision: None,
            generation: None,
            observed_generation: None,
            created: None,
            images: Vec::new(),
            labels: crate::model::observation::Labels::new(),
            schedule: None,
            scalability: Scalability::Scalable,
            autoscalers: Vec::new(),
            parameters: std::sync::Arc::default(),
            ratings: crate::model::rating::Ratings::default(),
            complaint: None,
        }
    }

    #[test]
    fn more_than_is_wanted_is_no_news() {
        let told = |old: (u32, u32), new: (u32, u32)| {
            let mut texts = Vec::new();
            let (old, new) = (cart(old.0, old.1), cart(new.0, new.1));
            type_changed(&old, &new, &mut |_, text| texts.push(text));
            texts
        };
        assert!(told((3, 3), (4, 3)).is_empty());
        assert!(told((4, 3), (3, 3)).is_empty());
        assert_eq!(told((4, 3), (2, 3)), ["2/3 ready, was 4"]);
        assert_eq!(told((2, 3), (4, 3)), ["4/3 ready, was 2"]);
        assert_eq!(
            told((3, 3), (2, 2)),
            ["scaled from 3 to 2", "2/2 ready, was 3"]
        );
    }

    #[test]
    fn ready_is_told_where_a_number_is_wanted() {
        let told = |kind: &str, desired: Option<u32>| {
            let mut texts = Vec::new();
            let [mut old, mut new] = [cart(0, 1), cart(1, 1)];
            for e in [&mut old, &mut new] {
                e.key = TypeKey::new("shop", kind, "cart");
                e.desired = desired;
            }
            type_changed(&old, &new, &mut |_, text| texts.push(text));
            texts
        };
        assert_eq!(told("Deployment", Some(1)), ["1/1 ready, was 0"]);
        assert_eq!(told("Job", Some(1)), ["1/1 done, was 0"]);
        assert!(told("CronJob", None).is_empty());
    }

    fn calls(callee: ElementKey, calls: u64, errors: u64) -> Call {
        let counts = Counts {
            calls,
            errors,
            window_ms: 60_000,
            ends: jiff::Timestamp::UNIX_EPOCH,
        };
        Call {
            caller: ElementKey::Type(TypeKey::new("shop", "Deployment", "cart")),
            callee,
            recent: Some(counts),
            long: None,
            names: vec![("cart".into(), "bank".into())],
        }
    }

    #[test]
    fn failing_calls_are_news_once_there_are_enough_of_them() {
        let bank = ElementKey::External {
            name: "bank".into(),
        };
        let told = |was: (u64, u64), is: (u64, u64)| {
            let old = calls(bank.clone(), was.0, was.1);
            call_changed(Some(&old), &calls(bank.clone(), is.0, is.1))
        };
        assert!(told((20, 0), (20, 2)).is_none(), "two errors are no trend");
        assert!(told((20, 3), (20, 4)).is_none(), "told already");
        let news = told((20, 1), (20, 4)).expect("it fails now");
        assert_eq!(news.text, "20.0 % of calls fail, was 5.0 %");
        let news = told((0, 0), (20, 4)).expect("it fails now");
        assert_eq!(news.text, "20.0 % of calls fail");
        let news = told((2, 2), (4, 4)).expect("these are enough");
        assert_eq!(news.text, "100.0 % of calls fail");
        // Outside of the cluster there is nothing to look at: it is news about the caller.
        let cart = ElementKey::Type(TypeKey::new("shop", "Deployment", "cart"));
        assert_eq!(news.subject, Some(cart));
    }
}
