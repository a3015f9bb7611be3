//! What is accepted from the list is a text that parses as well as the one before it.

use std::path::Path;

use kmodel::ide::completion::{Completion, Item, Sort, complete};

use super::support::{Fixture, fixture};

/// A snippet's text with something in each place for the cursor.
fn filled(item: &Item) -> String {
    if !item.is_snippet {
        return item.insert.clone();
    }
    let mut out = String::new();
    let mut rest = item.insert.as_str();
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(inside) = rest.strip_prefix('{') {
            let (part, after) = inside.split_once('}').unwrap_or((inside, ""));
            out.push_str(part.split_once(':').map_or("x", |(_, text)| text));
            rest = after;
        } else {
            let in_record = out.trim_end().ends_with('{');
            out.push_str(if in_record { "" } else { "x" });
            rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        }
    }
    out + rest
}

fn errors(text: &str) -> usize {
    kmodel::syntax::parse(kmodel::source::SourceId(0), text).diagnostics.len()
}

/// Every place between words of a text where something is offered, and what.
fn offered(text: &str) -> Vec<(usize, Completion)> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let ends = text.char_indices().filter(|(at, c)| !word(*c) && text[..*at].ends_with(word)).map(|(at, _)| at);
    let ends: Vec<usize> = ends.collect();
    let mut at: Fixture = fixture(text);
    ends.into_iter().map(|end| (end, complete(&at.world, &mut at.project, &at.file, end as u32))).collect()
}

#[test]
fn words_that_are_replaced_leave_a_text_that_parses() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ha.km");
    let text = std::fs::read_to_string(path).expect("an example");
    let mut tried = 0;
    for (at, found) in offered(&text) {
        for item in found.items.iter().take(12) {
            let (start, end) = (found.span.start as usize, found.span.end as usize);
            let with = [&text[..start], &filled(item), &text[end..]].concat();
            // Another keyword makes another statement of the line: only the own one is checked.
            if matches!(item.sort, Sort::Snippet | Sort::Keyword) && text[start..end] != item.label {
                continue;
            }
            tried += 1;
            assert_eq!(errors(&with), 0, "{} at byte {at} of ha.km:\n{with}", item.label);
        }
    }
    assert!(tried > 300, "{tried}");
}
