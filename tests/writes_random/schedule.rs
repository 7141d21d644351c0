//! What goes wrong around one write.

use std::time::Duration;

use crate::proxy::http::Fault;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Scale(u32),
    Restart,
    Delete,
}

/// What somebody else does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Other {
    Nothing,
    Scales(u32),
    ChangesTemplate,
    Deletes,
    MakesAnew,
}

/// One write, and all that happens around it.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub what: What,
    /// What becomes of the write itself.
    pub write: Option<Fault>,
    /// What becomes of the reads afterwards, one after the other.
    pub looks: Vec<Fault>,
    /// Whether what is observed has a word before the object is looked at.
    pub facts_first: bool,
    /// Between preview and write.
    pub before: Other,
    /// Between write and look.
    pub after: Other,
}

fn pick<T: Clone>(chance: &mut fastrand::Rng, of: &[T]) -> T {
    of.get(chance.usize(..of.len())).cloned().expect("some")
}

fn cut(chance: &mut fastrand::Rng) -> Fault {
    let status = |code, reason| Fault::status(code, reason, "by chance");
    let within = Fault::CutWithin(chance.usize(..200));
    pick(
        chance,
        &[
            Fault::CutBefore,
            Fault::CutAfter,
            Fault::CutAfter,
            within,
            Fault::Late(Duration::from_millis(30)),
            status(409, "Conflict"),
            status(429, "TooManyRequests"),
            status(500, "InternalError"),
            status(503, "ServiceUnavailable"),
            status(504, "Timeout"),
        ],
    )
}

impl Schedule {
    pub fn random(seed: u64) -> Self {
        let mut chance = fastrand::Rng::with_seed(seed);
        let chance = &mut chance;
        let others = [
            Other::Nothing,
            Other::Nothing,
            Other::Nothing,
            Other::Scales(3),
            Other::Scales(5),
            Other::ChangesTemplate,
            Other::Deletes,
            Other::MakesAnew,
        ];
        let what = pick(
            chance,
            &[What::Scale(3), What::Scale(1), What::Restart, What::Delete],
        );
        let before = if chance.u8(..4) == 0 {
            pick(chance, &others)
        } else {
            Other::Nothing
        };
        Self {
            what,
            write: (chance.u8(..5) > 0).then(|| cut(chance)),
            looks: (0..chance.usize(..3)).map(|_| cut(chance)).collect(),
            before,
            facts_first: chance.bool(),
            after: pick(chance, &others),
        }
    }
}
