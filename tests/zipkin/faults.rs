//! What hurts: servers that freeze, dribble, never end, lead elsewhere, or come and go. Each is bounded, said,
//! and over soon after its cause is; what was counted is kept with its age, and then is no data, never 0.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use portolan::model::Model;
use portolan::model::key::ElementKey;
use portolan::model::observation::{Observation, Span};
use portolan::model::query::links::Side;
use portolan::model::source::SourceState;
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::proxy::wire::{Wire, WireProxy};
use crate::running::{
    DEPENDENCIES, InTurn, Running, SERVICES, answer, cause, complaint_about, json, quick,
    server_with,
};

/// A server that speaks for itself: it answers names, and does to questions for links what it is told to.
struct Raw {
    url: String,
    /// Bytes that it could send.
    sent: Arc<AtomicU64>,
    _listening: AbortOnDropHandle<()>,
}

/// What becomes of a question for links.
#[derive(Clone)]
enum Then {
    /// These bytes, and the connection ends.
    Bytes(Vec<u8>),
    /// These bytes, and then one byte now and then.
    Dribble(Vec<u8>),
    /// These bytes, and then more without an end.
    Endless(Vec<u8>),
}

impl Raw {
    async fn start(then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let sent = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&sent);
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(speak(stream, then.clone(), Arc::clone(&counted)));
            }
        });
        Self {
            url,
            sent,
            _listening: AbortOnDropHandle::new(listening),
        }
    }
}

async fn speak(mut stream: TcpStream, then: Then, sent: Arc<AtomicU64>) {
    let mut question = vec![0; 8_192];
    let Ok(length) = stream.read(&mut question).await else {
        return;
    };
    let question = String::from_utf8_lossy(question.get(..length).unwrap_or_default()).into_owned();
    if question.contains(SERVICES) {
        let none = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]";
        let _ = stream.write_all(none).await;
        return;
    }
    let (first, more, pause) = match then {
        Then::Bytes(bytes) => (bytes, Vec::new(), None),
        Then::Dribble(bytes) => (bytes, vec![b' '], Some(Duration::from_millis(20))),
        Then::Endless(bytes) => (bytes, vec![b' '; 65_536], None),
    };
    if stream.write_all(&first).await.is_err() {
        return;
    }
    while !more.is_empty() && stream.write_all(&more).await.is_ok() {
        sent.fetch_add(more.len() as u64, Ordering::Relaxed);
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
    }
}

fn head(fields: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{fields}\r\n\r\n").into_bytes()
}

/// The line that such a server leads to.
async fn said_of(then: Then) -> (String, u64) {
    let server = Raw::start(then).await;
    let mut settings = quick(&server.url);
    settings.timeout = Duration::from_millis(800);
    let mut running = Running::start(Some(settings));
    let line = running.failed("dependencies").await;
    running.status("services", "live").await;
    running.stop().await;
    assert!(!line.contains('\n') && line.chars().count() < 400, "{line}");
    (line, server.sent.load(Ordering::Relaxed))
}

#[tokio::test]
async fn an_answer_that_only_dribbles_ends_with_the_time_it_may_take() {
    let (line, _) = said_of(Then::Dribble(head("content-length: 100000"))).await;
    assert!(line.contains("no answer within 0.8 s"), "{line}");
    // Not even a head.
    let (line, _) = said_of(Then::Dribble(b"HTTP/1.1 200 OK\r\nx:".to_vec())).await;
    assert!(line.contains("no answer within 0.8 s"), "{line}");
}

#[tokio::test]
async fn an_answer_without_an_end_is_read_to_a_limit() {
    // Its end is the end of the connection, which never comes.
    let server = Raw::start(Then::Endless(head("connection: close"))).await;
    let mut running = Running::start(Some(quick(&server.url)));
    let line = running.failed("dependencies").await;
    assert!(line.contains("more than 32 MB"), "{line}");
    running.stop().await;
    // Each window was asked for once or more often; what is beyond the limit waits in the system's buffers.
    let sent = server.sent.load(Ordering::Relaxed);
    assert!(sent > 32 << 20, "{sent}");
}

