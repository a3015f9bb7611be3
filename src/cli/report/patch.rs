//! A fix for people: the lines that it takes away and the lines that it puts in their place.

use std::io::{self, Write};

use similar::{ChangeTag, TextDiff};

use crate::diag::edit::after;
use crate::diag::{Diagnostic, Fix, Safety};
use crate::source::{SourceId, Sources};

use super::super::look::Look;
use super::mask::Mask;

/// More alternatives than these are a list, and the help names them.
const MOST: usize = 4;

/// More lines than these are better looked at with `kmodel fix --diff`.
const LINES: usize = 8;

/// Writes the fixes of a problem below it.
pub(super) fn write(
    out: &mut dyn Write,
    look: &Look,
    (sources, mask): (&Sources, &Mask),
    problem: &Diagnostic,
) -> io::Result<()> {
    problem.fixes.iter().take(MOST).try_for_each(|fix| one(out, look, (sources, mask), fix))
}

fn one(out: &mut dyn Write, look: &Look, (sources, mask): (&Sources, &Mask), fix: &Fix) -> io::Result<()> {
    // Only what is not secret is shown before and after.
    if fix.edits.iter().any(|edit| mask.text(sources.get(edit.span.source)).is_some()) {
        return Ok(());
    }
    let lines = lines(sources, fix);
    if lines.is_empty() || lines.len() > LINES {
        return Ok(());
    }
    let how = if fix.safety == Safety::Safe { "kmodel fix" } else { "kmodel fix --unsafe" };
    writeln!(out, "  {} {} {}", look.help(" fix:"), fix.title, look.dim(&format!("({how})")))?;
    let width = lines.iter().map(|line| line.number.to_string().len()).max().unwrap_or(0);
    for line in &lines {
        let text = format!("{:>width$} {} {}", line.number, line.sign, line.text.trim_end());
        let text = if line.sign == '+' { look.good(&text) } else { look.bad(&text) };
        writeln!(out, "        {text}")?;
    }
    Ok(())
}

/// A line that goes or comes.
struct Line {
    sign: char,
    /// In the text before, for what goes; in the text after, for what comes.
    number: usize,
    text: String,
}

fn lines(sources: &Sources, fix: &Fix) -> Vec<Line> {
    let mut files: Vec<SourceId> = fix.edits.iter().map(|edit| edit.span.source).collect();
    files.dedup();
    files.iter().flat_map(|file| of_file(sources, fix, *file)).collect()
}

fn of_file(sources: &Sources, fix: &Fix, source: SourceId) -> Vec<Line> {
    let old = &*sources.get(source).text;
    let new = after(fix, source, old);
    // Lines away from the edits are equal, and a large file has many.
    let (from, to, line) = window(old, &new);
    let diff = TextDiff::from_lines(&old[from..to.0], &new[from..to.1]);
    let line_of = |index: Option<usize>| line + index.unwrap_or(0) + 1;
    diff.iter_all_changes()
        .filter_map(|change| {
            let (sign, index) = match change.tag() {
                ChangeTag::Delete => ('-', change.old_index()),
                ChangeTag::Insert => ('+', change.new_index()),
                ChangeTag::Equal => return None,
            };
            Some(Line { sign, number: line_of(index), text: change.value().to_owned() })
        })
        .collect()
}

/// The part of two texts without the whole lines that they begin and end with alike: its start, its ends in both, and the
/// number of lines before it.
fn window(old: &str, new: &str) -> (usize, (usize, usize), usize) {
    let same = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let start = old.as_bytes()[..same].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (left, right) = (&old.as_bytes()[start..], &new.as_bytes()[start..]);
    let tail = left.iter().rev().zip(right.iter().rev()).take_while(|(a, b)| a == b).count();
    let kept = left[left.len() - tail..].iter().position(|byte| *byte == b'\n').map_or(0, |at| tail - at - 1);
    let lines = old.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count();
    (start, (old.len() - kept, new.len() - kept), lines)
}
