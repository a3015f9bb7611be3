//! The pages that explain the codes of the later phases: what their examples raise, and that there is a page for each.
//!
//! The pages of the codes that the checker raises by itself are tested with it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use kmodel::diag::Code;

/// The codes of the model, the plan and the render.
fn later() -> impl Iterator<Item = Code> {
    Code::ALL.iter().copied().skip_while(|code| *code != Code::NoCluster)
}

/// The files of the fenced blocks below a heading, as one text: `km` is `main.km`, `km NAME` another file.
fn block(page: &str, heading: &str) -> String {
    let section = page.split("\n## ").find_map(|section| section.strip_prefix(heading)).expect("a section");
    let blocks = section.split("\n```km").skip(1).filter_map(|block| block.split("\n```").next());
    let file = |block: &str| match block.split_once('\n').expect("a block has lines") {
        ("", text) => format!("{text}\n"),
        (name, text) => format!("//# {}\n{text}\n", name.trim()),
    };
    blocks.map(file).collect()
}

#[test]
fn examples_raise_what_they_should() {
    let mut wrong = Vec::new();
    for code in later() {
        for (heading, expected) in [("Wrong", true), ("Right", false)] {
            let text = block(code.page(), heading);
            let codes = crate::support::plan::codes(&text);
            // What is right raises nothing at all; what is wrong raises one thing.
            let good = if expected { codes.iter().all(|c| *c == code) && !codes.is_empty() } else { codes.is_empty() };
            wrong.extend((!good).then(|| format!("{code}, {heading}:\n{}", crate::support::plan::shown(&text))));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

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
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors");
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
