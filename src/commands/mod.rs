//! What each command of the command line does: puts the rooms together and runs them.

mod demo;
mod graph;
mod headless;
mod screen;

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::app::host::Nobody;
use crate::cli::{self, Cli, Command, Fault, Flags, Launch};
use crate::config::Config;

/// Runs what was asked for. Gives the exit code.
///
/// # Errors
/// [`Fault`], in one line that says what to do.
pub async fn run(cli: Cli, config: Config) -> Result<u8, Fault> {
    let flags = &cli.flags;
    match cli.command {
        None => {
            let launch = launch(flags, config)?;
            screen::run(launch, Arc::new(Nobody)).await
        }
        Some(Command::Demo(choice)) => demo::run(flags, config, &choice).await,
        Some(Command::Model {
            format,
            telemetry,
            timeout,
        }) => {
            let launch = launch(flags, config)?;
            headless::model(launch, format, telemetry, timeout).await
        }
        Some(Command::Graph(choice)) => match &choice.from {
            Some(file) => graph::saved(file, flags, &choice),
            None => graph::live(launch(flags, config)?, &choice).await,
        },
        Some(Command::Why {
            name,
            format,
            timeout,
        }) => {
            let launch = launch(flags, config)?;
            headless::why(launch, &name, format, timeout).await
        }
        Some(Command::Events {
            format,
            timeout,
            follow,
        }) => {
            let launch = launch(flags, config)?;
            headless::events(launch, format, follow, timeout).await
        }
    }
}

/// What a start on somebody's own cluster needs to know.
fn launch(flags: &Flags, config: Config) -> Result<Launch, Fault> {
    let launch = cli::launch(flags, config, cli::session(flags)?)?;
    let context = launch.session.context();
    tracing::info!(%context, namespaces = %launch.namespaces, "launch");
    Ok(launch)
}

/// The zone of the times shown.
fn zone(utc: bool) -> TimeZone {
    if utc {
        TimeZone::UTC
    } else {
        TimeZone::system()
    }
}
