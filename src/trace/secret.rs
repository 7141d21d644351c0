//! What of a text that a service recorded nobody should read over a shoulder, or in a file: that part alone
//! becomes `…`, so that the rest can still be read.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::statement;

/// Longest text that is looked through, in bytes; nothing shows as much.
const LIMIT: usize = 64 * 1024;

/// Parts of keys whose values are hidden whole.
const KEYS: [&str; 13] = [
    "authorization",
    "cookie",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "session",
    "signature",
];

/// What follows a name of a secret and is none.
const PLAIN: [&str; 16] = [
    "access",
    "auth",
    "authentication",
    "authorization",
    "credentials",
    "empty",
    "false",
    "is",
    "missing",
    "nil",
    "none",
    "null",
    "realm",
    "scheme",
    "token",
    "true",
];

/// A text without any of these is left as it is, at little cost.
const HINT: &str = r"(?i)@|eyJ|bearer|basic|auth|cookie|pass|pwd|secret|token|key|credential|sig|sess|identified|akia|gh[a-z]_|glpat|xox|sk_|[?&]code";

/// Where secrets stand, what is kept of the place, and whether a plain word there is no secret.
const PLACES: [(&str, &str, bool); 15] = [
    // A block of a key, to its end or to the text's.
    (
        r"(?is)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\z)()",
        "",
        false,
    ),
    // Who logs in by an address; a password may have what an address may not.
    (
        r#"(?i)([a-z][a-z0-9+.-]*://)(?:[^\s/?#"'<>]*|[^\s/?#:"'<>]*:[0-9]*[^\s0-9/?#"'<>@][^\s"'<>]*)@"#,
        "@",
        false,
    ),
    // The same without a scheme: `root:…@tcp(db:3306)`, `thin:scott/…@db`.
    (
        r#"()\b(?:(?:thin|oci):[^\s:@"'<>…]+|[\w.+-]+:[^\s:@/"'<>…][^\s:@/"'<>]*)@"#,
        "@",
        false,
    ),
    // Headers.
    (
        r#"(?i)(\b(?:proxy-)?authorization\\*["']?\s*[:=]\s*\\*["']?)(?:(?:digest|aws4-hmac-sha256)\b[^\r\n]*|(?:bearer|basic|token|apikey|negotiate|ntlm)\s+[^\s"',;\\]+|[^\s"',;\\]+(?:[ \t]+[A-Za-z0-9+/=_.~-]{8,})?)"#,
        "",
        false,
    ),
    (
        r#"(?i)(\b(?:set-)?cookie\\*["']?\s*[:=]\s*\\*["']?)[^\r\n"'\\]+"#,
        "",
        false,
    ),
    (r#"(?i)(\bbearer\s+)([^\s"',;\\]+)"#, "", true),
    (
        r"(\b[Bb](?:asic|ASIC)\s+)([A-Za-z0-9+/_-]*[A-Z0-9+/][A-Za-z0-9+/_-]*={0,2})",
        "",
        true,
    ),
    // `password=…`, `token=…` of a query, `"secret": "…"`, `--api-key …`, `password: …`.
    (
        r#"(?i)([\w.-]*(?:passw|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|signature|session_?id|sessid|\bsig\b|\bauth\b|[?&](?:key|code)\b)[\w.-]*(?:\\*["'])?\s*(?:=>|={1,2}|:=|%3d)\s*)(\\+"[^"\\]*\\+"|"[^"]*"?|'[^']*'?|[^\s&;,"']+)"#,
        "",
        true,
    ),
    (
        r#"(?i)([\w.-]*(?:passw(?:or)?d|passphrase|pwd|secret|token|key|credentials?|signature|session_?id)\\*["']\s*:\s*)(\\+"[^"\\]*\\+"|"[^"]*"?|'[^']*'?|[^\s&;,"'}]+)"#,
        "",
        true,
    ),
    (
        r#"(?i)(\b[\w.-]*(?:passw(?:or)?d|passphrase|pwd|secret|api[_-]?key|access[_-]?key|private[_-]?key):\s*)("[^"]*"?|'[^']*'?|[^\s&;,"']+)"#,
        "",
        true,
    ),
    // `invalid token: expired` says why; with a digit, or that long, it is the token.
    (
        r#"(?i)(\b[\w.-]*(?:token|credentials?|signature|session_?id):\s*)("[^"]*"?|'[^']*'?|[^\s&;,"']*[0-9][^\s&;,"']*|[^\s&;,"']{16,})"#,
        "",
        true,
    ),
    (
        r"(?i)(--?[\w-]*(?:password|passwd|secret|token|api-key)\s+)([^\s-]\S*)",
        "",
        true,
    ),
    (
        r#"(?i)(\b(?:identified\s+by|requirepass|password)\s+)('[^']*'?|"[^"]*"?)"#,
        "",
        false,
    ),
    (
        r"()\beyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){1,4}",
        "",
        false,
    ),
    // Forms by which some issuers' tokens are known.
    (
        r"()\b(?:gh[a-z]_\w{16,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}|sk_[a-z]+_\w{10,})",
        "",
        false,
    ),
];

/// Texts of SQL. Whether `\'` ends one differs from database to database: after it, all is hidden.
const LITERALS: &str = r"(?s)'(?:[^'\\]|''|\\[^'])*(?:'|\\'.*|\\?\z)";
/// Texts as `MySQL` also writes them; elsewhere these are names.
const QUOTED: &str = r#"([=(,]\s*)"[^"]*"?"#;
/// What a cache is told to let somebody in.
const LOGIN: &str = r"(?is)^(\s*(?:auth|hello)\s).+$";

#[expect(clippy::expect_used, reason = "the table's test reads all of them")]
fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of this file")
}

