//! Sensors: what they are doing, and switching them on and off.

use super::{Entry, app};
use crate::app::effect::Effect;
use crate::app::state::App;
use crate::model::log::Severity;
use crate::model::text::Text;
use crate::sources::sensor::NAME;
use crate::ui::action::Action;

/// Its name as a command.
pub(super) const COMMAND: &str = NAME;

/// The word for the state of one that is off.
const OFF: &str = "off";

/// What is said where there is none.
const NOBODY: &str = "there is no sensor: a [[sensor]] in the configuration file makes one";

pub(super) fn entries() -> Vec<Entry> {
    let about = "what the sensors are doing; :sensor NAME off switches one off, on switches it on";
    vec![app(
        Action::new(COMMAND, &[], "", about).takes("NAME on|off"),
        sensor,
    )]
}

fn sensor(app: &mut App, argument: &str) -> Vec<Effect> {
    let all = app.sensors();
    let named = |name: &str| all.iter().find(|(known, _)| **known == *name);
    let mut words = argument.split_whitespace();
    let order = match (words.next(), words.next(), words.next()) {
        _ if all.is_empty() => Err(NOBODY.to_owned()),
        (None, ..) => Err(list(&all)),
        (Some(name), on, None) => match (named(name), on) {
            (None, _) => Err(format!("there is no sensor {name}: {}", list(&all))),
            (Some((name, _)), Some("on")) => Ok((name.clone(), true)),
            (Some((name, _)), Some("off")) => Ok((name.clone(), false)),
            (Some((name, word)), None) => Err(format!("sensor {name} is {word}: on or off?")),
            (Some((name, _)), Some(_)) => Err(format!("say :sensor {name} on, or off")),
        },
        _ => Err("say :sensor NAME on, or off".to_owned()),
    };
    match order {
        Ok((name, on)) => {
            let word = if on { "on" } else { "off" };
            let text = format!("sensor {name} switched {word}");
            app.log.note(app.now.wall, Severity::Notice, None, &text);
            app.say(text);
            vec![Effect::Sensor { name, on }]
        }
        Err(why) => {
            app.say(why);
            Vec::new()
        }
    }
}

/// All of them in one line.
fn list(all: &[(Text, &'static str)]) -> String {
    let all: Vec<String> = all
        .iter()
        .map(|(name, word)| format!("{name} {word}"))
        .collect();
    format!("sensors: {}", all.join(", "))
}

impl App {
    /// The sensors that have reported, with a word for the state of each.
    fn sensors(&self) -> Vec<(Text, &'static str)> {
        let all = self.live.sources().values();
        let all = all.filter(|status| &*status.key.source == NAME);
        let all = all.filter(|status| &*status.key.part != "session");
        all.filter_map(|status| Some((status.key.part.clone(), status.state.as_ref()?.word())))
            .collect()
    }

    /// What may follow `:sensor`.
    pub(super) fn sensor_words(&self) -> Vec<String> {
        let all = self.sensors().into_iter();
        all.map(|(name, word)| {
            let turn = if word == OFF { "on" } else { "off" };
            format!("{name} {turn}")
        })
        .collect()
    }
}
