//! What a tracing server must answer: one suite for the simulated server and the real Zipkin.
//!
//! Each case is a function over a [`Target`] and brings names, ids and times of its own ([`Scope`]), so that
//! cases neither disturb each other nor what else a server holds.

pub mod calls;
pub mod links;
pub mod questions;
pub mod reports;
pub mod search;
pub mod soup;
pub mod waterfalls;

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// Far longer than a report takes to be found on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Hands every case of the suite to a macro, each as `module::function`.
macro_rules! for_each_case {
    ($make:ident) => {
        $make! {
            links::every_story_makes_its_links,
            links::a_trace_counts_whole_once_one_span_is_in_the_window,
            links::halves_of_a_trace_with_a_long_and_a_short_id_are_one,
            links::a_span_that_comes_twice_counts_once,
            links::spans_without_a_time_are_at_the_epoch,
            calls::calls_of_the_traces_of_a_window_add_up_to_its_links,
            calls::tallies_of_the_traces_of_a_window_add_up_to_its_links,
            reports::spans_come_back_in_zipkins_form,
            reports::what_is_no_list_of_spans_is_refused,
            reports::odd_but_good_reports_are_taken,
            reports::reports_may_be_gzipped,
            reports::reports_are_counted,
            questions::bad_questions_are_refused,
            questions::what_is_not_known_is_empty_or_not_found,
            questions::names_are_those_that_spans_tell,
            questions::names_may_be_cached_once_there_are_some,
            questions::the_server_tells_about_itself,
            questions::other_paths_and_methods_are_not_found,
            search::parameters_narrow_the_search,
            search::the_window_ends_now_unless_told_otherwise,
            search::traces_come_newest_first_and_whole,
            search::many_traces_come_in_the_order_of_their_ids,
            search::ids_that_differ_in_the_upper_half_are_two_traces,
            waterfalls::a_trace_is_asked_for_by_its_id_and_laid_out,
            waterfalls::a_trace_that_is_not_held_is_said_to_be_gone,
        }
    };
}

/// A server under test.
#[derive(Clone, Debug)]
pub struct Target {
    url: String,
    http: reqwest::Client,
}

/// What it answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub kind: String,
    pub cache: Option<String>,
    /// The body's JSON, or its text.
    pub body: Value,
}

impl Target {
    pub fn new(url: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy();
        Self {
            url: url.to_owned(),
            http: http.timeout(PATIENCE).build().expect("a client"),
        }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = request.send().await.expect("the server answers");
        let header = |name| {
            let value = answer.headers().get(name)?;
            Some(value.to_str().expect("a header of text").to_owned())
        };
        let (kind, cache) = (header(CONTENT_TYPE), header(CACHE_CONTROL));
        let kind = kind.unwrap_or_default();
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a body of text");
        let body = if kind.starts_with("application/json") {
            serde_json::from_str(&text).expect("what says that it is JSON is")
        } else {
            Value::from(text)
        };
        Answer {
            status,
            kind,
            cache,
            body,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// The very text of an answer.
    pub async fn text(&self, path: &str) -> String {
        let answer = self.request(Method::GET, path).send().await;
        let answer = answer.expect("the server answers");
        answer.text().await.expect("a body of text")
    }

    /// The JSON of an answer that must be one.
    pub async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(
            (answer.status, answer.kind.as_str()),
            (200, "application/json"),
            "{path}"
        );
        answer.body
    }

    /// Reports spans, and waits until they are held: a server may take them before it has stored them.
    pub async fn report(&self, scope: &Scope, spans: &[Value]) {
        let mark = scope.next_trace();
        let mut spans = spans.to_vec();
        // Spans of one report are stored at once, and this one enters no window and names no service.
        spans.push(json!({"traceId": mark, "id": "1"}));
        let request = self.request(Method::POST, "/api/v2/spans").json(&spans);
        let answer = self.send(request).await;
        assert_eq!((answer.status, answer.body), (202, Value::from("")));
        let held = tokio::time::timeout(PATIENCE, async {
            while self.get(&format!("/api/v2/trace/{mark}")).await.status != 200 {}
        });
        assert!(held.await.is_ok(), "the report was taken, but never held");
    }

    /// The links of a window, by caller and callee: a server may give them in any order.
    pub async fn links(&self, window: &str) -> Vec<Value> {
        let Value::Array(mut links) = self.json(&format!("/api/v2/dependencies?{window}")).await
        else {
            panic!("the links are a list");
        };
        links.sort_by_key(|link| (link["parent"].to_string(), link["child"].to_string()));
        links
    }
}

/// Names, ids and a window of time that no other case has.
#[derive(Debug)]
pub struct Scope {
    tick: u64,
    traces: AtomicU64,
}

/// Traces that one scope may have.
const TRACES: u64 = 4_096;
/// The length of a scope's window in ms.
pub const LENGTH: i64 = 120_000;

impl Scope {
    pub fn new() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let now = u64::try_from(Timestamp::now().as_microsecond()).expect("later than 1970");
        let last = LAST.fetch_max(now, Ordering::SeqCst);
        // Two cases may begin in one microsecond.
        let tick = if last < now {
            now
        } else {
            LAST.fetch_add(1, Ordering::SeqCst) + 1
        };
        Self {
            tick,
            traces: AtomicU64::new(0),
        }
    }

