//! A small API server over a real socket: lists in pages, streamed lists, watches, refusals, cuts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use super::super::session::Session;

/// How the server answers when a list is asked for as a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Streams {
    /// As it should.
    #[default]
    Yes,
    /// 422, as servers without the feature do.
    Refused,
    /// Takes the question and never says that the list has ended.
    Endless,
}

/// What the server knows and how it behaves.
#[derive(Default)]
pub(super) struct World {
    pub(super) streams: Streams,
    /// Status codes by plural, or by `plural/namespace`; `version` is the session's own question.
    pub(super) refusals: BTreeMap<String, u16>,
    /// Every connection is closed at once.
    pub(super) down: bool,
    /// Paths with their questions, as they were asked.
    pub(super) asked: Vec<String>,
    /// The same of `metrics.k8s.io`.
    pub(super) measured: Vec<String>,
    /// What the metrics server has measured, where there is one; `metrics`, `metrics/namespace` and
    /// `group` may be refused.
    pub(super) metrics: Option<Vec<Value>>,
    version: u64,
    /// Versions before this are forgotten: 410.
    oldest: u64,
    objects: BTreeMap<(String, String, String), Value>,
    log: Vec<(u64, &'static str, String, Value)>,
}

impl World {
    /// The names of a kind's objects in the chosen namespaces, as `namespace/name`.
    pub(super) fn names(&self, plural: &str, within: impl Fn(&str) -> bool) -> Vec<String> {
        let keys = self.objects.keys();
        let keys = keys.filter(|(kind, namespace, _)| kind == plural && within(namespace));
        keys.map(|(_, namespace, name)| format!("{namespace}/{name}"))
            .collect()
    }

    /// Forgets all versions before now.
    pub(super) fn compact(&mut self) {
        self.version += 1;
        self.oldest = self.version;
    }

    fn record(
        &mut self,
        plural: &str,
        namespace: &str,
        name: &str,
        what: &'static str,
        mut object: Value,
    ) {
        self.version += 1;
        object["metadata"]["name"] = json!(name);
        object["metadata"]["uid"] = json!(format!("{plural}-{namespace}-{name}"));
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        if !namespace.is_empty() {
            object["metadata"]["namespace"] = json!(namespace);
        }
        let key = (plural.to_owned(), namespace.to_owned(), name.to_owned());
        if what == "DELETED" {
            self.objects.remove(&key);
        } else {
            self.objects.insert(key, object.clone());
        }
        self.log
            .push((self.version, what, plural.to_owned(), object));
    }
}

/// The server; it ends when it is dropped.
pub(super) struct Server {
    world: Arc<Mutex<World>>,
    /// Counted up on every change; odd steps of the second number cut all connections.
    changed: Arc<watch::Sender<(u64, u64)>>,
    port: u16,
    _accepting: AbortOnDropHandle<()>,
}

impl Server {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let world = Arc::new(Mutex::new(World::default()));
        let changed = Arc::new(watch::Sender::new((0, 0)));
        let (shared, signal) = (Arc::clone(&world), Arc::clone(&changed));
        let accepting = AbortOnDropHandle::new(tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let (world, signal) = (Arc::clone(&shared), signal.subscribe());
                tokio::spawn(async move {
                    let mut cut = signal.clone();
                    let now = cut.borrow().1;
                    tokio::select! {
                        _ = serve(stream, world, signal) => {}
                        _ = cut.wait_for(|(_, cuts)| *cuts != now) => {}
                    }
                });
            }
        }));
        Self {
            world,
            changed,
            port,
            _accepting: accepting,
        }
    }

    pub(super) fn session(&self) -> Session {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = format!("http://127.0.0.1:{}", self.port);
        let mut config = kube::Config::new(url.parse().expect("a URL"));
        config.default_retry = false;
        let client = kube::Client::try_from(config).expect("a client");
        Session::with_client(client, "test", &url, "default")
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("whole")
    }

    /// Makes it another one from now on.
    pub(super) fn change(&self, how: impl FnOnce(&mut World)) {
        how(&mut self.world());
    }

    pub(super) fn put(&self, plural: &str, namespace: &str, name: &str, object: Value) {
        self.record(plural, namespace, name, "MODIFIED", object);
    }

    pub(super) fn delete(&self, plural: &str, namespace: &str, name: &str) {
        self.record(plural, namespace, name, "DELETED", json!({"metadata": {}}));
    }

    fn record(&self, plural: &str, namespace: &str, name: &str, what: &'static str, object: Value) {
        self.world().record(plural, namespace, name, what, object);
        self.changed.send_modify(|(changes, _)| *changes += 1);
    }

    /// Cuts every connection.
    pub(super) fn cut(&self) {
        self.changed.send_modify(|(_, cuts)| *cuts += 1);
    }
}

