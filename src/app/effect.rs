//! What the app wants done outside: carried out by the runtime, answered by a message.

use std::path::PathBuf;
use std::sync::Arc;

use crate::model::intent::{Operation, Order};
use crate::model::key::TypeKey;
use crate::model::observation::NamespaceChoice;
use crate::model::text::Text;
use crate::trace::id::TraceId;
use crate::ui::graph::layered::Task;

/// One wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Watch these namespaces.
    Namespaces(NamespaceChoice),
    /// End every back-off.
    Retry,
    /// Switch a sensor on or off.
    Sensor {
        /// Its name.
        name: Text,
        /// Whether it is to read.
        on: bool,
    },
    /// Read what an operation would mean.
    Preview {
        /// The intent.
        id: u64,
        /// Of which type.
        target: TypeKey,
        /// What is wanted.
        operation: Operation,
    },
    /// Do once what was confirmed.
    Send {
        /// The intent.
        id: u64,
        /// Of which type.
        target: TypeKey,
        /// What was confirmed, with what was previewed.
        order: Order,
    },
    /// Look what became of an order that nobody answered for.
    Look {
        /// The intent.
        id: u64,
        /// Of which type.
        target: TypeKey,
        /// What was confirmed.
        order: Order,
    },
    /// Lay a picture out.
    Layout(Arc<Task>),
    /// Ask the tracing server for a trace.
    Trace {
        /// Which.
        id: TraceId,
    },
    /// Hand a command to the host that offered it.
    Host {
        /// Its name.
        name: &'static str,
        /// What was given with it.
        argument: String,
    },
    /// Write a file.
    Write {
        /// Which.
        path: PathBuf,
        /// What stands in it then.
        text: String,
        /// What that is, in words.
        what: String,
        /// Whether it may be there already.
        replace: bool,
    },
    /// Put a text into the clipboard.
    Copy(String),
    /// End.
    Quit,
}
