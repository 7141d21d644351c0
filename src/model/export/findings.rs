//! Findings in the JSON: what the rules find now.

use serde::Serialize;

use crate::model::Model;
use crate::model::key::ElementKey;
use crate::model::observation::NamespaceChoice;
use crate::model::rules::{self, Finding};

/// Something that is not as it should be.
#[derive(Debug, Serialize)]
pub struct FindingRow {
    /// The rule's name.
    rule: &'static str,
    subject: Subject,
    /// What is wrong, as a sentence without a full stop.
    text: String,
    /// What it is seen by.
    evidence: Vec<String>,
}

/// What a finding is about, as the ends of links are told.
#[derive(Debug, Serialize)]
struct Subject {
    key: String,
    #[serde(flatten)]
    parts: ElementKey,
}

/// Everything that the rules find.
pub(super) fn rows(model: &Model, choice: &NamespaceChoice) -> Vec<FindingRow> {
    let found = rules::findings(model, choice).into_iter();
    found.map(row).collect()
}

fn row(finding: Finding) -> FindingRow {
    FindingRow {
        rule: finding.rule,
        subject: Subject {
            key: finding.subject.to_string(),
            parts: finding.subject,
        },
        text: finding.text,
        evidence: finding.evidence,
    }
}
