//! What a person sees, in the states that matter. Read before accepting.

use super::world::{World, key, shop};
use crate::model::observation::Kind;
use crate::model::source::SourceState;
use crate::ui::action::Verb;
use crate::ui::theme::Theme;

#[test]
fn a_shop_in_order() {
    let mut w = shop();
    insta::assert_snapshot!(w.text(158, 30), @r#"
    [checkout · 1 hop · rates over 60 s]
                    callers 3                                selected                                             callees 5
                   ┌──────────────┐                         ┌──────────────────────────┐                         ┌──────────────┐
                   │  frontend 2/2├──── 12.4/s  0.3% ──────→│  checkout             3/3├────── 13.0/s  0.0% ────→│  cart     2/2│
                   │              ├───────────────────────┐ │  Deployment in shop      │ ┌──── 15.0/s  0.1% ────→│              │
                   └──────────────┘                       │ │  in  15.6/s 0.2%         │ │                       └──────────────┘
                   ┌──────────────┐                       │ │  out 40.4/s 0.3%         │ │                       ┌──────────────┐
                   │  mobile   2/2├───── 3.1/s  0.0% ─────│→│                          ├─│──── 12.4/s  1.1% ────→│  payment  2/2├─┐ 12.4/s  0.0%
                   └──────────────┘                       │ │                          │ │                       └──────────────┘ │
                   ┌──────────────┐                       │ │                          │ │                       ┌──────────────┐ │
                   │  admin    2/2├──── 0.05/s  0.0% ─────│→│                          ├─│──── 11.7/s  0.0% ────→│  shipping 2/2│ │
                   └──────────────┘                       │ │                          │ │                       └──────────────┘ │
                                                          │ │                          │ │                       ┌──────────────┐ │
                                                          │ │                          ├─│───── 3.1/s  0.0% ────→│  fraud    2/2│←┘
                                                          │ │                          │ │                       └──────────────┘
                                                          │ │                          │ │                       ┌──────────────┐
                                                          │ │                          ├─│───── 0.2/s  0.0% ────→│  mailer   2/2│
                                                          │ └──────────────────────────┘ │                       └──────────────┘
                                                          └──────────────→───────────────┘








    checkout · 3/3 ready · Deployment in shop
    in 15.6/s, 0.2 % errors over 60 s · out 40.4/s, 0.3 % errors over 60 s
    "#);
    insta::assert_snapshot!(w.text(80, 14), @r#"
    [checkout · 1 hop · rates over 60 s]
     callers 3                      selected                         callees 5
    │  frontend 2/2├─12.4/s  0.3%─→│  checkout   3/3├─13.0/s  0.0%─→│  cart     2/2│
    │  mobile   2/2├──3.1/s  0.0%─→│ in  15.6/s 0.2%├─12.4/s  1.1%─→│  payment  2/2│
    │  admin    2/2├─0.05/s  0.0%─→│ out 40.4/s 0.3%├─11.7/s  0.0%─→│  shipping 2/2│
                                   │                ├──3.1/s  0.0%─→│  fraud    2/2│
                                   │                ├──0.2/s  0.0%─→│  mailer   2/2│





    also: frontend → cart 15.0/s 0.1% · payment → fraud 12.4/s 0.0%
    checkout · 3/3 ready · Deployment in shop
    in 15.6/s, 0.2 % errors over 60 s · out 40.4/s, 0.3 % errors over 60 s
    "#);
    insta::assert_snapshot!(w.text(60, 9), @r#"
    [checkout · 1 hop · rates over 60 s]
     callers 3     /s    %   selected      /s    %   callees 5
    │ frontend ├─12.4  0.3─→│ checkout ├─13.0  0.0─→│ cart  2/2│
    │ mobile   ├──3.1  0.0─→│ in  15.6…├─12.4  1.1─→│ payment  │
    │ admin 2/2├─0.05  0.0─→│ out 40.4…├─11.7  0.0─→│ shipping │
                            │          ├──3.1  0.0─→│ fraud 2/2│
                            │          ├──0.2  0.0─→│ mailer   │
    also: frontend → cart 15.0/s 0.1% · +1 link not drawn
    checkout · 3/3 ready · Deployment in shop
    in 15.6/s, 0.2 % errors over 60 s · out 40.4/s, 0.3 % error…
    "#);
}

#[test]
fn two_hops() {
    let mut w = shop();
    w.act(Verb::Wider);
    insta::assert_snapshot!(w.text(158, 30), @r#"
    [checkout · 2 hops · rates over 60 s]
        callers 3                                selected                                             callees 5                                2 hops: 1
       ┌──────────────┐                         ┌──────────────────────────┐                         ┌──────────────┐                         ┌───────────────┐
       │  frontend 2/2├──── 12.4/s  0.3% ──────→│  checkout             3/3├────── 13.0/s  0.0% ────→│  cart     2/2├────── 13.3/s  0.0% ────→│  redis sts 1/1│
       │              ├───────────────────────┐ │  Deployment in shop      │ ┌──── 15.0/s  0.1% ────→│              │                         └───────────────┘
       └──────────────┘                       │ │  in  15.6/s 0.2%         │ │                       └──────────────┘
       ┌──────────────┐                       │ │  out 40.4/s 0.3%         │ │                       ┌──────────────┐
       │  mobile   2/2├───── 3.1/s  0.0% ─────│→│                          ├─│──── 12.4/s  1.1% ────→│  payment  2/2├─┐
       └──────────────┘                       │ │                          │ │                       └──────────────┘ │
       ┌──────────────┐                       │ │                          │ │                       ┌──────────────┐ │
       │  admin    2/2├──── 0.05/s  0.0% ─────│→│                          ├─│──── 11.7/s  0.0% ────→│  shipping 2/2│ │
       └──────────────┘                       │ │                          │ │                       └──────────────┘ │
                                              │ │                          │ │                       ┌──────────────┐ │
                                              │ │                          ├─│───── 3.1/s  0.0% ────→│  fraud    2/2│←┘
                                              │ │                          │ │                       └──────────────┘
                                              │ │                          │ │                       ┌──────────────┐
                                              │ │                          ├─│───── 0.2/s  0.0% ────→│  mailer   2/2│
                                              │ └──────────────────────────┘ │                       └──────────────┘
                                              └──────────────→───────────────┘







    also: payment → fraud 12.4/s 0.0%
    checkout · 3/3 ready · Deployment in shop
    in 15.6/s, 0.2 % errors over 60 s · out 40.4/s, 0.3 % errors over 60 s
    "#);
    insta::assert_snapshot!(w.text(60, 9), @r#"
    [checkout · 2 hops · rates over 60 s]
     callers 3     /s    %   selected      /s    %   callees 5
    │ frontend ├─12.4  0.3─→│ checkout ├─13.0  0.0─→│ cart  2/2│
    │ mobile   ├──3.1  0.0─→│ in  15.6…├─12.4  1.1─→│ payment  │
    │ admin 2/2├─0.05  0.0─→│ out 40.4…├─11.7  0.0─→│ shipping │
                            │          ├──3.1  0.0─→│ fraud 2/2│
                            │          ├──0.2  0.0─→│ mailer   │
    1 more column to the right · +2 links not drawn
    checkout · 3/3 ready · Deployment in shop
    in 15.6/s, 0.2 % errors over 60 s · out 40.4/s, 0.3 % error…
    "#);
}

/// Errors, a broken type, a silent link, calls to itself, calls in both directions.
fn trouble() -> World {
    let mut w = shop();
    w.workload(Kind::Deployment, "shop", "payment", (2, 3), &[]);
    let cart = [("CART_ADDR", "cart:7070")];
    w.workload(Kind::Deployment, "shop", "checkout", (1, 3), &cart);
    w.calls(&[
        ("checkout", "payment", 744, 283),
        ("checkout", "mailer", 0, 0),
        ("frontend", "checkout", 700, 70),
        ("checkout", "checkout", 30, 0),
        ("fraud", "checkout", 60, 0),
    ]);
    w.text(80, 14);
    w.act(Verb::Right);
    w.act(Verb::Down);
    w
}

#[test]
fn trouble_is_seen() {
    let mut w = trouble();
    insta::assert_snapshot!(w.text(158, 30), @"
    [checkout · 1 hop · rates over 60 s]
                    callers 3                                selected                                             callees 5
                   ┌──────────────┐                         ┌──────────────────────────┐                         ┌──────────────┐
                   │  frontend 2/2├──── 11.7/s 10.0%! ─────→│! checkout ↻           1/3├────── 13.0/s  0.0% ────→│  cart     2/2│
                   │              ├───────────────────────┐ │  CrashLoopBackOff exit 1…│ ┌──── 15.0/s  0.1% ────→│              │
                   └──────────────┘                       │ │  Deployment in shop      │ │                       └──────────────┘
                   ┌──────────────┐                       │ │  in  16.3/s 7.2% !       │ │                       ┌──────────────┐
                   │  mobile   2/2├───── 3.1/s  0.0% ─────│→│  out 40.7/s 11.6% !      ├─│──── 12.4/s 38.0%! ───→│! payment  2/3├─┐ 12.4/s  0.0%
                   └──────────────┘                       │ │                          │ │                       └──────────────┘ │
                   ┌──────────────┐                       │ │                          │ │                       ┌──────────────┐ │
                   │  admin    2/2├──── 0.05/s  0.0% ─────│→│                          ├─│──── 11.7/s  0.0% ────→│  shipping 2/2│ │
                   └──────────────┘                       │ │                          │ │                       └──────────────┘ │
                                                          │ │                          │ │                       ┌──────────────┐ │
                                                          │ │                          ├─│───── 3.1/s  0.0% ────→│  fraud ⇄  2/2│←┘
                                                          │ │                          │«│───── 1.0/s  0.0% ─────┤              │
                                                          │ │                          │ │                       └──────────────┘
                                                          │ │                          │ │                       ┌──────────────┐
                                                          │ │                          ├─│─────── 0/s ──────────→│  mailer   2/2│
                                                          │ └──────────────────────────┘ │                       └──────────────┘
                                                          └──────────────→───────────────┘







    payment · 2/3 ready · broken: CrashLoopBackOff exit 137 · Deployment in shop
    checkout → payment · 12.4/s, 38.0 % errors over 60 s, 89,280 calls with 17,460 errors in 60 min · not declared
    payment → fraud · 12.4/s, 0.0 % errors over 60 s, 44,640 calls with 0 errors in 60 min · not declared
    » new
    ");
    insta::assert_snapshot!(w.text(80, 14), @"
    [checkout · 1 hop · rates over 60 s]
     callers 3                      selected                         callees 5
    │  frontend 2/2├─11.7/s 10.0%!→│! checkout ↻ 1/3├─13.0/s  0.0%─→│  cart     2/2│
    │  mobile   2/2├──3.1/s  0.0%─→│ CrashLoopBackO…├─12.4/s 38.0%!→│! payment  2/3│
    │  admin    2/2├─0.05/s  0.0%─→│ in  16.3/s 7.2…├─11.7/s  0.0%─→│  shipping 2/2│
                                   │ out 40.7/s 11.…├──3.1/s  0.0%─→│  fraud ⇄  2/2│
                                   │                │«─1.0/s  0.0%──┤              │
                                   │                ├────0/s───────→│  mailer   2/2│




    also: payment → fraud 12.4/s 0.0% · frontend → cart 15.0/s 0.1%
    payment · 2/3 ready · broken: CrashLoopBackOff exit 137 · Deployment in shop
    checkout → payment · 12.4/s, 38.0 % errors over 60 s, 89,280 calls with 17,460 …
    ");
    insta::assert_snapshot!(w.text(60, 9), @r#"
    [checkout · 1 hop · 2 folded · rates over 60 s]
     callers 3     /s    %   selected      /s    %   callees 5
    │ frontend ├─11.7 10.0!→│!checko… ↻├─13.0  0.0─→│ cart  2/2│
    │ mobile   ├──3.1  0.0─→│ CrashLoo…├─12.4 38.0!→│!payment  │
    │ admin 2/2├─0.05  0.0─→│ in  16.3…├─11.7  0.0─→│ shipping │
                            │ out 40.7…├──3.1  0.0─→│▸ +2 more │
                            │          │←─1.0  0.0──┤          │
    also: frontend → cart 15.0/s 0.1%
    payment · 2/3 ready · broken: CrashLoopBackOff exit 137 · D…
    checkout → payment · 12.4/s, 38.0 % errors over 60 s, 89,28…
    "#);
    w.theme = Theme::new(false, true);
    insta::assert_snapshot!(w.text(80, 14), @"
    [checkout - 1 hop - rates over 60 s]
     callers 3                      selected                         callees 5
    |  frontend 2/2+-11.7/s 10.0%!>|! checko~ (self)+-13.0/s  0.0%->|  cart     2/2|
    |  mobile   2/2+--3.1/s  0.0%->| CrashLoopBackO~+-12.4/s 38.0%!>|! payment  2/3|
    |  admin    2/2+-0.05/s  0.0%->| in  16.3/s 7.2~+-11.7/s  0.0%->|  shipping 2/2|
                                   | out 40.7/s 11.~+--3.1/s  0.0%->|  fraud <> 2/2|
                                   |                |*-1.0/s  0.0%--+              |
                                   |                +----0/s------->|  mailer   2/2|




    also: payment > fraud 12.4/s 0.0% - frontend > cart 15.0/s 0.1%
    payment - 2/3 ready - broken: CrashLoopBackOff exit 137 - Deployment in shop
    checkout > payment - 12.4/s, 38.0 % errors over 60 s, 89,280 calls with 17,460 ~
    ");
}

#[test]
fn declared_links_without_a_trace_source() {
    let mut w = World::new();
    w.types(&["cart", "payment"]);
    let addresses = [("CART_ADDR", "cart:7070"), ("PAYMENT_ADDR", "payment:80")];
    w.workload(Kind::Deployment, "shop", "checkout", (3, 3), &addresses);
    w.ingress("front-door", "checkout");
    w.select(&key("checkout"));
    w.act(Verb::Right);
    insta::assert_snapshot!(w.text(158, 20), @r#"
    [checkout · 1 hop · declared links only]
    no trace source: links below are declared by the cluster (environment, arguments, Ingress); add one with --zipkin URL
                              callers 1                                 selected                                           callees 2
                             ┌─────────────────┐                       ┌──────────────────────────┐                       ┌─────────────┐
                             │  front-door ing ├╌╌╌╌ declared ╌╌╌╌╌╌╌╌→│  checkout             3/3├╌╌╌╌ declared ╌╌╌╌╌╌╌╌→│  cart    2/2│
                             └─────────────────┘                       │  Deployment in shop      │                       └─────────────┘
                                                                       │                          │                       ┌─────────────┐
                                                                       │                          ├╌╌╌╌ declared ╌╌╌╌╌╌╌╌→│  payment 2/2│
                                                                       └──────────────────────────┘                       └─────────────┘








    cart · 2/2 ready · Deployment in shop
    checkout → cart · declared: CART_ADDR → Service cart
    "#);
    insta::assert_snapshot!(w.text(80, 14), @r#"
    [checkout · 1 hop · declared links only]
    no trace source: declared links only; add one with --zipkin URL
     callers 1                      selected                          callees 2
    ┌─────────────────┐            ┌────────────────────┐            ┌─────────────┐
    │  front-door ing ├╌declared╌╌→│  checkout       3/3├╌declared╌╌→│  cart    2/2│
    └─────────────────┘            │  Deployment in shop│            └─────────────┘
                                   │                    │            ┌─────────────┐
                                   │                    ├╌declared╌╌→│  payment 2/2│
                                   └────────────────────┘            └─────────────┘




    cart · 2/2 ready · Deployment in shop
    checkout → cart · declared: CART_ADDR → Service cart
    "#);
    insta::assert_snapshot!(w.text(60, 9), @r#"
    [checkout · 1 hop · declared links only]
    declared links only; for calls add --zipkin URL
     callers 1               selected                callees 2
    │ front-do…├╌declared╌╌→│ checkout ├╌declared╌╌→│ cart  2/2│
                            │          ├╌declared╌╌→│ payment  │



    cart · 2/2 ready · Deployment in shop
    checkout → cart · declared: CART_ADDR → Service cart
    "#);
}

#[test]
fn what_has_no_room_is_folded_by_name() {
    let mut w = shop();
    for i in 0..40u64 {
        let name = format!("worker-{i:02}");
        w.types(&[&name]);
        w.calls(&[("checkout", &name, 10 + i, if i == 3 { 9 } else { 0 })]);
    }
    w.text(80, 14);
    w.act(Verb::Right);
    w.act(Verb::Bottom);
    insta::assert_snapshot!(w.text(80, 14), @"
    [checkout · 1 hop · 36 folded · rates over 60 s]
     callers 3         /s    %   selected             /s    %   callees 45
    │  frontend 2/2├─12.4  0.3─→│  checkout    3/3├─13.0  0.0─→│  cart        2/2│
    │  mobile   2/2├──3.1  0.0─→│ in  15.6/s 0.2% ├─12.4  1.1─→│  payment     2/2├─┐
    │  admin    2/2├─0.05  0.0─→│ out 60.0/s 0.5% ├─11.7  0.0─→│  shipping    2/2│ │
                                │                 ├──3.1  0.0─→│  fraud       2/2│←┘
                                │                 ├──0.2  0.0─→│  mailer      2/2│
                                │                 ├──0.8  0.0─»│  worker-39   2/2│
                                │                 ├──0.8  0.0─»│  worker-38   2/2│
                                │                 ├──0.8  0.0─»│  worker-37   2/2│
                                │                 ├──0.2 69.2!»│  worker-03   2/2│
                                │                 ├─17.1  0.0─→│▸ +36 more       │
    also: frontend → cart 15.0/s 0.1% · payment → fraud 12.4/s 0.0%
    36 callees folded for room (enter shows them): worker-36, worker-35, worker-34,…
    checkout → 36 more · 17.1/s, 0.0 % errors over 60 s, 61,380 calls with 0 errors…
    ");
    w.act(Verb::Enter);
    insta::assert_snapshot!(w.text(80, 14), @"
    [checkout · 1 hop · rates over 60 s]
     callers 3         /s    %    selected              /s    %   callees 45  ↑1 ↓36
    │  frontend 2/2├───────────┐ │  checkout    3/3│ ┌15.0  0.1─→│  cart      2/2│
    │  mobile   2/2├──3.1  0.0─│→│ in  15.6/s 0.2% ├─│12.4  1.1─→│  payment   2/2├─┐
    │  admin    2/2├─0.05  0.0─│→│ out 60.0/s 0.5% ├─│11.7  0.0─→│  shipping  2/2│ │
                               │ │                 ├─│─3.1  0.0─→│  fraud     2/2│←┘
                               │ │                 ├─│─0.2  0.0─→│  mailer    2/2│
                               │ │                 ├─│─0.8  0.0─»│  worker-39 2/2│
                               │ │                 ├─│─0.8  0.0─»│  worker-38 2/2│
                               │ │                 ├─│─0.8  0.0─»│  worker-37 2/2│
                               │ │                 ├─│─0.2 69.2!»│  worker-03 2/2│
                               │ │                 ├─│─0.8  0.0─»│  worker-36 2/2│
    also: payment → fraud 12.4/s 0.0%
    worker-36 · 2/2 ready · Deployment in shop
    checkout → worker-36 · 0.8/s, 0.0 % errors over 60 s, 2,760 calls with 0 errors…
    ");
}

#[test]
fn nothing_yet_and_nothing_at_all() {
    let mut w = World::new();
    insta::assert_snapshot!(w.text(60, 3), @r#"
    []
    reading the cluster: …
    "#);
    w.source(SourceState::Loading { seen: 3200 });
    insta::assert_snapshot!(w.text(60, 3), @r#"
    []
    reading the cluster: pods 3200 …
    "#);
    w.source(SourceState::Live);
    insta::assert_snapshot!(w.text(60, 3), @r#"
    []
    nothing to chart: no component type in shop
    choose other namespaces, or see what the sources say
     (:sources)
    "#);
    w.types(&["lonely"]);
    w.source(SourceState::Live);
    insta::assert_snapshot!(w.text(80, 14), @r#"
    [lonely · 1 hop · declared links only]
    no trace source: declared links only; add one with --zipkin URL
                               selected
                              ┌──────────────────────────┐
                              │  lonely               2/2│
                              └──────────────────────────┘







    nobody calls lonely, and it calls nobody, as far as the cluster's configuration
     tells (no trace source)
    "#);
}

#[test]
fn a_focus_that_went() {
    let mut w = shop();
    w.gone("checkout");
    insta::assert_snapshot!(w.text(80, 14), @r#"
    [checkout · gone]
    checkout is gone; Deployment shop/checkout is not in the model any more.
    It was deleted, renamed, or its namespace was left.
    Its picture returns when it does; enter goes to the first one that needs a look.
    "#);
}

#[test]
fn names_outside_of_the_cluster() {
    let mut w = shop();
    w.external_name("bank", "bank.example");
    w.workload(Kind::Deployment, "a", "ledger", (1, 1), &[]);
    w.workload(Kind::Deployment, "b", "ledger", (1, 1), &[]);
    w.workload(Kind::Deployment, "infra", "kafka", (1, 1), &[]);
    w.calls(&[
        ("payment", "bank", 60, 1),
        ("payment", "mystery", 70, 0),
        ("payment", "ledger", 50, 0),
        ("payment", "kafka", 55, 0),
    ]);
    w.select(&key("payment"));
    w.text(80, 14);
    w.act(Verb::Right);
    w.act(Verb::Down);
    insta::assert_snapshot!(w.text(158, 20), @"
    [payment · 1 hop · rates over 60 s]
                          callers 1                                selected                                             callees 5
                         │  checkout 3/3├──── 12.4/s  1.1% ──────→│  payment              2/2├─────── 1.2/s  0.0% ────»│  mystery unresolved│
                         │              ├───────────────────────┐ │  Deployment in shop      ├─────── 1.0/s  1.7% ────»│  bank svc  external│
                                                                │ │  in  12.4/s 1.1%         ├─────── 0.9/s  0.0% ────»│  infra/kafka    1/1│
                                                                │ │  out 16.3/s 0.1%         ├─────── 0.8/s  0.0% ────»│  ledger   ambiguous│
                                                                │ │                          ├────── 12.4/s  0.0% ────→│  fraud          2/2│
                                                                │ │                          │ ┌───── 3.1/s  0.0% ────→│                    │
                                                                └──────────────→───────────────┘








    bank · external: leads outside, to bank.example · Service in shop
    payment → bank · 1.0/s, 1.7 % errors over 60 s, 3,600 calls with 60 errors in 60 min · not declared · new, first call 0s ago
    » new
    ");
    w.act(Verb::Down);
    insta::assert_snapshot!(w.text(80, 14), @"
    [payment · 1 hop · rates over 60 s]
     callers 1         /s    %    selected              /s    %   callees 5
    │  checkout 3/3├─12.4  1.1──→│  payment     2/2├───1.2  0.0─»│  mystery     unr│
    │              ├───────────┐ │ in  12.4/s 1.1% ├───1.0  1.7─»│  bank svc    ext│
                               │ │ out 16.3/s 0.1% ├───0.9  0.0─»│  infra/kafka 1/1│
                               │ │                 ├───0.8  0.0─»│  ledger      amb│
                               │ │                 ├──12.4  0.0─→│  fraud       2/2│
                               │ │                 │ ┌─3.1  0.0─→│                 │
                               └──────────→──────────┘




    infra/kafka · 1/1 ready · Deployment in infra
    payment → infra/kafka · 0.9/s, 0.0 % errors over 60 s, 3,300 calls with 0 error…
    ");
    w.act(Verb::Down);
    w.act(Verb::Down);
    insta::assert_snapshot!(w.text(60, 9), @"
    [payment · 1 hop · rates over 60 s]
     callers 1     /s    %   selected      /s    %   callees 5
    │ checkout ├─12.4  1.1─→│ payment  ├──1.2  0.0─»│ mystery  │
                            │ in  12.4…├──1.0  1.7─»│ bank  ext│
                            │ out 16.3…├──0.9  0.0─»│ infra/ka…│
                            │          ├──0.8  0.0─»│ ledger   │
                            │          ├─12.4  0.0─→│ fraud 2/2│
    also: checkout → fraud 3.1/s 0.0%
    fraud · 2/2 ready · Deployment in shop
    payment → fraud · 12.4/s, 0.0 % errors over 60 s, 44,640 ca…
    ");
}
