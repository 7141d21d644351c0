//! A session: the server, the user and the context that everything is asked through, and the client
//! that is built when it is first needed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use kube::Client;
use kube::client::ClientBuilder;
use kube::config::{Config, ExecAuthCluster, KubeConfigOptions, Kubeconfig, KubeconfigError};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio_util::task::AbortOnDropHandle;
use tower::util::MapRequestLayer;

use crate::model::text::{self, Text};

use super::credential::{self, Bearer, Kept};
use super::kubeconfig::{Chosen, Stamp};
use super::{kubeconfig, pod, trouble};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a connection may be silent. Watches end after [`super::feed::WATCH_SECONDS`], so a longer
/// silence means that the other end is gone.
const SILENCE: Duration = Duration::from_secs(75);
/// How often the files are looked at while they are of no use.
const LOOK: Duration = Duration::from_secs(2);

/// Why there is no session, in one line that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The file that was asked for is not there.
    #[error("there is no kubeconfig {path}; give the right path with --kubeconfig")]
    Missing {
        /// The path.
        path: String,
    },
    /// No file is anywhere.
    #[error("no kubeconfig found ({places}); give one with --kubeconfig or set KUBECONFIG")]
    Nowhere {
        /// Where it was looked for.
        places: String,
    },
    /// A file cannot be read.
    #[error(
        "cannot read the kubeconfig {path}: {why}; correct it or give another with --kubeconfig"
    )]
    Malformed {
        /// The path.
        path: String,
        /// What is wrong, without what the file holds.
        why: String,
    },
    /// There is no context.
    #[error("the kubeconfig has no context at all; fill it, or give another with --kubeconfig")]
    NoContext,
    /// No context is current and none was asked for.
    #[error("the kubeconfig has no current context; choose one with --context (it has: {names})")]
    NoCurrentContext {
        /// The contexts that exist.
        names: String,
    },
    /// The context that was asked for does not exist.
    #[error("the kubeconfig has no context \"{name}\"; it has: {names}")]
    NoSuchContext {
        /// The context.
        name: String,
        /// The contexts that exist.
        names: String,
    },
    /// The context's cluster is not there or has no address.
    #[error(
        "context \"{context}\" names the cluster \"{cluster}\", which has no server; correct the kubeconfig"
    )]
    NoServer {
        /// The context.
        context: String,
        /// Its cluster.
        cluster: String,
    },
    /// The client cannot be made from what the kubeconfig says.
    #[error("{why}")]
    Client {
        /// Why, with what to do.
        why: Text,
    },
}

/// One context of one kubeconfig. Cheap to clone; clones share the client.
#[derive(Clone)]
pub struct Session {
    shared: Arc<Shared>,
}

struct Shared {
    context: Text,
    user: Option<Text>,
    namespace: Text,
    /// What the context names, as it was read last.
    named: RwLock<Named>,
    /// Something of the server is shown, so this stays the server.
    settled: AtomicBool,
    origin: Arc<Origin>,
    slot: Mutex<Slot>,
    /// Counts the credentials that were given since the start.
    renewed: watch::Sender<u64>,
    /// What is waited for while there is no client.
    waiting: watch::Sender<Option<Text>>,
    /// The server does not stream lists.
    pages: AtomicBool,
}

/// What a context names and a person may correct meanwhile.
#[derive(Clone, Debug)]
struct Named {
    /// As it is written.
    server: String,
    remedy: &'static str,
    /// Another server that it names now, though this one is shown.
    other: Option<Text>,
}

/// Where clients come from.
enum Origin {
    File {
        config: Box<Kubeconfig>,
        /// Where it was read from, if it was: signing in may write to it.
        read: Option<Read>,
    },
    Cluster,
    Given,
}

/// What was read: the files of the environment, unless one was named.
struct Read {
    named: Option<PathBuf>,
    /// How the files were when they were read last.
    stamp: Mutex<Option<Stamp>>,
}

impl Read {
    fn new(named: Option<PathBuf>) -> Self {
        Self {
            named,
            stamp: Mutex::default(),
        }
    }

    fn stamp_of(&self, config: &Kubeconfig) -> Stamp {
        kubeconfig::stamp(self.named.as_deref(), |name| std::env::var_os(name), config)
    }

