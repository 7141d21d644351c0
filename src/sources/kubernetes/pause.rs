//! How long to wait before the next attempt, and what ends the wait early.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// The first wait.
const FIRST: Duration = Duration::from_millis(500);
/// The longest wait for something that passes by itself.
const LONGEST: Duration = Duration::from_secs(5);
/// The wait for something that people must mend: rights, credentials.
pub(super) const SLOW: Duration = Duration::from_secs(60);
/// After so long without a failure the waits are short again.
const CALM: Duration = Duration::from_secs(30);

/// Waits that double up to a limit, the same every time: one person's client makes no herd.
#[derive(Debug)]
pub(super) struct Pause {
    retry: watch::Receiver<u64>,
    longest: Duration,
    next: Duration,
    waited: Option<Instant>,
    asked: bool,
}

impl Pause {
    /// `retry` counts up when a person does not want to wait.
    pub(super) fn new(mut retry: watch::Receiver<u64>) -> Self {
        retry.mark_unchanged();
        Self {
            retry,
            longest: LONGEST,
            next: FIRST,
            waited: None,
            asked: false,
        }
    }

    /// Waits at most so long for something that passes by itself.
    pub(super) fn at_most(self, longest: Duration) -> Self {
        Self { longest, ..self }
    }

    /// Waits longer each time, unless the server comes `back` earlier; says whether anything ended it early.
    pub(super) async fn longer(&mut self, back: impl Future<Output = ()>) -> bool {
        if self.waited.is_some_and(|at| at.elapsed() > CALM) {
            self.next = FIRST;
        }
        let wait = self.next;
        self.next = (wait * 2).min(self.longest);
        tokio::select! {
            asked = self.exactly(wait) => return asked,
            () = back => {}
        }
        self.next = FIRST;
        self.waited = Some(Instant::now());
        self.asked = false;
        true
    }

    /// Waits for this long; not at all where a person has asked since the last wait, for that may have been
    /// just before this one began. Says whether a person ended it.
    pub(super) async fn exactly(&mut self, wait: Duration) -> bool {
        let retry = &mut self.retry;
        let asked = async {
            // Nobody can ask any more: only time ends the wait.
            if retry.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let asked = tokio::select! {
            () = sleep(wait) => false,
            () = asked => true,
        };
        if asked {
            self.next = FIRST;
        }
        self.waited = Some(Instant::now());
        self.asked = asked;
        asked
    }

    /// Whether a person ended the last wait, since this was asked last.
    pub(super) const fn was_asked(&mut self) -> bool {
        std::mem::replace(&mut self.asked, false)
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_double_up_to_five_seconds_and_start_again_after_calm() {
        let (_sender, retry) = watch::channel(0);
        let mut pause = Pause::new(retry);
        let mut waits = Vec::new();
        for _ in 0..6 {
            let start = Instant::now();
            pause.longer(pending()).await;
            waits.push(start.elapsed().as_millis());
        }
        assert_eq!(waits, [500, 1000, 2000, 4000, 5000, 5000]);
        sleep(CALM + Duration::from_secs(1)).await;
        let start = Instant::now();
        pause.longer(pending()).await;
        assert_eq!(start.elapsed().as_millis(), 500);
    }

    #[tokio::test(start_paused = true)]
    async fn a_person_ends_a_wait_and_the_next_is_short() {
        let (sender, retry) = watch::channel(0);
        let mut pause = Pause::new(retry);
        let start = Instant::now();
        tokio::join!(pause.exactly(SLOW), async {
            sleep(Duration::from_secs(2)).await;
            sender.send_modify(|count| *count += 1);
        });
        assert_eq!(start.elapsed().as_secs(), 2);
        // Asked between two waits: the next is none.
        sender.send_modify(|count| *count += 1);
        let start = Instant::now();
        pause.exactly(SLOW).await;
        assert_eq!(start.elapsed().as_secs(), 0);
        drop(sender);
        let start = Instant::now();
        pause.longer(pending()).await;
        assert_eq!(start.elapsed(), FIRST);
    }
}
