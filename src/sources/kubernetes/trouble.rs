//! What went wrong between us and the server: its class, and one line for people that says what to do.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use kube::config::KubeconfigError;
use kube::core::Status;

use crate::model::observation::{Kind, Scope};
use crate::model::text::{self, Text};

use super::answer::Broken;
use super::reach::Turn;
use super::session::{Session, SessionError};

/// Longest part of a foreign error that is shown, in characters.
const LIMIT: usize = 200;

/// What a failure calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Class {
    /// The session has no client.
    NoClient,
    /// 401: the credentials are not accepted.
    Unauthorized,
    /// 403 of somebody whom the server takes for nobody, as it does without a credential.
    Nameless,
    /// 403: this user may not.
    Forbidden,
    /// 404: the server does not know the kind.
    Unknown,
    /// 410: the place in the stream is forgotten; list again.
    Gone,
    /// 400, 422: the server does not take the question.
    Refused,
    /// 429 with the wait that the server asks for, where it does.
    Busy(Option<Duration>),
    /// The server cannot be reached, or is silent: what is shown is as old as its last word.
    Unreached,
    /// It was out of reach and is there again: ask at once.
    Back,
    /// What the server said cannot be read: list again.
    Unreadable,
    /// Everything else: try again.
    Passing,
}

/// A failure of one request or stream.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub(super) class: Class,
    pub(super) line: Text,
}

impl Trouble {
    /// No client.
    pub(super) fn session(error: &SessionError) -> Self {
        Self {
            class: Class::NoClient,
            line: text::message(&error.to_string()),
        }
    }

    /// The server did not answer in time.
    pub(super) fn silent(session: &Session, waited: Duration) -> Self {
        let line = format!(
            "{} did not answer for {} s{}",
            session.server(),
            waited.as_secs(),
            advice("check the network (VPN, firewall)", session)
        );
        Self {
            class: Class::Unreached,
            line: text::message(&line),
        }
    }

    /// What answers does not have what every Kubernetes server has.
    pub(super) fn foreign(session: &Session) -> Self {
        let line = format!(
            "{} has no /version (404): is it a Kubernetes server? check server in the kubeconfig",
            session.server()
        );
        Self {
            class: Class::Unknown,
            line: text::message(&line),
        }
    }

    /// The server was lost or is back, as others have found out.
    pub(super) fn turned(turn: Turn) -> Self {
        match turn {
            Turn::Lost(why) => Self {
                class: Class::Unreached,
                line: why,
            },
            Turn::Back => Self {
                class: Class::Back,
                line: "the server is back".into(),
            },
        }
    }

    /// An answer broke off, or grew beyond all measure.
    pub(super) fn broken(broken: &Broken, session: &Session) -> Self {
        match broken {
            Broken::Cut(error) => Self::request(error, session, None),
            Broken::TooLong(limit) => Self {
                class: Class::Unreadable,
                line: format!(
                    "the server's answer has more than {} MB in one piece and was not read; is it a Kubernetes server?",
                    limit >> 20
                )
                .into(),
            },
        }
    }

    /// The server closes watches instead of watching.
    pub(super) fn closed(session: &Session, scope: &Scope) -> Self {
        Self {
            class: Class::Passing,
            line: format!(
                "{} ends the watch of {} as soon as it has begun; is a proxy in between?",
                session.server(),
                what(scope)
            )
            .into(),
        }
    }

    /// 401 for this scope, while others are answered.
    pub(super) fn alone(session: &Session, scope: &Scope) -> Self {
        let line = format!(
            "{} does not accept the credentials of {} for {} (401), though it does elsewhere; trying again; \
             if that does not help: {}",
            session.server(),
            session.user().map_or("this user", |user| user),
            what(scope),
            session.remedy()
        );
        Self {
            class: Class::Unauthorized,
            line: text::message(&line),
        }
    }

    /// The server's answer could not be read.
    pub(super) fn unreadable(error: &serde_json::Error) -> Self {
        // The position only: the text itself may hold values of the environment.
        let line = format!(
            "the server's answer cannot be read (line {}, column {}); is it a Kubernetes server?",
            error.line(),
            error.column()
        );
        Self {
            class: Class::Unreadable,
            line: line.into(),
        }
    }

