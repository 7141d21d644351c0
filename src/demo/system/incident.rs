//! What goes wrong by itself, and what can go wrong at all.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

/// Something that goes wrong at its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Since the demo's start.
    pub after: Duration,
    /// What goes wrong.
    pub fault: FaultKind,
    /// With which component, or for [`FaultKind::Node`] which node.
    pub target: Arc<str>,
}

/// What can go wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FaultKind {
    /// Its containers end soon after their start, again and again.
    Crash,
    /// It takes longer.
    Slow,
    /// It answers with errors.
    Errors,
    /// It is rolled out with an image that cannot be pulled.
    Image,
    /// Its Service leads nowhere.
    Endpoints,
    /// A node is lost.
    Node,
}

impl FaultKind {
    /// Every kind, in the order in which they are told.
    pub const ALL: [Self; 6] = [
        Self::Crash,
        Self::Slow,
        Self::Errors,
        Self::Image,
        Self::Endpoints,
        Self::Node,
    ];

    /// The word for it in the file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Slow => "slow",
            Self::Errors => "errors",
            Self::Image => "image",
            Self::Endpoints => "endpoints",
            Self::Node => "node",
        }
    }
}