    /// The files as they are now have been read.
    fn mark(&self, config: &Kubeconfig) {
        let stamp = self.stamp_of(config);
        *self.stamp.lock().unwrap_or_else(PoisonError::into_inner) = Some(stamp);
    }

    /// Whether they are not what was read any more.
    fn has_changed(&self, config: &Kubeconfig) -> bool {
        let stamp = self.stamp_of(config);
        let read = self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
        read.as_ref().is_some_and(|read| *read != stamp)
    }
}

/// The client, and the one that is being made.
#[derive(Default)]
struct Slot {
    made: Option<Connection>,
    /// Everybody who asks meanwhile awaits the same. It goes on when one of them does not want it any more:
    /// somebody may be signing in.
    making: Option<(u64, Making)>,
    /// Keeps the credential of the made client fresh.
    keeper: Option<AbortOnDropHandle<()>>,
    generation: u64,
    /// Whether one was tried to be made: what was read at the start may be old by the next time.
    tried: bool,
}

type Making = futures::future::Shared<BoxFuture<'static, Result<Made, SessionError>>>;

/// A client, and where its credential comes from.
#[derive(Clone)]
struct Made {
    client: Client,
    credential: credential::Origin,
    bearer: Bearer,
    /// What the context names now, where that was read again.
    chosen: Option<Chosen>,
}

