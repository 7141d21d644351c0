//! How one name is spelt in different places: case, `_` and `-`, namespaces in front and behind, ports.

// `core` has addresses only, and nothing that could ask anybody.
use core::net::IpAddr;

/// Names compare without case, and `_` like `-`: tracing servers lower-case them, languages spell them.
/// A scheme, a path behind it, a port and a final dot are no part of a name.
pub(in crate::model) fn normal(raw: &str) -> String {
    let raw = raw.trim();
    let bare = match raw.split_once("://") {
        Some((_, rest)) => rest.split(['/', '?']).next().unwrap_or(rest),
        None => raw,
    };
    let bare = match bare.rsplit_once(':') {
        Some((host, port)) if is_number(port) && !host.contains(':') => host,
        _ => bare,
    };
    bare.trim_end_matches('.')
        .to_lowercase()
        .replace(['_', ' '], "-")
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a name is what a library puts where nobody named the service: it names nothing.
pub(super) fn is_default(normal: &str) -> bool {
    let rest = normal.strip_prefix("unknown-service");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '-']))
        || matches!(normal, "" | "unknown" | "localhost")
}

/// The address that a text is, with or without a port.
pub(super) fn address(raw: &str) -> Option<IpAddr> {
    let raw = raw.trim();
    let socket = || raw.parse::<core::net::SocketAddr>().map(|s| s.ip()).ok();
    let found = raw.parse::<IpAddr>().ok().or_else(socket)?.to_canonical();
    (!found.is_loopback() && !found.is_unspecified()).then_some(found)
}

/// A name and the namespace that it is said to be in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Qualified<'a> {
    pub(super) name: &'a str,
    pub(super) namespace: &'a str,
    /// Whether it is written as a namespace is (`ns/name`, `name.ns.svc`), and not only put before or
    /// behind it with a dash, which may be part of the name.
    pub(super) is_plain: bool,
}

/// The ways to read a name as one with a namespace, the likeliest first.
pub(super) fn qualified(normal: &str) -> Vec<Qualified<'_>> {
    let read = |name, namespace, is_plain| Qualified {
        name,
        namespace,
        is_plain,
    };
    if let Some((namespace, name)) = normal.split_once('/') {
        return vec![read(name, namespace, true)];
    }
    let parts: Vec<&str> = normal.split('.').collect();
    let mut found = match parts.as_slice() {
        [a, b] => vec![read(*a, *b, true), read(*b, *a, true)],
        [name, namespace, "svc", ..] => vec![read(*name, *namespace, true)],
        // A pod of a StatefulSet behind its headless Service.
        [pod, name, namespace, "svc", ..] => {
            vec![read(*pod, *namespace, true), read(*name, *namespace, true)]
        }
        _ => Vec::new(),
    };
    if parts.len() == 1 {
        for (at, _) in normal.match_indices('-') {
            let (front, back) = (normal.get(..at), normal.get(at + 1..));
            if let (Some(front), Some(back)) = (front, back) {
                found.push(read(front, back, false));
                found.push(read(back, front, false));
            }
        }
    }
    found.retain(|q| !q.name.is_empty() && !q.namespace.is_empty());
    found
}

/// Words that people put behind the name of a component to say what it is.
const WHAT_IT_IS: [&str; 10] = [
    "-microservice",
    "-service",
    "-svc",
    "-deployment",
    "-deploy",
    "-app",
    "-api",
    ".api",
    "-server",
    "service",
];
/// The characters of which Kubernetes makes the ends of names.
const OF_HASHES: &str = "bcdfghjklmnpqrstvwxz2456789";
/// How long the end of a pod's name is.
const POD_END: usize = 5;
/// How long the end of a `ReplicaSet`'s name is.
const TEMPLATE_END: std::ops::RangeInclusive<usize> = 8..=10;
/// Fewest characters that make a name without its dashes.
const SHORTEST: usize = 3;

