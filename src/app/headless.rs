//! Without a screen: the model printed once, or the log followed, for scripts and pipes.
//!
//! What is asked for goes to `out`, everything else to `err`, one line each. Sources are the same as
//! behind the screen; nothing here knows what they speak.

mod first_lists;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use self::first_lists::{CLUSTER, FirstLists};
use super::troubles::{self, Troubles};
use crate::model::Model;
use crate::model::key::TypeKey;
use crate::model::log::{Entry, Log};
use crate::model::observation::{NamespaceChoice, Observation};
use crate::model::query::why::Why;
use crate::model::text::{self, Text};
use crate::sources::{Control, Outlet, Source};

/// How long other sources than the cluster are waited for once the cluster is there.
pub const OTHERS_PATIENCE: Duration = Duration::from_secs(3);
/// Entries of the log that are kept, and printed when the first lists are complete.
const LOG_LIMIT: usize = 5_000;

/// Exit code when all went well.
const GOOD: u8 = 0;
/// Exit code when nothing could be listed or time ran out.
const BAD: u8 = 1;
/// Exit code after ctrl-c, as shells have it: 128 and the signal's number.
const INTERRUPTED: u8 = 130;

/// What is looked at, and for how long.
#[derive(Clone, Debug)]
pub struct Request {
    /// The context's name.
    pub context: Text,
    /// The person's own telemetry names.
    pub mapping: Vec<(Text, TypeKey)>,
    /// The namespaces.
    pub namespaces: NamespaceChoice,
    /// How long the first lists may take.
    pub timeout: Duration,
}

/// Where the words go.
pub struct Streams<'a> {
    /// What was asked for.
    pub out: &'a mut (dyn Write + Send),
    /// Everything else, line by line.
    pub err: &'a mut (dyn Write + Send),
}

impl Streams<'_> {
    /// A line of diagnosis; that nobody reads them is no reason to stop.
    fn tell(&mut self, line: &str) {
        let _ = writeln!(self.err, "portolan: {}", text::escaped(line));
    }

    /// Prints what was asked for.
    fn print(&mut self, text: &str) -> io::Result<()> {
        quietly(
            self.out
                .write_all(text::escaped(text).as_bytes())
                .and_then(|()| self.out.flush()),
        )
        .map(|_| ())
    }
}

/// Prints the model once its first lists are complete; returns the exit code.
///
/// # Errors
/// When `out` cannot be written; a reader that has gone away is no error.
pub async fn model(
    request: &Request,
    sources: Vec<Box<dyn Source>>,
    render: impl FnOnce(&Model) -> Result<String, serde_json::Error> + Send,
    mut to: Streams<'_>,
) -> io::Result<u8> {
    let mut running = Running::start(sources, request);
    let ended = running.until_first_lists(request).await;
    if let Err(code) = running.finish(ended, request, &mut to) {
        return Ok(code);
    }
    let text = render(&running.model).map_err(io::Error::other)?;
    to.print(&text)?;
    Ok(GOOD)
}

/// Says who a name is and why, once the first lists are complete and the tracing server has answered;
/// returns the exit code.
///
/// # Errors
/// When `out` cannot be written; a reader that has gone away is no error.
pub async fn why(
    request: &Request,
    sources: Vec<Box<dyn Source>>,
    name: &str,
    render: impl FnOnce(&Why) -> Result<String, serde_json::Error> + Send,
    mut to: Streams<'_>,
) -> io::Result<u8> {
    let mut running = Running::start(sources, request);
    // Half of an answer about traces would be a wrong one: they are waited for as long as the lists.
    let ended = running.until_heard(request, request.timeout).await;
    if let Err(code) = running.finish(ended, request, &mut to) {
        return Ok(code);
    }
    let why = running.model.why(name, &request.namespaces);
    if !why.is_known() {
        to.tell(&why.unknown());
    }
    let text = render(&why).map_err(io::Error::other)?;
    to.print(&text)?;
    Ok(if why.is_known() { GOOD } else { BAD })
}

/// A picture as text, and what is to be said beside it, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// What was asked for.
    pub text: String,
    /// Everything else.
    pub notes: Vec<String>,
}

/// Prints a picture of the model once its first lists are complete and the tracing server has answered;
/// returns the exit code. Where there is nothing to draw, `render` says why.
///
/// # Errors
/// When `out` cannot be written; a reader that has gone away is no error.
pub async fn graph(
    request: &Request,
    sources: Vec<Box<dyn Source>>,
    render: impl FnOnce(&Model) -> Result<Drawn, String> + Send,
    mut to: Streams<'_>,
) -> io::Result<u8> {
    let mut running = Running::start(sources, request);
    // A picture without the calls would say that there are none: they are waited for as long as the lists.
    let ended = running.until_heard(request, request.timeout).await;
    if let Err(code) = running.finish(ended, request, &mut to) {
        return Ok(code);
    }
    put(render(&running.model), to)
}

