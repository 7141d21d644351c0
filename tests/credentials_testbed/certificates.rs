//! Certificates that are not taken, ours and the server's.
#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use portolan::model::observation::NamespaceChoice;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::user::{User, pki};
use crate::watching::Watching;

fn openssl(folder: &std::path::Path, arguments: &str) {
    let output = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output()
        .expect("openssl is in PATH");
    assert!(output.status.success(), "{arguments}: {output:?}");
}

/// An authority `other`, and two client certificates of an administrator: `ended` of the test bed's authority,
/// `foreign` of the other one.
pub fn make(user: &User) {
    let folder = user.folder.path();
    let key = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    openssl(
        folder,
        &format!("{key} -x509 -days 2 -subj /CN=other -keyout other.key -out other.crt"),
    );
    fs::write(user.path("ext"), "extendedKeyUsage=clientAuth\n").expect("a file");
    for name in ["ended", "foreign", "first"] {
        let subject = "-subj /O=system:masters/CN=admin";
        openssl(
            folder,
            &format!("{key} {subject} -keyout {name}.key -out {name}.csr"),
        );
    }
    let (ca, ca_key) = (pki("ca.crt"), pki("ca.key"));
    let sign = "x509 -req -extfile ext -set_serial 7";
    openssl(
        folder,
        &format!(
            "{sign} -in ended.csr -out ended.crt -CA {} -CAkey {} -days -1",
            ca.display(),
            ca_key.display()
        ),
    );
    openssl(
        folder,
        &format!(
            "x509 -req -set_serial 8 -in first.csr -out first.crt -CA {} -CAkey {} -days 2",
            ca.display(),
            ca_key.display()
        ),
    );
    openssl(
        folder,
        &format!("{sign} -in foreign.csr -out foreign.crt -CA other.crt -CAkey other.key -days 2"),
    );
    fs::write(
        user.path("broken.key"),
        "-----BEGIN PRIVATE KEY-----\nnone\n",
    )
    .expect("a file");
    fs::create_dir(user.path("folder.key")).expect("a folder");
}

/// What the session's line says with this user and this cluster entry, each over the administrator's.
async fn said(credentials: &Value, cluster: &Value, holds: &str) {
    let mut user = User::new(credentials).await;
    make(&user);
    if credentials.is_null() {
        user.config = crate::real::config().await;
    }
    let entry = user.cluster();
    for (key, value) in cluster.as_object().into_iter().flatten() {
        entry[key] = value.clone();
    }
    let choice = NamespaceChoice::one("default");
    let mut watching = Watching::start(&user.session(), choice);
    let told = |w: &Watching| {
        let mut lines = w.lines.values();
        lines.any(|state| state.trouble().is_some_and(|cause| cause.contains(holds)))
    };
    watching.until(holds, told).await;
}

/// The address of a server of web pages, none of which is there.
async fn nothing_there() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = [0; 8192];
                while let Ok(1..) = stream.read(&mut asked).await {
                    let page = "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>";
                    if stream.write_all(page.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

fn pair(certificate: &str, key: &str) -> Value {
    json!({"client-certificate": certificate, "client-key": key})
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_client_certificate_that_is_not_taken_is_named() {
    for (certificate, key, holds) in [
        (
            "ended.crt",
            "ended.key",
            "(401); its client certificate may have ended",
        ),
        (
            "foreign.crt",
            "foreign.key",
            "(401); its client certificate may have ended",
        ),
        (
            "gone.crt",
            "ended.key",
            "cannot read the client certificate",
        ),
        (
            "ended.crt",
            "gone.key",
            "gone.key: there is no such file; correct",
        ),
        ("ended.crt", "folder.key", "folder.key: is a directory"),
        (
            "first.crt",
            "first.key",
            "is X.509 v1, which is not supported; have it issued again as v3",
        ),
        ("ended.crt", "broken.key", "the client key cannot be used"),
        ("ended.crt", "foreign.key", "the client key cannot be used"),
    ] {
        said(&pair(certificate, key), &Value::Null, holds).await;
    }
    let lone = json!({"client-certificate": "ended.crt"});
    said(
        &lone,
        &Value::Null,
        "has no client key beside its other half",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the testbed: eval \"$(testbed/up)\""]
async fn a_server_whose_certificate_is_not_trusted_is_named() {
    let of_file =
        |file: &str| json!({"certificate-authority-data": null, "certificate-authority": file});
    let plain = nothing_there().await;
    for (cluster, holds) in [
        (
            of_file("other.crt"),
            "of an authority that the kubeconfig does not name",
        ),
        (of_file("gone.crt"), "cannot read the certificate authority"),
        (
            of_file("broken.key"),
            "of an authority that the kubeconfig does not name",
        ),
        (
            json!({"tls-server-name": "elsewhere.example.org"}),
            "its certificate is not for this name",
        ),
        (json!({"proxy-url": "http://127.0.0.1:1"}), "proxy-url"),
        (
            json!({"server": "https://127.0.0.1:1"}),
            "connection refused; check that it runs, and server in the kubeconfig",
        ),
        (
            json!({"server": format!("https://{plain}")}),
            "it does not speak TLS there; check the port",
        ),
        (
            json!({"server": format!("http://{plain}")}),
            "is it a Kubernetes server? check server in the kubeconfig",
        ),
    ] {
        said(&Value::Null, &cluster, holds).await;
    }
}
