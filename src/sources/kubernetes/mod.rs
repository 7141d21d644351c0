//! Kubernetes: lists and watches the kinds that make up the architecture, one watch for each kind and
//! chosen namespace, and says what they are.
//!
//! [`session`] reads the kubeconfig, or is the [`pod`]'s that we run in, and builds the client, whose
//! [`credential`] may come from a [`plugin`]; [`feed`] speaks the list-and-watch protocol, [`asking`] puts its questions, [`answer`] reads
//! what comes within bounds, [`reach`] is what all parts know of the way to the server; [`lean`] is what is
//! read of an object and [`convert`] what it means in the model's words;
//! [`watch`] is one scope's task, [`metrics`] asks what pods use, and this module starts and stops those. Nothing is judged here.

mod answer;
mod asking;
mod convert;
mod credential;
mod feed;
mod kubeconfig;
mod lean;
mod line;
mod metrics;
mod pause;
mod plugin;
mod pod;
mod presence;
mod reach;
mod scopes;
mod session;
#[cfg(test)]
mod tests;
mod trouble;
mod watch;

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::model::observation::{Kind, NamespaceChoice, Observation, Scope};
use crate::model::source::SourceState;

use super::{BATCH_LIMIT, Closed, Control, Outlet, Source};
use line::Line;
use pause::Pause;
use reach::Reach;
use watch::Watch;

pub use session::{Session, SessionError};

/// The source's name.
const NAME: &str = "kubernetes";
/// Lists that are read at a time: a few, so that starting does not burst upon the server.
const LISTS_AT_A_TIME: usize = 4;

/// What the source watches through.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The session; shared with the effectors.
    pub session: Session,
}

/// The source.
#[derive(Debug)]
pub struct Kubernetes {
    settings: Settings,
}

impl Kubernetes {
    /// A source that starts watching when it is run.
    #[must_use]
    pub const fn new(settings: Settings) -> Self {
        Self { settings }
    }
}

impl Source for Kubernetes {
    fn name(&self) -> &'static str {
        NAME
    }

    fn run(self: Box<Self>, outlet: Outlet, control: Control) -> BoxFuture<'static, ()> {
        let stop = control.stop.clone();
        let supervisor = Supervisor {
            session: self.settings.session,
            reach: Reach::new(),
            outlet,
            control,
            gate: Arc::new(Semaphore::new(LISTS_AT_A_TIME)),
            closed: CancellationToken::new(),
            running: BTreeMap::new(),
        };
        async move {
            // Dropping the supervisor ends its tasks.
            stop.run_until_cancelled(supervisor.run()).await;
        }
        .boxed()
    }
}

/// Starts and stops the watches.
struct Supervisor {
    session: Session,
    reach: Reach,
    outlet: Outlet,
    control: Control,
    gate: Arc<Semaphore>,
    /// Cancelled by the first task that finds that nobody listens.
    closed: CancellationToken,
    running: BTreeMap<Scope, AbortOnDropHandle<()>>,
}

impl Supervisor {
    async fn run(mut self) {
        let pause = Pause::new(self.control.retry.clone());
        let session = presence::run(
            self.session.clone(),
            self.reach.clone(),
            self.outlet.clone(),
            pause,
        );
        let _session = self.spawn("session", None, session);
        let metrics = metrics::Metrics::new(
            self.session.clone(),
            self.reach.clone(),
            self.outlet.clone(),
            &self.control,
        );
        let _metrics = self.spawn(metrics::PART, None, metrics.run());
        let closed = self.closed.clone();
        closed.run_until_cancelled(self.follow()).await;
    }

