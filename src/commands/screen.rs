//! The terminal program.

use std::sync::Arc;

use jiff::Timestamp;

use super::zone;
use crate::app::host::Host;
use crate::app::msg::Moment;
use crate::app::runtime::{self, Outside};
use crate::app::state::Start;
use crate::cli::{Fault, Launch, WriteMode};
use crate::sources::{self, kubernetes};
use crate::ui::keymap::BadBinding;
use crate::ui::screen::Mode;
use crate::ui::theme::Theme;

/// Runs it until the person quits.
pub(super) async fn run(launch: Launch, host: Arc<dyn Host>) -> Result<u8, Fault> {
    let coloured = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let start = Start {
        context: launch.session.context().to_string(),
        choice: launch.namespaces,
        mode: match launch.mode {
            WriteMode::Locked => Mode::Locked,
            WriteMode::Write => Mode::Write { until: None },
            WriteMode::ReadOnly => Mode::ReadOnly,
        },
        theme: Theme::new(coloured, launch.ascii),
        zone: zone(launch.utc),
        mapping: launch.mapping,
        keys: launch.keys,
        offers: host.offers(),
        now: Moment {
            wall: Timestamp::now(),
            ms: 0,
        },
    };
    let outside = Outside {
        settings: sources::Settings {
            kubernetes: kubernetes::Settings {
                session: launch.session.clone(),
            },
            zipkin: launch.zipkin,
        },
        session: launch.session,
        host,
    };
    match runtime::run(start, outside).await {
        Ok(()) => Ok(0),
        Err(report) if report.is::<BadBinding>() => {
            Err(Fault::Usage(format!("keys in the configuration: {report}")))
        }
        Err(report) => Err(Fault::World(format!("{report:#}"))),
    }
}
