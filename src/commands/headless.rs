//! The commands without a screen: the model once, events as they come.

use std::io;
use std::time::Duration;

use super::zone;
use crate::app::headless::{self, Request, Streams};
use crate::cli::{EventsFormat, Fault, Launch, ModelFormat, WhyFormat};
use crate::model::Model;
use crate::model::export::{self, Options};
use crate::model::log::Entry;
use crate::model::query::why::Why;
use crate::sources::{self, Source, kubernetes};

/// Prints the model; `timeout` in seconds.
pub(super) async fn model(
    launch: Launch,
    format: ModelFormat,
    telemetry: bool,
    timeout: u64,
) -> Result<u8, Fault> {
    let (request, sources) = asked(launch, timeout);
    let options = Options {
        namespaces: request.namespaces.clone(),
        telemetry,
    };
    let render = |model: &Model| match format {
        ModelFormat::Json => export::json::text(model, &options),
        ModelFormat::Tree => Ok(export::tree::text(model, &options)),
        ModelFormat::Comparch => {
            let architecture = export::comparch::architecture(model, &options);
            Ok(export::comparch::xmi(&architecture))
        }
        ModelFormat::ComparchJson => {
            let architecture = export::comparch::architecture(model, &options);
            export::comparch::json(&architecture)
        }
    };
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let to = Streams {
        out: &mut out,
        err: &mut err,
    };
    let ended = headless::model(&request, sources, render, to).await;
    ended.map_err(unwritable)
}

/// Says why; `timeout` in seconds.
pub(super) async fn why(
    launch: Launch,
    name: &str,
    format: WhyFormat,
    timeout: u64,
) -> Result<u8, Fault> {
    let (request, sources) = asked(launch, timeout);
    let render = |why: &Why| match format {
        WhyFormat::Json => serde_json::to_string_pretty(why).map(|text| text + "\n"),
        // Where there is no answer, the line on stderr says it all.
        WhyFormat::Text if !why.is_known() => Ok(String::new()),
        WhyFormat::Text => Ok(why.text()),
    };
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let to = Streams {
        out: &mut out,
        err: &mut err,
    };
    let ended = headless::why(&request, sources, name, render, to).await;
    ended.map_err(unwritable)
}

/// Prints events; `follow` and `timeout` in seconds.
pub(super) async fn events(
    launch: Launch,
    format: EventsFormat,
    follow: Option<u64>,
    timeout: u64,
) -> Result<u8, Fault> {
    let zone = zone(launch.utc);
    let (request, sources) = asked(launch, timeout);
    let render = |entry: &Entry| match format {
        EventsFormat::Json => serde_json::to_string(entry),
        EventsFormat::Text => Ok(headless::line(entry, &zone)),
    };
    let follow = follow.map(Duration::from_secs);
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let to = Streams {
        out: &mut out,
        err: &mut err,
    };
    let ended = headless::events(&request, sources, render, follow, to).await;
    ended.map_err(unwritable)
}

pub(super) fn asked(launch: Launch, timeout: u64) -> (Request, Vec<Box<dyn Source>>) {
    let request = Request {
        context: launch.session.context().clone(),
        mapping: launch.mapping,
        namespaces: launch.namespaces,
        timeout: Duration::from_secs(timeout),
    };
    let settings = sources::Settings {
        kubernetes: kubernetes::Settings {
            session: launch.session,
        },
        zipkin: launch.zipkin,
        sensors: launch.sensors,
    };
    (request, sources::registry(settings))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it maps an error, which is given away"
)]
pub(super) fn unwritable(error: io::Error) -> Fault {
    Fault::World(format!("cannot write: {error}"))
}
