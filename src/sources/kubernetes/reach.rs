//! Whether the server is within reach, as all parts of a session know it together.
//!
//! A frozen connection is silent like a quiet one, so a watch alone cannot tell. The session's line asks,
//! every watch listens; what one of them finds out ends the waiting of all.

use std::future::Future;
use std::sync::Arc;

use jiff::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::{Notify, watch};

use crate::model::text::Text;

/// What is known of the way to the server. Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    state: Arc<watch::Sender<State>>,
    /// When anything came from the server, by our wall clock in ms.
    heard: Arc<AtomicI64>,
    doubt: Arc<Notify>,
    /// Whether the credentials were accepted when the session's line asked last.
    accepted: Arc<watch::Sender<bool>>,
}

#[derive(Debug, Default)]
struct State {
    /// Counted up when the server is lost, and when it is back.
    turn: u64,
    /// Why it is out of reach, while it is.
    lost: Option<Text>,
}

/// The server was lost or came back.
#[derive(Debug)]
pub(super) enum Turn {
    /// It is out of reach, for this reason.
    Lost(Text),
    /// It is there again.
    Back,
}

impl Reach {
    /// Not known to be out of reach, and never heard of.
    pub(super) fn new() -> Self {
        Self {
            state: Arc::new(watch::Sender::new(State::default())),
            heard: Arc::new(AtomicI64::new(i64::MIN)),
            doubt: Arc::new(Notify::new()),
            accepted: Arc::new(watch::Sender::new(true)),
        }
    }

    /// Something came from the server just now.
    pub(super) fn heard(&self) {
        let now = Timestamp::now().as_millisecond();
        self.heard.store(now, Ordering::Relaxed);
        self.state.send_if_modified(|state| {
            let back = state.lost.take().is_some();
            state.turn += u64::from(back);
            back
        });
    }

    /// When the server was heard last; now, where it never was.
    pub(super) fn last(&self) -> Timestamp {
        let heard = self.heard.load(Ordering::Relaxed);
        Timestamp::from_millisecond(heard).unwrap_or_else(|_| Timestamp::now())
    }

    /// The server does not answer: nobody's connection counts as open any more.
    pub(super) fn lost(&self, why: &Text) {
        self.state.send_if_modified(|state| {
            let new = state.lost.is_none();
            state.turn += u64::from(new);
            state.lost = Some(why.clone());
            new
        });
    }

    /// The session's own question was refused for its credentials (401), or was not.
    pub(super) fn accepted(&self, accepted: bool) {
        self.accepted
            .send_if_modified(|own| std::mem::replace(own, accepted) != accepted);
    }

    /// Whether the credentials are accepted for what everybody may ask; yes, until something else is known.
    pub(super) fn is_accepted(&self) -> bool {
        *self.accepted.borrow()
    }

    /// Waits until the credentials are accepted, or are not.
    pub(super) async fn until_accepted(&self, accepted: bool) {
        // The sender lives as long as we do.
        let _ = self
            .accepted
            .subscribe()
            .wait_for(|own| *own == accepted)
            .await;
    }

    /// A connection broke, or one was refused: whoever asks whether the server is there is to ask now.
    pub(super) fn doubt(&self) {
        self.doubt.notify_one();
    }

    /// Waits for a doubt.
    pub(super) async fn doubted(&self) {
        self.doubt.notified().await;
    }

    /// Does something, unless the server is lost or comes back meanwhile: then it is to be begun anew.
    pub(super) async fn during<T>(&self, doing: impl Future<Output = T>) -> Result<T, Turn> {
        let mut state = self.state.subscribe();
        let turn = state.borrow().turn;
        tokio::select! {
            biased;
            done = doing => Ok(done),
            turned = state.wait_for(|state| state.turn != turn) => {
                Err(match turned.ok().and_then(|state| state.lost.clone()) {
                    Some(why) => Turn::Lost(why),
                    None => Turn::Back,
                })
            }
        }
    }

    /// Waits until the server is out of reach; says why.
    pub(super) async fn is_lost(&self) -> Text {
        let mut state = self.state.subscribe();
        let lost = state.wait_for(|state| state.lost.is_some()).await;
        // The sender lives as long as we do.
        lost.ok()
            .and_then(|state| state.lost.clone())
            .unwrap_or_default()
    }

    /// Waits until the server has come back, from this call on.
    pub(super) fn is_back(&self) -> impl Future<Output = ()> + use<> {
        let mut state = self.state.subscribe();
        let turn = state.borrow().turn;
        async move {
            let back = state.wait_for(|state| state.turn != turn && state.lost.is_none());
            if back.await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_one_finds_out_ends_what_the_others_wait_for() {
        let reach = Reach::new();
        let other = reach.clone();
        let (turned, ()) = tokio::join!(reach.during(std::future::pending::<()>()), async {
            other.lost(&"cut".into());
        });
        assert!(matches!(turned, Err(Turn::Lost(why)) if &*why == "cut"));
        assert_eq!(&*reach.is_lost().await, "cut");
        let ((), turned, ()) = tokio::join!(
            reach.is_back(),
            reach.during(std::future::pending::<()>()),
            async { other.heard() }
        );
        assert!(matches!(turned, Err(Turn::Back)));
    }
}
