//! Times, sizes and limits as systemd reads them.
//!
//! systemd drops a value that it cannot read, with a warning that few people see. The forms are those of systemd.time(7),
//! systemd.resource-control(5) and systemd.exec(5), as its own parsers take them: `src/basic/time-util.c`, `parse-util.c`,
//! `percent-util.c` and `rlimit-util.c` of systemd 257. `tests/real/systemd_value.rs` compares them with `systemd-analyze verify`.

/// A rest of a text that is still to be read.
type Rest<'a> = &'a str;

/// The units of a span of time, in microseconds. Where one begins as another does, the longer comes first.
const TIME_UNITS: [(&str, u64); 30] = [
    ("seconds", SECOND),
    ("second", SECOND),
    ("sec", SECOND),
    ("s", SECOND),
    ("minutes", MINUTE),
    ("minute", MINUTE),
    ("min", MINUTE),
    ("months", MONTH),
    ("month", MONTH),
    ("M", MONTH),
    ("msec", 1_000),
    ("ms", 1_000),
    ("m", MINUTE),
    ("hours", 60 * MINUTE),
    ("hour", 60 * MINUTE),
    ("hr", 60 * MINUTE),
    ("h", 60 * MINUTE),
    ("days", DAY),
    ("day", DAY),
    ("d", DAY),
    ("weeks", 7 * DAY),
    ("week", 7 * DAY),
    ("w", 7 * DAY),
    ("years", YEAR),
    ("year", YEAR),
    ("y", YEAR),
    ("usec", 1),
    ("us", 1),
    ("\u{3bc}s", 1),
    ("\u{b5}s", 1),
];

const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;
const DAY: u64 = 24 * 60 * MINUTE;
/// 30.44 days.
const MONTH: u64 = 2_629_800 * SECOND;
/// 365.25 days.
const YEAR: u64 = 31_557_600 * SECOND;

/// The suffixes of a size, each 1024 times the next but the last two, which are one byte.
const SIZE_UNITS: [(&str, u64); 8] =
    [("E", 1 << 60), ("P", 1 << 50), ("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10), ("B", 1), ("", 1)];

/// How a resource limit (`LimitNOFILE=`) is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    Number,
    Size,
    Seconds,
    Microseconds,
    Nice,
}

/// A span of time: `infinity`, or numbers that each may have a unit; a number without one is of seconds.
pub(super) fn is_time(text: &str) -> bool {
    time(text, SECOND).is_some()
}

/// In microseconds; `u64::MAX` is `infinity`.
pub(super) fn time(text: &str, unit: u64) -> Option<u64> {
    let mut rest = skip_space(text);
    if let Some(after) = rest.strip_prefix("infinity") {
        return skip_space(after).is_empty().then_some(u64::MAX);
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (part, after) = time_part(rest, unit)?;
        total = total.checked_add(part).filter(|total| *total < u64::MAX)?;
        rest = skip_space(after);
    }
    (!text.trim_matches(SPACE).is_empty()).then_some(total)
}

/// One number with its unit, and what comes behind it.
fn time_part(text: Rest<'_>, unit: u64) -> Option<(u64, Rest<'_>)> {
    let (whole, rest) = match digits(text.strip_prefix('+').unwrap_or(text)) {
        (number, rest) if !number.is_empty() => (number.parse::<i64>().ok()? as u64, rest),
        // `.5`, but neither `+.5` nor a bare unit.
        _ if text.starts_with('.') => (0, text),
        _ => return None,
    };
    let (fraction, rest) = match rest.strip_prefix('.').map(digits) {
        Some(("", _)) => return None,
        Some((fraction, rest)) => (fraction, rest),
        None => ("", rest),
    };
    let spaced = skip_space(rest);
    let found = TIME_UNITS.iter().find_map(|(name, unit)| Some((*unit, spaced.strip_prefix(name)?)));
    let (unit, after) = found.unwrap_or((unit, spaced));
    // A number ends with a unit, a space or the text: `1.2.3` is none.
    if after.len() == rest.len() && !rest.is_empty() {
        return None;
    }
    let whole = whole.checked_mul(unit).filter(|whole| *whole < u64::MAX)?;
    let tenths = std::iter::successors(Some(unit / 10), |tenth| Some(tenth / 10));
    let parts = fraction.bytes().zip(tenths).map(|(digit, part)| u64::from(digit - b'0') * part);
    Some((parts.fold(whole, u64::saturating_add), after))
}

/// Memory of a control group: `infinity`, a share of the machine's up to 100 %, or a size.
pub(super) fn is_memory(key: &str, text: &str) -> bool {
    let may_be_zero = !matches!(key, "MemoryHigh" | "MemoryMax");
    match (text, is_share(text)) {
        ("infinity", _) => true,
        (_, Some(share)) => share > 0 || may_be_zero,
        _ => size(text).is_some_and(|bytes| (bytes > 0 || may_be_zero) && bytes < u64::MAX),
    }
}

/// Parts of ten thousand: `50%`, `12.25%`, `5‰`.
fn is_share(text: &str) -> Option<u32> {
    let (text, places) = match (text.strip_suffix('‱'), text.strip_suffix('‰')) {
        (Some(text), _) => (text, 0),
        (_, Some(text)) => (text, 1),
        _ => (text.strip_suffix('%')?, 2),
    };
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let fraction = match fraction {
        Some(digits) if (1..=places).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()) => {
            digits.parse::<u32>().ok()? * if digits.len() < places { 10 } else { 1 }
        }
        Some(_) => return None,
        None => 0,
    };
    let whole = u32::try_from(integer(whole)?).ok()?;
    let share = whole.checked_mul(10_u32.pow(places as u32))?.checked_add(fraction)?;
    (share <= 10_000).then_some(share)
}

