//! One rule after the other, and what tells candidates apart.

use std::collections::BTreeSet;

use super::*;
use crate::model::key::TypeKey;
use crate::model::observation::Labels;

fn directory(types: &[(&str, &str)]) -> Directory<'static> {
    let names: Vec<(TypeKey, Names)> = types
        .iter()
        .map(|(namespace, name)| {
            let key = TypeKey::new(namespace, "Deployment", name);
            let names = names_of(&key, &[], &[], BTreeSet::new());
            (key, names)
        })
        .collect();
    Directory::new(&[], names.iter().map(|(k, n)| (k, n)), std::iter::empty())
}

fn matched(directory: &Directory<'_>, raw: &str) -> Option<String> {
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
        Resolution::Ambiguous { candidates, .. } if candidates.len() == 2
    ));
    assert_eq!(matched(&d, "api.b").as_deref(), Some("b/Deployment/api"));
}

#[test]
fn a_release_label_shared_by_all_does_not_hide_their_own_names() {
    let labels: Labels = [("app.kubernetes.io/instance".into(), "boutique".into())].into();
    let keys = ["cart", "pay"].map(|n| TypeKey::new("s", "Deployment", n));
    let names: Vec<(TypeKey, Names)> = keys
        .iter()
        .map(|k| (k.clone(), names_of(k, &[&labels], &[], BTreeSet::new())))
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
