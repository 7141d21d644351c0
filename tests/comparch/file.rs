//! A file read back by a parser that shares nothing with its writer, and held against the metamodel's table.

use std::collections::{BTreeMap, HashMap, HashSet};

use roxmltree::{Document, Node};

use crate::metamodel::{Is, features, is_a};

/// One element of the file.
pub struct Entry {
    pub class: &'static str,
    pub attributes: BTreeMap<String, String>,
}

/// Everything that does not fit the table; and the elements by uid.
pub fn read(file: &str) -> (HashMap<String, Entry>, Vec<String>) {
    let document = Document::parse(file).expect("the file is XML");
    let root = document.root_element();
    let mut wrong = Vec::new();
    let name = root.tag_name();
    if (name.name(), name.namespace()) != ("Architecture", Some("http://www.mdelab.de/comparch")) {
        wrong.push(format!("the root is {name:?}"));
    }
    let xmi = root.attribute(("http://www.omg.org/XMI", "version"));
    if xmi != Some("2.0") {
        wrong.push(format!("the version is {xmi:?}"));
    }
    let mut entries = HashMap::new();
    element(root, "Architecture", &mut entries, &mut wrong);
    references(&entries, &mut wrong);
    (entries, wrong)
}

fn element(
    node: Node<'_, '_>,
    class: &'static str,
    entries: &mut HashMap<String, Entry>,
    wrong: &mut Vec<String>,
) {
    let known = features(class);
    let mut attributes = BTreeMap::new();
    for attribute in node.attributes().filter(|a| a.namespace().is_none()) {
        let (name, value) = (attribute.name(), attribute.value());
        let feature = known.iter().find(|(own, ..)| *own == name);
        let is_well = match feature.map(|(_, is, ..)| is) {
            Some(Is::Text) => true,
            Some(Is::Names(..)) => !value.is_empty(),
            // A default is left out.
            Some(Is::Double) => value.parse::<f64>().is_ok_and(|number| number != 0.0),
            Some(Is::Long) => value.parse::<i64>().is_ok_and(|number| number > 0),
            Some(Is::State) => ["DEPLOYED", "STARTED", "UNKNOWN"].contains(&value),
            Some(Is::Holds(_)) | None => false,
        };
        if !is_well {
            wrong.push(format!("{class} has {name}={value}"));
        }
        attributes.insert(name.to_owned(), value.to_owned());
    }
    if node
        .children()
        .any(|c| c.is_text() && !c.text().unwrap_or_default().trim().is_empty())
    {
        wrong.push(format!("{class} has text"));
    }
    for child in node.children().filter(Node::is_element) {
        let name = child.tag_name().name();
        match known.iter().find(|(own, ..)| *own == name) {
            Some((_, Is::Holds(of), ..)) => element(child, of, entries, wrong),
            _ => wrong.push(format!("{class} contains {name}")),
        }
    }
    for (name, is, least, most) in &known {
        let count = match is {
            Is::Holds(_) => {
                let children = node.children().filter(Node::is_element);
                children.filter(|c| c.tag_name().name() == *name).count()
            }
            Is::Names(..) => attributes.get(*name).map_or(0, |v| v.split(' ').count()),
            _ => usize::from(attributes.contains_key(*name)),
        };
        if count < *least || most.is_some_and(|most| count > most) {
            wrong.push(format!("{class} has {count} {name}: {attributes:?}"));
        }
    }
    let uid = attributes.get("uid").cloned().unwrap_or_default();
    let legal = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if !uid.starts_with(|c: char| c.is_ascii_lowercase()) || !uid.chars().all(legal) {
        wrong.push(format!("{uid} is no name of XML"));
    }
    if entries
        .insert(uid.clone(), Entry { class, attributes })
        .is_some()
    {
        wrong.push(format!("{uid} is there twice"));
    }
}

/// Every reference leads to something of its class, which leads back.
fn references(entries: &HashMap<String, Entry>, wrong: &mut Vec<String>) {
    let named: HashMap<&str, HashSet<(&str, &str)>> = entries
        .iter()
        .map(|(uid, entry)| {
            let attributes = entry.attributes.iter();
            let names = attributes
                .flat_map(|(name, value)| value.split(' ').map(move |to| (name.as_str(), to)));
            (uid.as_str(), names.collect())
        })
        .collect();
    for (uid, entry) in entries {
        for (name, is, ..) in features(entry.class) {
            let Is::Names(of, back) = is else { continue };
            let Some(value) = entry.attributes.get(*name) else {
                continue;
            };
            let mut once = HashSet::new();
            for to in value.split(' ') {
                if !once.insert(to) {
                    wrong.push(format!("{uid} {name} names {to} twice"));
                }
                let target = entries.get(to);
                if !target.is_some_and(|target| is_a(target.class, of)) {
                    wrong.push(format!("{uid} {name} names {to}, no {of}"));
                } else if !back.is_empty() && !named[to].contains(&(*back, uid.as_str())) {
                    wrong.push(format!("{uid} {name} names {to}, which does not lead back"));
                }
            }
        }
    }
}
