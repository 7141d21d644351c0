//! The session's own line: whether the server is there at all, and how far its clock is from ours.

use std::time::Duration;

use jiff::Timestamp;
use kube::client::Body;
use kube::core::Request;
use kube::core::params::ListParams;
use tokio::time::timeout;

use crate::model::source::SourceState;
use crate::model::text::Text;
use crate::sources::{Closed, Outlet};

use super::line::Line;
use super::pause::{Pause, SLOW};
use super::reach::Reach;
use super::session::Session;
use super::trouble::{self, Trouble};

/// How often the server is asked while all is well. Watches of quiet kinds are silent either way, so this and
/// [`PATIENCE`] are how soon a frozen server or a cut network shows.
const INTERVAL: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 5 });
/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 5 });

/// The longest wait while it does not answer: one question on behalf of all watches costs little.
const LONGEST: Duration = Duration::from_secs(2);

/// Asks the server for its version, for ever, and lets everybody know when it is lost or back.
pub(super) async fn run(
    session: Session,
    reach: Reach,
    outlet: Outlet,
    pause: Pause,
) -> Result<(), Closed> {
    let mut pause = pause.at_most(LONGEST);
    let mut line = Line::new("session", None, session.server());
    let mut shown = false;
    outlet.send(line.count(0).into_iter().collect()).await?;
    let mut renewals = session.renewals();
    // Whether what was read of the kubeconfig is to be read again.
    let mut again = false;
    loop {
        // From here on: one that comes while the server is asked is news too.
        renewals.mark_unchanged();
        let back = reach.is_back();
        let asked = Timestamp::now();
        let mut lost = None;
        let answer = patiently(&session, again, &mut line, &outlet, shown).await?;
        line.at(session.server());
        let (said, wait) = match answer {
            Ok(skew) => {
                shown = true;
                reach.heard();
                reach.accepted(true);
                let skew = line.skew(skew);
                // One word about both where both changed.
                let said = if line.is_current() {
                    skew
                } else {
                    line.set(SourceState::Live)
                };
                (said, Some(INTERVAL))
            }
            Err(Failure::Session(why)) => {
                let said = line.broken(why, shown, Timestamp::now());
                (said, Some(SLOW))
            }
            // It may be the server's trouble and pass; the question costs nobody anything.
            Err(Failure::Refused(why)) => {
                reach.heard();
                reach.accepted(false);
                let said = line.broken(why, shown, Timestamp::now());
                (said, Some(INTERVAL))
            }
            Err(Failure::Foreign(why)) => {
                reach.heard();
                let said = line.broken(why, shown, Timestamp::now());
                (said, Some(INTERVAL))
            }
            // It is slow, but it speaks to others.
            Err(Failure::Server(_)) if line.is_current() && reach.last() > asked => {
                (None, Some(INTERVAL))
            }
            Err(Failure::Server(why)) => {
                lost = Some(why.clone());
                (line.broken(why, shown, reach.last()), None)
            }
        };
        outlet.send(said.into_iter().collect()).await?;
        if let Some(why) = lost {
            reach.lost(&why);
        }
        let troubled = !line.is_current();
        let waited = async {
            match wait {
                Some(wait) => tokio::select! {
                    _ = pause.exactly(wait) => {}
                    () = reach.doubted() => {}
                    // Refused credentials may be mended before.
                    _ = renewals.changed() => {}
                },
                None => {
                    pause.longer(back).await;
                }
            }
        };
        let changed = tokio::select! {
            () = waited => false,
            () = session.changed(), if troubled => true,
        };
        // A short wait may have ended before the files were looked at.
        again = troubled && (pause.was_asked() || changed || session.has_changed().await);
    }
}

/// Asks, and says what is waited for meanwhile: a credential plugin may take a minute.
async fn patiently(
    session: &Session,
    again: bool,
    line: &mut Line,
    outlet: &Outlet,
    shown: bool,
) -> Result<Result<Option<i64>, Failure>, Closed> {
    let mut waiting = session.waiting();
    let asking = ask(session, again);
    futures::pin_mut!(asking);
    loop {
        let what = waiting.borrow_and_update().clone();
        let what = what.filter(|_| !session.has_client());
        let said = what.and_then(|what| line.waits(what, shown, Timestamp::now()));
        outlet.send(said.into_iter().collect()).await?;
        tokio::select! {
            biased;
            answer = &mut asking => return Ok(answer),
            // The sender lives as long as the session.
            _ = waiting.changed() => {}
        }
    }
}

enum Failure {
    /// There is no client: people must mend it.
    Session(Text),
    /// The server does not accept the credentials.
    Refused(Text),
    /// What answers is no Kubernetes server.
    Foreign(Text),
    /// The server is away: it may come back.
    Server(Text),
}

/// The server's clock minus ours in ms, where it says. Whatever it answers, it is there; rights and
/// credentials show on the lines of what they are needed for, except that 401 concerns all of them.
async fn ask(session: &Session, again: bool) -> Result<Option<i64>, Failure> {
    let connection = if again {
        session.again().await
    } else {
        session.connection().await
    };
    let connection = connection.map_err(|error| Failure::Session(Trouble::session(&error).line))?;
    let request = Request::new("/version")
        .list(&ListParams::default())
        .map_err(|_| Failure::Server("the question cannot be written".into()))?
        .map(Body::from);
    let before = Timestamp::now();
    let answer = timeout(PATIENCE, connection.client.send(request))
        .await
        .map_err(|_| Failure::Server(Trouble::silent(session, PATIENCE).line))?
        .map_err(|error| Failure::Server(trouble::transport(&error, session)))?;
    let after = Timestamp::now();
    if answer.status().as_u16() == 401 {
        let status = kube::core::Status::failure("", "Unauthorized").with_code(401);
        return Err(Failure::Refused(
            Trouble::status(&status, session, None).line,
        ));
    }
    if answer.status().as_u16() == 404 {
        return Err(Failure::Foreign(Trouble::foreign(session).line));
    }
    let date = answer
        .headers()
        .get("date")
        .and_then(|date| date.to_str().ok());
    Ok(date.and_then(|date| skew(date, before, after)))
}

/// The date has whole seconds, so its middle is compared with the middle of the request.
fn skew(date: &str, before: Timestamp, after: Timestamp) -> Option<i64> {
    let server = jiff::fmt::rfc2822::parse(date).ok()?.timestamp();
    let middle = before.as_millisecond().midpoint(after.as_millisecond());
    Some(server.as_millisecond() + 500 - middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_skew_is_the_servers_clock_minus_ours() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let (before, after) = (
            at("2026-11-23T10:00:00.400Z"),
            at("2026-11-23T10:00:00.600Z"),
        );
        assert_eq!(
            skew("Mon, 23 Nov 2026 10:00:07 GMT", before, after),
            Some(7000)
        );
        assert_eq!(skew("yesterday", before, after), None);
    }
}
