use rstest::rstest;

use super::*;
use crate::trace::id::{SpanId, TraceId};
use crate::trace::span::{Kind, Span};

fn span(kind: Option<Kind>, name: &str, tags: &str) -> Span {
    let mut span = Span::new(TraceId::new(0, 1), SpanId::new(1));
    span.kind = kind;
    span.name = Some(name.into());
    let tags = tags.split('|').filter_map(|tag| tag.split_once('='));
    span.tags = tags
        .map(|(key, value)| (key.trim(), value.trim()))
        .collect();
    span.normalised()
}

fn key(called: Option<&Span>, calling: Option<&Span>) -> String {
    let given: Vec<&Span> = called.into_iter().collect();
    let called = Piece::merged(&given);
    let given: Vec<&Span> = calling.into_iter().collect();
    let calling = Piece::merged(&given);
    let record = Record {
        called: called.first(),
        calling: calling.first(),
        proxy: None,
    };
    let operation = operation(&record);
    format!("{:?} {}", operation.protocol, operation.name)
}

#[rstest]
// 1: service and method.
#[case(
    "x",
    "rpc.system=grpc|rpc.service=shop.Cart|rpc.method=AddItem",
    "Rpc shop.Cart/AddItem"
)]
#[case(
    "x",
    "rpc.system.name=grpc|rpc.method=shop.Cart/AddItem",
    "Rpc shop.Cart/AddItem"
)]
#[case(
    "x",
    "rpc.service=shop.Cart|rpc.method=AddItem|http.route=/x|http.method=POST",
    "Rpc shop.Cart/AddItem"
)]
// 2: method and route.
#[case(
    "get",
    "http.method=get|http.route=/orders/{id}|http.path=/orders/17",
    "Http GET /orders/{id}"
)]
#[case(
    "x",
    "http.request.method=GET|http.route=/orders/:id|url.path=/orders/17",
    "Http GET /orders/:id"
)]
#[case("post /orders", "http.route=/orders", "Http POST /orders")]
#[case("handle", "http.route=/orders", "Http /orders")]
#[case(
    "http get /orders/{id}",
    "method=GET|uri=/orders/{id}|status=200|http.url=/orders/17",
    "Http GET /orders/{id}"
)]
#[case(
    "http get",
    "method=GET|uri=NOT_FOUND|http.url=/wp-login.php",
    "Http GET /wp-login.php"
)]
#[case(
    "x",
    "http.request.method=_OTHER|http.request.method_original=purge|http.route=/c",
    "Http PURGE /c"
)]
// 3: a name of a method and a path.
#[case("GET /orders/{id}", "http.path=/orders/17", "Http GET /orders/{id}")]
#[case("get /orders/17?token=s3cret", "", "Http GET /orders/{id}")]
#[case(
    "get not_found",
    "http.method=GET|http.path=/wp-login.php",
    "Http GET not_found"
)]
#[case("get redirected", "", "Http GET redirected")]
// 4: method and path.
#[case("get", "http.method=GET|http.path=/orders/17", "Http GET /orders/{id}")]
#[case("post", "http.path=/orders/17/pay", "Http POST /orders/{id}/pay")]
#[case(
    "x",
    "http.method=GET|http.target=/orders/17?x=s3cret",
    "Http GET /orders/{id}"
)]
#[case(
    "x",
    "http.request.method=GET|url.full=https://u:s3cret@bank/pay/0a1b2c3d?x=1",
    "Http GET /pay/{id}"
)]
#[case(
    "x",
    "http.request.method=GET|url.template=/pay/{who}|url.full=https://bank/pay/jane",
    "Http GET /pay/{who}"
)]
#[case("x", "http.url=http://bank", "Http /")]
// 5: the destination of a message.
#[case(
    "x",
    "messaging.system=kafka|messaging.destination.name=orders.created",
    "Message orders.created"
)]
#[case("x", "messaging.destination=orders", "Message orders")]
#[case("x", "kafka.topic=orders", "Message orders")]
#[case("x", "rabbit.queue=mails|rabbit.exchange=x", "Message mails")]
#[case("x", "jms.queue=mails", "Message mails")]
#[case(
    "x",
    "messaging.destination.temporary=true|messaging.destination.name=amq.gen-a9b3",
    "Message (temporary)"
)]
#[case("publish", "messaging.system=kafka", "Message publish")]
// 6: the verb of a statement, and no more of it.
#[case(
    "x",
    "db.system=mysql|db.statement=select name from users where pin = 's3cret'",
    "Database SELECT"
)]
#[case(
    "x",
    "db.system.name=mysql|db.operation.name=insert|db.query.text=s3cret",
    "Database INSERT"
)]
#[case("x", "db.operation=BATCH s3cret", "Database BATCH")]
#[case(
    "find",
    "mongodb.command=find|mongodb.collection=orders",
    "Database FIND"
)]
#[case("select", "sql.query=SELECT 1", "Database SELECT")]
#[case("x", "jdbc.query[0]=update t set a = 's3cret'", "Database UPDATE")]
#[case("hgetall", "db.system=redis", "Database hgetall")]
#[case("x", "db.system=redis|db.statement=17 s3cret", "Database x")]
// 7: the span's name.
#[case("render", "", "Span render")]
#[case("shop.cart/additem", "rpc.system=grpc", "Rpc shop.cart/additem")]
#[case("get", "http.method=GET", "Http GET")]
#[case("get", "", "Span get")]
#[case("", "http.method=GET", "Http GET")]
#[case("checkout", "http.method=POST", "Http checkout")]
#[case("", "", "Span (unnamed)")]
#[case("select * from users where pin = 's3cret'", "", "Database SELECT")]
#[case(
    "fetch https://u:s3cret@bank/pay/17?x=s3cret and more",
    "",
    "Span fetch /pay/{id}"
)]
#[case("retry key=a?pin=s3cret", "", "Span retry key=a")]
#[case("connect token=s3cret now", "", "Span connect token=… now")]
#[case("is it?", "", "Span is it?")]
fn operations_are_told_by_the_first_rule_that_applies(
    #[case] name: &str,
    #[case] tags: &str,
    #[case] expected: &str,
) {
    let server = span(Some(Kind::Server), name, tags);
    assert_eq!(key(Some(&server), None), expected);
    // So does the calling side alone.
    let client = span(Some(Kind::Client), name, tags);
    assert_eq!(key(None, Some(&client)), expected);
    assert!(!expected.contains("s3cret"), "nothing secret is kept");
}

