//! What texts in objects must be like: names, keys and values of labels, times of jobs, addresses.
//!
//! Source: staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go and pkg/api/validation/path of kubernetes/kubernetes;
//! github.com/robfig/cron/v3 parser.go and spec.go, by which the API server reads a schedule; ValidateWebhookURL of
//! k8s.io/apiserver/pkg/util/webhook; k8s.io/pod-security-admission/api/helpers.go.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::facts::object_rule::Form;

/// Whether the API server takes a text that must have a form.
pub(super) fn has(text: &str, form: Form) -> bool {
    let is_straight = !text.split('/').any(|part| part == "..");
    match form {
        Form::Label => is_label(text),
        Form::Port => {
            let has_letter = text.contains(|c: char| c.is_ascii_lowercase());
            is_label(text) && text.len() <= 15 && has_letter && !text.contains("--")
        }
        Form::Below => !text.starts_with('/') && is_straight,
        Form::Straight => is_straight,
        Form::Name => is_name(text),
        Form::Domain => is_name(text) && text.contains('.'),
        Form::Qualified => is_name(text.trim_end_matches('.')) && text.trim_end_matches('.').matches('.').count() >= 2,
        Form::Segment => !matches!(text, "." | "..") && !text.contains(['/', '%']),
        Form::Key => match text.split_once('/') {
            Some((domain, name)) => is_name(&domain.to_ascii_lowercase()) && is_qualified(name),
            None => is_qualified(text),
        },
        Form::Value => text.is_empty() || is_qualified(text),
        Form::Https => is_https(text),
        Form::Rooted => text.starts_with('/') && !text.contains("//"),
        Form::Cron => is_schedule(text),
        Form::Range => text.parse::<IpNet>().is_ok() && !text.contains("::ffff:"),
        Form::Zone => {
            !text.eq_ignore_ascii_case("local") && !text.starts_with(['.', '/']) && !text.contains([' ', '\\'])
        }
        Form::Level => matches!(text, "privileged" | "baseline" | "restricted"),
        Form::Policy => text == "latest" || text.strip_prefix("v1.").is_some_and(|minor| minor.parse::<u32>().is_ok()),
    }
}

/// What to write.
pub(super) fn wanted(form: Form) -> &'static str {
    match form {
        Form::Label => "up to 63 lowercase letters, digits and `-`, with a letter or a digit at both ends",
        Form::Port => {
            "up to 15 lowercase letters, digits and single `-`, with at least one letter, and a letter or a digit at both ends"
        }
        Form::Below => "a relative path without `..`",
        Form::Straight => "a path without `..`",
        Form::Name => {
            "up to 253 lowercase letters, digits, `-` and `.`, with a letter or a digit at both ends of each part"
        }
        Form::Domain => "a domain with at least one `.`, such as `example.org`",
        Form::Qualified => "a domain with at least two `.`, such as `pods.example.org`",
        Form::Segment => "a name without `/` and `%`",
        Form::Key => {
            "`name` or `domain/name`, where the name has up to 63 letters, digits, `-`, `_` and `.`, with a letter or a digit at both ends"
        }
        Form::Value => "up to 63 letters, digits, `-`, `_` and `.`, with a letter or a digit at both ends",
        Form::Rooted => "a path that begins with `/`, such as `/validate`",
        Form::Https => "`https://`, a host and a path, without a user, a query or a fragment",
        Form::Cron => {
            "five fields (minute, hour, day of the month, month, day of the week), such as `\"0 3 * * *\"`, or `@daily`; the zone goes into `timeZone`"
        }
        Form::Range => "a range of addresses, such as `10.0.0.0/8`",
        Form::Zone => "the name of a zone, such as `Etc/UTC`",
        Form::Level => "`privileged`, `baseline` or `restricted`",
        Form::Policy => "`latest` or a minor version, such as `v1.35`",
    }
}

fn is_label(text: &str) -> bool {
    let is_simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.chars().all(is_simple) && !text.starts_with('-') && !text.ends_with('-') && text.len() <= 63
}

fn is_name(text: &str) -> bool {
    let is_part = |part: &str| {
        let is_simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !part.is_empty() && part.chars().all(is_simple) && !part.starts_with('-') && !part.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_part)
}

