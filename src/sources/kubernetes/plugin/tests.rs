//! Plugins of every bad kind; what they are is a shell's one line.

use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use kube::config::{AuthInfo, ExecConfig};
use rstest::rstest;
use tokio::time::Instant;

use super::{Credential, Plugin, Proof};

/// Longer than any of them takes that ends by itself.
const LONG: Duration = Duration::from_secs(30);
const NOW: &str = "2026-11-23T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

fn config(rest: &str) -> ExecConfig {
    let text = format!("apiVersion: client.authentication.k8s.io/v1\n{rest}");
    serde_saphyr::from_str(&text).expect("well-formed")
}

fn shell(script: &str) -> Plugin {
    let script = serde_json::Value::from(script);
    Plugin::new(
        config(&format!("command: sh\nargs: [\"-c\", {script}]")),
        None,
    )
}

async fn run(script: &str) -> Result<Credential, String> {
    let ran = shell(script).run(now(), LONG).await;
    ran.map_err(|why| why.to_string())
}

fn answer(status: &str) -> String {
    format!(
        r#"echo '{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{status}}}'"#
    )
}

#[tokio::test]
async fn a_token_and_a_certificate_are_taken_with_their_end() {
    let token = run(&answer(
        r#"{"token":"t0ken","expirationTimestamp":"2026-11-23T12:00:10Z"}"#,
    ))
    .await
    .expect("a token");
    assert!(matches!(&token.proof, Proof::Token(token) if token == "t0ken"));
    assert_eq!(
        token.until.map(|end| end.duration_since(now()).as_secs()),
        Some(10)
    );
    assert!(!format!("{token:?}").contains("t0ken"));
    let pair = r#"{"clientCertificateData":"CERT","clientKeyData":"KEY","token":"unused"}"#;
    let pair = run(&answer(pair)).await.expect("a certificate");
    assert!(
        matches!(pair.proof, Proof::Certificate { certificate, key } if certificate == "CERT" && key == "KEY")
    );
    let yaml = "printf 'apiVersion: client.authentication.k8s.io/v1\\nkind: ExecCredential\\nstatus: {token: abc}\\n'";
    assert!(run(yaml).await.is_ok(), "kubectl takes YAML too");
}

#[rstest]
#[case::nothing("true", "answered nothing")]
#[case::garbage("echo s3cret-garbage", "is no ExecCredential")]
#[case::binary(r"printf '\377\376'", "is no text")]
#[case::kind(r#"echo '{"kind":"Secret","apiVersion":"v1"}'"#, "another kind")]
#[case::version(
    r#"echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"s3cret"}}'"#,
    "another version than client.authentication.k8s.io/v1,"
)]
#[case::no_status(&answer("null"), "without a credential")]
#[case::no_token(&answer(r#"{"token":" "}"#), "without a token")]
#[case::half(&answer(r#"{"clientCertificateData":"s3cret"}"#), "without its key")]
#[case::no_time(&answer(r#"{"token":"s3cret","expirationTimestamp":"soon"}"#), "no time")]
#[case::expired(
    &answer(r#"{"token":"s3cret","expirationTimestamp":"2026-11-23T09:00:00Z"}"#),
    "ended 3 h ago by this machine's clock"
)]
#[case::huge("yes s3cret | head -c 100000000", "more than 1024 KiB")]
#[case::signal("kill -9 $$", "failed (signal: 9 (SIGKILL))")]
#[case::bomb(
    "printf 'a: &a [x,x,x,x,x,x,x,x,x]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\\nd: [*c,*c,*c,*c,*c,*c,*c,*c]\\nkind: x'",
    "ExecCredential"
)]
#[tokio::test]
async fn what_is_no_credential_is_named_and_not_quoted(#[case] script: &str, #[case] why: &str) {
    let said = run(script).await.expect_err("it is none");
    assert!(said.starts_with("the credential plugin sh "), "{said}");
    assert!(said.contains(why) && !said.contains("s3cret"), "{said}");
}

