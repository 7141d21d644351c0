//! Routes of the Gateway API: ways in, as Ingresses are.

use crate::model::observation::{Fact, IngressFact, Way};
use crate::model::text::{self, Text};

use super::super::lean::{GrpcRoute, HttpRoute, Metadata, RouteSpec};
use super::{Observe, Observed, meta, some_name};

impl Observe for HttpRoute {
    fn observe(&self) -> Option<Observed> {
        route(&self.metadata, self.spec.as_ref(), Way::HttpRoute)
    }
}

impl Observe for GrpcRoute {
    fn observe(&self) -> Option<Observed> {
        route(&self.metadata, self.spec.as_ref(), Way::GrpcRoute)
    }
}

fn route(metadata: &Metadata, spec: Option<&RouteSpec>, way: Way) -> Option<Observed> {
    let meta = meta(metadata)?;
    let parents = spec.and_then(|s| s.parent_refs.as_deref());
    let mut gateways: Vec<Text> = parents
        .unwrap_or_default()
        .iter()
        .filter(|parent| parent.kind.as_deref().unwrap_or("Gateway") == "Gateway")
        .filter_map(|parent| some_name(parent.name.as_ref()))
        .collect();
    let hosts = spec.and_then(|s| s.hostnames.as_ref());
    let mut hosts: Vec<Text> = hosts
        .into_iter()
        .flatten()
        .filter_map(|host| some_name(host.as_ref()))
        .collect();
    let rules = spec.and_then(|s| s.rules.as_deref()).unwrap_or_default();
    let mut backends: Vec<Text> = rules
        .iter()
        .flat_map(|rule| rule.backend_refs.iter().flatten())
        .filter(|target| {
            target.kind.as_deref().unwrap_or("Service") == "Service"
                && target.group.as_deref().unwrap_or("").is_empty()
        })
        .filter_map(|target| {
            let name = some_name(target.name.as_ref())?;
            match target.namespace.as_deref() {
                Some(other) if *other != *meta.namespace => {
                    Some(text::name(&format!("{other}/{name}")))
                }
                _ => Some(name),
            }
        })
        .collect();
    for names in [&mut gateways, &mut hosts, &mut backends] {
        names.sort();
        names.dedup();
    }
    Some(Observed::Fact(Fact::Ingress(IngressFact {
        meta,
        way,
        gateways,
        hosts,
        backends,
    })))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::fact;
    use super::*;

    #[test]
    fn a_route_leads_from_gateways_to_services_here_and_elsewhere() {
        let spec = json!({
            "parentRefs": [{"name": "edge"}, {"kind": "Service", "name": "mesh"}],
            "hostnames": ["b.example", "a.example", null],
            "rules": [
                {"backendRefs": [{"name": "web", "port": 80}, {"name": "pay", "namespace": "bank"}]},
                {"backendRefs": [{"name": "web", "namespace": "shop"}, {"kind": "Other", "name": "x"}]},
                {"backendRefs": [{"group": "example.com", "name": "y"}]},
                {"backendRefs": null}
            ]
        });
        let object = json!({"metadata": {"name": "r", "namespace": "shop"}, "spec": spec});
        for (fact, way) in [
            (fact::<HttpRoute>(object.clone()), Way::HttpRoute),
            (fact::<GrpcRoute>(object), Way::GrpcRoute),
        ] {
            let Fact::Ingress(route) = fact else {
                panic!("no way in")
            };
            assert_eq!(route.way, way);
            assert_eq!(route.gateways, ["edge".into()]);
            assert_eq!(route.hosts, ["a.example".into(), "b.example".into()]);
            assert_eq!(route.backends, ["bank/pay".into(), "web".into()]);
        }
        let bare = fact::<HttpRoute>(json!({"metadata": {"name": "r"}, "spec": null}));
        assert!(matches!(bare, Fact::Ingress(route) if route.backends.is_empty()));
    }
}
