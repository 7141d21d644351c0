//! The test bed's kubectl against `portolan demo --serve`: what the demo serves works, the rest says that it
//! is not served.
//!
//! `eval "$(testbed/up)"`, then `cargo test --test demo_testbed -- --ignored`: of the test bed only kubectl
//! is used.

#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

/// A demo that serves, in which nothing goes wrong by itself.
struct Demo {
    child: Child,
    kubeconfig: String,
}

impl Demo {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_portolan"))
            .args(["demo", "--serve", "--calm"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe"))
            .read_line(&mut line)
            .expect("it tells");
        let kubeconfig = line.trim().trim_start_matches("export KUBECONFIG=");
        let kubeconfig = kubeconfig.trim_matches('\'').to_owned();
        Self { child, kubeconfig }
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new("kubectl");
        command
            .args(arguments.split_whitespace())
            .env("KUBECONFIG", &self.kubeconfig)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &str) -> Output {
        let output = self.command(arguments).output();
        output.expect("kubectl is in PATH")
    }

    /// What kubectl prints where all goes well.
    fn kubectl(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "kubectl {arguments}: {output:?}");
        text
    }

    fn pods(&self, app: &str) -> Vec<String> {
        let names = self.kubectl(&format!("get pods -l app={app} -o name"));
        names.lines().map(str::to_owned).collect()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // With the signal of a person who ends it, so that it takes its files away.
        let _ = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "needs the testbed's kubectl: eval \"$(testbed/up)\""]
fn it_reads_as_a_cluster_does() {
    let demo = Demo::start();
    let nodes = demo.kubectl("get nodes");
    assert_eq!(nodes.matches(" Ready ").count(), 3, "{nodes}");
    let table = demo.kubectl("get deployment queryservice");
    let fields: Vec<&str> = table
        .lines()
        .last()
        .expect("a row")
        .split_whitespace()
        .collect();
    assert_eq!(
        fields.get(..4),
        Some(&["queryservice", "3/3", "3", "3"][..]),
        "{table}"
    );
    let everything = demo.kubectl("get all,ingress,hpa,endpointslices,events -A -o wide");
    for name in [
        "statefulset.apps/derbydb",
        "cronjob.batch/derbydb-backup",
        "service/payment",
    ] {
        assert!(everything.contains(name), "{name}\n{everything}");
    }
    let described = demo.kubectl("describe deployment queryservice");
    assert!(
        described.contains("3 desired | 3 updated | 3 total | 3 available"),
        "{described}"
    );
    let pod = demo.pods("queryservice").first().expect("a pod").clone();
    let described = demo.kubectl(&format!("describe {pod}"));
    assert!(
        described.contains("Liveness") || described.contains("Readiness"),
        "{described}"
    );
    assert!(
        demo.kubectl("api-resources")
            .contains("horizontalpodautoscalers")
    );
    assert!(demo.kubectl("version").contains("Server Version: v1."));
    assert_eq!(demo.kubectl("auth can-i delete pods").trim(), "yes");
    let top = demo.kubectl("top pods");
    assert!(top.contains("queryservice") && top.contains("Mi"), "{top}");
    assert!(demo.kubectl("top nodes").contains("k8s1"));
    let lines = demo.kubectl(&format!("logs {pod} --tail=5 --timestamps"));
    assert_eq!(lines.lines().count(), 5, "{lines}");
}

#[test]
#[ignore = "needs the testbed's kubectl: eval \"$(testbed/up)\""]
fn watches_and_logs_follow() {
    let demo = Demo::start();
    let mut watch = demo
        .command("get pods -l app=region-filter --watch")
        .stdout(Stdio::piped())
        .spawn()
        .expect("kubectl is in PATH");
    let lines = BufReader::new(watch.stdout.take().expect("a pipe")).lines();
    let mut lines = lines.map(|line| line.expect("a line"));
    let first = lines.nth(1).expect("the pod that is there");
    assert!(first.contains("1/1"), "{first}");
    demo.kubectl("scale deployment region-filter --replicas=2");
    let name = first.split_whitespace().next().expect("a name").to_owned();
    let other = |line: &String| !line.starts_with(&name);
    let ready = lines.filter(other).find(|line| line.contains("1/1"));
    assert!(ready.is_some());
    watch.kill().expect("it runs");
    watch.wait().expect("it ends");
    let mut logs = demo
        .command("logs -f deployment/queryservice --tail=1")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("kubectl is in PATH");
    let lines = BufReader::new(logs.stdout.take().expect("a pipe")).lines();
    assert_eq!(lines.take(3).count(), 3, "it goes on");
    logs.kill().expect("it runs");
    logs.wait().expect("it ends");
}

#[test]
#[ignore = "needs the testbed's kubectl: eval \"$(testbed/up)\""]
fn workloads_are_changed_as_in_a_cluster() {
    let demo = Demo::start();
    let done = "rollout status deployment/queryservice --timeout=120s";
    assert!(demo.kubectl(done).contains("successfully rolled out"));
    let before = demo.pods("queryservice");
    assert!(
        demo.kubectl("rollout restart deployment/queryservice")
            .contains("restarted")
    );
    assert!(demo.kubectl(done).contains("successfully rolled out"));
    let after = demo.pods("queryservice");
    assert!(
        after.len() >= 3
            && before
                .iter()
                .all(|pod| !after.contains(pod) || is_ending(&demo, pod))
    );
    demo.kubectl(
        "set image deployment/queryservice queryservice=registry.example/mrubis/queryservice:9",
    );
    assert!(demo.kubectl(done).contains("successfully rolled out"));
    let history = demo.kubectl("rollout history deployment/queryservice");
    let last = history
        .split_whitespace()
        .filter(|word| word.parse::<u32>().is_ok())
        .max();
    assert_eq!(last, Some("3"), "{history}");
    assert!(
        demo.kubectl("rollout undo deployment/queryservice")
            .contains("rolled back")
    );
    assert!(demo.kubectl(done).contains("successfully rolled out"));
    let image = demo.kubectl("get deployment queryservice -o jsonpath={..image}");
    assert!(!image.ends_with(":9"), "{image}");
    demo.kubectl("scale deployment queryservice --replicas=5");
    assert!(demo.kubectl(done).contains("successfully rolled out"));
    let pod = demo.pods("queryservice").pop().expect("a pod");
    assert!(demo.kubectl(&format!("delete {pod}")).contains("deleted"));
    assert!(!demo.pods("queryservice").contains(&pod));
    assert!(demo.kubectl(done).contains("successfully rolled out"));
    demo.kubectl("create namespace mine");
    demo.kubectl("create deployment web --image=example/web:1 -n mine");
    demo.kubectl("wait deployment/web -n mine --for=condition=Available --timeout=60s");
    demo.kubectl("delete namespace mine --timeout=60s");
}

fn is_ending(demo: &Demo, pod: &str) -> bool {
    let output = demo.run(&format!(
        "get {pod} -o jsonpath={{.metadata.deletionTimestamp}}"
    ));
    !output.status.success() || !output.stdout.is_empty()
}

#[test]
#[ignore = "needs the testbed's kubectl: eval \"$(testbed/up)\""]
fn what_is_not_served_says_so() {
    let demo = Demo::start();
    let pod = demo.pods("queryservice").first().expect("a pod").clone();
    for arguments in [
        format!("exec {pod} -- true"),
        format!("attach {pod}"),
        format!("port-forward {pod} 0:80"),
        "get --raw /api/v1/secrets".to_owned(),
        "get --raw /apis/rbac.authorization.k8s.io/v1/roles".to_owned(),
    ] {
        let output = demo.run(&arguments);
        assert!(!output.status.success(), "{arguments}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("does not serve"), "{arguments}: {said}");
    }
}
