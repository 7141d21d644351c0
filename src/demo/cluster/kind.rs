//! Which kinds of objects the simulated API server has.

/// A kind of objects, by its place in the API. The order is that of creation: what others need comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `v1/Namespace`.
    Namespace,
    /// `v1/Node`.
    Node,
    /// `v1/Service`.
    Service,
    /// `discovery.k8s.io/v1/EndpointSlice`.
    EndpointSlice,
    /// `apps/v1/Deployment`.
    Deployment,
    /// `apps/v1/ReplicaSet`.
    ReplicaSet,
    /// `apps/v1/StatefulSet`.
    StatefulSet,
    /// `apps/v1/DaemonSet`.
    DaemonSet,
    /// `batch/v1/CronJob`.
    CronJob,
    /// `batch/v1/Job`.
    Job,
    /// `v1/Pod`.
    Pod,
    /// `networking.k8s.io/v1/Ingress`.
    Ingress,
    /// `autoscaling/v2/HorizontalPodAutoscaler`.
    HorizontalPodAutoscaler,
    /// `v1/ConfigMap`.
    ConfigMap,
    /// `networking.k8s.io/v1/NetworkPolicy`.
    NetworkPolicy,
    /// `v1/Event`.
    Event,
}

/// How a kind is called in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    /// Empty for the core group.
    pub group: &'static str,
    /// The one version that is served.
    pub version: &'static str,
    /// As in `kind:`.
    pub kind: &'static str,
    /// As in paths.
    pub plural: &'static str,
    /// As a person types it.
    pub singular: &'static str,
    /// What kubectl takes instead.
    pub short: &'static [&'static str],
    /// Whether its objects belong to namespaces.
    pub namespaced: bool,
    /// Whether it has a `scale` subresource.
    pub scales: bool,
    /// What `kubectl get all` lists it under.
    pub categories: &'static [&'static str],
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Namespace,
        Self::Node,
        Self::Service,
        Self::EndpointSlice,
        Self::Deployment,
        Self::ReplicaSet,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::CronJob,
        Self::Job,
        Self::Pod,
        Self::Ingress,
        Self::HorizontalPodAutoscaler,
        Self::ConfigMap,
        Self::NetworkPolicy,
        Self::Event,
    ];

    /// How it is called.
    #[must_use]
    pub fn names(self) -> Names {
        let names = |group, version, kind, plural, singular| Names {
            group,
            version,
            kind,
            plural,
            singular,
            short: &[],
            namespaced: true,
            scales: false,
            categories: &[],
        };
        match self {
            Self::Namespace => Names {
                short: &["ns"],
                namespaced: false,
                ..names("", "v1", "Namespace", "namespaces", "namespace")
            },
            Self::Node => Names {
                short: &["no"],
                namespaced: false,
                ..names("", "v1", "Node", "nodes", "node")
            },
            Self::Service => Names {
                short: &["svc"],
                categories: &["all"],
                ..names("", "v1", "Service", "services", "service")
            },
            Self::EndpointSlice => names(
                "discovery.k8s.io",
                "v1",
                "EndpointSlice",
                "endpointslices",
                "endpointslice",
            ),
            Self::Deployment => Names {
                short: &["deploy"],
                scales: true,
                categories: &["all"],
                ..names("apps", "v1", "Deployment", "deployments", "deployment")
            },
            Self::ReplicaSet => Names {
                short: &["rs"],
                scales: true,
                categories: &["all"],
                ..names("apps", "v1", "ReplicaSet", "replicasets", "replicaset")
            },
            Self::StatefulSet => Names {
                short: &["sts"],
                scales: true,
                categories: &["all"],
                ..names("apps", "v1", "StatefulSet", "statefulsets", "statefulset")
            },
            Self::DaemonSet => Names {
                short: &["ds"],
                categories: &["all"],
                ..names("apps", "v1", "DaemonSet", "daemonsets", "daemonset")
            },
            Self::CronJob => Names {
                short: &["cj"],
                categories: &["all"],
                ..names("batch", "v1", "CronJob", "cronjobs", "cronjob")
            },
            Self::Job => Names {
                categories: &["all"],
                ..names("batch", "v1", "Job", "jobs", "job")
            },
            Self::Pod => Names {
                short: &["po"],
                categories: &["all"],
                ..names("", "v1", "Pod", "pods", "pod")
            },
            Self::Ingress => Names {
                short: &["ing"],
                ..names("networking.k8s.io", "v1", "Ingress", "ingresses", "ingress")
            },
            Self::HorizontalPodAutoscaler => Names {
                short: &["hpa"],
                categories: &["all"],
                ..names(
                    "autoscaling",
                    "v2",
                    "HorizontalPodAutoscaler",
                    "horizontalpodautoscalers",
                    "horizontalpodautoscaler",
                )
            },
            Self::ConfigMap => Names {
                short: &["cm"],
                ..names("", "v1", "ConfigMap", "configmaps", "configmap")
            },
            Self::NetworkPolicy => Names {
                short: &["netpol"],
                ..names(
                    "networking.k8s.io",
                    "v1",
                    "NetworkPolicy",
                    "networkpolicies",
                    "networkpolicy",
                )
            },
            Self::Event => Names {
                short: &["ev"],
                ..names("", "v1", "Event", "events", "event")
            },
        }
    }

    /// The kind of a path's last part within its group and version.
    #[must_use]
    pub fn of_plural(group: &str, version: &str, plural: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| {
            let names = kind.names();
            names.group == group && names.version == version && names.plural == plural
        })
    }

    /// `v1`, `apps/v1`.
    #[must_use]
    pub fn api_version(self) -> String {
        let Names { group, version, .. } = self.names();
        if group.is_empty() {
            version.to_owned()
        } else {
            format!("{group}/{version}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_path_and_by_no_other() {
        for kind in Kind::ALL {
            let names = kind.names();
            assert_eq!(
                Kind::of_plural(names.group, names.version, names.plural),
                Some(kind)
            );
            assert_eq!(Kind::of_plural("other", names.version, names.plural), None);
        }
    }
}
