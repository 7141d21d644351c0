//! A session: the server, the user and the context that everything is asked through, and the client
//! that is built when it is first needed.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kube::Client;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::model::text::{self, Text};

use super::{kubeconfig, trouble};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a connection may be silent. Watches end after [`super::feed::WATCH_SECONDS`], so a longer
/// silence means that the other end is gone.
const SILENCE: Duration = Duration::from_secs(75);
/// How long a credential plugin may take; signing in through a browser takes a while.
const PLUGIN: Duration = Duration::from_secs(60);

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
    #[error(
        "no kubeconfig found (looked at: {places}); give one with --kubeconfig or set KUBECONFIG"
    )]
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
    server: Text,
    user: Option<Text>,
    namespace: Text,
    origin: Origin,
    connection: Mutex<Slot>,
    /// The server does not stream lists.
    pages: AtomicBool,
}

/// Where clients come from.
enum Origin {
    File {
        config: Box<Kubeconfig>,
        proxied: bool,
    },
    Cluster,
    Given,
}

/// The client, and how the last attempt to make one ended.
#[derive(Default)]
struct Slot {
    made: Option<Connection>,
    failed: Option<(Instant, SessionError)>,
    generation: u64,
}

/// A client and which one it is.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) generation: u64,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("context", &self.shared.context)
            .field("server", &self.shared.server)
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
            Some(config) => Self::of(config, context.as_deref()),
            None => Self::in_cluster(),
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
        Self::of(config, None)
    }

    fn of(config: Kubeconfig, context: Option<&str>) -> Result<Self, SessionError> {
        let chosen = kubeconfig::choose(&config, context)?;
        Ok(Self::new(
            &chosen.context,
            &chosen.server,
            chosen.user.as_deref(),
            &chosen.namespace,
            Origin::File {
                config: Box::new(config),
                proxied: chosen.proxied,
            },
        ))
    }

    fn in_cluster() -> Result<Self, SessionError> {
        let config = Config::incluster().map_err(|_| SessionError::Client {
            why: "this pod has no service account token; mount one or give --kubeconfig".into(),
        })?;
        let server = config.cluster_url.to_string();
        Ok(Self::new(
            "in-cluster",
            &server,
            None,
            &config.default_namespace,
            Origin::Cluster,
        ))
    }

    /// A session over a client that exists already, for tests and simulations.
    #[must_use]
    pub fn with_client(client: Client, context: &str, server: &str, namespace: &str) -> Self {
        let session = Self::new(context, server, None, namespace, Origin::Given);
        // Nobody else has the session yet, so the slot is free.
        if let Ok(mut slot) = session.shared.connection.try_lock() {
            slot.made = Some(Connection {
                client,
                generation: 0,
            });
        }
        session
    }

    fn new(
        context: &str,
        server: &str,
        user: Option<&str>,
        namespace: &str,
        origin: Origin,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                context: text::name(context),
                server: text::name(&kubeconfig::public(server)),
                user: user.map(text::name),
                namespace: text::name(namespace),
                origin,
                connection: Mutex::default(),
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
    pub fn server(&self) -> &Text {
        &self.shared.server
    }

    /// The user's name in the kubeconfig.
    #[must_use]
    pub fn user(&self) -> Option<&Text> {
        self.shared.user.as_ref()
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
        let asked = Instant::now();
        let mut slot = self.shared.connection.lock().await;
        if let Some(connection) = slot.made.as_ref().filter(|c| is_valid(&c.client)) {
            return Ok(connection.clone());
        }
        self.build(&mut slot, asked).await
    }

    /// A new client in place of one whose credentials were refused; everybody who held the old one
    /// gets the same new one.
    pub(super) async fn renew(&self, refused: u64) -> Result<Connection, SessionError> {
        let asked = Instant::now();
        let mut slot = self.shared.connection.lock().await;
        match (&slot.made, &self.shared.origin) {
            (Some(connection), Origin::Given) => Ok(connection.clone()),
            (Some(connection), _) if connection.generation != refused => Ok(connection.clone()),
            _ => self.build(&mut slot, asked).await,
        }
    }

    /// Many ask at once, and a plugin may open a browser: whoever waited while somebody else failed
    /// shares that failure.
    async fn build(&self, slot: &mut Slot, asked: Instant) -> Result<Connection, SessionError> {
        if let Some((at, error)) = &slot.failed
            && *at >= asked
        {
            return Err(error.clone());
        }
        match self.make().await {
            Ok(client) => {
                slot.generation += 1;
                slot.failed = None;
                let connection = Connection {
                    client,
                    generation: slot.generation,
                };
                slot.made = Some(connection.clone());
                Ok(connection)
            }
            Err(error) => {
                slot.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn make(&self) -> Result<Client, SessionError> {
        let failed = |why: Text| SessionError::Client { why };
        let mut config = match &self.shared.origin {
            Origin::Given => {
                return Err(failed("the session was closed; start again".into()));
            }
            Origin::Cluster => Config::incluster().map_err(|_| {
                failed("this pod's service account token cannot be read; mount it again".into())
            })?,
            Origin::File { config, proxied } => {
                let options = KubeConfigOptions {
                    context: Some(self.shared.context.to_string()),
                    ..KubeConfigOptions::default()
                };
                let mut made = Config::from_custom_kubeconfig((**config).clone(), &options)
                    .await
                    .map_err(|error| failed(trouble::kubeconfig(&error)))?;
                // kube reads HTTPS_PROXY but not NO_PROXY, and without proxy support refuses to
                // start at all. A proxy that the kubeconfig itself names is an honest error.
                if !proxied && made.proxy_url.take().is_some() {
                    tracing::info!("HTTPS_PROXY is not used for the Kubernetes server");
                }
                made
            }
        };
        config.connect_timeout = Some(CONNECT);
        config.read_timeout = Some(SILENCE);
        config.reset_reader_on_write = true;
        // Our own back-off shows what it waits for, and a write must never be repeated silently.
        config.default_retry = false;
        // Plugins are run synchronously by kube; this keeps them off the runtime's workers.
        let runtime = tokio::runtime::Handle::current();
        let building = tokio::task::spawn_blocking(move || {
            let _inside = runtime.enter();
            Client::try_from(config)
        });
        match tokio::time::timeout(PLUGIN, building).await {
            Ok(Ok(Ok(client))) => Ok(client),
            Ok(Ok(Err(error))) => Err(failed(trouble::client(&error))),
            Ok(Err(_)) => Err(failed(
                "the client could not be built (see the log); restart Portolan".into(),
            )),
            Err(_) => Err(failed(
                "the credential plugin did not answer within a minute; sign in with kubectl, then retry".into(),
            )),
        }
    }

    /// Whether lists may be streamed, as far as is known.
    pub(super) fn streams_lists(&self) -> bool {
        !self.shared.pages.load(Ordering::Relaxed)
    }

    /// The server was seen not to stream lists; everybody asks for pages from now on.
    pub(super) fn use_pages(&self) {
        if !self.shared.pages.swap(true, Ordering::Relaxed) {
            tracing::info!(server = %self.shared.server, "the server does not stream lists; reading pages");
        }
    }
}

/// Certificates from plugins end; the client says when.
fn is_valid(client: &Client) -> bool {
    client
        .valid_until()
        .is_none_or(|end| jiff::Timestamp::now() < end)
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
        assert_eq!(&**session.server(), "https://127.0.0.1:1");
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
            "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: ['-c', \"{script}\"], interactiveMode: Always}}}}"
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
