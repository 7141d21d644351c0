//! The demo: a simulated system starts inside the program, and the program looks at it as at any other.

use std::io::{self, Write};
use std::sync::Arc;

use jiff::Timestamp;

use super::screen;
use crate::app::host::{Host, Offer};
use crate::app::tty::Signals;
use crate::cli::{self, DemoFlags, Fault, Flags};
use crate::config::Config;
use crate::demo::life::Choice;
use crate::demo::running::Demo;
use crate::demo::system::System;
use crate::sources::kubernetes::Session;

/// So many pods take a moment to start.
const MANY: u32 = 1_000;
/// The most that a system's file may have, in bytes: beyond it, it is none.
const FILE_LIMIT: u64 = 4 << 20;

/// Starts the demo, and the screen on it or only the servers.
pub(super) async fn run(flags: &Flags, config: Config, wanted: &DemoFlags) -> Result<u8, Fault> {
    if flags.kubeconfig.is_some() || flags.context.is_some() {
        return Err(Fault::Usage(
            "the demo brings its own cluster: leave --kubeconfig and --context out".to_owned(),
        ));
    }
    // The variable may be somebody's habit; the flag is meant.
    if flags.zipkin.is_some() && flags.zipkin != std::env::var("ZIPKIN_URL").ok() {
        return Err(Fault::Usage(
            "the demo brings its own tracing server: leave --zipkin out".to_owned(),
        ));
    }
    if let Some(pods) = wanted.scale_to.filter(|pods| *pods >= MANY) {
        // Nobody can be told that standard error is closed.
        let _ = writeln!(io::stderr(), "starting a demo of about {pods} pods …");
    }
    let choice = Choice {
        seed: wanted.seed,
        pods: wanted.scale_to.and_then(|pods| usize::try_from(pods).ok()),
        calm: wanted.calm,
    };
    let demo = Demo::start(system(wanted)?, &choice, Timestamp::now()).await;
    let demo = demo.map_err(|error| Fault::World(error.to_string()))?;
    demo.run(wanted.speed);
    if wanted.serve {
        return serve(&demo).await;
    }
    let session = Session::parse(&demo.kubeconfig());
    let session = session.map_err(|error| Fault::World(error.to_string()))?;
    let flags = Flags {
        zipkin: Some(demo.zipkin_url()),
        // Nothing here is anybody's: it need not be unlocked first.
        write: !flags.read_only,
        // Who asks for many pods wants to see them.
        all_namespaces: flags.all_namespaces
            || wanted.scale_to.is_some() && flags.namespaces.is_empty(),
        ..flags.clone()
    };
    let launch = cli::launch(&flags, config, session)?;
    screen::run(launch, Arc::new(Breaker(demo))).await
}

/// The demo as the host of the screen.
struct Breaker(Demo);

impl Host for Breaker {
    fn offers(&self) -> Vec<Offer> {
        vec![Offer {
            name: "fault",
            takes: "WHAT NAME",
            about: "make something go wrong in the demo, or good again; tab shows what",
            words: self.0.orders(),
        }]
    }

    fn run(&self, _: &str, argument: &str) -> Result<String, String> {
        self.0.order(argument)
    }
}

fn system(wanted: &DemoFlags) -> Result<System, Fault> {
    let Some(path) = &wanted.system else {
        return System::shipped().map_err(|error| Fault::World(error.to_string()));
    };
    let size = std::fs::metadata(path).map(|file| file.len());
    if size.is_ok_and(|size| size > FILE_LIMIT) {
        return Err(Fault::Usage(format!(
            "{} is too large to be the description of a system",
            path.display()
        )));
    }
    let text = std::fs::read_to_string(path).map_err(|error| {
        let why = error.kind();
        Fault::Usage(format!("{} cannot be read: {why}", path.display()))
    })?;
    System::parse(path, &text).map_err(|error| Fault::Usage(error.to_string()))
}

/// Keeps the demo up until somebody ends it; its kubeconfig is a file meanwhile.
async fn serve(demo: &Demo) -> Result<u8, Fault> {
    let world = |error: io::Error| Fault::World(format!("cannot serve the demo: {error}"));
    // Before anybody is told where it is, so that nothing is left behind.
    let mut signals = Signals::new().map_err(world)?;
    let folder = tempfile::Builder::new()
        .prefix("portolan-demo-")
        .tempdir()
        .map_err(world)?;
    let path = folder.path().join("kubeconfig");
    std::fs::write(&path, demo.kubeconfig()).map_err(world)?;
    let mut out = io::stdout();
    // In one piece: a reader may go once it has the line that it wants.
    let exports = format!(
        "export KUBECONFIG='{}'\nexport ZIPKIN_URL='{}'\n",
        path.display(),
        demo.zipkin_url()
    );
    let told = out.write_all(exports.as_bytes());
    told.and_then(|()| out.flush()).map_err(world)?;
    // Nobody can be told that standard error is closed.
    let _ = writeln!(
        io::stderr(),
        "The demo is up until ctrl-c. Give these two lines to another shell; then kubectl and portolan \
         work there.\nSomething goes wrong by order too: curl -d 'crash queryservice' {}/demo/fault",
        demo.kubernetes_url()
    );
    signals.end().await;
    folder.close().map_err(world)?;
    Ok(0)
}
