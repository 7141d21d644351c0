//! A rich soup of spans, and every question about it asked of two servers.
//!
//! Half of the traces are such as services report, with what goes wrong in life; the other half are random,
//! so that the rules for what nobody intends are compared as well.

use serde_json::{Value, json};

use super::{Scope, Target};

/// Traces of one soup; each begins at a time of its own.
const TRACES: i64 = 120;
/// Between the begins of two traces, in ms.
const STEP: i64 = 500;
const SERVICES: [&str; 7] = ["web", "App", "cart", "mail", "db", "kafka", "bank"];

/// Numbers that look random and are the same for the same seed (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[usize::try_from(self.below(of.len() as u64)).expect("small")]
    }
}

/// The spans of one trace in the making.
struct Cook<'a> {
    dice: &'a mut Dice,
    scope: &'a Scope,
    trace: String,
    /// ms since the begin of the window.
    now: i64,
    ids: u64,
    spans: Vec<Value>,
}

impl Cook<'_> {
    fn next_id(&mut self) -> String {
        self.ids += 1;
        format!("{:x}", self.ids)
    }

    fn add(&mut self, mut span: Value) {
        self.now += i64::try_from(self.dice.below(3)).expect("small");
        span["traceId"] = self.trace.clone().into();
        span["timestamp"] = (self.scope.at(self.now) + 7 * self.now).into();
        span["duration"] = (1 + self.dice.below(5_000)).into();
        if self.dice.one_in(8) {
            span["tags"] = json!({"error": self.dice.pick(&["", "503", "timeout"])});
        } else if self.dice.one_in(3) {
            span["tags"] =
                json!({"http.method": self.dice.pick(&["GET", "POST"]), "n": self.dice.below(3)});
        }
        if self.dice.one_in(6) {
            let at = self.scope.at(self.now);
            span["annotations"] =
                json!([{"timestamp": at + 1, "value": "ws"}, {"timestamp": at, "value": "cs"}]);
        }
        // Some report a span twice.
        for _ in 0..=u32::from(self.dice.one_in(10)) {
            self.spans.push(span.clone());
        }
    }

    fn endpoint(&mut self, service: &str) -> Value {
        let mut endpoint = json!({"serviceName": self.scope.name(service)});
        if self.dice.one_in(3) {
            endpoint["ipv4"] = json!(format!("10.0.0.{}", self.dice.below(3)));
            endpoint["port"] = json!(self.dice.below(3) * 80);
        }
        endpoint
    }

    /// What a service does within one of its spans.
    fn work(&mut self, service: &str, parent: &str, depth: u64) {
        for _ in 0..self.dice.below(4) {
            let kinds = if depth == 0 { 4 } else { 8 };
            match self.dice.below(kinds) {
                0 => self.local(service, parent, depth),
                1 => self.peer(service, parent),
                2 => self.message(service, parent, depth),
                3 => self.lost(service),
                _ => self.call(service, parent, depth),
            }
        }
    }

    fn local(&mut self, service: &str, parent: &str, depth: u64) {
        let (id, local) = (self.next_id(), self.endpoint(service));
        self.add(json!({"id": id, "parentId": parent, "name": "render", "localEndpoint": local}));
        self.work(service, &id, depth.saturating_sub(1));
    }

    /// A call of what does not report: a database, an address, nothing known; sometimes without a kind.
    fn peer(&mut self, service: &str, parent: &str) {
        let (id, local) = (self.next_id(), self.endpoint(service));
        let remote = match self.dice.below(4) {
            0 => json!({"ipv6": "2001:db8::1"}),
            1 => Value::Null,
            _ => json!({"serviceName": self.scope.name("db"), "port": 3_306}),
        };
        let kind = if self.dice.one_in(4) {
            Value::Null
        } else {
            json!("CLIENT")
        };
        self.add(json!({
            "id": id, "parentId": parent, "kind": kind, "name": "SELECT", "localEndpoint": local,
            "remoteEndpoint": remote,
        }));
        if self.dice.one_in(4) {
            self.local(service, &id, 0);
        }
    }

    fn message(&mut self, service: &str, parent: &str, depth: u64) {
        let (sent, taken) = (self.next_id(), self.next_id());
        let broker = |dice: &mut Dice, scope: &Scope| match dice.below(3) {
            0 => Value::Null,
            _ => json!({"serviceName": scope.name("kafka")}),
        };
        let (local, remote) = (self.endpoint(service), broker(self.dice, self.scope));
        self.add(json!({
            "id": sent, "parentId": parent, "kind": "PRODUCER", "name": "send", "localEndpoint": local,
            "remoteEndpoint": remote,
        }));
        let (local, remote) = (self.endpoint("mail"), broker(self.dice, self.scope));
        self.add(json!({
            "id": taken, "parentId": sent, "kind": "CONSUMER", "name": "take", "localEndpoint": local,
            "remoteEndpoint": remote,
        }));
        self.work("mail", &taken, depth.saturating_sub(1));
    }

    /// A server whose client's span was never reported.
    fn lost(&mut self, service: &str) {
        let (id, parent, local) = (self.next_id(), self.next_id(), self.endpoint(service));
        self.add(json!({
            "id": id, "parentId": parent, "kind": "SERVER", "name": "late", "localEndpoint": local,
        }));
    }

    /// A call, also of itself, with ids of its own, a shared one, or one that is shared without saying so.
    fn call(&mut self, service: &str, parent: &str, depth: u64) {
        let to = self.dice.pick(&SERVICES);
        let (client, own) = (self.next_id(), self.next_id());
        let (local, remote) = (self.endpoint(service), self.endpoint(to));
        let remote = if self.dice.one_in(2) {
            remote
        } else {
            Value::Null
        };
        self.add(json!({
            "id": client, "parentId": parent, "kind": "CLIENT", "name": "get", "localEndpoint": local,
            "remoteEndpoint": remote,
        }));
        let (id, parent, shared) = match self.dice.below(4) {
            0 => (client.clone(), Some(parent.to_owned()), true),
            1 => (client, None, self.dice.one_in(2)),
            _ => (own, Some(client), false),
        };
        let local = self.endpoint(to);
        self.add(json!({
            "id": id, "parentId": parent, "kind": "SERVER", "name": "get /Things", "localEndpoint": local,
            "shared": shared,
        }));
        self.work(to, &id, depth - 1);
    }

    /// Spans of which nothing fits but the trace: circles, clashing ids, parts, missing times.
    fn random(&mut self) {
        for _ in 0..=self.dice.below(9) {
            let kinds = [
                Value::Null,
                json!("CLIENT"),
                json!("SERVER"),
                json!("CLIENT"),
                json!("SERVER"),
                json!("PRODUCER"),
                json!("CONSUMER"),
            ];
            let kinds: Vec<&Value> = kinds.iter().collect();
            let side = |cook: &mut Self| match cook.dice.below(4) {
                0 => Value::Null,
                1 => {
                    json!({"ipv4": format!("10.0.0.{}", cook.dice.below(2)), "port": cook.dice.below(2)})
                }
                _ => {
                    let service = cook.dice.pick(&SERVICES);
                    cook.endpoint(service)
                }
            };
            let parent = Some(self.dice.below(7)).filter(|_| !self.dice.one_in(4));
            let mut span = json!({
                "id": format!("{}", 1 + self.dice.below(5)),
                "parentId": parent.map(|parent| parent.to_string()),
                "kind": self.dice.pick(&kinds),
                "shared": self.dice.one_in(4),
                "localEndpoint": side(self),
                "remoteEndpoint": side(self),
            });
            if self.dice.one_in(2) {
                span["name"] = json!(self.dice.pick(&["get", "Put", "render"]));
            }
            self.add(span);
            if self.dice.one_in(8)
                && let Some(span) = self.spans.last_mut()
            {
                span["timestamp"] = Value::Null;
            }
            if self.dice.one_in(6)
                && let Some(span) = self.spans.last_mut()
            {
                span["traceId"] = format!("{:x}{}", 1 + self.dice.below(2), self.trace).into();
            }
        }
    }
}