/// The group of the metrics server.
const METRICS: &str = "/apis/metrics.k8s.io";

fn metrics(world: &World, target: &str) -> Answer {
    let is_group = target == METRICS;
    let within = target.split_once("/namespaces/");
    let namespace = within.and_then(|(_, rest)| rest.split('/').next());
    let refused = world
        .refusals
        .get(if is_group { "group" } else { "metrics" })
        .or_else(|| world.refusals.get(&format!("metrics/{}", namespace?)));
    match (refused, &world.metrics) {
        (Some(code), _) => {
            let message = format!("metrics: {code}");
            Answer::Whole(*code, json!({"kind": "Status", "message": message}))
        }
        (None, None) => Answer::Whole(404, json!({"kind": "Status", "message": "no"})),
        (None, Some(_)) if is_group => Answer::Whole(200, json!({"kind": "APIGroup"})),
        (None, Some(items)) => {
            let within =
                |item: &&Value| namespace.is_none_or(|own| item["metadata"]["namespace"] == own);
            let items: Vec<&Value> = items.iter().filter(within).collect();
            Answer::Whole(200, json!({"kind": "PodMetricsList", "items": items}))
        }
    }
}

/// One connection, request after request.
async fn serve(
    mut stream: TcpStream,
    world: Arc<Mutex<World>>,
    mut changed: watch::Receiver<(u64, u64)>,
) -> Option<()> {
    loop {
        let target = request(&mut stream).await?;
        let answer = {
            let mut world = world.lock().ok()?;
            if world.down {
                return None;
            }
            if target.starts_with(METRICS) {
                world.measured.push(target.clone());
                metrics(&world, &target)
            } else {
                world.asked.push(target.clone());
                answer(&world, &target)
            }
        };
        match answer {
            Answer::Whole(code, body) => {
                let body = body.to_string();
                let head = format!(
                    "HTTP/1.1 {code} X\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                stream
                    .write_all(format!("{head}{body}").as_bytes())
                    .await
                    .ok()?;
            }
            Answer::Stream {
                lines,
                of,
                mut after,
            } => {
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
                stream.write_all(head.as_bytes()).await.ok()?;
                chunk(&mut stream, &lines).await?;
                loop {
                    changed.borrow_and_update();
                    let lines: Vec<Value> = {
                        let world = world.lock().ok()?;
                        let new = world
                            .log
                            .iter()
                            .filter(|entry| entry.0 > after && of.has(entry));
                        let lines = new.map(|entry| json!({"type": entry.1, "object": entry.3}));
                        let lines = lines.collect();
                        after = after.max(world.version);
                        lines
                    };
                    chunk(&mut stream, &lines).await?;
                    changed.changed().await.ok()?;
                }
            }
        }
    }
}

async fn chunk(stream: &mut TcpStream, lines: &[Value]) -> Option<()> {
    if lines.is_empty() {
        return Some(());
    }
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    let text = lines.join("\n") + "\n";
    let chunk = format!("{:x}\r\n{text}\r\n", text.len());
    stream.write_all(chunk.as_bytes()).await.ok()
}

/// The target of the next request.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).await.ok()? == 0 {
            return None;
        }
        head.extend(byte);
    }
    let head = String::from_utf8(head).ok()?;
    head.split(' ').nth(1).map(str::to_owned)
}

