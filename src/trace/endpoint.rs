//! One side of a call: the name of a service, and its address as far as that is known.

use std::cmp::Ordering;
use std::net::Ipv6Addr;
use std::sync::Arc;

use serde::Serialize;

use super::span::lower;

/// Where a span was recorded, or whom it talked to. A part that is not known is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    #[serde(skip_serializing_if = "Option::is_none")]
    service_name: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ipv4: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ipv6: Option<Arc<str>>,
    /// 0 where it is not known.
    #[serde(skip_serializing_if = "is_zero")]
    port: u16,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(port: &u16) -> bool {
    *port == 0
}

impl Endpoint {
    /// The service of this name, in lower case; no name is the empty text.
    #[must_use]
    pub fn named(service: impl Into<Arc<str>>) -> Self {
        let mut endpoint = Self::default();
        endpoint.set_service_name(service);
        endpoint
    }

    /// This endpoint at an address, if the text is one.
    #[must_use]
    pub fn at(mut self, ip: &str) -> Self {
        self.set_ip(ip);
        self
    }

    /// This endpoint at a port; 0 means that it is not known.
    #[must_use]
    pub const fn on_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The name of the service, where it has one.
    #[must_use]
    pub const fn service_name(&self) -> Option<&Arc<str>> {
        self.service_name.as_ref()
    }

    /// The IPv4 address, where it is known.
    #[must_use]
    pub const fn ipv4(&self) -> Option<&Arc<str>> {
        self.ipv4.as_ref()
    }

    /// The IPv6 address, where it is known.
    #[must_use]
    pub const fn ipv6(&self) -> Option<&Arc<str>> {
        self.ipv6.as_ref()
    }

    /// The port, 0 where it is not known.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The address with the port, where that is known: `10.0.0.7:5432`, `[2001:db8::1]:80`.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        let (v4, v6) = (self.ipv4.as_deref(), self.ipv6.as_deref());
        let port = self.port;
        Some(match (v4, v6, port) {
            (Some(ip), _, 0) | (None, Some(ip), 0) => ip.to_owned(),
            (Some(ip), _, port) => format!("{ip}:{port}"),
            (None, Some(ip), port) => format!("[{ip}]:{port}"),
            (None, None, _) => return None,
        })
    }

    /// Whether nothing of it is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is known by this one, and what only `other` knows.
    pub(super) fn or(&self, other: &Self) -> Self {
        Self {
            service_name: self
                .service_name
                .as_ref()
                .or(other.service_name.as_ref())
                .cloned(),
            ipv4: self.ipv4.as_ref().or(other.ipv4.as_ref()).cloned(),
            ipv6: self.ipv6.as_ref().or(other.ipv6.as_ref()).cloned(),
            port: if self.port == 0 {
                other.port
            } else {
                self.port
            },
        }
    }

    /// Whether the two may be one: nothing that both know differs.
    pub(super) fn fits(&self, other: &Self) -> bool {
        let same =
            |a: &Option<Arc<str>>, b: &Option<Arc<str>>| a.is_none() || b.is_none() || a == b;
        same(&self.service_name, &other.service_name)
            && same(&self.ipv4, &other.ipv4)
            && same(&self.ipv6, &other.ipv6)
            && (self.port == 0 || other.port == 0 || self.port == other.port)
    }

    /// By name and address, what is not known last.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let compare = |a: &Option<Arc<str>>, b: &Option<Arc<str>>| match (a, b) {
            (Some(a), Some(b)) => a.cmp(b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        };
        compare(&self.service_name, &other.service_name)
            .then_with(|| compare(&self.ipv4, &other.ipv4))
            .then_with(|| compare(&self.ipv6, &other.ipv6))
    }

    /// Names the service, in lower case.
    pub(super) fn set_service_name(&mut self, service: impl Into<Arc<str>>) {
        let service = service.into();
        self.service_name = (!service.is_empty()).then(|| lower(service));
    }

    /// Sets the address if the text is one, by its family; another text is ignored, as Zipkin does.
    pub(super) fn set_ip(&mut self, ip: &str) {
        if is_ipv4(ip) {
            self.ipv4 = Some(Arc::from(ip));
        } else if let Some(embedded) = embedded_ipv4(ip) {
            self.ipv4 = Some(Arc::from(embedded));
        } else if !ip.contains('.')
            && let Ok(address) = ip.parse::<Ipv6Addr>()
        {
            self.ipv6 = Some(Arc::from(write_ipv6(address)));
        }
    }
}

