//! What would change in a file, as a unified diff.

use std::io::{self, Write};

use similar::TextDiff;

use super::look::Look;

/// Writes the difference between a file's text and what it would be: `formatted`, `fixed`.
pub fn write(out: &mut dyn Write, look: &Look, name: &str, what: &str, (old, new): (&str, &str)) -> io::Result<()> {
    let diff = TextDiff::from_lines(old, new);
    let text = diff.unified_diff().header(name, &format!("{name} ({what})")).to_string();
    text.lines().try_for_each(|line| writeln!(out, "{}", paint(look, line)))
}

fn paint(look: &Look, line: &str) -> String {
    match line.as_bytes().first() {
        _ if line.starts_with("---") || line.starts_with("+++") => look.bold(line),
        Some(b'+') => look.good(line),
        Some(b'-') => look.bad(line),
        Some(b'@') => look.name(line),
        _ => line.to_owned(),
    }
}
