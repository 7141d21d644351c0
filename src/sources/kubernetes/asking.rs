//! The questions about one collection: its list, page by page, and its watch; bounded in time and size.

use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use http::HeaderValue;
use http::header::ACCEPT_ENCODING;
use kube::client::Body;
use kube::core::params::{ListParams, WatchParams};
use kube::core::{Request, Status};
use tokio::time::timeout;

use crate::model::observation::Scope;

use super::answer::{self, Lines};
use super::lean::{Lean, List};
use super::reach::Reach;
use super::session::{Connection, Session};
use super::trouble::{Class, Trouble};

/// How long the answer to a watch may take to begin.
const PROGRESS: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 30 });
/// How long one page may take.
const PAGE_LIMIT: Duration = Duration::from_secs(60);

/// Which objects of a kind are asked for.
pub(super) fn fields<K: Lean>() -> Option<String> {
    (!K::FIELDS.is_empty()).then(|| K::FIELDS.to_owned())
}

/// Who asks, and about what.
pub(super) struct Asking<K> {
    pub(super) session: Session,
    pub(super) connection: Connection,
    pub(super) reach: Reach,
    pub(super) scope: Scope,
    pub(super) kind: PhantomData<fn() -> K>,
}

impl<K: Lean> Asking<K> {
    fn request(&self) -> Request {
        Request::new(K::path(self.scope.namespace.as_deref()))
    }

    fn trouble(&self, error: &kube::Error) -> Trouble {
        Trouble::request(error, &self.session, Some(&self.scope))
    }

    /// Asks, and waits until the answer begins.
    async fn ask(
        &self,
        request: Result<http::Request<Vec<u8>>, kube::core::request::Error>,
    ) -> Result<Body, Trouble> {
        let request = request.map_err(|error| self.trouble(&kube::Error::BuildRequest(error)))?;
        let answer = self.connection.client.send(request.map(Body::from)).await;
        let answer = answer.map_err(|error| self.trouble(&error))?;
        self.reach.heard();
        let code = answer.status();
        if code.is_success() {
            return Ok(answer.into_body());
        }
        let wait = answer::retry_after(answer.headers());
        let status = answer::status(code.as_u16(), answer.into_body()).await;
        Err(Trouble::refused(
            &status,
            wait,
            &self.session,
            Some(&self.scope),
        ))
    }

    /// Does what takes an answer, at most so long, and not beyond a turn of the server's reach.
    async fn within<T>(
        &self,
        limit: Duration,
        doing: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        match self.reach.during(timeout(limit, doing)).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(Trouble::silent(&self.session, limit)),
            Err(turn) => Err(Trouble::turned(turn)),
        }
    }

    /// Opens a watch.
    pub(super) async fn open(&self, params: &WatchParams, version: &str) -> Result<Lines, Trouble> {
        let mut request = self.request().watch(params, version);
        if let Ok(request) = &mut request {
            // Each event would be a stream of its own, of which only the first is unpacked.
            let plain = HeaderValue::from_static("identity");
            request.headers_mut().insert(ACCEPT_ENCODING, plain);
        }
        let body = self.within(PROGRESS, self.ask(request)).await?;
        Ok(Lines::new(body))
    }

    /// One page of the list.
    pub(super) async fn list(&self, limit: u32, token: Option<String>) -> Result<List<K>, Trouble> {
        let params = ListParams {
            field_selector: fields::<K>(),
            limit: Some(limit),
            continue_token: token,
            ..ListParams::default()
        };
        let asking = async {
            let body = self.ask(self.request().list(&params)).await?;
            let answer = answer::whole(body).await;
            let answer = answer.map_err(|broken| Trouble::broken(&broken, &self.session))?;
            serde_json::from_slice(&answer).map_err(|error| Trouble::unreadable(&error))
        };
        self.within(PAGE_LIMIT, asking).await
    }

    /// Whether the server has the group of the kind at all: without rights it refuses what it does not have, too.
    pub(super) async fn is_served(&self) -> bool {
        let request = Request::new(K::API).list(&ListParams::default());
        let asking = async { Ok(self.ask(request).await.err()) };
        let failed = self.within(PROGRESS, asking).await;
        !matches!(failed, Ok(Some(trouble)) if trouble.class == Class::Unknown)
    }

    /// The version until which things happened while nobody watched, where it is beyond what is known.
    pub(super) async fn missed(&self, version: &str) -> Result<Option<u64>, Trouble> {
        let now = match self.list(1, None).await {
            Ok(list) => list.metadata.and_then(|list| list.resource_version),
            Err(trouble) if matches!(trouble.class, Class::Unreadable | Class::Forbidden) => None,
            Err(trouble) => return Err(trouble),
        };
        let now: Option<u64> = now.and_then(|now| now.parse().ok());
        Ok(now.filter(|now| version.parse().is_ok_and(|then: u64| then < *now)))
    }

    /// Some servers refuse in the middle, without saying that it is an event.
    pub(super) fn unreadable(&self, line: &[u8], error: &serde_json::Error) -> Trouble {
        match serde_json::from_slice::<Status>(line) {
            Ok(status) if status.code != 0 => {
                Trouble::status(&status, &self.session, Some(&self.scope))
            }
            _ => Trouble::unreadable(error),
        }
    }
}