#[tokio::test]
async fn it_has_no_terminal_no_input_and_no_group_of_ours() {
    let script = "if read line; then echo input >&2; exit 1; fi
        if (echo >/dev/tty) 2>/dev/null; then echo terminal >&2; exit 1; fi
        read -r _ _ _ _ group session _ </proc/self/stat
        [ $group = $$ ] && [ $session = $$ ] || { echo group >&2; exit 1; }
        case $KUBERNETES_EXEC_INFO in *'\"interactive\":false'*) ;; *) echo info >&2; exit 1;; esac
        echo \"$EXTRA\" | grep -q wanted || exit 1
        echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"x\"}}'";
    let script = serde_json::Value::from(script);
    let exec = config(&format!(
        "command: sh\nargs: [\"-c\", {script}]\nenv: [{{name: EXTRA, value: wanted}}]"
    ));
    let ran = Plugin::new(exec, None).run(now(), LONG).await;
    assert!(ran.is_ok(), "{ran:?}");
}

#[tokio::test]
async fn the_cluster_is_told_where_the_kubeconfig_wants_it() {
    let cluster: kube::config::Cluster = serde_saphyr::from_str(
        "{server: 'https://x', certificate-authority-data: Q0EK, tls-server-name: y,
          extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: z}}]}",
    )
    .expect("well-formed");
    let cluster = kube::config::ExecAuthCluster::try_from(&cluster).expect("readable");
    let question = |wanted: bool| {
        let exec = config(&format!("command: x\nprovideClusterInfo: {wanted}"));
        let plugin = Plugin::new(exec, Some(cluster.clone()));
        super::contract::question(&plugin.exec, plugin.cluster.as_ref()).expect("a question")
    };
    let told: serde_json::Value = serde_json::from_str(&question(true)).expect("JSON");
    assert_eq!(
        told["spec"],
        serde_json::json!({"interactive": false, "cluster": {
            "server": "https://x", "certificate-authority-data": "Q0EK", "tls-server-name": "y",
            "config": {"audience": "z"}
        }})
    );
    assert!(!question(false).contains("cluster"));
}

/// The processes of a session, without those that are dead and not yet buried.
fn alive(session: &str) -> usize {
    let processes = fs::read_dir("/proc").expect("Linux").flatten();
    let stats = processes.filter_map(|p| fs::read_to_string(p.path().join("stat")).ok());
    let of_it = |stat: &String| {
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split(' ')
            .collect();
        fields.get(4) == Some(&session) && fields.get(1) != Some(&"Z")
    };
    stats.filter(of_it).count()
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + LONG;
    while !holds() {
        assert!(Instant::now() < end, "never: {what}");
        tokio::task::yield_now().await;
    }
}

/// Ignores what asks it to end, and has a child that does too.
fn stubborn(pid: &Path) -> Plugin {
    shell(&format!(
        "trap '' TERM INT HUP; (trap '' TERM INT HUP; sleep 600) & echo $$ >{0}.new; mv {0}.new {0}; sleep 600; sleep 600",
        pid.display()
    ))
}

#[tokio::test]
async fn one_that_hangs_is_ended_with_its_children() {
    let folder = tempfile::tempdir().expect("a folder");
    let pid = folder.path().join("pid");
    let said = stubborn(&pid).run(now(), Duration::from_secs(1)).await;
    let said = said.expect_err("it hangs").to_string();
    assert!(said.contains("did not answer within 1 s"), "{said}");
    let session = fs::read_to_string(&pid).expect("it ran");
    until("all of it is gone", || alive(session.trim()) == 0).await;
}

#[tokio::test]
async fn whoever_does_not_wait_any_more_ends_it_with_its_children() {
    let folder = tempfile::tempdir().expect("a folder");
    let pid = folder.path().join("pid");
    let plugin = stubborn(&pid);
    let running = tokio::spawn(async move { plugin.run(now(), LONG).await });
    until("it runs", || pid.exists()).await;
    let session = fs::read_to_string(&pid).expect("it runs");
    until("with its children", || alive(session.trim()) >= 3).await;
    running.abort();
    until("all of it is gone", || alive(session.trim()) == 0).await;
}

