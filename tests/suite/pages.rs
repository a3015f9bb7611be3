//! There is a page for each code, and an index of them. What their blocks raise: `tests/cases/page.rs`.

use std::collections::BTreeSet;
use std::fs;

use kmodel::diag::{Code, Severity};

use crate::support::root;

#[test]
fn every_code_has_a_page_of_its_own() {
    for code in Code::ALL {
        let page = code.page();
        assert_eq!(page.lines().next(), Some(format!("# {code}").as_str()));
        assert!(page.split_whitespace().count() > 20, "the page of {code} says too little");
    }
}

/// The index below its introduction: the codes of each phase below its title.
fn index() -> String {
    let mut index = String::new();
    let mut last = None;
    for code in Code::ALL {
        if last.replace(code.phase()) != Some(code.phase()) {
            index += &format!("\n## {}\n\n", code.phase().title());
        }
        let warning = if code.severity() == Severity::Warning { " (warning)" } else { "" };
        let allow = if code.allowable() { ", *allow*" } else { "" };
        index += &format!("* [{code}]({code}.md){warning}{allow}\n");
    }
    index
}

#[test]
fn the_index_lists_every_page() {
    let folder = root().join("docs/errors");
    let text = fs::read_to_string(folder.join("README.md")).unwrap();
    let listed = text.find("\n## ").map_or("", |start| &text[start..]);
    same_lines(listed, &index());
    let files: BTreeSet<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files.len(), Code::ALL.len() + 1, "a page without a code");
}

/// Names the first line of the index that differs.
fn same_lines(listed: &str, wanted: &str) {
    let differs = listed.lines().zip(wanted.lines()).find(|(listed, wanted)| listed != wanted);
    assert_eq!(differs, None, "docs/errors/README.md has the left line where it should have the right one");
    assert_eq!(listed.lines().count(), wanted.lines().count(), "docs/errors/README.md ends too early or too late");
}

#[test]
fn codes_are_in_the_order_of_their_phases() {
    assert!(Code::ALL.is_sorted_by_key(|code| code.phase()), "a code stands among those of another phase");
}
