//! Who is who: which component type a raw telemetry name belongs to, with the rule that says so.
//!
//! Today names alone decide: the person's mapping, OpenTelemetry's naming order, the other names of a
//! workload, the names of Services. Rules that need more (resource tags of spans, addresses, the
//! environment) belong here too, between the mapping and the names, as further [`Rule`]s.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::element::Service;
use super::key::TypeKey;
use super::observation::Labels;
use super::text::Text;

/// The rule by which a name was matched, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rule {
    /// The person said so.
    Mapping,
    /// The one name that OpenTelemetry's naming order gives the workload
    /// (annotation, `app.kubernetes.io/instance`, `app.kubernetes.io/name`, the owner's name).
    OtelName,
    /// Another of those names.
    OtherName,
    /// The name of a Service that leads to it.
    ServiceName,
}

impl Rule {
    /// How sure the rule is, as a ratio between 0 and 1; our own estimate, not measured.
    #[must_use]
    pub const fn confidence(self) -> f32 {
        match self {
            Self::Mapping => 1.0,
            Self::OtelName => 0.9,
            Self::OtherName => 0.8,
            Self::ServiceName => 0.7,
        }
    }

    /// The rule in words, after "matched by".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Mapping => "your mapping",
            Self::OtelName => "its OpenTelemetry name",
            Self::OtherName => "a label or the owner's name",
            Self::ServiceName => "the name of a Service that leads to it",
        }
    }
}

/// What a raw name turned out to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Resolution {
    /// One component type.
    Matched {
        /// Which.
        to: TypeKey,
        /// By which rule.
        rule: Rule,
    },
    /// Several component types have the name by the same rule.
    Ambiguous {
        /// Those, sorted.
        candidates: Vec<TypeKey>,
    },
    /// Outside of the cluster, with evidence.
    External {
        /// Why we think so.
        evidence: Text,
    },
    /// Nothing has the name.
    Unresolved,
}

/// The names that a component type goes by: exactly one for [`Rule::OtelName`], any number of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// OpenTelemetry's choice.
    pub otel: Text,
    /// The rest.
    pub others: BTreeSet<Text>,
}

/// The names of a workload by OpenTelemetry's order, from its (or its pods') labels and annotations.
#[must_use]
pub fn names_of(key: &TypeKey, labels: &[&Labels], annotations: &[&Labels]) -> Names {
    let label = |name: &str| labels.iter().find_map(|l| l.get(name)).cloned();
    let annotated = annotations
        .iter()
        .find_map(|a| a.get("resource.opentelemetry.io/service.name"))
        .cloned();
    let mut all: Vec<Text> = Vec::new();
    all.extend(annotated);
    all.extend(label("app.kubernetes.io/instance"));
    all.extend(label("app.kubernetes.io/name"));
    all.push(key.name.clone());
    let otel = all.first().cloned().unwrap_or_else(|| key.name.clone());
    let mut others: BTreeSet<Text> = all.into_iter().skip(1).collect();
    others.extend(label("app"));
    others.remove(&otel);
    Names { otel, others }
}

/// All names, ready to be asked.
#[derive(Debug, Default)]
pub struct Directory {
    mapping: HashMap<String, TypeKey>,
    by_name: HashMap<String, BTreeMap<Rule, BTreeSet<TypeKey>>>,
    external: HashMap<String, Text>,
}

