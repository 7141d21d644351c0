//! Passes requests on through a client of its own, and does to the chosen ones what it was told to.
//!
//! It speaks plain HTTP on loopback, so the program that is sent through it needs no credentials and has the
//! rights of that client.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Body;
use futures::StreamExt;
use http::{Method, Request, Response};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kube::Client;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The connection is cut; the server never hears of it.
    CutBefore,
    /// The server answers, and the connection is cut instead of passing the answer on.
    CutAfter,
    /// The answer is cut after so many bytes of its body.
    CutWithin(usize),
    /// Nobody answers; the server never hears of it.
    SilentBefore,
    /// The server answers, and nobody passes the answer on.
    SilentAfter,
    /// The answer comes later.
    Late(Duration),
    /// The server hears of it when this turns true.
    Held(watch::Receiver<bool>),
    /// The answer stops after so many bytes of its body; the connection stays as long as the server's.
    StopsWithin(usize),
    /// The question is asked in other words: path and query.
    Reworded(fn(&str) -> String),
    /// A line without an end, of so many bytes; they are counted as they are taken.
    Flood(usize, Arc<AtomicUsize>),
    /// Another answer: status, headers, body; the server never hears of it.
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
}

impl Fault {
    /// An answer as an API server refuses: `Status` with this code, reason and message.
    pub fn status(code: u16, reason: &str, message: &str) -> Self {
        let body = serde_json::json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": code,
        });
        Self::Answer {
            status: code,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string(),
        }
    }
}

type Test = Box<dyn Fn(&Request<()>) -> bool + Send>;

struct Rule {
    is_meant: Test,
    left: usize,
    fault: Fault,
}

#[derive(Default)]
struct Shared {
    rules: Mutex<Vec<Rule>>,
    seen: Mutex<Vec<(Method, String)>>,
    /// When each of them came.
    times: Mutex<Vec<Instant>>,
    answered: Mutex<Vec<(Method, String, u16)>>,
    /// When each answer came.
    answers: Mutex<Vec<Instant>>,
}

/// A server that stands in front of another. It ends with this value; connections that are open then end
/// with the runtime.
pub struct HttpProxy {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    _listening: AbortOnDropHandle<()>,
}

impl HttpProxy {
    /// Stands in front of the server that a client reaches.
    pub async fn start(client: Client) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, client) = (Arc::clone(&own), client.clone());
                let service =
                    service_fn(move |request| answer(request, Arc::clone(&shared), client.clone()));
                // A connection that is cut on purpose ends with an error.
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self {
            address,
            shared,
            _listening: AbortOnDropHandle::new(listening),
        }
    }

    /// A kubeconfig that leads here, as text; the context's namespace is as given.
    pub fn kubeconfig(&self, namespace: &str) -> String {
        serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "proxy",
            "clusters": [{"name": "proxy", "cluster": {"server": format!("http://{}", self.address)}}],
            "users": [{"name": "proxy", "user": {}}],
            "contexts": [{
                "name": "proxy",
                "context": {"cluster": "proxy", "user": "proxy", "namespace": namespace},
            }],
        })
        .to_string()
    }

    /// Does this to the next so many requests that are meant; rules are looked through in their order.
    pub fn fail(
        &self,
        times: usize,
        fault: Fault,
        is_meant: impl Fn(&Request<()>) -> bool + Send + 'static,
    ) {
        let rule = Rule {
            is_meant: Box::new(is_meant),
            left: times,
            fault,
        };
        self.shared.rules.lock().expect("whole").push(rule);
    }

    /// How many requests came that change something.
    pub fn writes(&self) -> usize {
        let seen = self.shared.seen.lock().expect("whole");
        seen.iter()
            .filter(|(method, path)| changes(method, path))
            .count()
    }

    /// All is well again.
    pub fn heal(&self) {
        self.shared.rules.lock().expect("whole").clear();
    }

    /// What the server itself answered, whether that was passed on or not: methods, paths and statuses.
    pub fn answered(&self) -> Vec<(Method, String, u16)> {
        self.shared.answered.lock().expect("whole").clone()
    }

    /// How long after a refusal with this status the same was asked again: each time, by its path.
    pub fn asked_after(&self, refusal: u16) -> Vec<(String, Duration)> {
        let bare = |path: &str| path.split('?').next().unwrap_or_default().to_owned();
        let (answered, answers) = (self.answered(), self.shared.answers.lock().expect("whole"));
        let (seen, times) = (self.seen(), self.times());
        let refused = answered.iter().zip(&*answers);
        let refused = refused.filter(|((.., status), _)| *status == refusal);
        let again = refused.filter_map(|((_, path, _), at)| {
            let mut later = seen.iter().zip(&times).filter(|(_, time)| *time > at);
            let (_, time) = later.find(|((_, own), _)| bare(own) == bare(path))?;
            Some((bare(path), *time - *at))
        });
        again.collect()
    }

    /// The methods and paths (with queries) that came, in order.
    pub fn seen(&self) -> Vec<(Method, String)> {
        self.shared.seen.lock().expect("whole").clone()
    }

    /// When each of what was [`Self::seen`] came.
    pub fn times(&self) -> Vec<Instant> {
        self.shared.times.lock().expect("whole").clone()
    }
}

