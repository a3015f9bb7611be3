//! Markdown for a terminal: headings bold, code indented, paragraphs wrapped. Only what the pages use.

use std::io::{self, Write};

use super::super::look::Look;
use super::super::table::wrap;

/// Lines wider than this are hard to read.
const WIDEST: usize = 100;

/// Writes a page.
pub(super) fn write(out: &mut dyn Write, look: &Look, page: &str) -> io::Result<()> {
    let mut lines = page.trim_end().lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            let code = lines.by_ref().take_while(|line| !line.starts_with("```"));
            code.collect::<Vec<_>>().iter().try_for_each(|line| self::code(out, look, line))?;
        } else if let Some(heading) = heading(line) {
            writeln!(out, "{}", look.bold(heading))?;
        } else if line.trim().is_empty() || line.starts_with('|') {
            writeln!(out, "{line}")?;
        } else {
            let mut text = line.trim_start().to_owned();
            while let Some(next) = lines.next_if(|next| goes_on(next)) {
                text.push(' ');
                text.push_str(next.trim());
            }
            paragraph(out, look, line, &text)?;
        }
    }
    Ok(())
}

fn heading(line: &str) -> Option<&str> {
    line.starts_with('#').then(|| line.trim_start_matches('#').trim())
}

fn code(out: &mut dyn Write, look: &Look, line: &str) -> io::Result<()> {
    if line.is_empty() { writeln!(out) } else { writeln!(out, "    {}", look.name(line)) }
}

/// Whether a line belongs to the paragraph before it.
fn goes_on(line: &str) -> bool {
    let text = line.trim_start();
    !text.is_empty() && !["#", "```", "* ", "- ", "|"].iter().any(|start| text.starts_with(start))
}

/// The lines of a list's element stand under its text.
fn paragraph(out: &mut dyn Write, look: &Look, first: &str, text: &str) -> io::Result<()> {
    let margin = first.len() - first.trim_start().len();
    let hang = if text.starts_with("* ") || text.starts_with("- ") { margin + 2 } else { margin };
    for (index, line) in wrap(text, look.width.min(WIDEST).saturating_sub(hang)).iter().enumerate() {
        let indent = if index == 0 { margin } else { hang };
        writeln!(out, "{:indent$}{line}", "")?;
    }
    Ok(())
}
