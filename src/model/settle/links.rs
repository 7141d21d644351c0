//! Calls and declared links: derived as a whole, and compared with what is there.

use std::sync::Arc;

use crate::model::Model;
use crate::model::apply::Recorder;
use crate::model::change::Cause;
use crate::model::declared::{self, Declarations};
use crate::model::element::Element;
use crate::model::identity::Directory;
use crate::model::key::ElementKey;

impl Model {
    pub(in crate::model) fn settle_declared(&mut self, cause: Cause, out: &mut Recorder<'_>) {
        let elements: Vec<Arc<Element>> = self.graph.elements().map(|(_, e)| e.clone()).collect();
        let mut services = Vec::new();
        let mut ingresses = Vec::new();
        for element in &elements {
            match &**element {
                Element::Service(s) => services.push(&**s),
                Element::Ingress(i) => ingresses.push(i),
                _ => {}
            }
        }
        let wanted = declared::links(&Declarations {
            services,
            ingresses,
            mentions: &self.index.mentions,
        });
        let old: Vec<ElementKey> = self
            .graph
            .links()
            .filter(|(_, e)| matches!(&***e, Element::Declared(_)))
            .map(|(key, _)| key.clone())
            .collect();
        for key in old.iter().filter(|k| !wanted.contains_key(k)) {
            self.record(key, None, cause, out);
        }
        for (key, link) in wanted {
            let element = Element::Declared(Box::new(link));
            self.record(&key, Some(element), cause, out);
        }
    }

    pub(in crate::model) fn settle_calls(&mut self, cause: Cause, out: &mut Recorder<'_>) {
        if self.telemetry.is_empty() {
            return;
        }
        let elements: Vec<Arc<Element>> = self.graph.elements().map(|(_, e)| e.clone()).collect();
        let services = elements.iter().filter_map(|e| match &**e {
            Element::Service(s) => Some(&**s),
            _ => None,
        });
        let directory = Directory::new(&self.mapping, self.index.names.iter(), services);
        let joined = self
            .telemetry
            .join(&directory, |key| self.index.members.contains_key(key));
        let stale: Vec<ElementKey> = elements
            .iter()
            .filter(|e| matches!(&***e, Element::Call(_)))
            .map(|e| e.key())
            .filter(|key| !joined.calls.contains_key(key))
            .collect();
        for key in &stale {
            self.record(key, None, cause, out);
        }
        for (key, external) in &joined.externals {
            let element = Element::External(external.clone());
            self.record(key, Some(element), cause, out);
        }
        for (key, call) in joined.calls {
            let element = Element::Call(Box::new(call));
            self.record(&key, Some(element), cause, out);
        }
        let gone: Vec<ElementKey> = elements
            .iter()
            .filter(|e| matches!(&***e, Element::External(_)))
            .map(|e| e.key())
            .filter(|key| !joined.externals.contains_key(key))
            .collect();
        for key in &gone {
            self.record(key, None, cause, out);
        }
    }
}
