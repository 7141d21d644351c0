//! Amounts as people write them: processor, memory, durations.

use std::time::Duration;

use jiff::SignedDuration;

/// Processor in thousandths of a core: `250m`, `2`, `0.5`.
pub(super) fn cpu(text: &str) -> Option<u64> {
    if let Some(millis) = text.strip_suffix('m') {
        return millis.parse().ok();
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    // Three places are as fine as Kubernetes takes it.
    let fits = (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let part: u64 = format!("{part:0<3}").parse().ok().filter(|_| fits)?;
    let whole: u64 = whole.parse().ok()?;
    whole.checked_mul(1000)?.checked_add(part)
}

/// Memory in MiB: `128Mi`, `2Gi`.
pub(super) fn memory(text: &str) -> Option<u64> {
    match text.strip_suffix("Gi") {
        Some(gibi) => gibi.parse::<u64>().ok()?.checked_mul(1024),
        None => text.strip_suffix("Mi")?.parse().ok(),
    }
}

/// A duration: `500ms`, `20s`, `10m`, `1h 30m`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let signed: SignedDuration = text.parse().ok()?;
    Duration::try_from(signed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_people_write_them() {
        let cpus = ["250m", "2", "0.5", "1.25", "0.001"].map(cpu);
        assert_eq!(cpus, [250, 2000, 500, 1250, 1].map(Some));
        for wrong in ["", "m", "-1", "1.", ".5", "1.2345", "two", "1,5", "1Gi"] {
            assert_eq!(cpu(wrong), None, "{wrong}");
        }
        assert_eq!(["128Mi", "2Gi"].map(memory), [128, 2048].map(Some));
        for wrong in ["", "128", "128M", "1.5Gi", "Mi", "-1Mi"] {
            assert_eq!(memory(wrong), None, "{wrong}");
        }
        let long = ["500ms", "20s", "10m", "1h 30m"].map(duration);
        let millis = [500, 20_000, 600_000, 5_400_000].map(|ms| Some(Duration::from_millis(ms)));
        assert_eq!(long, millis);
        for wrong in ["", "20", "-20s", "soon"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}