/// The soup of a seed, and the ids of its traces.
pub fn soup(scope: &Scope, seed: u64) -> (Vec<Value>, Vec<String>) {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (seed + 1).wrapping_mul(0xd134_2543_de82_ef95));
    let (mut spans, mut traces) = (Vec::new(), Vec::new());
    for number in 0..TRACES {
        let trace = scope.next_trace();
        traces.push(trace.clone());
        let mut cook = Cook {
            dice: &mut dice,
            scope,
            trace,
            now: number * STEP,
            ids: 0,
            spans: Vec::new(),
        };
        if number % 2 == 0 {
            let id = cook.next_id();
            let kind = cook.dice.pick(&["SERVER", "CLIENT"]);
            let local = cook.endpoint("web");
            cook.add(json!({"id": id, "kind": kind, "name": "get /", "localEndpoint": local}));
            cook.work("web", &id, 3);
        } else {
            cook.random();
        }
        let mut cooked = cook.spans;
        // Whoever reports first, comes first.
        for at in (1..cooked.len()).rev() {
            let other = usize::try_from(dice.below(at as u64 + 1)).expect("small");
            cooked.swap(at, other);
        }
        spans.extend(cooked);
    }
    (spans, traces)
}

/// Everything that may be asked about a soup.
fn questions(scope: &Scope, traces: &[String]) -> Vec<String> {
    let window = scope.window();
    let mut all: Vec<String> = traces.iter().map(|id| format!("trace/{id}")).collect();
    all.extend(traces.iter().map(|id| format!("trace/1{id}")));
    all.extend(
        traces
            .chunks(7)
            .map(|ids| format!("traceMany?traceIds={}", ids.join(","))),
    );
    all.extend(
        traces
            .chunks(5)
            .map(|ids| format!("traceMany?traceIds=1{},2{}", ids[0], ids[1])),
    );
    for parameters in [
        "limit=1000",
        "limit=7",
        "",
        "spanName=get",
        "spanName=select&limit=50",
        "annotationQuery=error&limit=50",
        "annotationQuery=error=503&limit=50",
        "annotationQuery=http.method=GET%20and%20n=1&limit=50",
        "annotationQuery=ws%20and%20n=2&limit=50",
        "annotationQuery=cs&limit=3",
        "minDuration=4500&limit=50",
        "minDuration=100&maxDuration=900&limit=50",
        "minDuration=100&spanName=render&annotationQuery=n&limit=50",
    ] {
        all.push(format!("traces?{window}&{parameters}"));
    }
    for service in SERVICES {
        let name = scope.name(service);
        all.push(format!("spans?serviceName={name}"));
        all.push(format!("remoteServices?serviceName={name}"));
        for parameters in [
            "limit=1000",
            "limit=3",
            "spanName=get",
            "minDuration=3000",
            "annotationQuery=error&limit=20",
        ] {
            all.push(format!("traces?{window}&serviceName={name}&{parameters}"));
        }
        let db = scope.name("db");
        all.push(format!(
            "traces?{window}&remoteServiceName={db}&serviceName={name}&limit=50"
        ));
        all.push(format!("traces?{window}&remoteServiceName={name}&limit=50"));
    }
    all
}

