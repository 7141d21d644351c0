//! The tracing server: who calls whom, how often, and how often in vain.
//!
//! Zipkin derives links between services from the spans that these send it. This source asks for the
//! links of a short window, for rates, and of a long one, for structure, and for the names of the
//! services that report. It neither judges nor joins: names stay raw (the server lower-cases them), and
//! what was counted is sent whole for each window.
//!
//! Known limits: Zipkin counts a call as failed only where a span has the tag `error`; peers without a
//! name never appear. With Elasticsearch or Cassandra behind it, the server answers with whole days that a
//! batch job has counted: that is told by what it says ([`daily`]), and rates then come from our own count
//! of the sampled traces ([`own`]).

mod api;
mod client;
mod clock;
mod daily;
mod failure;
pub mod hints;
mod one;
mod own;
mod poll;
mod settings;
pub mod tally;
pub mod traces;
mod turn;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;

pub use self::one::trace;
pub use self::settings::{Settings, SettingsError};
use super::{Control, Outlet, Source};
use crate::model::observation::Observation;
use crate::model::source::{SourceKey, SourceState, SourceStatus};
use crate::model::text::Text;

/// The source's name in scopes and statuses.
const NAME: &str = "zipkin";
/// How to switch the source on.
const HINT: &str = "no tracing server: start with --zipkin http://host:9411";

/// The tracing source. Without settings it says that it is off, and how to switch it on.
#[derive(Debug)]
pub struct Zipkin {
    settings: Option<Settings>,
}

impl Zipkin {
    /// The source for the server of `settings`, where there is one.
    #[must_use]
    pub const fn new(settings: Option<Settings>) -> Self {
        Self { settings }
    }
}

impl Source for Zipkin {
    fn name(&self) -> &'static str {
        NAME
    }

    /// Statuses come under the parts `dependencies` (both windows) and `services`; when off, only under
    /// the first.
    fn run(self: Box<Self>, outlet: Outlet, control: Control) -> BoxFuture<'static, ()> {
        async move {
            let stop = control.stop.clone();
            let work = async {
                match self.settings {
                    Some(settings) => poll::run(settings, outlet, control.retry).await,
                    None => off(&outlet).await,
                }
            };
            stop.run_until_cancelled(work).await;
        }
        .boxed()
    }
}

/// Says that nothing is configured, and waits.
async fn off(outlet: &Outlet) {
    let status = SourceStatus {
        key: key("dependencies"),
        state: Some(SourceState::Off {
            hint: Text::from(HINT),
        }),
        at: Timestamp::now(),
        address: None,
        interval_ms: None,
        skew_ms: None,
    };
    if outlet.send(vec![Observation::Status(status)]).await.is_ok() {
        std::future::pending::<()>().await;
    }
}

/// The status line of one part.
fn key(part: &str) -> SourceKey {
    SourceKey {
        source: Text::from(NAME),
        part: Text::from(part),
        namespace: None,
    }
}
