//! What stands between the program and a real server, and fails on demand: [`wire`] below TLS, where only
//! connections are known, and [`http`], which knows requests and their answers.

#![allow(
    clippy::allow_attributes,
    dead_code,
    reason = "several suites share it, and each uses its part"
)]
#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

pub mod http;
pub mod wire;