    /// A request failed.
    pub(super) fn request(error: &kube::Error, session: &Session, scope: Option<&Scope>) -> Self {
        match error {
            kube::Error::Api(status) => Self::status(status, session, scope),
            kube::Error::SerdeError(error) => Self::unreadable(error),
            kube::Error::Auth(_) => Self {
                class: Class::Passing,
                line: transport(error, session),
            },
            other => Self {
                class: Class::Unreached,
                line: transport(other, session),
            },
        }
    }

    /// The server answered with an error.
    pub(super) fn status(status: &Status, session: &Session, scope: Option<&Scope>) -> Self {
        Self::refused(status, None, session, scope)
    }

    /// The server answered with an error, and perhaps with a header that asks to wait.
    pub(super) fn refused(
        status: &Status,
        wait: Option<Duration>,
        session: &Session,
        scope: Option<&Scope>,
    ) -> Self {
        let class = match status.code {
            401 => Class::Unauthorized,
            403 if is_nobody(status) => Class::Nameless,
            403 => Class::Forbidden,
            404 => Class::Unknown,
            410 => Class::Gone,
            // A server whose data was set back does not know our place either.
            504 if is_ahead(status) => Class::Gone,
            400 | 422 => Class::Refused,
            429 => Class::Busy(
                status
                    .details
                    .as_ref()
                    .map(|details| details.retry_after_seconds)
                    .filter(|seconds| *seconds > 0)
                    .map(|seconds| Duration::from_secs(seconds.into()))
                    .max(wait),
            ),
            _ => Class::Passing,
        };
        let what = scope.map_or_else(|| "it".to_owned(), what);
        let said = text::clean(&status.message, LIMIT);
        let code = status.code;
        let line = match class {
            Class::Unauthorized => {
                let user = session.user().map_or("this user", |user| user);
                format!(
                    "{} does not accept the credentials of {user} (401); {}",
                    session.server(),
                    session.remedy()
                )
            }
            Class::Forbidden if status.message.contains("cannot impersonate") => {
                "may not act as whom the kubeconfig names (as:); take it out, or ask for impersonate on \
                 users and groups"
                    .to_owned()
            }
            Class::Nameless => format!(
                "{} does not know who is asking; {}",
                session.server(),
                session.remedy()
            ),
            Class::Forbidden => format!(
                "may not list {what}{}; {}ask for get, list, watch on {}",
                consequence(scope),
                elsewhere(scope),
                resource(scope)
            ),
            Class::Unknown => {
                format!("the server does not have {what} (404); is it older than Kubernetes 1.21?")
            }
            Class::Gone => "the server does not know where the watch was; listing again".to_owned(),
            Class::Busy(Some(wait)) => format!(
                "the server is busy (429) and asks to wait {} s",
                wait.as_secs()
            ),
            Class::Busy(None) => {
                "the server is busy (429); waiting before the next attempt".to_owned()
            }
            _ if said.is_empty() => format!("the server answered {code}; trying again"),
            _ => format!("the server answered {code}: {said}"),
        };
        Self {
            class,
            line: text::message(&line),
        }
    }
}

/// Whether the server does not know who asked.
fn is_nobody(status: &Status) -> bool {
    status.message.contains("\"system:anonymous\"")
}

/// Whether the version that was asked for is newer than all that the server has.
fn is_ahead(status: &Status) -> bool {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    causes
        .into_iter()
        .any(|cause| cause.reason == "ResourceVersionTooLarge")
}

/// `pods in namespace shop`, `pods in all namespaces`, `nodes`.
fn what(scope: &Scope) -> String {
    let plural = scope.kind.plural();
    match (&scope.namespace, scope.kind) {
        (Some(namespace), _) => format!("{plural} in namespace {namespace}"),
        (None, Kind::Node | Kind::Namespace) => plural.to_owned(),
        (None, _) => format!("{plural} in all namespaces"),
    }
}

/// What is not known because of it, where the name of the kind does not say so.
fn consequence(scope: Option<&Scope>) -> &'static str {
    match scope.map(|scope| scope.kind) {
        Some(Kind::Service) => ", so links and calls that go by their names are no data",
        Some(Kind::EndpointSlice) => ", so what stands behind a Service is no data",
        Some(Kind::Ingress | Kind::HttpRoute | Kind::GrpcRoute) => {
            ", so what leads in from outside is no data"
        }
        Some(Kind::ConfigMap) => ", so links that only they declare are missing",
        Some(Kind::NetworkPolicy) => ", so who may call whom is no data",
        Some(Kind::HorizontalPodAutoscaler) => ", so who scales what is no data",
        Some(Kind::Node) => ", so the state of machines is no data",
        Some(Kind::Event) => ", so what the cluster says is missing from the log",
        Some(Kind::Namespace) => ", so only the chosen ones are known",
        _ => "",
    }
}

