//! Who calls whom how often, as the spans of one trace tell it.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use super::hop::hops;
use super::piece::Piece;
use super::span::Span;
use super::tree::Tree;

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
pub struct Sum {
    places: HashMap<(Arc<str>, Arc<str>), usize>,
    links: Vec<Link>,
}

impl Sum {
    /// Adds calls.
    pub fn add(&mut self, link: Link) {
        let ends = (Arc::clone(&link.parent), Arc::clone(&link.child));
        let place = *self.places.entry(ends).or_insert(self.links.len());
        match self.links.get_mut(place) {
            Some(sum) => {
                sum.call_count += link.call_count;
                sum.error_count += link.error_count;
            }
            None => self.links.push(link),
        }
    }

    /// The sums.
    #[must_use]
    pub fn links(self) -> Vec<Link> {
        self.links
    }
}

/// The calls in one trace, given all its spans: those of [`super::calls::calls_of`] of which both sides have
/// a name, added up.
#[must_use]
pub fn links_of(spans: &[&Span]) -> Vec<Link> {
    let pieces = Piece::merged(spans);
    let tree = Tree::of(&pieces);
    let mut sum = Sum::default();
    for hop in hops(&tree).into_iter().filter(|hop| !hop.is_address) {
        if let Some(caller) = hop.caller {
            sum.add(Link {
                parent: Arc::clone(caller),
                child: Arc::clone(hop.callee),
                call_count: 1,
                error_count: u64::from(hop.failed),
            });
        }
    }
    sum.links()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::endpoint::Endpoint;
    use crate::trace::id::{SpanId, TraceId};
    use crate::trace::span::Kind;

    fn endpoint(name: &str, port: u16) -> Option<Arc<Endpoint>> {
        let endpoint = match (name, name.strip_prefix('@')) {
            ("-", _) => return None,
            (_, Some(ip)) => Endpoint::default().at(ip),
            (name, None) => Endpoint::named(name),
        };
        Some(Arc::new(endpoint.on_port(port)))
    }

    fn span(words: &[&str], at: i64) -> Span {
        let flag = |name: &str| words.iter().skip(5).any(|word| *word == name);
        let port = words.iter().find_map(|word| word.strip_prefix("port="));
        let mut span = Span::new(TraceId::new(0, 1), SpanId::parse(words[0]).unwrap());
        span.parent_id = (words[1] != "-").then(|| SpanId::parse(words[1]).unwrap());
        span.kind = match words[2] {
            "client" => Some(Kind::Client),
            "server" => Some(Kind::Server),
            "producer" => Some(Kind::Producer),
            "consumer" => Some(Kind::Consumer),
            "-" => None,
            other => panic!("no kind: {other}"),
        };
        span.timestamp = at;
        span.local_endpoint = endpoint(words[3], port.map_or(0, |port| port.parse().unwrap()));
        span.remote_endpoint = endpoint(words[4], 0);
        span.shared = flag("shared");
        if flag("error") {
            span.tags.put("error", "");
        }
        span.normalised()
    }

    fn link(words: &[&str]) -> Link {
        Link {
            parent: words[0].into(),
            child: words[1].into(),
            call_count: words[2].parse().unwrap(),
            error_count: words[3].parse().unwrap(),
        }
    }

    #[test]
    fn every_story_makes_its_links() {
        let stories = include_str!("stories.txt").split("\n! ").skip(1);
        let mut told = 0;
        for story in stories {
            let (title, lines) = story.split_once('\n').unwrap();
            let (mut spans, mut expected) = (Vec::new(), Vec::new());
            for line in lines.lines() {
                let words: Vec<&str> = line.split_whitespace().collect();
                match words.split_first() {
                    Some((&"=", [])) | None => {}
                    Some((&"=", words)) => expected.push(link(words)),
                    Some(_) => spans.push(span(&words, i64::try_from(spans.len()).unwrap() + 1)),
                }
            }
            let given: Vec<&Span> = spans.iter().collect();
            assert_eq!(links_of(&given), expected, "{title}");
            // Spans are reported by many, in any order.
            let given: Vec<&Span> = spans.iter().rev().collect();
            let mut links = links_of(&given);
            let ends = |link: &Link| (Arc::clone(&link.parent), Arc::clone(&link.child));
            links.sort_by_key(ends);
            expected.sort_by_key(ends);
            assert_eq!(links, expected, "{title}, the other way round");
            told += 1;
        }
        assert!(told > 40, "only {told} stories were read");
    }

    #[test]
    fn no_spans_make_no_links() {
        assert_eq!(links_of(&[]), []);
    }

    #[test]
    fn links_add_up_in_the_order_in_which_they_were_met() {
        let mut sum = Sum::default();
        for words in [
            ["b", "c", "2", "1"],
            ["a", "b", "1", "0"],
            ["b", "c", "3", "0"],
        ] {
            sum.add(link(&words));
        }
        assert_eq!(
            serde_json::to_string(&sum.links()).unwrap(),
            concat!(
                r#"[{"parent":"b","child":"c","callCount":5,"errorCount":1},"#,
                r#"{"parent":"a","child":"b","callCount":1}]"#
            )
        );
    }
}
