//! What the rules find in the small shop, and in nothing.

use portolan::model::Model;
use portolan::model::observation::{NamespaceChoice, Observation};
use portolan::model::rules::{THRESHOLD, findings};

use crate::golden::{shop, used};
use crate::world::now;
use crate::world::small::sampled;

fn found(model: &Model, choice: &NamespaceChoice) -> Vec<(String, String, String)> {
    let found = findings(model, choice).into_iter();
    found
        .map(|f| (f.rule.to_owned(), f.text, f.evidence.join("; ")))
        .collect()
}

fn row(rule: &str, text: &str, evidence: &str) -> (String, String, String) {
    (rule.to_owned(), text.to_owned(), evidence.to_owned())
}

#[test]
fn each_rule_finds_what_it_is_for() {
    let crash = "CrashLoopBackOff: exit code not reported";
    assert_eq!(
        found(&shop(), &NamespaceChoice::All),
        [
            row("unknownComponent", "shop/cart-a is UNKNOWN", crash),
            row(
                "unservedNeed",
                "shop/Service/mail has nothing behind it, and is needed",
                "web/Deployment/front is configured to call it"
            ),
            row(
                "minimumConfiguration",
                "shop/Deployment/cart has 1 of 2 components STARTED",
                crash
            ),
            row(
                "unreadableRating",
                "portolan.dev/criticality of web/Deployment/front is no number from 0 to 1",
                "it says: high"
            ),
        ]
    );
    assert_eq!(found(&shop(), &NamespaceChoice::one("elsewhere")), []);
    assert_eq!(
        found(&Model::new("test", Vec::new()), &NamespaceChoice::All),
        []
    );
}

#[test]
fn more_exceptions_than_the_threshold_are_found() {
    let exceptions = |first: u64, second: u64| {
        let mut model = shop();
        let uses = sampled(vec![
            used(Some("front"), "cart", "GET /a", &[1], first),
            used(None, "cart", "GET /b", &[1], second),
        ]);
        model.apply(vec![Observation::Uses(Box::new(uses))], now());
        let found = found(&model, &NamespaceChoice::one("shop")).into_iter();
        found
            .filter(|f| f.0 == "exceptions")
            .map(|f| (f.1, f.2))
            .collect::<Vec<_>>()
    };
    assert_eq!(exceptions(THRESHOLD, 0), []);
    assert_eq!(
        exceptions(THRESHOLD, 1),
        [(
            "shop/Deployment/cart threw 6 exceptions in the 60 s that were sampled".to_owned(),
            "6 of TimeoutException, as in trace 00000000000000b2".to_owned()
        )]
    );
}
