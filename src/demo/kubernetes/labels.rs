//! Label selectors: `app=web,tier in (a, b),!canary`, as they stand in requests.

use std::collections::BTreeMap;
use std::iter::Peekable;

use super::failure::Failure;

/// What labels have to be like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Labels(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Missing,
    Above(i64),
    Below(i64),
}

impl Labels {
    /// Reads a selector; an empty one selects all.
    ///
    /// # Errors
    /// 400 with the place that is not understood.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let mut tokens = tokens(text).into_iter().peekable();
        let mut found = Vec::new();
        while let Some(token) = tokens.peek() {
            if !matches!(token, Token::Not | Token::Word(_)) {
                let message = format!(
                    "found '{}', expected: !, identifier, or 'end of string'",
                    token.text()
                );
                return Err(Failure::bad_request(message));
            }
            found.push(requirement(&mut tokens)?);
            match tokens.next() {
                None => break,
                Some(Token::Comma)
                    if matches!(tokens.peek(), Some(Token::Not | Token::Word(_))) => {}
                Some(Token::Comma) => {
                    let next = tokens
                        .next()
                        .map_or_else(String::new, |t| t.text().to_owned());
                    let message = format!("found '{next}', expected: identifier after ','");
                    return Err(Failure::bad_request(message));
                }
                Some(other) => {
                    let message =
                        format!("found '{}', expected: ',' or 'end of string'", other.text());
                    return Err(Failure::bad_request(message));
                }
            }
        }
        Ok(Self(found))
    }

    /// Whether it selects all.
    pub(super) const fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether these are such labels.
    pub(super) fn select(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|requirement| {
            let value = labels.get(&requirement.key);
            let is = |values: &[String]| value.is_some_and(|value| values.contains(value));
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            match &requirement.test {
                Test::In(values) => is(values),
                Test::NotIn(values) => !is(values),
                Test::Exists => value.is_some(),
                Test::Missing => value.is_none(),
                Test::Above(than) => number().is_some_and(|number| number > *than),
                Test::Below(than) => number().is_some_and(|number| number < *than),
            }
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Not,
    Is,
    IsNot,
    Above,
    Below,
    Comma,
    Open,
    Close,
    Word(String),
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Not => "!",
            Self::Is => "=",
            Self::IsNot => "!=",
            Self::Above => ">",
            Self::Below => "<",
            Self::Comma => ",",
            Self::Open => "(",
            Self::Close => ")",
            Self::Word(word) => word,
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(first) = chars.next() {
        found.push(match first {
            c if c.is_ascii_whitespace() => continue,
            '=' => {
                // One and two mean the same.
                chars.next_if_eq(&'=');
                Token::Is
            }
            '!' if chars.next_if_eq(&'=').is_some() => Token::IsNot,
            '!' => Token::Not,
            '>' => Token::Above,
            '<' => Token::Below,
            ',' => Token::Comma,
            '(' => Token::Open,
            ')' => Token::Close,
            first => {
                let mut word = String::from(first);
                let ends = |c: &char| c.is_ascii_whitespace() || "=!<>,()".contains(*c);
                while let Some(c) = chars.next_if(|c| !ends(c)) {
                    word.push(c);
                }
                Token::Word(word)
            }
        });
    }
    found
}

type Tokens = Peekable<std::vec::IntoIter<Token>>;

fn wrong(found: Option<&Token>, expected: &str) -> Failure {
    let found = found.map_or("", Token::text);
    Failure::bad_request(format!(
        "unable to parse requirement: found '{found}'{expected}"
    ))
}

fn requirement(tokens: &mut Tokens) -> Result<Requirement, Failure> {
    let is_missing = tokens.next_if_eq(&Token::Not).is_some();
    let key = match tokens.next() {
        Some(Token::Word(key)) => checked(key, true)?,
        other => return Err(wrong(other.as_ref(), ", expected: identifier")),
    };
    if is_missing {
        let test = Test::Missing;
        return Ok(Requirement { key, test });
    }
    if matches!(tokens.peek(), None | Some(Token::Comma)) {
        let test = Test::Exists;
        return Ok(Requirement { key, test });
    }
    let test = match tokens.next() {
        Some(Token::Is) => Test::In(vec![exact(tokens)?]),
        Some(Token::IsNot) => Test::NotIn(vec![exact(tokens)?]),
        Some(Token::Above) => Test::Above(number(tokens)?),
        Some(Token::Below) => Test::Below(number(tokens)?),
        Some(Token::Word(word)) if word == "in" => Test::In(list(tokens)?),
        Some(Token::Word(word)) if word == "notin" => Test::NotIn(list(tokens)?),
        other => {
            let expected = ", expected: in, notin, =, ==, !=, gt, lt";
            return Err(wrong(other.as_ref(), expected));
        }
    };
    Ok(Requirement { key, test })
}

/// One value, which may be empty.
fn exact(tokens: &mut Tokens) -> Result<String, Failure> {
    match tokens.peek() {
        None | Some(Token::Comma) => return Ok(String::new()),
        _ => {}
    }
    match tokens.next() {
        Some(Token::Word(value)) => checked(value, false),
        other => Err(wrong(other.as_ref(), ", expected: identifier")),
    }
}

fn number(tokens: &mut Tokens) -> Result<i64, Failure> {
    let value = exact(tokens)?;
    value.parse().map_err(|_| {
        Failure::bad_request(format!(
            "for 'Gt', 'Lt' operators, the value must be an integer, not \"{value}\""
        ))
    })
}

fn list(tokens: &mut Tokens) -> Result<Vec<String>, Failure> {
    match tokens.next() {
        Some(Token::Open) => {}
        other => return Err(wrong(other.as_ref(), " expected: '('")),
    }
    let mut values = vec![entry(tokens)?];
    loop {
        match tokens.next() {
            Some(Token::Close) => return Ok(values),
            Some(Token::Comma) => values.push(entry(tokens)?),
            other => return Err(wrong(other.as_ref(), ", expected: ',' or ')'")),
        }
    }
}

fn entry(tokens: &mut Tokens) -> Result<String, Failure> {
    match tokens.peek() {
        Some(Token::Comma | Token::Close) => Ok(String::new()),
        _ => exact(tokens),
    }
}

/// Keys and values that no label can have are not asked for: most likely they are typing errors.
fn checked(text: String, is_key: bool) -> Result<String, Failure> {
    let (prefix, name) = match text.rsplit_once('/') {
        Some((prefix, name)) if is_key => (Some(prefix), name),
        _ => (None, text.as_str()),
    };
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let is_name = name.len() <= 63
        && edge(name.chars().next())
        && edge(name.chars().next_back())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let is_prefix = prefix.is_none_or(|prefix| {
        !prefix.is_empty()
            && prefix
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-.".contains(c))
    });
    if is_name && is_prefix {
        return Ok(text);
    }
    let what = if is_key { "key" } else { "value" };
    Err(Failure::bad_request(format!(
        "unable to parse requirement: \"{text}\" cannot be a label's {what}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into()));
        owned.collect()
    }

    #[test]
    fn each_operator_selects_what_it_says() {
        let web = labels(&[("app", "web"), ("n", "5"), ("example.com/tier", "")]);
        for (selector, expected) in [
            ("", true),
            ("app=web", true),
            ("app==web", true),
            (" app = web ", true),
            ("app=api", false),
            ("app!=web", false),
            ("app!=api", true),
            ("missing!=x", true),
            ("app in (api, web)", true),
            ("app in (api,)", false),
            ("app notin (api)", true),
            ("missing notin (api)", true),
            ("app notin (api, web)", false),
            ("app", true),
            ("!app", false),
            ("!missing", true),
            ("app,!missing,n>4,n<6", true),
            ("n>5", false),
            ("app>4", false),
            ("example.com/tier=", true),
            ("example.com/tier", true),
            ("app=web,missing", false),
            ("in=x", false),
        ] {
            let parsed = Labels::parse(selector).expect(selector);
            assert_eq!(parsed.select(&web), expected, "{selector}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (selector, expected) in [
            (
                "a===b",
                "unable to parse requirement: found '=', expected: identifier",
            ),
            (
                "a in b",
                "unable to parse requirement: found 'b' expected: '('",
            ),
            (
                "=",
                "found '=', expected: !, identifier, or 'end of string'",
            ),
            ("a,", "found '', expected: identifier after ','"),
            ("a=b c", "found 'c', expected: ',' or 'end of string'"),
            (
                "a in (b",
                "unable to parse requirement: found '', expected: ',' or ')'",
            ),
        ] {
            let failure = Labels::parse(selector).expect_err(selector);
            assert_eq!(failure.status()["message"], expected, "{selector}");
        }
        for selector in ["a b", "a>x", "-a", "a=b/c", "/a", "a=-", "!", "a!b"] {
            assert!(Labels::parse(selector).is_err(), "{selector}");
        }
    }
}