/// Bytes: numbers, each with a smaller suffix than the one before it.
pub(super) fn size(text: &str) -> Option<u64> {
    let (mut rest, mut units, mut total) = (text, &SIZE_UNITS[..], 0_u64);
    loop {
        let number = skip_space(rest);
        let (whole, after) = digits(number.strip_prefix('+').unwrap_or(number));
        let whole: u64 = whole.parse().ok()?;
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), digits);
        let fraction = match fraction {
            "" => 0.0,
            // More digits than a whole number holds are refused, as they are before the point.
            digits => digits.parse::<u64>().ok()? as f64 / 10_f64.powi(digits.len() as i32),
        };
        let after = skip_space(after);
        let place = units.iter().position(|(suffix, _)| after.starts_with(suffix))?;
        let (suffix, unit) = units[place];
        let bytes = whole.checked_add(u64::from(fraction > 0.0))?.checked_mul(unit).map(|_| whole * unit)?;
        total = total.checked_add(bytes)?.checked_add((fraction * unit as f64) as u64)?;
        (rest, units) = (&after[suffix.len()..], &units[place + 1..]);
        if rest.is_empty() {
            return Some(total);
        }
    }
}

/// A resource limit of a process, one for both or `SOFT:HARD`.
pub(super) fn is_limit(key: &str, text: &str) -> bool {
    let kind = Limit::of(key);
    match text.split_once(':') {
        None => kind.read(text).is_some(),
        Some((soft, hard)) => match (kind.read(soft), kind.read(hard)) {
            (Some(soft), Some(hard)) => soft <= hard,
            _ => false,
        },
    }
}

impl Limit {
    fn of(key: &str) -> Self {
        match key.trim_start_matches("Limit") {
            "AS" | "CORE" | "DATA" | "FSIZE" | "MEMLOCK" | "MSGQUEUE" | "RSS" | "STACK" => Limit::Size,
            "CPU" => Limit::Seconds,
            "RTTIME" => Limit::Microseconds,
            "NICE" => Limit::Nice,
            _ => Limit::Number,
        }
    }

