//! From what a metrics server says to readings. Pure.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use crate::model::observation::{Reading, Readings, Subject};
use crate::model::property::{Property, Unit, Value};
use crate::model::query::resources::{CPU, MEMORY, METRICS};
use crate::model::text::{self, Text};

use super::super::lean::{PodMetrics, Quantity};

/// What each pod uses, and each container of those that have several.
pub(super) fn of(part: Text, pods: Vec<PodMetrics>) -> Readings {
    let mut words = Words::new();
    let mut readings = Vec::with_capacity(pods.len() * 2);
    for pod in pods {
        words.pod(&pod, &mut readings);
    }
    Readings {
        source: words.source,
        part,
        readings,
    }
}

/// Texts that all readings have in common, held once.
struct Words {
    cpu: Text,
    memory: Text,
    source: Text,
    namespaces: HashSet<Text>,
}

/// Cores and bytes.
type Usage = (Option<f64>, Option<f64>);

impl Words {
    fn new() -> Self {
        Self {
            cpu: CPU.into(),
            memory: MEMORY.into(),
            source: METRICS.into(),
            namespaces: HashSet::new(),
        }
    }

    fn pod(&mut self, pod: &PodMetrics, out: &mut Vec<Reading>) {
        // Without its time it may be of any time; without containers nothing was measured yet.
        let (Some(name), Some(at)) = (&pod.metadata.name, pod.timestamp.0) else {
            return;
        };
        let namespace = self.namespace(pod.metadata.namespace.as_deref().unwrap_or(""));
        let name = text::name(name);
        let window_ms = pod.window.as_deref().and_then(millis);
        let containers: Vec<(Text, Usage)> = pod
            .containers
            .iter()
            .flatten()
            .filter_map(|container| {
                let usage = container.usage.as_ref()?;
                let cpu = usage.cpu.and_then(Quantity::number);
                let memory = usage.memory.and_then(Quantity::number);
                Some((text::name(container.name.as_deref()?), (cpu, memory)))
            })
            .collect();
        // Of all or of none: a part of it would be taken for the whole.
        let sum = |pick: fn(&Usage) -> Option<f64>| {
            let all = containers.iter().map(|(_, usage)| pick(usage));
            (!containers.is_empty()).then(|| all.sum::<Option<f64>>())?
        };
        let total = (sum(|u| u.0), sum(|u| u.1));
        let subject = Subject::Pod {
            namespace: namespace.clone(),
            name: name.clone(),
        };
        self.usage(&subject, total, (at, window_ms), out);
        if containers.len() < 2 {
            return;
        }
        for (container, usage) in containers {
            let subject = Subject::Container {
                namespace: namespace.clone(),
                pod: name.clone(),
                name: container,
            };
            self.usage(&subject, usage, (at, window_ms), out);
        }
    }

    fn usage(
        &self,
        subject: &Subject,
        (cpu, memory): Usage,
        (at, window_ms): (Timestamp, Option<u64>),
        out: &mut Vec<Reading>,
    ) {
        let both = [
            (&self.cpu, cpu, Unit::Cores, window_ms),
            (&self.memory, memory, Unit::Bytes, None),
        ];
        for (name, number, unit, window_ms) in both {
            let Some(number) = number else { continue };
            out.push(Reading {
                subject: subject.clone(),
                property: Property {
                    name: name.clone(),
                    description: None,
                    value: Value::Number(number),
                    unit,
                    at,
                    window_ms,
                    source: self.source.clone(),
                },
            });
        }
    }

    fn namespace(&mut self, raw: &str) -> Text {
        let own = text::name(raw);
        if let Some(known) = self.namespaces.get(&own) {
            return known.clone();
        }
        self.namespaces.insert(own.clone());
        own
    }
}

