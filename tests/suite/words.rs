//! Pages, messages and help are in plain English: words that read like a dialect are refused.

mod literal;

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

/// Phrases of messages that were rewritten too.
const PHRASES: [(&str, &str); 5] = [
    ("and so do", "(nothing)"),
    ("here stands", "expected ..., found ..."),
    ("lets nobody", "blocks, admits none of"),
    ("told on in", "listed in"),
    ("will be told", "will be reported"),
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

/// `X is no Y`, except `there is no Y` and `is no longer`.
fn is_no(text: &str) -> bool {
    text.match_indices(" is no ").any(|(at, found)| {
        let (before, after) = (&text[..at], &text[at + found.len()..]);
        let plain = before.ends_with("here") || ["longer", "more", "need"].iter().any(|word| after.starts_with(word));
        !plain && after.starts_with(|c: char| c.is_ascii_lowercase() || c == '`')
    })
}

/// `take X away`.
fn takes_away(prose: &str) -> bool {
    let words: Vec<&str> = prose.split_whitespace().collect();
    words.windows(5).any(|five| matches!(five[0], "take" | "takes") && five[1..].contains(&"away"))
        || prose.trim_end().ends_with(" away")
            && words.iter().rev().take(5).any(|word| matches!(*word, "take" | "takes"))
}

/// What is wrong with a message.
fn faults(text: &str) -> Vec<String> {
    let line = prose(text);
    let has = |(word, _): &&(&str, &str)| line.contains(&format!(" {word} "));
    let words = REFUSED.iter().chain(&PHRASES).filter(has);
    let mut list: Vec<String> = words.map(|(word, better)| format!("`{word}`: {better}")).collect();
    list.extend(is_no(text).then(|| "`is no`: is not a".to_owned()));
    list.extend(takes_away(&line).then(|| "`take away`: remove".to_owned()));
    list
}

/// Messages and help of the program, and messages and documentation of the standard library.
fn messages(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).expect("a source file");
    // One word is a name, as `nobody` is a user's.
    let mut list: Vec<_> = literal::literals(&text).into_iter().filter(|(_, text)| text.trim().contains(' ')).collect();
    if path.ends_with("src/cli.rs")
        || path.starts_with(root().join("src/cli"))
        || path.extension().is_some_and(|e| e == "km")
    {
        list.extend(literal::docs(&text));
    }
    list
}

#[test]
fn messages_are_in_plain_english() {
    let mut sources = Vec::new();
    below(&root().join("src"), ".rs", &mut sources);
    below(&root().join("stdlib"), ".km", &mut sources);
    let mut wrong = Vec::new();
    for path in sources {
        let shown = path.strip_prefix(root()).expect("below the root").display().to_string();
        for (line, text) in messages(&path) {
            wrong.extend(faults(&text).into_iter().map(|fault| format!("{shown}:{line}: {fault}: {text}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Texts of a table that people read: what goes wrong and what to do, with their rows.
fn texts(key: &str, value: &toml::Value, list: &mut Vec<(String, String)>) {
    const READ: [&str; 9] = ["what", "help", "flag_help", "title", "doc", "name", "writable", "replacement", "remedy"];
    match value {
        toml::Value::Table(table) => table.iter().for_each(|(inner, value)| {
            let at = if value.is_str() { format!("{key}.{inner}") } else { inner.clone() };
            if !value.is_str() || READ.contains(&inner.as_str()) {
                texts(&at, value, list);
            }
        }),
        toml::Value::Array(rows) => rows.iter().for_each(|row| texts(key, row, list)),
        toml::Value::String(text) if text.contains(' ') => list.push((key.to_owned(), text.clone())),
        _ => {}
    }
}

/// Scripts, units and templates reach machines as they are: their comments and messages are read there.
#[test]
fn scripts_are_in_plain_english() {
    let mut scripts = Vec::new();
    for (folder, ending) in ["src", "stdlib"].iter().flat_map(|f| [".sh", ".service", ".j2"].map(|e| (*f, e))) {
        below(&root().join(folder), ending, &mut scripts);
    }
    assert!(scripts.len() > 15, "{scripts:?}");
    let mut wrong = Vec::new();
    for path in scripts {
        let text = fs::read_to_string(&path).expect("a script");
        for (number, line) in (1..).zip(text.lines()) {
            wrong.extend(faults(line).into_iter().map(|fault| format!("{}:{number}: {fault}: {line}", path.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn tables_are_in_plain_english() {
    let mut tables = Vec::new();
    below(&root().join("stdlib/tables"), ".toml", &mut tables);
    below(&root().join("src/verify/document"), ".toml", &mut tables);
    let (mut wrong, mut read) = (Vec::new(), 0);
    for path in tables {
        let text = fs::read_to_string(&path).expect("a table");
        let mut list = Vec::new();
        texts("", &toml::Value::Table(toml::from_str(&text).expect("a table")), &mut list);
        read += list.len();
        let comments = text.lines().filter_map(|line| line.trim_start().strip_prefix('#'));
        for (key, text) in list.into_iter().chain(comments.map(|text| ("comment".to_owned(), text.to_owned()))) {
            let shown = path.strip_prefix(root()).expect("below the root").display().to_string();
            wrong.extend(faults(&text).into_iter().map(|fault| format!("{shown}: {key}: {fault}: {text}")));
        }
    }
    assert!(read > 100, "{read} texts");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn faults_are_found_and_plain_english_is_not() {
    for text in ["`x` is no unit", "take `a` away", "nobody dials it", "on by itself", "`a` is one, and here stands b"]
    {
        assert!(!faults(text).is_empty(), "{text}");
    }
    for text in
        ["there is no file `x`", "it is no longer used", "remove `a`", "`nobody` owns it", "walk away", "not told"]
    {
        let expected = usize::from(text == "not told");
        assert_eq!(faults(text).len(), expected, "{text}");
    }
}
