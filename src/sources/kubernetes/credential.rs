//! The credential that requests carry: where it comes from, what it is now, and how it is kept fresh
//! before it ends.
//!
//! kube itself would run plugins and read token files in places that nobody sees; here it is told neither.
//! The token goes into each request by a layer of ours, so a fresh one needs no other client.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use kube::config::{AuthInfo, ExecAuthCluster};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::model::text::{self, Text};

use super::plugin::{Credential, PATIENCE, Plugin, Proof};

/// How often a token's file is looked at.
const FILE_EVERY: Duration = Duration::from_secs(2);
/// The longest that a refresh comes before the end.
const EARLIEST: SignedDuration = SignedDuration::from_secs(60);
/// The longest sleep at a time: a machine that was suspended is late by no more.
const NAP: Duration = Duration::from_secs(10);
/// Between two runs of a plugin at least, whatever it says of ends.
const APART: Duration = Duration::from_secs(2);
/// After a refresh that failed.
const AGAIN: Duration = Duration::from_secs(30);

/// Where a user's credential comes from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// There is none, or only what kube takes from the kubeconfig itself: a certificate, a password.
    Nothing,
    /// It is in the kubeconfig.
    Fixed(SecretString),
    /// A file that somebody else keeps fresh.
    File(PathBuf),
    /// A plugin.
    Plugin(Box<Plugin>),
}

impl Origin {
    /// What is waited for while the credential is got, where that may take long.
    pub(super) fn waiting(&self) -> Option<Text> {
        match self {
            Self::Nothing | Self::Fixed(_) | Self::File(_) => None,
            Self::Plugin(plugin) => Some(plugin.waiting()),
        }
    }
}

impl Origin {
    /// The plugin's name, where it is one.
    pub(super) fn plugin(&self) -> Option<Text> {
        match self {
            Self::Plugin(plugin) => Some(plugin.name().clone()),
            Self::Nothing | Self::Fixed(_) | Self::File(_) => None,
        }
    }
}

/// The token that the requests of one client carry now, and until when what was given is valid. Clones share it;
/// each client has its own, so that one that is given up never asks as nobody.
#[derive(Clone, Default)]
pub(super) struct Bearer(Arc<RwLock<Held>>);

#[derive(Default)]
struct Held {
    header: Option<HeaderValue>,
    until: Option<Timestamp>,
}

impl Bearer {
    /// Puts the token into a request, where there is one.
    pub(super) fn sign<B>(&self, mut request: http::Request<B>) -> http::Request<B> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(header) = &held.header {
            request.headers_mut().insert(AUTHORIZATION, header.clone());
        }
        request
    }

    /// Whether what was given has not ended.
    pub(super) fn is_valid(&self, now: Timestamp) -> bool {
        self.until().is_none_or(|until| now < until)
    }

    pub(super) fn has_token(&self) -> bool {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        held.header.is_some()
    }

    fn until(&self) -> Option<Timestamp> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        held.until
    }

    fn hold(&self, header: Option<HeaderValue>, until: Option<Timestamp>) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *held = Held { header, until };
    }

    /// Takes another token; says whether it is another one.
    fn take(&self, token: &str, until: Option<Timestamp>) -> Result<bool, Text> {
        let mut header =
            HeaderValue::try_from(format!("Bearer {}", token.trim())).map_err(|_| {
                Text::from("the token has characters that no token has; sign in again, then retry")
            })?;
        header.set_sensitive(true);
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let is_other = held.header.as_ref() != Some(&header);
        drop(held);
        self.hold(Some(header), until);
        Ok(is_other)
    }
}

/// Takes out of what kube gets to see all that it would run or read again; what is left is what stands in the
/// kubeconfig itself. Gives where the credential comes from.
///
/// # Errors
/// One line, where the kubeconfig names a way to sign in that nobody has any more.
pub(super) fn origin(
    user: &mut AuthInfo,
    cluster: Option<ExecAuthCluster>,
) -> Result<Origin, Text> {
    let (provider, exec) = (user.auth_provider.take(), user.exec.take());
    let (token, file) = (user.token.take(), user.token_file.take());
    if user.username.is_some() && user.password.is_some() {
        return Ok(Origin::Nothing);
    }
    if let Some(file) = file.filter(|file| !file.is_empty()) {
        return Ok(Origin::File(file.into()));
    }
    if let Some(token) = token {
        return Ok(Origin::Fixed(token));
    }
    if let Some(exec) = exec {
        return Ok(Origin::Plugin(Box::new(Plugin::new(exec, cluster))));
    }
    let Some(provider) = provider else {
        return Ok(Origin::Nothing);
    };
    match (&*provider.name, provider.config.get("id-token")) {
        ("oidc", Some(token)) => {
            // As long as it lasts: renewing it is the provider's, which signs in with kubectl.
            Ok(Origin::Fixed(token.clone().into()))
        }
        (name, _) => Err(text::message(&format!(
            "the kubeconfig signs in with auth-provider {}, which Kubernetes took out; use its credential \
             plugin instead (users: exec:)",
            text::clean(name, 60)
        ))),
    }
}

