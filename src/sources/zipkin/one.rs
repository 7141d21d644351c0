//! One trace, asked for by its id: for a person who wants to look at it, beside what is polled.

use super::client::Client;
use super::failure::Failure;
use super::settings::Settings;
use super::{api, traces};
use crate::model::text::{self, Text};
use crate::trace::id::TraceId;
use crate::trace::waterfall::{VALUE_LIMIT, Waterfall};

/// Most bytes read of one trace.
const LIMIT: usize = 8 * 1024 * 1024;
/// What is said where there is no tracing server.
const NOBODY: &str = "there is no tracing server to ask: start with --zipkin http://host:9411";

/// What is said where the server does not hold the trace.
const GONE: &str = "the tracing server does not hold it any more, or never did: traces are kept for as long as its storage has room or was told to (in memory, by default, the newest 500,000 spans)";

/// Asks the tracing server for a trace, and lays it out.
///
/// # Errors
/// One line for a person: why there is nothing to see, and what to do.
pub async fn trace(settings: Option<&Settings>, id: TraceId) -> Result<Waterfall, Text> {
    let settings = settings.ok_or_else(|| Text::from(NOBODY))?;
    match ask(settings, id).await {
        Ok(Some(waterfall)) => Ok(waterfall),
        Ok(None) => Err(Text::from(GONE)),
        Err(Failure::TooLarge(limit)) => Err(text::message(&format!(
            "the trace has more than {} MB, which is too large to be shown here: look at it in the tracing server's own page, {}/zipkin/traces/{id}",
            limit / (1024 * 1024),
            settings.url.trim_end_matches("/zipkin"),
        ))),
        Err(failure) => Err(text::message(&format!("the tracing server: {failure}"))),
    }
}

/// The trace; `None` where the server is one and does not hold it.
async fn ask(settings: &Settings, id: TraceId) -> Result<Option<Waterfall>, Failure> {
    let mut client = Client::new(settings)?;
    let body = match client.ask_within(&api::trace(id), LIMIT).await {
        // Where there is no such API, nothing else is found there either.
        Err(Failure::NotFound(_)) => {
            client.ask(api::SERVICES).await?;
            return Ok(None);
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
    let laid = laid
        .await
        .map_err(|error| Failure::internal(&error))?
        .map_err(|error| Failure::json(&error, length))?;
    // Some stores answer for what they do not hold with nothing.
    Ok(Some(laid).filter(|trace| !trace.bars.is_empty()))
}
