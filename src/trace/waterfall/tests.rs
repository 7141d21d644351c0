use super::*;
use crate::trace::endpoint::Endpoint;
use crate::trace::id::TraceId;

fn span(id: u64, parent: Option<u64>, service: &str, (at, lasted): (i64, i64)) -> Span {
    let mut span = Span::new(TraceId::new(0, 1), SpanId::new(id));
    span.parent_id = parent.map(SpanId::new);
    span.local_endpoint = Some(Arc::new(Endpoint::named(service)));
    (span.timestamp, span.duration) = (at, lasted);
    span
}

/// Depth, id and oddities of each line.
fn told(waterfall: &Waterfall) -> Vec<(usize, String, Vec<Oddity>)> {
    let bars = waterfall.bars.iter();
    let id = |bar: &Bar| bar.id.to_string().trim_start_matches('0').to_owned();
    bars.map(|bar| (bar.depth, id(bar), bar.oddities.clone()))
        .collect()
}

fn line(depth: usize, id: &str, oddities: &[Oddity]) -> (usize, String, Vec<Oddity>) {
    (depth, id.to_owned(), oddities.to_vec())
}

#[test]
fn spans_stand_below_what_caused_them_in_the_order_in_which_they_began() {
    let spans = [
        span(4, Some(2), "db", (1_300, 100)),
        span(3, Some(1), "cart", (1_500, 200)),
        span(1, None, "edge", (1_000, 900)),
        span(2, Some(1), "pay", (1_200, 250)),
    ];
    let waterfall = Waterfall::of(&spans);
    assert_eq!(
        told(&waterfall),
        [
            line(0, "1", &[]),
            line(1, "2", &[]),
            line(2, "4", &[]),
            line(1, "3", &[])
        ]
    );
    let offsets: Vec<_> = waterfall.bars.iter().map(|bar| bar.offset).collect();
    assert_eq!(offsets, [Some(0), Some(200), Some(300), Some(500)]);
    assert_eq!((waterfall.began, waterfall.lasted), (1_000, 900));
    assert_eq!((waterfall.services, waterfall.errors), (4, 0));
}

#[test]
fn what_is_odd_is_said_and_nothing_is_moved() {
    let mut client = span(2, Some(1), "edge", (1_100, 300));
    client.kind = Some(Kind::Client);
    let mut server = span(2, Some(1), "pay", (1_050, 100));
    (server.kind, server.shared) = (Some(Kind::Server), true);
    let mut alone = span(7, Some(1), "mail", (1_400, 10));
    (alone.kind, alone.shared) = (Some(Kind::Server), true);
    let spans = [
        span(1, None, "edge", (1_000, 900)),
        client,
        server,
        // Of the two sides of that call it is below the one of its own service.
        span(3, Some(2), "pay", (1_060, 10)),
        span(5, Some(99), "lost", (1_200, 10)),
        span(6, Some(1), "late", (0, 0)),
        alone,
        span(8, Some(9), "ring", (0, 0)),
        span(9, Some(8), "ring", (0, 0)),
    ];
    let waterfall = Waterfall::of(&spans);
    assert_eq!(
        told(&waterfall),
        [
            line(0, "1", &[]),
            line(1, "2", &[]),
            line(2, "2", &[Oddity::Shared, Oddity::Early(50)]),
            line(3, "3", &[]),
            line(1, "7", &[Oddity::NoCaller]),
            line(1, "6", &[]),
            line(0, "5", &[Oddity::NoParent(SpanId::new(99))]),
            line(0, "8", &[Oddity::Circle]),
            line(1, "9", &[]),
        ]
    );
    let late = waterfall.bars.get(5).unwrap();
    assert_eq!((late.offset, late.duration), (None, None));
}

#[test]
fn what_looks_like_a_secret_is_not_kept() {
    let mut one = span(1, None, "edge", (1, 1));
    for (key, value) in [
        ("http.request.header.Authorization", "Bearer abc"),
        ("set-cookie", "a=1"),
        ("db_password", "hunter2"),
        ("X-Api-Key", "k"),
        ("accessToken", "t"),
        ("http.url", "https://u:p@host/a"),
        ("http.target", "/login?token=1234"),
        ("db.statement", "select 'hunter3'"),
        ("http.path", "/cart"),
        ("user", "me@example.com"),
    ] {
        one.tags.put(key, value);
    }
    one.tags.put("error", "dial postgres://u:EXCPW@db:5432");
    one.name = Some("connect token=abc".into());
    one.annotations.push(Annotation {
        timestamp: 1,
        value: "sent Bearer abc".into(),
    });
    let waterfall = Waterfall::of(&[one]);
    let shown: Vec<&str> = waterfall.bars[0]
        .tags
        .iter()
        .filter_map(|(_, value)| value.as_deref())
        .collect();
    let expected = [
        "select '…'",
        "dial postgres://…@db:5432",
        "/cart",
        "/login?token=…",
        "https://…@host/a",
        "me@example.com",
    ];
    assert_eq!(shown, expected);
    let bar = &waterfall.bars[0];
    assert_eq!(bar.tags.len(), 11);
    assert_eq!(bar.name.as_deref(), Some("connect token=…"));
    assert_eq!(bar.annotations[0].1.as_ref(), "sent Bearer …");
    let thrown = bar.exception.as_ref().unwrap();
    assert_eq!(thrown.message.as_ref(), "dial postgres://…@db:5432");
}

#[test]
fn much_is_counted_rather_than_laid_out() {
    let ids = 1..=SPAN_LIMIT as u64 + 7;
    let spans: Vec<Span> = ids.map(|id| span(id, Some(id - 1), "a", (1, 1))).collect();
    let waterfall = Waterfall::of(&spans);
    assert_eq!((waterfall.bars.len(), waterfall.beyond), (SPAN_LIMIT, 7));
    let mut one = span(1, None, "a", (1, 1));
    for at in 0..PARTICULARS_LIMIT + 5 {
        one.tags.put(format!("k{at}"), "漢".repeat(VALUE_LIMIT + 1));
    }
    let bar = Waterfall::of(&[one]).bars.remove(0);
    assert_eq!((bar.tags.len(), bar.unlisted), (PARTICULARS_LIMIT, 5));
    let longest = bar.tags[0].1.as_deref().unwrap();
    assert_eq!(longest.chars().count(), VALUE_LIMIT + 1);
    assert_eq!(Waterfall::of(&[]), Waterfall::default());
}
