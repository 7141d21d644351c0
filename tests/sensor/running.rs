//! Sensors at work, and what they say.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portolan::config;
use portolan::config::sensor::Sensor;
use portolan::model::observation::{Observation, Readings};
use portolan::model::source::SourceStatus;
use portolan::sources::Source;
use portolan::sources::sensor::{Sensors, Settings};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub use crate::source::Running;

/// A sensor that reads often.
pub fn sensor(name: &str, url: &str, rest: &str) -> Sensor {
    let text = format!(
        "[[sensor]]\nname = '{name}'\nurl = '{url}'\ntarget = 'shop/Deployment/cart'\n{rest}"
    );
    let config = config::parse(Path::new("test.toml"), &text).expect("it is well-formed");
    let mut sensor = config.sensors.first().expect("one").clone();
    sensor.interval = Duration::from_millis(20);
    sensor
}

/// One of a plain number.
pub fn number(name: &str, url: &str) -> Sensor {
    sensor(name, url, "format = 'number'\nproperty = 'depth'")
}

/// One of a metric.
pub fn page(name: &str, url: &str, metric: &str) -> Sensor {
    sensor(
        name,
        url,
        &format!("format = 'prometheus'\nmetric = '{metric}'"),
    )
}

pub fn settings(sensors: Vec<Sensor>) -> Settings {
    Settings::new(sensors)
}

pub fn text(body: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_string(body)
}

pub async fn answer(server: &MockServer, template: ResponseTemplate) {
    Mock::given(method("GET"))
        .respond_with(template)
        .mount(server)
        .await;
}

/// What a server answers, which can be changed while it is asked.
#[derive(Clone)]
pub struct Served(Arc<Mutex<ResponseTemplate>>);

impl Served {
    pub async fn on(server: &MockServer, template: ResponseTemplate) -> Self {
        let served = Self(Arc::new(Mutex::new(template)));
        Mock::given(method("GET"))
            .respond_with(served.clone())
            .mount(server)
            .await;
        served
    }

    /// From now on it answers so.
    pub fn now(&self, template: ResponseTemplate) {
        *self.0.lock().expect("nobody broke") = template;
    }
}

impl Respond for Served {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        self.0.lock().expect("nobody broke").clone()
    }
}

impl Running {
    pub fn start(settings: Settings) -> Self {
        let source = Sensors::new(settings);
        assert_eq!(source.name(), "sensor");
        Self::of(source)
    }

    pub async fn readings(&mut self, part: &str) -> Readings {
        self.next("readings", |said| match said {
            Observation::Readings(readings) if &*readings.part == part => {
                assert_eq!(&*readings.source, "sensor");
                Some((**readings).clone())
            }
            _ => None,
        })
        .await
    }

    /// What it read is taken back.
    pub async fn unread(&mut self, part: &str) {
        self.next("that it has read nothing", |said| match said {
            Observation::Unread { source, part: own } if &**own == part => {
                assert_eq!(&**source, "sensor");
                Some(())
            }
            _ => None,
        })
        .await;
    }

    /// The next status of a part, whatever it is.
    pub async fn next_status(&mut self, part: &str) -> SourceStatus {
        self.next("its line", |said| match said {
            Observation::Status(status) if &*status.key.part == part => Some(status.clone()),
            _ => None,
        })
        .await
    }

    /// What the line of the next such status says.
    pub async fn trouble(&mut self, part: &str, word: &str) -> String {
        let status = self.status(part, word).await;
        let (_, why) = status.trouble().expect("it is one of trouble");
        why.to_string()
    }

    /// The next trouble that says what is wanted.
    pub async fn trouble_that(&mut self, part: &str, wanted: impl Fn(&str) -> bool) {
        self.next("that line", |said| match said {
            Observation::Status(status) if &*status.key.part == part => {
                let (_, why) = status.trouble()?;
                wanted(why).then_some(())
            }
            _ => None,
        })
        .await;
    }
}