/// Prints a picture, or why there is none; returns the exit code.
///
/// # Errors
/// When `out` cannot be written; a reader that has gone away is no error.
pub fn put(drawn: Result<Drawn, String>, mut to: Streams<'_>) -> io::Result<u8> {
    match drawn {
        Ok(drawn) => {
            for note in &drawn.notes {
                to.tell(note);
            }
            to.print(&drawn.text)?;
            Ok(GOOD)
        }
        Err(why) => {
            to.tell(&why);
            Ok(BAD)
        }
    }
}

/// Prints the log so far once the first lists are complete, then follows it, for `follow` or until
/// ctrl-c; returns the exit code.
///
/// # Errors
/// When `out` cannot be written; a reader that has gone away ends the following without an error.
pub async fn events(
    request: &Request,
    sources: Vec<Box<dyn Source>>,
    render: impl Fn(&Entry) -> Result<String, serde_json::Error> + Send,
    follow: Option<Duration>,
    mut to: Streams<'_>,
) -> io::Result<u8> {
    let mut running = Running::start(sources, request);
    match running.until_first_lists(request).await {
        Ended::Complete(lists) => tell_lacks(&running.model, request, &lists, &mut to),
        // What has come can be followed all the same.
        Ended::Late(why) => to.tell(&format!("{why}; following what comes")),
        Ended::Hopeless(why) => {
            to.tell(&why);
            return Ok(BAD);
        }
        Ended::Interrupted => return Ok(INTERRUPTED),
    }
    let mut entries: Vec<Entry> = running.log.entries().cloned().collect();
    // What may not be had was told.
    let mut troubles = Troubles::of(&running.model).refusals();
    entries.extend(running.note(&mut troubles, &BTreeSet::new()));
    let until = follow.map(|follow| Instant::now() + follow);
    loop {
        for entry in entries {
            let mut line = render(&entry).map_err(io::Error::other)?;
            line.push('\n');
            if !quietly(to.out.write_all(text::escaped(&line).as_bytes()))? {
                return Ok(GOOD);
            }
        }
        if !quietly(to.out.flush())? {
            return Ok(GOOD);
        }
        tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => return Ok(INTERRUPTED),
            () = at(until) => return Ok(GOOD),
            batch = running.observations.recv() => match batch {
                Some(batch) => {
                    let well = troubles::well(&batch);
                    entries = running.apply(batch);
                    entries.extend(running.note(&mut troubles, &well));
                }
                None => return Ok(GOOD),
            },
        }
    }
}

/// An entry as a line for people, its time in `zone`.
#[must_use]
pub fn line(entry: &Entry, zone: &jiff::tz::TimeZone) -> String {
    let at = entry.at.to_zoned(zone.clone());
    let at = at.strftime("%Y-%m-%d %H:%M:%S%:z");
    let place = match &entry.namespace {
        Some(namespace) if *namespace != entry.name => format!("{namespace}/{}", entry.name),
        _ => entry.name.to_string(),
    };
    let mut line = format!(
        "{at}  {}  {:5}  {place}  {}",
        entry.severity.sign(),
        entry.origin.word(),
        entry.text
    );
    if entry.count > 1 {
        line.push_str(&format!("  x{}", entry.count));
    }
    match entry.past {
        Some(crate::model::log::Past::BeforeStart) => line.push_str("  (before the start)"),
        Some(crate::model::log::Past::WhileDisconnected) => line.push_str("  (while disconnected)"),
        None => {}
    }
    line
}

/// Whether it was written; a reader that has gone away is `false`.
fn quietly(written: io::Result<()>) -> io::Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