/// Four numbers up to 255. They may have leading zeros, which stay.
fn is_ipv4(text: &str) -> bool {
    let number = |part: &str| {
        part.len() <= 3
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse::<u16>().is_ok_and(|n| n <= 255)
    };
    text.split('.').count() == 4 && text.split('.').all(number)
}

/// The IPv4 address in `::1.2.3.4`, `::ffff:1.2.3.4` and `::0000:1.2.3.4`.
fn embedded_ipv4(text: &str) -> Option<&str> {
    let (prefix, address) = text.rsplit_once(':')?;
    let group = prefix.strip_prefix(':')?;
    let mapped = group.strip_prefix(':').is_some_and(|digits| {
        digits.len() == 4 && digits.bytes().all(|b| matches!(b, b'f' | b'F' | b'0'))
    });
    ((group.is_empty() || mapped) && is_ipv4(address)).then_some(address)
}

/// As Zipkin writes it, which is not RFC 5952 in full: also a single group of zeros is left out, zeros at the
/// end only where no others are, and addresses that hold an IPv4 address stay hexadecimal.
fn write_ipv6(address: Ipv6Addr) -> String {
    let groups = address.segments();
    if groups == [0; 8] {
        return "::".to_owned();
    }
    // The longest run of zeros that something follows, the first of equals; else the zeros at the end.
    let (mut longest, mut start) = (0..0, None);
    for (at, group) in groups.iter().enumerate() {
        match (*group, start) {
            (0, None) => start = Some(at),
            (0, Some(_)) | (_, None) => {}
            (_, Some(from)) => {
                if at - from > longest.len() {
                    longest = from..at;
                }
                start = None;
            }
        }
    }
    if let (true, Some(from)) = (longest.is_empty(), start) {
        longest = from..groups.len();
    }
    let join = |part: &[u16]| {
        let part: Vec<String> = part.iter().map(|group| format!("{group:x}")).collect();
        part.join(":")
    };
    if longest.is_empty() {
        return join(&groups);
    }
    let (before, rest) = groups.split_at(longest.start);
    let after = rest.get(longest.len()..).unwrap_or_default();
    format!("{}::{}", join(before), join(after))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::v4("10.0.0.1", json!({"ipv4": "10.0.0.1"}))]
    #[case::leading_zeros_stay("010.0.0.1", json!({"ipv4": "010.0.0.1"}))]
    #[case::too_great("10.0.0.256", json!({}))]
    #[case::too_few("10.0.1", json!({}))]
    #[case::a_name("db", json!({}))]
    #[case::compatible("::10.0.0.1", json!({"ipv4": "10.0.0.1"}))]
    #[case::mapped("::FFFF:10.0.0.1", json!({"ipv4": "10.0.0.1"}))]
    #[case::not_mapped("::1:10.0.0.1", json!({}))]
    #[case::mapped_in_hex("::ffff:a00:1", json!({"ipv6": "::ffff:a00:1"}))]
    #[case::v6("2001:DB8:0:0:0:0:0:c001", json!({"ipv6": "2001:db8::c001"}))]
    #[case::one_group("2001:db8:1:0:2:3:4:5", json!({"ipv6": "2001:db8:1::2:3:4:5"}))]
    #[case::zeros_within_first("2001:0:0:4:0:0:0:0", json!({"ipv6": "2001::4:0:0:0:0"}))]
    #[case::zeros_at_the_end("2001:db8:1:2:3:4:5:0", json!({"ipv6": "2001:db8:1:2:3:4:5::"}))]
    #[case::no_zeros("1:2:3:4:5:6:7:8", json!({"ipv6": "1:2:3:4:5:6:7:8"}))]
    #[case::none("::", json!({"ipv6": "::"}))]
    #[case::loopback("::1", json!({"ipv6": "::1"}))]
    fn addresses_are_told_by_their_form(#[case] text: &str, #[case] written: serde_json::Value) {
        let endpoint = Endpoint::default().at(text);
        assert_eq!(serde_json::to_value(endpoint).unwrap(), written);
    }

    #[test]
    fn names_are_lower_case_and_unknown_parts_are_left_out() {
        let endpoint = Endpoint::named("Shop").at("10.0.0.1").on_port(80);
        assert_eq!(
            serde_json::to_string(&endpoint).unwrap(),
            r#"{"serviceName":"shop","ipv4":"10.0.0.1","port":80}"#
        );
        assert!(Endpoint::named("").is_empty());
    }
}