#[tokio::test]
async fn an_answer_that_says_that_it_is_huge_is_not_waited_for_in_memory() {
    let (line, sent) = said_of(Then::Dribble(head("content-length: 100000000000"))).await;
    assert!(line.contains("no answer within"), "{line}");
    assert!(sent < 10_000, "{sent}");
}

#[tokio::test]
async fn an_answer_that_unpacks_to_too_much_is_not_unpacked() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let blank = vec![b' '; 1 << 20];
    for _ in 0..100 {
        packed.write_all(&blank).expect("memory");
    }
    let packed = packed.finish().expect("memory");
    assert!(packed.len() < 1 << 20, "it is small on the way");
    let template = json(packed).insert_header("content-encoding", "gzip");
    let line = complaint_about(template).await;
    // Whoever does not unpack at all is safe as well.
    assert!(
        line.contains("more than 32 MB") || line.contains("not JSON"),
        "{line}"
    );
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_told() {
    let mut cut = head("content-length: 100000");
    cut.extend_from_slice(b"[{\"parent\":\"a\"");
    let (line, _) = said_of(Then::Bytes(cut)).await;
    assert!(
        line.contains("the connection broke during the answer"),
        "{line}"
    );
    let (line, _) = said_of(Then::Bytes(Vec::new())).await;
    assert!(line.contains("the connection broke"), "{line}");
    let (line, _) = said_of(Then::Bytes(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec())).await;
    assert!(line.contains("the connection broke"), "{line}");
}

#[rstest]
#[case::beyond_counting(r#"[{"parent":"a","child":"b","callCount":18446744073709551616}]"#)]
#[case::a_fraction(r#"[{"parent":"a","child":"b","callCount":1.5}]"#)]
#[case::not_a_number(r#"[{"parent":"a","child":"b","callCount":NaN}]"#)]
#[case::text(r#"[{"parent":"a","child":"b","callCount":"3"}]"#)]
#[case::negative(r#"[{"parent":"a","child":"b","callCount":3,"errorCount":-1}]"#)]
#[case::nobody(r#"[{"parent":null,"child":"b","callCount":3}]"#)]
#[case::one_bad_among_good(r#"[{"parent":"a","child":"b","callCount":3},{"parent":"a"}]"#)]
#[tokio::test]
async fn wrong_types_are_no_answer_rather_than_part_of_one(#[case] body: &'static str) {
    let line = complaint_about(json(body)).await;
    assert!(
        line.contains("another shape") || line.contains("not JSON"),
        "{line}"
    );
}

