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
    let ascii = launch.ascii || !is_unicode(|name| std::env::var(name).ok());
    let start = Start {
        context: launch.session.context().to_string(),
        choice: launch.namespaces,
        mode: match launch.mode {
            WriteMode::Locked => Mode::Locked,
            WriteMode::Write => Mode::Write { until: None },
            WriteMode::ReadOnly => Mode::ReadOnly,
        },
        theme: Theme::new(coloured, ascii),
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
            sensors: launch.sensors,
        },
        session: launch.session,
        host,
    };
    match runtime::run(start, outside).await {
        Ok(code) => Ok(code),
        Err(report) if report.is::<BadBinding>() => {
            Err(Fault::Usage(format!("keys in the configuration: {report}")))
        }
        Err(report) => Err(Fault::World(format!("{report:#}"))),
    }
}

/// Whether the locale's characters are Unicode. Who sets none, as small containers do, has a terminal that
/// is of today.
fn is_unicode(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    set.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::is_unicode;

    #[test]
    fn the_first_variable_that_is_set_says_whether_it_is_unicode() {
        for (set, unicode) in [
            (&[][..], true),
            (&[("LANG", "")][..], true),
            (&[("LANG", "de_DE.UTF-8")][..], true),
            (&[("LANG", "C.utf8")][..], true),
            (&[("LANG", "C")][..], false),
            (&[("LANG", "POSIX")][..], false),
            (&[("LANG", "en_US.ISO-8859-1")][..], false),
            (&[("LC_ALL", "C"), ("LANG", "C.UTF-8")][..], false),
            (&[("LC_CTYPE", "C.UTF-8"), ("LANG", "C")][..], true),
        ] {
            let variable = |name: &str| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(is_unicode(variable), unicode, "{set:?}");
        }
    }
}