#[tokio::test]
async fn what_it_leaves_behind_holds_nobody_up_and_lives() {
    let folder = tempfile::tempdir().expect("a folder");
    let pid = folder.path().join("pid");
    let script = format!(
        "sleep 600 & echo $$ $! >{}; {}",
        pid.display(),
        answer(r#"{"token":"x"}"#)
    );
    assert!(run(&script).await.is_ok());
    let pids = fs::read_to_string(&pid).expect("it ran");
    let (session, agent) = pids.trim().split_once(' ').expect("two");
    assert_eq!(alive(session), 1);
    let _ = std::process::Command::new("kill").arg(agent).status();
}

#[tokio::test]
async fn one_that_is_missing_says_how_to_get_it() {
    let missing = |rest: &str| {
        let exec = config(&format!("command: /no/such/helper\n{rest}"));
        async move {
            Plugin::new(exec, None)
                .run(now(), LONG)
                .await
                .expect_err("missing")
                .to_string()
        }
    };
    assert_eq!(
        missing("").await,
        "the credential plugin helper cannot be started (there is no such file): install it or put it into PATH"
    );
    let hinted = missing("installHint: \"get it\\e[31m at example.org\"").await;
    assert!(hinted.ends_with(": get it at example.org"), "{hinted}");
}

#[rstest]
#[case(
    "apiVersion: client.authentication.k8s.io/v1alpha1\ncommand: x",
    "not spoken any more"
)]
#[case("command: x", "not spoken any more")]
#[case("apiVersion: client.authentication.k8s.io/v1", "has no command")]
#[case(
    "apiVersion: client.authentication.k8s.io/v1\ncommand: x\ninteractiveMode: Always",
    "needs a terminal"
)]
#[tokio::test]
async fn what_cannot_be_run_here_is_not_run(#[case] text: &str, #[case] why: &str) {
    let user = format!("exec:\n  {}", text.replace('\n', "\n  "));
    let user: AuthInfo = serde_saphyr::from_str(&user).expect("well-formed");
    let plugin = Plugin::new(user.exec.expect("exec"), None);
    let said = plugin.run(now(), LONG).await.expect_err("not run");
    assert!(said.contains(why), "{said}");
}

#[rstest]
#[case::plain("please log in", "please log in")]
#[case::last("first\n\nsecond\n", "second")]
#[case::escapes("\u{1b}[31mred\u{1b}]0;t\u{7}\r\nlast \u{1b}[2Jline", "last line")]
#[case::token("token: s3cret-x", "token: (hidden)")]
#[case::reason(
    "cannot get a token: refused (400)",
    "cannot get a token: refused (400)"
)]
#[case::assigned(
    "refused: password=hunter2 for me",
    "refused: password=(hidden) for me"
)]
#[case::header(
    "sent Authorization: Bearer abc.def",
    "sent Authorization: Bearer (hidden)"
)]
#[case::words("the token expired yesterday", "the token expired yesterday")]
#[case::opaque(
    "cannot use eyJhbGciOiJSUzI1NiIsImtpZCI6Ij.eyJpc3MiOi now",
    "cannot use (hidden) now"
)]
#[case::json(r#"{"token":"s3cret1"}"#, r#"{"token":"(hidden)"}"#)]
#[case::address(
    "open https://me:pw@login.example.org/start?code=s3cret",
    "open https://login.example.org"
)]
#[case::place(
    "open https://me:x@login.example.org/start?x=s3cret",
    "open https://login.example.org/start"
)]
#[case::path(
    "cannot read /home/jane/.config/helper/cache-1234.json",
    "cannot read /home/jane/.config/helper/cache-1234.json"
)]
#[case::aws(
    "Error when retrieving token from sso: Token has expired and refresh failed",
    "Error when retrieving token from sso: Token has expired and refresh failed"
)]
#[case::azure(
    "error: AADSTS70043 refresh token expired, run az login. token=eyJhbGciOi password=hunter2",
    "error: AADSTS70043 refresh token expired, run az login. token=(hidden) password=(hidden)"
)]
#[case::file(
    "can't read the token from /home/jane/.kube/cache: permission denied",
    "can't read the token from /home/jane/.kube/cache: permission denied"
)]
#[case::before("password:\nsolarwind", "(hidden)")]
#[case::pretty("{\n  \"token\": \"solarwind\"\n}", "\"token\": \"(hidden)\"")]
#[case::option(
    "run login --password refused now",
    "run login --password (hidden) now"
)]
#[case::letters("cannot use abcDEfghIJklMNopqr now", "cannot use (hidden) now")]
#[case::answered("it was printed-before", "it was (hidden)")]
#[case::environment("using from-env", "using (hidden)")]
fn complaints_are_shown_without_what_is_secret(#[case] said: &str, #[case] shown: &str) {
    let stdout = b"{\"token\":\"printed-before\"}";
    let cleaned = super::complaint::shown(said.as_bytes(), false, stdout, &["from-env"]);
    assert_eq!(cleaned.as_deref(), Some(shown));
}