/// A client and which one it is.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) generation: u64,
    bearer: Bearer,
    /// Whether a plugin is asked where another is made: it may ask somebody in turn.
    asks: bool,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("context", &self.shared.context)
            .field("server", &self.server())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Reads the kubeconfig as kubectl does: `kubeconfig`, else the files of `KUBECONFIG`, else
    /// `~/.kube/config`, else the credentials of the pod that we run in. Reads files only; a server
    /// or a credential plugin is asked by the first [`Session::client`].
    ///
    /// # Errors
    /// [`SessionError`], which says what to do and holds nothing of the files' content but names.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "what the command line parsed is given away here"
    )]
    pub fn open(
        kubeconfig: Option<PathBuf>,
        context: Option<String>,
    ) -> Result<Self, SessionError> {
        let read = kubeconfig::read(kubeconfig.as_deref(), |name| std::env::var_os(name))?;
        match read {
            Some(config) => Self::of(config, context.as_deref(), Some(Read::new(kubeconfig))),
            None => Self::in_cluster(context.as_deref()),
        }
    }

    /// A session of the current context of a kubeconfig that is at hand as text; files that it names are
    /// looked for in the working directory.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn parse(kubeconfig: &str) -> Result<Self, SessionError> {
        let config = Kubeconfig::from_yaml(kubeconfig).map_err(|error| SessionError::Client {
            why: trouble::kubeconfig(&error),
        })?;
        Self::of(config, None, None)
    }

    fn of(
        config: Kubeconfig,
        context: Option<&str>,
        read: Option<Read>,
    ) -> Result<Self, SessionError> {
        let chosen = kubeconfig::choose(&config, context)?;
        if let Some(read) = &read {
            read.mark(&config);
        }
        let config = Box::new(config);
        Ok(Self::new(&chosen, Origin::File { config, read }))
    }

    fn in_cluster(context: Option<&str>) -> Result<Self, SessionError> {
        if let Some(context) = context.filter(|context| *context != pod::CONTEXT) {
            let why = text::message(&format!(
                "there is no kubeconfig that could have a context \"{context}\"; give one with --kubeconfig, or \
                 leave --context out to be {}",
                pod::USER
            ));
            return Err(failed(why));
        }
        let config = own_pod().map_err(failed)?;
        let chosen = Chosen {
            context: pod::CONTEXT.to_owned(),
            server: config.cluster_url.to_string(),
            user: Some(pod::USER.to_owned()),
            namespace: config.default_namespace,
            proxied: false,
            remedy: pod::REMEDY,
        };
        Ok(Self::new(&chosen, Origin::Cluster))
    }

    /// A session over a client that exists already, for tests and simulations.
    #[must_use]
    pub fn with_client(client: Client, context: &str, server: &str, namespace: &str) -> Self {
        let chosen = Chosen {
            context: context.to_owned(),
            server: server.to_owned(),
            user: None,
            namespace: namespace.to_owned(),
            proxied: false,
            remedy: "sign in again, then retry",
        };
        let session = Self::new(&chosen, Origin::Given);
        session.shared.slot().made = Some(Connection {
            client,
            generation: 0,
            bearer: Bearer::default(),
            asks: false,
        });
        session
    }

    fn new(chosen: &Chosen, origin: Origin) -> Self {
        Self {
            shared: Arc::new(Shared {
                context: text::name(&chosen.context),
                user: chosen.user.as_deref().map(text::name),
                namespace: text::name(&chosen.namespace),
                named: RwLock::new(Named {
                    server: chosen.server.clone(),
                    remedy: chosen.remedy,
                    other: None,
                }),
                settled: AtomicBool::new(false),
                origin: Arc::new(origin),
                slot: Mutex::default(),
                renewed: watch::Sender::new(0),
                waiting: watch::Sender::new(None),
                pages: AtomicBool::new(false),
            }),
        }
    }

    /// The context's name; `in-cluster` for a pod's own credentials.
    #[must_use]
    pub fn context(&self) -> &Text {
        &self.shared.context
    }

    /// The server's URL, without credentials.
    #[must_use]
    pub fn server(&self) -> Text {
        text::name(&kubeconfig::public(&self.shared.named().server))
    }

    /// The server that the kubeconfig names by now, where what is shown is of another one.
    pub(super) fn other_server(&self) -> Option<Text> {
        self.shared.named().other
    }

    /// Whether something of the server is shown.
    pub(super) fn is_settled(&self) -> bool {
        self.shared.settled.load(Ordering::Relaxed)
    }

    /// Something of the server is shown from now on.
    pub(super) fn settle(&self) {
        self.shared.settled.store(true, Ordering::Relaxed);
    }

    /// Whether the server and the credentials are those of the pod that we run in.
    pub(super) fn is_of_pod(&self) -> bool {
        matches!(*self.shared.origin, Origin::Cluster)
    }

    /// The user's name in the kubeconfig, or what the pod's own account is called.
    #[must_use]
    pub fn user(&self) -> Option<&Text> {
        self.shared.user.as_ref()
    }

    /// What to do when the server refuses the credentials.
    pub(super) fn remedy(&self) -> &'static str {
        self.shared.named().remedy
    }

    /// The context's namespace, `default` where it names none.
    #[must_use]
    pub fn namespace(&self) -> &Text {
        &self.shared.namespace
    }

    /// The client, built at the first call (which may run a credential plugin, up to a minute).
    ///
    /// # Errors
    /// [`SessionError::Client`] when credentials or certificates cannot be used.
    pub async fn client(&self) -> Result<Client, SessionError> {
        self.connection().await.map(|connection| connection.client)
    }

    /// The client and which one it is.
    pub(super) async fn connection(&self) -> Result<Connection, SessionError> {
        let making = {
            let mut slot = self.shared.slot();
            if let Some(connection) = slot.valid() {
                return Ok(connection.clone());
            }
            self.shared.make(&mut slot)
        };
        self.made(making).await
    }

    /// A new client in place of one whose credentials were refused; everybody who held the old one
    /// gets the same new one.
    pub(super) async fn renew(&self, refused: u64) -> Result<Connection, SessionError> {
        let making = {
            let mut slot = self.shared.slot();
            match (&slot.made, &*self.shared.origin) {
                (Some(connection), Origin::Given) => return Ok(connection.clone()),
                (Some(connection), _) if connection.generation != refused => {
                    return Ok(connection.clone());
                }
                _ => self.shared.make(&mut slot),
            }
        };
        self.made(making).await
    }

    /// A new client where that may help: a person asks, or the files have changed. A plugin is not bothered for
    /// files that are as they were.
    pub(super) async fn again(&self) -> Result<Connection, SessionError> {
        let has_changed = self.has_changed().await;
        let making = {
            let mut slot = self.shared.slot();
            match (slot.valid(), &*self.shared.origin) {
                (Some(connection), Origin::Given) => return Ok(connection.clone()),
                (Some(connection), _) if connection.asks && !has_changed => {
                    return Ok(connection.clone());
                }
                _ => self.shared.make(&mut slot),
            }
        };
        self.made(making).await
    }

    /// The client in use, where it is a newer one.
    pub(super) fn newer(&self, than: u64) -> Option<Connection> {
        let slot = self.shared.slot();
        let newer = slot.valid().filter(|made| made.generation > than);
        newer.cloned()
    }

    /// Whether there is a client that may be accepted, so that nobody waits for one.
    pub(super) fn has_client(&self) -> bool {
        self.shared.slot().valid().is_some()
    }

    /// Waits until the kubeconfig, or a file that it names, is not what was read any more.
    pub(super) async fn changed(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            if self.has_changed().await {
                return;
            }
        }
    }

    /// Whether they are not what was read any more.
    pub(super) async fn has_changed(&self) -> bool {
        let origin = Arc::clone(&self.shared.origin);
        let looking = spawn_blocking(move || match &*origin {
            Origin::File {
                config,
                read: Some(read),
            } => read.has_changed(config),
            _ => false,
        });
        looking.await.unwrap_or(false)
    }

    /// Changes when there is another credential: what was refused may be accepted. Lives as long as the
    /// session.
    pub(super) fn renewals(&self) -> watch::Receiver<u64> {
        self.shared.renewed.subscribe()
    }

    /// What is waited for while there is no client, such as a credential plugin; whenever it changes.
    pub(super) fn waiting(&self) -> watch::Receiver<Option<Text>> {
        self.shared.waiting.subscribe()
    }

    async fn made(&self, (number, making): (u64, Making)) -> Result<Connection, SessionError> {
        let made = making.await;
        let mut slot = self.shared.slot();
        let is_first = slot.making.take_if(|(own, _)| *own == number).is_some();
        let made = made?;
        if let Some(chosen) = &made.chosen {
            self.shared.rename(chosen);
        }
        match &slot.made {
            // Somebody else was here first.
            Some(connection) if !is_first => Ok(connection.clone()),
            _ => {
                slot.generation += 1;
                let connection = Connection {
                    client: made.client,
                    generation: slot.generation,
                    bearer: made.bearer.clone(),
                    asks: matches!(made.credential, credential::Origin::Plugin(_)),
                };
                slot.made = Some(connection.clone());
                let keeping = self.keep(made.credential, made.bearer, slot.generation);
                slot.keeper = Some(AbortOnDropHandle::new(tokio::spawn(keeping)));
                self.shared.renewed.send_modify(|count| *count += 1);
                Ok(connection)
            }
        }
    }

    /// Keeps the credential of a client fresh, which may come to another client.
    fn keep(
        &self,
        credential: credential::Origin,
        bearer: Bearer,
        generation: u64,
    ) -> BoxFuture<'static, ()> {
        let renewed = self.shared.renewed.clone();
        // It is held by what it works for.
        let shared = Arc::downgrade(&self.shared);
        async move {
            let kept = credential::keep(credential, bearer, renewed).await;
            if let (Kept::Other, Some(shared)) = (kept, shared.upgrade()) {
                tracing::info!(
                    "the credential plugin gave one of another kind; making another client"
                );
                // In a task of its own: this one ends with the client.
                tokio::spawn(async move {
                    if let Err(why) = (Self { shared }).renew(generation).await {
                        tracing::warn!(%why, "the credential could not be renewed");
                    }
                });
            }
        }
        .boxed()
    }

    /// Whether lists may be streamed, as far as is known.
    pub(super) fn streams_lists(&self) -> bool {
        !self.shared.pages.load(Ordering::Relaxed)
    }

    /// The server was seen not to stream lists; everybody asks for pages from now on.
    pub(super) fn use_pages(&self) {
        if !self.shared.pages.swap(true, Ordering::Relaxed) {
            tracing::info!(server = %self.server(), "the server does not stream lists; reading pages");
        }
    }
}

