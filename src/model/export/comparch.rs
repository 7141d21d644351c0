//! The export as a CompArch model: the file format of the metamodel's own tools (XMI), or the same as JSON.
//! `assets/comparch.md` says what is from where, and what is lost.

use std::borrow::Cow;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};

use super::Options;
use crate::model::Model;
use crate::model::comparch::object::Object;
use crate::model::comparch::{Architecture, project, project_structure};
use crate::model::text;

/// The namespace of the metamodel.
pub const NAMESPACE: &str = "http://www.mdelab.de/comparch";

/// The architecture of the options; without telemetry its structure only.
#[must_use]
pub fn architecture(model: &Model, options: &Options) -> Architecture {
    let project = if options.telemetry {
        project
    } else {
        project_structure
    };
    project(model, &options.namespaces)
}

/// A `.comparch` file.
#[must_use]
pub fn xmi(architecture: &Architecture) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    // A vector takes all that is written to it.
    let _ = write(&mut writer, &architecture.object());
    let mut file = String::from_utf8_lossy(&writer.into_inner()).into_owned();
    file.push('\n');
    file
}

/// The same as indented JSON with a line end.
///
/// # Errors
/// None that an architecture can cause; the encoder's, should it have any.
pub fn json(architecture: &Architecture) -> Result<String, serde_json::Error> {
    let mut file = serde_json::to_string_pretty(architecture)?;
    file.push('\n');
    Ok(file)
}

fn write(writer: &mut Writer<Vec<u8>>, root: &Object<'_>) -> std::io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut start = BytesStart::new("comparch:Architecture");
    start.push_attribute(("xmi:version", "2.0"));
    start.push_attribute(("xmlns:xmi", "http://www.omg.org/XMI"));
    start.push_attribute(("xmlns:comparch", NAMESPACE));
    element(writer, start, root)
}

fn element(
    writer: &mut Writer<Vec<u8>>,
    mut start: BytesStart<'_>,
    object: &Object<'_>,
) -> std::io::Result<()> {
    start.push_attribute(("uid", object.uid.as_str()));
    for (name, value) in &object.attributes {
        start.push_attribute((*name, &*legal(value)));
    }
    for (name, uids) in &object.references {
        let uids: Vec<&str> = uids.iter().map(|uid| uid.as_str()).collect();
        start.push_attribute((*name, uids.join(" ").as_str()));
    }
    if object.children.is_empty() {
        return writer.write_event(Event::Empty(start));
    }
    let name = start.name().as_ref().to_owned();
    writer.write_event(Event::Start(start))?;
    for child in &object.children {
        element(writer, BytesStart::new(child.feature), child)?;
    }
    writer.write_event(Event::End(BytesEnd::new(name)))
}

/// What XML cannot hold, even escaped, and what could deceive a reader, is replaced.
fn legal(value: &str) -> Cow<'_, str> {
    let is_bad = |c: char| text::is_hostile(c) || matches!(c, '\u{fffe}' | '\u{ffff}');
    if value.contains(is_bad) {
        Cow::Owned(value.replace(is_bad, "\u{fffd}"))
    } else {
        Cow::Borrowed(value)
    }
}
