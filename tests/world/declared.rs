//! What is declared beside the workloads of a generated system: ConfigMaps, policies, autoscalers, routes.

use portolan::model::observation::{
    AutoscalerFact, ConfigMapFact, Expression, Fact, IngressFact, Kind, Mention, NetworkPolicyFact,
    Operator, Peer, Selector, Way,
};
use portolan::model::parameter::{Origin, Parameter};

use super::{App, Fate, NAMESPACES, Writer, digest, labels};

fn map_name(name: &str) -> String {
    format!("{name}-config")
}

/// A variable that comes from the app's ConfigMap.
pub fn parameters(name: &str) -> Vec<Parameter> {
    vec![Parameter {
        container: "main".into(),
        name: "PEER".into(),
        origin: Origin::ConfigMap {
            name: map_name(name).into(),
            key: (name != "app1").then(|| "PEER_ADDR".into()),
        },
    }]
}

pub fn write(writer: &mut Writer, app: &App, (namespace, name): (&str, &str)) {
    let uid = |what: &str| format!("{namespace}-{name}-{what}");
    let other = app.mentions.map(|other| format!("app{other}"));
    let mut map = ConfigMapFact {
        meta: writer.meta(namespace, &map_name(name), &uid("config")),
        mentions: Vec::new(),
    };
    writer.push(Fact::ConfigMap(map.clone()));
    if let Some(other) = &other {
        map.meta = writer.meta(namespace, &map_name(name), &uid("config"));
        map.mentions = vec![Mention {
            host: digest(other),
            place: "PEER_ADDR".into(),
        }];
        writer.push(Fact::ConfigMap(map.clone()));
    }
    let selects = |app: &str| Selector {
        labels: labels(app),
        expressions: Vec::new(),
    };
    let namespaces = app.ingress.then(|| Selector {
        labels: portolan::model::observation::Labels::default(),
        expressions: vec![Expression {
            key: "kubernetes.io/metadata.name".into(),
            operator: if app.name == 0 {
                Operator::NotIn
            } else {
                Operator::In
            },
            values: vec![NAMESPACES[0].into()],
        }],
    });
    let peer = Peer {
        namespaces,
        pods: selects(other.as_deref().unwrap_or("app0")),
    };
    let policy = NetworkPolicyFact {
        meta: writer.meta(namespace, name, &uid("policy")),
        pods: selects(name),
        callers: vec![peer.clone()],
        callees: if app.ingress { vec![peer] } else { Vec::new() },
        ..NetworkPolicyFact::default()
    };
    let fact = Fact::NetworkPolicy(Box::new(policy));
    let policy = fact.key();
    writer.push(fact);
    let fact = Fact::Autoscaler(AutoscalerFact {
        meta: writer.meta(namespace, name, &uid("scaler")),
        kind: Kind::Deployment.name().into(),
        target: other.unwrap_or_else(|| name.to_owned()).into(),
        min: 1,
        max: 3,
    });
    let scaler = fact.key();
    writer.push(fact);
    let fact = Fact::Ingress(IngressFact {
        meta: writer.meta(namespace, name, &uid("route")),
        way: Way::HttpRoute,
        gateways: Vec::new(),
        hosts: Vec::new(),
        backends: vec![format!("{}/app0", NAMESPACES[0]).into(), name.into()],
    });
    writer.push(fact);
    if app.fate == Fate::Deleted {
        for key in [Fact::ConfigMap(map).key(), policy, scaler] {
            writer.delete(&key);
        }
    }
}
