//! Starts Portolan: parses, installs what must be installed first, runs, and gives the exit code.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use portolan::cli::{self, Asked, Fault};
use portolan::commands;
use portolan::config;
use portolan::logging;
use portolan::model::text;
use portolan::ui::terminal;

/// How long the end may wait for tasks that do not end by themselves, such as a credential plugin.
const FAREWELL: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    match start() {
        Ok(code) => ExitCode::from(code),
        Err(fault) => {
            tell(&fault.to_string());
            ExitCode::from(fault.code())
        }
    }
}

fn tell(line: &str) {
    // It may tell back what somebody else wrote: an argument, a name in a file, a server's answer. Nobody
    // can be told that standard error is closed.
    let _ = writeln!(io::stderr(), "portolan: {}", text::escaped(line));
}

fn start() -> Result<u8, Fault> {
    let cli = match cli::parse(std::env::args_os())? {
        Asked::Run(cli) => *cli,
        Asked::Print(text) => {
            let _ = io::stdout().write_all(text.as_bytes());
            return Ok(0);
        }
    };
    // One provider for everybody: kube and reqwest would each bring another one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Without the hook a panic is only told less well.
    let _ = color_eyre::install();
    terminal::guard_panics();
    let config = config::load(|name| std::env::var_os(name))
        .map_err(|error| Fault::Usage(error.to_string()))?;
    let log = logging::start(cli.flags.log_file.as_deref());
    if let (Err(why), Some(_)) = (&log, &cli.flags.log_file) {
        tell(why);
    }
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "start");
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Fault::World(format!("cannot start: {error}")))?;
    let ended = runtime.block_on(commands::run(cli, config));
    runtime.shutdown_timeout(FAREWELL);
    ended
}
