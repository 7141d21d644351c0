//! The tracing server's HTTP side: Zipkin's paths, parameters, texts and headers over a [`Store`].
//!
//! It must hold no rule of what is answered; those are in the pure modules beside it.
//!
//! Knowing differences from Zipkin 3.6.1 with `STORAGE_TYPE=mem`:
//! - Its page, `/api/v1`, `/prometheus`, `/actuator` and gRPC are not served; spans are taken as JSON only.
//! - Answers are never compressed and carry no `Server`, `ETag` or CORS header.
//! - Line and paragraph separators in JSON are not escaped; the metrics are in another order.
//! - What its JSON library says of lines and columns of a bad body is said shorter.
//! - A body that is too large is refused with 413, where Zipkin's 500 has the same text.
//! - Halves of surrogate pairs in JSON are refused; its metrics count each refused report once.

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, Query as Pairs, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::Serialize;

use crate::demo::date;

use super::metrics::Metrics;
use super::query::{Parameters, Query, Window};
use super::store::Store;
use crate::trace::decode;
use crate::trace::id::TraceId;
use crate::trace::refusal::Refusal;

/// Tells the simulation's time, for windows that end now and for the `Date` header.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Largest report, in bytes, before and after decompression: Armeria's limit, on which Zipkin runs.
const BODY_LIMIT: usize = 10 * 1024 * 1024;
/// Most ids that one question for traces may hold; what follows the last comma is one id.
const MOST_IDS: usize = 1_000;
/// More services than these, and Zipkin lets names be cached: below, somebody is just setting up.
const FEW_SERVICES: usize = 3;
const JSON: &str = "application/json";
const JSON_UTF_8: &str = "application/json; charset=utf-8";
/// What Zipkin says of its messages. Odd, but plain text to every client.
const ANY_TEXT: &str = "text/*";
const PLAIN: &str = "text/plain; charset=utf-8";

/// The version whose answers these are.
const INFO: &str = "{\"zipkin\":{\"version\":\"3.6.1\",\"commit\":\"b2b0c98\"}}\n";
/// A store in memory is never down.
const HEALTH: &str = r#"{
  "status" : "UP",
  "zipkin" : {
    "status" : "UP",
    "details" : {
      "InMemoryStorage{}" : {
        "status" : "UP"
      }
    }
  }
}"#;
/// What Zipkin's own page is set up with by default.
const CONFIG: &str = r#"{
  "environment" : "",
  "queryLimit" : 10,
  "defaultLookback" : 900000,
  "searchEnabled" : true,
  "logsUrl" : null,
  "supportUrl" : null,
  "archivePostUrl" : null,
  "archiveUrl" : null,
  "dependency" : {
    "enabled" : true,
    "lowErrorRate" : 0.5,
    "highErrorRate" : 0.75
  }
}"#;

#[derive(Clone)]
struct Server {
    store: Arc<Mutex<Store>>,
    clock: Clock,
    metrics: Arc<Mutex<Metrics>>,
    /// Services at the last question for them.
    services: Arc<AtomicUsize>,
}

/// The server's paths over a store, by this clock.
pub fn router(store: Arc<Mutex<Store>>, clock: Clock) -> Router {
    let server = Server {
        store,
        clock,
        metrics: Arc::default(),
        services: Arc::default(),
    };
    Router::new()
        .nest("/api/v2", questions())
        .nest("/zipkin/api/v2", questions())
        .route("/api/v2/spans", post(report))
        .route("/health", get(health))
        .route("/info", get(info))
        .route("/metrics", get(metrics))
        .route("/zipkin/config.json", get(config))
        .route("/", get(page))
        .route("/zipkin", get(page))
        .route("/zipkin/", get(page))
        .fallback(not_served)
        // A method that a path does not know is a path that is not known.
        .method_not_allowed_fallback(not_served)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(server.clone(), frame))
        .with_state(server)
}

