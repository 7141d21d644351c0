//! Sessions of the whole program over the demo: its loop, its sources and effectors, over HTTP, with keys
//! as text and a screen as text. They wait for what is to be seen, and never for a time.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod show;

mod cures;
mod pictures;
mod resources;
mod sensors;
mod traces;
