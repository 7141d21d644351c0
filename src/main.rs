//! temporary
use portolan::app::msg::Moment;
use portolan::app::state::Start;
use portolan::model::observation::NamespaceChoice;
use portolan::sources::{self, kubernetes, zipkin};
use portolan::ui::{screen::Mode, theme::Theme};
fn main() -> color_eyre::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    color_eyre::install()?;
    let session = kubernetes::Session::open(None, None)?;
    let z = std::env::var("ZIPKIN_URL")
        .ok()
        .map(|u| zipkin::Settings::new(&u))
        .transpose()?;
    let ns = std::env::args().nth(1);
    let choice = match ns.as_deref() {
        None => NamespaceChoice::one(session.namespace()),
        Some("-A") => NamespaceChoice::All,
        Some(n) => NamespaceChoice::one(n),
    };
    let start = Start {
        context: session.context().to_string(),
        choice,
        mode: Mode::Locked,
        theme: Theme::new(true, false),
        zone: jiff::tz::TimeZone::system(),
        mapping: vec![],
        keys: Default::default(),
        now: Moment {
            wall: jiff::Timestamp::now(),
            ms: 0,
        },
    };
    let settings = sources::Settings {
        kubernetes: kubernetes::Settings {
            session: session.clone(),
        },
        zipkin: z,
    };
    let rt = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let r = rt.block_on(portolan::app::run(start, session, settings));
    rt.shutdown_background();
    r
}
