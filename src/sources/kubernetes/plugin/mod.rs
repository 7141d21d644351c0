//! Credential plugins of the kubeconfig: run apart from our terminal, for a limited time, with a limited
//! answer, and with all that they started when they are ended.
//!
//! [`process`] runs a command so, [`contract`] is what is said to and answered by it
//! (`client.authentication.k8s.io`), [`complaint`] what of its complaints may be shown, in which [`words`].

mod complaint;
mod contract;
mod process;
#[cfg(test)]
mod tests;
mod words;

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use kube::config::{ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use tokio::process::Command;

use crate::model::text::{self, Text};

pub(super) use contract::{Credential, Proof};
use process::Failure;

/// How long a plugin may take; signing in through a browser takes a while.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A plugin as the kubeconfig describes it.
#[derive(Clone, Debug)]
pub(super) struct Plugin {
    /// What people know it by: the command's name without its folder.
    name: Text,
    exec: ExecConfig,
    cluster: Option<ExecAuthCluster>,
}

impl Plugin {
    /// `cluster` is told to the plugin where the kubeconfig wants that.
    pub(super) fn new(exec: ExecConfig, cluster: Option<ExecAuthCluster>) -> Self {
        let command = exec.command.as_deref().unwrap_or_default();
        let file = Path::new(command).file_name();
        let name = file.map_or_else(|| command.into(), |file| file.to_string_lossy());
        Self {
            name: text::clean(&name, 60),
            cluster: cluster.filter(|_| exec.provide_cluster_info),
            exec,
        }
    }

    /// What people know it by.
    pub(super) const fn name(&self) -> &Text {
        &self.name
    }

    /// What is waited for while it runs.
    pub(super) fn waiting(&self) -> Text {
        text::message(&format!(
            "the credential plugin {} (at most {} s; it may be asking for something in a browser)",
            self.name,
            PATIENCE.as_secs()
        ))
    }

    /// Runs it once.
    ///
    /// # Errors
    /// One line that says what to do. It holds nothing that the plugin answered, and of its complaints
    /// nothing that looks like a credential.
    pub(super) async fn run(&self, now: Timestamp, patience: Duration) -> Result<Credential, Text> {
        let credential = self.answer(now, patience).await;
        credential
            .map_err(|why| text::message(&format!("the credential plugin {} {why}", self.name)))
    }

    async fn answer(&self, now: Timestamp, patience: Duration) -> Result<Credential, String> {
        let command = self.command()?;
        let output = process::run(command, patience)
            .await
            .map_err(|failure| self.failed(&failure, patience))?;
        if !output.status.success() {
            let said =
                complaint::shown(&output.stderr, output.cut, &output.stdout, &self.secrets());
            let said = said.map_or_else(String::new, |said| format!(": {said}"));
            return Err(format!(
                "failed ({}){said}; sign in with kubectl, then retry",
                output.status
            ));
        }
        let version = contract::version(&self.exec)?;
        contract::read(&output.stdout, version, now)
    }

    fn command(&self) -> Result<Command, String> {
        let Some(program) = self.exec.command.as_ref().filter(|c| !c.is_empty()) else {
            return Err("has no command; correct the kubeconfig".to_owned());
        };
        if self.exec.interactive_mode == Some(ExecInteractiveMode::Always) {
            return Err(
                "needs a terminal (interactiveMode: Always), which it cannot have here; if it remembers \
                 who signed in, set interactiveMode: IfAvailable and sign in with kubectl first, or use a \
                 token (kubectl create token)"
                    .to_owned(),
            );
        }
        let info = contract::question(&self.exec, self.cluster.as_ref())?;
        let mut command = Command::new(program);
        command.args(self.exec.args.iter().flatten());
        for entry in self.exec.env.iter().flatten() {
            if let (Some(name), Some(value)) = (entry.get("name"), entry.get("value")) {
                command.env(name, value);
            }
        }
        command.env(contract::QUESTION, info);
        Ok(command)
    }

    /// What the kubeconfig gives to the plugin and nobody else should see.
    fn secrets(&self) -> Vec<&str> {
        let env = self.exec.env.iter().flatten();
        env.filter_map(|entry| entry.get("value").map(String::as_str))
            .collect()
    }

    fn failed(&self, failure: &Failure, patience: Duration) -> String {
        match failure {
            Failure::Start(error) => {
                let hint = self.exec.install_hint.as_deref().map(str::trim);
                let hint = hint.filter(|hint| !hint.is_empty()).map_or_else(
                    || "install it or put it into PATH".into(),
                    |hint| text::clean(hint, 300),
                );
                format!(
                    "cannot be started ({}): {hint}",
                    super::trouble::unread(error)
                )
            }
            Failure::TooLong => format!(
                "did not answer within {} s and was ended; sign in with kubectl, then retry",
                patience.as_secs()
            ),
            Failure::TooMuch => format!(
                "answered with more than {} KiB, which is no credential; check its command in the kubeconfig",
                process::ANSWER_LIMIT / 1024
            ),
        }
    }
}