/// Whether a key says that its value is a secret.
pub(super) fn is_named(key: &str) -> bool {
    let bare: String = key.chars().filter(|c| c.is_alphanumeric()).collect();
    let bare = bare.to_lowercase();
    KEYS.iter().any(|word| bare.contains(word))
}

/// A text with `…` for what in it is secret; a statement also without its literals.
pub(super) fn hidden(text: &str) -> Cow<'_, str> {
    if statement::is_statement(text) {
        return Cow::Owned(hidden_statement(text));
    }
    hidden_parts(text)
}

/// A statement to a database with `…` for each of its literals.
pub(super) fn hidden_statement(text: &str) -> String {
    static RULES: LazyLock<[(Regex, &str); 3]> = LazyLock::new(|| {
        [
            (regex(LITERALS), "'…'"),
            (regex(QUOTED), "${1}\"…\""),
            (regex(LOGIN), "${1}…"),
        ]
    });
    let mut text = bounded(text).to_owned();
    for (rule, kept) in RULES.iter() {
        text = rule.replace_all(&text, *kept).into_owned();
    }
    hidden_parts(&text).into_owned()
}

fn hidden_parts(text: &str) -> Cow<'_, str> {
    static RULES: LazyLock<Vec<(Regex, &str, bool)>> = LazyLock::new(|| {
        let rule = |(pattern, kept, spares)| (regex(pattern), kept, spares);
        PLACES.into_iter().map(rule).collect()
    });
    static HINTED: LazyLock<Regex> = LazyLock::new(|| regex(HINT));
    let mut shown = Cow::Borrowed(bounded(text));
    if !HINTED.is_match(&shown) {
        return shown;
    }
    for (rule, kept, spares) in RULES.iter() {
        let found = rule.replace_all(&shown, |found: &Captures<'_>| {
            let part = |at| found.get(at).map_or("", |part| part.as_str());
            if *spares && is_plain(part(2)) {
                return part(0).to_owned();
            }
            format!("{}{}{kept}", part(1), around(part(2)))
        });
        if let Cow::Owned(found) = found {
            shown = Cow::Owned(found);
        }
    }
    shown
}

/// What stands for a value: quoted, where it was.
fn around(value: &str) -> String {
    let opens = value.starts_with('\\') || value.starts_with(['"', '\'']);
    let quote: &str = if opens {
        let end = value.find(['"', '\'']).map_or(0, |at| at + 1);
        value.get(..end).unwrap_or_default()
    } else {
        ""
    };
    // What closes around it is no part of it.
    let bare = value.trim_end_matches([')', ']', '}']);
    let after = if opens {
        quote
    } else {
        value.get(bare.len()..).unwrap_or_default()
    };
    format!("{quote}…{after}")
}

fn is_plain(value: &str) -> bool {
    let bare = value.trim_matches(|c: char| !c.is_alphanumeric());
    PLAIN.iter().any(|word| word.eq_ignore_ascii_case(bare))
}