enum Answer {
    Whole(u16, Value),
    Stream {
        lines: Vec<Value>,
        of: Collection,
        after: u64,
    },
}

/// A kind in one or all namespaces.
struct Collection {
    plural: String,
    namespace: Option<String>,
}

impl Collection {
    fn parse(path: &str) -> Self {
        let parts: Vec<&str> = path.split('/').collect();
        let plural = parts.last().copied().unwrap_or("").to_owned();
        let namespace = parts
            .iter()
            .position(|part| *part == "namespaces")
            .and_then(|at| parts.get(at + 1))
            .map(|namespace| (*namespace).to_owned());
        Self { plural, namespace }
    }

    fn covers(&self, namespace: &str) -> bool {
        self.namespace.as_deref().is_none_or(|own| own == namespace)
    }

    fn has(&self, entry: &(u64, &'static str, String, Value)) -> bool {
        entry.2 == self.plural
            && self.covers(entry.3["metadata"]["namespace"].as_str().unwrap_or(""))
    }
}

fn answer(world: &World, target: &str) -> Answer {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if path == "/version" {
        let refusal = world.refusals.get("version").copied();
        return refusal.map_or_else(
            || Answer::Whole(200, json!({"gitVersion": "v1.36.3"})),
            failure,
        );
    }
    let ask = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
            .next()
    };
    let of = Collection::parse(path);
    let both = format!("{}/{}", of.plural, of.namespace.as_deref().unwrap_or("*"));
    if let Some(code) = world
        .refusals
        .get(&of.plural)
        .or_else(|| world.refusals.get(&both))
    {
        return failure(*code);
    }
    let objects = world.objects.iter();
    let objects =
        objects.filter(|((plural, namespace, _), _)| *plural == of.plural && of.covers(namespace));
    let objects: Vec<&Value> = objects.map(|(_, object)| object).collect();
    if ask("watch").is_none() {
        return page(world, &objects, ask("limit"), ask("continue"));
    }
    let after = world.version;
    if ask("sendInitialEvents").is_some() {
        if world.streams == Streams::Refused {
            return failure(422);
        }
        let mut lines: Vec<Value> = objects
            .iter()
            .map(|o| json!({"type": "ADDED", "object": o}))
            .collect();
        if world.streams == Streams::Yes {
            lines.push(json!({"type": "BOOKMARK", "object": {"kind": "X", "apiVersion": "v1", "metadata": {
                "resourceVersion": after.to_string(), "annotations": {"k8s.io/initial-events-end": "true"}}}}));
        }
        return Answer::Stream { lines, of, after };
    }
    let after = ask("resourceVersion")
        .and_then(|v| v.parse().ok())
        .unwrap_or(after);
    if after < world.oldest {
        return failure(410);
    }
    Answer::Stream {
        lines: Vec::new(),
        of,
        after,
    }
}

fn page(world: &World, objects: &[&Value], limit: Option<String>, token: Option<String>) -> Answer {
    let limit = limit
        .and_then(|limit| limit.parse().ok())
        .unwrap_or(usize::MAX);
    let skip: usize = token.and_then(|token| token.parse().ok()).unwrap_or(0);
    let items: Vec<&&Value> = objects.iter().skip(skip).take(limit).collect();
    let read = skip + items.len();
    let next = if read < objects.len() {
        json!(read.to_string())
    } else {
        Value::Null
    };
    let metadata = json!({"resourceVersion": world.version.to_string(), "continue": next});
    Answer::Whole(
        200,
        json!({"kind": "List", "metadata": metadata, "items": items}),
    )
}

fn failure(code: u16) -> Answer {
    Answer::Whole(
        code,
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": "said"}),
    )
}
