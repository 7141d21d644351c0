//! Who calls whom, as the spans of one trace tell it.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use super::span::Span;

/// Calls from one service to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// The caller.
    pub parent: Arc<str>,
    /// The called.
    pub child: Arc<str>,
    /// All calls, also those in vain.
    pub call_count: u64,
    /// The calls in vain; left out when there are none.
    #[serde(skip_serializing_if = "is_zero")]
    pub error_count: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Links added up by their two ends, in the order in which they were met.
#[derive(Debug, Default)]
pub struct Sum<'a> {
    places: HashMap<(&'a str, &'a str), usize>,
    links: Vec<Link>,
}

impl<'a> Sum<'a> {
    /// Adds calls.
    pub fn add(&mut self, link: &'a Link) {
        let place = *self
            .places
            .entry((&link.parent, &link.child))
            .or_insert(self.links.len());
        match self.links.get_mut(place) {
            Some(sum) => {
                sum.call_count += link.call_count;
                sum.error_count += link.error_count;
            }
            None => self.links.push(link.clone()),
        }
    }

    /// The sums.
    #[must_use]
    pub fn links(self) -> Vec<Link> {
        self.links
    }
}

/// The calls in one trace.
#[must_use]
pub fn links_of(_spans: &[&Span]) -> Vec<Link> {
    Vec::new()
}
