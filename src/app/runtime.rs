//! The loop: the one task that owns the app, and everything that feeds it.

use std::io::{self, IsTerminal, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::{Event, EventStream};
use futures::{Stream, StreamExt};
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::effect::Effect;
use super::host::Host;
use super::msg::{Moment, Msg, Refusal};
use super::state::{App, Start};
use crate::effectors::{self, EffectError};
use crate::model::observation::{NamespaceChoice, Observation};
use crate::model::source::{SourceKey, SourceState, SourceStatus};
use crate::model::text;
use crate::sources::kubernetes::Session;
use crate::sources::{self, Control, Outlet, Source};
use crate::ui::chord::Chord;
use crate::ui::terminal::{Canvas, Screen};

/// Shortest time between two frames: at most 30 a second.
const FRAME: Duration = Duration::from_millis(33);
/// Most input events taken before anything else gets its turn.
const INPUT_LIMIT: usize = 64;
/// Answers of effectors that may wait.
const ANSWERS: usize = 16;
/// How long sources get to end before the program ends without them.
const FAREWELL: Duration = Duration::from_millis(300);

/// Runs the terminal program until the person quits.
///
/// # Errors
/// Where there is no terminal, or it is lost; the terminal is given back before the error is returned.
pub async fn run(start: Start, outside: Outside) -> color_eyre::Result<()> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        color_eyre::eyre::bail!(
            "there is no terminal: `portolan model` and `portolan events` work without one"
        );
    }
    if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        color_eyre::eyre::bail!(
            "TERM is dumb, and this needs a terminal that can be drawn on: `portolan model` and `portolan events` do not"
        );
    }
    let choice = start.choice.clone();
    let mut app = App::new(start)?;
    let mut world = World::start(outside, choice);
    let mut screen = Screen::open()?;
    let ended = drive(&mut app, &mut screen, EventStream::new(), &mut world).await;
    // The terminal first: whatever is slow to end must not hold it.
    drop(screen);
    world.hear_out(&mut app).await;
    for line in app.unheard() {
        tracing::warn!("{line}");
        // Where nobody reads it, the log has it.
        let _ = writeln!(io::stderr(), "portolan: {line}");
    }
    world.end().await;
    ended
}

/// The same on another canvas and with other input than the terminal's, until the input ends: for
/// sessions that a script plays.
///
/// # Errors
/// Where the canvas or the input fails.
pub async fn play(
    start: Start,
    outside: Outside,
    canvas: &mut impl Canvas,
    input: impl Stream<Item = io::Result<Event>> + Unpin,
) -> color_eyre::Result<()> {
    let choice = start.choice.clone();
    let mut app = App::new(start)?;
    let mut world = World::start(outside, choice);
    let ended = drive(&mut app, canvas, input, &mut world).await;
    world.end().await;
    ended
}

/// What the app is put into.
pub struct Outside {
    /// The Kubernetes session, for the effectors.
    pub session: Session,
    /// What the sources look at.
    pub settings: sources::Settings,
    /// Who offers commands of its own.
    pub host: Arc<dyn Host>,
}

/// Everything outside of the app.
struct World {
    session: Session,
    host: Arc<dyn Host>,
    observations: mpsc::Receiver<Vec<Observation>>,
    namespaces: watch::Sender<NamespaceChoice>,
    retry: watch::Sender<u64>,
    answers: mpsc::Receiver<Msg>,
    answer: mpsc::Sender<Msg>,
    stop: CancellationToken,
    tasks: TaskTracker,
    started: Instant,
}

impl World {
    fn start(outside: Outside, choice: NamespaceChoice) -> Self {
        let (outlet, observations) = Outlet::new();
        let (namespaces, chosen) = watch::channel(choice);
        let (retry, retried) = watch::channel(0);
        let (answer, answers) = mpsc::channel(ANSWERS);
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        for source in sources::registry(outside.settings) {
            let control = Control {
                namespaces: chosen.clone(),
                retry: retried.clone(),
                stop: stop.clone(),
            };
            tasks.spawn(supervise(source, outlet.clone(), control));
        }
        tasks.close();
        Self {
            session: outside.session,
            host: outside.host,
            observations,
            namespaces,
            retry,
            answers,
            answer,
            stop,
            tasks,
            started: Instant::now(),
        }
    }

