//! Pages and comments that people read are in plain English: words that read like a dialect are refused.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::root;

/// Words that were rewritten wherever they stood, and what to write instead.
const REFUSED: [(&str, &str); 9] = [
    ("as far as", "checked against"),
    ("by itself", "automatically, by default"),
    ("held against", "checked against"),
    ("mend", "fix"),
    ("mended", "fixed"),
    ("nobody", "no client, no one"),
    ("somebody", "another, the noun"),
    ("told", "reported, listed"),
    ("whoever", "the caller, a client"),
];

fn below(folder: &Path, ending: &str, list: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        match path.is_dir() {
            true if path.ends_with("node_modules") => {}
            true => below(&path, ending, list),
            false if path.to_string_lossy().ends_with(ending) => list.push(path),
            false => {}
        }
    }
}

/// The pages, the grammar and the examples.
fn files() -> Vec<PathBuf> {
    let mut list: Vec<_> = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "grammar/kmodel.ebnf"]
        .iter()
        .map(|name| root().join(name))
        .collect();
    for (folder, ending) in [("docs", ".md"), ("editors", "README.md"), ("stdlib", ".md"), ("examples", ".km")] {
        below(&root().join(folder), ending, &mut list);
    }
    list
}

/// A line of prose, without what is quoted from a program or another page.
fn prose(line: &str) -> String {
    let outside: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    format!(" {} ", outside.to_lowercase().replace(|c: char| !c.is_alphanumeric() && c != '\'', " "))
}

#[test]
fn pages_are_in_plain_english() {
    let mut wrong = Vec::new();
    for file in files() {
        let text = fs::read_to_string(&file).expect("a page");
        let mut fenced = false;
        for (number, line) in (1..).zip(text.lines()) {
            fenced ^= line.starts_with("```");
            // Rows of the comparison quote other programs, and output is shown by four spaces or a fence.
            if fenced || line.starts_with("    ") || line.contains("](../tests/") {
                continue;
            }
            let line = prose(line);
            let found = REFUSED.iter().filter(|(word, _)| line.contains(&format!(" {word} ")));
            wrong.extend(found.map(|(word, better)| format!("{}:{number}: `{word}`: {better}", file.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
