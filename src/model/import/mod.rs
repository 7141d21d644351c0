//! A model saved by `portolan model --format json`, read back: who there is, how each of them is, and who calls
//! whom. So a picture can be drawn of a system that is not at hand.
//!
//! What comes back answers what pictures ask; where facts would have to be known (what is listed completely, who
//! is behind which name) it knows nothing, as a model does before its first list.

mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use self::rows::{CallRow, File};
use super::Model;
use super::element::{Call, Counts, Declared, Element};
use super::export::json::SCHEMA_VERSION;
use super::graph::Relation;
use super::interfaces::Interfaces;
use super::key::ElementKey;
use super::observation::{Links, NamespaceChoice, Span};
use super::text::Text;

/// Most bytes of a file that is read: about ten times a system of 10,000 pods.
pub const FILE_LIMIT: u64 = 256 << 20;
/// The first version of the schema.
const OLDEST: u64 = 1;
/// Under what a tracing source's name in the file's place is known.
const SOURCE: &str = "file";

/// Why a file is no model: each says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Nothing is in it.
    #[error("is empty: save a model with `portolan model --format json`")]
    Empty,
    /// It ends before its end.
    #[error(
        "ends in the middle (line {line}): it was not saved whole; save it again with `portolan model --format json`"
    )]
    Cut {
        /// The last line.
        line: usize,
    },
    /// It is no JSON.
    #[error(
        "is no JSON (line {line}, column {column}): save a model with `portolan model --format json`"
    )]
    NotJson {
        /// Where it is not.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// It is JSON of something else.
    #[error("is no model of `portolan model --format json`: it has no schemaVersion")]
    NotAModel,
    /// A later Portolan saved it.
    #[error(
        "was saved by a newer Portolan (schema {version}; this one reads up to {SCHEMA_VERSION}): update, or save it with this one"
    )]
    Newer {
        /// Its version of the schema.
        version: u64,
    },
    /// A part of it is not as it was saved.
    #[error("is not as it was saved ({why}): save it again with `portolan model --format json`")]
    Damaged {
        /// What is wrong, and where.
        why: String,
    },
}

/// A model that was read back.
#[derive(Clone, Debug)]
pub struct Saved {
    /// The model.
    pub model: Model,
    /// The namespaces that were chosen when it was saved.
    pub namespaces: NamespaceChoice,
    /// Whether counts of calls were saved, too.
    pub telemetry: bool,
}

/// The version alone; the rest of the file is only looked through.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    schema_version: Option<u64>,
}

/// Reads a saved model.
///
/// # Errors
/// [`Unreadable`], as what follows the file's name in a line.
pub fn read(bytes: &[u8]) -> Result<Saved, Unreadable> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Unreadable::Empty);
    }
    // First the whole of it: a cut file is to be called that, whatever is missing.
    serde_json::from_slice::<IgnoredAny>(bytes).map_err(|error| {
        // What is only looked through takes a number that breaks off for a wrong one.
        if is_at_end(&error, bytes) {
            Unreadable::Cut { line: error.line() }
        } else {
            unreadable(&error)
        }
    })?;
    let head: Head = serde_json::from_slice(bytes).map_err(|_| Unreadable::NotAModel)?;
    match head.schema_version {
        None | Some(..OLDEST) => return Err(Unreadable::NotAModel),
        Some(version) if version > u64::from(SCHEMA_VERSION) => {
            return Err(Unreadable::Newer { version });
        }
        Some(_) => {}
    }
    let file: File = serde_json::from_slice(bytes).map_err(|error| unreadable(&error))?;
    Ok(file.into())
}

/// Whether an error stands behind the last byte.
fn is_at_end(error: &serde_json::Error, bytes: &[u8]) -> bool {
    let lines = bytes.split(|byte| *byte == b'\n').count();
    let last = bytes.rsplit(|b| *b == b'\n').next().unwrap_or(bytes);
    (error.line(), error.column()) == (lines, last.len())
}

fn unreadable(error: &serde_json::Error) -> Unreadable {
    if error.is_eof() {
        Unreadable::Cut { line: error.line() }
    } else if error.is_syntax() {
        Unreadable::NotJson {
            line: error.line(),
            column: error.column(),
        }
    } else {
        Unreadable::Damaged {
            why: error.to_string(),
        }
    }
}

