//! What of a plugin's complaints may be shown: the last line, without what looks like a credential.

use crate::model::text::{self, Text};

/// Longest complaint that is shown, in characters.
const LIMIT: usize = 200;
/// Longest line that is looked at, in characters: more than is kept of them.
const WHOLE: usize = 128 * 1024;
/// Words this long that are no path and no sentence are taken for credentials, in characters.
const OPAQUE: usize = 20;
/// Shorter words than this are not looked for in what is secret: they are words of the language.
const TELLING: usize = 6;
/// What stands in place of a credential.
const HIDDEN: &str = "(hidden)";
/// After these and a `:` or `=` a credential follows, whatever it looks like.
const PASSWORDS: [&str; 6] = [
    "password",
    "passwd",
    "secret",
    "bearer",
    "authorization",
    "assertion",
];
/// After these too, unless it is a word of the language: "cannot get a token: refused".
const TOKENS: [&str; 3] = ["token", "key", "credential"];

/// The last line that says something; nothing of what the plugin `answered`, nor of `secrets`.
pub(super) fn shown(stderr: &[u8], answered: &[u8], secrets: &[&str]) -> Option<Text> {
    let said = String::from_utf8_lossy(stderr);
    let lines = said
        .split(['\n', '\r'])
        .map(|line| text::clean(line, WHOLE));
    let last = lines.rev().find(|line| !line.trim().is_empty())?;
    let answered = String::from_utf8_lossy(answered);
    Some(text::clean(&hidden(last.trim(), &answered, secrets), LIMIT))
}

/// What the words before say of the next one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Free,
    /// It is secret where it looks so.
    Token,
    /// It is secret.
    Password,
}

fn hidden(line: &str, answered: &str, secrets: &[&str]) -> String {
    let parts = |c: char| c.is_whitespace() || "\"'`,;()<>[]{}=:".contains(c);
    let mut out = String::new();
    let (mut named, mut next) = (Next::Free, Next::Free);
    for chunk in line.split_inclusive(|c: char| c.is_whitespace() || "\"'`<>".contains(c)) {
        if let Some(address) = shortened(chunk, |c| parts(c) && c != ':') {
            out.push_str(&address);
            (named, next) = (Next::Free, Next::Free);
            continue;
        }
        for piece in chunk.split_inclusive(parts) {
            let word = piece.trim_end_matches(parts);
            let rest = piece.get(word.len()..).unwrap_or_default();
            if !word.is_empty() {
                named = names(word);
                let is_secret = match next {
                    Next::Password => !word.eq_ignore_ascii_case("bearer"),
                    Next::Token => {
                        named == Next::Free && word.contains(|c: char| c.is_ascii_digit())
                    }
                    Next::Free => is_opaque(word) || is_known(word, answered, secrets),
                };
                out.push_str(if is_secret { HIDDEN } else { word });
                next = match named {
                    // "Bearer x", and "Authorization: Bearer x".
                    Next::Password if word.eq_ignore_ascii_case("bearer") => Next::Password,
                    _ => Next::Free,
                };
            }
            if rest.contains([':', '=']) {
                next = named;
            }
            out.push_str(rest);
        }
    }
    out
}

fn names(word: &str) -> Next {
    let word = word.to_lowercase();
    let is = |keys: &[&str]| keys.iter().any(|key| word.ends_with(key));
    if is(&PASSWORDS) {
        Next::Password
    } else if is(&TOKENS) {
        Next::Token
    } else {
        Next::Free
    }
}

/// Whether it was answered or given, in whole or in part.
fn is_known(word: &str, answered: &str, secrets: &[&str]) -> bool {
    let is_part = |of: &str| of.contains(word);
    word.chars().count() >= TELLING && (is_part(answered) || secrets.iter().any(|s| is_part(s)))
        || secrets
            .iter()
            .any(|secret| !secret.is_empty() && word.contains(secret))
}

/// A web address without user, password and query; `None` for what is none.
fn shortened(chunk: &str, ends: impl Fn(char) -> bool + Copy) -> Option<String> {
    let (before, _) = chunk.split_once("://")?;
    let start = before.rfind(ends).map_or(0, |at| at + 1);
    let (before, address) = chunk.split_at_checked(start)?;
    let address = address.trim_end_matches(ends);
    let rest = chunk.get(before.len() + address.len()..)?;
    let public = super::super::kubeconfig::public(address);
    Some(format!("{before}{public}{rest}"))
}

/// Long, of the letters that tokens and keys are written in, and no path or name.
fn is_opaque(word: &str) -> bool {
    let of_token = |c: char| c.is_ascii_alphanumeric() || "+/-_.~:".contains(c);
    let is_path = word.starts_with(['/', '~', '.']);
    word.chars().count() >= OPAQUE
        && !is_path
        && word.chars().all(of_token)
        && word.chars().any(|c| c.is_ascii_digit())
        && word.chars().any(|c| c.is_ascii_alphabetic())
}
