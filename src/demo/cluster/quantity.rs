//! Amounts as Kubernetes writes them: `250m` of a processor, `64Mi` of memory.

/// Thousandths of a processor; nothing of what cannot be read.
#[must_use]
pub(super) fn millis(text: &str) -> Option<u64> {
    amount(text, 1000.0)
}

/// Bytes, or plain numbers such as pods.
#[must_use]
pub(super) fn whole(text: &str) -> Option<u64> {
    amount(text, 1.0)
}

fn amount(text: &str, of_one: f64) -> Option<u64> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let factor = match unit {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "Ki" => 1024.0,
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        "Ti" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    let amount = (number * factor * of_one).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and what is too much for a machine may be the most there is"
    )]
    let amount = amount as u64;
    Some(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_their_units() {
        for (text, expected) in [
            ("250m", Some(250)),
            ("2", Some(2000)),
            ("0.1", Some(100)),
            ("1k", Some(1_000_000)),
            ("", None),
            ("a lot", None),
            ("1x", None),
        ] {
            assert_eq!(millis(text), expected, "{text}");
        }
        assert_eq!(whole("64Mi"), Some(64 << 20));
        assert_eq!(whole("110"), Some(110));
    }
}
