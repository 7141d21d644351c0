//! Who calls whom, as the spans of one trace tell it.
//!
//! Zipkin's rules: a call that both sides recorded counts once, by the called side; what only the calling
//! side recorded counts by the name that it gives; messages count to and from the broker, and only where
//! it has a name; a call has failed where a span of it has the tag `error`.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use super::piece::Piece;
use super::span::{Kind, Span};
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

    fn call(&mut self, parent: &Arc<str>, child: &Arc<str>, failed: bool) {
        self.add(Link {
            parent: Arc::clone(parent),
            child: Arc::clone(child),
            call_count: 1,
            error_count: u64::from(failed),
        });
    }

    /// The sums.
    #[must_use]
    pub fn links(self) -> Vec<Link> {
        self.links
    }
}

/// The calls in one trace, given all its spans.
#[must_use]
pub fn links_of(spans: &[&Span]) -> Vec<Link> {
    let pieces = Piece::merged(spans);
    let tree = Tree::of(&pieces);
    let mut sum = Sum::default();
    for (at, piece, above) in tree.walk() {
        match role(piece) {
            // The called side counts this call, and knows its own name better.
            Some(Kind::Client) if piece.kind.is_some() && tree.has_children(at) => {}
            // A user or a gateway called; nobody knows who.
            Some(Kind::Server) if tree.is_root(at) && piece.remote.is_none() => {}
            Some(Kind::Producer) => {
                message(&mut sum, piece, piece.service(), piece.remote.as_ref());
            }
            Some(Kind::Consumer) => {
                message(&mut sum, piece, piece.remote.as_ref(), piece.service());
            }
            Some(Kind::Client) => call(&mut sum, piece, Kind::Client, above),
            Some(Kind::Server) => call(&mut sum, piece, Kind::Server, above),
            None => {}
        }
    }
    sum.links()
}

/// The side that a span records. One that does not say, but knows both names, counts as the calling side.
fn role(piece: &Piece) -> Option<Kind> {
    let knows_both = piece.service().is_some() && piece.remote.is_some();
    piece.kind.or(knows_both.then_some(Kind::Client))
}

fn message(sum: &mut Sum, piece: &Piece, from: Option<&Arc<str>>, to: Option<&Arc<str>>) {
    if let (Some(from), Some(to)) = (from, to) {
        sum.call(from, to, piece.failed);
    }
}

fn call(sum: &mut Sum, piece: &Piece, role: Kind, caller: Option<&Piece>) {
    let (mut parent, child) = match role {
        Kind::Client => (piece.service(), piece.remote.as_ref()),
        _ => (piece.remote.as_ref(), piece.service()),
    };
    let mut failed = piece.failed;
    if let Some(caller) = caller
        && let Some(above) = caller.service()
    {
        // A client of another service than the one above it: the call between the two was not recorded.
        if let (Kind::Client, Some(service)) = (role, piece.service())
            && above != service
        {
            sum.call(above, service, false);
        }
        if role == Kind::Server || parent.is_none() {
            parent = Some(above);
        }
        // The calling side of the same call may know of a failure that the called side does not.
        let split = caller.kind == Some(Kind::Client) && piece.parent == Some(caller.id);
        failed |= split && caller.failed;
    }
    if let (Some(parent), Some(child)) = (parent, child) {
        sum.call(parent, child, failed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::endpoint::Endpoint;
    use crate::trace::id::{SpanId, TraceId};

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