impl Slot {
    /// The client, unless what it was given has ended.
    fn valid(&self) -> Option<&Connection> {
        let made = self.made.as_ref();
        made.filter(|made| made.bearer.is_valid(Timestamp::now()))
    }
}

impl Shared {
    fn named(&self) -> Named {
        let named = self.named.read().unwrap_or_else(PoisonError::into_inner);
        named.clone()
    }

    /// Takes over what the context names by now.
    fn rename(&self, chosen: &Chosen) {
        let mut named = self.named.write().unwrap_or_else(PoisonError::into_inner);
        let is_other = chosen.server != named.server;
        if is_other && self.settled.load(Ordering::Relaxed) {
            named.other = Some(text::name(&kubeconfig::public(&chosen.server)));
            return;
        }
        *named = Named {
            server: chosen.server.clone(),
            remedy: chosen.remedy,
            other: None,
        };
    }

    /// Held for a moment, never while anything is awaited.
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client that is being made, by a task that this begins if there is none.
    fn make(&self, slot: &mut Slot) -> (u64, Making) {
        if let Some((number, making)) = &slot.making {
            return (*number, making.clone());
        }
        let is_again = std::mem::replace(&mut slot.tried, true);
        let task = make(
            Arc::clone(&self.origin),
            Known {
                is_again,
                context: self.context.clone(),
                server: self.named().server,
                settled: self.settled.load(Ordering::Relaxed),
            },
            self.waiting.clone(),
        );
        let task = AbortOnDropHandle::new(tokio::spawn(task));
        let making = async move {
            task.await.unwrap_or_else(|_| {
                Err(failed(
                    "the client could not be built (see the log); restart Portolan".into(),
                ))
            })
        };
        let number = slot.generation;
        let making = making.boxed().shared();
        slot.making = Some((number, making.clone()));
        (number, making)
    }
}

