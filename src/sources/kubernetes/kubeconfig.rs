//! Finds and merges kubeconfig files the way kubectl does. Reads files only: no network, no plugin.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use kube::config::{Kubeconfig, KubeconfigError};

use super::pod;
use super::session::SessionError;

/// Most names that an error lists.
const NAMES_SHOWN: usize = 12;

/// The largest file, in bytes.
const SIZE_LIMIT: u64 = 16_000_000;
/// How long somebody may take to write a kubeconfig into a pipe.
const WRITER: Duration = Duration::from_secs(5);

/// What a context names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) context: String,
    pub(super) server: String,
    pub(super) user: Option<String>,
    pub(super) namespace: String,
    /// Whether the cluster's entry names a proxy itself.
    pub(super) proxied: bool,
    /// What to do when the credentials are refused.
    pub(super) remedy: &'static str,
}

/// The merged kubeconfig: the flag's file, else the files of `KUBECONFIG`, else the home's; `None`
/// where there is none and a pod's own credentials are to be used.
///
/// `environment` looks variables up.
pub(super) fn read(
    flag: Option<&Path>,
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<Kubeconfig>, SessionError> {
    if let Some(path) = flag {
        return match read_file(path)? {
            Some(config) => Ok(Some(config)),
            None => Err(SessionError::Missing {
                path: path.display().to_string(),
            }),
        };
    }
    let paths = places(&environment);
    let mut merged: Option<Kubeconfig> = None;
    for path in &paths {
        // kubectl passes over files that are not there, and so do we.
        if let Some(next) = read_file(path)? {
            merged = Some(match merged {
                None => next,
                Some(first) => first.merge(next).map_err(|error| malformed(path, &error))?,
            });
        }
    }
    if merged.is_none() && !pod::is_here(&environment) {
        let places: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
        let places = match places.join(", ") {
            none if none.is_empty() => "HOME is not set".to_owned(),
            places => format!("looked at: {places}"),
        };
        return Err(SessionError::Nowhere { places });
    }
    Ok(merged)
}

/// The same once more, later; `None` where it cannot be used now, or where a file can be read only once.
pub(super) fn again(
    flag: Option<&Path>,
    environment: impl Fn(&str) -> Option<OsString>,
) -> Option<Kubeconfig> {
    let paths = flag.map_or_else(|| places(&environment), |path| vec![path.to_owned()]);
    let is_file = |path: &PathBuf| std::fs::metadata(path).map_or(true, |file| file.is_file());
    if !paths.iter().all(is_file) {
        return None;
    }
    read(flag, environment).ok()?
}

/// How the files are now: which there are, when they were written, how long they are. Whatever is put into one
/// changes it.
pub(super) type Stamp = Vec<(PathBuf, Option<(SystemTime, u64)>)>;

/// The stamp of the files that are read, and of those that they name.
pub(super) fn stamp(
    flag: Option<&Path>,
    environment: impl Fn(&str) -> Option<OsString>,
    config: &Kubeconfig,
) -> Stamp {
    let mut paths = flag.map_or_else(|| places(&environment), |path| vec![path.to_owned()]);
    let clusters = config.clusters.iter().filter_map(|c| c.cluster.as_ref());
    paths.extend(
        clusters
            .filter_map(|cluster| cluster.certificate_authority.as_ref())
            .map(PathBuf::from),
    );
    for user in config
        .auth_infos
        .iter()
        .filter_map(|a| a.auth_info.as_ref())
    {
        let named = [&user.client_certificate, &user.client_key];
        paths.extend(named.into_iter().flatten().map(PathBuf::from));
    }
    let written = |path: &PathBuf| {
        let file = std::fs::metadata(path).ok()?;
        Some((file.modified().ok()?, file.len()))
    };
    paths
        .into_iter()
        .map(|path| {
            let written = written(&path);
            (path, written)
        })
        .collect()
}

fn places(environment: &impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let named: Vec<PathBuf> = environment("KUBECONFIG")
        .map(|value| std::env::split_paths(&value).collect())
        .unwrap_or_default();
    let named: Vec<PathBuf> = named
        .into_iter()
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    if !named.is_empty() {
        return named;
    }
    let home = environment("HOME").or_else(|| environment("USERPROFILE"));
    home.map(|home| Path::new(&home).join(".kube").join("config"))
        .into_iter()
        .collect()
}

fn read_file(path: &Path) -> Result<Option<Kubeconfig>, SessionError> {
    if let Some(why) = unreadable(path) {
        return Err(SessionError::Malformed {
            path: path.display().to_string(),
            why,
        });
    }
    match parsed(path) {
        Ok(mut config) => {
            // An empty name is none: the next file's counts.
            config.current_context = config.current_context.filter(|name| !name.is_empty());
            Ok(Some(config))
        }
        Err(KubeconfigError::ReadConfig(error, _)) if error.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(error) => Err(malformed(path, &error)),
    }
}

/// Reads it; of a pipe, what somebody writes into it soon.
fn parsed(path: &Path) -> Result<Kubeconfig, KubeconfigError> {
    use std::os::unix::fs::FileTypeExt;
    if !std::fs::metadata(path).is_ok_and(|file| file.file_type().is_fifo()) {
        return Kubeconfig::read_from(path);
    }
    let (sender, receiver) = mpsc::channel();
    let own = path.to_owned();
    // Opening it waits for a writer, for ever; so may this thread.
    std::thread::spawn(move || {
        // Nobody may wait any more.
        let _ = sender.send(Kubeconfig::read_from(own));
    });
    receiver.recv_timeout(WRITER).unwrap_or_else(|_| {
        let error = io::Error::from(io::ErrorKind::TimedOut);
        Err(KubeconfigError::ReadConfig(error, path.to_owned()))
    })
}

/// Why a file is not even opened: it would take all memory, or all time.
fn unreadable(path: &Path) -> Option<String> {
    use std::os::unix::fs::FileTypeExt;
    let file = std::fs::metadata(path).ok()?;
    let kind = file.file_type();
    if file.len() > SIZE_LIMIT {
        Some(format!("it has more than {} MB", SIZE_LIMIT / 1_000_000))
    } else if kind.is_char_device() && path != Path::new("/dev/null") || kind.is_block_device() {
        Some("it is a device".to_owned())
    } else {
        None
    }
}

/// The error without what the file holds: parsers quote it, and it may be a credential.
fn malformed(path: &Path, error: &KubeconfigError) -> SessionError {
    let why = match error {
        KubeconfigError::ReadConfig(error, _) => match error.kind() {
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            io::ErrorKind::InvalidData => "it is no text".to_owned(),
            io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
            io::ErrorKind::TimedOut => "it is a pipe into which nobody writes".to_owned(),
            kind => kind.to_string(),
        },
        KubeconfigError::Parse(error) => match error.location() {
            Some(at) => format!(
                "it is malformed at line {}, column {}",
                at.line(),
                at.column()
            ),
            None => "it is malformed".to_owned(),
        },
        KubeconfigError::KindMismatch | KubeconfigError::ApiVersionMismatch => {
            "it is of another kind or version than the files before it".to_owned()
        }
        _ => "it is malformed".to_owned(),
    };
    SessionError::Malformed {
        path: path.display().to_string(),
        why,
    }
}

/// What the wanted context, or else the current one, names.
pub(super) fn choose(config: &Kubeconfig, wanted: Option<&str>) -> Result<Chosen, SessionError> {
    let name = match wanted.or(config.current_context.as_deref()) {
        Some(name) => name.to_owned(),
        None if config.contexts.is_empty() => return Err(SessionError::NoContext),
        None => {
            return Err(SessionError::NoCurrentContext {
                names: names(config),
            });
        }
    };
    let context = config
        .contexts
        .iter()
        .find(|context| context.name == name)
        .and_then(|context| context.context.as_ref())
        .ok_or_else(|| SessionError::NoSuchContext {
            name: name.clone(),
            names: names(config),
        })?;
    let cluster = config
        .clusters
        .iter()
        .find(|cluster| cluster.name == context.cluster)
        .and_then(|cluster| cluster.cluster.as_ref());
    let server = cluster
        .and_then(|cluster| cluster.server.clone())
        .filter(|server| !server.is_empty())
        .ok_or_else(|| SessionError::NoServer {
            context: name.clone(),
            cluster: context.cluster.clone(),
        })?;
    Ok(Chosen {
        context: name,
        server,
        user: context.user.clone().filter(|user| !user.is_empty()),
        namespace: context
            .namespace
            .clone()
            .filter(|namespace| !namespace.is_empty())
            .unwrap_or_else(|| "default".to_owned()),
        proxied: cluster.is_some_and(|cluster| cluster.proxy_url.is_some()),
        remedy: remedy(config, context.user.as_deref()),
    })
}

/// What to do when the server refuses what the kubeconfig has of a user.
fn remedy(config: &Kubeconfig, user: Option<&str>) -> &'static str {
    let entry = config
        .auth_infos
        .iter()
        .find(|entry| Some(&*entry.name) == user);
    match entry.and_then(|entry| entry.auth_info.as_ref()) {
        None => "the kubeconfig has no such user; correct the context",
        Some(user) if user.username.is_some() => {
            "Kubernetes takes no user name and password since 1.19; use a token or a certificate"
        }
        Some(user) if user.token_file.is_some() => {
            "put a new token into its tokenFile; it is taken at once"
        }
        Some(user) if user.exec.is_some() => "sign in again with kubectl, then retry",
        Some(user) if user.token.is_some() || user.auth_provider.is_some() => {
            "the token may have ended; put a new one into the kubeconfig, then retry"
        }
        Some(user)
            if user.client_certificate.is_some() || user.client_certificate_data.is_some() =>
        {
            "its client certificate may have ended, or is of another authority; put a new one into the kubeconfig, then retry"
        }
        Some(_) => "the kubeconfig has nothing to sign in with; correct the user",
    }
}

