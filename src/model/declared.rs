//! Links that the cluster declares: configuration of one component type names a Service of another.
//!
//! Values of the environment may be secrets. So the reader of a pod's specification calls
//! [`mentions`], which keeps digests of host-like parts and drops the values; the model compares them
//! with the digests of the names of Services that exist. A secret that is no Service's name leaves no
//! readable trace.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::element::{Declared, Service};
use super::key::ElementKey;
use super::observation::Mention;
use super::text::{self, Text};

/// Most mentions kept of one pod or template.
pub const MENTION_LIMIT: usize = 256;

/// The digest of a host name: lower case, without a final dot.
#[must_use]
pub fn digest(host: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    host.trim_end_matches('.')
        .to_ascii_lowercase()
        .hash(&mut hasher);
    hasher.finish()
}

/// The hosts that one setting (a variable's value, an argument) may name.
///
/// A bare word counts only where the setting's name says that it is an address; otherwise the value
/// must look like one: `host:port`, `scheme://…`, or a cluster name with dots.
pub fn mentions<'a>(place: &'a str, value: &'a str) -> impl Iterator<Item = Mention> + 'a {
    let named = names_an_address(place);
    value
        .split([',', ';', ' '])
        .flat_map(move |pair| {
            // `Host=db;Username=…`: the part before `=` says what the part behind it is.
            let mut said = named;
            pair.split('=').filter_map(move |part| {
                let host = host_of(part.trim(), said);
                said = named || says_host(part);
                host
            })
        })
        .map(|host| Mention {
            host: digest(host),
            place: text::name(place),
        })
}

/// Whether a key of a connection string says that its value is a host.
fn says_host(key: &str) -> bool {
    const KEYS: [&str; 6] = [
        "host",
        "hostname",
        "server",
        "address",
        "addr",
        "data source",
    ];
    KEYS.iter().any(|k| key.trim().eq_ignore_ascii_case(k))
}

/// Whether a variable's or a flag's name says that its value is an address.
fn names_an_address(place: &str) -> bool {
    // What a service calls itself is no link, though another Service may have that name.
    const OWN_NAMES: [&str; 3] = ["OTEL_SERVICE_NAME", "SERVICE_NAME", "DD_SERVICE"];
    const WORDS: [&str; 14] = [
        "HOST", "HOSTNAME", "ADDR", "ADDRESS", "URL", "URI", "SERVICE", "SVC", "SERVER", "SERVERS",
        "ENDPOINT", "BROKER", "BROKERS", "UPSTREAM",
    ];
    let upper = place.to_ascii_uppercase();
    if OWN_NAMES.contains(&upper.replace(['.', '-'], "_").as_str()) {
        return false;
    }
    upper
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| WORDS.contains(&word))
}

fn host_of(part: &str, named: bool) -> Option<&str> {
    let (scheme, rest) = match part.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, part),
    };
    // Several schemes are stacked in JDBC: `jdbc:mysql://host/…` was split above already.
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let (host, with_port) = match host.split_once(':') {
        Some((name, number)) => (name, number.parse::<u16>().is_ok()),
        None => (host, false),
    };
    let dotted = host.contains(".svc") || host.matches('.').count() == 1 && named;
    (is_dns(host) && (scheme || with_port || dotted || named)).then_some(host)
}

fn is_dns(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= text::NAME_LIMIT
        && host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
}

/// The digests of the names that a Service is called by.
pub(super) struct Addresses {
    /// Its bare name, which counts in its own namespace.
    pub(super) bare: u64,
    /// Its names with the namespace, which count everywhere.
    pub(super) hosts: [u64; 3],
}

/// What a Service of this namespace and name is called.
pub(super) fn addresses(namespace: &str, name: &str) -> Addresses {
    Addresses {
        bare: digest(name),
        hosts: ["", ".svc", ".svc.cluster.local"]
            .map(|suffix| digest(&format!("{name}.{namespace}{suffix}"))),
    }
}

/// The declared links of one caller; each Service that it names, with the place where it does.
pub(super) fn links<'a>(
    caller: &ElementKey,
    named: impl Iterator<Item = (&'a Service, &'a Text)>,
) -> BTreeMap<ElementKey, Declared> {
    let mut found: BTreeMap<ElementKey, Declared> = BTreeMap::new();
    for (service, place) in named {
        let mut callees: Vec<ElementKey> = service
            .leads_to
            .iter()
            .cloned()
            .map(ElementKey::Type)
            .collect();
        if callees.is_empty() {
            callees.push(ElementKey::service(&service.namespace, &service.name));
        }
        // A type that knows its own address does not depend on itself.
        for callee in callees.into_iter().filter(|callee| callee != caller) {
            let key = ElementKey::declared(caller.clone(), callee.clone());
            found
                .entry(key)
                .or_insert_with(|| Declared {
                    caller: caller.clone(),
                    callee,
                    places: Vec::new(),
                    allowed: Vec::new(),
                })
                .places
                .push((place.clone(), service.name.clone()));
        }
    }
    for declared in found.values_mut() {
        declared.places.sort();
        declared.places.dedup();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(place: &str, value: &str) -> Vec<u64> {
        mentions(place, value).map(|m| m.host).collect()
    }

    #[test]
    fn addresses_are_found_in_the_usual_forms() {
        for (place, value, host) in [
            ("CART_ADDR", "cart:7070", "cart"),
            ("ANYTHING", "cart:7070", "cart"),
            (
                "X",
                "http://orders.shop.svc.cluster.local:80/x?y",
                "orders.shop.svc.cluster.local",
            ),
            ("X", "amqp://user:secret@rabbit:5672/vhost", "rabbit"),
            ("X", "jdbc:postgresql://db/orders", "db"),
            ("CONNECTION", "Host=db;Username=shop;Password=host", "db"),
            ("REDIS_HOST", "Redis", "redis"),
            (
                "argument",
                "--catalog-host=catalog.shop.svc",
                "catalog.shop.svc",
            ),
        ] {
            assert!(
                hosts(place, value).contains(&digest(host)),
                "{value} names {host}"
            );
        }
    }

    #[test]
    fn a_bare_word_counts_only_where_its_name_says_address() {
        assert!(hosts("LOG_LEVEL", "info").is_empty());
        assert!(hosts("DB_PASSWORD", "orders").is_empty());
        assert!(hosts("OTEL_SERVICE_NAME", "orders").is_empty());
        assert!(hosts("OTEL_RESOURCE_ATTRIBUTES", "service.name=orders").is_empty());
        assert_eq!(
            hosts("CONNECTION", "Host=db;Password=orders"),
            [digest("db")]
        );
        assert_eq!(hosts("DB_HOST", "orders").len(), 1);
    }
}