fn own_pod() -> Result<Config, Text> {
    pod::config(Path::new(pod::FOLDER), |name| std::env::var_os(name))
}

fn failed(why: Text) -> SessionError {
    SessionError::Client { why }
}

/// What is known where a client is made.
struct Known {
    /// What was read at the start may be old.
    is_again: bool,
    context: Text,
    server: String,
    /// Something of that server is shown.
    settled: bool,
}

/// Makes a client: reads certificates and gets the credential, which may take a plugin's time.
async fn make(
    origin: Arc<Origin>,
    known: Known,
    waiting: watch::Sender<Option<Text>>,
) -> Result<Made, SessionError> {
    let bearer = Bearer::default();
    let mut chosen = None;
    let (mut config, cluster) = match &*origin {
        Origin::Given => return Err(failed("the session was closed; start again".into())),
        Origin::Cluster => {
            let config = spawn_blocking(own_pod).await;
            let config =
                config.map_err(|_| failed("what this pod mounts cannot be read".into()))?;
            (config.map_err(failed)?, None)
        }
        Origin::File { config, read } => {
            let read = match read.as_ref().filter(|_| known.is_again) {
                Some(_) => again(Arc::clone(&origin), &known.context).await,
                None => None,
            };
            let now = match read {
                Some((now, named)) => {
                    let stays = known.settled && named.server != known.server;
                    chosen = Some(named);
                    // What is on screen is of the server that it was.
                    (!stays).then_some(now)
                }
                None => None,
            };
            configured(now.unwrap_or_else(|| (**config).clone()), &known.context).await?
        }
    };
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(SILENCE);
    config.reset_reader_on_write = true;
    // Our own back-off shows what it waits for, and a write must never be repeated silently.
    config.default_retry = false;
    let credential = credential::origin(&mut config.auth_info, cluster).map_err(failed)?;
    waiting.send_replace(credential.waiting());
    let got = credential::get(&credential, &mut config.auth_info, &bearer).await;
    waiting.send_replace(None);
    got.map_err(failed)?;
    let gave = credential.plugin().filter(|_| !bearer.has_token());
    let builder = ClientBuilder::try_from(config).map_err(|error| {
        failed(match &*origin {
            Origin::Cluster => {
                "the certificate authority of this pod's service account (ca.crt) cannot be used; \
                                mount it again"
                    .into()
            }
            _ => trouble::client(&error, gave.as_ref()),
        })
    })?;
    let signing = bearer.clone();
    let signs = MapRequestLayer::new(move |request| signing.sign(request));
    Ok(Made {
        client: builder.with_layer(&signs).build(),
        credential,
        bearer,
        chosen,
    })
}

