//! The tracing source at work: what it says of links, operations and names.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use portolan::model::Model;
use portolan::model::observation::{Link, Links, Observation, Span};
use portolan::model::source::{SourceState, SourceStatus};
use portolan::model::usage::Uses;
use portolan::sources::Source;
use portolan::sources::zipkin::{Settings, Zipkin};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub use crate::source::{PATIENCE, Running};

pub const DEPENDENCIES: &str = "/api/v2/dependencies";
pub const SERVICES: &str = "/api/v2/services";

impl Running {
    pub fn start(settings: Option<Settings>) -> Self {
        let source = Zipkin::new(settings);
        assert_eq!(source.name(), "zipkin");
        Self::of(source)
    }

    pub async fn links(&mut self, span: Span) -> Links {
        self.next("links", |said| match said {
            Observation::Links(links) if links.span == span => Some(links.clone()),
            _ => None,
        })
        .await
    }

    pub async fn uses(&mut self) -> Uses {
        self.next("uses", |said| match said {
            Observation::Uses(uses) => Some((**uses).clone()),
            _ => None,
        })
        .await
    }

    pub async fn names(&mut self) -> Vec<String> {
        self.next("names", |said| match said {
            Observation::Names { names, .. } => {
                Some(names.iter().map(ToString::to_string).collect())
            }
            _ => None,
        })
        .await
    }

    /// The line that says why a part never worked.
    pub async fn failed(&mut self, part: &str) -> String {
        cause(&self.status(part, "failed").await)
    }
}

pub fn cause(status: &SourceStatus) -> String {
    match status.state.as_ref().expect("a state") {
        SourceState::Failed { cause } | SourceState::Stale { cause, .. } => cause.to_string(),
        SourceState::Forbidden { what } => what.to_string(),
        other => panic!("no trouble: {other:?}"),
    }
}

/// Settings that ask often.
pub fn quick(url: &str) -> Settings {
    let mut settings = Settings::new(url).expect("a URL");
    settings.interval = Duration::from_millis(20);
    settings.long_interval = Duration::from_millis(50);
    settings.traces_interval = Duration::from_millis(30);
    settings
}

pub fn link(from: &str, to: &str, calls: u64, errors: u64) -> Link {
    Link {
        caller: from.into(),
        callee: to.into(),
        calls,
        errors,
    }
}

pub fn json(body: impl Into<Vec<u8>>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.into(), "application/json")
}

pub async fn answer(server: &MockServer, at: &str, template: ResponseTemplate) {
    Mock::given(method("GET"))
        .and(path(at))
        .respond_with(template)
        .mount(server)
        .await;
}

/// A server whose every answer about links is `template` and which knows no names.
pub async fn server_with(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    answer(&server, SERVICES, json("[]")).await;
    answer(&server, DEPENDENCIES, template).await;
    server
}

/// The line that such a server leads to.
pub async fn complaint_about(template: ResponseTemplate) -> String {
    let server = server_with(template).await;
    let mut running = Running::start(Some(quick(&server.uri())));
    let line = running.failed("dependencies").await;
    running.stop().await;
    assert!(!line.contains('\n') && line.chars().count() < 400, "{line}");
    line
}

/// Answers in turn, the last one for ever.
pub struct InTurn(Vec<ResponseTemplate>, AtomicU64);

impl InTurn {
    pub fn new(templates: Vec<ResponseTemplate>) -> Self {
        Self(templates, AtomicU64::new(0))
    }
}

impl Respond for InTurn {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let turn = usize::try_from(self.1.fetch_add(1, Ordering::SeqCst)).expect("few");
        self.0[turn.min(self.0.len() - 1)].clone()
    }
}

impl Running {
    /// The next batch, as it comes.
    pub async fn batch(&mut self) -> Vec<Observation> {
        if !self.waiting.is_empty() {
            return std::mem::take(&mut self.waiting);
        }
        let heard = tokio::time::timeout(PATIENCE, self.heard.recv()).await;
        heard.expect("it goes on").expect("the source ended")
    }

    /// Applies what comes until the links are live.
    pub async fn live(&mut self, model: &mut Model) {
        loop {
            for said in self.batch().await {
                let is_live = matches!(
                    &said,
                    Observation::Status(status)
                        if &*status.key.part == "dependencies"
                            && status.state == Some(SourceState::Live)
                );
                model.apply(vec![said], jiff::Timestamp::now());
                if is_live {
                    return;
                }
            }
        }
    }
}
