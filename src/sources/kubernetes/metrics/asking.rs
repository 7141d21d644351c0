//! One turn of questions: whether there is a metrics server at all, and what it has measured.

use std::collections::BTreeSet;
use std::time::Duration;

use http::StatusCode;
use kube::client::Body;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::model::observation::Readings;
use crate::model::text::{self, Text};

use super::super::answer;
use super::super::lean::{List, PodMetrics, segment};
use super::super::reach::Reach;
use super::super::session::{Connection, Session};
use super::super::trouble::{Class, Trouble};
use super::readings;

/// The group; what has it, has a metrics server, or had one.
const GROUP: &str = "/apis/metrics.k8s.io";
/// The version that there is.
const API: &str = "/apis/metrics.k8s.io/v1beta1";
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// Longest part of what a server says that is repeated, in characters.
const QUOTE: usize = 120;

/// Most namespaces that are named where several may not be seen.
const NAMED: usize = 3;

/// What came of it.
pub(super) enum Answer {
    /// One for each namespace that was asked for and may be seen.
    Measured {
        readings: Vec<Readings>,
        /// What is said of the others; `None` where there are none.
        lacks: Option<Text>,
    },
    /// The cluster has none.
    NotServed,
    /// There is one, and it does not answer yet, or not any more.
    NotReady(Text),
    /// This user may not, anywhere.
    Forbidden(Text),
}

/// Asks for what the pods of each namespace use.
///
/// # Errors
/// [`Trouble`] with the way to the server, or with what it says.
pub(super) async fn ask(
    session: &Session,
    reach: &Reach,
    namespaces: &BTreeSet<Text>,
) -> Result<Answer, Trouble> {
    let connection = session.connection().await;
    let connection = connection.map_err(|error| Trouble::session(&error))?;
    let asking = Asking {
        session,
        reach,
        connection,
    };
    let mut measured = Vec::new();
    let mut refused: Vec<&str> = Vec::new();
    for namespace in namespaces {
        let path = match &**namespace {
            "" => format!("{API}/pods"),
            name => format!("{API}/namespaces/{}/pods", segment(name)),
        };
        let body = match asking.get(&path).await? {
            Got::Body(body) => body,
            Got::Refused(code, _) if code == StatusCode::NOT_FOUND => return Ok(Answer::NotServed),
            Got::Refused(code, _) if code == StatusCode::FORBIDDEN => {
                refused.push(namespace);
                continue;
            }
            Got::Refused(code, said) => {
                let said = text::clean(&said, QUOTE);
                let blank = if said.is_empty() { "" } else { " " };
                return Ok(Answer::NotReady(
                    format!("{}{blank}{said}", code.as_u16()).into(),
                ));
            }
        };
        let part = namespace.clone();
        let read = spawn_blocking(move || {
            let list: List<PodMetrics> = serde_json::from_slice(&body)?;
            Ok(readings::of(part, list.items.unwrap_or_default()))
        });
        let read = read.await.map_err(|_| Trouble {
            class: Class::Passing,
            line: "a fault of Portolan's own (see the log); asking again".into(),
        })?;
        measured.push(read.map_err(|error| Trouble::unreadable(&error))?);
    }
    if measured.is_empty() && !refused.is_empty() {
        // Who may not ask for it is refused before anybody looks whether it is there.
        return Ok(match asking.get(GROUP).await? {
            Got::Refused(code, _) if code == StatusCode::NOT_FOUND => Answer::NotServed,
            _ => Answer::Forbidden(forbidden(&refused, "")),
        });
    }
    Ok(Answer::Measured {
        readings: measured,
        lacks: (!refused.is_empty()).then(|| forbidden(&refused, " there")),
    })
}

/// What is lacking in these namespaces, and so is no data.
fn forbidden(namespaces: &[&str], there: &str) -> Text {
    let (place, elsewhere) = match namespaces {
        [""] => (
            "in all namespaces".to_owned(),
            "choose a namespace that you may see (-n NAME), or ",
        ),
        [one] => (format!("in namespace {one}"), ""),
        several => (format!("in namespaces {}", some_of(several)), ""),
    };
    text::message(&format!(
        "may not list pods.metrics.k8s.io {place}, so what pods use{there} is no data; {elsewhere}ask for \
         get, list on pods of metrics.k8s.io"
    ))
}

/// The first few names.
fn some_of(names: &[&str]) -> String {
    let first: Vec<&str> = names.iter().copied().take(NAMED).collect();
    match names.len() - first.len() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

enum Got {
    Body(Vec<u8>),
    /// With what it says.
    Refused(StatusCode, String),
}

struct Asking<'a> {
    session: &'a Session,
    reach: &'a Reach,
    connection: Connection,
}

impl Asking<'_> {
    /// Asks once, at most so long, and not beyond a turn of the server's reach.
    async fn get(&self, path: &str) -> Result<Got, Trouble> {
        let asking = timeout(PATIENCE, self.send(path));
        match self.reach.during(asking).await {
            Ok(Ok(got)) => got,
            // The server may hold the question while its metrics server does not answer.
            Ok(Err(_)) => Ok(Got::Refused(
                StatusCode::GATEWAY_TIMEOUT,
                format!("no answer within {} s", PATIENCE.as_secs()),
            )),
            Err(turn) => Err(Trouble::turned(turn)),
        }
    }

    async fn send(&self, path: &str) -> Result<Got, Trouble> {
        let trouble = |error: &kube::Error| Trouble::request(error, self.session, None);
        let request = http::Request::get(path)
            .header(http::header::ACCEPT, "application/json")
            .body(Body::empty());
        let request = request.map_err(|error| trouble(&kube::Error::HttpError(error)))?;
        let answer = self.connection.client.send(request).await;
        let answer = answer.map_err(|error| trouble(&error))?;
        self.reach.heard();
        let code = answer.status();
        if code.is_success() {
            let body = answer::whole(answer.into_body()).await;
            let body = body.map_err(|broken| Trouble::broken(&broken, self.session))?;
            return Ok(Got::Body(body));
        }
        let wait = answer::retry_after(answer.headers());
        let status = answer::status(code.as_u16(), answer.into_body()).await;
        let trouble = Trouble::refused(&status, wait, self.session, None);
        match trouble.class {
            // Of the credentials, and of the server itself.
            Class::Unauthorized | Class::Nameless | Class::Busy(_) => Err(trouble),
            _ => Ok(Got::Refused(code, status.message)),
        }
    }
}
