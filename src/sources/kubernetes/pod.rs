//! The pod that we run in, where there is no kubeconfig: the server that its environment names, and what its
//! service account mounts.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use kube::config::Config;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::model::text::{self, Text};

/// What a session of it is called.
pub(super) const CONTEXT: &str = "in-cluster";
/// Where Kubernetes mounts a service account.
pub(super) const FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// Who one is there.
pub(super) const USER: &str = "this pod's service account";
/// What to do when it is refused.
pub(super) const REMEDY: &str =
    "its token may have ended; a new one is taken as soon as it is mounted";

/// The variables that every container has.
const HOST: &str = "KUBERNETES_SERVICE_HOST";
const PORT: &str = "KUBERNETES_SERVICE_PORT";

/// Whether we run in a pod; an empty name is none.
pub(super) fn is_here(environment: impl Fn(&str) -> Option<OsString>) -> bool {
    environment(HOST).is_some_and(|host| !host.is_empty())
}

/// The server, its authority, the file of the token, and the namespace, which is `default` where none is
/// mounted.
///
/// # Errors
/// One line that names what is lacking.
pub(super) fn config(
    folder: &Path,
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<Config, Text> {
    let mut config = Config::new(server(environment)?);
    let token = folder.join("token");
    match std::fs::read_to_string(&token) {
        Ok(text) if !text.trim().is_empty() => {}
        Ok(_) => return Err(lacks("token", &token, "it is empty")),
        Err(error) => return Err(lacks("token", &token, &super::trouble::unread(&error))),
    }
    config.auth_info.token_file = Some(token.display().to_string());
    let authority = folder.join("ca.crt");
    config.root_cert = Some(certificates(&authority)?);
    config.root_cert_file = Some(authority);
    let namespace = std::fs::read_to_string(folder.join("namespace")).unwrap_or_default();
    if !namespace.trim().is_empty() {
        namespace.trim().clone_into(&mut config.default_namespace);
    }
    Ok(config)
}

fn server(environment: impl Fn(&str) -> Option<OsString>) -> Result<http::Uri, Text> {
    let text = |name: &str| {
        let value = environment(name).unwrap_or_default();
        value.to_string_lossy().into_owned()
    };
    let (host, port) = (text(HOST), text(PORT));
    let wrong = |name: &str, value: &str, what: &str| {
        text::message(&format!(
            "there is no kubeconfig, and {name} of this pod is \"{}\", which is {what}; give --kubeconfig or \
             set it",
            text::clean(value, 60)
        ))
    };
    let port: u16 = port.parse().map_err(|_| wrong(PORT, &port, "no port"))?;
    let place = match host.parse::<IpAddr>() {
        Ok(address) => SocketAddr::new(address, port).to_string(),
        Err(_) => format!("{host}:{port}"),
    };
    let server = format!("https://{place}").parse();
    server.map_err(|_| wrong(HOST, &host, "no server's name"))
}

fn certificates(path: &Path) -> Result<Vec<Vec<u8>>, Text> {
    let lacking = |why: &str| lacks("certificate authority", path, why);
    let read = std::fs::read(path).map_err(|error| lacking(&super::trouble::unread(&error)))?;
    let all = CertificateDer::pem_slice_iter(&read).map(|one| one.map(|one| one.to_vec()));
    let all: Result<Vec<Vec<u8>>, _> = all.collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        _ => Err(lacking("it holds no certificate")),
    }
}

fn lacks(what: &str, path: &Path, why: &str) -> Text {
    text::message(&format!(
        "there is no kubeconfig, and the {what} of {USER} cannot be used ({}: {why}); mount it or give \
         --kubeconfig",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// A service account as it is mounted; its certificate is only a form here.
    fn mounted() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let certificate = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n";
        for (name, text) in [
            ("token", "s3cret\n"),
            ("ca.crt", certificate),
            ("namespace", "shop\n"),
        ] {
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        folder
    }

    fn environment(host: &str, port: &str) -> impl Fn(&str) -> Option<OsString> {
        let (host, port) = (OsString::from(host), OsString::from(port));
        move |name| match name {
            HOST => Some(host.clone()),
            PORT => Some(port.clone()).filter(|port| !port.is_empty()),
            _ => None,
        }
    }

    #[rstest]
    #[case("10.96.0.1", "443", "https://10.96.0.1:443/")]
    #[case("fd00::1", "6443", "https://[fd00::1]:6443/")]
    #[case("kubernetes.default.svc", "443", "https://kubernetes.default.svc:443/")]
    fn what_is_mounted_is_used(#[case] host: &str, #[case] port: &str, #[case] server: &str) {
        let folder = mounted();
        let config = config(folder.path(), environment(host, port)).expect("whole");
        assert_eq!(config.cluster_url.to_string(), server);
        assert_eq!(config.default_namespace, "shop");
        assert_eq!(config.root_cert, Some(vec![vec![1, 2, 3]]));
        let token = folder.path().join("token").display().to_string();
        assert_eq!(config.auth_info.token_file, Some(token));
    }

    #[rstest]
    #[case("token", None, "the token of")]
    #[case("token", Some("\n"), "token: it is empty)")]
    #[case("ca.crt", None, "the certificate authority of")]
    #[case("ca.crt", Some(""), "ca.crt: it holds no certificate)")]
    #[case("ca.crt", Some("garbage"), "ca.crt: it holds no certificate)")]
    fn what_is_lacking_is_named(
        #[case] name: &str,
        #[case] text: Option<&str>,
        #[case] says: &str,
    ) {
        let folder = mounted();
        let path = folder.path().join(name);
        match text {
            Some(text) => std::fs::write(&path, text).expect("a file"),
            None => std::fs::remove_file(&path).expect("it was there"),
        }
        let said = config(folder.path(), environment("10.96.0.1", "443")).expect_err("lacking");
        assert!(said.contains(says) && said.contains(name), "{said}");
        assert!(said.ends_with("mount it or give --kubeconfig"), "{said}");
        assert!(!said.contains("s3cret"));
    }

    #[rstest]
    #[case(None)]
    #[case(Some(" \n"))]
    fn without_a_namespace_it_is_the_default_one(#[case] text: Option<&str>) {
        let folder = mounted();
        let path = folder.path().join("namespace");
        match text {
            Some(text) => std::fs::write(&path, text).expect("a file"),
            None => std::fs::remove_file(&path).expect("it was there"),
        }
        let config = config(folder.path(), environment("10.96.0.1", "443")).expect("enough");
        assert_eq!(config.default_namespace, "default");
    }

    #[rstest]
    #[case("10.96.0.1", "", "KUBERNETES_SERVICE_PORT")]
    #[case("10.96.0.1", "tcp://10.96.0.1:443", "KUBERNETES_SERVICE_PORT")]
    #[case("no name", "443", "KUBERNETES_SERVICE_HOST")]
    fn an_environment_that_names_no_server_is_told(
        #[case] host: &str,
        #[case] port: &str,
        #[case] says: &str,
    ) {
        let said = config(mounted().path(), environment(host, port)).expect_err("no server");
        assert!(said.contains(says), "{said}");
    }

    #[test]
    fn an_empty_host_is_no_pod() {
        assert!(is_here(environment("10.96.0.1", "443")));
        assert!(!is_here(environment("", "443")));
        assert!(!is_here(|_| None));
    }
}