/// Whether a request changes something; a question about one's rights is posted too.
pub fn changes(method: &Method, path: &str) -> bool {
    *method != Method::GET && !path.contains("/selfsubjectaccessreviews")
}

/// The connection is to be cut.
type Cut = std::io::Error;

fn cut() -> Cut {
    Cut::other("cut on purpose")
}

async fn answer(
    request: Request<hyper::body::Incoming>,
    shared: Arc<Shared>,
    client: Client,
) -> Result<Response<Body>, Cut> {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let path = path.to_owned();
    let seen = (head.method.clone(), path.clone());
    shared.times.lock().expect("whole").push(Instant::now());
    shared.seen.lock().expect("whole").push(seen);
    let mut head = Request::from_parts(head, ());
    let fault = shared.chosen(&head);
    match fault {
        Some(Fault::CutBefore) => return Err(cut()),
        Some(Fault::SilentBefore) => std::future::pending().await,
        Some(Fault::Reworded(words)) => {
            *head.uri_mut() = words(&head.uri().to_string()).parse().expect("a path");
        }
        Some(Fault::Held(ref released)) => {
            // Whoever held it may be gone, and then it passes too.
            let _ = released.clone().wait_for(|released| *released).await;
        }
        Some(Fault::Flood(bytes, taken)) => return Ok(Response::new(flood(bytes, taken))),
        Some(Fault::Answer {
            status,
            headers,
            body,
        }) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            return Ok(response.body(Body::from(body)).expect("a response"));
        }
        _ => {}
    }
    let body = axum::body::to_bytes(Body::new(body), 64 << 20).await;
    let body = kube::client::Body::from(body.map_err(|_| cut())?.to_vec());
    let method = head.method().clone();
    let response = client
        .send(head.map(|()| body))
        .await
        // Whoever is behind us has cut the connection; so do we.
        .map_err(|_| cut())?;
    let answered = (method, path, response.status().as_u16());
    shared.answers.lock().expect("whole").push(Instant::now());
    shared.answered.lock().expect("whole").push(answered);
    match fault {
        Some(Fault::CutAfter) => return Err(cut()),
        Some(Fault::SilentAfter) => std::future::pending().await,
        Some(Fault::Late(wait)) => tokio::time::sleep(wait).await,
        Some(Fault::StopsWithin(bytes)) => {
            return Ok(response.map(|body| stops_within(body, bytes)));
        }
        Some(Fault::CutWithin(bytes)) => return Ok(response.map(|body| cut_within(body, bytes))),
        _ => {}
    }
    Ok(response.map(Body::new))
}

/// The first bytes of a body, and then no end that would be one.
fn cut_within(body: kube::client::Body, bytes: usize) -> Body {
    let mut left = bytes;
    let whole = Body::new(body).into_data_stream();
    let first = whole.map(move |chunk| {
        let chunk = chunk.map_err(|_| cut())?;
        if left == 0 {
            return Err(cut());
        }
        let taken = chunk.slice(..left.min(chunk.len()));
        left -= taken.len();
        Ok(taken)
    });
    Body::from_stream(first)
}

/// The first bytes of a body, and then silence, until the server is gone.
fn stops_within(body: kube::client::Body, bytes: usize) -> Body {
    let mut left = bytes;
    let whole = Body::new(body).into_data_stream();
    let first = whole.filter_map(move |chunk| {
        let taken = match chunk {
            Ok(chunk) => {
                let taken = chunk.slice(..left.min(chunk.len()));
                left -= taken.len();
                (!taken.is_empty()).then_some(Ok(taken))
            }
            Err(_) => Some(Err(cut())),
        };
        std::future::ready(taken)
    });
    Body::from_stream(first.chain(futures::stream::pending()))
}

fn flood(bytes: usize, taken: Arc<AtomicUsize>) -> Body {
    const PIECE: usize = 64 * 1024;
    let pieces = futures::stream::iter(0..bytes / PIECE).map(move |_| {
        taken.fetch_add(PIECE, Ordering::Relaxed);
        Ok::<_, Cut>(vec![b'x'; PIECE])
    });
    Body::from_stream(pieces)
}

impl Shared {
    fn chosen(&self, head: &Request<()>) -> Option<Fault> {
        let mut rules = self.rules.lock().expect("whole");
        let rule = rules
            .iter_mut()
            .find(|rule| rule.left > 0 && (rule.is_meant)(head))?;
        rule.left -= 1;
        Some(rule.fault.clone())
    }
}