/// Ways in which secrets were seen in complaints, and more; `§` is where it is.
const NOTATIONS: [&str; 46] = [
    r#"{"access_token":"§","refresh_token": "§"}"#,
    r#"{"accessToken":"§"}"#,
    r#"{\"access_token\":\"§\"}"#,
    r#"got "{\"id_token\": \"§\"}" from the server"#,
    "{'password': '§'}",
    "{password: §, user: jane}",
    "access_token:§",
    "access_token: §",
    "AccessToken=§",
    "token = §",
    "password is '§'",
    "password is §",
    "the password § is wrong",
    "'§' is not a valid password",
    "§ is not a valid token",
    "--password §",
    "--password=§",
    "-p § --client-secret §",
    "-p§ failed",
    "login -u jane:§ failed",
    "token \"§\" refused",
    "token `§` refused",
    "token (§) refused",
    "token <§> refused",
    "token [§] refused",
    "Basic §",
    "Authorization: Basic §",
    "Authorization: Bearer §",
    "Set-Cookie: session=§; Path=/",
    "Cookie: a=b; §",
    "client_secret: \"§ with spaces\"",
    "client_secret: \"§",
    "client secret -> §",
    "X-Api-Key|§|",
    "https://host.example/login?code=§&state=§",
    "https://jane:§@host.example/token",
    "https://host.example/token/§",
    "curl -H 'X-Vault-Token: §' https://host.example",
    "secret:\n§",
    "key:\r\n  §  \r\n",
    "-----BEGIN PRIVATE KEY-----\n§\n-----END PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\n§",
    "\u{1b}[31mtoken\u{1b}[0m\u{1b}[1m§\u{1b}[0m",
    "passphrase for key: § does not match",
    "<password>§</password>",
    "export AWS_SECRET_ACCESS_KEY=§",
];

proptest::proptest! {
    #[test]
    fn a_secret_survives_in_no_notation(
        secret in proptest::prop_oneof![
            "[a-z]{7,20}", "[A-Za-z]{6,40}", "[A-Za-z0-9+/]{6,80}={0,2}", "[A-Za-z0-9_-]{6,40}",
            "[!-~]{0,4}[a-z0-9]{6,9}[!-~]{0,4}", "SECRET[a-z]{2,8}", "[0-9]{4,12}", "[a-z]{4,9}-[a-z]{4,9}-[0-9]{1,3}",
        ],
        notation in 0..NOTATIONS.len(),
    ) {
        // What is a word of ours is none that anybody could learn from.
        proptest::prop_assume!(!super::words::is_plain(&secret));
        let said = NOTATIONS[notation].replace('§', &secret);
        let shown = super::complaint::shown(said.as_bytes(), false, b"", &[]).unwrap_or_default();
        proptest::prop_assert!(!shown.contains(&secret), "{said:?}: {shown}");
        // Nor its beginning or its end.
        let chars: Vec<char> = secret.chars().filter(char::is_ascii_alphanumeric).collect();
        let bare = NOTATIONS[notation].replace('§', "");
        for part in [chars.windows(4).next(), chars.windows(4).last()].into_iter().flatten() {
            let part: String = part.iter().collect();
            let is_ours = bare.contains(&part) || "(hidden)".contains(&part) || !secret.contains(&part);
            proptest::prop_assert!(is_ours || !shown.contains(&part), "{said:?}: {shown}");
        }
    }
}
