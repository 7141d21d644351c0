//! One session: the app, a screen of cells, and a clock that moves when it is told to.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use portolan::app::effect::Effect;
use portolan::app::msg::{Moment, Msg, Refusal};
use portolan::app::state::{App, Start};
use portolan::model::intent::{
    Autoscaler, Found, Identity, Operation, Order, Preview, ScalePreview,
};
use portolan::model::observation::{NamespaceChoice, Observation};
use portolan::ui::chord::Chord;
use portolan::ui::screen::Mode;
use portolan::ui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::cluster::{self, Cluster};
use crate::{deletions, restarts, rollbacks};

/// A session under way.
pub struct Session {
    pub app: App,
    pub cluster: Cluster,
    pub choice: NamespaceChoice,
    width: u16,
    height: u16,
    now: Moment,
    effects: Vec<Effect>,
}

/// How sessions start.
pub fn start(mode: Mode) -> Start {
    Start {
        context: "prod-eu".to_owned(),
        choice: NamespaceChoice::one("shop"),
        mode,
        theme: Theme::new(false, false),
        zone: TimeZone::UTC,
        mapping: Vec::new(),
        keys: BTreeMap::new(),
        offers: Vec::new(),
        now: moment(0),
    }
}

fn moment(ms: u64) -> Moment {
    let wall = cluster::start()
        .checked_add(SignedDuration::from_millis(i64::try_from(ms).unwrap_or(0)))
        .unwrap_or_default();
    Moment { wall, ms }
}

impl Session {
    /// A session that has seen nothing yet, and can be unlocked.
    pub fn new(width: u16, height: u16) -> Self {
        Self::with(start(Mode::Locked), width, height)
    }

    pub fn with(start: Start, width: u16, height: u16) -> Self {
        let choice = start.choice.clone();
        Self {
            app: App::new(start).expect("the table has no clashes"),
            cluster: Cluster::default(),
            choice,
            width,
            height,
            now: moment(0),
            effects: Vec::new(),
        }
    }

    /// A session whose first lists of the small shop are complete, and whose traces were counted.
    pub fn of_shop(mode: Mode, width: u16, height: u16) -> Self {
        Self::of_shop_with(start(mode), width, height)
    }

    pub fn of_shop_with(start: Start, width: u16, height: u16) -> Self {
        let mut session = Self::with(start, width, height);
        session.cluster = cluster::shop();
        session.list();
        session.observe(cluster::shop_calls());
        session
    }

    pub fn send(&mut self, msg: Msg) {
        let effects = self.app.update(msg, self.now);
        for effect in effects {
            // A layout is done at once; whoever wants to see what is shown meanwhile holds it back.
            if let Effect::Layout(task) = effect {
                let scene = task.run().map(Box::new);
                let id = task.id;
                self.send(Msg::LaidOut { id, scene });
            } else {
                self.effects.push(effect);
            }
        }
    }

    pub fn observe(&mut self, said: Vec<Observation>) {
        self.send(Msg::Observations(said));
        while self.app.is_behind() {
            self.send(Msg::Proceed);
        }
    }

    /// The first lists begin and end.
    pub fn list(&mut self) {
        let choice = self.choice.clone();
        let begin = self.cluster.begin(&choice);
        self.observe(begin);
        let finish = self.cluster.finish(&choice);
        self.observe(finish);
    }

    /// Changes the cluster, and lets the watches say it.
    pub fn change(&mut self, change: impl FnOnce(&mut Cluster)) {
        change(&mut self.cluster);
        let choice = self.choice.clone();
        let news = self.cluster.news(&choice);
        self.observe(news);
    }

