//! The program as the suites start it: alone, with a home of its own and a server that nobody runs.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::net::TcpListener;

use portable_pty::CommandBuilder;
use tempfile::TempDir;

/// A home with a kubeconfig whose server nobody runs.
pub fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    // Bound and let go: nobody listens there now.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
         clusters: [{{name: c, cluster: {{server: \"https://127.0.0.1:{port}\"}}}}]\n\
         users: [{{name: u, user: {{token: t}}}}]\n\
         contexts: [{{name: here, context: {{cluster: c, user: u, namespace: shop}}}}]\n"
    );
    fs::write(home.path().join("kubeconfig"), text).unwrap();
    home
}

/// The program, with nothing of whoever runs the tests.
pub fn portolan(home: &TempDir, args: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_portolan"));
    command.env_clear();
    command.args(args);
    command.env("HOME", home.path());
    command.env("KUBECONFIG", home.path().join("kubeconfig"));
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    command
}
