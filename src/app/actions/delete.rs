//! Deleting the selected component: a pod, and for now nothing else.

use super::{Entry, app};
use crate::app::effect::Effect;
use crate::app::state::App;
use crate::model::element::Element;
use crate::model::intent::Operation;
use crate::ui::action::Action;

pub(super) fn entries() -> Vec<Entry> {
    vec![app(
        Action::new(
            "delete",
            &["ctrl-d"],
            "",
            "stage the deletion of the selected pod",
        )
        .at(super::stage::PLACES),
        delete,
    )]
}

fn delete(app: &mut App, argument: &str) -> Vec<Effect> {
    if !argument.is_empty() {
        app.say("delete takes no name: it deletes the pod that is selected");
        return Vec::new();
    }
    let Some(key) = app.target("") else {
        app.say_select("pod");
        return Vec::new();
    };
    let (target, operation) = match app.live.get(&key) {
        Some(Element::Component(pod)) => {
            let (name, uid) = (pod.name.clone(), pod.uid.clone());
            (pod.of.clone(), Operation::Delete { pod: name, uid })
        }
        Some(_) => {
            app.say("only pods are deleted from here: its own are below it in the tree");
            return Vec::new();
        }
        None => {
            app.say("it is gone");
            return Vec::new();
        }
    };
    if app.unlocked() {
        app.stage(target, operation);
    }
    Vec::new()
}