/// `IsQualifiedName` without a domain.
fn is_qualified(text: &str) -> bool {
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let is_inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.len() <= 63 && text.chars().all(is_inner) && is_end(text.chars().next()) && is_end(text.chars().last())
}

fn is_https(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let host = rest.split('/').next().unwrap_or_default();
    !host.is_empty() && !host.contains('@') && !rest.contains(['?', '#'])
}

/// A standard schedule of robfig/cron; one with a zone of its own is refused.
fn is_schedule(text: &str) -> bool {
    const WORDS: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    if let Some(every) = text.strip_prefix("@every ") {
        return crate::facts::duration::duration(every).is_some();
    }
    if text.starts_with('@') {
        return WORDS.contains(&text);
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    let ranges: [(u32, u32, &[&str], u32); 5] =
        [(0, 59, &[], 0), (0, 23, &[], 0), (1, 31, &[], 0), (1, 12, &MONTHS, 1), (0, 6, &DAYS, 0)];
    fields.len() == 5
        && fields.iter().zip(ranges).all(|(field, range)| field.split(',').all(|one| is_field(one, range)))
}

/// `*`, `1`, `1-5`, `*/2`, `mon-fri/2`.
fn is_field(text: &str, (least, most, names, first): (u32, u32, &[&str], u32)) -> bool {
    let number = |word: &str| {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(word)).map(|place| place as u32 + first);
        named.or_else(|| word.parse().ok()).filter(|number| (least..=most).contains(number))
    };
    let (range, step) = text.split_once('/').map_or((text, None), |(range, step)| (range, Some(step)));
    let has_step = step.is_none_or(|step| step.parse::<u32>().is_ok_and(|step| step > 0));
    let has_range = match range.split_once('-') {
        _ if matches!(range, "*" | "?") => true,
        Some((from, to)) => matches!((number(from), number(to)), (Some(from), Some(to)) if from <= to),
        None => number(range).is_some(),
    };
    has_step && has_range
}

/// Whether a range of addresses is a part of another one, and not all of it; `None` if one is not a range.
pub(super) fn is_part(inner: &str, outer: &str) -> Option<bool> {
    let (inner, outer): (IpNet, IpNet) = (inner.parse().ok()?, outer.parse().ok()?);
    let is_alike =
        matches!((inner.addr(), outer.addr()), (IpAddr::V4(_), IpAddr::V4(_)) | (IpAddr::V6(_), IpAddr::V6(_)));
    Some(is_alike && outer.contains(&inner) && inner.prefix_len() > outer.prefix_len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_read_as_the_api_server_does() {
        let right = ["0 0 * * *", "*/5 1-4,7 ? jan-MAR mon-fri/2", "@daily", "@every 1h30m", "5/15 0 1 1 0"];
        let wrong = [
            "0 0 * *",
            "TZ=UTC 0 0 * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 7",
            "5-1 * * * *",
        ];
        right.iter().for_each(|text| assert!(has(text, Form::Cron), "{text}"));
        wrong.iter().chain(&["*/0 * * * *", "@often", "0 0 0 * * *", "a * * * *"]).for_each(|text| {
            assert!(!has(text, Form::Cron), "{text}");
        });
    }

    #[test]
    fn names_have_the_forms_of_the_api_server() {
        for (form, right, wrong) in [
            (Form::Name, "a.b-c", "a..b"),
            (Form::Name, "1", "A"),
            (Form::Domain, "example.org", "example"),
            (Form::Qualified, "a.example.org", "example.org"),
            (Form::Segment, "system:node", "a/b"),
            (Form::Key, "Example.org/A_b", "a/b/c"),
            (Form::Key, "a", "-a"),
            (Form::Value, "", "a b"),
            (Form::Value, "v1.2_3", "a-"),
            (Form::Https, "https://a.example.org/x", "http://a.example.org/x"),
            (Form::Https, "https://a:8443", "https://u@a/x"),
            (Form::Rooted, "/validate", "validate"),
            (Form::Rooted, "/", "//a"),
            (Form::Range, "10.0.0.0/8", "10.0.0.0"),
            (Form::Zone, "Etc/UTC", "Local"),
            (Form::Level, "restricted", "strict"),
            (Form::Policy, "v1.35", "1.35"),
        ] {
            assert!(has(right, form) && !has(wrong, form), "{form:?}: {right}, {wrong}");
        }
    }
}
