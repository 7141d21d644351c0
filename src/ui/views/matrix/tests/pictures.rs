//! What a person sees, in the states that matter. Read before accepting.

use super::world::{World, large, shop};
use crate::ui::filter::Filter;
use crate::ui::theme::Theme;

#[test]
fn a_shop_in_order() {
    let mut w = shop();
    insta::assert_snapshot!(w.text(94, 31), @r#"
    [rows call columns · 1 cycle above the diagonal · 12×12, 16 links · rates over 60 s]
                      s                    c     f
                      h           p        h     r
                      i  m  l     a     s  e  m  o
                   r  p  a  e  f  y     e  c  o  n  a
                   e  p  i  d  r  m  c  a  k  b  t  d
                   d  i  l  g  a  e  a  r  o  i  e  m
                   i  n  e  e  u  n  r  c  u  l  n  i
                   s  g  r  r  d  t  t  h  t  e  d  n
                   1  2  3  4  5  6  7  8  9 10 11 12
      1 redis      \              │
      2 shipping      \           │
      3 mailer           \        │
      4 ledger              o     ▃
      5 fraud               ▅  o  │
      6 payment                ▇  o
      7 cart       █              │  \
      8 search                    │     ▃
      9 checkout  ────█──·─────▅─ ▇! ▇     \
     10 mobile                             ▅  \
     11 frontend                     ▇  ▇  ▇     \
     12 admin               0              ▁        \
    checkout calls payment · 12.4/s · 38.0 % errors over 60 s, failing · 44,640 calls with 16,980
    errors in 60 min







    ▁ <0.1  ▃ <1  ▅ <10  ▇ <100  █ 100+/s  0 silent  · declared  ! failing  \ itself  o cycle
    "#);
    insta::assert_snapshot!(w.text(80, 16), @r#"
    [rows call columns · 1 cycle above the diagonal · 12×12, 16 links · rates over 60 s]
                   1  2  3  4  5  6  7  8  9 10 11 12
      1 redis      \              │
      2 shipping      \           │
      3 mailer           \        │
      4 ledger              o     ▃
      5 fraud               ▅  o  │
      6 payment                ▇  o
      7 cart       █              │  \
      8 search                    │     ▃
      9 checkout  ────█──·─────▅─ ▇! ▇     \
     10 mobile                             ▅  \
     11 frontend                     ▇  ▇  ▇     \
     12 admin               0              ▁        \
    checkout calls payment · 12.4/s · 38.0 % errors over 60 s, failing · 44,640
    calls with 16,980 errors in 60 min
    ▁ <0.1  ▃ <1  ▅ <10  ▇ <100  █ 100+/s  0 silent  · declared  ! failing  \ itsel…
    "#);
    insta::assert_snapshot!(w.text(60, 10), @r#"
    [rows call columns · 1 cycle above the diagonal · 12×12, 16 links · rates over 60 s]
                   1  2  3  4  5  6  7  8  9 10 11 12
      4 ledger              o     ▃
      5 fraud               ▅  o  │
      6 payment                ▇  o
      7 cart       █              │  \
      8 search                    │     ▃
      9 checkout  ────█──·─────▅─ ▇! ▇     \
    rows 4-9 of 12: 6 links beyond
    checkout calls payment · 12.4/s · 38.0 % errors over 60 s,
    failing · 44,640 calls with 16,980 errors in 60 min
    "#);
}

#[test]
fn a_pair_that_does_not_call() {
    let mut w = shop();
    w.ask("frontend", "payment");
    insta::assert_snapshot!(w.text(80, 16), @r#"
    [rows call columns · 1 cycle above the diagonal · 12×12, 16 links · rates over 60 s]
                   1  2  3  4  5  6  7  8  9 10 11 12
      1 redis      \              │
      2 shipping      \           │
      3 mailer           \        │
      4 ledger              o     ▃
      5 fraud               ▅  o  │
      6 payment                ▇  o
      7 cart       █              │  \
      8 search                    │     ▃
      9 checkout      █  ·     ▅  ▇! ▇     \
     10 mobile                    │        ▅  \
     11 frontend  ───────────────    ▇  ▇  ▇     \
     12 admin               0              ▁        \
    frontend does not call payment, as far as traces and configuration tell
    but through others: frontend → checkout → payment
    ▁ <0.1  ▃ <1  ▅ <10  ▇ <100  █ 100+/s  0 silent  · declared  ! failing  \ itsel…
    "#);
}

#[test]
fn without_unicode() {
    let mut w = shop();
    w.theme = Theme::new(false, true);
    w.ask("ledger", "payment");
    let text = w.text(80, 16);
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text, @r#"
    [rows call columns - 1 cycle above the diagonal - 12x12, 16 links - rates over 60 s]
                   1  2  3  4  5  6  7  8  9 10 11 12
      1 redis      \              |
      2 shipping      \           |
      3 mailer           \        |
      4 ledger    ----------o---- :
      5 fraud               +  o
      6 payment                #  o
      7 cart       @                 \
      8 search                          :
      9 checkout      @  .     +  #! #     \
     10 mobile                             +  \
     11 frontend                     #  #  #     \
     12 admin               0              _        \
    ledger calls payment - 0.2/s - 0.0 % errors over 60 s - 720 calls with 0 errors
    in 60 min
    _ <0.1  : <1  + <10  # <100  @ 100+/s  0 silent  . declared  ! failing  \ itsel~
    "#);
}

#[test]
fn a_large_system_says_what_is_in_sight() {
    let (mut w, _) = large(200);
    w.ask("svc-100", "svc-101");
    insta::assert_snapshot!(w.text(94, 31), @r#"
    [rows call columns · no cycles · 200×200, 379 links · rates over 60 s]
                  sssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss
                  vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv
                  ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc
                  -------------------------------------------------------------------------------
                  1111111111111111111101000000100011100000111111100000000111111110000000000111111
                  9888877664543210321091988877677563276543995510096544322996551109665222100988775
                  4852160796837891626755298374461334505045717234084931293901512067828620185674934

                           1111111111222222222233333333334444444444555555555566666666667777777777
                  1234567890123456789012345678901234567890123456789012345678901234567890123456789
      33 svc-163        ▅▅       │            ▅   \
      34 svc-134             ▃   │                 \
      35 svc-125               ▇ │                  \
      36 svc-070                 │          ▅▅  ▃    \
      37 svc-065                 │             ▇      \
      38 svc-050                 │                     \
      39 svc-044                 │                      \
      40 svc-035                 │               ▅       \
      41 svc-197                 │                        \
      42 svc-191                 │                         \
      43 svc-157            ▅    │            ▅   ▅         \
      44 svc-152                 │                ▅          \
      45 svc-113             ▇   │                            \
      46 svc-104                 │                 ▅           \
      47 svc-100  ───────────────▅   ▅                          \
    rows 33-47 of 200, columns 1-79 of 200: 361 links beyond
    svc-100 calls svc-101 · 8.2/s · 0.0 % errors over 60 s · 29,640 calls with 0 errors in 60 min



    ▁ <0.1  ▃ <1  ▅ <10  ▇ <100/s  \ itself
    "#);
    insta::assert_snapshot!(w.text(60, 10), @r#"
    [rows call columns · no cycles · 200×200, 379 links · rates over 60 s]

                           111111111122222222223333333333444444
                  123456789012345678901234567890123456789012345
      44 svc-152                 │                ▅          \
      45 svc-113             ▇   │                            \
      46 svc-104                 │                 ▅
      47 svc-100  ───────────────▅   ▅
    rows 44-47 of 200, columns 1-45 of 200: 374 links beyond
    svc-100 calls svc-101 · 8.2/s · 0.0 % errors over 60 s ·
    29,640 calls with 0 errors in 60 min
    "#);
}

#[test]
fn the_filter_leaves_neighbours_and_what_fails_is_all_that_is_left() {
    let mut w = shop();
    w.filter = Filter::parse("payment").unwrap();
    insta::assert_snapshot!(w.text(80, 16), @r#"
    [rows call columns · 1 cycle above the diagonal · 4×4, 5 links · rates over 60 s]
                        p  c
                  l     a  h
                  e  f  y  e
                  d  r  m  c
                  g  a  e  k
                  e  u  n  o
                  r  d  t  …
                  1  2  3  4
     1 ledger     o     ▃
     2 fraud      ▅  o  │
     3 payment       ▇  o
     4 checkout  ────▅─ ▇! \
    4 of 12 shown: 8 filtered out
    checkout calls payment · 12.4/s · 38.0 % errors over 60 s, failing · 44,640
    calls with 16,980 errors in 60 min
    ▃ <1  ▅ <10  ▇ <100/s  ! failing  \ itself  o cycle
    "#);
    w.filter = Filter::parse("!payment").unwrap();
    assert!(!w.order().contains(&"payment".to_owned()));
    w.filter = Filter::default();
    w.only_broken = true;
    insta::assert_snapshot!(w.text(80, 16), @r#"
    [rows call columns · no cycles · 2×2, 1 link · rates over 60 s]
                     c
                  p  h
                  a  e
                  y  c
                  m  k
                  e  o
                  n  u
                  t  t
                  1  2
     1 payment    \
     2 checkout   ▇! \
    2 of 12 shown: 10 without links · 15 links left out that do not fail
    checkout calls payment · 12.4/s · 38.0 % errors over 60 s, failing · 44,640
    calls with 16,980 errors in 60 min

    ▇ <100/s  ! failing  \ itself
    "#);
}

#[test]
fn declared_links_alone_say_so() {
    let mut w = World::new();
    w.types(&["cart", "mailer"]);
    w.deploy("shop", "checkout", 1, &["cart", "mailer"]);
    insta::assert_snapshot!(w.text(80, 16), @r#"
    [rows call columns · no cycles · 3×3, 2 links · declared links only]
    no trace source: declared links only; add one with --zipkin URL
                        c
                        h
                  m     e
                  a     c
                  i  c  k
                  l  a  o
                  e  r  u
                  r  t  t
                  1  2  3
     1 mailer     \
     2 cart       │  \
     3 checkout   ·  ·  \
    checkout is configured to call mailer, but whether it does is not known ·
    declared: MAILER_ADDR
    · declared  \ itself
    "#);
}

#[test]
fn an_empty_table_explains_itself() {
    let mut w = World::new();
    insta::assert_snapshot!(w.text(80, 4), @r#"
    [rows call columns · declared links only]
    reading the cluster: …
    "#);
    w.types(&["cart", "mailer"]);
    insta::assert_snapshot!(w.text(80, 4), @r#"
    [rows call columns · declared links only]
    no links · 0 of 2 shown: 2 without links
    neither calls nor configuration say that one calls another
    "#);
    w.filter = Filter::parse("nobody").unwrap();
    insta::assert_snapshot!(w.text(80, 4), @r#"
    [rows call columns · declared links only]
    nothing with a link fits /nobody: 0 of 2 shown: 2 filtered out
    esc takes the filter away
    "#);
    w.filter = Filter::default();
    w.only_broken = true;
    insta::assert_snapshot!(w.text(80, 4), @r#"
    [rows call columns · declared links only]
    nothing fails · 0 of 2 shown: 2 without links
    ctrl-z shows everything again
    "#);
}

#[test]
fn every_row_goes_before_names_across_and_before_more_words() {
    for (count, names) in [(18, true), (22, false), (26, false)] {
        let (mut w, _) = large(count);
        let text = w.text(94, 31);
        assert!(!text.contains("beyond"), "{count} rows fit:\n{text}");
        assert_eq!(text.contains(" s  s  s "), names, "{count}:\n{text}");
    }
    let (mut w, _) = large(27);
    assert!(w.text(94, 31).contains("rows 1-"), "these do not");
}
