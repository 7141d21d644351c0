//! Names and identities that a control plane gives: random ones from the cluster's chance, and hashes of
//! what they name.

use serde_json::Value;

/// The letters of generated names: no vowels, so that no word comes out.
/// <https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go>
const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// The random end of a generated name.
pub(super) fn suffix(random: &mut fastrand::Rng, length: usize) -> String {
    (0..length).map(|_| letter(random.usize(..))).collect()
}

/// The random identity of an object, as RFC 9562 version 4 writes it.
pub(super) fn uid(random: &mut fastrand::Rng) -> String {
    let (high, low) = (random.u64(..), random.u64(..));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        (low >> 48) & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

/// The hash of a pod template, in letters, as it ends the names of ReplicaSets. `round` tells templates
/// apart that would have the same one.
pub(super) fn template_hash(template: &Value, round: u64) -> String {
    let text = format!("{template}{round}");
    let digits = (hash(text.as_bytes()) & 0xffff_ffff).to_string();
    digits.bytes().map(|digit| letter(digit.into())).collect()
}

/// 64 hexadecimal digits that stand for a SHA-256 of something: ids of containers and images.
pub(super) fn digest(of: &[&str]) -> String {
    let mut seed = fastrand::Rng::with_seed(hash(of.join("\n").as_bytes()));
    let parts = [(); 4].map(|()| format!("{:016x}", seed.u64(..)));
    parts.concat()
}

/// FNV-1a with 64 bits: the same in every version of this program, unlike the standard library's.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn letter(number: usize) -> char {
    LETTERS
        .get(number % LETTERS.len())
        .map_or('b', |b| char::from(*b))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_of_the_letters_and_the_seed() {
        let of = |seed| suffix(&mut fastrand::Rng::with_seed(seed), 5);
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        assert!(of(3).bytes().all(|b| LETTERS.contains(&b)) && of(3).len() == 5);
    }

    #[test]
    fn identities_have_their_form() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..100 {
            let uid = uid(&mut random);
            let parts: Vec<usize> = uid.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{uid}");
            assert!(uid.chars().nth(14) == Some('4'), "{uid}");
            assert!(
                uid.chars().nth(19).is_some_and(|c| "89ab".contains(c)),
                "{uid}"
            );
        }
    }

    #[test]
    fn hashes_follow_what_they_name() {
        let (a, b) = (json!({"image": "a"}), json!({"image": "b"}));
        assert_eq!(template_hash(&a, 0), template_hash(&a, 0));
        assert_ne!(template_hash(&a, 0), template_hash(&b, 0));
        assert_ne!(template_hash(&a, 0), template_hash(&a, 1));
        assert_eq!(digest(&["a", "b"]).len(), 64);
        assert_ne!(digest(&["a", "b"]), digest(&["a", "c"]));
    }
}
