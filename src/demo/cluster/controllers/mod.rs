//! The controllers: each looks at one object and what it concerns, and does what is missing.
//!
//! They are driven by level, not by edge: a look does the same however often and for whatever reason it is
//! taken, and writes nothing when nothing is missing.

mod autoscaler;
mod cronjob;
mod daemonset;
mod deployment;
mod endpoints;
mod garbage;
mod job;
mod namespace;
mod node;
mod pods;
mod replicaset;
mod schedule;
mod scheduler;
mod statefulset;

use super::Cluster;
use super::kind::Kind;
use super::object::Key;
pub(super) use autoscaler::Advice;

impl Cluster {
    /// Lets the controller of its kind look at an object.
    pub(super) fn reconcile(&mut self, key: &Key) {
        match key.kind {
            Kind::Namespace => self.reconcile_namespace(key),
            Kind::Node => self.reconcile_node(key),
            Kind::Service => self.reconcile_service(key),
            Kind::Deployment => self.reconcile_deployment(key),
            Kind::ReplicaSet => self.reconcile_replica_set(key),
            Kind::StatefulSet => self.reconcile_stateful_set(key),
            Kind::DaemonSet => self.reconcile_daemon_set(key),
            Kind::Job => self.reconcile_job(key),
            Kind::CronJob => self.reconcile_cron_job(key),
            Kind::HorizontalPodAutoscaler => self.reconcile_autoscaler(key),
            Kind::EndpointSlice
            | Kind::Ingress
            | Kind::ConfigMap
            | Kind::NetworkPolicy
            | Kind::Pod
            | Kind::Event => {}
        }
    }
}
