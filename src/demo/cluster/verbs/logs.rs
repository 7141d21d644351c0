//! What containers wrote. The lines are made when they are asked for, out of what is known of the
//! container: who it is, when it started, and how it ended.

use std::time::Duration;

use jiff::Timestamp;

use super::super::kubelet::{Past, Started};
use super::super::object::Key;
use super::super::refusal::Refusal;
use super::super::{Cluster, naming};
use super::LogLine;

/// From one line of the steady work to the next, on average.
const PACE: Duration = Duration::from_secs(3);
/// From the start to the first of them.
const START: Duration = Duration::from_millis(1500);

impl Cluster {
    /// What a pod's container wrote up to now, oldest line first, or what the one before it wrote. The
    /// lines are made when they are asked for: the same question at the same time has the same answer, and
    /// a later one only adds lines.
    ///
    /// # Errors
    /// [`Refusal`]: no such pod or container, several containers and none named, not started yet, or no
    /// previous one.
    pub fn logs(
        &self,
        key: &Key,
        container: Option<&str>,
        previous: bool,
    ) -> Result<Vec<LogLine>, Refusal> {
        let pod = self.found(key)?;
        let (mains, inits) = containers(&pod.value());
        let container = match (container, mains.as_slice()) {
            (Some(name), _) if mains.iter().chain(&inits).any(|own| own == name) => name.to_owned(),
            (Some(name), _) => {
                let message = format!("container {name} is not valid for pod {}", key.name);
                return Err(Refusal::bad_request(message));
            }
            (None, [only]) => only.clone(),
            (None, _) => {
                let mut message = format!(
                    "a container name must be specified for pod {}, choose one of: [{}]",
                    key.name,
                    mains.join(" ")
                );
                if !inits.is_empty() {
                    let inits = inits.join(" ");
                    message.push_str(&format!(" or one of the init containers: [{inits}]"));
                }
                return Err(Refusal::bad_request(message));
            }
        };
        if pod.node.is_none() {
            let message = format!("pod {} does not have a host assigned", key.name);
            return Err(Refusal::bad_request(message));
        }
        let waits = |reason: &str| {
            let why = match reason {
                "ErrImagePull" | "ImagePullBackOff" => "trying and failing to pull image",
                other => other,
            };
            Refusal::bad_request(format!(
                "container \"{container}\" in pod \"{}\" is waiting to start: {why}",
                key.name
            ))
        };
        match self.kubelets.past(&pod.uid, &container, previous) {
            Past::Known(started) => Ok(self.lines(&pod.uid, &container, &started)),
            Past::Waits(reason) => Err(waits(reason)),
            Past::None => Err(Refusal::bad_request(format!(
                "previous terminated container \"{container}\" in pod \"{}\" not found",
                key.name
            ))),
        }
    }

    fn lines(&self, uid: &str, container: &str, started: &Started) -> Vec<LogLine> {
        let seed = naming::hash(format!("{uid}/{container}/{}", started.round).as_bytes());
        let writer = Writer {
            seed,
            container,
            started,
        };
        let end = started.ended.as_ref().map_or(self.now, |(at, _)| *at);
        let mut lines: Vec<LogLine> = writer.beginning();
        lines.extend(writer.work(end));
        lines.retain(|line| line.at <= end);
        if let Some((at, code)) = &started.ended {
            lines.extend(writer.ending(*at, *code));
        }
        lines
    }
}

/// The names of a pod's containers, and of those that run before them.
fn containers(pod: &serde_json::Value) -> (Vec<String>, Vec<String>) {
    let names = |path| {
        let containers = super::super::json::items(pod, path);
        let names = containers.map(|one| super::super::json::text(one, "/name").to_owned());
        names.collect()
    };
    (names("/spec/containers"), names("/spec/initContainers"))
}

/// One run of a container, writing.
struct Writer<'a> {
    seed: u64,
    container: &'a str,
    started: &'a Started,
}