/// A duration as Go writes it, `15s` or `1m2.5s`, in ms.
fn millis(window: &str) -> Option<u64> {
    let duration: SignedDuration = window.parse().ok()?;
    u64::try_from(duration.as_millis())
        .ok()
        .filter(|ms| *ms > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Vec<(String, String, f64)> {
        let pods: Vec<PodMetrics> = serde_json::from_str(json).expect("it is read");
        let readings = of("shop".into(), pods).readings.into_iter();
        readings
            .map(|r| {
                let Value::Number(number) = r.property.value else {
                    unreachable!("all are numbers")
                };
                (r.subject.to_string(), r.property.name.to_string(), number)
            })
            .collect()
    }

    fn pod(containers: &str) -> String {
        format!(
            r#"[{{"metadata": {{"name": "cart-1", "namespace": "shop"}}, "timestamp": "2026-11-23T10:00:00Z",
                "window": "15.022s", "containers": {containers}}}]"#
        )
    }

    #[test]
    fn a_pod_is_the_sum_of_its_containers_and_each_is_told_where_there_are_several() {
        let one = pod(r#"[{"name": "main", "usage": {"cpu": "250m", "memory": "64Ki"}}]"#);
        let told = |name: &str, what: &str, number| (name.to_owned(), what.to_owned(), number);
        assert_eq!(
            read(&one),
            [
                told("shop/Pod/cart-1", "cpu", 0.25),
                told("shop/Pod/cart-1", "memory", 65_536.0)
            ]
        );
        let two = pod(
            r#"[{"name": "main", "usage": {"cpu": "500000000n", "memory": "1Ki"}},
                {"name": "side", "usage": {"cpu": "1", "memory": "2Ki"}}]"#,
        );
        assert_eq!(
            read(&two),
            [
                told("shop/Pod/cart-1", "cpu", 1.5),
                told("shop/Pod/cart-1", "memory", 3072.0),
                told("shop/Pod/cart-1/main", "cpu", 0.5),
                told("shop/Pod/cart-1/main", "memory", 1024.0),
                told("shop/Pod/cart-1/side", "cpu", 1.0),
                told("shop/Pod/cart-1/side", "memory", 2048.0),
            ]
        );
    }

    #[test]
    fn what_was_not_measured_is_not_told() {
        for json in [
            "[]".to_owned(),
            pod("[]"),
            pod("null"),
            pod(r#"[{"name": "main"}]"#),
            pod(r#"[{"name": "main", "usage": {"cpu": "much", "memory": null}}]"#),
            r#"[{"metadata": {"name": "x"}, "containers": [{"name": "a", "usage": {"cpu": "1"}}]}]"#
                .to_owned(),
        ] {
            assert_eq!(read(&json), [], "{json}");
        }
        // One container without a number makes no smaller sum.
        let half = pod(
            r#"[{"name": "a", "usage": {"cpu": "1"}}, {"name": "b", "usage": {"memory": "1"}}]"#,
        );
        let told: Vec<String> = read(&half).into_iter().map(|(name, ..)| name).collect();
        assert_eq!(told, ["shop/Pod/cart-1/a", "shop/Pod/cart-1/b"]);
    }

    #[test]
    fn the_window_and_the_time_are_the_servers() {
        let one = pod(r#"[{"name": "main", "usage": {"cpu": "1", "memory": "1"}}]"#);
        let pods: Vec<PodMetrics> = serde_json::from_str(&one).expect("it is read");
        let readings = of("shop".into(), pods).readings;
        let windows: Vec<Option<u64>> = readings.iter().map(|r| r.property.window_ms).collect();
        assert_eq!(windows, [Some(15_022), None]);
        let at: Timestamp = "2026-11-23T10:00:00Z".parse().expect("a time");
        assert!(readings.iter().all(|r| r.property.at == at));
        for (text, ms) in [
            ("1m2.5s", Some(62_500)),
            ("10s", Some(10_000)),
            ("", None),
            ("0s", None),
            ("-5s", None),
            ("soon", None),
        ] {
            assert_eq!(millis(text), ms, "{text}");
        }
    }
}
