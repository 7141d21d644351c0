//! From a `[[component]]` to a [`Component`], without what it calls.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use toml::Spanned;

use super::check::{self, plain};
use super::file::{self, File, Is, Spans};
use super::place::{Places, SystemError};
use super::{Component, Operation, Protocol, Resources, Role, SpanStyle, Workload, WorkloadKind};

/// What a pod asks for where the file does not say.
const USUAL: Resources = Resources {
    cpu_millis: 100,
    memory_mib: 128,
};
/// How long a container takes to be ready where the file does not say.
const USUAL_START: Duration = Duration::from_secs(3);
/// What one instance carries where the file does not say.
const USUAL_CAPACITY: f64 = 100.0;

pub(super) fn component(
    places: Places<'_>,
    raw: &file::Component,
    file: &File,
    namespaces: &[Arc<str>],
) -> Result<Component, SystemError> {
    let namespace = match &raw.namespace {
        None => namespaces.first().cloned().unwrap_or_default(),
        Some(said) => {
            let known = namespaces.iter().find(|n| n.as_ref() == said.as_ref());
            known.cloned().ok_or_else(|| {
                let why = format!("no namespace {}; add it to namespaces", said.as_ref());
                places.at(said, why)
            })?
        }
    };
    let role = role(places, raw)?;
    let workload = match role {
        Role::External(_) => None,
        _ => Some(workload(places, raw)?),
    };
    let operations = operations(places, raw, file)?;
    if raw.port.is_none() && operations.iter().any(is_asked) && raw.is != Is::External {
        let why = format!("{} is called; give it a port", raw.name.as_ref());
        return Err(places.at(&raw.name, why));
    }
    let scheme = match (&raw.scheme, &role) {
        (Some(said), _) => said.as_ref().as_str().into(),
        (None, Role::External(_)) => "https".into(),
        (None, Role::Database(system)) => Arc::clone(system),
        (None, Role::Broker(_)) => "tcp".into(),
        (None, Role::Service(_)) => "http".into(),
    };
    Ok(Component {
        name: check::name(places, &raw.name)?,
        namespace,
        role,
        workload,
        port: raw.port.as_ref().map(|port| *port.as_ref()),
        scheme,
        capacity: match &raw.capacity {
            Some(capacity) => check::number(places, capacity, "capacity", 0.1..=1e6)?,
            None => USUAL_CAPACITY,
        },
        operations,
    })
}

/// Whether somebody waits for its answer.
fn is_asked(operation: &Operation) -> bool {
    !matches!(operation.protocol, Protocol::Message { .. })
}

fn role(places: Places<'_>, raw: &file::Component) -> Result<Role, SystemError> {
    let name = raw.name.as_ref();
    let needed = |field: &Option<Spanned<String>>, what: &str| match field {
        Some(said) => Ok(said.as_ref().as_str().into()),
        None => Err(places.at(&raw.name, format!("{name} needs {what}"))),
    };
    if let (Some(said), false) = (&raw.host, raw.is == Is::External) {
        return Err(places.at(said, "only what is = \"external\" has a host"));
    }
    if let (Some(said), true) = (&raw.system, matches!(raw.is, Is::Service | Is::External)) {
        return Err(places.at(said, "only a database or a broker has a system"));
    }
    if let (Some(said), false) = (&raw.spans, raw.is == Is::Service) {
        return Err(places.at(said, "only a service makes spans; take it away"));
    }
    Ok(match raw.is {
        Is::Service => Role::Service(match raw.spans.as_ref().map(|said| *said.as_ref()) {
            Some(Spans::Brave) => SpanStyle::Brave,
            Some(Spans::Otel) | None => SpanStyle::OpenTelemetry,
        }),
        Is::Database => Role::Database(needed(&raw.system, "system = \"…\", such as postgresql")?),
        Is::Broker => Role::Broker(needed(&raw.system, "system = \"…\", such as kafka")?),
        Is::External => {
            needed(&raw.host, "host = \"…\", such as api.example.org")?;
            let Some(said) = &raw.host else {
                return Err(places.at(&raw.name, "a host is missing"));
            };
            Role::External(check::host(places, said)?)
        }
    })
}

