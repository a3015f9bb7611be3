//! The programs that a script of a shell starts, with their flags: a script that a unit runs, or the commands of a cloud-config.

use crate::render::evidence::{Content, Document, Step, Written};

use super::argument::{Word, known_program};
use super::command;

/// What may stand before the program that a line starts.
const BEFORE: &[&str] = &["exec", "nohup", "env", "then", "do", "else", "!", "{", "("];

/// The commands of a script that start a program with a table, each as its words.
pub(super) fn commands<'p>(document: &Document<'p>) -> Vec<Vec<Word<'p>>> {
    let Content::Text(text) = &document.content else { return Vec::new() };
    if !text.starts_with("#!") {
        return Vec::new();
    }
    lines(text).into_iter().flat_map(|(number, line)| of_line(document, number, &line)).collect()
}

/// The lines with the number of their first, from 1; one that ends in a backslash goes on in the next. What a here-document
/// holds is not a command.
fn lines(text: &str) -> Vec<(usize, String)> {
    let mut list: Vec<(usize, String)> = Vec::new();
    let (mut open, mut until): (bool, Option<String>) = (false, None);
    for (index, line) in text.lines().enumerate() {
        if let Some(end) = &until {
            if line.trim() == end {
                until = None;
            }
            continue;
        }
        let part = line.strip_suffix('\\').unwrap_or(line);
        match list.last_mut().filter(|_| open) {
            Some((_, last)) => *last = format!("{last} {part}"),
            None => list.push((index + 1, part.to_owned())),
        }
        open = line.ends_with('\\');
        until = line.split_once("<<").map(|(_, rest)| {
            let word = rest.trim_start_matches(['-', '<']).trim_start();
            word.chars()
                .filter(|c| !"\"'".contains(*c))
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect()
        });
        until = until.filter(|end| !end.is_empty());
    }
    list
}

fn of_line<'p>(document: &Document<'p>, number: usize, line: &str) -> Vec<Vec<Word<'p>>> {
    let line = line.trim();
    if line.starts_with('#') {
        return Vec::new();
    }
    let place = |text: &str| {
        let at = document.way(&[Step::Line(number)]);
        Word { text: text.to_owned(), written: Written::Word { expr: document.written, at, text: text.to_owned() } }
    };
    let words = command::split(line);
    let parts = words.split(|word| matches!(word.as_str(), ";" | "&&" | "||" | "|" | "&"));
    let started = |part: &[String]| {
        let is_before = |word: &&String| BEFORE.contains(&word.as_str()) || is_assignment(word);
        let start = part.iter().take_while(is_before).count();
        let words = &part[start..];
        // What a script passes on is not known here.
        if words.iter().any(|word| matches!(word.as_str(), "$@" | "$*")) {
            return None;
        }
        known_program(words.first()?)?;
        Some(words.iter().map(|word| place(word.trim_end_matches(';'))).collect())
    };
    parts.filter_map(started).collect()
}

fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_on_and_documents_in_them_are_none() {
        let text = "#!/bin/sh\nset -e\nexec kubelet \\\n  --v=2\ncat >x <<'EOF'\nkubelet --x\nEOF\ntrue\n";
        let found = lines(text);
        assert_eq!(found.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 2, 3, 5, 8]);
        assert_eq!(found[2].1, "exec kubelet    --v=2");
        assert!(is_assignment("A=b") && !is_assignment("--a=b") && !is_assignment("a"));
    }
}
