//! Services, EndpointSlices and Ingresses.

use crate::model::observation::{
    Endpoint, EndpointSliceFact, Fact, IngressFact, ServiceFact, ServicePort, Way,
};
use crate::model::text;

use super::super::lean::{EndpointSlice, Ingress, Port, Service};
use super::{Observe, Observed, labels, meta, some_name};

impl Observe for Service {
    fn observe(&self) -> Option<Observed> {
        let spec = self.spec.as_ref();
        let ports = spec.and_then(|s| s.ports.as_deref()).unwrap_or_default();
        Some(Observed::Fact(Fact::Service(ServiceFact {
            meta: meta(&self.metadata)?,
            service_type: some_name(spec.and_then(|s| s.kind.as_ref()))
                .unwrap_or_else(|| "ClusterIP".into()),
            cluster_ip: some_name(spec.and_then(|s| s.cluster_ip.as_ref()))
                .filter(|ip| &**ip != "None"),
            external_name: some_name(spec.and_then(|s| s.external_name.as_ref())),
            selector: spec
                .and_then(|s| s.selector.as_ref())
                .map(labels)
                .unwrap_or_default(),
            ports: ports
                .iter()
                .map(|port| ServicePort {
                    name: some_name(port.name.as_ref()),
                    port: port.port.and_then(|p| u16::try_from(p).ok()).unwrap_or(0),
                    target: port.target_port.as_ref().and_then(|target| match target {
                        Port::Number(0) => None,
                        Port::Number(number) => Some(number.to_string().into()),
                        Port::Name(name) => some_name(Some(name)),
                    }),
                    protocol: some_name(port.protocol.as_ref()).unwrap_or_else(|| "TCP".into()),
                })
                .collect(),
        })))
    }
}

impl Observe for EndpointSlice {
    fn observe(&self) -> Option<Observed> {
        let label = self.metadata.labels.as_ref();
        let service = label
            .and_then(|labels| labels.get("kubernetes.io/service-name"))
            .and_then(Option::as_deref);
        let endpoints = self.endpoints.as_deref().unwrap_or_default();
        Some(Observed::Fact(Fact::EndpointSlice(EndpointSliceFact {
            meta: meta(&self.metadata)?,
            service: service.map(text::name).unwrap_or_default(),
            endpoints: endpoints
                .iter()
                .map(|endpoint| Endpoint {
                    pod: endpoint
                        .target_ref
                        .as_ref()
                        .filter(|target| target.kind.as_deref() == Some("Pod"))
                        .and_then(|target| some_name(target.uid.as_ref())),
                    // The API: unknown is to be read as ready.
                    ready: endpoint
                        .conditions
                        .as_ref()
                        .and_then(|conditions| conditions.ready)
                        .unwrap_or(true),
                })
                .collect(),
        })))
    }
}