fn tell_lacks(model: &Model, request: &Request, lists: &FirstLists, to: &mut Streams<'_>) {
    for lack in &lists.forbidden {
        let why = lack.why.as_deref().unwrap_or("the server refuses");
        to.tell(&format!("{} left out: {why}", lack.what));
    }
    for lack in &lists.stale {
        let why = lack.why.as_deref().unwrap_or("the watch broke");
        to.tell(&format!("{} may be old: {why}", lack.what));
    }
    for name in first_lists::missing(model, &request.namespaces) {
        let context = &request.context;
        to.tell(&format!(
            "there is no namespace {name} in context {context}"
        ));
    }
    for line in first_lists::troubles(model) {
        to.tell(&line);
    }
    for source in &lists.silent {
        to.tell(&format!("{source} has not answered yet and is left out"));
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// How the wait for the first lists ended.
enum Ended {
    Complete(FirstLists),
    Hopeless(String),
    Late(String),
    Interrupted,
}

/// Sources at work, and what they have told.
struct Running {
    model: Model,
    log: Log,
    observations: mpsc::Receiver<Vec<Observation>>,
    others: Vec<Text>,
    stop: CancellationToken,
    /// Held so that the sources go on obeying.
    _choice: (watch::Sender<NamespaceChoice>, watch::Sender<u64>),
    /// Ended when this is dropped.
    _tasks: JoinSet<()>,
}

impl Running {
    /// Ends the sources, and says what is missing of what was waited for.
    ///
    /// # Errors
    /// The exit code where there is nothing to print.
    fn finish(&self, ended: Ended, request: &Request, to: &mut Streams<'_>) -> Result<(), u8> {
        self.stop.cancel();
        match ended {
            Ended::Complete(lists) => {
                tell_lacks(&self.model, request, &lists, to);
                Ok(())
            }
            Ended::Hopeless(why) | Ended::Late(why) => {
                to.tell(&why);
                Err(BAD)
            }
            Ended::Interrupted => Err(INTERRUPTED),
        }
    }

    fn start(sources: Vec<Box<dyn Source>>, request: &Request) -> Self {
        let (outlet, observations) = Outlet::new();
        let (namespaces, chosen) = watch::channel(request.namespaces.clone());
        let (retry, retried) = watch::channel(0);
        let stop = CancellationToken::new();
        let others = sources
            .iter()
            .map(|source| source.name())
            .filter(|name| *name != CLUSTER)
            .map(text::name)
            .collect();
        let mut tasks = JoinSet::new();
        for source in sources {
            let control = Control {
                namespaces: chosen.clone(),
                retry: retried.clone(),
                stop: stop.clone(),
            };
            tasks.spawn(source.run(outlet.clone(), control));
        }
        Self {
            model: Model::new(&request.context, request.mapping.clone()),
            log: Log::new(LOG_LIMIT, Timestamp::now()),
            observations,
            others,
            stop,
            _choice: (namespaces, retry),
            _tasks: tasks,
        }
    }

    fn apply(&mut self, batch: Vec<Observation>) -> Vec<Entry> {
        let applied = self.model.apply(batch, Timestamp::now());
        self.log.absorb(&applied, &self.model)
    }

    /// Notes what began to trouble the sources, and what is over.
    fn note(&mut self, troubles: &mut Troubles, well: &BTreeSet<Text>) -> Vec<Entry> {
        let now = Timestamp::now();
        let news = troubles.follow(&self.model, well, now);
        news.into_iter()
            .map(|(severity, text)| self.log.note(now, severity, None, &text))
            .collect()
    }

    /// Waits until every list of the cluster is there or refused, and a little for everybody else.
    async fn until_first_lists(&mut self, request: &Request) -> Ended {
        self.until_heard(request, OTHERS_PATIENCE).await
    }

    /// The same, with so much patience for everybody else.
    async fn until_heard(&mut self, request: &Request, others: Duration) -> Ended {
        let deadline = Instant::now() + request.timeout;
        let mut patience: Option<Instant> = None;
        loop {
            let lists = FirstLists::of(&self.model, &request.namespaces, &self.others);
            if lists.is_hopeless() {
                return Ended::Hopeless(lists.why_hopeless());
            }
            if lists.is_complete() {
                let end = *patience.get_or_insert_with(|| Instant::now() + others);
                if lists.silent.is_empty() || Instant::now() >= end {
                    return Ended::Complete(lists);
                }
            }
            let complete = lists.is_complete();
            tokio::select! {
                biased;
                _ = tokio::signal::ctrl_c() => return Ended::Interrupted,
                batch = self.observations.recv() => match batch {
                    Some(batch) => {
                        self.apply(batch);
                    }
                    None => return Ended::Hopeless("the sources ended; see the log".to_owned()),
                },
                () = at(patience) => {}
                () = sleep_until(deadline) => {
                    if complete {
                        return Ended::Complete(lists);
                    }
                    let late = lists.why_late();
                    let seconds = request.timeout.as_secs();
                    return Ended::Late(format!(
                        "time ran out after {seconds} s, still waiting for {late}; give more with --timeout"
                    ));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