/// What can be done without asking anybody.
fn elsewhere(scope: Option<&Scope>) -> &'static str {
    let everywhere =
        scope.is_some_and(|s| s.namespace.is_none() && !Kind::CLUSTER_WIDE.contains(&s.kind));
    if everywhere {
        "choose a namespace that you may see (-n NAME), or "
    } else {
        ""
    }
}

fn resource(scope: Option<&Scope>) -> &'static str {
    scope.map_or("it", |scope| scope.kind.plural())
}

/// Why a request did not get through: the deepest cause that says something.
pub(super) fn transport(error: &kube::Error, session: &Session) -> Text {
    let server = session.server();
    let mut why: Option<String> = None;
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(cause) = next {
        why = explained(cause, session.is_of_pod()).or(why);
        next = source(cause);
    }
    let why = why.unwrap_or_else(|| deepest(error));
    let next = if why.contains("; ") {
        elsewhere_now(session)
    } else {
        let first = if why.contains("resolved") {
            "check the network (VPN)"
        } else {
            "check that it runs"
        };
        advice(first, session)
    };
    text::message(&format!(
        "cannot reach {server}: {}{next}",
        text::clean(&why, LIMIT)
    ))
}

/// What to do about a server that does not answer, after `first`: it may be the wrong one, unless it ever answered.
fn advice(first: &str, session: &Session) -> String {
    if session.is_settled() {
        return elsewhere_now(session);
    }
    let place = if session.is_of_pod() {
        "KUBERNETES_SERVICE_HOST"
    } else {
        "server in the kubeconfig"
    };
    format!("; {first}, and {place}")
}

/// That the kubeconfig names another server by now, where it does.
fn elsewhere_now(session: &Session) -> String {
    session.other_server().map_or_else(String::new, |other| {
        format!("; the kubeconfig names {other} by now: restart to go there")
    })
}

/// What kept a file from being read, in words.
pub(super) fn unread(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        kind => kind.to_string(),
    }
}

/// Like `source`, but also into an `io::Error` that wraps another error, whose own `source` skips it.
fn source<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    if let Some(inner) = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        return Some(inner);
    }
    error.source()
}

/// The causes that people can do something about.
fn explained(cause: &(dyn StdError + 'static), in_pod: bool) -> Option<String> {
    if let Some(error) = cause.downcast_ref::<rustls::Error>() {
        return Some(match error {
            rustls::Error::InvalidCertificate(why) => certificate(why, in_pod),
            rustls::Error::AlertReceived(alert) => {
                format!(
                    "it refused the TLS connection ({alert:?}); check the client certificate in the kubeconfig"
                )
            }
            rustls::Error::InvalidMessage(_) => {
                "it does not speak TLS there; check the port and https:// of its address".to_owned()
            }
            other => format!("TLS failed: {other}"),
        });
    }
    if cause.is::<tokio::time::error::Elapsed>() {
        return Some("no answer in time".to_owned());
    }
    let error = cause.downcast_ref::<io::Error>()?;
    Some(match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            "the connection was cut".to_owned()
        }
        io::ErrorKind::UnexpectedEof => "the connection was closed".to_owned(),
        io::ErrorKind::TimedOut => "no answer in time".to_owned(),
        io::ErrorKind::HostUnreachable => "host unreachable".to_owned(),
        io::ErrorKind::NetworkUnreachable => "network unreachable".to_owned(),
        _ if error.to_string().contains("lookup address") => {
            "its name cannot be resolved".to_owned()
        }
        _ => return None,
    })
}

/// What is wrong with the server's certificate, and where to correct that.
fn certificate(why: &rustls::CertificateError, in_pod: bool) -> String {
    use rustls::CertificateError as Why;
    match why {
        Why::UnknownIssuer | Why::BadSignature if in_pod => {
            "its certificate is of an authority that the service account's ca.crt does not hold; check \
             KUBERNETES_SERVICE_HOST"
                .to_owned()
        }
        Why::NotValidForName | Why::NotValidForNameContext { .. } if in_pod => {
            "its certificate is not for this name; check KUBERNETES_SERVICE_HOST".to_owned()
        }
        Why::UnknownIssuer | Why::BadSignature => {
            "its certificate is of an authority that the kubeconfig does not name; check certificate-authority"
                .to_owned()
        }
        Why::NotValidForName | Why::NotValidForNameContext { .. } => {
            "its certificate is not for this name; check server and tls-server-name in the kubeconfig"
                .to_owned()
        }
        Why::Expired | Why::ExpiredContext { .. } | Why::NotValidYet | Why::NotValidYetContext { .. } => {
            "its certificate is not valid at this time; renew it, or set this machine's clock".to_owned()
        }
        other => format!(
            "its certificate is not valid ({other}); check certificate-authority and the server's name in the kubeconfig"
        ),
    }
}

