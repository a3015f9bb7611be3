//! What formatting would change, as a unified diff.

use std::io::{self, Write};

use similar::TextDiff;

use super::Look;

/// Writes the difference between two texts of one file.
pub fn write(out: &mut dyn Write, look: &Look, name: &str, old: &str, new: &str) -> io::Result<()> {
    let diff = TextDiff::from_lines(old, new);
    let text = diff.unified_diff().header(name, &format!("{name} (formatted)")).to_string();
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
