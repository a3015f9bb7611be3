//! The corpus of the grammar, in the form that `tree-sitter test` reads: a text, and its tree.

use std::fs;
use std::path::Path;

use crate::tree_sitter::parser::{folder, tree};

/// One case: its name, its text, and the tree as written.
struct Case {
    name: String,
    text: String,
    tree: String,
}

/// With `INSTA_UPDATE=always` it writes the trees that it finds.
#[test]
fn corpus() {
    let mut count = 0;
    for file in fs::read_dir(folder().join("test/corpus")).expect("the corpus").flatten() {
        count += check(&file.path());
    }
    assert!(count > 40, "only {count} cases");
}

fn check(file: &Path) -> usize {
    let cases = read(&fs::read_to_string(file).expect("a file of the corpus"));
    let found: Vec<String> = cases.iter().map(|case| shown(&tree(&case.text).root_node().to_sexp())).collect();
    if crate::tree_sitter::generated::is_updating() {
        let texts = cases.iter().zip(&found).map(|(case, found)| written(case, found));
        fs::write(file, texts.collect::<Vec<_>>().join("\n")).expect("the corpus is written");
        return cases.len();
    }
    for (case, found) in cases.iter().zip(&found) {
        assert_eq!(*found, shown(&case.tree), "{} in {}", case.name, file.display());
        assert!(!found.contains("ERROR") || case.name.starts_with("Wrong:"), "{}: {found}", case.name);
    }
    cases.len()
}

fn read(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut parts = text.split(RULE);
    assert_eq!(parts.next(), Some(""), "the corpus begins with a rule");
    while let (Some(name), Some(rest)) = (parts.next(), parts.next()) {
        let (text, tree) = rest.split_once("\n---\n").expect("a text and its tree");
        let (name, text) = (name.trim().to_owned(), text.strip_prefix('\n').unwrap_or(text).to_owned());
        cases.push(Case { name, text, tree: tree.to_owned() });
    }
    cases
}

const RULE: &str = "==================\n";

fn written(case: &Case, tree: &str) -> String {
    format!("{RULE}{}\n{RULE}\n{}\n---\n\n{tree}\n", case.name, case.text)
}

/// A tree with one node a line, however it was written.
fn shown(sexp: &str) -> String {
    let words: Vec<&str> = sexp.split_whitespace().collect();
    let flat = words.join(" ").replace(" )", ")");
    let (mut text, mut depth) = (String::new(), 0_usize);
    let mut quoted = false;
    for (at, letter) in flat.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            // A field's name stays with its node.
            ' ' if !quoted
                && (flat[at + 1..].starts_with('(') || names_field(&flat[at + 1..]))
                && !text.ends_with(':') =>
            {
                text.push('\n');
                text.push_str(&"  ".repeat(depth));
                continue;
            }
            _ => {}
        }
        text.push(letter);
    }
    text
}

fn names_field(rest: &str) -> bool {
    let word = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(0);
    word > 0 && rest[word..].starts_with(": ")
}
