//! Statements to databases: only their verb is kept, for the rest may be secret.

/// Longest verb: a letter or two more than any of SQL and of the usual caches.
const LIMIT: usize = 24;
/// With what a statement in a span's name begins.
const VERBS: [&str; 14] = [
    "select", "insert", "update", "delete", "merge", "replace", "with", "create", "alter", "drop",
    "truncate", "call", "exec", "execute",
];
/// What is in a statement, and hardly in a name.
const WORDS: [&str; 7] = ["from", "into", "set", "where", "values", "table", "using"];

/// The verb of a statement, in capitals; `None` where it does not begin with a word.
pub(super) fn verb(statement: &str) -> Option<String> {
    let mut rest = statement;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
        // The first key of a document.
        if let Some(key) = rest.strip_prefix('{') {
            rest = key.trim_start_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
        }
        rest = if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/")?.1
        } else if rest.starts_with("--") {
            rest.split_once('\n')?.1
        } else {
            break;
        };
    }
    word(rest)
}

/// The first word of what is an operation's name, in capitals; `None` where it is no plain word.
pub(super) fn word(text: &str) -> Option<String> {
    let ends = |c: char| c.is_whitespace() || "\"'({[:;*".contains(c);
    let word = text.split(ends).next().unwrap_or_default();
    let plain = |b: u8| b.is_ascii_alphabetic() || b == b'_' || b == b'-' || b == b'.';
    let is_word = (2..=LIMIT).contains(&word.len()) && word.bytes().all(plain);
    is_word.then(|| word.to_ascii_uppercase())
}

/// Whether the name of a span is a statement, which may hold what is secret.
pub(super) fn is_statement(name: &str) -> bool {
    let mut words = name.split_whitespace();
    let first = words.next().unwrap_or_default().to_ascii_lowercase();
    VERBS.contains(&first.as_str())
        && (name.contains(['=', '\'', '"', '*', '(', ';'])
            || words.any(|word| WORDS.iter().any(|known| known.eq_ignore_ascii_case(word))))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("SELECT * FROM users WHERE name = 'jane'", Some("SELECT"))]
    #[case("  insert into t values (1)", Some("INSERT"))]
    #[case("/* who */ -- why\n (select 1)", Some("SELECT"))]
    #[case("/* without an end", None)]
    #[case("{\"find\": \"orders\"}", Some("FIND"))]
    #[case("GET user:17", Some("GET"))]
    #[case("hunter2", None)]
    #[case("'secret", None)]
    #[case("", None)]
    #[case("17", None)]
    fn only_the_verb_is_kept(#[case] statement: &str, #[case] kept: Option<&str>) {
        assert_eq!(verb(statement).as_deref(), kept);
    }

    #[rstest]
    #[case("select shop.orders", false)]
    #[case("select * from users", true)]
    #[case("select name from users where id = 3", true)]
    #[case("update users set password='x'", true)]
    #[case("update cart item count", false)]
    #[case("get /orders", false)]
    #[case("", false)]
    fn a_statement_is_told_from_a_name(#[case] name: &str, #[case] expected: bool) {
        assert_eq!(is_statement(name), expected);
    }
}