impl Writer<'_> {
    fn line(at: Timestamp, text: String) -> LogLine {
        LogLine { at, text }
    }

    fn beginning(&self) -> Vec<LogLine> {
        let (name, image) = (self.container, &self.started.image);
        let version = image.rsplit_once(':').map_or("latest", |(_, tag)| tag);
        let at = |millis| self.started.at + Duration::from_millis(millis);
        let mut random = fastrand::Rng::with_seed(self.seed);
        let mut lines = vec![
            Self::line(at(40), format!("INFO  starting {name} {version}")),
            Self::line(
                at(190),
                "INFO  configuration read from the environment".to_owned(),
            ),
        ];
        if self.is_store() {
            lines.push(Self::line(
                at(700),
                "INFO  recovery finished, nothing was lost".to_owned(),
            ));
            lines.push(Self::line(
                at(900),
                "INFO  ready to accept connections".to_owned(),
            ));
        } else if !self.started.brief {
            let pool = random.u32(4..=16);
            lines.push(Self::line(
                at(620),
                format!("INFO  connection pool opened, {pool} connections"),
            ));
            lines.push(Self::line(at(950), "INFO  listening".to_owned()));
        }
        lines
    }

    /// The steady work, up to a time: each line has its own seed, so that a later question has the same
    /// lines and more.
    fn work(&self, until: Timestamp) -> Vec<LogLine> {
        let first = self.started.at + START;
        let length = until.duration_since(first);
        if length.is_negative() {
            return Vec::new();
        }
        let count = length.unsigned_abs().as_millis() / PACE.as_millis() + 1;
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let lines = (0..count).map(|number| {
            let mut random = fastrand::Rng::with_seed(self.seed ^ (u64::from(number) << 20));
            let late = Duration::from_millis(random.u64(0..2900));
            Self::line(
                first + PACE.saturating_mul(number) + late,
                self.worked(number, &mut random),
            )
        });
        lines.collect()
    }

    fn worked(&self, number: u32, random: &mut fastrand::Rng) -> String {
        if self.started.brief {
            return format!(
                "INFO  step {} done, {} records",
                number + 1,
                random.u32(100..5000)
            );
        }
        if self.is_store() {
            return match random.u32(0..10) {
                0 => format!("INFO  checkpoint: {} pages written", random.u32(3..400)),
                1 => format!("WARN  slow statement, {} ms", random.u32(200..900)),
                _ => format!(
                    "INFO  {} statements, {} connections open",
                    random.u32(20..400),
                    random.u32(2..20)
                ),
            };
        }
        let id = random.u32(1000..9999);
        let path = match random.u32(0..5) {
            0 => "/health".to_owned(),
            1 => format!("/items/{id}"),
            2 => format!("/users/{id}"),
            3 => format!("/search?page={}", random.u32(1..9)),
            _ => format!("/{}/{id}", self.container),
        };
        let (level, status, verb) = match random.u32(0..40) {
            0 => ("WARN ", 404, "GET"),
            1 => ("ERROR", 500, "POST"),
            2..=10 => ("INFO ", 201, "POST"),
            _ => ("INFO ", 200, "GET"),
        };
        format!("{level} {verb} {path} {status} {} ms", random.u32(2..90))
    }

    fn ending(&self, at: Timestamp, code: i32) -> Vec<LogLine> {
        let name = self.container;
        let texts = match code {
            0 => vec!["INFO  work done, leaving".to_owned()],
            // Who is killed says nothing more.
            137 => return Vec::new(),
            _ => vec![
                "ERROR the main loop failed".to_owned(),
                "java.lang.IllegalStateException: no connection left in the pool".to_owned(),
                format!("\tat shop.{name}.Pool.take(Pool.java:87)"),
                format!("\tat shop.{name}.Handler.serve(Handler.java:142)"),
                "\tat java.base/java.lang.Thread.run(Thread.java:1583)".to_owned(),
                format!("ERROR exiting with code {code}"),
            ],
        };
        texts.into_iter().map(|text| Self::line(at, text)).collect()
    }

    fn is_store(&self) -> bool {
        let stores = [
            "redis", "postgres", "mysql", "mongo", "rabbit", "kafka", "activemq", "derby",
            "database", "-db",
        ];
        let image = &*self.started.image;
        stores
            .iter()
            .any(|store| image.contains(store) || self.container.ends_with(store))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::kind::Kind;
    use super::super::super::testing::{cluster, deployment, template};
    use super::super::super::{Affliction, Cluster};
    use super::*;

    fn one_pod() -> (Cluster, Key) {
        let mut cluster = cluster();
        cluster.make(Kind::Deployment, deployment("web", 1));
        cluster.pass_until(20, "ready", |c| c.ready("web") == 1);
        let key = cluster.pods("web")[0].key.clone();
        (cluster, key)
    }

    fn refused(cluster: &Cluster, key: &Key, container: Option<&str>, previous: bool) -> String {
        cluster
            .logs(key, container, previous)
            .expect_err("it cannot be told")
            .message
    }

    #[test]
    fn later_questions_have_the_same_lines_and_more() {
        let (mut cluster, key) = one_pod();
        cluster.pass(60);
        let first = cluster.logs(&key, None, false).expect("it runs");
        assert_eq!(cluster.logs(&key, Some("web"), false), Ok(first.clone()));
        cluster.pass(60);
        let second = cluster.logs(&key, None, false).expect("it runs");
        assert!(second.starts_with(&first), "{first:#?} {second:#?}");
        assert!(second.len() >= first.len() + 15);
        assert!(second.is_sorted_by_key(|line| line.at));
        assert!(second.iter().all(|line| line.at <= cluster.now()));
        assert!(
            first[0].text.contains("starting web 1"),
            "{}",
            first[0].text
        );
    }

    #[test]
    fn a_crash_ends_in_a_trace_and_stays_to_be_read() {
        let (mut cluster, key) = one_pod();
        let none = refused(&cluster, &key, None, true);
        assert!(
            none.starts_with("previous terminated container \"web\" in pod"),
            "{none}"
        );
        let uid = cluster.store.get(&key).expect("a pod").uid.clone();
        let crash = Affliction::Crash {
            exit_code: 3,
            reason: "Error".to_owned(),
            after: Duration::from_secs(20),
        };
        assert!(cluster.afflict(&uid, crash));
        cluster.pass(22);
        let before = cluster.logs(&key, None, true).expect("it crashed");
        let last = before.last().expect("lines");
        assert_eq!(last.text, "ERROR exiting with code 3");
        let now = cluster.logs(&key, None, false).expect("it runs again");
        assert!(now[0].at > last.at);
        // The second crash: while it waits, what it wrote is still there, and what it wrote before, too.
        cluster.pass(25);
        let ended = cluster.logs(&key, None, false).expect("it ran");
        assert!(
            ended.starts_with(&now) && ended.last().is_some_and(|l| l.text.ends_with("code 3"))
        );
    }

    #[test]
    fn what_cannot_be_told_is_said() {
        let (mut cluster, key) = one_pod();
        assert_eq!(
            refused(&cluster, &key, Some("nope"), false),
            format!("container nope is not valid for pod {}", key.name)
        );
        let mut two = template("two");
        two["metadata"]["name"] = json!("two");
        two["spec"]["containers"]
            .as_array_mut()
            .expect("a list")
            .push(json!({"name": "b", "image": "b:1"}));
        cluster.make(Kind::Pod, two);
        let two = super::super::super::testing::key(Kind::Pod, "two");
        assert_eq!(
            refused(&cluster, &two, None, false),
            "a container name must be specified for pod two, choose one of: [two b]"
        );
        assert_eq!(
            refused(&cluster, &two, Some("b"), false),
            "pod two does not have a host assigned"
        );
        cluster.pass_until(2, "bound", |c| {
            c.store.get(&two).is_some_and(|pod| pod.node.is_some())
        });
        assert_eq!(
            refused(&cluster, &two, Some("b"), false),
            "container \"b\" in pod \"two\" is waiting to start: ContainerCreating"
        );
        let nobody = super::super::super::testing::key(Kind::Pod, "nobody");
        assert_eq!(
            refused(&cluster, &nobody, None, false),
            "pods \"nobody\" not found"
        );
    }
}