    /// Follows the choice of namespaces until nobody listens.
    async fn follow(&mut self) {
        loop {
            let choice = self.control.namespaces.borrow_and_update().clone();
            if self.switch(&choice).await.is_err() {
                return;
            }
            if self.control.namespaces.changed().await.is_err() {
                // Nobody can choose any more; what is chosen goes on.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Ends, hands over, begins: in this order, so that nothing of an ended watch can follow its
    /// [`Observation::Leave`], and nothing of a new one comes before it has adopted.
    async fn switch(&mut self, choice: &NamespaceChoice) -> Result<(), Closed> {
        let running = self.running.keys().cloned().collect();
        let switch = scopes::switch(&running, &scopes::of(choice));
        let ending: Vec<_> = switch
            .stop
            .iter()
            .filter_map(|scope| self.running.remove(scope))
            .collect();
        for task in &ending {
            task.abort();
        }
        for task in ending {
            // Cancelled, as wanted.
            let _ = task.await;
        }
        let adopted = switch
            .adopt
            .into_iter()
            .map(|(from, to)| Observation::Adopt { from, to });
        let left = switch.stop.into_iter().flat_map(|scope| {
            let line = line::gone(scope.kind.plural(), scope.namespace.clone());
            [Observation::Leave { scope }, line]
        });
        let said: Vec<Observation> = adopted.chain(left).collect();
        for batch in said.chunks(BATCH_LIMIT) {
            self.outlet.send(batch.to_vec()).await?;
        }
        for scope in switch.start {
            let task = self.watch(&scope);
            self.running.insert(scope, task);
        }
        Ok(())
    }

    fn watch(&self, scope: &Scope) -> AbortOnDropHandle<()> {
        let watch = Watch::new(
            scope.clone(),
            self.session.clone(),
            self.reach.clone(),
            self.outlet.clone(),
            Pause::new(self.control.retry.clone()),
            Arc::clone(&self.gate),
        );
        let running = match scope.kind {
            Kind::Namespace => watch.run::<lean::Namespace>().boxed(),
            Kind::Node => watch.run::<lean::Node>().boxed(),
            Kind::Pod => watch.run::<lean::Pod>().boxed(),
            Kind::Deployment => watch.run::<lean::Deployment>().boxed(),
            Kind::StatefulSet => watch.run::<lean::StatefulSet>().boxed(),
            Kind::DaemonSet => watch.run::<lean::DaemonSet>().boxed(),
            Kind::ReplicaSet => watch.run::<lean::ReplicaSet>().boxed(),
            Kind::Job => watch.run::<lean::Job>().boxed(),
            Kind::CronJob => watch.run::<lean::CronJob>().boxed(),
            Kind::Service => watch.run::<lean::Service>().boxed(),
            Kind::EndpointSlice => watch.run::<lean::EndpointSlice>().boxed(),
            Kind::Ingress => watch.run::<lean::Ingress>().boxed(),
            Kind::ConfigMap => watch.run::<lean::ConfigMap>().boxed(),
            Kind::NetworkPolicy => watch.run::<lean::NetworkPolicy>().boxed(),
            Kind::HorizontalPodAutoscaler => watch.run::<lean::HorizontalPodAutoscaler>().boxed(),
            Kind::HttpRoute => watch.run::<lean::HttpRoute>().boxed(),
            Kind::GrpcRoute => watch.run::<lean::GrpcRoute>().boxed(),
            Kind::Event => watch.run::<lean::Event>().boxed(),
        };
        self.spawn(scope.kind.plural(), Some(scope), running)
    }

    /// Runs a task whose panic becomes a status instead of silence.
    fn spawn(
        &self,
        part: &'static str,
        scope: Option<&Scope>,
        task: impl Future<Output = Result<(), Closed>> + Send + 'static,
    ) -> AbortOnDropHandle<()> {
        let outlet = self.outlet.clone();
        let closed = self.closed.clone();
        let namespace = scope.and_then(|scope| scope.namespace.clone());
        let address = self.session.server();
        AbortOnDropHandle::new(tokio::spawn(async move {
            match AssertUnwindSafe(task).catch_unwind().await {
                Ok(Ok(())) => {}
                Ok(Err(Closed)) => closed.cancel(),
                Err(_) => {
                    let cause = "a fault of Portolan's own (see the log); choose the namespace again or restart";
                    let state = SourceState::Failed {
                        cause: cause.into(),
                    };
                    let said = Line::new(part, namespace, address).set(state);
                    if outlet.send(said.into_iter().collect()).await.is_err() {
                        closed.cancel();
                    }
                }
            }
        }))
    }
}