/// What the kubeconfig says, and what a plugin may be told of its cluster.
async fn configured(
    kubeconfig: Kubeconfig,
    context: &str,
) -> Result<(Config, Option<ExecAuthCluster>), SessionError> {
    let chosen = kubeconfig::choose(&kubeconfig, Some(context))?;
    let options = KubeConfigOptions {
        context: Some(context.to_owned()),
        ..KubeConfigOptions::default()
    };
    let unusable = |error: KubeconfigError| failed(trouble::kubeconfig(&error));
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(unusable)?;
    // kube reads HTTPS_PROXY but not NO_PROXY, and without proxy support refuses to start at all. A proxy
    // that the kubeconfig itself names is an honest error.
    if !chosen.proxied && config.proxy_url.take().is_some() {
        tracing::info!("HTTPS_PROXY is not used for the Kubernetes server");
    }
    let exec = config.auth_info.exec.as_mut();
    let cluster = exec.and_then(|exec| exec.cluster.take());
    Ok((config, cluster))
}

/// The kubeconfig as it is now: who signs in again often writes to it. Not where it cannot be used any more.
async fn again(origin: Arc<Origin>, context: &str) -> Option<(Kubeconfig, Chosen)> {
    let reading = move || {
        let Origin::File {
            config: first,
            read: Some(read),
        } = &*origin
        else {
            return None;
        };
        // Before it is read: what is written meanwhile is read once more.
        read.mark(first);
        kubeconfig::again(read.named.as_deref(), |name| std::env::var_os(name))
    };
    let config = spawn_blocking(reading).await.ok()??;
    let chosen = kubeconfig::choose(&config, Some(context)).ok()?;
    Some((config, chosen))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(text: &str) -> Session {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("config");
        std::fs::write(&path, text).expect("a file");
        Session::open(Some(path), None).expect("it is well-formed")
    }

    fn with_user(user: &str) -> Session {
        session(&format!(
            "current-context: x\nclusters: [{{name: c, cluster: {{server: 'https://a:b@127.0.0.1:1'}}}}]\n\
             contexts: [{{name: x, context: {{cluster: c, user: u, namespace: shop}}}}]\n\
             users: [{{name: u, user: {user}}}]\n"
        ))
    }

    fn install_tls() {
        // Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }

    #[test]
    fn a_session_names_what_it_will_use_and_shows_no_secret() {
        let session = with_user("{token: s3cret}");
        assert_eq!(&**session.context(), "x");
        assert_eq!(&*session.server(), "https://127.0.0.1:1");
        assert_eq!(session.user().map(|u| &**u), Some("u"));
        assert_eq!(&**session.namespace(), "shop");
        assert!(!format!("{session:?}").contains("s3cret"));
    }

    #[tokio::test]
    async fn the_client_is_built_once_and_renewed_once() {
        install_tls();
        let session = with_user("{token: s3cret}");
        let (a, b) = (session.connection().await, session.connection().await);
        let first = a.map(|c| c.generation).expect("a client");
        assert_eq!(b.map(|c| c.generation), Ok(first));
        let renewed = session
            .renew(first)
            .await
            .map(|c| c.generation)
            .expect("a client");
        let again = session
            .renew(first)
            .await
            .map(|c| c.generation)
            .expect("a client");
        assert_eq!((renewed, again), (first + 1, first + 1));
    }

    #[cfg(unix)]
    #[tokio::test(flavor = "multi_thread")]
    async fn those_who_ask_together_run_a_failing_plugin_once_and_see_why() {
        install_tls();
        let dir = tempfile::tempdir().expect("a directory");
        let runs = dir.path().join("runs");
        let script = format!(
            "echo run >> {}; sleep 0.3; echo s3cret; echo 'please log in' >&2; exit 3",
            runs.display()
        );
        let session = with_user(&format!(
            "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: ['-c', \"{script}\"], interactiveMode: IfAvailable}}}}"
        ));
        let (a, b) = tokio::join!(session.client(), session.client());
        for error in [a, b].map(|r| r.err().expect("it fails").to_string()) {
            assert!(
                error.contains("please log in") && !error.contains("s3cret"),
                "{error}"
            );
        }
        let count = || std::fs::read_to_string(&runs).map_or(0, |t| t.lines().count());
        assert_eq!(count(), 1);
        // A later attempt runs it again.
        assert!(session.client().await.is_err());
        assert_eq!(count(), 2);
    }
}
