//! The configuration file: optional, TOML, and strict, so that a mistyped setting is not silently no setting.

pub mod sensor;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::Deserialize;
use toml::Spanned;

use crate::model::key::TypeKey;
use crate::model::text::{self, Text};

/// What the file may say, by its names there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// `zipkin = "http://host:9411"`: the tracing server, where no flag names one.
    pub zipkin: Option<String>,
    /// `[mapping]`: a telemetry name = `"namespace/Kind/name"` of the component type that it is.
    pub mapping: Vec<(Text, TypeKey)>,
    /// `writable_contexts = ["kind-dev"]`: contexts that need no unlocking.
    pub writable_contexts: Vec<String>,
    /// `utc = true`: times in UTC.
    pub utc: bool,
    /// `ascii = true`: ASCII characters only.
    pub ascii: bool,
    /// `[keys]`: an action's name = its keys.
    pub keys: BTreeMap<String, String>,
    /// `[[sensor]]`: endpoints whose numbers are properties of an element.
    pub sensors: Vec<sensor::Sensor>,
}

/// Why the file is not used: one line with its name and place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{place}: {why}")]
pub struct ConfigError {
    file: String,
    /// `:7`, or nothing.
    place: String,
    why: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    zipkin: Option<String>,
    mapping: BTreeMap<String, Spanned<String>>,
    writable_contexts: Vec<String>,
    utc: bool,
    ascii: bool,
    keys: BTreeMap<String, String>,
    sensor: Vec<sensor::Written>,
}

/// Reads the file that `PORTOLAN_CONFIG` names, else the one in the configuration folder if it is there.
///
/// # Errors
/// [`ConfigError`] for a file that cannot be read or understood, and for one that was named and is missing.
pub fn load(environment: impl Fn(&str) -> Option<OsString>) -> Result<Config, ConfigError> {
    let named = environment("PORTOLAN_CONFIG").filter(|path| !path.is_empty());
    let must_exist = named.is_some();
    let Some(path) = named.map(PathBuf::from).or_else(usual_place) else {
        return Ok(Config::default());
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => parse(&path, &text),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !must_exist => {
            Ok(Config::default())
        }
        Err(error) => Err(ConfigError {
            file: path.display().to_string(),
            place: String::new(),
            why: format!(
                "cannot be read ({}); correct it or take it away",
                error.kind()
            ),
        }),
    }
}

fn usual_place() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("portolan").join("config.toml"))
}

/// Understands the text of a file; `path` is only for the error.
///
/// # Errors
/// [`ConfigError`] with the line.
pub fn parse(path: &Path, text: &str) -> Result<Config, ConfigError> {
    let error = |at: Option<usize>, why: String| {
        let line = at.map(|at| text.bytes().take(at).filter(|b| *b == b'\n').count() + 1);
        ConfigError {
            file: path.display().to_string(),
            place: line.map(|line| format!(":{line}")).unwrap_or_default(),
            why,
        }
    };
    let file: File = toml::from_str(text).map_err(|e| {
        let why = e.message().split_whitespace().collect::<Vec<_>>().join(" ");
        error(e.span().map(|span| span.start), why)
    })?;
    let mut mapping = Vec::new();
    for (name, target) in file.mapping {
        let at = target.span().start;
        let Some(key) = type_key(target.as_ref()) else {
            let why =
                format!("mapping of {name}: give the component type as \"namespace/Kind/name\"");
            return Err(error(Some(at), why));
        };
        mapping.push((text::name(&name), key));
    }
    let sensors = sensor::sensors(file.sensor).map_err(|(at, why)| error(Some(at), why))?;
    Ok(Config {
        sensors,
        zipkin: file.zipkin,
        mapping,
        writable_contexts: file.writable_contexts,
        utc: file.utc,
        ascii: file.ascii,
        keys: file.keys,
    })
}

fn type_key(raw: &str) -> Option<TypeKey> {
    let mut parts = raw.split('/').map(str::trim);
    let (namespace, kind, name) = (parts.next()?, parts.next()?, parts.next()?);
    let complete = ![namespace, kind, name].contains(&"") && parts.next().is_none();
    complete.then(|| TypeKey::new(&text::name(namespace), &text::name(kind), &text::name(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        parse(Path::new("c.toml"), text).map_err(|e| e.to_string())
    }

    #[test]
    fn everything_that_may_be_said() {
        let config = read(
            r#"
            zipkin = "http://z:9411"
            writable_contexts = ["kind-dev"]
            utc = true
            ascii = true
            [mapping]
            legacy-cart = "shop/Deployment/cart"
            [keys]
            scale = "ctrl-s"
            "#,
        )
        .unwrap();
        let key = TypeKey::new("shop", "Deployment", "cart");
        assert_eq!(config.mapping, [("legacy-cart".into(), key)]);
        assert_eq!(config.keys["scale"], "ctrl-s");
        assert_eq!(config.writable_contexts, ["kind-dev"]);
        assert!(config.utc && config.ascii);
        assert_eq!(read("").unwrap(), Config::default());
    }

    #[test]
    fn mistakes_are_one_line_with_their_place() {
        for (text, place, says) in [
            ("\nzipkim = 'x'", "c.toml:2: ", "`zipkin`"),
            ("utc = 'yes'", "c.toml:1: ", "boolean"),
            (
                "[mapping]\n\na = 'cart'",
                "c.toml:3: ",
                "namespace/Kind/name",
            ),
            (
                "[mapping]\na = 'x/y/z/w'",
                "c.toml:2: ",
                "namespace/Kind/name",
            ),
            ("a = = b", "c.toml:1: ", ""),
        ] {
            let line = read(text).unwrap_err();
            assert!(line.starts_with(place), "{line}");
            assert!(line.contains(says), "{line}");
            assert!(!line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn a_missing_file_is_an_error_only_where_it_was_named() {
        let environment = |_: &str| Some(OsString::from("/nowhere/at/all.toml"));
        let line = load(environment).unwrap_err().to_string();
        assert!(
            line.starts_with("/nowhere/at/all.toml: cannot be read"),
            "{line}"
        );
    }
}