fn workload(places: Places<'_>, raw: &file::Component) -> Result<Workload, SystemError> {
    let usual = match raw.is {
        Is::Database | Is::Broker => WorkloadKind::StatefulSet,
        Is::Service | Is::External => WorkloadKind::Deployment,
    };
    let kind = raw.kind.as_ref().map_or(usual, |kind| *kind.as_ref());
    fits_kind(places, raw, kind)?;
    let Some(image) = &raw.image else {
        let why = format!("{} needs image = \"…\" with a tag", raw.name.as_ref());
        return Err(places.at(&raw.name, why));
    };
    let tag = image.as_ref().rsplit_once(':').map(|(_, tag)| tag);
    if tag.is_none_or(|tag| tag.is_empty() || tag.contains('/')) {
        return Err(places.at(image, "the image has no tag; write it like shop/cart:1.2.0"));
    }
    if let Some(key) = raw.labels.keys().find(|key| key.as_ref() == "app") {
        return Err(places.at(
            key,
            "app is the label by which pods are selected; name another",
        ));
    }
    for (key, value) in &raw.labels {
        if !is_label_value(value.as_ref()) || key.as_ref().is_empty() {
            let why = format!(
                "{:?} is no value of a label; use at most 63 of A-Z, a-z, 0-9, -, _ and .",
                value.as_ref()
            );
            return Err(places.at(value, why));
        }
    }
    let requests = Resources {
        cpu_millis: or(raw.cpu.as_ref(), USUAL.cpu_millis, |said| {
            check::cpu(places, said)
        })?,
        memory_mib: or(raw.memory.as_ref(), USUAL.memory_mib, |said| {
            check::memory(places, said)
        })?,
    };
    let limits = Resources {
        cpu_millis: or(raw.cpu_limit.as_ref(), requests.cpu_millis * 4, |said| {
            check::cpu(places, said)
        })?,
        memory_mib: or(raw.memory_limit.as_ref(), requests.memory_mib * 2, |said| {
            check::memory(places, said)
        })?,
    };
    if limits.cpu_millis < requests.cpu_millis || limits.memory_mib < requests.memory_mib {
        let why = format!(
            "{} asks for more than its limit; raise the limit",
            raw.name.as_ref()
        );
        return Err(places.at(&raw.name, why));
    }
    Ok(Workload {
        kind,
        replicas: match &raw.replicas {
            Some(replicas) => check::count(places, replicas, "replicas", 0)?,
            None => 1,
        },
        image: image.as_ref().as_str().into(),
        labels: plain(&raw.labels),
        env: environment(places, &raw.env)?,
        requests,
        limits,
        start: or(raw.start.as_ref(), USUAL_START, |said| {
            check::duration(places, said)
        })?,
        autoscale: raw.autoscale.as_ref().map(|said| *said.as_ref()),
        config_map: raw.config_map,
        allows: raw
            .allows
            .iter()
            .map(|said| said.as_ref().as_str().into())
            .collect(),
        schedule: raw.schedule.as_ref().map(|said| said.as_ref().clone()),
    })
}

/// The fields that only some kinds have.
fn fits_kind(
    places: Places<'_>,
    raw: &file::Component,
    kind: WorkloadKind,
) -> Result<(), SystemError> {
    let name = raw.name.as_ref();
    let counted = matches!(kind, WorkloadKind::Deployment | WorkloadKind::StatefulSet);
    if let (Some(said), false) = (&raw.replicas, counted) {
        let why = format!("a {} has no replicas; take them away", kind.name());
        return Err(places.at(said, why));
    }
    if let Some(said) = &raw.autoscale {
        let bounds = said.as_ref();
        if !counted {
            let why = format!("a {} cannot be scaled; take autoscale away", kind.name());
            return Err(places.at(said, why));
        }
        if bounds.min == 0 || bounds.max < bounds.min || bounds.cpu == 0 {
            return Err(places.at(said, "autoscale needs 1 <= min <= max and a cpu above 0"));
        }
    }
    match (&raw.schedule, kind == WorkloadKind::CronJob) {
        (None, true) => {
            let why = format!("{name} needs schedule = \"…\", such as */5 * * * *");
            Err(places.at(&raw.name, why))
        }
        (Some(said), false) => Err(places.at(said, "only a CronJob has a schedule")),
        (Some(said), true) if said.as_ref().split_whitespace().count() != 5 => {
            Err(places.at(said, "a schedule has five parts, such as */5 * * * *"))
        }
        _ if kind == WorkloadKind::CronJob && (raw.port.is_some() || !raw.operation.is_empty()) => {
            let why = format!(
                "{name} is a CronJob, which nobody can call; take port and operations away"
            );
            Err(places.at(&raw.name, why))
        }
        _ => Ok(()),
    }
}

