//! Monitored properties: typed values with a unit that a source measures on an element.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::text::Text;

/// One measured property of one element.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Property {
    /// Its name: `cpu`, `memory`, `httpExceptionCount`.
    pub name: Text,
    /// What it means, where the source says so.
    pub description: Option<Text>,
    /// What was measured.
    pub value: Value,
    /// In what.
    pub unit: Unit,
    /// When, by the clock of who measured, or of its reader where it does not say.
    pub at: Timestamp,
    /// Over how long before that it is an average, in ms; `None` where it was so at that moment.
    pub window_ms: Option<u64>,
    /// The source's name.
    pub source: Text,
}

/// A measured value; its variant is the property's type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "type", content = "value")]
pub enum Value {
    /// A finite number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A text.
    Text(Text),
}

/// The unit of a property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Unit {
    /// A number without one, or no number.
    None,
    /// Things that are counted.
    Count,
    /// Cores of a processor, on average over the window that the source says.
    Cores,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
    /// Percent, 0 to 100.
    Percent,
    /// Something per second.
    PerSecond,
    /// As the person who configured the source named it.
    Other {
        /// The word.
        word: Text,
    },
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "",
            Self::Count => "count",
            Self::Cores => "cores",
            Self::Bytes => "bytes",
            Self::Seconds => "s",
            Self::Percent => "%",
            Self::PerSecond => "/s",
            Self::Other { word } => word,
        })
    }
}
