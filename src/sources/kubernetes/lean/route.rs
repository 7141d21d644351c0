//! Routes of the Gateway API.

use serde::Deserialize;

use super::Metadata;

/// `gateway.networking.k8s.io/v1/HTTPRoute`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct HttpRoute {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) spec: Option<RouteSpec>,
}

/// `gateway.networking.k8s.io/v1/GRPCRoute`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct GrpcRoute {
    pub(in super::super) metadata: Metadata,
    pub(in super::super) spec: Option<RouteSpec>,
}

/// Where a route leads.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct RouteSpec {
    pub(in super::super) parent_refs: Option<Vec<Target>>,
    pub(in super::super) hostnames: Option<Vec<Option<String>>>,
    pub(in super::super) rules: Option<Vec<RouteRule>>,
}

/// One rule of a route.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct RouteRule {
    pub(in super::super) backend_refs: Option<Vec<Target>>,
}

/// An object that a route belongs to or leads to; without a kind the one that is usual there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Target {
    pub(in super::super) group: Option<String>,
    pub(in super::super) kind: Option<String>,
    pub(in super::super) namespace: Option<String>,
    pub(in super::super) name: Option<String>,
}