/// Gets the credential; into `bearer` where it is a token, into `user` where it is a certificate.
///
/// # Errors
/// One line that says what to do.
pub(super) async fn get(origin: &Origin, user: &mut AuthInfo, bearer: &Bearer) -> Result<(), Text> {
    match origin {
        Origin::Nothing => bearer.hold(None, None),
        Origin::Fixed(token) => {
            bearer.take(token.expose_secret(), None)?;
        }
        Origin::File(path) => {
            bearer.take(&read(path).await?, None)?;
        }
        Origin::Plugin(plugin) => {
            let Credential { proof, until } = plugin.run(Timestamp::now(), PATIENCE).await?;
            match proof {
                Proof::Token(token) => {
                    bearer.take(&token, until)?;
                }
                Proof::Certificate { certificate, key } => {
                    bearer.hold(None, until);
                    user.client_certificate_data = Some(STANDARD.encode(certificate));
                    user.client_key_data = Some(STANDARD.encode(key).into());
                }
            }
        }
    }
    Ok(())
}

async fn read(path: &Path) -> Result<String, Text> {
    let named = || path.display().to_string();
    let file = path.to_owned();
    let reading = spawn_blocking(move || std::fs::read_to_string(file));
    let text = reading.await.unwrap_or_else(|error| Err(error.into()));
    let text = text.map_err(|error| {
        text::message(&format!(
            "cannot read the token file {}: {}; sign in again, or correct tokenFile in the kubeconfig",
            named(),
            super::trouble::unread(&error)
        ))
    })?;
    if text.trim().is_empty() {
        return Err(text::message(&format!(
            "the token file {} is empty; sign in again, then retry",
            named()
        )));
    }
    Ok(text)
}

/// How keeping a credential fresh has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// There is nothing (more) to do.
    Done,
    /// What comes next is not a token for the same client: another one is to be made.
    Other,
}

/// Keeps a token fresh for ever; `renewed` counts the new ones.
pub(super) async fn keep(origin: Origin, bearer: Bearer, renewed: watch::Sender<u64>) -> Kept {
    match origin {
        Origin::Nothing | Origin::Fixed(_) => Kept::Done,
        Origin::File(path) => keep_file(&path, &bearer, &renewed).await,
        Origin::Plugin(plugin) => keep_plugin(&plugin, &bearer, &renewed).await,
    }
}

/// A file that is away or half written is no reason to forget the token that was in it.
async fn keep_file(path: &Path, bearer: &Bearer, renewed: &watch::Sender<u64>) -> Kept {
    loop {
        sleep(FILE_EVERY).await;
        if let Ok(token) = read(path).await
            && bearer.take(&token, None) == Ok(true)
        {
            tracing::info!(file = %path.display(), "a new token");
            renewed.send_modify(|count| *count += 1);
        }
    }
}

async fn keep_plugin(plugin: &Plugin, bearer: &Bearer, renewed: &watch::Sender<u64>) -> Kept {
    let mut since = Timestamp::now();
    while let Some(until) = bearer.until() {
        let lasts = until.duration_since(since);
        let early = (lasts / 4).min(EARLIEST);
        sleep(APART).await;
        // By the wall clock, which goes on while a machine sleeps.
        while let Ok(left) = Duration::try_from(until.duration_since(Timestamp::now()) - early)
            && !left.is_zero()
        {
            sleep(left.min(NAP)).await;
        }
        since = Timestamp::now();
        let credential = plugin.run(since, PATIENCE).await;
        let taken = match credential {
            // The same one again: it is not over yet.
            Ok(credential) if credential.is_certificate() && credential.until == Some(until) => {
                Ok(false)
            }
            Ok(credential) if credential.is_certificate() => return Kept::Other,
            // A token for a client that has a certificate.
            Ok(_) if !bearer.has_token() => return Kept::Other,
            Ok(Credential {
                proof: Proof::Token(token),
                until,
            }) => bearer.take(&token, until),
            Ok(_) => Ok(false),
            Err(why) => Err(why),
        };
        match taken {
            Ok(true) => {
                tracing::info!("the credential plugin gave a new token");
                renewed.send_modify(|count| *count += 1);
            }
            Ok(false) => {}
            Err(why) => {
                tracing::warn!(%why, "the credential could not be renewed");
                sleep(AGAIN).await;
                if !bearer.is_valid(Timestamp::now()) {
                    // From here on it is refused, which is said where it shows.
                    return Kept::Done;
                }
            }
        }
    }
    Kept::Done
}
