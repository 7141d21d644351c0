//! One session: the demo, the program on it, and what its screen shows.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use portolan::app::host::{Host, Nobody};
use portolan::app::msg::Moment;
use portolan::app::runtime::{self, Outside};
use portolan::app::state::Start;
use portolan::demo::life::Choice;
use portolan::demo::running::Demo;
use portolan::demo::system::System;
use portolan::model::observation::NamespaceChoice;
use portolan::sources::{self, kubernetes, sensor, zipkin};
use portolan::ui::screen::Mode;
use portolan::ui::terminal::Canvas;
use portolan::ui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use unicode_width::UnicodeWidthStr;

/// How long anything may take to be seen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A session under way; dropping it ends it.
pub struct Show {
    pub demo: Arc<Demo>,
    keys: mpsc::UnboundedSender<Event>,
    frames: watch::Receiver<Buffer>,
    program: JoinHandle<()>,
}

/// How a session begins.
pub struct Opening {
    pub width: u16,
    pub height: u16,
    pub coloured: bool,
    pub namespace: Option<&'static str>,
    /// What is ordered to go wrong, and how long before the program starts.
    pub orders: &'static [(i64, &'static str)],
    pub choice: Choice,
    /// Endpoints that are read beside the demo.
    pub sensors: sensor::Settings,
}

impl Default for Opening {
    fn default() -> Self {
        Self {
            width: 160,
            height: 45,
            coloured: false,
            namespace: None,
            orders: &[],
            choice: Choice {
                seed: 1,
                pods: None,
                calm: true,
            },
            sensors: sensor::Settings::default(),
        }
    }
}

/// Frames go to whoever looks.
struct Frames {
    area: Rect,
    sender: watch::Sender<Buffer>,
}

impl Canvas for Frames {
    fn draw(&mut self, render: impl FnOnce(Rect, &mut Buffer)) -> io::Result<()> {
        let mut buffer = Buffer::empty(self.area);
        render(self.area, &mut buffer);
        self.sender.send_replace(buffer);
        Ok(())
    }

    fn copy(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }
}

impl Show {
    /// Starts the demo, lets go wrong what is ordered, and starts the program on it.
    pub async fn open(opening: Opening) -> Self {
        // Another session may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let lead = opening.orders.iter().map(|(ago, _)| *ago).max();
        let lead = SignedDuration::from_secs(lead.unwrap_or(0));
        let from = Timestamp::now().checked_sub(lead).expect("a time");
        let system = System::shipped().expect("it is well-formed");
        let demo = Demo::start(system, &opening.choice, from).await;
        let demo = Arc::new(demo.expect("loopback has ports"));
        let end = from.checked_add(lead).expect("a time");
        for (ago, order) in opening.orders {
            let at = end
                .checked_sub(SignedDuration::from_secs(*ago))
                .expect("a time");
            demo.advance(at.duration_since(demo.now()));
            demo.order(order).expect("it can be ordered");
        }
        demo.advance(end.duration_since(demo.now()));
        demo.run(1);

        let session = kubernetes::Session::parse(&demo.kubeconfig()).expect("a kubeconfig");
        let namespace = opening.namespace.unwrap_or(session.namespace());
        let start = Start {
            context: session.context().to_string(),
            choice: NamespaceChoice::one(namespace),
            mode: Mode::Write { until: None },
            theme: Theme::new(opening.coloured, false),
            zone: TimeZone::UTC,
            mapping: Vec::new(),
            keys: BTreeMap::new(),
            offers: Nobody.offers(),
            now: Moment {
                wall: Timestamp::now(),
                ms: 0,
            },
        };
        let mut traces = zipkin::Settings::new(&demo.zipkin_url()).expect("a URL");
        traces.interval = Duration::from_millis(300);
        traces.traces_interval = Duration::from_millis(900);
        let outside = Outside {
            settings: sources::Settings {
                kubernetes: kubernetes::Settings {
                    session: session.clone(),
                },
                zipkin: Some(traces),
                sensors: opening.sensors,
            },
            session,
            host: Arc::new(Nobody),
        };
        let area = Rect::new(0, 0, opening.width, opening.height);
        let (sender, frames) = watch::channel(Buffer::empty(area));
        let (keys, typed) = mpsc::unbounded_channel();
        let here = tokio::runtime::Handle::current();
        // Its views stay on one thread, as they do in the program.
        let program = tokio::task::spawn_blocking(move || {
            let mut canvas = Frames { area, sender };
            let playing = runtime::play(start, outside, &mut canvas, events(typed));
            here.block_on(playing).expect("it runs until it is ended");
        });
        Self {
            demo,
            keys,
            frames,
            program,
        }
    }