fn deepest(error: &(dyn StdError + 'static)) -> String {
    let mut last = error;
    while let Some(next) = source(last) {
        last = next;
    }
    last.to_string()
}

/// Why no client could be built; from what the plugin gave, where it is named.
pub(super) fn client(error: &kube::Error, plugin: Option<&Text>) -> Text {
    match error {
        // What it holds may be the credential itself.
        kube::Error::Auth(_) => {
            "the credentials of the kubeconfig cannot be used; sign in again, then retry".into()
        }
        kube::Error::InferKubeconfig(error) => kubeconfig(error),
        kube::Error::ProxyProtocolDisabled { .. } | kube::Error::ProxyProtocolUnsupported { .. } => {
            "the kubeconfig names a proxy-url of a kind that is not supported; take it out or use a tunnel".into()
        }
        kube::Error::RustlsTls(error) => {
            let (what, next) = tls(error);
            match plugin {
                Some(plugin) => text::message(&format!(
                    "the credential plugin {plugin} gave a client certificate that cannot be used: {what}; sign in \
                     again with kubectl, or update the plugin"
                )),
                None => text::message(&format!("{what}; {next}")),
            }
        }
        _ => "the client cannot be built; check server, certificates and keys in the kubeconfig".into(),
    }
}

/// Why certificates and keys cannot be used, and what to do. The errors themselves quote them.
fn tls(error: &kube::client::RustlsTlsError) -> (&'static str, &'static str) {
    use kube::client::RustlsTlsError as Why;
    match error {
        Why::InvalidIdentityPem(_) => (
            "the client certificate or its key is not PEM",
            "put good ones into the kubeconfig",
        ),
        Why::InvalidPrivateKey(rustls::Error::InvalidCertificate(why)) => {
            // The library behind gives its own error, which has no type here.
            if format!("{why:?}").contains("UnsupportedCertVersion") {
                (
                    "the client certificate is X.509 v1, which is not supported",
                    "have it issued again as v3",
                )
            } else {
                (
                    "the client certificate cannot be read",
                    "put a good one into the kubeconfig",
                )
            }
        }
        Why::MissingPrivateKey | Why::UnknownPrivateKeyFormat | Why::InvalidPrivateKey(_) => (
            "the client key cannot be used, or is not that of the client certificate",
            "put the right one into the kubeconfig",
        ),
        Why::MissingCertificate => (
            "there is no client certificate beside the client key",
            "put it into the kubeconfig",
        ),
        Why::AddRootCertificate(_) | Why::NoValidNativeRootCA(_) => (
            "the certificate authority cannot be used",
            "correct certificate-authority in the kubeconfig",
        ),
        Why::InvalidServerName(_) => (
            "tls-server-name in the kubeconfig is no name of a server",
            "correct it",
        ),
    }
}

/// Why a kubeconfig that could be read cannot be used; only names of files are shown.
pub(super) fn kubeconfig(error: &KubeconfigError) -> Text {
    use kube::config::LoadDataError;
    let load = |what: &str, error: &LoadDataError| match error {
        LoadDataError::ReadFile(error, path) => {
            format!(
                "cannot read the {what} {}: {}; correct the kubeconfig",
                path.display(),
                unread(error)
            )
        }
        LoadDataError::NoBase64DataOrFile => {
            format!("the kubeconfig has no {what} beside its other half; put both into it")
        }
        LoadDataError::DecodeBase64(_) => {
            format!("the {what} in the kubeconfig is not base64; correct it")
        }
    };
    let line = match error {
        KubeconfigError::LoadCertificateAuthority(error) => load("certificate authority", error),
        KubeconfigError::LoadClientCertificate(error) => load("client certificate", error),
        KubeconfigError::LoadClientKey(error) => load("client key", error),
        KubeconfigError::ParseCertificates(_) => {
            "a certificate in the kubeconfig is not PEM; correct it".to_owned()
        }
        KubeconfigError::ParseClusterUrl(_) => {
            "the server in the kubeconfig is not a URL; correct it".to_owned()
        }
        KubeconfigError::ParseProxyUrl(_) => {
            "the proxy (proxy-url or HTTPS_PROXY) is not a URL; correct it".to_owned()
        }
        _ => "the kubeconfig cannot be used; check it with kubectl".to_owned(),
    };
    text::message(&line)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn session(url: &str) -> (Session, kube::Client) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut config = kube::Config::new(url.parse().expect("a URL"));
        config.default_retry = false;
        let client = kube::Client::try_from(config).expect("a client");
        let session = Session::with_client(client.clone(), "test", url, "default");
        (session, client)
    }

    async fn failure(url: &str) -> Trouble {
        let (session, client) = session(url);
        let error = client.apiserver_version().await.expect_err("it fails");
        Trouble::request(&error, &session, None)
    }

    /// A port on which nobody listens.
    async fn free_port() -> u16 {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let address = listener.and_then(|listener| listener.local_addr());
        address.expect("an address").port()
    }

    #[tokio::test]
    async fn what_does_not_answer_is_named_with_its_reason() {
        let url = format!("http://127.0.0.1:{}", free_port().await);
        let refused = failure(&url).await;
        assert_eq!(refused.class, Class::Unreached);
        assert_eq!(
            *refused.line,
            format!(
                "cannot reach {url}: connection refused; check that it runs, and server in the kubeconfig"
            )
        );
        let nowhere = failure("http://no-such-host.invalid").await;
        assert!(
            nowhere.line.contains("its name cannot be resolved; check"),
            "{}",
            nowhere.line
        );
    }

    #[tokio::test]
    async fn a_server_that_speaks_no_tls_is_said_in_one_line() {
        use tokio::io::AsyncWriteExt;

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let url = format!("https://127.0.0.1:{port}");
        let answering = async {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .await
                .expect("written");
            stream.shutdown().await.expect("closed");
        };
        let (said, ()) = tokio::join!(failure(&url), answering);
        assert!(
            said.line.starts_with(&format!(
                "cannot reach {url}: it does not speak TLS there; check"
            )),
            "{}",
            said.line
        );
    }

    #[rstest]
    #[case(
        401,
        Class::Unauthorized,
        "x does not accept the credentials of this user (401); sign in again, then retry"
    )]
    #[case(
        403,
        Class::Forbidden,
        "may not list pods in namespace shop; ask for get, list, watch on pods"
    )]
    #[case(
        404,
        Class::Unknown,
        "the server does not have pods in namespace shop (404); is it older than Kubernetes 1.21?"
    )]
    #[case(
        410,
        Class::Gone,
        "the server does not know where the watch was; listing again"
    )]
    #[case(422, Class::Refused, "the server answered 422: two lines")]
    #[case(
        429,
        Class::Busy(Some(Duration::from_secs(3))),
        "the server is busy (429) and asks to wait 3 s"
    )]
    #[case(500, Class::Passing, "the server answered 500: two lines")]
    #[case(
        504,
        Class::Gone,
        "the server does not know where the watch was; listing again"
    )]
    #[tokio::test]
    async fn each_answer_has_its_class_and_its_line(
        #[case] code: u16,
        #[case] class: Class,
        #[case] line: &str,
    ) {
        let (session, _) = session("http://127.0.0.1:1");
        let session = Session::with_client(
            session.client().await.expect("the given one"),
            "test",
            "x",
            "default",
        );
        let mut status = Status::failure("two\n\u{1b}[31mlines", "").with_code(code);
        let mut details = kube::core::response::StatusDetails {
            name: String::new(),
            group: String::new(),
            kind: String::new(),
            uid: String::new(),
            causes: Vec::new(),
            retry_after_seconds: 3,
        };
        details.causes.push(kube::core::response::StatusCause {
            reason: "ResourceVersionTooLarge".to_owned(),
            message: String::new(),
            field: String::new(),
        });
        status.details = Some(details);
        let scope = Scope {
            source: "kubernetes".into(),
            kind: Kind::Pod,
            namespace: Some("shop".into()),
        };
        let trouble = Trouble::status(&status, &session, Some(&scope));
        assert_eq!((trouble.class, &*trouble.line), (class, line));
    }
}