    fn read(self, text: &str) -> Option<u64> {
        let finite = |number: Option<u64>| number.filter(|number| *number < u64::MAX);
        match self {
            Limit::Nice => nice(text),
            _ if text == "infinity" => Some(u64::MAX),
            Limit::Number => finite(unsigned(text)),
            Limit::Size => finite(size(text)),
            Limit::Seconds => time(text, SECOND).map(|time| time.div_ceil(if time == u64::MAX { 1 } else { SECOND })),
            Limit::Microseconds => time(text, 1),
        }
    }
}

/// A level with a sign, -20 to 19, or the bare limit of the kernel, 0 to 40.
fn nice(text: &str) -> Option<u64> {
    match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(level), _) => unsigned(level).filter(|level| *level < 20).map(|level| 20 - level),
        (_, Some(level)) => unsigned(level).filter(|level| *level <= 20).map(|level| 20 + level),
        _ => unsigned(text).filter(|limit| *limit <= 40),
    }
}

/// The mode of a file: octal digits, of which the value is at most 7777.
pub(super) fn is_mode(text: &str) -> bool {
    text.bytes().all(|digit| digit.is_ascii_digit()) && u32::from_str_radix(text, 8).is_ok_and(|mode| mode <= 0o7777)
}

/// A whole number as C writes them: `10`, `0x1f`, `0b11`, `0o17`, `017`.
pub(super) fn integer(text: &str) -> Option<i64> {
    let text = skip_space(text);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    magnitude(digits).and_then(|number| i64::try_from(number).ok()).map(|number| sign * number)
}

fn unsigned(text: &str) -> Option<u64> {
    let text = skip_space(text);
    match text.strip_prefix('-') {
        Some(digits) => magnitude(digits).filter(|number| *number == 0),
        None => magnitude(text.strip_prefix('+').unwrap_or(text)),
    }
}

fn magnitude(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let (digits, radix) = match lower.get(..2) {
        Some("0x") => (&lower[2..], 16),
        Some("0b") => (&lower[2..], 2),
        Some("0o") => (&lower[2..], 8),
        Some(start) if start.starts_with('0') => (&lower[1..], 8),
        _ => (&*lower, 10),
    };
    // Rust takes a sign here, C does not.
    if digits.starts_with(['+', '-']) { None } else { u64::from_str_radix(digits, radix).ok() }
}

const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

fn skip_space(text: &str) -> &str {
    text.trim_start_matches(SPACE)
}