    fn now(&self) -> Moment {
        Moment {
            wall: Timestamp::now(),
            ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Carries an effect out; says whether to go on.
    fn carry_out(&self, effect: Effect, canvas: &mut impl Canvas) -> bool {
        match effect {
            Effect::Namespaces(choice) => {
                self.namespaces.send_replace(choice);
            }
            Effect::Retry => self.retry.send_modify(|n| *n += 1),
            Effect::Host { name, argument } => {
                let (host, answer) = (Arc::clone(&self.host), self.answer.clone());
                tokio::spawn(async move {
                    let result = host.run(name, &argument);
                    let _ = answer.send(Msg::Hosted(result)).await;
                });
            }
            Effect::Copy(text) => {
                if let Err(error) = canvas.copy(&text) {
                    tracing::warn!(%error, "the clipboard was not reached");
                }
            }
            Effect::Preview {
                id,
                target,
                operation,
            } => {
                let (session, answer) = (self.session.clone(), self.answer.clone());
                tokio::spawn(async move {
                    let result = match session.client().await {
                        Ok(client) => effectors::preview(&client, &target, &operation)
                            .await
                            .map_err(refusal),
                        Err(error) => Err(not_done(&error.to_string())),
                    };
                    let _ = answer.send(Msg::Previewed { id, result }).await;
                });
            }
            Effect::Send { id, target, order } => {
                let (session, answer) = (self.session.clone(), self.answer.clone());
                tokio::spawn(async move {
                    let result = match session.client().await {
                        Ok(client) => effectors::send(&client, &target, &order)
                            .await
                            .map(|accepted| accepted.generation)
                            .map_err(refusal),
                        Err(error) => Err(not_done(&error.to_string())),
                    };
                    let _ = answer.send(Msg::Sent { id, result }).await;
                });
            }
            Effect::Look { id, target, order } => {
                let (session, answer) = (self.session.clone(), self.answer.clone());
                tokio::spawn(async move {
                    let result = match session.client().await {
                        Ok(client) => effectors::look(&client, &target, &order)
                            .await
                            .map_err(|error| text::message(&error.to_string())),
                        Err(error) => Err(text::message(&error.to_string())),
                    };
                    let _ = answer.send(Msg::Looked { id, result }).await;
                });
            }
            Effect::Quit => return false,
        }
        true
    }

    /// Waits a moment for what is on its way.
    async fn hear_out(&mut self, app: &mut App) {
        let end = tokio::time::Instant::now() + FAREWELL;
        while !app.unheard().is_empty() {
            match tokio::time::timeout_at(end, self.answers.recv()).await {
                Ok(Some(answer)) => app.update(answer, self.now()),
                _ => return,
            };
        }
    }

    async fn end(self) {
        self.stop.cancel();
        let _ = tokio::time::timeout(FAREWELL, self.tasks.wait()).await;
    }
}

/// Runs a source; one that breaks is said to have broken, and takes nobody else with it.
async fn supervise(source: Box<dyn Source>, outlet: Outlet, control: Control) {
    let name = source.name();
    let ended = tokio::spawn(source.run(outlet.clone(), control)).await;
    if ended.is_err_and(|error| error.is_panic()) {
        let status = SourceStatus {
            key: SourceKey {
                source: name.into(),
                part: "session".into(),
                namespace: None,
            },
            state: Some(SourceState::Failed {
                cause: "it broke, and what it said last stays: the log has the cause; start again"
                    .into(),
            }),
            at: Timestamp::now(),
            address: None,
            interval_ms: None,
            skew_ms: None,
        };
        // When the loop has ended too, there is nobody to tell.
        let _ = outlet.send(vec![Observation::Status(status)]).await;
    }
}

fn not_done(why: &str) -> Refusal {
    Refusal::NotDone {
        why: text::message(why),
    }
}

fn refusal(error: EffectError) -> Refusal {
    match error {
        EffectError::Unknown { .. } => Refusal::Unknown {
            why: text::message(&error.to_string()),
        },
        EffectError::Conflict { .. } => Refusal::Changed {
            why: text::message(&error.to_string()),
        },
        error => not_done(&error.to_string()),
    }
}

/// The loop itself. The order of the branches is the order of importance: a full channel of observations
/// delays neither a key nor a frame.
async fn drive(
    app: &mut App,
    canvas: &mut impl Canvas,
    mut input: impl Stream<Item = io::Result<Event>> + Unpin,
    world: &mut World,
) -> color_eyre::Result<()> {
    let mut signals = Signals::new()?;
    let mut tick = interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut next_frame = tokio::time::Instant::now();
    // Input events since the last frame.
    let mut burst = 0;
    loop {
        let effects = tokio::select! {
            biased;
            () = signals.end() => app.update(Msg::Terminate, world.now()),
            // Awaited here alone: polled from elsewhere, the stream would wake somebody else.
            event = input.next(), if burst < INPUT_LIMIT => {
                burst += 1;
                match event {
                    Some(event) => take_in(app, event?, world),
                    // The terminal is gone.
                    None => vec![Effect::Quit],
                }
            }
            () = sleep_until(next_frame), if app.is_dirty() => {
                burst = 0;
                canvas.draw(|area, buf| app.draw(area, buf))?;
                next_frame = tokio::time::Instant::now() + FRAME;
                app.update(Msg::Drawn, world.now())
            }
            () = std::future::ready(()), if burst >= INPUT_LIMIT && !app.is_dirty() => {
                burst = 0;
                Vec::new()
            }
            Some(answer) = world.answers.recv() => app.update(answer, world.now()),
            _ = tick.tick() => app.update(Msg::Tick, world.now()),
            Some(batch) = world.observations.recv() => {
                app.update(Msg::Observations(batch), world.now())
            }
        };
        for effect in effects {
            if !world.carry_out(effect, canvas) {
                return Ok(());
            }
        }
    }
}

fn take_in(app: &mut App, event: Event, world: &World) -> Vec<Effect> {
    let msg = match event {
        Event::Key(key) => match Chord::of(&key) {
            Some(chord) => Msg::Key(chord),
            None => return Vec::new(),
        },
        Event::Paste(text) => Msg::Paste(text),
        Event::Resize(..) => Msg::Resized,
        _ => return Vec::new(),
    };
    app.update(msg, world.now())
}

/// The signals that ask the program to end.
pub struct Signals {
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    /// Takes them over: from now on they do not end the process by themselves.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for one of them.
    pub async fn end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
