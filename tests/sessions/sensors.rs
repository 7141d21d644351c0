//! Sensors on screen: what they measure stands beside their target, and `:sensor` switches them.

use jiff::Timestamp;
use portolan::app::effect::Effect;
use portolan::model::key::TypeKey;
use portolan::model::observation::{Observation, Reading, Readings, Subject};
use portolan::model::property::{Property, Unit, Value};
use portolan::model::source::{SourceKey, SourceState, SourceStatus};
use portolan::ui::screen::Mode;

use crate::cluster;
use crate::harness::Session;

fn status(part: &str, state: SourceState) -> Observation {
    Observation::Status(SourceStatus {
        key: SourceKey {
            source: "sensor".into(),
            part: part.into(),
            namespace: None,
        },
        state: Some(state),
        at: cluster::start(),
        address: Some("http://127.0.0.1:8112/metrics".into()),
        interval_ms: Some(5_000),
        skew_ms: None,
    })
}

fn measured(part: &str, name: &str, at: Timestamp) -> Observation {
    Observation::Readings(Box::new(Readings {
        source: "sensor".into(),
        part: part.into(),
        readings: vec![Reading {
            subject: Subject::Type {
                key: TypeKey::new("shop", "Deployment", name),
            },
            property: Property {
                name: "httpExceptionCount".into(),
                description: Some("Exceptions that were thrown.".into()),
                value: Value::Number(3.0),
                unit: Unit::Count,
                at,
                window_ms: None,
                source: format!("sensor {part}").into(),
            },
        }],
    }))
}

fn session() -> Session {
    let mut session = Session::of_shop(Mode::Locked, 160, 45);
    session.observe(vec![
        status("inventory", SourceState::Live),
        measured("inventory", "cart", cluster::start()),
        status(
            "queue",
            SourceState::Off {
                hint: "switched off; :sensor queue on reads it again".into(),
            },
        ),
    ]);
    session
}

#[test]
fn what_a_sensor_measures_stands_in_the_detail_pane_of_its_target() {
    let mut session = session();
    session.command("tree cart");
    let line = session.line("httpExceptionCount");
    assert!(
        line.contains("httpExceptionCount 3 count, 0s ago, by sensor"),
        "{line}"
    );
    session.shows("Exceptions that were");
    session.observe(vec![Observation::Unread {
        source: "sensor".into(),
        part: "inventory".into(),
    }]);
    session.hides("httpExceptionCount");
}

#[test]
fn a_command_switches_a_sensor_and_says_so() {
    let mut session = session();
    for (command, name, on) in [("off", "inventory", false), ("on", "queue", true)] {
        session.command(&format!("sensor {name} {command}"));
        session.shows(&format!("sensor {name} switched {command}"));
        let wanted = Effect::Sensor {
            name: name.into(),
            on,
        };
        assert_eq!(session.effects(), [wanted]);
    }
}

#[test]
fn what_cannot_be_switched_is_said_with_what_there_is() {
    let mut session = session();
    for (command, says) in [
        ("sensor", "sensors: inventory live, queue off"),
        (
            "sensor cart off",
            "there is no sensor cart: sensors: inventory live, queue off",
        ),
        ("sensor queue", "sensor queue is off: on or off?"),
        ("sensor queue up", "say :sensor queue on, or off"),
        ("sensor queue on now", "say :sensor NAME on, or off"),
    ] {
        session.command(command);
        session.shows(says);
        assert_eq!(session.effects(), [], "{command}");
    }
    let mut without = Session::of_shop(Mode::Locked, 160, 45);
    without.command("sensor");
    without.shows("there is no sensor: a [[sensor]] in the configuration file makes one");
}

#[test]
fn its_words_are_completed_and_the_help_tells_of_it() {
    let mut session = session();
    session.press(":").type_text("sensor q").press("tab");
    session.shows("sensor queue on").press("esc");
    session.resize(160, 120);
    session.press("?").shows("what the sensors are doing");
}

#[test]
fn a_target_that_is_not_there_is_said_in_the_line_until_it_comes() {
    let mut session = session();
    session.observe(vec![
        status("lost", SourceState::Live),
        measured("lost", "nobody", cluster::start()),
    ]);
    session.command("sources");
    let line = session.line("lost");
    assert!(
        line.contains("its target shop/Deployment/nobody is not here"),
        "{line}"
    );
    session.observe(vec![measured("lost", "cart", cluster::start())]);
    session.hides("is not here");
}
