//! Durations as Go writes them: `1h30m`, `500ms`, `0`.
//!
//! The grammar is that of `time.ParseDuration`: <https://pkg.go.dev/time#ParseDuration>.

/// The units, each with its nanoseconds.
const UNITS: [(&str, f64); 8] =
    [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];

/// The nanoseconds of a duration; `None` for a text that Go refuses.
pub fn duration(text: &str) -> Option<f64> {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    if rest == "0" {
        return Some(0.0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (digits, tail) = rest.split_at(number);
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (_, nanoseconds) = UNITS.iter().find(|(unit, _)| *unit == &tail[..end])?;
        // Rust reads `5.` and `.5` as Go does, and refuses a point alone.
        total += digits.parse::<f64>().ok()? * nanoseconds;
        rest = &tail[end..];
    }
    Some(sign * total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_does() {
        let table = [
            ("1h30m", 5400e9),
            ("500ms", 5e8),
            ("0s", 0.0),
            ("0", 0.0),
            ("1.5h", 5400e9),
            ("2m0s", 120e9),
            ("-1s", -1e9),
        ];
        for (text, nanoseconds) in table {
            assert_eq!(duration(text), Some(nanoseconds), "{text}");
        }
        for bad in ["", "30", "1 h", "5d", "h", ".s", "1..5s", "-"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
