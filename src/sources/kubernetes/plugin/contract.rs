//! What is asked of a plugin and what it answers: `ExecCredential` of `client.authentication.k8s.io`.

use jiff::{SignedDuration, Timestamp};
use kube::config::{ExecAuthCluster, ExecConfig};
use serde::{Deserialize, Serialize};

/// The variable that the question is in.
pub(super) const QUESTION: &str = "KUBERNETES_EXEC_INFO";
/// The kind of question and answer.
const KIND: &str = "ExecCredential";
/// The versions that there are.
const VERSIONS: [&str; 2] = [
    "client.authentication.k8s.io/v1",
    "client.authentication.k8s.io/v1beta1",
];

/// What proves who one is.
#[derive(Clone, PartialEq, Eq)]
pub(in super::super) enum Proof {
    /// A bearer token.
    Token(String),
    /// A client certificate, both parts in PEM.
    Certificate {
        /// The certificate and what leads to its authority.
        certificate: String,
        /// Its private key.
        key: String,
    },
}

/// What a plugin answered.
#[derive(Clone, PartialEq, Eq)]
pub(in super::super) struct Credential {
    pub(in super::super) proof: Proof,
    /// Until when; for ever where the plugin does not say.
    pub(in super::super) until: Option<Timestamp>,
}

impl Credential {
    /// Whether a client is made with it, and not only a request.
    pub(in super::super) const fn is_certificate(&self) -> bool {
        matches!(self.proof, Proof::Certificate { .. })
    }
}

/// Says of what kind it is, and never what it is.
impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.proof {
            Proof::Token(_) => "token",
            Proof::Certificate { .. } => "certificate",
        };
        write!(f, "a {kind} until {:?}", self.until)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Question<'a> {
    api_version: &'a str,
    kind: &'a str,
    spec: Spec<'a>,
}

#[derive(Serialize)]
struct Spec<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a ExecAuthCluster>,
    interactive: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    api_version: Option<String>,
    kind: Option<String>,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// The version that the kubeconfig wants to be spoken.
pub(super) fn version(exec: &ExecConfig) -> Result<&'static str, String> {
    let wanted = exec.api_version.as_deref().unwrap_or_default();
    let known = VERSIONS.into_iter().find(|version| *version == wanted);
    known.ok_or_else(|| {
        let asked = if wanted.is_empty() {
            "no version"
        } else {
            "a version"
        };
        format!(
            "is configured with {asked} that is not spoken any more; set apiVersion: {} in the \
             kubeconfig, and update the plugin",
            VERSIONS[0]
        )
    })
}

/// The question: nobody can be asked here, and, where wanted, which cluster it is about.
pub(super) fn question(
    exec: &ExecConfig,
    cluster: Option<&ExecAuthCluster>,
) -> Result<String, String> {
    let question = Question {
        api_version: version(exec)?,
        kind: KIND,
        spec: Spec {
            cluster,
            interactive: false,
        },
    };
    serde_json::to_string(&question)
        .map_err(|_| "cannot be asked: the cluster's entry cannot be written as JSON".to_owned())
}

/// Reads an answer. The words of an error hold nothing of it.
pub(super) fn read(stdout: &[u8], version: &str, now: Timestamp) -> Result<Credential, String> {
    let wrong = |what: &str| format!("{what}; check its command in the kubeconfig, or update it");
    let text = std::str::from_utf8(stdout).map_err(|_| wrong("answered with what is no text"))?;
    if text.trim().is_empty() {
        return Err(wrong("answered nothing"));
    }
    // kubectl takes YAML too, and some plugins write it.
    let answer = serde_json::from_str::<Answer>(text)
        .ok()
        .or_else(|| serde_saphyr::from_str(text).ok())
        .ok_or_else(|| wrong("answered with what is no ExecCredential"))?;
    if answer.kind.as_deref() != Some(KIND) {
        return Err(wrong("answered with another kind than ExecCredential"));
    }
    if answer.api_version.as_deref() != Some(version) {
        return Err(wrong(&format!(
            "answered in another version than {version}, which it was asked in"
        )));
    }
    let status = answer
        .status
        .ok_or_else(|| wrong("answered without a credential"))?;
    let until = match status.expiration_timestamp.filter(|time| !time.is_empty()) {
        None => None,
        Some(time) => Some(
            time.parse::<Timestamp>()
                .map_err(|_| wrong("answered with an end that is no time"))?,
        ),
    };
    if let Some(end) = until.filter(|end| *end <= now) {
        return Err(ended(end, now));
    }
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let proof = match (
        filled(status.client_certificate_data),
        filled(status.client_key_data),
        filled(status.token),
    ) {
        (Some(certificate), Some(key), _) => Proof::Certificate { certificate, key },
        (Some(_), None, _) => return Err(wrong("answered with a certificate without its key")),
        (None, Some(_), _) => return Err(wrong("answered with a key without its certificate")),
        (None, None, Some(token)) => Proof::Token(token.trim().to_owned()),
        (None, None, None) => return Err(wrong("answered without a token or a certificate")),
    };
    Ok(Credential { proof, until })
}

fn ended(end: Timestamp, now: Timestamp) -> String {
    let ago = now.duration_since(end);
    let ago = match ago {
        ago if ago < SignedDuration::from_mins(2) => format!("{} s", ago.as_secs()),
        ago if ago < SignedDuration::from_hours(2) => format!("{} min", ago.as_mins()),
        ago => format!("{} h", ago.as_hours()),
    };
    format!(
        "gave a credential that ended {ago} ago by this machine's clock; sign in again with kubectl \
         (or set the clock), then retry"
    )
}
