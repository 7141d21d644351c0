//! From the file's tables to a [`System`]: what shapes alone cannot say.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use toml::Spanned;

use super::component;
use super::file::{self, File};
use super::place::{Places, SystemError};
use super::{FaultKind, Incident, Ingress, Nodes, Origin, Resources, Rhythm, System};
use super::{calls, quantity};

/// Longest name: what is made from it gets endings, and stays below the 63 characters of a DNS label.
/// A `CronJob` has the same limit for the same reason.
pub(super) const NAME_LIMIT: usize = 52;
/// Most of anything that is counted; a mistyped number shall not fill the memory.
const COUNT_LIMIT: i64 = 1_000;

pub(super) fn system(path: &Path, text: &str) -> Result<System, SystemError> {
    let places = Places::new(path, text);
    let file: File = toml::from_str(text).map_err(|error| places.unread(&error))?;
    let namespaces = namespaces(places, &file)?;
    let mut components = Vec::new();
    let mut names = BTreeSet::new();
    for raw in &file.component {
        if !names.insert(raw.name.as_ref()) {
            let why = format!("{} is there twice; names are unique", raw.name.as_ref());
            return Err(places.at(&raw.name, why));
        }
        components.push(component::component(places, raw, &file, &namespaces)?);
    }
    for allowed in file.component.iter().flat_map(|raw| &raw.allows) {
        if !names.contains(allowed.as_ref()) {
            let why = format!("there is no component {}", allowed.as_ref());
            return Err(places.at(allowed, why));
        }
    }
    let mut system = System {
        name: name(places, &file.name)?,
        namespaces,
        nodes: nodes(places, &file.nodes)?,
        components,
        ingresses: Vec::new(),
        requests: Vec::new(),
        rhythm: rhythm(places, &file.traffic)?,
        scenario: Vec::new(),
    };
    calls::fill(places, &file, &mut system)?;
    ingresses(places, &file, &mut system)?;
    system.scenario = scenario(places, &file.scenario, &system)?;
    Ok(system)
}

fn namespaces(places: Places<'_>, file: &File) -> Result<Vec<Arc<str>>, SystemError> {
    if file.namespaces.is_empty() {
        return Err(places.whole("namespaces is empty; name at least the system's own"));
    }
    let mut found: Vec<Arc<str>> = Vec::new();
    for raw in &file.namespaces {
        let namespace = name(places, raw)?;
        if found.contains(&namespace) {
            return Err(places.at(raw, format!("{namespace} is there twice")));
        }
        found.push(namespace);
    }
    Ok(found)
}

fn nodes(places: Places<'_>, raw: &file::Nodes) -> Result<Nodes, SystemError> {
    let zones: Result<Vec<_>, _> = raw.zones.iter().map(|zone| name(places, zone)).collect();
    Ok(Nodes {
        prefix: name(places, &raw.prefix)?,
        count: count(places, &raw.count, "count", 1)?,
        zones: zones?,
        each: Resources {
            cpu_millis: cpu(places, &raw.cpu)?,
            memory_mib: memory(places, &raw.memory)?,
        },
    })
}

fn rhythm(places: Places<'_>, raw: &file::Traffic) -> Result<Rhythm, SystemError> {
    let day = duration(places, &raw.day)?;
    if day < Duration::from_secs(10) {
        return Err(places.at(&raw.day, "a day takes at least 10s"));
    }
    Ok(Rhythm {
        day,
        night: share(places, &raw.night, "night")?,
    })
}

/// Ingresses, and all requests: those through them and those of components.
fn ingresses(places: Places<'_>, file: &File, system: &mut System) -> Result<(), SystemError> {
    for (at, raw) in file.ingress.iter().enumerate() {
        let name = name(places, &raw.name)?;
        if system.ingresses.iter().any(|other| other.name == name) {
            return Err(places.at(&raw.name, format!("ingress {name} is there twice")));
        }
        let mut namespace: Option<Arc<str>> = None;
        for request in &raw.request {
            let request = calls::request(places, request, system, Origin::Ingress(at))?;
            let to = system.components.get(request.to.component);
            let to = to.map(|component| Arc::clone(&component.namespace));
            if namespace.is_some() && namespace != to {
                let why = format!("ingress {name} leads to two namespaces; make one for each");
                return Err(places.at(&raw.name, why));
            }
            namespace = to;
            system.requests.push(request);
        }
        let Some(namespace) = namespace else {
            let why = format!("ingress {name} leads nowhere; give it an [[ingress.request]]");
            return Err(places.at(&raw.name, why));
        };
        let host = host(places, &raw.host)?;
        system.ingresses.push(Ingress {
            name,
            namespace,
            host,
        });
    }
    for (at, raw) in file.component.iter().enumerate() {
        for request in &raw.load {
            let request = calls::request(places, request, system, Origin::Component(at))?;
            system.requests.push(request);
        }
    }
    Ok(())
}

