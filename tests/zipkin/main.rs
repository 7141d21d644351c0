//! The tracing source against a server of our own making, over real HTTP: every answer and every
//! trouble that its status lines must tell apart. Nothing here sleeps; tests wait for what the source says.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail as tests do"
)]

mod answers;
mod daily;
mod faults;
#[path = "../proxy/mod.rs"]
mod proxy;
mod running;
mod sampling;
#[path = "../source/mod.rs"]
mod source;
