//! The screen: a key and its frame, news and their frame.

use std::collections::BTreeMap;

use divan::Bencher;
use jiff::tz::TimeZone;
use portolan::app::msg::{Moment, Msg};
use portolan::app::state::{App, Start};
use portolan::model::observation::NamespaceChoice;
use portolan::ui::chord::Chord;
use portolan::ui::screen::Mode;
use portolan::ui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::system::{System, now};

const SIZES: [usize; 2] = [5_000, 10_000];
const AREA: Rect = Rect::new(0, 0, 200, 50);

const MOMENT: u64 = 1_000;

fn moment() -> Moment {
    Moment {
        wall: now(),
        ms: MOMENT,
    }
}

/// The app once its first lists are complete, and a frame was drawn.
fn app(pods: usize) -> (App, Buffer) {
    let start = Start {
        context: "bench".to_owned(),
        choice: NamespaceChoice::All,
        mode: Mode::Locked,
        theme: Theme::new(true, false),
        zone: TimeZone::UTC,
        mapping: Vec::new(),
        keys: BTreeMap::new(),
        offers: Vec::new(),
        now: moment(),
    };
    let mut app = App::new(start).expect("the table has no clashes");
    let system = System { pods };
    for batch in system.lists() {
        app.update(Msg::Observations(batch), moment());
    }
    app.update(Msg::Observations(vec![system.links(0)]), moment());
    let mut buffer = Buffer::empty(AREA);
    app.draw(AREA, &mut buffer);
    (app, buffer)
}

fn key(text: &str) -> Msg {
    Msg::Key(text.parse::<Chord>().expect("a key"))
}

fn press(app: &mut App, buffer: &mut Buffer, text: &str) {
    app.update(key(text), moment());
    app.draw(AREA, buffer);
    app.update(Msg::Drawn, moment());
}

/// A key and its frame: types open, components closed.
#[divan::bench(args = SIZES)]
fn key_folded(bencher: Bencher<'_, '_>, pods: usize) {
    let (mut app, mut buffer) = app(pods);
    bencher.bench_local(|| press(&mut app, &mut buffer, "j"));
}

/// A key and its frame: everything open.
#[divan::bench(args = SIZES)]
fn key_unfolded(bencher: Bencher<'_, '_>, pods: usize) {
    let (mut app, mut buffer) = app(pods);
    press(&mut app, &mut buffer, "*");
    bencher.bench_local(|| press(&mut app, &mut buffer, "j"));
}

/// A batch of news and its frame: rows are ordered anew.
#[divan::bench(args = SIZES)]
fn news(bencher: Bencher<'_, '_>, pods: usize) {
    let (mut app, mut buffer) = app(pods);
    let system = System { pods };
    let mut round = 0;
    bencher
        .with_inputs(|| {
            round += 1;
            system.news(round)
        })
        .bench_local_values(|batch| {
            app.update(Msg::Observations(batch), moment());
            app.draw(AREA, &mut buffer);
        });
}
