//! Read-only questions to the model. Nothing here changes anything or knows what a screen is.

pub mod analysis;
pub mod around;
pub mod autoscalers;
pub mod difference;
pub mod forbidden;
pub mod links;
pub mod network;
pub mod resources;
pub mod structure;
pub mod versions;
pub mod why;
