//! Starts Portolan: parses, installs what must be installed first, runs, and gives the exit code.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use portolan::app::headless::{self, Request, Streams};
use portolan::app::host::{Host, Nobody};
use portolan::app::msg::Moment;
use portolan::app::runtime::Outside;
use portolan::app::state::Start;
use portolan::cli::{
    self, Asked, Cli, Command, EventsFormat, Fault, Launch, ModelFormat, WriteMode,
};
use portolan::config;
use portolan::logging;
use portolan::model::export::{self, Options};
use portolan::sources::{self, kubernetes};
use portolan::ui::keymap::BadBinding;
use portolan::ui::screen::Mode;
use portolan::ui::theme::Theme;

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
    // Nobody can be told that standard error is closed.
    let _ = writeln!(io::stderr(), "portolan: {line}");
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
    let config = config::load(|name| std::env::var_os(name))
        .map_err(|error| Fault::Usage(error.to_string()))?;
    let log = logging::start(cli.flags.log_file.as_deref());
    if let (Err(why), Some(_)) = (&log, &cli.flags.log_file) {
        tell(why);
    }
    let launch = cli::launch(&cli.flags, config)?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), context = %launch.session.context(), namespaces = %launch.namespaces, "start");
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Fault::World(format!("cannot start: {error}")))?;
    let ended = runtime.block_on(run(cli, launch));
    runtime.shutdown_timeout(FAREWELL);
    ended
}

async fn run(cli: Cli, launch: Launch) -> Result<u8, Fault> {
    let Launch {
        session,
        namespaces,
        zipkin,
        mode,
        ascii,
        utc,
        mapping,
        keys,
    } = launch;
    let zone = if utc {
        TimeZone::UTC
    } else {
        TimeZone::system()
    };
    let settings = sources::Settings {
        kubernetes: kubernetes::Settings {
            session: session.clone(),
        },
        zipkin,
    };
    let Some(command) = cli.command else {
        let host: Arc<dyn Host> = Arc::new(Nobody);
        let coloured = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let start = Start {
            context: session.context().to_string(),
            choice: namespaces,
            mode: match mode {
                WriteMode::Locked => Mode::Locked,
                WriteMode::Write => Mode::Write { until: None },
                WriteMode::ReadOnly => Mode::ReadOnly,
            },
            theme: Theme::new(coloured, ascii),
            zone,
            mapping,
            keys,
            offers: host.offers(),
            now: Moment {
                wall: Timestamp::now(),
                ms: 0,
            },
        };
        let outside = Outside {
            session,
            settings,
            host,
            clock: Arc::new(Timestamp::now),
        };
        return match portolan::app::run(start, outside).await {
            Ok(()) => Ok(0),
            Err(report) if report.is::<BadBinding>() => {
                Err(Fault::Usage(format!("keys in the configuration: {report}")))
            }
            Err(report) => Err(Fault::World(format!("{report:#}"))),
        };
    };
    let request = Request {
        context: session.context().clone(),
        mapping,
        namespaces,
        timeout: command.timeout(),
    };
    let sources = sources::registry(settings);
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let to = Streams {
        out: &mut out,
        err: &mut err,
    };
    let ended = match command {
        Command::Model {
            format, telemetry, ..
        } => {
            let options = Options {
                namespaces: request.namespaces.clone(),
                telemetry,
            };
            let render = |model: &portolan::model::Model| match format {
                ModelFormat::Json => export::json::text(model, &options),
                ModelFormat::Tree => Ok(export::tree::text(model, &options)),
            };
            headless::model(&request, sources, render, to).await
        }
        Command::Events { format, follow, .. } => {
            let render = |entry: &portolan::model::log::Entry| match format {
                EventsFormat::Json => serde_json::to_string(entry),
                EventsFormat::Text => Ok(headless::line(entry, &zone)),
            };
            let follow = follow.map(Duration::from_secs);
            headless::events(&request, sources, render, follow, to).await
        }
    };
    ended.map_err(|error| Fault::World(format!("cannot write: {error}")))
}