/// Reports the soup of a seed to both servers, and asks both every question.
pub async fn both_answer_the_same(a: &Target, b: &Target, seed: u64) {
    let scope = Scope::new();
    let (spans, traces) = soup(&scope, seed);
    // In several reports, so that traces grow.
    for part in spans.chunks(1 + spans.len() / 3) {
        let mark = Scope::new();
        a.report(&mark, part).await;
        b.report(&mark, part).await;
    }
    let mut found = 0;
    for number in 0..TRACES {
        let window = scope.between(number * STEP, (number + 1) * STEP - 1);
        let (links, others) = (a.links(&window).await, b.links(&window).await);
        found += links.len();
        assert_eq!(links, others, "seed {seed}, trace {number}: {:#}", {
            let trace = &traces[usize::try_from(number).expect("small")];
            a.get(&format!("/api/v2/trace/{trace}")).await.body
        });
    }
    assert!(found > 100, "the soup is thin: {found} links");
    for window in [
        scope.window(),
        scope.between(0, 30_000),
        scope.between(20_000, 20_001),
    ] {
        assert_eq!(
            a.links(&window).await,
            b.links(&window).await,
            "seed {seed}: {window}"
        );
    }
    for question in questions(&scope, &traces) {
        let path = format!("/api/v2/{question}");
        let (mine, theirs) = (a.get(&path).await, b.get(&path).await);
        assert_eq!(
            (mine.status, mine.kind, mine.body),
            (theirs.status, theirs.kind, theirs.body),
            "seed {seed}: {path}"
        );
    }
    // To the letter: fields in the same order, too.
    for path in [
        &format!("/api/v2/traces?{}&limit=1000", scope.window()),
        "/health",
        "/info",
        "/zipkin/config.json",
    ] {
        assert_eq!(
            a.text(path).await,
            b.text(path).await,
            "seed {seed}: {path}"
        );
    }
    let names = async |target: &Target| -> Vec<Value> {
        let services = target.json("/api/v2/services").await;
        let services = services.as_array().expect("a list").iter();
        let of_scope = |name: &&Value| name.as_str().is_some_and(|name| scope.has(name));
        services.filter(of_scope).cloned().collect()
    };
    assert_eq!(names(a).await, names(b).await, "seed {seed}");
}
