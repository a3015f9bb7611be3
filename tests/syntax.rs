//! The syntax phase: fixtures, and laws that hold for any text.

use std::path::Path;

use kmodel::source::{SourceId, Sources};
use kmodel::syntax::{Parse, format, parse};

mod support;

use support::outline;

/// Every fixture: a valid one shows its tree, a broken one its problems.
#[test]
fn fixtures() {
    for (name, text) in fixtures_of("snapshots/syntax") {
        let parse = parse(SourceId(0), &text);
        assert_eq!(parse.tree.to_string(), text, "{name} prints back");
        let shown =
            if parse.diagnostics.is_empty() { outline::file(&parse.file) } else { problems(&name, &text, &parse) };
        support::snapshot("snapshots/syntax", &name, &shown);
    }
}

fn fixtures_of(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut fixtures: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "km"))
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap()))
        .collect();
    fixtures.sort();
    fixtures
}

/// The text, then each problem: its code, place and message, what is said of each place, and what to do.
fn problems(name: &str, text: &str, parse: &Parse) -> String {
    let mut sources = Sources::default();
    sources.add(name, text);
    let mut shown = String::new();
    for problem in &parse.diagnostics {
        let (line, column) = sources.line_column(problem.labels[0].span);
        let code_line = text.lines().nth(line - 1).unwrap_or("");
        let code_line: String = code_line.chars().take(100).collect();
        shown += &format!("{code_line}\n{} {line}:{column} {}\n", problem.code, problem.message);
        for label in problem.labels.iter().filter(|label| !label.text.is_empty()) {
            let (line, column) = sources.line_column(label.span);
            shown += &format!("    {line}:{column} {}\n", label.text);
        }
        for help in &problem.help {
            shown += &format!("    help: {help}\n");
        }
    }
    shown
}

/// Every valid fixture, formatted.
#[test]
fn formatted() {
    for (name, text) in fixtures_of("snapshots/format") {
        let once = format(&text).unwrap();
        assert_eq!(format(&once).unwrap(), once, "{name}: twice is once");
        assert_eq!(tree(&once), tree(&text), "{name}: means the same");
        support::snapshot("snapshots/format", &name, &once);
    }
}

fn tree(text: &str) -> String {
    outline::file(&parse(SourceId(0), text).file)
}