impl Observe for Ingress {
    fn observe(&self) -> Option<Observed> {
        let spec = self.spec.as_ref();
        let rules = spec.and_then(|s| s.rules.as_deref()).unwrap_or_default();
        let paths = rules
            .iter()
            .filter_map(|rule| rule.http.as_ref()?.paths.as_deref())
            .flatten();
        let mut hosts: Vec<_> = rules
            .iter()
            .filter_map(|rule| some_name(rule.host.as_ref()))
            .collect();
        let mut backends: Vec<_> = spec
            .and_then(|s| s.default_backend.as_ref())
            .into_iter()
            .chain(paths.filter_map(|path| path.backend.as_ref()))
            .filter_map(|backend| some_name(backend.service.as_ref()?.name.as_ref()))
            .collect();
        for names in [&mut hosts, &mut backends] {
            names.sort();
            names.dedup();
        }
        Some(Observed::Fact(Fact::Ingress(IngressFact {
            meta: meta(&self.metadata)?,
            way: Way::Ingress,
            gateways: Vec::new(),
            hosts,
            backends,
        })))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::fact;
    use super::*;

    fn service(spec: &Value) -> ServiceFact {
        match fact::<Service>(json!({"metadata": {"name": "s", "namespace": "shop"}, "spec": spec}))
        {
            Fact::Service(service) => service,
            other => panic!("no Service: {other:?}"),
        }
    }

    #[test]
    fn ports_lead_to_numbers_or_names() {
        let service = service(&json!({
            "type": "NodePort", "clusterIP": "10.0.0.1", "selector": {"app": "a"},
            "ports": [
                {"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"},
                {"port": 81, "targetPort": "web"},
                {"port": 82, "targetPort": null},
                {"port": 99999, "targetPort": 0}
            ]
        }));
        let targets: Vec<Option<&str>> =
            service.ports.iter().map(|p| p.target.as_deref()).collect();
        assert_eq!(targets, [Some("8080"), Some("web"), None, None]);
        assert_eq!(
            service.ports.iter().map(|p| p.port).collect::<Vec<_>>(),
            [80, 81, 82, 0]
        );
        assert_eq!(service.selector.len(), 1);
        assert_eq!(service.cluster_ip.as_deref(), Some("10.0.0.1"));
    }

    #[test]
    fn headless_external_and_empty_services() {
        assert_eq!(service(&json!({"clusterIP": "None"})).cluster_ip, None);
        let external = service(&json!({"type": "ExternalName", "externalName": "bank.example"}));
        assert_eq!(external.external_name.as_deref(), Some("bank.example"));
        let empty = service(&Value::Null);
        assert_eq!((&*empty.service_type, empty.ports.len()), ("ClusterIP", 0));
        assert!(
            service(&json!({"ports": null, "selector": null}))
                .selector
                .is_empty()
        );
    }

    #[test]
    fn endpoints_are_ready_unless_they_say_otherwise() {
        let slice = match fact::<EndpointSlice>(json!({
            "metadata": {"name": "s-1", "labels": {"kubernetes.io/service-name": "s"}},
            "endpoints": [
                {"conditions": {"ready": true}, "targetRef": {"kind": "Pod", "uid": "u1"}},
                {"conditions": {"ready": false}, "targetRef": {"kind": "Pod", "uid": "u2"}},
                {"conditions": {"ready": null}, "targetRef": {"kind": "Node", "uid": "n"}},
                {"conditions": null},
            ]
        })) {
            Fact::EndpointSlice(slice) => slice,
            other => panic!("no slice: {other:?}"),
        };
        assert_eq!(&*slice.service, "s");
        let found: Vec<(Option<&str>, bool)> = slice
            .endpoints
            .iter()
            .map(|e| (e.pod.as_deref(), e.ready))
            .collect();
        let expected = [
            (Some("u1"), true),
            (Some("u2"), false),
            (None, true),
            (None, true),
        ];
        assert_eq!(found, expected);
        let bare = fact::<EndpointSlice>(json!({"metadata": {"name": "x"}, "endpoints": null}));
        assert!(matches!(bare, Fact::EndpointSlice(slice) if slice.service.is_empty()));
    }

    #[test]
    fn an_ingress_names_hosts_and_backends_once() {
        let backend = |name: &str| json!({"backend": {"service": {"name": name}}});
        let ingress = match fact::<Ingress>(json!({"metadata": {"name": "i"}, "spec": {
            "defaultBackend": {"service": {"name": "fallback"}},
            "rules": [
                {"host": "b.example", "http": {"paths": [backend("web"), backend("api")]}},
                {"host": "a.example", "http": {"paths": [backend("web"), {"backend": {"resource": {}}}]}},
                {"http": null}
            ]
        }})) {
            Fact::Ingress(ingress) => ingress,
            other => panic!("no Ingress: {other:?}"),
        };
        assert_eq!(ingress.hosts, ["a.example".into(), "b.example".into()]);
        assert_eq!(
            ingress.backends,
            ["api".into(), "fallback".into(), "web".into()]
        );
    }
}
