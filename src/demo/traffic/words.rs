//! How spans are named and tagged: the names of OpenTelemetry's semantic conventions, and Brave's.
//!
//! OpenTelemetry's servers are named `METHOD /route`, its clients by the method only; it always tags the
//! status. Brave tags the path as it was asked, and the status only where it is no success. Both mark a
//! failure with the tag `error`.

use std::sync::Arc;

use crate::demo::system::{Address, Component, Operation, Protocol, Role, SpanStyle, System};
use crate::trace::endpoint::Endpoint;
use crate::trace::span::Tags;

/// How many paths a route with parameters is asked by.
const PATHS: usize = 16;

/// The name of a span, and the tags that all of its sort have.
#[derive(Clone, Debug, Default)]
pub(super) struct Sort {
    pub(super) name: Arc<str>,
    pub(super) tags: Tags,
}

/// The words for one operation.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// The spans of the one that does it.
    pub(super) server: Sort,
    /// The spans of callers, by their habits.
    pub(super) otel_client: Sort,
    pub(super) brave_client: Sort,
    /// The paths by which it is asked, where they are tagged.
    pub(super) paths: Vec<Arc<str>>,
}

impl Said {
    pub(super) const fn client(&self, style: SpanStyle) -> &Sort {
        match style {
            SpanStyle::OpenTelemetry => &self.otel_client,
            SpanStyle::Brave => &self.brave_client,
        }
    }
}

/// The words for all operations of a system, made once.
#[derive(Debug)]
pub(super) struct Words {
    operations: Vec<Vec<Said>>,
    /// The components as their callers name them.
    pub(super) remotes: Vec<Arc<Endpoint>>,
    pub(super) pod: Arc<str>,
    pub(super) version: Arc<str>,
    pub(super) path: Arc<str>,
    pub(super) error: Arc<str>,
    pub(super) error_type: Arc<str>,
    pub(super) otel_status: Arc<str>,
    pub(super) otel_failed: Arc<str>,
    pub(super) otel_http_status: Arc<str>,
    pub(super) brave_http_status: Arc<str>,
    pub(super) grpc_status: Arc<str>,
}

impl Words {
    pub(super) fn new(system: &System) -> Self {
        let component = |c: &Component| c.operations.iter().map(|o| said(system, c, o)).collect();
        let remote = |c: &Component| {
            let endpoint = Endpoint::named(Arc::clone(&c.name));
            Arc::new(endpoint.on_port(c.port.unwrap_or(0)))
        };
        Self {
            operations: system.components.iter().map(component).collect(),
            remotes: system.components.iter().map(remote).collect(),
            pod: "k8s.pod.name".into(),
            version: "service.version".into(),
            path: "http.path".into(),
            error: "error".into(),
            error_type: "error.type".into(),
            otel_status: "otel.status_code".into(),
            otel_failed: "ERROR".into(),
            otel_http_status: "http.response.status_code".into(),
            brave_http_status: "http.status_code".into(),
            grpc_status: "rpc.grpc.status_code".into(),
        }
    }

    pub(super) fn of(&self, at: Address) -> Option<&Said> {
        self.operations.get(at.component)?.get(at.operation)
    }
}

fn sort<const N: usize>(name: &str, tags: [(&str, &str); N]) -> Sort {
    Sort {
        name: name.into(),
        tags: tags.into_iter().collect(),
    }
}

fn said(system: &System, component: &Component, operation: &Operation) -> Said {
    let name = &*operation.name;
    let host = &*component.name;
    let port = component
        .port
        .map_or(String::new(), |port| port.to_string());
    let style = match component.role {
        Role::Service(style) => style,
        _ => SpanStyle::OpenTelemetry,
    };
    match &operation.protocol {
        Protocol::Http { method, route } => http(style, name, method, route, (host, &port)),
        Protocol::Grpc { service, method } => {
            let tags = [
                ("rpc.system", "grpc"),
                ("rpc.service", &**service),
                ("rpc.method", &**method),
            ];
            let client = sort(name, tags);
            Said {
                server: client.clone(),
                brave_client: client.clone(),
                otel_client: with_host(client, host, &port),
                paths: Vec::new(),
            }
        }
        Protocol::Statement => {
            let system = match &component.role {
                Role::Database(system) => system,
                _ => "",
            };
            let verb = name.split(' ').next().unwrap_or(name);
            let client = sort(name, [("db.system", system), ("db.operation", verb)]);
            both(with_host(client, host, &port))
        }
        Protocol::Topic => {
            let client = sort(&format!("publish {name}"), message(component, name, "send"));
            both(with_host(client, host, &port))
        }
        Protocol::Message { topic } => {
            let Some((broker, topic)) = system.operation(*topic) else {
                return Said::default();
            };
            Said {
                server: sort(name, message(broker, &topic.name, "process")),
                ..Said::default()
            }
        }
    }
}

fn message<'a>(broker: &'a Component, topic: &'a str, does: &'a str) -> [(&'a str, &'a str); 3] {
    let system = match &broker.role {
        Role::Broker(system) => system,
        _ => "",
    };
    [
        ("messaging.system", system),
        ("messaging.destination.name", topic),
        ("messaging.operation.type", does),
    ]
}

/// The same words for callers of both habits.
fn both(client: Sort) -> Said {
    Said {
        otel_client: client.clone(),
        brave_client: client,
        ..Said::default()
    }
}

fn with_host(mut client: Sort, host: &str, port: &str) -> Sort {
    client.tags.put("server.address", host);
    client.tags.put("server.port", port);
    client
}

fn http(
    style: SpanStyle,
    name: &str,
    method: &str,
    route: &str,
    (host, port): (&str, &str),
) -> Said {
    let server = match style {
        SpanStyle::OpenTelemetry => sort(
            name,
            [("http.request.method", method), ("http.route", route)],
        ),
        SpanStyle::Brave => sort(name, [("http.method", method)]),
    };
    let client = sort(method, [("http.request.method", method)]);
    Said {
        server,
        otel_client: with_host(client, host, port),
        brave_client: sort(method, [("http.method", method)]),
        paths: paths(route),
    }
}

/// The route with numbers for its parameters.
fn paths(route: &str) -> Vec<Arc<str>> {
    if !route.contains('{') {
        return vec![route.into()];
    }
    let path = |number: usize| {
        let part = |part: &str| {
            if part.starts_with('{') {
                (100 + 7 * number).to_string()
            } else {
                part.to_owned()
            }
        };
        let parts: Vec<String> = route.split('/').map(part).collect();
        parts.join("/").into()
    };
    (0..PATHS).map(path).collect()
}
