//! The pages that explain codes, `docs/errors`: what is wrong there raises the page's code and nothing else; what is right raises nothing.

use kmodel::diag::{Code, Phase};

use crate::Fixture;
use crate::support::checked::checked;
use crate::support::plan;

pub fn holds(fixture: &Fixture) {
    if fixture.name == "README" {
        return;
    }
    let code =
        Code::ALL.iter().copied().find(|code| code.name() == fixture.name).expect("a page is named after its code");
    let [wrong, right] = ["Wrong", "Right"].map(|heading| block(&fixture.text, heading));
    let raised = if is_of_checker(code, &wrong) { checker } else { plan::codes };
    let codes = raised(&wrong);
    assert!(!codes.is_empty() && codes.iter().all(|raised| *raised == code), "the wrong block of {code}: {codes:?}");
    assert_eq!(raised(&right), [], "the right block of {code}");
}

/// Whether the checker alone reads a page: those of its own codes show less than a whole cluster.
fn is_of_checker(code: Code, wrong: &str) -> bool {
    code.phase() < Phase::Shape && !checker(wrong).is_empty()
}

fn checker(text: &str) -> Vec<Code> {
    checked(text).diagnostics.iter().map(|problem| problem.code).collect()
}

/// The files of the fenced blocks below a heading, as one text: `km` is `main.km`, `km NAME` another file.
fn block(page: &str, heading: &str) -> String {
    let section = page.split("\n## ").find_map(|section| section.strip_prefix(heading)).unwrap_or_default();
    let blocks = section.split("\n```km").skip(1).filter_map(|block| block.split("\n```").next());
    let file = |block: &str| match block.split_once('\n').expect("a block has lines") {
        ("", text) => format!("{text}\n"),
        (name, text) => format!("//# {}\n{text}\n", name.trim()),
    };
    blocks.map(file).collect()
}
