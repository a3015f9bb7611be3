//! What the README of the standard library shows is in the language.

use kmodel::diag::Diagnostic;
use kmodel::source::{SourceKind, Sources};
use kmodel::syntax;

#[test]
fn the_example_component_parses() {
    let text = include_str!("../../stdlib/README.md");
    let blocks: Vec<_> = text.split("```km\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!blocks.is_empty(), "the README shows how to write a component");
    let problems: Vec<_> = blocks.iter().flat_map(|block| problems_in("README", block)).collect();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

fn problems_in(name: &str, text: &str) -> Vec<String> {
    let source = Sources::default().add(SourceKind::Library, name, text);
    let line = |d: &Diagnostic| text[..d.labels[0].span.start as usize].lines().count();
    let parse = syntax::parse(source, text);
    parse.diagnostics.iter().map(|d| format!("{name}:{}: {}", line(d), d.message)).collect()
}