fn names(config: &Kubeconfig) -> String {
    let mut names: Vec<&str> = config.contexts.iter().map(|c| c.name.as_str()).collect();
    names.sort_unstable();
    match names.get(NAMES_SHOWN..) {
        _ if names.is_empty() => "none".to_owned(),
        Some(rest) if !rest.is_empty() => {
            let shown: Vec<&str> = names.iter().take(NAMES_SHOWN).copied().collect();
            format!("{} and {} more", shown.join(", "), rest.len())
        }
        _ => names.join(", "),
    }
}

/// A URL without user, password and query.
pub(super) fn public(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    let rest = rest.split(['?', '#']).next().unwrap_or("");
    let (authority, path) = rest.split_once('/').map_or((rest, ""), |(a, p)| (a, p));
    let host = authority.rsplit('@').next().unwrap_or("");
    let path = path.trim_end_matches('/');
    let slash = if path.is_empty() { "" } else { "/" };
    format!("{scheme}{host}{slash}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Kubeconfig {
        Kubeconfig::from_yaml(text).expect("it is well-formed")
    }

    const TWO: &str = "
clusters: [{name: c, cluster: {server: 'https://me:pw@host:6443/'}}]
contexts:
- {name: one, context: {cluster: c, user: u}}
- {name: two, context: {cluster: c, namespace: shop}}
- {name: bad, context: {cluster: gone}}
current-context: one
";

    #[test]
    fn the_current_context_or_the_wanted_one_is_chosen() {
        let one = choose(&config(TWO), None).expect("it exists");
        assert_eq!(
            (&*one.context, &*one.namespace, one.user.as_deref()),
            ("one", "default", Some("u"))
        );
        let two = choose(&config(TWO), Some("two")).expect("it exists");
        assert_eq!(
            (&*two.context, &*two.namespace, two.user),
            ("two", "shop", None)
        );
    }

    #[test]
    fn errors_name_what_there_is() {
        let said = |wanted| {
            choose(&config(TWO), Some(wanted))
                .expect_err("it fails")
                .to_string()
        };
        assert_eq!(
            said("three"),
            "the kubeconfig has no context \"three\"; it has: bad, one, two"
        );
        assert!(said("bad").contains("cluster \"gone\""));
        let none = choose(&config("contexts: []"), None).expect_err("there is none");
        assert_eq!(none, SessionError::NoContext);
        let none = choose(&config("contexts: [{name: x}]"), None).expect_err("nothing is chosen");
        assert!(none.to_string().contains("--context (it has: x)"), "{none}");
        let many: Vec<String> = (10..40).map(|i| format!("- {{name: c{i}}}")).collect();
        let many = many.join("\n");
        let many = choose(&config(&format!("contexts:\n{many}")), Some("x")).expect_err("it fails");
        assert!(many.to_string().ends_with("c21 and 18 more"), "{many}");
    }

    #[test]
    fn addresses_carry_no_credentials() {
        for (url, shown) in [
            ("https://me:pw@host:6443/", "https://host:6443"),
            (
                "https://host/k8s/clusters/c-1?token=x",
                "https://host/k8s/clusters/c-1",
            ),
            ("host", "host"),
        ] {
            assert_eq!(public(url), shown);
        }
    }

    mod files {
        use super::*;

        struct Files(tempfile::TempDir);

        impl Files {
            fn new(files: &[(&str, &str)]) -> Self {
                let dir = tempfile::tempdir().expect("a directory");
                for (name, text) in files {
                    std::fs::write(dir.path().join(name), text).expect("a file");
                }
                Self(dir)
            }

            fn read(&self, names: &[&str]) -> Result<Option<Kubeconfig>, SessionError> {
                let paths = names.iter().map(|name| self.0.path().join(name));
                let joined = std::env::join_paths(paths).expect("a list");
                read(None, |name| (name == "KUBECONFIG").then(|| joined.clone()))
            }
        }

        #[test]
        fn the_first_file_wins_and_missing_ones_are_passed_over() {
            let files = Files::new(&[
                (
                    "a",
                    "current-context: ''\nclusters: [{name: c, cluster: {server: 'https://first'}}]",
                ),
                (
                    "b",
                    "current-context: x\nclusters: [{name: c, cluster: {server: 'https://second'}}]\ncontexts: [{name: x, context: {cluster: c}}]",
                ),
            ]);
            let merged = files
                .read(&["gone", "a", "b"])
                .expect("readable")
                .expect("found");
            let chosen = choose(&merged, None).expect("x");
            assert_eq!((&*chosen.context, &*chosen.server), ("x", "https://first"));
        }

        #[test]
        fn nothing_anywhere_says_where_was_looked() {
            let files = Files::new(&[]);
            let error = files.read(&["gone"]).expect_err("nothing");
            assert!(error.to_string().contains("gone"), "{error}");
            let nothing = read(None, |_| None).expect_err("nothing");
            assert!(
                nothing
                    .to_string()
                    .contains("found (HOME is not set); give"),
                "{nothing}"
            );
            let in_cluster = |name: &str| (name == "KUBERNETES_SERVICE_HOST").then(|| "h".into());
            assert!(matches!(read(None, in_cluster), Ok(None)));
        }

        #[test]
        fn a_malformed_file_is_located_and_not_quoted() {
            let files = Files::new(&[(
                "a",
                "users:\n- name: u\n  user: {token: s3cret, password: [s3cret]}\n",
            )]);
            let error = files.read(&["a"]).expect_err("malformed").to_string();
            assert!(
                error.contains("line 3") && !error.contains("s3cret"),
                "{error}"
            );
            let flag = files.0.path().join("gone");
            let missing = read(Some(&flag), |_| None)
                .expect_err("missing")
                .to_string();
            assert!(
                missing.contains("gone") && missing.contains("--kubeconfig"),
                "{missing}"
            );
            let folder = read(Some(files.0.path()), |_| None)
                .expect_err("a folder")
                .to_string();
            assert!(folder.contains("directory"), "{folder}");
        }
    }
}
