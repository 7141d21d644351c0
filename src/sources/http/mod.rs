//! Asking over HTTP: what all sources have in common that ask a server now and then.
//!
//! Each has its own questions and its own words for answers; here is a client within bounds, and why nobody
//! answered.

mod client;
mod failure;

use std::time::Duration;

pub(super) use self::client::{body, client, destination, header};
pub(super) use self::failure::{NoAnswer, looks_like_html, quote};

/// The pause after so many failures in a row: 1, 2, then always 5 s. Short, since a person may be waiting
/// for the server to come back, and one small question is no load.
pub(super) const fn back_off(failures: u32) -> Duration {
    Duration::from_secs(match failures {
        0 | 1 => 1,
        2 => 2,
        _ => 5,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, 1)]
    #[case(1, 1)]
    #[case(2, 2)]
    #[case(3, 5)]
    #[case(u32::MAX, 5)]
    fn pauses_grow_to_five_seconds(#[case] failures: u32, #[case] seconds: u64) {
        assert_eq!(back_off(failures), Duration::from_secs(seconds));
    }
}
