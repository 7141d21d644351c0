//! What each command of the command line does: puts the rooms together and runs them.

mod demo;
mod headless;
mod screen;

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::app::host::Nobody;
use crate::cli::{self, Cli, Command, Fault};
use crate::config::Config;

/// Runs what was asked for. Gives the exit code.
///
/// # Errors
/// [`Fault`], in one line that says what to do.
pub async fn run(cli: Cli, config: Config) -> Result<u8, Fault> {
    let flags = &cli.flags;
    match cli.command {
        None => {
            let launch = cli::launch(flags, config, cli::session(flags)?)?;
            screen::run(launch, Arc::new(Nobody)).await
        }
        Some(Command::Demo(choice)) => demo::run(flags, config, &choice).await,
        Some(Command::Model {
            format,
            telemetry,
            timeout,
        }) => {
            let launch = cli::launch(flags, config, cli::session(flags)?)?;
            headless::model(launch, format, telemetry, timeout).await
        }
        Some(Command::Events {
            format,
            timeout,
            follow,
        }) => {
            let launch = cli::launch(flags, config, cli::session(flags)?)?;
            headless::events(launch, format, follow, timeout).await
        }
    }
}

/// The zone of the times shown.
fn zone(utc: bool) -> TimeZone {
    if utc {
        TimeZone::UTC
    } else {
        TimeZone::system()
    }
}