fn questions() -> Router<Server> {
    Router::new()
        .route("/dependencies", get(dependencies))
        .route("/services", get(services))
        .route("/spans", get(spans))
        .route("/remoteServices", get(remote_services))
        .route("/traces", get(traces))
        .route("/trace/{id}", get(trace))
        .route("/traceMany", get(trace_many))
        .route("/autocompleteKeys", get(autocomplete_keys))
        .route("/autocompleteValues", get(autocomplete_values))
}

type Asked = Pairs<Vec<(String, String)>>;
type Answer = Result<Response, Refusal>;

impl Server {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn metrics(&self) -> MutexGuard<'_, Metrics> {
        self.metrics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names, which may be cached once there are more than a few services.
    fn names(&self, names: &[&Arc<str>]) -> Response {
        cacheable(
            json(names),
            self.services.load(Ordering::Relaxed) > FEW_SERVICES,
        )
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        message(StatusCode::BAD_REQUEST, self.to_string())
    }
}

/// Why a report was not taken.
struct Complaint(StatusCode, String);

impl From<Refusal> for Complaint {
    fn from(refusal: Refusal) -> Self {
        Self(StatusCode::BAD_REQUEST, refusal.to_string())
    }
}

fn message(status: StatusCode, text: String) -> Response {
    (status, [(CONTENT_TYPE, ANY_TEXT)], text).into_response()
}

