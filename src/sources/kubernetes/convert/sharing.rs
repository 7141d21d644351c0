//! Texts that objects have in common, held once: namespaces, machines, images, owners, labels. Each object
//! of the API brings its own copy of them, which would be a good part of the memory of a large system.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use crate::model::observation::{Fact, Labels, Meta, PodFact};
use crate::model::parameter::Parameter;
use crate::model::text::Text;

/// Most texts and most labels that are remembered; beyond that it begins anew, which costs only memory.
const LIMIT: usize = 20_000;

/// What was seen of one collection.
#[derive(Debug, Default)]
pub(in super::super) struct Sharing {
    texts: HashSet<Text>,
    labels: HashSet<Labels>,
    parameters: HashSet<Arc<[Parameter]>>,
}

impl Sharing {
    /// Replaces what other facts have too by theirs.
    pub(in super::super) fn share(&mut self, fact: &mut Fact) {
        match fact {
            Fact::Namespace(_) | Fact::Node(_) => {}
            Fact::Pod(pod) => {
                self.meta(&mut pod.meta);
                self.pod(pod);
            }
            Fact::Workload(workload) => {
                self.meta(&mut workload.meta);
                self.texts(workload.images.iter_mut());
                held(&mut self.parameters, &mut workload.parameters);
            }
            Fact::Service(service) => self.meta(&mut service.meta),
            Fact::EndpointSlice(slice) => self.meta(&mut slice.meta),
            Fact::Ingress(ingress) => self.meta(&mut ingress.meta),
            Fact::ConfigMap(map) => {
                self.meta(&mut map.meta);
                self.texts(map.mentions.iter_mut().map(|mention| &mut mention.place));
            }
            Fact::NetworkPolicy(policy) => self.meta(&mut policy.meta),
            Fact::Autoscaler(scaler) => {
                self.meta(&mut scaler.meta);
                held(&mut self.texts, &mut scaler.kind);
            }
        }
    }

    fn meta(&mut self, meta: &mut Meta) {
        held(&mut self.texts, &mut meta.namespace);
        held(&mut self.labels, &mut meta.labels);
        held(&mut self.labels, &mut meta.annotations);
        for own in &mut meta.own_names {
            self.texts([&mut own.name, &mut own.place].into_iter());
        }
        if let Some(owner) = &mut meta.owner {
            self.texts([&mut owner.kind, &mut owner.name, &mut owner.uid].into_iter());
        }
    }

    fn pod(&mut self, pod: &mut PodFact) {
        held(&mut self.texts, &mut pod.phase);
        held(&mut self.parameters, &mut pod.parameters);
        self.texts(pod.node.iter_mut());
        // Nobody else holds the containers yet.
        for container in Arc::get_mut(&mut pod.containers).into_iter().flatten() {
            self.texts([&mut container.name, &mut container.image].into_iter());
        }
    }

    fn texts<'a>(&mut self, texts: impl Iterator<Item = &'a mut Text>) {
        for text in texts {
            held(&mut self.texts, text);
        }
    }
}

fn held<T: Clone + Eq + Hash>(known: &mut HashSet<T>, own: &mut T) {
    if let Some(known) = known.get(own) {
        own.clone_from(known);
        return;
    }
    if known.len() >= LIMIT {
        known.clear();
    }
    known.insert(own.clone());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::observation::ContainerFact;
    use crate::model::parameter::Origin;

    fn pod(name: &str) -> Fact {
        let mut pod = PodFact {
            node: Some("n1".into()),
            containers: Arc::new([ContainerFact {
                image: "shop/cart:1".into(),
                ..ContainerFact::default()
            }]),
            parameters: Arc::new([Parameter {
                container: "cart".into(),
                name: "PORT".into(),
                origin: Origin::Literal,
            }]),
            ..PodFact::default()
        };
        pod.meta.name = name.into();
        pod.meta.namespace = "shop".into();
        pod.meta.labels = [("app".into(), "cart".into())].into();
        Fact::Pod(Box::new(pod))
    }

    #[test]
    fn what_two_pods_have_in_common_is_held_once_and_stays_the_same() {
        let mut sharing = Sharing::default();
        let (mut a, mut b) = (pod("a"), pod("b"));
        sharing.share(&mut a);
        sharing.share(&mut b);
        assert_eq!((&a, &b), (&pod("a"), &pod("b")));
        let (Fact::Pod(a), Fact::Pod(b)) = (a, b) else {
            unreachable!("both are pods")
        };
        assert!(Arc::ptr_eq(&a.meta.namespace, &b.meta.namespace));
        assert!(Arc::ptr_eq(&a.parameters, &b.parameters));
        assert_eq!(
            a.node.as_ref().map(|n| n.as_ptr()),
            b.node.as_ref().map(|n| n.as_ptr())
        );
        let image = |pod: &PodFact| pod.containers.first().map(|c| c.image.as_ptr());
        assert_eq!(image(&a), image(&b));
        let label = |pod: &PodFact| pod.meta.labels.get("app").map(|v| v.as_ptr());
        assert_eq!(label(&a), label(&b));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut known: HashSet<Text> = HashSet::new();
        for at in 0..=LIMIT {
            held(&mut known, &mut Text::from(at.to_string()));
        }
        assert_eq!(known.len(), 1);
    }
}