/// What is left of a name without dashes and dots and without a word that says what it is:
/// `OrderService`, `order-service` and `orders`' `order-svc` are spelt alike by it.
pub(super) fn stem(normal: &str) -> Option<String> {
    let cut = WHAT_IT_IS
        .iter()
        .find_map(|word| normal.strip_suffix(word))
        .filter(|cut| cut.len() >= SHORTEST);
    let stem = cut.unwrap_or(normal).replace(['-', '.'], "");
    (stem.len() >= SHORTEST).then_some(stem)
}

/// Whose pod a name may be of, or whose `ReplicaSet`, by the ends that Kubernetes gives them: the likeliest
/// first. Pods come and go, and a name in traces may be that of one that is gone.
pub(super) fn owners(normal: &str) -> Vec<&str> {
    let of_template = |name| without_hash(name, |length| TEMPLATE_END.contains(&length));
    let pod = without_hash(normal, |length| length == POD_END);
    let owners = [pod.and_then(of_template), pod, of_template(normal)];
    owners.into_iter().flatten().collect()
}

fn without_hash(name: &str, fits: impl Fn(usize) -> bool) -> Option<&str> {
    let (owner, end) = name.rsplit_once('-')?;
    let is_hash = fits(end.len()) && end.chars().all(|c| OF_HASHES.contains(c));
    (is_hash && !owner.is_empty()).then_some(owner)
}

/// Whose numbered pod a name is of: `redis` of `redis-2`, and of `redis-2.redis`, as it is called within
/// its namespace.
pub(super) fn numbered(normal: &str) -> Option<&str> {
    let (pod, behind) = match normal.split_once('.') {
        Some((pod, behind)) => (pod, Some(behind)),
        None => (normal, None),
    };
    let (owner, number) = pod.rsplit_once('-')?;
    let is_of_owner = behind.is_none_or(|service| service.starts_with(owner));
    (is_number(number) && is_of_owner && !owner.is_empty()).then_some(owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_that_kubernetes_makes_are_told_from_words() {
        for (name, owner) in [
            ("cart-7d9f8b6c5-x2x4z", Some("cart")),
            ("cart-db-7d9f8b6c5", Some("cart-db")),
            ("agent-x2x4z", Some("agent")),
            ("order-service", None),
            ("cart-proxy", None),
            ("-x2x4z", None),
        ] {
            assert_eq!(owners(name).first().copied(), owner, "{name}");
        }
    }

    #[test]
    fn numbers_are_those_of_pods_with_an_identity() {
        for (name, owner) in [
            ("redis-2", Some("redis")),
            ("redis-2.redis-headless", Some("redis")),
            ("redis-2.kafka", None),
            ("redis", None),
            ("cart-v2", None),
            ("-2", None),
        ] {
            assert_eq!(numbered(name), owner, "{name}");
        }
    }

    #[test]
    fn what_is_no_part_of_a_name_does_not_count() {
        for raw in [
            "Order_Service",
            "order-service:8080",
            "http://order-service:80/x?y",
            " ORDER SERVICE.",
        ] {
            assert_eq!(normal(raw), "order-service", "{raw}");
        }
        assert_eq!(normal("unknown_service:java"), "unknown-service:java");
    }

    #[test]
    fn defaults_of_languages_name_nothing() {
        for raw in [
            "unknown_service",
            "unknown_service:java",
            "Unknown_Service:node",
            "unknown",
            "",
        ] {
            assert!(is_default(&normal(raw)), "{raw}");
        }
        assert!(!is_default(&normal("unknown_services")));
    }

    #[test]
    fn addresses_are_seen_with_and_without_a_port() {
        for (raw, ip) in [
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.1:80", "10.0.0.1"),
            ("[fd00::1]:80", "fd00::1"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
        ] {
            assert_eq!(address(raw).map(|a| a.to_string()).as_deref(), Some(ip));
        }
        assert_eq!(address("127.0.0.1"), None);
        assert_eq!(address("cart"), None);
    }

    #[test]
    fn stems_are_alike_where_people_spell_differently() {
        for (a, b) in [
            ("orderservice", "order-service"),
            ("order", "order-svc"),
            ("order-app", "order"),
        ] {
            assert_eq!(stem(a), stem(b));
        }
        assert_ne!(stem("order"), stem("orders"));
        assert_eq!(stem("db"), None);
    }
}