fn scenario(
    places: Places<'_>,
    raw: &[file::Incident],
    system: &System,
) -> Result<Vec<Incident>, SystemError> {
    let nodes = system.node_names();
    let mut found = Vec::new();
    for raw in raw {
        let (fault, target) = (*raw.fault.as_ref(), raw.target.as_ref().as_str());
        if fault == FaultKind::Node {
            if !nodes.iter().any(|node| node == target) {
                let all = nodes.join(", ");
                let why = format!("no node {target}; the nodes are {all}");
                return Err(places.at(&raw.target, why));
            }
        } else {
            let Some(component) = system.component(target) else {
                return Err(places.at(
                    &raw.target,
                    format!("no component {target}; name one of the file"),
                ));
            };
            let fits = match fault {
                FaultKind::Crash | FaultKind::Image => component.workload.is_some(),
                FaultKind::Endpoints => component.workload.is_some() && component.port.is_some(),
                FaultKind::Slow | FaultKind::Errors | FaultKind::Node => {
                    !component.operations.is_empty()
                }
            };
            if !fits {
                let why = format!(
                    "{target} has nothing for the fault {}; choose another",
                    fault.word()
                );
                return Err(places.at(&raw.target, why));
            }
        }
        found.push(Incident {
            after: duration(places, &raw.after)?,
            fault,
            target: target.into(),
        });
    }
    found.sort_by_key(|incident| incident.after);
    Ok(found)
}

/// A name that Kubernetes takes everywhere: a DNS label, not too long.
pub(super) fn name(places: Places<'_>, raw: &Spanned<String>) -> Result<Arc<str>, SystemError> {
    let text = raw.as_ref();
    if is_label(text) && text.len() <= NAME_LIMIT {
        return Ok(text.as_str().into());
    }
    let why = format!(
        "{text:?} is no name; use at most {NAME_LIMIT} of a-z, 0-9 and -, with a letter or digit at both ends"
    );
    Err(places.at(raw, why))
}

/// A host name.
pub(super) fn host(places: Places<'_>, raw: &Spanned<String>) -> Result<Arc<str>, SystemError> {
    let text = raw.as_ref();
    if text.len() <= 253 && text.split('.').all(is_label) {
        return Ok(text.as_str().into());
    }
    let why = format!("{text:?} is no host name; write it like api.example.org");
    Err(places.at(raw, why))
}

fn is_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

pub(super) fn count(
    places: Places<'_>,
    raw: &Spanned<i64>,
    field: &str,
    least: i64,
) -> Result<usize, SystemError> {
    let value = *raw.as_ref();
    let fits = (least..=COUNT_LIMIT).contains(&value);
    usize::try_from(value).ok().filter(|_| fits).ok_or_else(|| {
        let why = format!("{field} is {value}; give a number from {least} to {COUNT_LIMIT}");
        places.at(raw, why)
    })
}

pub(super) fn share(
    places: Places<'_>,
    raw: &Spanned<f64>,
    field: &str,
) -> Result<f64, SystemError> {
    number(places, raw, field, 0.0..=1.0)
}

pub(super) fn number(
    places: Places<'_>,
    raw: &Spanned<f64>,
    field: &str,
    range: RangeInclusive<f64>,
) -> Result<f64, SystemError> {
    let value = *raw.as_ref();
    // Not a number is in no range.
    if range.contains(&value) {
        return Ok(value);
    }
    let (least, most) = (range.start(), range.end());
    let why = format!("{field} is {value}; give a number from {least} to {most}");
    Err(places.at(raw, why))
}

pub(super) fn duration(places: Places<'_>, raw: &Spanned<String>) -> Result<Duration, SystemError> {
    let text = raw.as_ref();
    quantity::duration(text).ok_or_else(|| {
        places.at(
            raw,
            format!("{text:?} is no duration; write it like 20s or 10m"),
        )
    })
}

pub(super) fn cpu(places: Places<'_>, raw: &Spanned<String>) -> Result<u64, SystemError> {
    let text = raw.as_ref();
    quantity::cpu(text).ok_or_else(|| {
        places.at(
            raw,
            format!("{text:?} is no amount of processor; write it like 250m or 2"),
        )
    })
}

pub(super) fn memory(places: Places<'_>, raw: &Spanned<String>) -> Result<u64, SystemError> {
    let text = raw.as_ref();
    quantity::memory(text).ok_or_else(|| {
        places.at(
            raw,
            format!("{text:?} is no amount of memory; write it like 128Mi or 2Gi"),
        )
    })
}

/// A map without the places of its keys and values.
pub(super) fn plain(raw: &BTreeMap<Spanned<String>, Spanned<String>>) -> BTreeMap<String, String> {
    raw.iter()
        .map(|(key, value)| (key.as_ref().clone(), value.as_ref().clone()))
        .collect()
}