impl From<File> for Saved {
    fn from(file: File) -> Self {
        let namespaces = if file.all_namespaces {
            NamespaceChoice::All
        } else {
            NamespaceChoice::Only(file.namespaces.into_iter().map(Text::from).collect())
        };
        let telemetry = file.calls.iter().any(CallRow::is_counted);
        let mut model = Model::new(&Text::from(file.context), Vec::new());
        for row in file.tenants {
            model.put_saved(Element::Tenant(row.into()));
        }
        for row in file.types {
            model.put_saved(Element::Type(Box::new(row.into())));
        }
        for row in file.pods {
            model.put_saved(Element::Component(Box::new(row.into())));
        }
        for row in file.services {
            model.put_saved(Element::Service(Box::new(row.into())));
        }
        for row in file.ingresses {
            model.put_saved(Element::Ingress(row.into()));
        }
        for row in file.externals {
            model.put_saved(Element::External(row.into()));
        }
        model.read_calls(file.calls);
        for row in file.declared {
            let (caller, callee) = (row.caller.into(), row.callee.into());
            let places = row.places.into_iter().map(Into::into).collect();
            let allowed = row.allowed_by.into_iter().map(Text::from).collect();
            let declared = Declared {
                caller,
                callee,
                places,
                allowed,
            };
            model.put_saved(Element::Declared(Box::new(declared)));
        }
        model.sum_calls();
        Self {
            model,
            namespaces,
            telemetry,
        }
    }
}

impl Model {
    /// Puts an element with what it belongs to, which was put before; a link only where both ends are there.
    fn put_saved(&mut self, element: Element) {
        let key = element.key();
        let related = match &element {
            Element::Type(ty) => Some((Relation::In, vec![ElementKey::tenant(&ty.key.namespace)])),
            Element::Component(pod) => {
                Some((Relation::InstanceOf, vec![ElementKey::Type(pod.of.clone())]))
            }
            Element::Service(service) => {
                let types = service.leads_to.iter().cloned();
                Some((Relation::LeadsTo, types.map(ElementKey::Type).collect()))
            }
            _ => None,
        };
        let link = match &element {
            Element::Call(_) => Some(Relation::Calls),
            Element::Declared(_) => Some(Relation::Declares),
            _ => None,
        };
        let after = Arc::new(element);
        let put = match link {
            Some(relation) => self.graph.put_link(&key, relation, after.clone()),
            None => Ok(self.graph.put(&key, after.clone())),
        };
        let Ok(before) = put else {
            return;
        };
        self.sums.replace(before.as_deref(), Some(&after));
        if let Some((relation, targets)) = related {
            self.graph.relate(&key, relation, &targets);
        }
    }

    /// Calls, with what a sample of traces told of them, and the windows that they were counted in.
    fn read_calls(&mut self, rows: Vec<CallRow>) {
        let mut sorts = BTreeMap::new();
        let mut paces = Vec::new();
        let mut names: BTreeSet<Text> = BTreeSet::new();
        let mut windows: BTreeMap<Span, Counts> = BTreeMap::new();
        for row in rows {
            let call = Call {
                caller: row.caller.into(),
                callee: row.callee.into(),
                recent: row.recent.map(Into::into),
                long: row.long.map(Into::into),
                names: row
                    .names
                    .into_iter()
                    .map(|(caller, callee)| (caller.into(), callee.into()))
                    .collect(),
            };
            for (caller, callee) in &call.names {
                names.extend([caller.clone(), callee.clone()]);
            }
            for (span, counts) in [(Span::Recent, call.recent), (Span::Long, call.long)] {
                if let Some(counts) = counts {
                    let sum = windows.get(&span).map_or(counts, |sum| sum.plus(counts));
                    windows.insert(span, sum);
                }
            }
            sorts.insert(call.callee.clone(), row.callee_is);
            let key = ElementKey::call(call.caller.clone(), call.callee.clone());
            paces.extend(row.p95_us.map(|us| (key, us)));
            self.put_saved(Element::Call(Box::new(call)));
        }
        self.interfaces = Arc::new(Interfaces::saved(sorts.into_iter(), paces.into_iter()));
        if !names.is_empty() {
            self.telemetry
                .hear(SOURCE.into(), names.into_iter().collect());
        }
        for (span, counts) in windows {
            self.telemetry.count(Links {
                source: SOURCE.into(),
                span,
                window_ms: counts.window_ms,
                ends: counts.ends,
                links: Vec::new(),
            });
        }
    }
}