fn json<T: Serialize + ?Sized>(value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => ([(CONTENT_TYPE, JSON)], body).into_response(),
        Err(error) => message(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

fn cacheable(mut answer: Response, may: bool) -> Response {
    if may {
        let rule = HeaderValue::from_static("max-age=300, must-revalidate");
        answer.headers_mut().insert(CACHE_CONTROL, rule);
    }
    answer
}

/// Stamps every answer with the simulation's time. `HEAD` is not known to Zipkin, but to axum where `GET` is.
async fn frame(State(server): State<Server>, request: Request, next: Next) -> Response {
    let mut answer = if request.method() == Method::HEAD {
        not_served(request.method().clone(), request.uri().clone()).await
    } else {
        next.run(request).await
    };
    let now = (server.clock)();
    date::stamp(answer.headers_mut(), now);
    answer
}

async fn dependencies(State(server): State<Server>, Pairs(asked): Asked) -> Answer {
    let window = Window::parse(&Parameters::new(asked))?;
    let links = server.store().links(window);
    Ok(json(&links))
}

async fn services(State(server): State<Server>) -> Response {
    let store = server.store();
    let names: Vec<&Arc<str>> = store.services().collect();
    server.services.store(names.len(), Ordering::Relaxed);
    server.names(&names)
}

async fn spans(State(server): State<Server>, Pairs(asked): Asked) -> Answer {
    let asked = Parameters::new(asked);
    let store = server.store();
    let names: Vec<&Arc<str>> = store.span_names(asked.needed("serviceName")?).collect();
    Ok(server.names(&names))
}

async fn remote_services(State(server): State<Server>, Pairs(asked): Asked) -> Answer {
    let asked = Parameters::new(asked);
    let store = server.store();
    let names: Vec<&Arc<str>> = store
        .remote_services(asked.needed("serviceName")?)
        .collect();
    Ok(server.names(&names))
}

async fn traces(State(server): State<Server>, Pairs(asked): Asked) -> Answer {
    let now = (server.clock)().as_millisecond();
    let query = Query::parse(&Parameters::new(asked), now)?;
    Ok(json(&server.store().traces(&query)))
}

async fn trace(State(server): State<Server>, Path(id): Path<String>) -> Answer {
    let id = TraceId::parse(id.trim_matches(|c| c <= ' '))?;
    let store = server.store();
    let spans = store.trace(id);
    Ok(if spans.is_empty() {
        message(StatusCode::NOT_FOUND, format!("{id} not found"))
    } else {
        json(&spans)
    })
}

async fn trace_many(State(server): State<Server>, Pairs(asked): Asked) -> Answer {
    let asked = Parameters::new(asked);
    let text = asked.needed("traceIds")?;
    if text.is_empty() {
        return Err(Refusal::new("traceIds parameter is empty"));
    }
    let mut ids = Vec::new();
    for text in text.splitn(MOST_IDS, ',') {
        let id = TraceId::parse(text)?;
        if ids.contains(&id) {
            return Err(Refusal::new(format!("redundant traceId: {text}")));
        }
        ids.push(id);
    }
    if ids.len() == 1 {
        return Err(Refusal::new(
            "Use /api/v2/trace/{traceId} endpoint to retrieve a single trace",
        ));
    }
    Ok(json(&server.store().trace_many(&ids)))
}

/// No tag is indexed, as in a Zipkin that was not told which.
async fn autocomplete_keys() -> Response {
    cacheable(json::<[&str]>(&[]), true)
}

async fn autocomplete_values(Pairs(asked): Asked) -> Answer {
    if Parameters::new(asked).needed("key")?.is_empty() {
        return Err(Refusal::new("key was empty"));
    }
    Ok(json::<[&str]>(&[]))
}

async fn report(
    State(server): State<Server>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let taken = match body {
        Ok(body) => take(&server, &headers, &body),
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(too_large()),
        Err(rejection) => Err(Complaint(rejection.status(), rejection.body_text())),
    };
    match taken {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(Complaint(status, text)) => {
            server.metrics().drop_message();
            message(status, text)
        }
    }
}

fn take(server: &Server, headers: &HeaderMap, body: &Bytes) -> Result<(), Complaint> {
    let header = |name| {
        let value = headers.get(name);
        value.and_then(|value: &HeaderValue| value.to_str().ok())
    };
    if header(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/x-protobuf")) {
        let why =
            "The demo takes spans as JSON only: send application/json, not application/x-protobuf";
        return Err(Complaint(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            why.to_owned(),
        ));
    }
    let gzipped = header(CONTENT_ENCODING).is_some_and(|coding| coding.contains("gzip"));
    let unzipped;
    let body: &[u8] = if gzipped && !body.is_empty() {
        unzipped = gunzip(body)?;
        &unzipped
    } else {
        body
    };
    server.metrics().message(body.len() as u64);
    let spans = decode::spans(body)?;
    server.metrics().spans(spans.len() as u64);
    server.store().accept(spans);
    Ok(())
}

/// Few bytes may unpack to very many, so that there is a limit to both.
fn gunzip(body: &[u8]) -> Result<Vec<u8>, Complaint> {
    let mut unzipped = Vec::new();
    let most = BODY_LIMIT as u64 + 1;
    let read = flate2::read::MultiGzDecoder::new(body)
        .take(most)
        .read_to_end(&mut unzipped);
    match read {
        Ok(read) if read > BODY_LIMIT => Err(too_large()),
        Ok(_) => Ok(unzipped),
        Err(_) => Err(Refusal::new("Cannot gunzip spans").into()),
    }
}

fn too_large() -> Complaint {
    Complaint(
        StatusCode::PAYLOAD_TOO_LARGE,
        "413 Request Entity Too Large".to_owned(),
    )
}

async fn health() -> Response {
    told(HEALTH)
}

async fn info() -> Response {
    told(INFO)
}

async fn config() -> Response {
    let mut answer = told(CONFIG);
    let rule = HeaderValue::from_static("max-age=600");
    answer.headers_mut().insert(CACHE_CONTROL, rule);
    answer
}

fn told(json: &'static str) -> Response {
    ([(CONTENT_TYPE, JSON_UTF_8)], json).into_response()
}

async fn metrics(State(server): State<Server>) -> Response {
    let accepted = server.store().accepted();
    let counts = server.metrics().report(accepted);
    ([(CONTENT_TYPE, JSON)], format!("{counts:#}")).into_response()
}

async fn page() -> Response {
    let text = "This is the tracing server of portolan's demo. It has Zipkin's API below /api/v2, but \
                Zipkin's own page is not served; portolan shows what is in it.\n";
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, PLAIN)], text).into_response()
}

async fn not_served(method: Method, uri: Uri) -> Response {
    let text = format!(
        "404 Not Found: the demo does not serve {method} {}; it has Zipkin's API below /api/v2\n",
        uri.path()
    );
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, PLAIN)], text).into_response()
}