impl Directory {
    /// Gathers the names of all types and Services; `mapping` is the person's own.
    pub fn new<'a>(
        mapping: &[(Text, TypeKey)],
        types: impl Iterator<Item = (&'a TypeKey, &'a Names)>,
        services: impl Iterator<Item = &'a Service>,
    ) -> Self {
        let mut directory = Self::default();
        for (name, key) in mapping {
            directory.mapping.insert(normal(name), key.clone());
        }
        for (key, names) in types {
            directory.add(&names.otel, Rule::OtelName, key);
            for name in &names.others {
                directory.add(name, Rule::OtherName, key);
            }
        }
        for service in services {
            for key in &service.leads_to {
                directory.add(&service.name, Rule::ServiceName, key);
            }
            if let Some(host) = &service.external_name {
                let evidence = format!(
                    "Service {}/{} is an ExternalName of {host}",
                    service.namespace, service.name
                );
                directory
                    .external
                    .insert(normal(&service.name), evidence.clone().into());
                directory.external.insert(normal(host), evidence.into());
            }
        }
        directory
    }

    fn add(&mut self, name: &str, rule: Rule, key: &TypeKey) {
        self.by_name
            .entry(normal(name))
            .or_default()
            .entry(rule)
            .or_default()
            .insert(key.clone());
    }

    /// What a raw name is.
    #[must_use]
    pub fn resolve(&self, raw: &str) -> Resolution {
        let name = normal(raw);
        if let Some(to) = self.mapping.get(&name) {
            return Resolution::Matched {
                to: to.clone(),
                rule: Rule::Mapping,
            };
        }
        let plain = self.pick(&name, |_| true);
        let qualified = || {
            let (name, namespace) = split_qualified(&name)?;
            self.pick(name, |key| normal(&key.namespace) == namespace)
        };
        if let Some(found) = plain.or_else(qualified) {
            return found;
        }
        match self.external.get(&name) {
            Some(evidence) => Resolution::External {
                evidence: evidence.clone(),
            },
            None => Resolution::Unresolved,
        }
    }

    /// The strongest rule that has candidates decides; several candidates of one rule are ambiguous.
    fn pick(&self, name: &str, fits: impl Fn(&TypeKey) -> bool) -> Option<Resolution> {
        for (rule, keys) in self.by_name.get(name)? {
            let candidates: Vec<TypeKey> = keys.iter().filter(|k| fits(k)).cloned().collect();
            match candidates.as_slice() {
                [] => {}
                [only] => {
                    return Some(Resolution::Matched {
                        to: only.clone(),
                        rule: *rule,
                    });
                }
                _ => return Some(Resolution::Ambiguous { candidates }),
            }
        }
        None
    }
}

/// Names compare without case, and `_` like `-`: tracing servers lower-case them, languages spell them.
fn normal(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

/// `ns/name`, `name.ns`, `name.ns.svc…`: (name, namespace).
fn split_qualified(name: &str) -> Option<(&str, &str)> {
    if let Some((namespace, name)) = name.split_once('/') {
        return Some((name, namespace));
    }
    let mut parts = name.split('.');
    let (service, namespace) = (parts.next()?, parts.next()?);
    match parts.next() {
        None | Some("svc") => Some((service, namespace)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(types: &[(&str, &str)]) -> Directory {
        let names: Vec<(TypeKey, Names)> = types
            .iter()
            .map(|(namespace, name)| {
                let key = TypeKey::new(namespace, "Deployment", name);
                let names = names_of(&key, &[], &[]);
                (key, names)
            })
            .collect();
        Directory::new(&[], names.iter().map(|(k, n)| (k, n)), std::iter::empty())
    }

    fn matched(directory: &Directory, raw: &str) -> Option<String> {
        match directory.resolve(raw) {
            Resolution::Matched { to, .. } => Some(to.to_string()),
            _ => None,
        }
    }

    #[test]
    fn case_underscores_and_affixes_do_not_matter() {
        let d = directory(&[("shop", "order-service"), ("bank", "ledger")]);
        for raw in [
            "order-service",
            "Order_Service",
            "shop/order-service",
            "order-service.shop",
            "order-service.shop.svc.cluster.local",
        ] {
            assert_eq!(
                matched(&d, raw).as_deref(),
                Some("shop/Deployment/order-service"),
                "{raw}"
            );
        }
        assert_eq!(matched(&d, "order-service.bank"), None);
    }

    #[test]
    fn one_name_in_two_namespaces_is_ambiguous_until_it_is_qualified() {
        let d = directory(&[("a", "api"), ("b", "api")]);
        assert!(matches!(
            d.resolve("api"),
            Resolution::Ambiguous { candidates } if candidates.len() == 2
        ));
        assert_eq!(matched(&d, "api.b").as_deref(), Some("b/Deployment/api"));
    }

    #[test]
    fn a_release_label_shared_by_all_does_not_hide_their_own_names() {
        let labels: Labels = [("app.kubernetes.io/instance".into(), "boutique".into())].into();
        let keys = ["cart", "pay"].map(|n| TypeKey::new("s", "Deployment", n));
        let names: Vec<(TypeKey, Names)> = keys
            .iter()
            .map(|k| (k.clone(), names_of(k, &[&labels], &[])))
            .collect();
        let d = Directory::new(&[], names.iter().map(|(k, n)| (k, n)), std::iter::empty());
        assert_eq!(matched(&d, "cart").as_deref(), Some("s/Deployment/cart"));
        assert!(matches!(
            d.resolve("boutique"),
            Resolution::Ambiguous { .. }
        ));
    }

    #[test]
    fn a_mapping_wins() {
        let key = TypeKey::new("s", "Deployment", "real");
        let d = Directory::new(
            &[("odd-name".into(), key)],
            std::iter::empty(),
            std::iter::empty(),
        );
        assert!(matches!(
            d.resolve("ODD_NAME"),
            Resolution::Matched {
                rule: Rule::Mapping,
                ..
            }
        ));
    }
}
