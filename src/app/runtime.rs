//! The loop: the one task that owns the app, and everything that feeds it.

use std::io::{self, IsTerminal, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::Event;
use futures::{FutureExt, Stream, StreamExt};
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::effect::Effect;
use super::host::Host;
use super::msg::{Moment, Msg, Refusal};
use super::saving;
use super::state::{App, Start};
use super::tty::{self, Call, Signals};
use crate::effectors::{self, EffectError};
use crate::model::observation::{NamespaceChoice, Observation};
use crate::model::source::{SourceKey, SourceState, SourceStatus};
use crate::model::text;
use crate::sources::kubernetes::Session;
use crate::sources::sensor::Switches;
use crate::sources::zipkin;
use crate::sources::{self, BATCH_LIMIT, Control, Outlet, Source};
use crate::ui::chord::Chord;
use crate::ui::terminal::{Canvas, Screen};

/// Shortest time between two frames: at most 30 a second.
const FRAME: Duration = Duration::from_millis(33);
/// Most input events taken before anything else gets its turn.
const INPUT_LIMIT: usize = 64;
/// How long a preview is on screen without a key pressed before a key answers it: longer than the first
/// repeat of a key that is held down takes, and no longer than reading does.
const QUIET: Duration = Duration::from_millis(700);
/// Answers of effectors that may wait.
const ANSWERS: usize = 16;
/// How long sources get to end before the program ends without them.
const FAREWELL: Duration = Duration::from_millis(300);

/// Runs the terminal program until the person quits, or a signal ends it. Gives the exit code.
///
/// # Errors
/// Where there is no terminal, or it is lost; the terminal is given back before the error is returned.
pub async fn run(start: Start, outside: Outside) -> color_eyre::Result<u8> {
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
    let signals = Signals::of_terminal()?;
    // From here on a signal ends the program, even where the terminal takes nothing any more.
    tokio::spawn(tty::insist(signals.again()?));
    let mut screen = Screen::open()?;
    let ended = drive(&mut app, &mut screen, tty::input(), signals, &mut world).await;
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
    let ended = drive(&mut app, canvas, input, Signals::new()?, &mut world).await;
    world.end().await;
    ended.map(|_| ())
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

/// What is said of a task that broke off.
const BROKEN: &str =
    "it broke off by a mistake of ours: look at how it is now; the log has the cause";

/// What is said where asking for a trace broke off.
const BROKEN_TRACE: &str = "asking for it broke off by a mistake of ours: the log has the cause";

/// What is said where writing a file broke off.
const BROKEN_FILE: &str = "writing it broke off by a mistake of ours: the log has the cause";

/// Everything outside of the app.
struct World {
    session: Session,
    /// The tracing server, for single traces.
    zipkin: Option<zipkin::Settings>,
    switches: Switches,
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
        let zipkin = outside.settings.zipkin.clone();
        let switches = outside.settings.sensors.switches();
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
            zipkin,
            switches,
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

    /// A batch, and those that wait behind it while together they are no more than a large one: what is made
    /// anew after each, as calls are, is made once for all of them.
    fn with_waiting(&mut self, mut batch: Vec<Observation>) -> Vec<Observation> {
        while batch.len() < BATCH_LIMIT / 2
            && let Ok(next) = self.observations.try_recv()
        {
            batch.extend(next);
        }
        batch
    }

    /// Carries an effect out; says whether to go on.
    fn carry_out(&self, effect: Effect, canvas: &mut impl Canvas) -> bool {
        match effect {
            Effect::Namespaces(choice) => {
                self.namespaces.send_replace(choice);
            }
            Effect::Retry => self.retry.send_modify(|n| *n += 1),
            Effect::Sensor { name, on } => self.switches.turn(&name, on),
            Effect::Host { name, argument } => {
                let host = Arc::clone(&self.host);
                let broken = Msg::Hosted(Err(BROKEN.to_owned()));
                self.answer(
                    broken,
                    async move { Msg::Hosted(host.run(name, &argument)) },
                );
            }
            Effect::Write {
                path,
                text,
                what,
                replace,
            } => {
                let broken = Msg::Written(Err(BROKEN_FILE.to_owned()));
                self.answer(broken, async move {
                    let saved = tokio::task::spawn_blocking(move || {
                        let saved = saving::save(&path, &text, replace);
                        saved.map(|()| format!("wrote {}: {what}", path.display()))
                    });
                    Msg::Written(saved.await.unwrap_or_else(|_| Err(BROKEN_FILE.to_owned())))
                });
            }
            Effect::Copy(text) => {
                if let Err(error) = canvas.copy(&text) {
                    tracing::warn!(%error, "the clipboard was not reached");
                }
            }
            Effect::Layout(task) => {
                let broken = Msg::LaidOut {
                    id: task.id,
                    scene: None,
                };
                self.answer(broken, async move {
                    let id = task.id;
                    let placed = tokio::task::spawn_blocking(move || task.run()).await;
                    let scene = placed.ok().flatten().map(Box::new);
                    Msg::LaidOut { id, scene }
                });
            }
            Effect::Trace { id } => {
                let settings = self.zipkin.clone();
                let broken = Msg::Traced {
                    id,
                    result: Err(BROKEN_TRACE.into()),
                };
                self.answer(broken, async move {
                    let traced = zipkin::trace(settings.as_ref(), id).await;
                    let result = traced.map(Box::new);
                    Msg::Traced { id, result }
                });
            }
            Effect::Preview {
                id,
                target,
                operation,
            } => {
                let session = self.session.clone();
                let result = Err(not_done(BROKEN));
                self.answer(Msg::Previewed { id, result }, async move {
                    let result = match session.client().await {
                        Ok(client) => effectors::preview(&client, &target, &operation)
                            .await
                            .map_err(refusal),
                        Err(error) => Err(not_done(&error.to_string())),
                    };
                    Msg::Previewed { id, result }
                });
            }
            Effect::Send { id, target, order } => {
                let session = self.session.clone();
                let result = Err(Refusal::Unknown { why: BROKEN.into() });
                self.answer(Msg::Sent { id, result }, async move {
                    let result = match session.client().await {
                        Ok(client) => effectors::send(&client, &target, &order)
                            .await
                            .map(|accepted| accepted.generation)
                            .map_err(refusal),
                        Err(error) => Err(not_done(&error.to_string())),
                    };
                    Msg::Sent { id, result }
                });
            }
            Effect::Look { id, target, order } => {
                let session = self.session.clone();
                let broken = Msg::Looked {
                    id,
                    result: Err(BROKEN.into()),
                };
                self.answer(broken, async move {
                    let result = match session.client().await {
                        Ok(client) => effectors::look(&client, &target, &order)
                            .await
                            .map_err(|error| text::message(&error.of_look())),
                        Err(error) => Err(text::message(&error.to_string())),
                    };
                    Msg::Looked { id, result }
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

    /// Does something beside the loop and brings its answer; `broken` where it breaks instead, for somebody
    /// waits for an answer.
    fn answer(&self, broken: Msg, work: impl Future<Output = Msg> + Send + 'static) {
        let answer = self.answer.clone();
        tokio::spawn(async move {
            let msg = tokio::spawn(work).await.unwrap_or(broken);
            let _ = answer.send(msg).await;
        });
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
/// delays neither a key nor a frame. Gives the exit code.
async fn drive(
    app: &mut App,
    canvas: &mut impl Canvas,
    mut input: impl Stream<Item = io::Result<Event>> + Unpin,
    mut signals: Signals,
    world: &mut World,
) -> color_eyre::Result<u8> {
    let mut tick = interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut next_frame = tokio::time::Instant::now();
    // Since then nothing was typed, and what is to be read is on screen.
    let mut quiet = next_frame;
    // Input events since the last frame.
    let mut burst = 0;
    // Somebody else has the terminal.
    let mut away = false;
    // What is done step by step had one since the last batch.
    let mut stepped = false;
    loop {
        let effects = tokio::select! {
            biased;
            call = signals.next() => match call {
                Call::End(code) => return Ok(code),
                Call::Leave => {
                    away = true;
                    canvas.leave()?;
                    Vec::new()
                }
                Call::Proceed => {
                    canvas.take_again()?;
                    away = false;
                    app.update(Msg::Resized, world.now())
                }
                Call::Resize => app.update(Msg::Resized, world.now()),
            },
            event = input.next(), if burst < INPUT_LIMIT => {
                burst += 1;
                quiet = tokio::time::Instant::now();
                match event {
                    Some(event) => take_in(app, event?, world),
                    // The terminal is gone.
                    None => vec![Effect::Quit],
                }
            }
            () = sleep_until(next_frame), if app.is_dirty() && !away => {
                burst = 0;
                let was_read = !app.is_to_be_read();
                canvas.draw(|area, buf| app.draw(area, buf))?;
                let now = tokio::time::Instant::now();
                next_frame = now + FRAME;
                let effects = app.update(Msg::Drawn, world.now());
                if was_read && app.is_to_be_read() {
                    quiet = now;
                }
                effects
            }
            () = std::future::ready(()), if burst >= INPUT_LIMIT && (away || !app.is_dirty()) => {
                burst = 0;
                Vec::new()
            }
            () = sleep_until(quiet + QUIET), if app.is_to_be_read() && !away => {
                // What was typed before that moment comes first, also when this loop was late.
                match input.next().now_or_never() {
                    Some(Some(event)) => {
                        quiet = tokio::time::Instant::now();
                        take_in(app, event?, world)
                    }
                    Some(None) => vec![Effect::Quit],
                    None => app.update(Msg::Quiet, world.now()),
                }
            }
            Some(answer) = world.answers.recv() => app.update(answer, world.now()),
            _ = tick.tick() => app.update(Msg::Tick, world.now()),
            // One step for each batch, so that neither waits for the end of the other.
            () = tokio::task::yield_now(), if app.is_behind() && !stepped => {
                stepped = true;
                app.update(Msg::Proceed, world.now())
            }
            Some(batch) = world.observations.recv() => {
                stepped = false;
                app.update(Msg::Observations(world.with_waiting(batch)), world.now())
            }
            () = tokio::task::yield_now(), if app.is_behind() => {
                app.update(Msg::Proceed, world.now())
            }
        };
        for effect in effects {
            if !world.carry_out(effect, canvas) {
                return Ok(0);
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