    /// A service's name in this scope.
    pub fn name(&self, service: &str) -> String {
        format!("{service}-{:x}", self.tick)
    }

    /// Whether a name is one of this scope.
    pub fn has(&self, name: &str) -> bool {
        name.ends_with(&format!("-{:x}", self.tick))
    }

    /// The id of a trace, never given before.
    pub fn next_trace(&self) -> String {
        let number = self.traces.fetch_add(1, Ordering::SeqCst);
        assert!(number < TRACES, "a scope has no more ids");
        format!(
            "{:016x}",
            self.tick.wrapping_mul(TRACES).wrapping_add(number)
        )
    }

    /// The begin of the window, in ms since the epoch. Years ahead, so that nothing else lies in it, and what a
    /// full server drops first is older.
    pub fn begin(&self) -> i64 {
        let years_ahead = 1_900_000_000_000 + 10 * 365 * 86_400_000;
        let window = i64::try_from(self.tick % (1 << 20)).expect("small");
        years_ahead + window * LENGTH
    }

    /// A time of a span: µs since the epoch, given ms since the begin of the window.
    pub fn at(&self, ms: i64) -> i64 {
        (self.begin() + ms) * 1_000
    }

    /// The part of the window between two times in ms since its begin, both included, as parameters.
    pub fn between(&self, from: i64, to: i64) -> String {
        format!("endTs={}&lookback={}", self.begin() + to, to - from)
    }

    /// The whole window, as parameters.
    pub fn window(&self) -> String {
        self.between(0, LENGTH - 1)
    }
}

/// A call between two services, recorded by both sides, as spans of a trace.
pub fn call(scope: &Scope, trace: &str, from: &str, to: &str, at: i64) -> [Value; 2] {
    [
        json!({
            "traceId": trace, "id": "1", "kind": "CLIENT", "name": "get", "timestamp": scope.at(at),
            "duration": 2_000, "localEndpoint": {"serviceName": scope.name(from)},
        }),
        json!({
            "traceId": trace, "id": "2", "parentId": "1", "kind": "SERVER", "name": "get /",
            "timestamp": scope.at(at + 1), "duration": 1_000,
            "localEndpoint": {"serviceName": scope.name(to)},
        }),
    ]
}

/// A link as a server gives it.
pub fn link(parent: impl Display, child: impl Display, calls: u64, errors: u64) -> Value {
    let mut link = json!({
        "parent": parent.to_string(), "child": child.to_string(), "callCount": calls,
    });
    if errors > 0 {
        link["errorCount"] = errors.into();
    }
    link
}
