//! Random faults and random other people around writes to the simulated cluster: the last word about each
//! write agrees with what the server answered and has, and no confirmation is sent twice.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

#[path = "../proxy/mod.rs"]
mod proxy;
mod schedule;
#[path = "../watching/mod.rs"]
mod watching;
mod world;

use rstest::rstest;
use schedule::Schedule;
use world::World;

/// Writes of one run.
const WRITES: u64 = 60;

#[rstest]
#[tokio::test]
async fn the_last_word_about_a_write_is_the_truth(#[values(1, 2, 3, 4)] run: u64) {
    let mut world = World::start(run).await;
    for number in 0..WRITES {
        let schedule = Schedule::random(run * WRITES + number);
        world.play(number, &schedule).await;
    }
}
