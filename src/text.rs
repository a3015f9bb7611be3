//! Numbers, measures and lists as people read them.

use std::fmt::{self, Display, Formatter};

/// A number of things: `1 share`, `10,000 machines`, `2 addresses`. The noun is singular.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count<'n, N>(pub N, pub &'n str);

impl<N: Display + PartialEq + From<u8>> Display for Count<'_, N> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(number, noun) = self;
        let ending = if *number == N::from(1) { "" } else { ending(noun) };
        // `entry`, `entries`: the only ending that takes the place of a letter.
        let stem = if ending == "ies" { &noun[..noun.len() - 1] } else { noun };
        write!(f, "{} {stem}{ending}", thousands(number))
    }
}

/// What makes a noun more than one.
fn ending(noun: &str) -> &'static str {
    let vowel = |letter: Option<char>| letter.is_some_and(|letter| "aeiou".contains(letter));
    match noun {
        _ if noun.ends_with('y') && !vowel(noun.chars().rev().nth(1)) => "ies",
        _ if ["s", "x", "z", "ch", "sh"].iter().any(|end| noun.ends_with(end)) => "es",
        _ => "s",
    }
}

/// `10,000`.
pub(crate) fn thousands(number: impl Display) -> String {
    let number = number.to_string();
    let whole = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    let mut text = String::with_capacity(number.len() + whole / 3);
    for (place, digit) in number.char_indices() {
        if place > 0 && place < whole && (whole - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// The 32 bytes of a hash in hexadecimal, if it is one.
pub(crate) fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = (text.len() == 64 && text.is_ascii()).then_some(text)?;
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(bytes)
}

/// A name with its article: a `Pod`, an `AuthenticationConfiguration`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Indefinite<'n>(pub &'n str);

impl Display for Indefinite<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let vowel = self.0.starts_with(|letter: char| "AEIOaeio".contains(letter));
        write!(f, "{} `{}`", if vowel { "an" } else { "a" }, self.0)
    }
}

/// A name as it is written in a file: in backticks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticked<T>(pub T);

impl<T: Display> Display for Ticked<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0)
    }
}

/// Words in a row: `a, b, c`, `a, b or c`, `a, b and 3 more`; `none` where there are none.
#[derive(Clone, Debug)]
pub(crate) struct List {
    words: Vec<String>,
    /// What stands before the last word.
    last: &'static str,
    most: usize,
}

impl List {
    /// The words as they are.
    pub(crate) fn of(words: impl IntoIterator<Item: Display>) -> Self {
        let words = words.into_iter().map(|word| word.to_string()).collect();
        Self { words, last: ", ", most: usize::MAX }
    }

    /// Each word in backticks.
    pub(crate) fn ticked(words: impl IntoIterator<Item: Display>) -> Self {
        Self::of(words.into_iter().map(Ticked))
    }

    /// `a, b or c`.
    pub(crate) fn or(self) -> Self {
        Self { last: " or ", ..self }
    }

    /// `a, b and c`.
    pub(crate) fn and(self) -> Self {
        Self { last: " and ", ..self }
    }

    /// Shows so many of the words at most, and how many more there are.
    pub(crate) fn most(self, most: usize) -> Self {
        Self { most, ..self }
    }
}

impl Display for List {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.words.len() > self.most {
            let more = self.words.len() - self.most;
            return write!(f, "{} and {more} more", self.words[..self.most].join(", "));
        }
        match self.words.split_last() {
            None => f.write_str("none"),
            Some((last, [])) => f.write_str(last),
            Some((last, before)) => write!(f, "{}{}{last}", before.join(", "), self.last),
        }
    }
}

const BINARY: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
const DECIMAL: [(&str, u64); 4] = [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000)];

/// `4 GiB`: the largest binary unit that leaves no fraction.
pub(crate) fn bytes(bytes: u64) -> String {
    whole(bytes, &BINARY).map_or_else(|| format!("{bytes} B"), |(number, unit)| format!("{number} {unit}"))
}

/// `4GiB`: a size as the language writes it.
pub(crate) fn size(bytes: u64) -> String {
    let found = whole(bytes, &BINARY).or_else(|| whole(bytes, &DECIMAL));
    found.map_or_else(|| Count(bytes, "byte").to_string(), |(number, unit)| format!("{number}{unit}"))
}

fn whole(bytes: u64, units: &[(&'static str, u64)]) -> Option<(u64, &'static str)> {
    let fits = units.iter().find(|(_, size)| bytes >= *size && bytes.is_multiple_of(*size));
    fits.map(|(name, size)| (bytes / size, *name))
}

/// `1.2 MiB`: about how much.
pub(crate) fn about(bytes: u64) -> String {
    match bytes {
        b if b >= 1 << 20 => format!("{:.1} MiB", b as f64 / f64::from(1 << 20)),
        b if b >= 1 << 10 => format!("{:.1} KiB", b as f64 / f64::from(1 << 10)),
        b => Count(b, "byte").to_string(),
    }
}

/// `365 days`, `10 years`.
pub(crate) fn lifetime(seconds: u64) -> String {
    const DAY: u64 = 86_400;
    let (number, unit) = match seconds {
        s if s >= 730 * DAY && s.is_multiple_of(365 * DAY) => (s / (365 * DAY), "year"),
        s if s.is_multiple_of(DAY) => (s / DAY, "day"),
        s if s.is_multiple_of(3600) => (s / 3600, "hour"),
        s => (s, "second"),
    };
    Count(number, unit).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_takes_the_right_plural() {
        let cases = [
            (Count(1, "share"), "1 share"),
            (Count(0, "machine"), "0 machines"),
            (Count(10_000, "machine"), "10,000 machines"),
            (Count(2, "address"), "2 addresses"),
            (Count(2, "entry"), "2 entries"),
            (Count(2, "key"), "2 keys"),
            (Count(3, "new error"), "3 new errors"),
        ];
        for (count, text) in cases {
            assert_eq!(count.to_string(), text);
        }
        assert_eq!(Count(1.0, "core").to_string(), "1 core");
        assert_eq!(Count(1234.5, "core").to_string(), "1,234.5 cores");
    }

    #[test]
    fn a_list_ends_as_asked() {
        let names = ["a", "b", "c"];
        assert_eq!(List::of(names).to_string(), "a, b, c");
        assert_eq!(List::ticked(names).or().to_string(), "`a`, `b` or `c`");
        assert_eq!(List::of(["a", "b"]).and().to_string(), "a and b");
        assert_eq!(List::of(names).and().most(2).to_string(), "a, b and 1 more");
        assert_eq!(List::ticked(["a"]).or().to_string(), "`a`");
        assert_eq!(List::of([""; 0]).to_string(), "none");
    }

    #[test]
    fn measures_read_well() {
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(4_294_967_296_u64), "4,294,967,296");
        assert_eq!(bytes(4 << 30), "4 GiB");
        assert_eq!(bytes(1_500_000_000), "1500000000 B");
        assert_eq!(bytes(1536 << 20), "1536 MiB");
        assert_eq!(size(1536 << 20), "1536MiB");
        assert_eq!(size(1_500_000), "1500KB");
        assert_eq!(about(1), "1 byte");
        assert_eq!(about(1300), "1.3 KiB");
        assert_eq!(lifetime(365 * 86_400), "365 days");
        assert_eq!(lifetime(3650 * 86_400), "10 years");
        assert_eq!(lifetime(3600), "1 hour");
    }
}