/// The decimal digits that a text begins with, and the rest.
fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for good in ["5", "1h 30min", "100ms", "infinity", "1 2", "1.5s", ".5", "5µs", "1y 2months 3w", "+5", " 5s "] {
            assert!(is_time(good), "{good}");
        }
        for bad in
            ["", " ", "1..5s", "1.s", "5 minuets", "-1", "s", "1.2.3", "infinitys", "9999999999999y", "1s infinity"]
        {
            assert!(!is_time(bad), "{bad}");
        }
    }

    #[test]
    fn spans_of_time_are_as_long_as_they_say() {
        for (text, microseconds) in [
            ("5", 5 * SECOND),
            ("1s", 1_000_000),
            ("1.25s", 1_250_000),
            (".5", 500_000),
            ("2min", 120_000_000),
            ("1.5m", 90_000_000),
            ("1h 30min", 5_400_000_000),
            ("1d", 86_400_000_000),
            ("1w", 604_800_000_000),
            ("1M", 2_629_800_000_000),
            ("1y", 31_557_600_000_000),
            ("3ms 2us", 3_002),
            ("infinity", u64::MAX),
        ] {
            assert_eq!(time(text, SECOND), Some(microseconds), "{text}");
        }
        assert_eq!([time("5", 1), time("1 2s", 1)], [Some(5), Some(2_000_001)]);
    }

    #[test]
    fn shares_sizes_and_levels_are_as_large_as_they_say() {
        let shares = ["50%", "12.5%", "12.25%", "100.00%", "5‰", "0.5‰", "50‱", "100%"];
        assert_eq!(shares.map(is_share), [5000, 1250, 1225, 10_000, 50, 5, 50, 10_000].map(Some));
        assert_eq!(["0.5‱", "1.25‰", "1.%", "100.01%", "5"].map(is_share), [None; 5]);
        let sizes = ["5", "5B", "1K", "1.5K", "2M", "1G 500M", "1T", "1P", "1E", "1K 1"];
        let bytes = [5, 5, 1024, 1536, 2 << 20, (1 << 30) + (500 << 20), 1 << 40, 1 << 50, 1 << 60, 1025].map(Some);
        assert_eq!(sizes.map(size), bytes);
        assert_eq!(["+5", "+0", "-5", "-20", "7"].map(nice), [15, 20, 25, 40, 7].map(Some));
        assert_eq!(["+20", "-21", "41", ""].map(nice), [None; 4]);
        assert_eq!(["-0", "0o17", "017", "0X1F", "+7"].map(unsigned), [0, 15, 15, 31, 7].map(Some));
        assert_eq!(["-1", "0o8", "-"].map(unsigned), [None; 3]);
        let limit = |key: &str, text: &str| Limit::of(key).read(text);
        assert_eq!(limit("LimitCPU", "1500ms"), Some(2), "whole seconds, up");
        assert_eq!(limit("LimitRTTIME", "5ms"), Some(5000));
        assert_eq!([limit("LimitCPU", "infinity"), limit("LimitNOFILE", "infinity")], [Some(u64::MAX); 2]);
        assert_eq!([limit("LimitAS", "1K"), limit("LimitNPROC", "16")], [Some(1024), Some(16)]);
        assert_eq!(limit("LimitNOFILE", "18446744073709551615"), None, "that is `infinity`");
    }

    #[test]
    fn amounts_of_memory() {
        for good in ["5K", "1G 500M", "10.5M", "10.M", "4K1", "infinity", "50%", "12.25%", "0.5‰", "100%", "1 G", "5B"]
        {
            assert!(is_memory("MemoryMax", good), "{good}");
        }
        for bad in
            ["5KKKBi", "50%%%", "2GB", "1M1G", "101%", "1.234%", "-5", "16E", "0", "0%", "Infinity", "K", "", "5k"]
        {
            assert!(!is_memory("MemoryMax", bad), "{bad}");
        }
        assert!(is_memory("MemoryMin", "0") && is_memory("MemorySwapMax", "0%"));
    }

    #[test]
    fn limits() {
        for (key, good) in [
            ("LimitNOFILE", "1024:524288"),
            ("LimitNOFILE", "0x10"),
            ("LimitMEMLOCK", "infinity"),
            ("LimitMEMLOCK", "8M:1G"),
            ("LimitCPU", "1min:infinity"),
            ("LimitRTTIME", "5ms"),
            ("LimitNICE", "+5"),
            ("LimitNICE", "-20"),
            ("LimitNICE", "40"),
        ] {
            assert!(is_limit(key, good), "{key}={good}");
        }
        for (key, bad) in [
            ("LimitNOFILE", "5K"),
            ("LimitNOFILE", "5:4"),
            ("LimitNOFILE", "1:2:3"),
            ("LimitNOFILE", "1:"),
            ("LimitNOFILE", "50%"),
            ("LimitMEMLOCK", "5s"),
            ("LimitCPU", "5K"),
            ("LimitNICE", "+20"),
            ("LimitNICE", "41"),
            ("LimitNICE", "infinity"),
        ] {
            assert!(!is_limit(key, bad), "{key}={bad}");
        }
    }

    #[test]
    fn modes_and_numbers() {
        assert!(is_mode("0755") && is_mode("7777") && is_mode("000755"));
        assert!(!is_mode("77777") && !is_mode("rwx") && !is_mode("0o755") && !is_mode("+755") && !is_mode(""));
        assert_eq!(["10", "+7", "-0x1f", "017", "0b11"].map(integer), [10, 7, -31, 15, 3].map(Some));
        assert_eq!(["08", "0x", "1.5", "", "0b2", "--1", "0x+1"].map(integer), [None; 7]);
    }
}
