//! What containers wrote: all of it, its end, or as it comes.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures::stream;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch::Receiver;
use tokio::time::sleep;

use crate::demo::cluster::Cluster;
use crate::demo::cluster::json::{at, items, number, text};
use crate::demo::cluster::object::Key;
use crate::demo::cluster::verbs::LogLine;

use super::failure::Failure;
use super::handle::Shared;
use super::query::Query;

/// How often a follower looks, at most.
const LOOKS: Duration = Duration::from_millis(200);

/// What of a log is wanted.
#[derive(Clone, Debug)]
struct Wanted {
    container: Option<String>,
    previous: bool,
    follow: bool,
    timestamps: bool,
    tail: Option<usize>,
    since: Option<Timestamp>,
    limit: Option<usize>,
}

impl Wanted {
    fn of(pod: &str, query: &Query, now: Timestamp) -> Result<Self, Failure> {
        let invalid = |field: &str, why: String| {
            Failure::new(
                422,
                "Invalid",
                format!("PodLogOptions \"{pod}\" is invalid: {field}: {why}"),
            )
        };
        let at_least = |field: &str, least: i64, words: &str| match query.number(field)? {
            Some(number) if number < least => {
                let why = format!("Invalid value: {number}: must be {words}");
                Err(invalid(field, why))
            }
            number => Ok(number),
        };
        let size = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
        let seconds = at_least("sinceSeconds", 1, "greater than 0")?;
        let time = query.text("sinceTime").map(|time| {
            time.parse::<Timestamp>().map_err(|_| {
                Failure::bad_request(format!(
                    "parsing time \"{time}\": it must be as in RFC 3339"
                ))
            })
        });
        let time = time.transpose()?;
        if seconds.is_some() && time.is_some() {
            let why = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified";
            return Err(invalid("[]", why.to_owned()));
        }
        let ago = |seconds| now.saturating_sub(SignedDuration::from_secs(seconds));
        Ok(Self {
            container: query.text("container").map(str::to_owned),
            previous: query.flag("previous").unwrap_or_default(),
            follow: query.flag("follow").unwrap_or_default(),
            timestamps: query.flag("timestamps").unwrap_or_default(),
            tail: at_least("tailLines", 0, "greater than or equal to 0")?.map(size),
            since: match seconds {
                // More than there ever was is everything.
                Some(seconds) => ago(seconds).ok(),
                None => time,
            },
            limit: at_least("limitBytes", 1, "greater than 0")?.map(size),
        })
    }

    /// The lines that are wanted of a log's first look.
    fn first(&self, lines: &[LogLine]) -> String {
        let skipped = self.tail.map_or(0, |tail| lines.len().saturating_sub(tail));
        self.text(lines.iter().skip(skipped))
    }

    fn text<'a>(&self, lines: impl Iterator<Item = &'a LogLine>) -> String {
        let mut text = String::new();
        for line in lines {
            if self.since.is_some_and(|since| line.at < since) {
                continue;
            }
            if self.timestamps {
                text.push_str(&format!("{:.9} ", line.at));
            }
            text.push_str(&line.text);
            text.push('\n');
        }
        text
    }
}

/// Cuts a text after so many bytes, and takes them off.
fn cut(text: &mut String, left: &mut Option<usize>) {
    let Some(left) = left else { return };
    if text.len() > *left {
        // Half a character would be none.
        let end = (0..=*left).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or_default());
        *left = 0;
    } else {
        *left -= text.len();
    }
}

/// Which run of a container one reads: its pod, and how often it was started again.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    uid: String,
    restarts: i64,
    /// It goes on.
    goes_on: bool,
}

impl Run {
    fn of(cluster: &Cluster, key: &Key, container: Option<&str>) -> Option<Self> {
        let pod = cluster.store().get(key)?.value();
        let all = ["/status/containerStatuses", "/status/initContainerStatuses"];
        let mut statuses = all.into_iter().flat_map(|path| items(&pod, path));
        let status = statuses
            .find(|status| container.is_none_or(|container| text(status, "/name") == container))?;
        Some(Self {
            uid: text(&pod, "/metadata/uid").to_owned(),
            restarts: number(status, "/restartCount").unwrap_or_default(),
            goes_on: !at(status, "/state/running").is_null(),
        })
    }
}

/// Answers with a log.
pub(super) fn answer(shared: &Shared, key: &Key, query: &Query) -> Result<Response, Failure> {
    let now = shared.with(|cluster| cluster.now());
    // That there is no such pod comes before what is asked of it.
    super::write::read(shared, key)?;
    let wanted = Wanted::of(&key.name, query, now)?;
    let container = wanted.container.as_deref();
    let (lines, run) = shared.with(|cluster| {
        let lines = cluster.logs(key, container, wanted.previous);
        (lines, Run::of(cluster, key, container))
    });
    let lines = lines?;
    let mut left = wanted.limit;
    let mut text = wanted.first(&lines);
    cut(&mut text, &mut left);
    let plain = [(CONTENT_TYPE, "text/plain")];
    let goes_on = run.filter(|run| run.goes_on && wanted.follow && !wanted.previous);
    let Some(run) = goes_on else {
        return Ok((plain, text).into_response());
    };
    let follower = Follower {
        times: shared.times(),
        shared: shared.clone(),
        key: key.clone(),
        seen: lines.len(),
        pending: VecDeque::from([text]),
        run,
        left,
        wanted,
        ended: false,
    };
    let chunks = stream::unfold(follower, |mut follower| async move {
        let text = follower.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), follower))
    });
    Ok((plain, Body::from_stream(chunks)).into_response())
}

/// One who reads along.
struct Follower {
    shared: Shared,
    times: Receiver<Timestamp>,
    key: Key,
    wanted: Wanted,
    run: Run,
    /// Lines that were looked at.
    seen: usize,
    left: Option<usize>,
    pending: VecDeque<String>,
    ended: bool,
}

impl Follower {
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(text) = self.pending.pop_front()
                && !text.is_empty()
            {
                return Some(text);
            }
            if self.ended || self.left == Some(0) {
                return None;
            }
            // Nobody is left who could let time pass.
            self.times.changed().await.ok()?;
            sleep(LOOKS).await;
            self.times.mark_unchanged();
            self.look();
        }
    }

    fn look(&mut self) {
        let container = self.wanted.container.as_deref();
        let (lines, run) = self.shared.with(|cluster| {
            let run = Run::of(cluster, &self.key, container);
            // The container was started again: what this one wrote last is now the previous log.
            let previous = run
                .as_ref()
                .is_some_and(|run| run.restarts != self.run.restarts);
            (cluster.logs(&self.key, container, previous), run)
        });
        self.ended = run.as_ref() != Some(&self.run);
        // It has just gone with its pod, and what it wrote with it.
        let is_same = run.is_some_and(|run| run.uid == self.run.uid);
        if let Ok(lines) = lines
            && is_same
        {
            let mut text = self.wanted.text(lines.iter().skip(self.seen));
            cut(&mut text, &mut self.left);
            self.seen = lines.len().max(self.seen);
            self.pending.push_back(text);
        }
    }
}
