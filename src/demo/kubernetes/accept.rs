//! In which form a client wants its answer, by its `Accept` header.

use super::failure::Failure;
use super::query::Query;

/// The form of objects and lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As they are.
    Whole,
    /// Rows and cells for people.
    Table(Include),
    /// Only the metadata of one object, or of each that a watch tells.
    Partial,
    /// Only the metadata of each in a list.
    PartialList,
}

/// How much of an object stands beside its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Include {
    /// Nothing.
    None,
    /// Its metadata.
    Metadata,
    /// All of it.
    Object,
}

/// One media type that a client takes.
#[derive(Debug)]
struct Media<'a> {
    kind: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
}

impl<'a> Media<'a> {
    /// In the client's order; nothing said is anything goes.
    fn all(accept: &'a str) -> impl Iterator<Item = Self> {
        accept.split(',').map(|entry| {
            let mut parts = entry.split(';').map(str::trim);
            let kind = parts.next().unwrap_or_default();
            Self {
                kind,
                parameters: parts.filter_map(|part| part.split_once('=')).collect(),
            }
        })
    }

    fn is_json(&self) -> bool {
        ["", "*/*", "application/*", "application/json"].contains(&self.kind)
    }

    fn parameter(&self, name: &str) -> &str {
        let mut named = self.parameters.iter().filter(|(own, _)| *own == name);
        named.next().map_or("", |(_, value)| value)
    }
}

/// The form of an answer.
///
/// # Errors
/// 406 when the client takes none of ours; protobuf is not spoken.
pub(super) fn form(accept: &str, query: &Query) -> Result<Form, Failure> {
    for media in Media::all(accept).filter(Media::is_json) {
        let is_meta = (media.parameter("g"), media.parameter("v")) == ("meta.k8s.io", "v1");
        match media.parameter("as") {
            "" => return Ok(Form::Whole),
            "Table" if is_meta => return Ok(Form::Table(include(query)?)),
            "PartialObjectMetadata" if is_meta => return Ok(Form::Partial),
            "PartialObjectMetadataList" if is_meta => return Ok(Form::PartialList),
            _ => {}
        }
    }
    Err(unacceptable())
}

/// Whether all of the discovery is wanted at once.
pub(super) fn aggregated(accept: &str) -> Result<bool, Failure> {
    for media in Media::all(accept).filter(Media::is_json) {
        let group = (media.parameter("g"), media.parameter("v"));
        match media.parameter("as") {
            "" => return Ok(false),
            "APIGroupDiscoveryList" if group == ("apidiscovery.k8s.io", "v2") => return Ok(true),
            _ => {}
        }
    }
    Err(unacceptable())
}

fn unacceptable() -> Failure {
    let message = "406: Not Acceptable\n\nAvailable representations: application/json";
    Failure::new(406, "NotAcceptable", message).with(serde_json::json!({}))
}

fn include(query: &Query) -> Result<Include, Failure> {
    match query.text("includeObject") {
        None | Some("Metadata") => Ok(Include::Metadata),
        Some("None") => Ok(Include::None),
        Some("Object") => Ok(Include::Object),
        Some(other) => Err(Failure::bad_request(format!(
            "Unable to convert to Table as requested: includeObject: Invalid value: \"{other}\": \
             must be 'Metadata', 'Object', 'None', or empty"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_form_that_is_spoken_is_taken() {
        let query = Query::default();
        for (accept, expected) in [
            ("", Form::Whole),
            ("*/*", Form::Whole),
            (
                "application/vnd.kubernetes.protobuf,application/json",
                Form::Whole,
            ),
            (
                "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
                Form::Table(Include::Metadata),
            ),
            (
                "application/json;as=Table;v=v9;g=meta.k8s.io, application/json",
                Form::Whole,
            ),
            (
                "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
                Form::Partial,
            ),
        ] {
            assert_eq!(form(accept, &query).ok(), Some(expected), "{accept}");
        }
        assert!(form("application/vnd.kubernetes.protobuf", &query).is_err());
        assert!(form("text/html", &query).is_err());
    }

    #[test]
    fn discovery_comes_at_once_where_it_is_understood() {
        let new = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
        assert_eq!(
            aggregated(&format!("{new},application/json")).ok(),
            Some(true)
        );
        assert_eq!(aggregated("application/json").ok(), Some(false));
    }
}
