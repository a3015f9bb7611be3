//! Calendar events as systemd reads them (systemd.time(7), `src/shared/calendarspec.c` of systemd 257).
//!
//! `tests/real/systemd_value.rs` compares them with `systemd-analyze calendar`.

const NAMED: [&str; 13] = [
    "minutely",
    "hourly",
    "daily",
    "monthly",
    "weekly",
    "yearly",
    "annually",
    "quarterly",
    "semiannually",
    "semi-annually",
    "biannually",
    "bi-annually",
    "anually",
];

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Whether a text is a calendar event: `Mon..Fri *-*-* 02:00 UTC`, `daily`.
pub(super) fn is_calendar(text: &str) -> bool {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    if words.len() > 1 && words.last().is_some_and(|word| is_zone(word)) {
        words.pop();
    }
    let lower = words.join(" ").to_ascii_lowercase();
    if NAMED.contains(&&*lower) {
        return true;
    }
    if let [word] = words[..]
        && let Some(seconds) = word.strip_prefix('@')
    {
        return !seconds.is_empty() && seconds.len() < 16 && seconds.bytes().all(|b| b.is_ascii_digit());
    }
    let mut rest = &words[..];
    if rest.first().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_alphabetic())) {
        if !are_days(rest[0]) {
            return false;
        }
        rest = &rest[1..];
    }
    match rest {
        [] => !words.is_empty(),
        [one] if one.contains(':') => is_clock(one),
        [one] => is_date(one),
        [date, clock] => is_date(date) && clock.contains(':') && is_clock(clock),
        _ => false,
    }
}

/// A zone by its name: `UTC`, `Europe/Berlin`, `CET`.
fn is_zone(word: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "/_+-".contains(c);
    let begins = word.starts_with(|c: char| c.is_ascii_uppercase());
    let is_abbreviation = (3..=4).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_uppercase());
    begins && word.chars().all(is_name) && (is_abbreviation || word.contains('/'))
}

fn are_days(text: &str) -> bool {
    let place = |day: &str| {
        let day = day.to_ascii_lowercase();
        DAYS.iter().position(|name| *name == day || name[..3] == day)
    };
    text.split(',').all(|part| {
        let (first, last) = part.split_once("..").or_else(|| part.split_once('-')).unwrap_or((part, part));
        place(first).is_some_and(|first| place(last).is_some_and(|last| first <= last))
    })
}

/// `2026-01-01`, `*-*-01`, `01-01`, `*-02~01`.
fn is_date(text: &str) -> bool {
    let Some((before, last)) = text.rsplit_once('~').or_else(|| text.rsplit_once('-')) else { return false };
    let (year, month) = before.split_once('-').unwrap_or(("*", before));
    is_year(year) && is_list(month, (1, 12)) && is_list(last, (1, if text.contains('~') { 28 } else { 31 }))
}

/// `02:00`, `*:0/15`, `02:00:30.5`.
fn is_clock(text: &str) -> bool {
    match text.split(':').collect::<Vec<_>>()[..] {
        [hour, minute] => is_list(hour, (0, 23)) && is_list(minute, (0, 59)),
        [hour, minute, second] => {
            let whole = second.split(',').map(|one| one.split_once('.').filter(|(_, rest)| !rest.starts_with('.')));
            let fits = whole.zip(second.split(',')).all(|(part, one)| match part {
                Some((whole, part)) => is_list(whole, (0, 59)) && part.bytes().all(|b| b.is_ascii_digit() || b == b'/'),
                None => is_list(one, (0, 59)),
            });
            is_list(hour, (0, 23)) && is_list(minute, (0, 59)) && fits
        }
        _ => false,
    }
}

/// Numbers, ranges and steps: `1,15`, `0/15`, `9..17/2`, `*`; a step has to fit in its range (`chain_valid`).
fn is_list(text: &str, (least, most): (u32, u32)) -> bool {
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    let fits = |text: &str| number(text).filter(|number| (least..=most).contains(number));
    let is_part = |part: &str| {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let step = match step.map(number) {
            None => 0,
            Some(Some(step)) if step > 0 => step,
            Some(_) => return false,
        };
        match range.split_once("..") {
            Some((first, last)) => {
                fits(first).is_some_and(|first| fits(last).is_some_and(|last| last.checked_sub(first) >= Some(step)))
            }
            None => fits(range).is_some_and(|first| most - first >= step),
        }
    };
    text == "*" || text.split(',').all(is_part)
}

/// Two digits are of 1970 to 2069.
fn is_year(text: &str) -> bool {
    let whole = |part: &str| match part.parse::<u32>() {
        Ok(year @ 0..=69) => (year + 2000).to_string(),
        Ok(year @ 70..=99) => (year + 1900).to_string(),
        _ => part.to_owned(),
    };
    let (range, step) = text.split_once('/').map_or((text, String::new()), |(range, step)| (range, format!("/{step}")));
    let range = match range.split_once("..") {
        Some((first, last)) => format!("{}..{}", whole(first), whole(last)),
        None => whole(range),
    };
    is_list(&format!("{range}{step}"), (1970, 2199))
}

#[cfg(test)]
mod tests {
    use super::is_calendar;

    #[test]
    fn events() {
        for good in [
            "daily",
            "Mon..Fri *-*-* 02:00",
            "*:0/15",
            "Sun 03:30",
            "2026-01-01",
            "*-*-* *:*:00",
            "Mon,Wed 10:00 UTC",
            "weekly Europe/Berlin",
            "*-02~01",
            "01-01 00:00:00",
            "Sat",
            "@1700000000",
            "*-*-1..7 18:00",
            "00:00:00.5",
        ] {
            assert!(is_calendar(good), "{good}");
        }
        for bad in [
            "25:00",
            "Mo 10:00",
            "every day",
            "*-13-01",
            "*/2:00",
            "0:0/60",
            "Fri..Mon 10:00",
            "10..8:00",
            "*-*-31~1",
            "10:00:60",
            "1969-01-01",
            "10:60",
            "",
            "2026-01-32",
            "dayly",
            "10",
            "1:2:3:4",
            "@x",
        ] {
            assert!(!is_calendar(bad), "{bad}");
        }
    }
}
