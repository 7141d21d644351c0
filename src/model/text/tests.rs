use super::*;

#[test]
fn plain_text_is_kept() {
    assert_eq!(&*name("payment-5d8f"), "payment-5d8f");
    assert_eq!(&*name("Zürich 漢字 e\u{301}"), "Zürich 漢字 e\u{301}");
}

#[test]
fn sequences_and_marks_are_dropped_and_their_text_is_kept() {
    for (raw, kept) in [
        ("a\u{1b}[31mred\u{1b}[0m", "ared"),
        ("x\u{1b}]0;title\u{7}y", "xy"),
        ("x\u{1b}Pq#0\u{1b}\\y", "xy"),
        (
            "x\u{1b}_app\u{9c}y\u{1b}^pm\u{1b}\\z\u{1b}Xsos\u{7}!",
            "xyz!",
        ),
        ("x\u{9b}31my\u{9d}0;title\u{9c}z\u{90}q\u{7}!", "xyz!"),
        ("x\u{1b}(0y\u{1b}cz\u{1b}", "xyz"),
        (
            "a\u{202e}b\u{200b}c\u{2066}d\u{61c}e\u{e0041}f\u{fe0f}g",
            "abcdefg",
        ),
        ("one\r\n\ttwo\u{85}\u{2028}three\n", "one two three"),
    ] {
        assert_eq!(&*clean(raw, 99), kept, "{raw:?}");
    }
}

#[test]
fn a_sequence_that_is_cut_short_takes_nothing_else_with_it() {
    for (raw, kept) in [
        ("why \u{1b}]0;no end; give more", "why 0;no end; give more"),
        ("why \u{1b}[31", "why"),
        ("why \u{1b}[3\u{e9}m; give more", "why \u{e9}m; give more"),
        ("why \u{9b}\u{1b}[1mbold", "why bold"),
        ("a\u{1b}\u{1b}\u{1b}[mb", "ab"),
    ] {
        assert_eq!(&*clean(raw, 99), kept, "{raw:?}");
    }
}

#[test]
fn a_million_beginnings_without_an_end_are_read_once() {
    // Read anew for each of them, this would not end in this test's lifetime.
    let raw = "\u{1b}]".repeat(500_000);
    assert_eq!(&*clean(&raw, 99), "");
}

#[test]
fn marks_need_a_letter_and_are_few() {
    assert_eq!(&*clean("\u{301}a", 99), "a");
    assert_eq!(&*clean("a \u{301}b", 99), "a b");
    let zalgo = format!("z{}y", "\u{301}".repeat(1000));
    assert_eq!(clean(&zalgo, 99).chars().count(), 2 + MARKS);
}

#[test]
fn what_terminals_disagree_on_is_taken_apart() {
    assert_eq!(&*clean("🇩🇪", 99), "DE");
    assert_eq!(&*clean("👩🏽‍🚀", 99), "👩🚀");
    assert_eq!(&*clean("ｶﾞ", 99), "ｶ\u{3099}");
    assert_eq!(&*clean("❤\u{fe0f}", 99), "❤");
}

#[test]
fn length_is_bounded_and_says_so() {
    let long = "é".repeat(2000);
    let cut = clean(&long, 10);
    assert_eq!(cut.chars().count(), 10);
    assert!(cut.ends_with('…'));
    // What fits is whole.
    assert_eq!(&*clean(&"é".repeat(10), 10), "é".repeat(10));
    assert_eq!(&*clean("ééé\u{200b}\u{200b}", 3), "ééé");
}

#[test]
fn what_is_told_back_is_escaped_as_json_escapes() {
    assert_eq!(
        escaped("a\u{1b}[31mb\u{9b}\u{202e}\u{e0041}\nc"),
        "a\\u001b[31mb\\u009b\\u202e\\udb40\\udc41\nc"
    );
    let raw = "{\"a\":\"\u{9b}\u{e0041}é\"}";
    let before: serde_json::Value = serde_json::from_str(raw).unwrap();
    let after: serde_json::Value = serde_json::from_str(&escaped(raw)).unwrap();
    assert_eq!(before, after);
}