fn bounded(text: &str) -> &str {
    let end = (0..=LIMIT.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or_default()).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "dial postgres://u:EXCPW@db:5432 refused token=EXCTOKEN",
        "dial postgres://…@db:5432 refused token=…"
    )]
    #[case("amqp://u:p/w#1@mq/vhost gone", "amqp://…@mq/vhost gone")]
    #[case("https://TOKEN@host/a?b=1", "https://…@host/a?b=1")]
    #[case("root:hunter2@tcp(db:3306)/shop", "…@tcp(db:3306)/shop")]
    #[case("jdbc:oracle:thin:scott/tiger@db:1521", "jdbc:oracle:…@db:1521")]
    #[case("GET /login?token=1234&next=/cart", "GET /login?token=…&next=/cart")]
    #[case("/hook?access_token%3Dabc", "/hook?access_token%3D…")]
    #[case(
        "Server=db;Password=a$b!;Database=x",
        "Server=db;Password=…;Database=x"
    )]
    #[case("Config(secret=abc123, retries=3)", "Config(secret=…, retries=3)")]
    #[case("call(api_key=abc)", "call(api_key=…)")]
    #[case(
        r#"{"password": "a b", "user": "me"}"#,
        r#"{"password": "…", "user": "me"}"#
    )]
    #[case(
        r#"{\"client_secret\":\"ab\",\"a\":1}"#,
        r#"{\"client_secret\":\"…\",\"a\":1}"#
    )]
    #[case("wrong password: hunter2", "wrong password: …")]
    #[case("token: 8f3a rejected", "token: … rejected")]
    #[case("run --password hunter2 --verbose", "run --password … --verbose")]
    #[case("CREATE USER u IDENTIFIED BY 'pw'", "CREATE USER u IDENTIFIED BY '…'")]
    #[case("Authorization: Bearer abc.def refused", "Authorization: … refused")]
    #[case("authorization=Basic dXNlcjpwdw== refused", "authorization=… refused")]
    #[case(
        "Authorization: Digest username=\"u\", response=\"r\"",
        "Authorization: …"
    )]
    #[case("sent Bearer abcdef to the server", "sent Bearer … to the server")]
    #[case("sent Basic dXNlcjpwdw== there", "sent Basic … there")]
    #[case("Cookie: a=1; b=2", "Cookie: …")]
    #[case("jwt eyJhbGciOi.eyJzdWIi.c2ln expired", "jwt … expired")]
    #[case("push by ghp_0123456789abcdef0123 failed", "push by … failed")]
    #[case("-----BEGIN RSA PRIVATE KEY-----\nMII", "…")]
    #[case(
        "update users set pw='x' where id=1",
        "update users set pw='…' where id=1"
    )]
    fn only_what_is_secret_is_hidden(#[case] said: &str, #[case] shown: &str) {
        assert_eq!(hidden(said), shown);
        assert_eq!(hidden(shown), shown, "once is enough");
    }

    #[rstest]
    #[case("no answer in 2 s")]
    #[case("'id'")]
    #[case("dial tcp 10.0.0.7:5432: connection refused")]
    #[case("http://cart:8080/items/me@example.com")]
    #[case("me@example.com has no cart")]
    #[case("invalid token: expired")]
    #[case("Unexpected token < in JSON at position 0")]
    #[case("bearer token missing")]
    #[case("Basic authentication failed")]
    #[case("token=null")]
    #[case("io.grpc.StatusRuntimeException: UNAVAILABLE")]
    #[case("POST /oauth/token")]
    #[case("vault.SecretService/Get")]
    #[case("update cart item count")]
    #[case("")]
    fn what_says_why_is_left(#[case] said: &str) {
        assert_eq!(hidden(said), said);
    }

    #[rstest]
    #[case(
        "SELECT * FROM u WHERE n = 'it''s' AND k = 'x'",
        "SELECT * FROM u WHERE n = '…' AND k = '…'"
    )]
    #[case(r"SELECT 'a\'b' || 'c'", "SELECT '…'")]
    #[case("SELECT 'cut off", "SELECT '…'")]
    #[case(
        r#"SELECT "name" FROM u WHERE k = "x""#,
        r#"SELECT "name" FROM u WHERE k = "…""#
    )]
    #[case("AUTH hunter2", "AUTH …")]
    #[case("GET user:17", "GET user:17")]
    fn statements_lose_their_literals(#[case] said: &str, #[case] shown: &str) {
        assert_eq!(hidden_statement(said), shown);
    }
}
