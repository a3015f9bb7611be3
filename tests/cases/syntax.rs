//! The syntax phase, `tests/cases/syntax`: a text prints back; a valid one shows its tree, a broken one its problems.

use kmodel::source::{SourceId, SourceKind, Sources};
use kmodel::syntax::{Parse, parse};

use crate::Fixture;
use crate::support::{outline, snapshot};

pub fn holds(fixture: &Fixture) {
    let Fixture { name, text, .. } = fixture;
    let parse = parse(SourceId(0), text);
    assert_eq!(parse.tree.to_string(), *text, "{name} prints back");
    let valid = parse.diagnostics.is_empty();
    snapshot(
        "tests/cases/syntax",
        name,
        &if valid { outline::file(&parse.file) } else { problems(name, text, &parse) },
    );
}

/// The text, then each problem: its code, place and message, what is said of each place, and what to do.
fn problems(name: &str, text: &str, parse: &Parse) -> String {
    let mut sources = Sources::default();
    sources.add(SourceKind::File, name, text);
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
        if let Some(help) = &problem.help {
            shown += &format!("    help: {help}\n");
        }
    }
    shown
}
