//! Configurations that went wrong in real life, `tests/cases/broken`: each as a user would write it, beside what kmodel prints.
//!
//! In the head of `NN-name.km`, `// says: CODE` is what has to be said, `// seen: ISSUES` where it was met, and `// run: ARGUMENTS` how kmodel is
//! called (default `check FILE`).

use std::fs;

use crate::Fixture;
use crate::support::{kmodel, root, snapshot};

pub fn holds(fixture: &Fixture) {
    snapshot("tests/cases/broken", &fixture.name, &own_excerpts(&said(fixture, &[])));
    let says = fixture.head("says").next().expect("a case says which code it raises");
    let json = said(fixture, &["--message-format", "json"]);
    assert!(json.contains(&format!("\"code\":\"{says}\"")), "no {says}, but\n{json}");
    the_page_names_where_it_was_seen(fixture, says);
    the_comparison_has_it(fixture, says);
}

fn said(fixture: &Fixture, more: &[&str]) -> String {
    let run = fixture.head("run").next().unwrap_or("check FILE");
    let arguments = run.split_whitespace().map(|word| if word == "FILE" { &fixture.path } else { word });
    let mut command = kmodel(arguments.chain(more.iter().copied()));
    text(command.env("COLUMNS", "100").env("NO_COLOR", "1").output().expect("kmodel runs").stderr)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("what is printed is text")
}

/// Where something was seen stands in what `explain` prints, of the language's own codes and of components'.
fn the_page_names_where_it_was_seen(fixture: &Fixture, says: &str) {
    let page = text(kmodel(["explain", says]).output().expect("kmodel runs").stdout);
    let words: Vec<&str> = page.split_whitespace().collect();
    for issue in fixture.head("seen").flat_map(|list| list.split(", ")) {
        assert!(words.iter().any(|word| word.contains(issue)), "the page of {says} does not name {issue}");
    }
}

/// `tests/compare/compare.py --write` makes the rows.
fn the_comparison_has_it(fixture: &Fixture, says: &str) {
    let page = fs::read_to_string(root().join("docs/comparison.md")).expect("the page is part of the project");
    let row = page.lines().find(|line| line.contains(&format!("../{})", fixture.path)));
    let row = row.expect("there is a row: run tests/compare/compare.py --write");
    assert!(row.contains(&format!("`{says}`")), "the row does not say {says}");
}

/// Without the excerpts of the standard library, whose lines move with every change of it, and without sizes, which do too.
fn own_excerpts(said: &str) -> String {
    let (mut out, mut inside) = (String::new(), false);
    for line in said.lines() {
        let begins = line.trim_start().strip_prefix("╭─[std/").and_then(|rest| rest.split(':').next());
        if let Some(file) = begins {
            (inside, out) = (true, out + "    ... std/" + file + "\n");
        }
        if !inside {
            out += &without_sizes(line);
            out.push('\n');
        }
        inside &= !line.trim_start().starts_with("╰────");
    }
    out
}

/// Bytes that are counted, without their digits.
fn without_sizes(line: &str) -> String {
    let words = line.split(' ').map(|word| word.trim_end_matches([';', ',']));
    let counted = words.clone().zip(words.skip(1)).filter(|(_, unit)| ["bytes", "compressed"].contains(unit));
    let numbers = counted.map(|(number, _)| number).filter(|word| word.contains(',') || word.len() == 3);
    numbers
        .filter(|word| word.chars().all(|c| c.is_ascii_digit() || c == ','))
        .fold(line.to_owned(), |line, number| line.replace(&format!(" {number} "), " N "))
}
