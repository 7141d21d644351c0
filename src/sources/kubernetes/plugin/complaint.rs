//! What of a plugin's complaints may be shown: the last line, and of that only what cannot be a credential.
//!
//! Credentials are written in more ways than anybody lists, so nothing here looks for their forms alone. Where a
//! complaint speaks of a secret at all, only words of the language are shown; where it does not, what looks like a
//! token is hidden. What is in doubt is hidden.

use crate::model::text::{self, Text};

use super::words;

/// Longest complaint that is shown, in characters.
const LIMIT: usize = 200;
/// Longest line that is looked at, in characters: more than is kept of them.
const WHOLE: usize = 128 * 1024;
/// Words this long with letters and digits, that are no name with a number, are taken for credentials.
const MIXED: usize = 8;
/// Letters in a row that no word has.
const LETTERS: usize = 24;
/// Shorter words than this are not looked for in what is secret: they are words of the language.
const TELLING: usize = 6;
/// What stands in place of a credential.
const HIDDEN: &str = "(hidden)";

/// The last line that says something; nothing of what the plugin `answered`, nor of `secrets`. `cut` says that
/// the beginning is not there any more.
pub(super) fn shown(stderr: &[u8], cut: bool, answered: &[u8], secrets: &[&str]) -> Option<Text> {
    let said = String::from_utf8_lossy(stderr);
    let lines: Vec<Text> = said
        .split(['\n', '\r'])
        .map(|line| text::clean(line, WHOLE))
        .collect();
    let says = |line: &&Text| line.chars().any(char::is_alphanumeric);
    let last = lines.iter().rev().find(says)?;
    let answered = String::from_utf8_lossy(answered);
    let reader = Reader {
        // What names the secret may be a line before.
        strict: cut || lines.iter().any(|line| words::names_secret(line)),
        answered: &answered,
        secrets,
    };
    Some(text::clean(&reader.hidden(last.trim()), LIMIT))
}

/// Reads a line word by word.
struct Reader<'a> {
    /// A secret is spoken of: only words of the language are shown.
    strict: bool,
    answered: &'a str,
    secrets: &'a [&'a str],
}

impl Reader<'_> {
    fn hidden(&self, line: &str) -> String {
        let mut out = String::new();
        let mut rest = line;
        // What comes next is a value, whatever it looks like.
        let mut valued = false;
        let mut before = ' ';
        while let Some(c) = rest.chars().next() {
            let (taken, is_word) = if self.strict && opens_quote(c, before) {
                (self.quoted(rest, c, valued, &mut out), true)
            } else if is_part(c) {
                let word = word(rest);
                let is_secret = (self.strict && valued) || self.is_secret(word);
                out.push_str(&if is_secret {
                    HIDDEN.into()
                } else {
                    self.address(word)
                });
                (word.len(), true)
            } else {
                out.push(c);
                (c.len_utf8(), false)
            };
            let (done, next) = rest.split_at_checked(taken).unwrap_or((rest, ""));
            valued = match (is_word, c) {
                // `--password x`, `-p x`, `password=x`.
                (true, '-') | (false, '=') => true,
                (true, _) => false,
                // `token:x`, and not `cannot get a token: refused`.
                (false, ':') => next.starts_with(|c: char| !c.is_whitespace()),
                (false, c) => valued && (c.is_whitespace() || c == '\\'),
            };
            before = done.chars().next_back().unwrap_or(' ');
            rest = next;
        }
        out
    }

    /// A quoted text is a value, unless a `:` says that it is the name of one. Gives how much was read.
    fn quoted(&self, rest: &str, quote: char, valued: bool, out: &mut String) -> usize {
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == quote && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let (inner, after) = match end {
            Some((end, _)) => (
                rest.get(1..end).unwrap_or_default(),
                rest.get(end + 1..).unwrap_or_default(),
            ),
            None => (rest.get(1..).unwrap_or_default(), ""),
        };
        let is_name =
            !valued && after.trim_start().starts_with([':', '=']) && !self.is_secret(inner);
        out.push(quote);
        out.push_str(if is_name || inner.is_empty() {
            inner
        } else {
            HIDDEN
        });
        if end.is_some() {
            out.push(quote);
        }
        rest.len() - after.len()
    }

    fn is_secret(&self, word: &str) -> bool {
        let core = word.trim_matches(|c: char| !c.is_alphanumeric());
        if core.is_empty() {
            return self.strict && word.len() > 3;
        }
        if self.is_known(core) {
            return true;
        }
        if let Some((_, address)) = word.split_once("://") {
            let host = host(address);
            return host.is_none_or(|host| is_token(host) || self.is_known(host));
        }
        if self.strict {
            let is_ordinary = |c: char| c.is_alphanumeric() || "'.!?-_/~".contains(c);
            !word.chars().all(is_ordinary)
                || !(words::is_plain(core)
                    || is_number(core)
                    || is_code(core)
                    || is_plain_path(word))
        } else {
            is_token(core)
        }
    }

    /// Whether it was answered or given, in whole or in part.
    fn is_known(&self, word: &str) -> bool {
        let is_part = |of: &str| of.contains(word);
        word.chars().count() >= TELLING
            && (is_part(self.answered) || self.secrets.iter().any(|s| is_part(s)))
            || self
                .secrets
                .iter()
                .any(|secret| !secret.is_empty() && word.contains(secret))
    }

    /// A web address without user, password and query, and without a path that may be secret.
    fn address(&self, word: &str) -> String {
        if !word.contains("://") {
            return word.to_owned();
        }
        let public = super::super::kubeconfig::public(word);
        let place = public.split_once("://").map_or("", |(_, place)| place);
        let path = place.split_once('/').map_or("", |(_, path)| path);
        if path.is_empty() || !self.strict && !is_token(path) && !self.is_known(path) {
            return public;
        }
        public
            .strip_suffix(path)
            .unwrap_or(&public)
            .trim_end_matches('/')
            .to_owned()
    }
}

