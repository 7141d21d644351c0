//! Hostile text, made by chance from a seed; and what a terminal makes of the bytes that it gets.

#![allow(
    clippy::allow_attributes,
    dead_code,
    reason = "several suites share it, and each uses its part"
)]

pub mod strict;

use fastrand::Rng;

/// Makes hostile texts; the same seed makes the same ones.
pub struct Soup {
    chance: Rng,
    /// How many were made.
    pub made: u64,
}

/// How many texts a suite makes, unless `PORTOLAN_SOUP` says otherwise.
pub fn wanted(usual: u64) -> u64 {
    let said = std::env::var("PORTOLAN_SOUP").ok();
    said.and_then(|n| n.parse().ok()).unwrap_or(usual)
}

const STRINGS: [char; 5] = [']', 'P', '_', '^', 'X'];
const STRINGS_OF_8_BITS: [char; 5] = ['\u{9d}', '\u{90}', '\u{9f}', '\u{9e}', '\u{98}'];
const CONTENTS: [&str; 7] = [
    "0;title",
    "52;c;aGVsbG8=",
    "8;;http://evil.example",
    "1337;File=:AAAA",
    "$qm",
    "Gf=32,s=1;AAAA",
    "漢\u{202e}字",
];
const ENDS: [&str; 5] = ["\u{7}", "\u{1b}\\", "\u{9c}", "", "\u{18}"];
const LETTERS: [&str; 12] = [
    "payment",
    "cart-",
    "a",
    " ",
    "漢字",
    "ｶﾞ",
    "한글",
    "नमस्ते",
    "กำ",
    "مرحبا",
    "é",
    "раyment",
];
const JOINED: [&str; 7] = [
    "👨\u{200d}👩\u{200d}👧",
    "👩🏽\u{200d}🚀",
    "🇩🇪🇫",
    "❤\u{fe0f}",
    "1\u{fe0f}\u{20e3}",
    "🏴\u{e0067}\u{e0062}\u{e007f}",
    "ﷺ",
];
/// First and last of ranges in which there is something to trip over.
const RANGES: [(u32, u32); 14] = [
    (0x00, 0x1f),
    (0x7f, 0x9f),
    (0x300, 0x36f),
    (0x1160, 0x11ff),
    (0x180b, 0x180f),
    (0x200b, 0x200f),
    (0x2028, 0x202e),
    (0x2060, 0x206f),
    (0xe000, 0xf8ff),
    (0xfe00, 0xfe0f),
    (0xfff0, 0xffff),
    (0x1f300, 0x1faff),
    (0xe0000, 0xe0fff),
    (0x00, 0x0010_ffff),
];

impl Soup {
    pub fn new(seed: u64) -> Self {
        Self {
            chance: Rng::with_seed(seed),
            made: 0,
        }
    }

    pub fn chance(&mut self) -> &mut Rng {
        &mut self.chance
    }

    /// The next text.
    pub fn text(&mut self) -> String {
        self.made += 1;
        let mut text = String::new();
        for _ in 0..self.chance.u8(0..10) {
            self.piece(&mut text);
        }
        // Seldom so long that nothing can show it.
        let times = match self.chance.u32(0..20_000) {
            0 => 1_000_000,
            1..=40 => 10_000,
            41..=400 => 300,
            _ => 1,
        };
        if times > 1 && !text.is_empty() {
            let times = times / text.chars().count() + 1;
            text = text.repeat(times);
        }
        text
    }

    fn piece(&mut self, text: &mut String) {
        let chance = &mut self.chance;
        let pick = |chance: &mut Rng, from: &[&'static str]| -> &'static str {
            chance.choice(from).copied().unwrap_or_default()
        };
        match chance.u8(0..10) {
            0 => {
                text.push_str(if chance.bool() { "\u{1b}[" } else { "\u{9b}" });
                for _ in 0..chance.u8(0..6) {
                    text.push(chance.char(' '..='?'));
                }
                if chance.u8(0..5) > 0 {
                    text.push(chance.char('@'..='~'));
                }
            }
            1 => {
                let at = chance.usize(0..STRINGS.len());
                match (chance.bool(), STRINGS.get(at), STRINGS_OF_8_BITS.get(at)) {
                    (true, Some(c), _) => text.extend(['\u{1b}', *c]),
                    (_, _, Some(c)) => text.push(*c),
                    _ => {}
                }
                text.push_str(pick(chance, &CONTENTS));
                text.push_str(pick(chance, &ENDS));
            }
            2 => text.extend(['\u{1b}', chance.char(' '..='~')]),
            3 => {
                text.push('z');
                for _ in 0..chance.u8(0..40) {
                    text.push(chance.char('\u{300}'..='\u{36f}'));
                }
            }
            4 => text.push_str(pick(chance, &JOINED)),
            5..=7 => {
                let (first, last) = chance.choice(RANGES).unwrap_or((0, 0));
                for _ in 0..chance.u8(1..5) {
                    text.extend(char::from_u32(chance.u32(first..=last)));
                }
            }
            _ => text.push_str(pick(chance, &LETTERS)),
        }
    }
}
