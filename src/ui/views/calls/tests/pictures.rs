//! What a person sees, in the states that matter. Read before accepting.

use super::world::{World, shop};
use crate::model::source::SourceState;
use crate::ui::action::Verb;
use crate::ui::theme::Theme;

/// Everything that the frontend leads to.
fn unfolded() -> World {
    let mut w = shop();
    w.act(Verb::FoldAll);
    w
}

#[test]
fn callees_level_by_level() {
    let mut w = shop();
    insta::assert_snapshot!(w.text(110, 8), @"
    [frontend and whom it calls · 2 of 8 others · rates over 60 s]
       NAME           REQ/s  ERR%  NOTE
    >  ▾ frontend         -     -
         ▸ cart        15.0   0.1
         ▸ checkout    12.4   0.3
    ");
    let mut w = unfolded();
    insta::assert_snapshot!(w.text(158, 16), @"
    [frontend and whom it calls · 8 others · rates over 60 s]
       NAME                                REQ/s  ERR%  NOTE
    >  ▾ frontend                              -     -
         ▾ cart                             15.0   0.1
             redis                          13.3   0.0
         ▾ checkout                         12.4   0.3
             cart                           13.0   0.0  seen above
     !       mailer                            0     -  silent for at least 1 min · CrashLoopBackOff exit 137
     !     ▾ payment                        12.4  10.8  calls fail
             ▾ fraud                        12.4   0.0
     !           payment ↻                   0.2   0.0  circle
     !         payment ↻                     0.1   0.0  calls itself
               bank.example (unresolved)    11.7   0.0
             ledger                            -     -  only declared
    ");
    insta::assert_snapshot!(w.text(80, 16), @"
    [frontend and whom it calls · 8 others · rates over 60 s]
       NAME                                REQ/s  ERR%  NOTE
    >  ▾ frontend                              -     -
         ▾ cart                             15.0   0.1
             redis                          13.3   0.0
         ▾ checkout                         12.4   0.3
             cart                           13.0   0.0  seen above
     !       mailer                            0     -  silent for at least 1 min ·…
     !     ▾ payment                        12.4  10.8  calls fail
             ▾ fraud                        12.4   0.0
     !           payment ↻                   0.2   0.0  circle
     !         payment ↻                     0.1   0.0  calls itself
               bank.example (unresolved)    11.7   0.0
             ledger                            -     -  only declared
    ");
    insta::assert_snapshot!(w.text(58, 12), @"
    [frontend and whom it calls · 8 others · rates over 60 s]
       NAME                          REQ/s  ERR%  NOTE
    >  ▾ frontend                        -     -
         ▾ cart                       15.0   0.1
             redis                    13.3   0.0
         ▾ checkout                   12.4   0.3
             cart                     13.0   0.0  seen above
     !       mailer                      0     -  silent for …
     !     ▾ payment                  12.4  10.8  calls fail
             ▾ fraud                  12.4   0.0
     !           payment ↻             0.2   0.0  circle
     !         payment ↻               0.1   0.0  calls itself
               bank.example (unres…   11.7   0.0
    ");
}

#[test]
fn callers_level_by_level() {
    let mut w = shop();
    w.select("payment");
    w.act(Verb::Flip);
    w.act(Verb::FoldAll);
    insta::assert_snapshot!(w.text(110, 9), @"
    [payment and who calls it · 3 others · rates over 60 s]
       NAME              REQ/s  ERR%  NOTE
    >! ▾ payment          12.7  10.5  all calls to it
         ▾ checkout       12.4  10.8  calls fail
             frontend     12.4   0.3
         ▾ fraud           0.2   0.0
     !       payment ↻    12.4   0.0  circle
     !     payment ↻       0.1   0.0  calls itself
    ");
}

#[test]
fn without_unicode() {
    let mut w = unfolded();
    w.theme = Theme::new(false, true);
    insta::assert_snapshot!(w.text(100, 14), @"
    [frontend and whom it calls - 8 others - rates over 60 s]
       NAME                                REQ/s  ERR%  NOTE
    >  - frontend                              -     -
         - cart                             15.0   0.1
             redis                          13.3   0.0
         - checkout                         12.4   0.3
             cart                           13.0   0.0  seen above
     !       mailer                            0     -  silent for at least 1 min - CrashLoopBackOff ex~
     !     - payment                        12.4  10.8  calls fail
             - fraud                        12.4   0.0
     !           payment (circle)            0.2   0.0  circle
     !         payment (circle)              0.1   0.0  calls itself
               bank.example (unresolved)    11.7   0.0
             ledger                            -     -  only declared
    ");
}

#[test]
fn only_what_passes_and_what_leads_there() {
    let mut w = shop();
    w.filter("redis");
    insta::assert_snapshot!(w.text(100, 8), @"
    [frontend and whom it calls · 2 of 8 others · rates over 60 s]
       NAME          REQ/s  ERR%  NOTE
    >  ▾ frontend        -     -
         ▾ cart       15.0   0.1
             redis    13.3   0.0
    ");
    w.filter("nobody");
    insta::assert_snapshot!(w.text(100, 8), @"
    [frontend and whom it calls · 0 of 8 others · rates over 60 s]
       NAME          REQ/s  ERR%  NOTE
    >    frontend        -     -

       none of the 8 that it leads to passes the filter /nobody: esc clears it
    ");
    w.filter("");
    w.only_broken = true;
    insta::assert_snapshot!(w.text(100, 8), @"
    [frontend and whom it calls · 4 of 8 others · rates over 60 s]
       NAME                  REQ/s  ERR%  NOTE
    >  ▾ frontend                -     -
         ▾ checkout           12.4   0.3
     !       mailer              0     -  silent for at least 1 min · CrashLoopBackOff exit 137
     !     ▾ payment          12.4  10.8  calls fail
             ▾ fraud          12.4   0.0
     !           payment ↻     0.2   0.0  circle
     !         payment ↻       0.1   0.0  calls itself
    ");
}

#[test]
fn nobody_to_show() {
    let mut w = shop();
    w.select("redis");
    insta::assert_snapshot!(w.text(100, 6), @"
    [redis and whom it calls · 0 others · rates over 60 s]
       NAME          REQ/s  ERR%  NOTE
    >    redis        13.3   0.0  all calls to it

       redis calls nobody that is known; :why tells what is known of it; f looks the other way
    ");
    w.select("stock");
    w.act(Verb::Flip);
    insta::assert_snapshot!(w.text(60, 7), @"
    [stock and who calls it · 0 others · rates over 60 s]
       NAME          REQ/s  ERR%  NOTE
    >    stock           -     -

       nobody that is known calls stock; :why tells what is
       known of it; f looks the other way
    ");
    w.gone("stock");
    insta::assert_snapshot!(w.text(60, 5), @r#"
    [shop/Deployment/stock and who calls it · gone]
    shop/Deployment/stock is gone: deleted, renamed, or its
    namespace was left. Its calls return when it does; :calls
    NAME starts from another one
    "#);
}

#[test]
fn nothing_is_said_to_be_missing_before_it_was_read() {
    let mut w = World::new();
    insta::assert_snapshot!(w.text(80, 2), @r#"
    []
    reading the cluster: …
    "#);
    w.source("pods", SourceState::Loading { seen: 3_200 });
    insta::assert_snapshot!(w.text(80, 2), @r#"
    []
    reading the cluster: pods 3200 …
    "#);
}

#[test]
fn without_traces_only_what_is_declared() {
    let mut w = World::new();
    w.deployment("frontend", (1, 1), &["checkout"]);
    w.deployment("checkout", (1, 1), &["cart"]);
    w.deployment("cart", (1, 1), &[]);
    w.act(Verb::FoldAll);
    insta::assert_snapshot!(w.text(90, 5), @"
    [frontend and whom it calls · 2 others · declared links only]
       NAME           REQ/s  ERR%  NOTE
    >  ▾ frontend         -     -
         ▾ checkout       -     -  only declared
             cart         -     -  only declared
    ");
}

#[test]
fn a_long_chain_keeps_its_names() {
    let names: Vec<String> = (0..40).map(|n| format!("step-{n:02}")).collect();
    let mut w = World::new();
    for name in &names {
        w.deployment(name, (1, 1), &[]);
    }
    let links: Vec<_> = names.windows(2).map(|p| (&*p[0], &*p[1], 60, 0)).collect();
    w.calls(&links);
    w.select("step-00");
    w.act(Verb::FoldAll);
    w.act(Verb::Bottom);
    insta::assert_snapshot!(w.text(58, 12), @"
    [step-00 and whom it calls · 32 of 39 others · rates over 60 s]
       NAME (below level 25)         REQ/s  ERR%  NOTE
         step-22                       1.0   0.0
         step-23                       1.0   0.0
         step-24                       1.0   0.0
       ▾ step-25                       1.0   0.0
         ▾ step-26                     1.0   0.0
           ▾ step-27                   1.0   0.0
             ▾ step-28                 1.0   0.0
               ▾ step-29               1.0   0.0
                 ▾ step-30             1.0   0.0
                   ▾ step-31           1.0   0.0
    >                  step-32         1.0   0.0  v c goes on…
    ");
    insta::assert_snapshot!(w.text(158, 8), @"
    [step-00 and whom it calls · 32 of 39 others · rates over 60 s]
       NAME                                                                        REQ/s  ERR%  NOTE
                                                           ▾ step-26                 1.0   0.0
                                                             ▾ step-27               1.0   0.0
                                                               ▾ step-28             1.0   0.0
                                                                 ▾ step-29           1.0   0.0
                                                                   ▾ step-30         1.0   0.0
                                                                     ▾ step-31       1.0   0.0
    >                                                                    step-32     1.0   0.0  v c goes on from here
    ");
}
