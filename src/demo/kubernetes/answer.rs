//! One request from its address to its answer: who is responsible for it.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::{IntoResponse, Response};

use crate::demo::cluster::kind::Kind;
use crate::demo::cluster::object::Key;
use crate::demo::date;

use super::accept::{self, Form};
use super::failure::Failure;
use super::handle::Shared;
use super::options::Options;
use super::query::Query;
use super::route::{Route, route};
use super::write::{self, Sent};
use super::{access, delete, discovery, list, logs, metrics, openapi, table, watch};

/// The largest body that is read, in bytes, as at a real API server.
const BODY: usize = 3 * 1024 * 1024;

/// Answers a request; in time, as it is in the cluster.
pub(super) async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut answer = match read(body).await {
        Ok(bytes) => asked(&shared, &parts, &bytes).unwrap_or_else(Failure::into_response),
        Err(failure) => failure.into_response(),
    };
    let now = shared.with(|cluster| cluster.now());
    let headers = answer.headers_mut();
    date::stamp(headers, now);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    answer
}

async fn read(body: Body) -> Result<axum::body::Bytes, Failure> {
    to_bytes(body, BODY).await.map_err(|_| {
        Failure::new(
            413,
            "RequestEntityTooLarge",
            format!("Request entity too large: limit is {BODY}"),
        )
    })
}

fn header(parts: &Parts, name: HeaderName) -> &str {
    let value = parts.headers.get(name);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn asked(shared: &Shared, parts: &Parts, bytes: &[u8]) -> Result<Response, Failure> {
    let accepted = header(parts, ACCEPT);
    let query = Query::of(&parts.uri)?;
    let sent = Sent {
        media: header(parts, CONTENT_TYPE),
        bytes,
        query: &query,
    };
    let path = parts.uri.path();
    let form = || accept::form(accepted, &query);
    let reads = parts.method == Method::GET;
    match route(path) {
        Route::Collection { kind, namespace } => collection(
            shared,
            kind,
            namespace.as_deref(),
            &parts.method,
            &sent,
            form()?,
        ),
        Route::Object(key) => object(shared, &key, &parts.method, &sent, form()?),
        Route::Part { key, part } => {
            let form = if part == "log" { Form::Whole } else { form()? };
            part_of(shared, &key, &part, &parts.method, &sent, form)
        }
        Route::Review(review) if parts.method == Method::POST => access::answer(review, &sent),
        Route::Metrics {
            kind,
            namespace,
            name,
        } if reads => metrics::answer(shared, kind, namespace.as_deref(), name.as_deref(), &query),
        Route::Version if reads => Ok(discovery::version()),
        Route::Health if reads => Ok("ok".into_response()),
        Route::OpenApi(path) if reads => openapi::answer(&path),
        Route::CoreVersions if reads => Ok(discovery::core_versions(accept::aggregated(accepted)?)),
        Route::Groups if reads => Ok(discovery::list_groups(accept::aggregated(accepted)?)),
        Route::Group(name) if reads => discovery::group(&name),
        Route::Resources(group, version) if reads => discovery::resources(&group, &version),
        Route::Nothing => Err(Failure::unserved(path)),
        _ => Err(Failure::method()),
    }
}

fn collection(
    shared: &Shared,
    kind: Kind,
    namespace: Option<&str>,
    method: &Method,
    sent: &Sent<'_>,
    form: Form,
) -> Result<Response, Failure> {
    // Where it is not said in which namespace, one can only look.
    let place = match namespace {
        None if kind.names().namespaced => None,
        namespace => Some(namespace.unwrap_or_default()),
    };
    match (method.as_str(), place) {
        ("GET", _) => {
            let options = Options::of(kind, sent.query)?;
            if options.watch {
                Ok(watch::answer(shared, kind, namespace, options, form))
            } else {
                list::answer(shared, kind, namespace, &options, form)
            }
        }
        ("POST", Some(place)) => write::create(shared, kind, place, sent, form),
        ("DELETE", Some(place)) if kind != Kind::Namespace => {
            delete::collection(shared, kind, place, sent)
        }
        _ => Err(Failure::method()),
    }
}

fn object(
    shared: &Shared,
    key: &Key,
    method: &Method,
    sent: &Sent<'_>,
    form: Form,
) -> Result<Response, Failure> {
    match method.as_str() {
        "GET" => write::one(shared, &*write::read(shared, key)?, form),
        "PUT" => write::replace(shared, key, sent, form),
        "PATCH" => write::patch(shared, key, sent, form),
        "DELETE" => delete::object(shared, key, sent, form),
        _ => Err(Failure::method()),
    }
}

fn part_of(
    shared: &Shared,
    key: &Key,
    part: &str,
    method: &Method,
    sent: &Sent<'_>,
    form: Form,
) -> Result<Response, Failure> {
    let names = key.kind.names();
    match (part, method.as_str()) {
        ("log", "GET") if key.kind == Kind::Pod => logs::answer(shared, key, sent.query),
        ("scale", verb @ ("GET" | "PUT" | "PATCH")) if names.scales => {
            let scale = match verb {
                "GET" => shared.with(|cluster| cluster.scale(key))?,
                verb => write::scale(shared, key, sent, verb == "PATCH")?,
            };
            Ok(match form {
                Form::Table(include) => {
                    let now = shared.with(|cluster| cluster.now());
                    axum::Json(table::scale(scale, now, include)).into_response()
                }
                Form::Partial => axum::Json(table::partial(scale)).into_response(),
                _ => axum::Json(scale).into_response(),
            })
        }
        ("status", "GET") => write::one(shared, &*write::read(shared, key)?, form),
        ("status", "PUT" | "PATCH") => Err(Failure::new(
            405,
            "MethodNotAllowed",
            "the demo does not serve writing a status: its own controllers do that",
        )),
        _ if discovery::parts(key.kind)
            .iter()
            .any(|(own, _)| *own == part) =>
        {
            Err(Failure::method())
        }
        _ => {
            let first = part.split('/').next().unwrap_or_default();
            let what = format!("{first} of {}", names.plural);
            Err(match first {
                // These would begin a conversation in another protocol.
                "exec" | "attach" | "portforward" | "proxy" => Failure::unable(&what),
                _ => Failure::unserved(&what),
            })
        }
    }
}
