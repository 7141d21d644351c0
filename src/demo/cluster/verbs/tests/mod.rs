//! What is refused, and how.

mod deleting;
mod writing;

use serde_json::{Value, json};

use super::super::object::Key;
use super::super::testing::{SHOP, cluster, deployment, key, service, template};
use super::*;

pub(super) fn refused<T: std::fmt::Debug>(answer: Result<T, Refusal>) -> (u16, String) {
    let refusal = answer.expect_err("it is refused");
    (refusal.code, refusal.message)
}