fn or<T>(
    raw: Option<&Spanned<String>>,
    usual: T,
    read: impl Fn(&Spanned<String>) -> Result<T, SystemError>,
) -> Result<T, SystemError> {
    raw.map_or(Ok(usual), read)
}

fn environment(
    places: Places<'_>,
    raw: &BTreeMap<Spanned<String>, Spanned<String>>,
) -> Result<BTreeMap<String, String>, SystemError> {
    for key in raw.keys() {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if key.as_ref().is_empty() || !key.as_ref().bytes().all(fits) {
            let why = format!(
                "{:?} is no variable's name; use A-Z, 0-9 and _",
                key.as_ref()
            );
            return Err(places.at(key, why));
        }
    }
    Ok(plain(raw))
}

fn is_label_value(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let end = |b: Option<u8>| b.is_none_or(|b| b.is_ascii_alphanumeric());
    text.len() <= 63
        && text.bytes().all(inner)
        && end(text.bytes().next())
        && end(text.bytes().last())
}

fn operations(
    places: Places<'_>,
    raw: &file::Component,
    file: &File,
) -> Result<Vec<Operation>, SystemError> {
    let mut found: Vec<Operation> = Vec::new();
    for said in &raw.operation {
        let name = said.name.as_ref().as_str();
        if found.iter().any(|other| &*other.name == name) {
            let why = format!("{} has {name} twice", raw.name.as_ref());
            return Err(places.at(&said.name, why));
        }
        found.push(operation(places, raw, said, file)?);
    }
    Ok(found)
}

fn operation(
    places: Places<'_>,
    component: &file::Component,
    raw: &file::Operation,
    file: &File,
) -> Result<Operation, SystemError> {
    let name = raw.name.as_ref();
    if let (Some(said), false) = (&raw.consumes, component.is == Is::Service) {
        return Err(places.at(said, "only a service consumes"));
    }
    if component.is != Is::Service && !raw.calls.is_empty() {
        let why = format!("{name}: only a service makes calls; take them away");
        return Err(places.at(&raw.name, why));
    }
    if name.trim().is_empty() {
        return Err(places.at(&raw.name, "the operation has no name"));
    }
    let protocol = match (component.is, &raw.consumes) {
        (Is::Database, _) => Protocol::Statement,
        (Is::Broker, _) => Protocol::Topic,
        (_, Some(said)) => Protocol::Message {
            topic: super::calls::topic(places, said, file)?,
        },
        (Is::Service | Is::External, None) => asked(name).ok_or_else(|| {
            let why = format!("{name:?} is no operation; write it like \"GET /path\" or \"package.Service/Method\"");
            places.at(&raw.name, why)
        })?,
    };
    let median = match &raw.median_ms {
        Some(median) => check::number(places, median, "median-ms", 0.0..=60_000.0)?,
        None => 5.0,
    };
    Ok(Operation {
        name: name.as_str().into(),
        protocol,
        median: Duration::from_secs_f64(median / 1000.0),
        spread: match &raw.spread {
            Some(spread) => check::number(places, spread, "spread", 0.0..=2.0)?,
            None => 0.3,
        },
        errors: match &raw.errors {
            Some(errors) => check::share(places, errors, "errors")?,
            None => 0.0,
        },
        calls: Vec::new(),
        consumers: Vec::new(),
    })
}

/// How a service is asked, from an operation's name.
fn asked(name: &str) -> Option<Protocol> {
    if let Some((method, route)) = name.split_once(' ') {
        let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"].contains(&method);
        let whole = route.starts_with('/') && !route.contains(char::is_whitespace);
        return (known && whole).then(|| Protocol::Http {
            method: method.into(),
            route: route.into(),
        });
    }
    let (service, method) = name.split_once('/')?;
    let fits = |part: &str| {
        let inner = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        !part.is_empty() && part.chars().all(inner)
    };
    (fits(service) && fits(method)).then(|| Protocol::Grpc {
        service: service.into(),
        method: method.into(),
    })
}
