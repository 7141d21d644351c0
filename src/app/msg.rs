//! What reaches the app: plain data, so that a session can be recorded and replayed.

use jiff::Timestamp;

use crate::model::intent::{Found, Preview};
use crate::model::observation::Observation;
use crate::model::text::Text;
use crate::trace::id::TraceId;
use crate::trace::waterfall::Waterfall;
use crate::ui::chord::Chord;
use crate::ui::graph::layered::Scene;

/// When a message arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Our wall clock, for facts.
    pub wall: Timestamp,
    /// Milliseconds since the start, for deadlines; never goes back.
    pub ms: u64,
}

/// How a preview or a write ended, as far as the app must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It was not done.
    NotDone {
        /// Why, with what to do.
        why: Text,
    },
    /// It was not done, because the object is not the one any more that was previewed.
    Changed {
        /// Which one, with what to do.
        why: Text,
    },
    /// It was sent and no answer came.
    Unknown {
        /// What happened.
        why: Text,
    },
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// A key.
    Key(Chord),
    /// Pasted text.
    Paste(String),
    /// The terminal has another size.
    Resized,
    /// A second has passed.
    Tick,
    /// A frame was drawn: what it showed can be answered.
    Drawn,
    /// Nothing was typed for a while since what is to be read is on screen.
    Quiet,
    /// A source spoke.
    Observations(Vec<Observation>),
    /// There is time for a step of what they said that is worked in piece by piece.
    Proceed,
    /// A preview came.
    Previewed {
        /// Of which intent.
        id: u64,
        /// What it says.
        result: Result<Preview, Refusal>,
    },
    /// A write was answered.
    Sent {
        /// Of which intent.
        id: u64,
        /// The generation after it, where the server said.
        result: Result<Option<i64>, Refusal>,
    },
    /// The object of an order that nobody answered for was looked at.
    Looked {
        /// Of which intent.
        id: u64,
        /// What was found, or why nothing was.
        result: Result<Found, Text>,
    },
    /// The tracing server answered for a trace.
    Traced {
        /// Which.
        id: TraceId,
        /// The trace, or why there is nothing to see.
        result: Result<Box<Waterfall>, Text>,
    },
    /// A picture was laid out.
    LaidOut {
        /// The task's number.
        id: u64,
        /// The picture, or nothing where it was given up.
        scene: Option<Box<Scene>>,
    },
    /// The host did a command, or says why not.
    Hosted(Result<String, String>),
    /// A file was written, or why it was not.
    Written(Result<String, String>),
    /// The system asks to end.
    Terminate,
}
