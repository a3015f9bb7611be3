//! Numbers and measures for people.

/// `1 machine`, `10,000 machines`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", thousands(number), if number == 1 { "" } else { "s" })
}

/// `10,000`.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `4 GiB`: the largest unit that leaves no fraction.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let unit = UNITS.into_iter().find(|(_, size)| bytes >= *size && bytes.is_multiple_of(*size));
    unit.map_or(format!("{bytes} B"), |(name, size)| format!("{} {name}", bytes / size))
}

/// `1.2 MiB`: about how much.
pub fn about(bytes: u64) -> String {
    match bytes {
        b if b >= 1 << 20 => format!("{:.1} MiB", b as f64 / f64::from(1 << 20)),
        b if b >= 1 << 10 => format!("{:.1} KiB", b as f64 / f64::from(1 << 10)),
        b => count(b as usize, "byte"),
    }
}

/// `365 days`, `10 years`.
pub fn lifetime(seconds: u64) -> String {
    const DAY: u64 = 86_400;
    match seconds {
        s if s >= 730 * DAY && s.is_multiple_of(365 * DAY) => count((s / (365 * DAY)) as usize, "year"),
        s if s.is_multiple_of(DAY) => count((s / DAY) as usize, "day"),
        s if s.is_multiple_of(3600) => count((s / 3600) as usize, "hour"),
        s => count(s as usize, "second"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(1, "machine"), "1 machine");
        assert_eq!(count(10_000, "machine"), "10,000 machines");
        assert_eq!(bytes(4 << 30), "4 GiB");
        assert_eq!(bytes(1_500_000_000), "1500000000 B");
        assert_eq!(bytes(1536 << 20), "1536 MiB");
        assert_eq!(lifetime(365 * 86_400), "365 days");
        assert_eq!(lifetime(3650 * 86_400), "10 years");
    }
}
