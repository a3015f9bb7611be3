//! What went wrong in real life though no file was wrong, `tests/cases/output`: what a command prints before anything is done.
//!
//! In the head of `NN-name.km`, `// first: ARGUMENTS` is run before, `// run: ARGUMENTS` is what is looked at, `// code: N` how that ends
//! (default 0), each `// prints: WORDS` a line of what it prints, `// seen: ISSUES` where it was met and `// page: FILE` where those are named.
//! FILE is a copy of the model in a folder of its own, OUT a folder beside it.

use std::fs;
use std::path::Path;

use crate::Fixture;
use crate::support::{kmodel, root};

pub fn holds(fixture: &Fixture) {
    prints_what_it_should(fixture);
    prints_it_because_of_what_was_done_before(fixture);
    the_page_names_where_it_was_seen(fixture);
    the_comparison_has_it(fixture);
}

fn prints_what_it_should(fixture: &Fixture) {
    let folder = tempfile::tempdir().expect("a folder for the model");
    for first in fixture.head("first") {
        let (code, said) = run(fixture, first, folder.path());
        assert_eq!(code, 0, "{said}");
    }
    let (code, said) = run(fixture, looked_at(fixture), folder.path());
    let wanted = fixture.head("code").next().map_or(0, |code| code.parse().expect("a code is a number"));
    assert_eq!(code, wanted, "{said}");
    assert!(fixture.head("prints").count() > 0, "nothing is said of what is printed");
    for line in fixture.head("prints") {
        assert!(has(&said, line), "no line `{line}` in\n{said}");
    }
}

/// Without that, the same command prints none of the lines: they are not there anyway.
fn prints_it_because_of_what_was_done_before(fixture: &Fixture) {
    if fixture.head("first").next().is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder for the model");
    let (code, said) = run(fixture, looked_at(fixture), folder.path());
    assert_eq!(code, 0, "{said}");
    let anyway: Vec<&str> = fixture.head("prints").filter(|line| has(&said, line)).collect();
    assert_eq!(anyway, [""; 0], "{said}");
}

fn looked_at(fixture: &Fixture) -> &str {
    fixture.head("run").next().expect("a case says what is run")
}

fn run(fixture: &Fixture, arguments: &str, folder: &Path) -> (i32, String) {
    let (model, out) = (folder.join("model.km"), folder.join("out"));
    fs::write(&model, &fixture.text).expect("the model is copied");
    fs::create_dir_all(&out).expect("a folder beside it");
    let words = arguments.split(' ').map(|word| match word {
        "FILE" => model.to_str().expect("a path is text"),
        "OUT" => out.to_str().expect("a path is text"),
        _ => word,
    });
    let output = kmodel(words).env("COLUMNS", "120").env("NO_COLOR", "1").output().expect("kmodel runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().expect("it ends by itself"), String::from_utf8(said).expect("what is printed is text"))
}

fn has(said: &str, line: &str) -> bool {
    said.lines().any(|said| words(said) == line)
}

/// Columns are for eyes: a line counts as its words.
fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn the_page_names_where_it_was_seen(fixture: &Fixture) {
    let page = fixture.head("page").next().expect("a case names its page");
    let page = fs::read_to_string(root().join(page)).expect("the page is part of the project");
    for issue in fixture.head("seen").flat_map(|list| list.split(", ")) {
        assert!(page.contains(issue), "its page does not name {issue}");
    }
}

/// `tests/compare/compare.py --write` makes the rows.
fn the_comparison_has_it(fixture: &Fixture) {
    let page = fs::read_to_string(root().join("docs/comparison.md")).expect("the page is part of the project");
    let row = page.lines().find(|line| line.contains(&format!("../{})", fixture.path)));
    let row = row.expect("there is a row: run tests/compare/compare.py --write");
    assert!(
        row.contains(&words(fixture.head("prints").next().unwrap_or_default())),
        "the row does not say what is printed"
    );
}
