//! How to list or to watch: the `ListOptions` of a request, checked.

use std::time::Duration;

use serde_json::json;

use crate::demo::cluster::kind::Kind;
use crate::demo::cluster::object::Object;

use super::failure::Failure;
use super::fields::Fields;
use super::labels::Labels;
use super::query::Query;

/// How long a watch lasts that does not say.
const LASTING: Duration = Duration::from_secs(30 * 60);

/// Which objects are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selector {
    labels: Labels,
    fields: Fields,
}

impl Selector {
    /// The selectors of a request.
    pub(super) fn of(kind: Kind, query: &Query) -> Result<Self, Failure> {
        Ok(Self {
            labels: Labels::parse(query.text("labelSelector").unwrap_or_default())?,
            fields: Fields::parse(kind, query.text("fieldSelector").unwrap_or_default())?,
        })
    }

    /// Whether all objects are meant.
    pub(super) const fn is_all(&self) -> bool {
        self.labels.is_all() && self.fields.is_all()
    }

    /// Whether this object is meant.
    pub(super) fn select(&self, object: &Object) -> bool {
        self.labels.select(&object.labels) && self.fields.select(object)
    }
}

/// How exactly a version is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// That one.
    Exact,
    /// That one or a later one.
    NotOlderThan,
}

/// How to list or to watch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// Which objects.
    pub(super) selector: Selector,
    /// How many at a time.
    pub(super) limit: Option<usize>,
    /// Where the page before this one ended.
    pub(super) token: Option<String>,
    /// From which version on; 0 means any.
    pub(super) version: Option<u64>,
    /// What that means.
    pub(super) matching: Option<Match>,
    /// A watch.
    pub(super) watch: bool,
    /// It may be told how far it has come.
    pub(super) bookmarks: bool,
    /// It begins with what is there.
    pub(super) initial_events: Option<bool>,
    /// How long it lasts.
    pub(super) lasting: Duration,
}

impl Options {
    /// The options of a request.
    ///
    /// # Errors
    /// 400 and 422, as a real API server words them.
    pub(super) fn of(kind: Kind, query: &Query) -> Result<Self, Failure> {
        let watch = query.flag("watch").unwrap_or_default();
        let limit = query.number("limit")?;
        let seconds = query.number("timeoutSeconds")?;
        let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let options = Self {
            selector: Selector::of(kind, query)?,
            limit: limit
                .and_then(|limit| usize::try_from(limit).ok())
                .filter(|limit| *limit > 0),
            token: query.text("continue").map(str::to_owned),
            version: version(query, watch)?,
            matching: matching(query)?,
            watch,
            bookmarks: query.flag("allowWatchBookmarks").unwrap_or_default(),
            initial_events: query.flag("sendInitialEvents"),
            lasting: match seconds {
                None | Some(0) => LASTING,
                Some(seconds) => Duration::from_secs(seconds),
            },
        };
        options.check()?;
        Ok(options)
    }

    /// What does not go together.
    fn check(&self) -> Result<(), Failure> {
        let forbidden = |field: &str, why: &str| {
            let why = format!("Forbidden: {why}");
            let failure = Failure::option("ListOptions", field, "FieldValueForbidden", &why);
            Err(failure)
        };
        let matching = "resourceVersionMatch";
        match (self.watch, self.initial_events, self.matching) {
            (false, Some(_), _) => forbidden(
                "sendInitialEvents",
                "sendInitialEvents is forbidden for list",
            ),
            (true, Some(_), None | Some(Match::Exact)) => forbidden(
                matching,
                "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
            ),
            (true, None, Some(_)) => forbidden(
                matching,
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            ),
            (false, _, Some(_)) if self.token.is_some() => forbidden(
                matching,
                "resourceVersionMatch is forbidden when continue is provided",
            ),
            (false, _, Some(_)) if self.version.is_none() => forbidden(
                matching,
                "resourceVersionMatch is forbidden unless resourceVersion is provided",
            ),
            (false, _, Some(Match::Exact)) if self.version == Some(0) => forbidden(
                matching,
                "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
            ),
            _ => Ok(()),
        }
    }
}

fn version(query: &Query, watch: bool) -> Result<Option<u64>, Failure> {
    let Some(text) = query.text("resourceVersion") else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        let why = format!(
            "resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax"
        );
        if watch {
            // Not kind, but so it is.
            Failure::new(500, "InternalError", why)
        } else {
            Failure::bad_request(format!("invalid resource version: {why}"))
        }
    })
}

fn matching(query: &Query) -> Result<Option<Match>, Failure> {
    match query.text("resourceVersionMatch") {
        None => Ok(None),
        Some("Exact") => Ok(Some(Match::Exact)),
        Some("NotOlderThan") => Ok(Some(Match::NotOlderThan)),
        Some(other) => Err(Failure::option(
            "ListOptions",
            "resourceVersionMatch",
            "FieldValueNotSupported",
            &format!(
                "Unsupported value: \"{other}\": supported values: \"Exact\", \"NotOlderThan\", \"\""
            ),
        )),
    }
}

/// 504: a version that has not been yet.
pub(super) fn ahead(asked: u64, current: u64) -> Failure {
    let message = format!("Timeout: Too large resource version: {asked}, current: {current}");
    Failure::new(504, "Timeout", message).with(json!({
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1,
    }))
}