#[tokio::test]
async fn ten_thousand_links_are_taken_and_doubles_added_up() {
    let mut rows: Vec<String> = (0..10_000)
        .map(|i| {
            format!(r#"{{"parent":"a{i}","child":"b{i}","callCount":{i},"errorCount":99999}}"#)
        })
        .collect();
    rows.extend_from_within(..100);
    let server = server_with(json(format!("[{}]", rows.join(",")))).await;
    let mut running = Running::start(Some(quick(&server.uri())));
    let links = running.links(Span::Recent).await.links;
    assert_eq!(links.len(), 10_000);
    assert!(links.iter().all(|link| link.errors <= link.calls));
    let doubled = links.iter().find(|l| &*l.caller == "a99").expect("it");
    assert_eq!(doubled.calls, 198);
    running.stop().await;
}

#[tokio::test]
async fn redirects_end_and_lead_to_no_other_host_and_carry_no_credentials() {
    // A loop.
    let server =
        server_with(ResponseTemplate::new(302).insert_header("location", DEPENDENCIES)).await;
    let mut running = Running::start(Some(quick(&server.uri())));
    let line = running.failed("dependencies").await;
    assert!(line.contains("redirect"), "{line}");
    running.stop().await;
    let asked = server.received_requests().await.expect("recorded");
    assert!(asked.len() < 50, "{}", asked.len());

    // Another host, although it is the same machine: not asked at all.
    let other = server_with(json("[]")).await;
    let elsewhere = other.uri().replace("127.0.0.1", "localhost");
    let to = |base: &str| {
        ResponseTemplate::new(307).insert_header("location", format!("{base}{DEPENDENCIES}"))
    };
    let line = complaint_about(to(&elsewhere)).await;
    assert!(
        line.contains("is not followed") && line.contains("localhost"),
        "{line}"
    );
    assert!(
        other
            .received_requests()
            .await
            .expect("recorded")
            .is_empty()
    );

    // Another server of the same host is asked, and is not told who asks.
    let server = server_with(to(&other.uri())).await;
    let with = server.uri().replace("http://", "http://user:s3cret@");
    let mut running = Running::start(Some(quick(&with)));
    running.status("dependencies", "live").await;
    running.stop().await;
    let asked = other.received_requests().await.expect("recorded");
    assert!(!asked.is_empty());
    let told = asked
        .iter()
        .any(|r| r.headers.contains_key("authorization"));
    assert!(
        !told,
        "credentials are for the server that they were given for"
    );
}

#[rstest]
#[case::unavailable(503, &[("retry-after", "120")], "answered 503 Service Unavailable")]
#[case::a_login_page(200, &[("content-type", "text/html")], "answered HTML")]
#[case::no_entry(403, &[], "answered 403: give credentials")]
#[case::a_proxy_that_wants_to_know(407, &[], "answered 407")]
#[tokio::test]
async fn whoever_answers_instead_is_told_of_and_forgotten_once_it_is_over(
    #[case] code: u16,
    #[case] headers: &[(&str, &str)],
    #[case] says: &str,
) {
    let body = r#"[{"parent":"a","child":"b","callCount":6}]"#;
    let mut wrong = ResponseTemplate::new(code).set_body_string("<html>please sign in</html>");
    for (name, value) in headers {
        wrong = wrong.insert_header(*name, *value);
        if *name == "content-type" {
            wrong = wrong.set_body_raw("<html>please sign in</html>", "text/html");
        }
    }
    let server = MockServer::start().await;
    answer(&server, SERVICES, json("[]")).await;
    let turns = vec![json(body), json(body), wrong, json(body)];
    Mock::given(path(DEPENDENCIES))
        .respond_with(InTurn::new(turns))
        .mount(&server)
        .await;
    let mut running = Running::start(Some(quick(&server.uri())));
    running.status("dependencies", "live").await;
    let word = if code == 403 { "forbidden" } else { "stale" };
    let line = cause(&running.status("dependencies", word).await);
    assert!(line.contains(says), "{line}");
    // The very next answer ends it.
    running.status("dependencies", "live").await;
    running.stop().await;
}

#[rstest]
#[case::ahead(2)]
#[case::behind(-2)]
#[tokio::test]
async fn a_clock_that_is_hours_off_moves_the_windows_and_is_said(#[case] hours: i64) {
    let offset = SignedDuration::from_hours(hours);
    let server = MockServer::start().await;
    let dated = move |_: &Request| {
        let date = jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&(Timestamp::now() + offset))
            .expect("a date");
        json("[]").insert_header("date", &*date)
    };
    Mock::given(path(SERVICES))
        .respond_with(dated)
        .mount(&server)
        .await;
    Mock::given(path(DEPENDENCIES))
        .respond_with(dated)
        .mount(&server)
        .await;
    let mut running = Running::start(Some(quick(&server.uri())));
    for span in [Span::Long, Span::Recent] {
        let ends = running.links(span).await.ends;
        let off = ends.duration_since(Timestamp::now() + offset).abs();
        assert!(off < SignedDuration::from_secs(30), "{span:?} {off:?}");
    }
    let skew = running.status("dependencies", "live").await.skew_ms;
    let off = skew.expect("a skew") - hours * 3_600_000;
    assert!(off.abs() < 30_000, "{off}");
    running.stop().await;
}

