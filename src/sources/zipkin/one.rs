//! One trace, asked for by its id: for a person who wants to look at it, beside what is polled.

use super::client::Client;
use super::failure::{self, Failure};
use super::settings::Settings;
use super::{api, traces};
use crate::model::text::{self, Text};
use crate::trace::id::TraceId;
use crate::trace::waterfall::{VALUE_LIMIT, Waterfall};

/// Most bytes read of one trace.
const LIMIT: usize = 8 * 1024 * 1024;
/// What is said where there is no tracing server.
const NOBODY: &str = "there is no tracing server to ask: start with --zipkin http://host:9411";

/// Asks the tracing server for a trace, and lays it out.
///
/// # Errors
/// One line for a person: why there is nothing to see, and what to do.
pub async fn trace(settings: Option<&Settings>, id: TraceId) -> Result<Waterfall, Text> {
    let settings = settings.ok_or_else(|| Text::from(NOBODY))?;
    let asked = ask(settings, id).await;
    // Some stores answer for what they do not hold with nothing.
    let asked = asked.and_then(|trace| match trace.bars.is_empty() {
        true => Err(Failure::NotFound("".into())),
        false => Ok(trace),
    });
    asked.map_err(|failure| {
        let said = match failure {
            Failure::TooLarge(limit) => format!(
                "the trace has more than {} MB, which is too large to be shown here: look at it in the tracing server's own page, {}/zipkin/traces/{id}",
                limit / (1024 * 1024),
                settings.url.trim_end_matches("/zipkin"),
            ),
            Failure::NotFound(_) => "the tracing server does not hold it any more, or never did: traces are kept for as long as its storage has room or was told to (in memory, by default, the newest 500,000 spans)".to_owned(),
            failure => format!("the tracing server {failure}"),
        };
        text::message(&said)
    })
}

async fn ask(settings: &Settings, id: TraceId) -> Result<Waterfall, Failure> {
    let mut client = Client::new(settings)?;
    let body = match client.ask_within(&api::trace(id), LIMIT).await {
        // Where there is no such API, nothing else is found there either.
        Err(Failure::NotFound(at)) => {
            client.ask(api::SERVICES).await?;
            return Err(Failure::NotFound(at));
        }
        answer => answer?,
    };
    let length = body.len();
    let laid = tokio::task::spawn_blocking(move || {
        traces::decode_one(&body).map(|spans| {
            let mut waterfall = Waterfall::of(&spans);
            waterfall.clean(|raw| text::clean(raw, VALUE_LIMIT));
            waterfall
        })
    });
    laid.await
        .map_err(|error| Failure::Internal(failure::quote(&error.to_string())))?
        .map_err(|error| Failure::json(&error, length))
}