    /// Presses keys, with a frame after each that a person reads.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            self.press_unseen(key);
            self.draw();
        }
        self
    }

    /// Presses one key before the next frame is drawn.
    pub fn press_unseen(&mut self, key: &str) {
        let chord: Chord = key.parse().expect("a key");
        self.send(Msg::Key(chord));
    }

    /// Types a text, character by character.
    pub fn type_text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let key = if c == ' ' {
                "space".to_owned()
            } else {
                c.to_string()
            };
            self.press(&key);
        }
        self
    }

    /// Gives a command.
    pub fn command(&mut self, line: &str) -> &mut Self {
        self.press(":").type_text(line).press("enter")
    }

    /// Lets seconds pass, each with its tick.
    pub fn tick(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now = moment(self.now.ms + 1_000);
            self.send(Msg::Tick);
        }
    }

    /// Lets hours pass in which nobody looks at the clock.
    pub fn sleep(&mut self, hours: u64) {
        self.now = moment(self.now.ms + hours * 3_600_000);
    }

    pub fn resize(&mut self, width: u16, height: u16) {
        (self.width, self.height) = (width, height);
        self.send(Msg::Resized);
        self.screen();
    }

    /// What the app wanted done since this was asked last.
    pub fn effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Carries out a choice of namespaces, as the source would: at once, with lists that come later.
    pub fn follow_choice(&mut self) -> Vec<Effect> {
        let effects = self.effects();
        for effect in &effects {
            if let Effect::Namespaces(choice) = effect {
                let said = self.cluster.switch(&self.choice, choice);
                self.choice = choice.clone();
                self.observe(said);
            }
        }
        effects
    }

    /// The lists that a choice began come to their end.
    pub fn finish_lists(&mut self) {
        let choice = self.choice.clone();
        let said = self.cluster.finish(&choice);
        self.observe(said);
    }

    /// Answers the preview of a number that is asked for, and draws it.
    pub fn preview(&mut self, replicas: u32, autoscaler: Autoscaler) {
        self.preview_unseen(replicas, autoscaler);
        self.draw();
    }

    /// The same, before it is drawn.
    pub fn preview_unseen(&mut self, replicas: u32, autoscaler: Autoscaler) {
        self.foresee(Preview::Scale(ScalePreview {
            replicas_now: replicas,
            replicas_existing: replicas,
            identity: Identity::default(),
            resource_version: "41".into(),
            generation: Some(1),
            autoscaler,
        }));
    }

    /// Answers the preview that is asked for, before it is drawn.
    pub fn foresee(&mut self, preview: Preview) {
        let asked = self.effects().into_iter().find_map(|e| match e {
            Effect::Preview { id, .. } => Some(id),
            _ => None,
        });
        let id = asked.expect("a preview is asked for");
        let result = Ok(preview);
        self.send(Msg::Previewed { id, result });
    }

    /// Draws a frame as a person sees it, who takes the time to read it.
    pub fn draw(&mut self) {
        self.glimpse();
        self.send(Msg::Quiet);
    }

    /// Draws a frame, and no time passes.
    pub fn glimpse(&mut self) {
        self.screen();
        self.send(Msg::Drawn);
    }

    /// Answers previews and writes, where they are asked for.
    pub fn preview_if_asked(&mut self) {
        let asked = self.effects.iter().find_map(|e| match e {
            Effect::Preview { operation, .. } => Some(operation.clone()),
            _ => None,
        });
        match asked {
            Some(Operation::Scale { .. }) => self.preview_unseen(2, Autoscaler::None),
            Some(Operation::Restart) => self.foresee(restarts::preview(restarts::rollout())),
            Some(Operation::Rollback { .. }) => {
                self.foresee(Preview::Rollback(rollbacks::preview(1)));
            }
            Some(Operation::Delete { .. }) => {
                let preview = deletions::preview(self);
                self.foresee(Preview::Delete(preview));
            }
            None => {}
        }
    }

    pub fn answer_if_asked(&mut self) {
        if self
            .effects
            .iter()
            .any(|e| matches!(e, Effect::Send { .. }))
        {
            self.answer_order(Ok(None));
        }
    }

    /// Refuses the preview that is asked for.
    pub fn refuse_preview(&mut self, why: &str) {
        let asked = self.effects().into_iter().find_map(|e| match e {
            Effect::Preview { id, .. } => Some(id),
            _ => None,
        });
        self.send(Msg::Previewed {
            id: asked.expect("a preview is asked for"),
            result: Err(Refusal::NotDone {
                why: portolan::model::text::message(why),
            }),
        });
    }

    /// Answers the write of a number that is asked for; returns the number and the version that it
    /// insists on.
    pub fn answer(&mut self, result: Result<Option<i64>, Refusal>) -> (u32, String) {
        match self.answer_order(result) {
            Order::Scale { wanted, preview } => (wanted, preview.resource_version.to_string()),
            other => panic!("no number is written: {other:?}"),
        }
    }

    /// Answers the write that is asked for; returns what was to be written.
    pub fn answer_order(&mut self, result: Result<Option<i64>, Refusal>) -> Order {
        let asked = self.effects().into_iter().find_map(|e| match e {
            Effect::Send { id, order, .. } => Some((id, order)),
            _ => None,
        });
        let (id, order) = asked.expect("a write is asked for");
        self.send(Msg::Sent { id, result });
        order
    }

    /// Lets a second pass, and answers the look at what nobody answered for.
    pub fn looked(&mut self, result: Result<Found, &str>) {
        self.tick(1);
        let asked = self.effects().into_iter().find_map(|e| match e {
            Effect::Look { id, .. } => Some(id),
            _ => None,
        });
        let id = asked.expect("a look is asked for");
        let result = result.map_err(portolan::model::text::message);
        self.send(Msg::Looked { id, result });
    }

    /// The cells of a frame.
    pub fn buffer(&mut self) -> Buffer {
        let area = Rect::new(0, 0, self.width, self.height);
        let mut buffer = Buffer::empty(area);
        self.app.draw(area, &mut buffer);
        buffer
    }

    /// The text of a frame, without blanks at the ends of lines.
    pub fn screen(&mut self) -> String {
        text_of(&self.buffer())
    }

    /// The line of the screen that holds a text.
    pub fn line(&mut self, text: &str) -> String {
        let screen = self.screen();
        let line = screen.lines().find(|l| l.contains(text));
        line.map_or_else(|| panic!("nothing says {text:?}:\n{screen}"), str::to_owned)
    }

    /// Asserts that a text is on screen.
    pub fn shows(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        assert!(screen.contains(text), "nothing says {text:?}:\n{screen}");
        self
    }

    /// Asserts that a text is not on screen.
    pub fn hides(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        assert!(!screen.contains(text), "something says {text:?}:\n{screen}");
        self
    }

    /// The last line.
    pub fn foot(&mut self) -> String {
        self.screen().lines().last().unwrap_or_default().to_owned()
    }
}

/// The text of cells; what a wide character covers is no cell of its own.
pub fn text_of(buffer: &Buffer) -> String {
    let width = buffer.area.width;
    let mut lines = Vec::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < width {
            let symbol = buffer.cell((x, y)).map_or(" ", |c| c.symbol());
            line.push_str(symbol);
            x += u16::try_from(symbol.width().max(1)).unwrap_or(1);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}
