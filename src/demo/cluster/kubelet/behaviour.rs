//! How a pod misbehaves by its own label, as the test bed's fake nodes understand it
//! (`testbed/README.md`), so that the same manifests do the same on both.

use std::time::Duration;

use serde_json::Value;

use super::super::json;

/// What the label `portolan.test/behaviour` asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Manner {
    /// No misbehaviour.
    #[default]
    Well,
    /// It ends with exit code 1, again and again.
    CrashLoop,
    /// It is ended for want of memory, again and again.
    OutOfMemory,
    /// Its image cannot be pulled.
    ImagePull,
    /// It never gets ready.
    NotReady,
    /// It takes long to be created.
    Slow,
    /// Its work is done after a while.
    Completed,
}

/// How a pod behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Behaviour {
    pub(super) manner: Manner,
    /// The container that misbehaves, if it is named.
    pub(super) container: Option<Box<str>>,
    /// How long a slow pod takes to start, or a completing one to run.
    pub(super) duration: Option<Duration>,
}

impl Behaviour {
    /// A pod's own.
    pub(super) fn of(pod: &Value) -> Self {
        let manner = match json::text(pod, "/metadata/labels/portolan.test~1behaviour") {
            "crashloop" => Manner::CrashLoop,
            "oom" => Manner::OutOfMemory,
            "imagepull" => Manner::ImagePull,
            "notready" => Manner::NotReady,
            "slow" => Manner::Slow,
            "completed" => Manner::Completed,
            _ => Manner::Well,
        };
        let duration = json::text(pod, "/metadata/annotations/portolan.test~1duration");
        let duration: Option<jiff::SignedDuration> = duration.parse().ok();
        let container = json::at(pod, "/metadata/annotations/portolan.test~1container").as_str();
        Self {
            manner,
            container: container.map(Into::into),
            duration: duration.map(jiff::SignedDuration::unsigned_abs),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_and_annotations_are_read() {
        let pod = json!({"metadata": {
            "labels": {"portolan.test/behaviour": "slow"},
            "annotations": {"portolan.test/duration": "1m30s", "portolan.test/container": "b"}
        }});
        let expected = Behaviour {
            manner: Manner::Slow,
            container: Some("b".into()),
            duration: Some(Duration::from_secs(90)),
        };
        assert_eq!(Behaviour::of(&pod), expected);
        assert_eq!(Behaviour::of(&json!({})), Behaviour::default());
    }
}
