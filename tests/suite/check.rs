//! What holds of the checker besides its fixtures (`tests/cases/check`).

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use kmodel::diag::Code;
use proptest::prelude::*;

use crate::support::checked::{checked, shown};
use crate::support::root;

fn fixtures() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("tests/cases/check")).unwrap();
    let mut list: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    list.retain(|path| path.extension().is_some_and(|extension| extension == "km"));
    list.sort();
    list
}

/// The words of all snapshots of fixtures, codes among them.
fn shown_words() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for kind in ["syntax", "check", "model", "broken"] {
        let files = fs::read_dir(root().join("tests/cases").join(kind)).unwrap().map(|entry| entry.unwrap().path());
        for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "snap")) {
            let text = fs::read_to_string(&path).unwrap();
            words.extend(text.split(|c: char| !c.is_ascii_lowercase() && c != '-').map(str::to_owned));
        }
    }
    words
}

#[test]
fn every_code_has_a_fixture() {
    let words = shown_words();
    let silent: Vec<_> = Code::ALL.iter().filter(|code| !words.contains(code.name())).collect();
    assert!(silent.is_empty(), "no fixture in tests/cases raises {silent:?}");
}

/// Pieces of the language, and what does not belong there.
fn mutated() -> impl Strategy<Value = String> {
    let fixtures: Vec<String> = fixtures().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let text = prop::sample::select(fixtures);
    let junk = prop::sample::select(vec![
        "{",
        "}",
        "(",
        "[",
        "]",
        "=",
        "->",
        "none",
        "?",
        "??",
        "let x = x",
        "$",
        "\"",
        "${",
        "component a {",
        "use std/kubernetes\n",
        "deploy * on *",
        "for x in",
        "if",
        "secret s { }",
        "s.value",
        "overlay o { add ",
        "cluster",
        ".",
        ",",
        "1.2",
        "cert x",
        "é",
    ]);
    (text, prop::collection::vec((any::<prop::sample::Index>(), 0usize..12, junk), 1..6)).prop_map(
        |(mut text, edits)| {
            for (at, length, junk) in edits {
                let places: Vec<usize> = text.char_indices().map(|(index, _)| index).collect();
                if places.is_empty() {
                    break;
                }
                let start = at.index(places.len());
                let end = (start + length).min(places.len() - 1);
                text.replace_range(places[start]..places[end], junk);
            }
            text
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn checking_never_panics(text in mutated()) {
        shown(&checked(&text));
    }
}
