//! Changes in words: which of them are news, and how they are said.

use super::change::{Cause, Change};
use super::element::{Call, Component, ComponentType, Element, Health, Reason, Service};
use super::key::ElementKey;
use super::log::{Origin, Severity};
use super::text::Text;

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

/// Errors in percent from which a rise is news, and how far it must rise.
const ERROR_JUMP_PERCENT: f64 = 5.0;
/// Fewest calls in a window from which their going silent, or their errors, are news.
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
        (None, Some(Element::Ingress(_))) => say(Severity::Info, "new Ingress".to_owned()),
        (Some(Element::Ingress(_)), None) => say(Severity::Notice, "Ingress is gone".to_owned()),
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
        say(Severity::Info, format!("revision {revision}"));
    }
    let wanted = new.desired.unwrap_or(new.components);
    if old.ready != new.ready && old.declared {
        let severity = if new.ready < old.ready && new.ready < wanted {
            Severity::Warning
        } else {
            Severity::Info
        };
        say(
            severity,
            format!("{}/{wanted} ready, was {}", new.ready, old.ready),
        );
    }
    let word = |reason: &Option<Reason>| reason.as_ref().map(|r| r.word.clone());
    if (old.health.is_bad() || new.health.is_bad() || new.health == Health::Stopped)
        && (old.health, word(&old.reason)) != (new.health, word(&new.reason))
    {
        let (severity, text) = health_words(new.health, new.reason.as_ref(), "as it should be");
        say(severity, text);
    }
}

fn component_changed(old: &Component, new: &Component, say: &mut impl FnMut(Severity, String)) {
    if old.node != new.node
        && let Some(node) = &new.node
    {
        say(Severity::Info, format!("scheduled on {node}"));
    }
    if new.restarts > old.restarts {
        say(
            Severity::Warning,
            format!("restarted, {} in all", new.restarts),
        );
    }
    let word = |c: &Component| c.reason.as_ref().map(|r| r.word.clone());
    if old.health != new.health || word(old) != word(new) {
        let (severity, text) = health_words(new.health, new.reason.as_ref(), "ready");
        say(severity, text);
    }
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
                    format!("Service has {n} ready endpoints again"),
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
    let text = match reason {
        Some(Reason {
            word,
            detail: Some(detail),
        }) => format!("{word}: {detail}"),
        Some(Reason { word, detail: None }) => word.to_string(),
        None => fine.to_owned(),
    };
    (severity, text)
}

fn call_changed(old: Option<&Call>, new: &Call) -> Option<News> {
    let names = new.names.first()?;
    let (severity, text) = match old {
        None => (Severity::Info, "new connector, first call".to_owned()),
        Some(old) => {
            let (was, is) = (old.recent?, new.recent?);
            let percent = |c: super::element::Counts| c.error_percent().unwrap_or(0.0);
            if is.calls == 0 && was.calls >= FEWEST_CALLS {
                let seconds = is.window_ms / 1000;
                (Severity::Notice, format!("silent for {seconds} s"))
            } else if is.calls >= FEWEST_CALLS
                && percent(is) >= ERROR_JUMP_PERCENT
                && percent(was) < ERROR_JUMP_PERCENT
            {
                let (from, to) = (percent(was), percent(is));
                (
                    Severity::Warning,
                    format!("error rate {from:.1} % to {to:.1} %"),
                )
            } else {
                return None;
            }
        }
    };
    Some(News {
        severity,
        origin: Origin::Trace,
        subject: Some(new.callee.clone()),
        name: format!("{} > {}", names.0, names.1).into(),
        text,
    })
}