    /// Presses keys: `j`, `enter`, `ctrl-z`, with blanks between.
    pub fn press(&self, keys: &str) -> &Self {
        for key in keys.split_whitespace() {
            self.key(key);
        }
        self
    }

    /// Types a text.
    pub fn type_text(&self, text: &str) -> &Self {
        for c in text.chars() {
            let event = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
            self.keys.send(Event::Key(event)).expect("it listens");
        }
        self
    }

    /// Gives a command.
    pub fn command(&self, line: &str) -> &Self {
        self.press(":").type_text(line).press("enter")
    }

    fn key(&self, key: &str) {
        let (modifiers, name) = match key.strip_prefix("ctrl-") {
            Some(name) => (KeyModifiers::CONTROL, name),
            None => (KeyModifiers::NONE, key),
        };
        let code = match name {
            "enter" => KeyCode::Enter,
            "esc" => KeyCode::Esc,
            "tab" => KeyCode::Tab,
            "right" => KeyCode::Right,
            "left" => KeyCode::Left,
            "down" => KeyCode::Down,
            "up" => KeyCode::Up,
            other => KeyCode::Char(other.chars().next().expect("a character")),
        };
        let event = KeyEvent::new(code, modifiers);
        self.keys.send(Event::Key(event)).expect("it listens");
    }

    /// Waits until the screen is as it should be; gives it.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&str) -> bool) -> String {
        let waiting = async {
            loop {
                let screen = text_of(&self.frames.borrow_and_update());
                if holds(&screen) {
                    return screen;
                }
                self.frames.changed().await.expect("it goes on");
            }
        };
        let seen = tokio::time::timeout(PATIENCE, waiting).await.ok();
        seen.unwrap_or_else(|| panic!("never seen: {what}\n{}", self.screen()))
    }

    /// Waits until a text is on screen.
    pub async fn shows(&mut self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text)).await
    }

    /// Waits until a line has all of these texts.
    pub async fn line(&mut self, texts: &[&str]) -> String {
        let has = |line: &&str| texts.iter().all(|text| line.contains(text));
        let what = texts.join(" … ");
        let screen = self.until(&what, |s| s.lines().any(|l| has(&l))).await;
        screen.lines().find(has).unwrap_or_default().to_owned()
    }

    /// Waits until a workload is in the tree with so many pods ready. Its Service may be listed before it, under
    /// the same name and with as many endpoints, and is gone to by that name while it stands alone; so may its
    /// pods be, under a longer one.
    pub async fn workload(&mut self, name: &str, ready: &str) {
        let what = format!("the workload {name} with {ready}");
        let whole = format!(" {name} ");
        let is_its = |l: &str| l.contains(&whole) && l.contains(ready) && !l.contains('(');
        self.until(&what, |s| s.lines().any(is_its)).await;
    }

    /// Waits until the demo says that nothing goes wrong on purpose any more.
    pub async fn cured(&mut self) {
        let demo = Arc::clone(&self.demo);
        let well = |_: &str| demo.order("").is_ok_and(|told| told.starts_with("nothing"));
        self.until("the end of what was ordered", well).await;
    }

    /// What the screen shows now.
    pub fn screen(&self) -> String {
        text_of(&self.frames.borrow())
    }

    /// The cells of the screen.
    pub fn cells(&self) -> Buffer {
        self.frames.borrow().clone()
    }

    /// Ends the program as a person would, and waits for its end.
    pub async fn close(self) {
        self.command("q");
        let ended = tokio::time::timeout(PATIENCE, self.program).await;
        ended.expect("it ends").expect("it ends well");
    }
}

fn events(keys: mpsc::UnboundedReceiver<Event>) -> BoxStream<'static, io::Result<Event>> {
    let next = |mut keys: mpsc::UnboundedReceiver<Event>| async {
        let event = keys.recv().await?;
        Some((Ok(event), keys))
    };
    stream::unfold(keys, next).boxed()
}

/// The text of cells, without blanks at the ends of lines; what a wide character covers is no cell of its own.
fn text_of(buffer: &Buffer) -> String {
    let mut lines = Vec::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
            line.push_str(symbol);
            x += u16::try_from(symbol.width().max(1)).unwrap_or(1);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}