/// How often `a` has called `b` lately, as the model knows it: no call, no data, a number.
fn counted(model: &Model) -> Vec<Option<u64>> {
    let caller = ElementKey::External { name: "a".into() };
    let calls = model.calls(&caller, Side::Callees);
    calls
        .map(|call| call.recent.map(|counts| counts.calls))
        .collect()
}

/// How a wire goes wrong, and what is said of it.
#[rstest]
#[case::frozen(Wire::Frozen, "no answer within")]
#[case::cut(Wire::Cut, "the connection broke during the answer")]
#[tokio::test]
async fn what_was_counted_is_kept_then_no_data_and_back_when_it_is_over(
    #[case] wire: Wire,
    #[case] says: &str,
) {
    let body = r#"[{"parent":"a","child":"b","callCount":60}]"#;
    let server = server_with(json(body)).await;
    let proxy = WireProxy::start(*server.address()).await;
    let mut settings = quick(&format!("http://{}", proxy.address));
    settings.timeout = Duration::from_millis(200);
    settings.recent_ms = 1_000;
    let mut running = Running::start(Some(settings));
    let mut model = Model::new("test", Vec::new());
    running.live(&mut model).await;
    assert_eq!(counted(&model), [Some(60)]);

    proxy.set(wire);
    let mut told = Vec::new();
    let mut lost = 0;
    while lost == 0 {
        for said in running.batch().await {
            match &said {
                Observation::Uncounted { span, .. } => {
                    assert_eq!(
                        *span,
                        Span::Recent,
                        "the long window is kept for much longer"
                    );
                    lost += 1;
                }
                Observation::Status(status) if &*status.key.part == "dependencies" => {
                    if let Some(SourceState::Stale { since, cause }) = &status.state {
                        told.push((*since, cause.to_string()));
                    }
                }
                Observation::Links(_) => assert!(told.is_empty(), "nobody can have counted"),
                _ => {}
            }
            model.apply(vec![said], Timestamp::now());
            // Who calls whom is kept.
            let calls = counted(&model);
            let expected = if lost == 0 { Some(60) } else { None };
            assert_eq!(calls, [expected], "never 0");
        }
    }
    let first = told.first().cloned().expect("it is told");
    assert!(first.1.contains(says), "{first:?}");
    assert!(told.iter().all(|(since, _)| *since == first.0), "{told:?}");
    // A word about it goes with the line from then on.
    let line = cause(&running.status("dependencies", "stale").await);
    assert!(line.ends_with("rates are no data until then"), "{line}");

    proxy.set(Wire::Whole);
    running.live(&mut model).await;
    assert_eq!(counted(&model), [Some(60)]);
    running.stop().await;
}

#[tokio::test]
async fn nothing_traced_is_not_the_same_as_nothing_said() {
    // Nobody was traced: no call is known, and the line is live.
    let server = server_with(json("[]")).await;
    let mut running = Running::start(Some(quick(&server.uri())));
    let mut model = Model::new("test", Vec::new());
    running.live(&mut model).await;
    assert_eq!(counted(&model), []);
    running.stop().await;
    // Only the long window knows it: 0 calls now, which somebody has counted.
    let server = MockServer::start().await;
    answer(&server, SERVICES, json("[]")).await;
    let known = r#"[{"parent":"a","child":"b","callCount":9}]"#;
    let by_window = move |request: &Request| {
        let long = request
            .url
            .query()
            .is_some_and(|q| q.contains("lookback=86400000"));
        json(if long { known } else { "[]" })
    };
    Mock::given(path(DEPENDENCIES))
        .respond_with(by_window)
        .mount(&server)
        .await;
    let mut running = Running::start(Some(quick(&server.uri())));
    let mut model = Model::new("test", Vec::new());
    running.live(&mut model).await;
    assert_eq!(counted(&model), [Some(0)]);
    running.stop().await;
}
