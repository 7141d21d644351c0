//! What the app wants done outside: carried out by the runtime, answered by a message.

use crate::model::key::TypeKey;
use crate::model::observation::NamespaceChoice;
use crate::model::text::Text;

/// One wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Watch these namespaces.
    Namespaces(NamespaceChoice),
    /// End every back-off.
    Retry,
    /// Read how it is before scaling.
    Preview {
        /// The intent.
        id: u64,
        /// Of which type.
        target: TypeKey,
    },
    /// Write the number once.
    Send {
        /// The intent.
        id: u64,
        /// Of which type.
        target: TypeKey,
        /// The number.
        replicas: u32,
        /// The version that was previewed.
        resource_version: Text,
    },
    /// Hand a command to the host that offered it.
    Host {
        /// Its name.
        name: &'static str,
        /// What was given with it.
        argument: String,
    },
    /// Put a text into the clipboard.
    Copy(String),
    /// End.
    Quit,
}
