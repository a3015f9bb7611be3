//! There is a page for each code, and an index of them. What their blocks raise: `tests/cases/page.rs`.

use std::collections::BTreeSet;
use std::fs;

use kmodel::diag::Code;

use crate::support::root;

#[test]
fn every_code_has_a_page_of_its_own() {
    for code in Code::ALL {
        let page = code.page();
        assert_eq!(page.lines().next(), Some(format!("# {code}").as_str()));
        assert!(page.split_whitespace().count() > 20, "the page of {code} says too little");
    }
}

#[test]
fn the_index_lists_every_page() {
    let folder = root().join("docs/errors");
    let index = fs::read_to_string(folder.join("README.md")).unwrap();
    let listed: Vec<_> = index.lines().filter_map(|line| line.strip_prefix("* [")?.split(']').next()).collect();
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(listed, codes);
    let marked = |code: &Code| {
        index.contains(&format!("[{code}]({code}.md)"))
            && index
                .lines()
                .any(|line| line.starts_with(&format!("* [{code}]")) && line.contains("*allow*") == code.allowable())
    };
    assert!(Code::ALL.iter().all(marked));
    let files: BTreeSet<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files.len(), codes.len() + 1, "a page without a code");
}