#[test]
fn the_called_side_is_asked_first() {
    let client = span(
        Some(Kind::Client),
        "get",
        "http.method=GET|http.path=/edge/orders/17",
    );
    let server = span(
        Some(Kind::Server),
        "get",
        "http.method=GET|http.route=/orders/{id}",
    );
    assert_eq!(key(Some(&server), Some(&client)), "Http GET /orders/{id}");
    let server = span(Some(Kind::Server), "handle", "");
    assert_eq!(key(Some(&server), Some(&client)), "Span handle");
    let server = span(Some(Kind::Server), "", "");
    assert_eq!(
        key(Some(&server), Some(&client)),
        "Http GET /edge/orders/{id}"
    );
}

#[test]
fn what_a_producer_moves_is_a_message_by_whatever_means() {
    let tags =
        "rpc.system=aws-api|rpc.service=Sqs|rpc.method=Send|messaging.destination.name=mails";
    for (kind, expected) in [
        (Kind::Producer, "Message mails"),
        (Kind::Consumer, "Message mails"),
        (Kind::Client, "Rpc Sqs/Send"),
    ] {
        assert_eq!(key(None, Some(&span(Some(kind), "x", tags))), expected);
    }
}

#[rstest]
#[case("http.method=GET|http.route=")]
#[case("http.method=GET|http.path=")]
#[case("rpc.service=s|rpc.method=")]
#[case("messaging.destination.name=")]
#[case("db.operation=")]
#[case("db.statement=select ")]
fn keys_are_bounded(#[case] tags: &str) {
    let tags = format!("{tags}{}", "/ä".repeat(10_000));
    for span in [
        span(Some(Kind::Server), "x", &tags),
        span(Some(Kind::Server), &"y z".repeat(10_000), ""),
    ] {
        let key = key(Some(&span), None);
        assert!(
            key.chars().count() <= path::LIMIT + "Database ".len(),
            "{key}"
        );
    }
}