/// Characters of words; `'` is one within them.
fn is_part(c: char) -> bool {
    !c.is_whitespace() && !"\"'`,;()<>[]{}=:|&\\".contains(c)
}

fn opens_quote(c: char, before: char) -> bool {
    matches!(c, '"' | '`') || c == '\'' && !before.is_alphanumeric()
}

/// The word at the beginning; a web address, up to its end.
fn word(rest: &str) -> &str {
    let ends = |c: char| c.is_whitespace() || "\"'`<>".contains(c);
    let run = rest.split(ends).next().unwrap_or(rest);
    let scheme = run.split("://").next().unwrap_or_default();
    if scheme.len() < run.len()
        && !scheme.is_empty()
        && scheme.chars().all(|c| c.is_ascii_alphanumeric())
    {
        return run;
    }
    let mut end = 0;
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let is_apostrophe = c == '\'' && next.is_some_and(char::is_alphanumeric);
        if !is_part(c) && !is_apostrophe {
            break;
        }
        end = at + c.len_utf8();
    }
    rest.get(..end).unwrap_or(rest)
}

/// The host of an address, without user and port; `None` where something else may be written there.
fn host(address: &str) -> Option<&str> {
    let authority = address.split(['/', '?', '#']).next()?;
    let place = authority.rsplit('@').next()?;
    let (host, port) = place.split_once(':').unwrap_or((place, ""));
    let is_host = host.contains('.') || host == "localhost";
    (is_host && port.chars().all(|c| c.is_ascii_digit())).then_some(host)
}

/// `400`, `60s`.
fn is_number(word: &str) -> bool {
    let number = word.trim_end_matches(['s', 'm', 'h']);
    (1..=3).contains(&number.len())
        && number.chars().all(|c| c.is_ascii_digit())
        && word.len() - number.len() <= 2
}

/// Microsoft's error codes, by which people look for what to do.
fn is_code(word: &str) -> bool {
    let number = word.strip_prefix("AADSTS").unwrap_or_default();
    (4..=8).contains(&number.len()) && number.chars().all(|c| c.is_ascii_digit())
}

/// `/home/jane/.kube/config`: letters in lower case only.
fn is_plain_path(word: &str) -> bool {
    let Some(path) = word.strip_prefix("~/").or_else(|| word.strip_prefix('/')) else {
        return false;
    };
    let is_plain = |part: &str| {
        (1..=16).contains(&part.len())
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || "-_.".contains(c))
    };
    path.contains('/') && path.trim_end_matches('.').split('/').all(is_plain)
}

/// Long, and of no form that words, names and numbers have.
fn is_token(word: &str) -> bool {
    let odd = |part: &str| {
        let count = |of: fn(&char) -> bool| part.chars().filter(of).count();
        let (letters, digits) = (count(|c| c.is_alphabetic()), count(char::is_ascii_digit));
        let changes = part
            .chars()
            .zip(part.chars().skip(1))
            .filter(|(a, b)| a.is_lowercase() && b.is_uppercase());
        letters >= LETTERS
            || letters > 0 && digits > 0 && !is_numbered(part)
            || letters >= 12 && changes.count() >= 3
    };
    word.chars().count() >= MIXED && word.split(['/', '.', ':']).any(odd)
}

/// `cache-1234`, `eu-west-1`, `AADSTS70043`: a name and its number.
fn is_numbered(part: &str) -> bool {
    let name = part.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_name = |of: fn(char) -> bool| name.chars().all(|c| of(c) || "-_".contains(c));
    let number = part.len() - name.len();
    let is_apart = name.ends_with(['-', '_']);
    number <= 6
        && (is_name(|c| c.is_ascii_lowercase()) && is_apart && name.len() <= 40
            || is_name(|c| c.is_ascii_uppercase()) && name.len() <= 8)
}
