//! Every file of the standard library and every example is in the language.

use std::fs;
use std::path::{Path, PathBuf};

use kmodel::diag::Diagnostic;
use kmodel::source::Sources;
use kmodel::syntax;

#[test]
fn all_files_parse() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("stdlib"), &mut files);
    collect(&root.join("examples"), &mut files);
    assert!(files.len() > 20, "found only {}", files.len());
    let problems: Vec<_> = files.iter().flat_map(|file| problems(file)).collect();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn the_example_component_parses() {
    let text = include_str!("../../stdlib/README.md");
    let blocks: Vec<_> = text.split("```km\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!blocks.is_empty(), "the README shows how to write a component");
    let problems: Vec<_> = blocks.iter().flat_map(|block| problems_in("README", block)).collect();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is part of the project") {
        let path = entry.expect("the folder can be read").path();
        match path.is_dir() {
            true => collect(&path, files),
            false if path.extension().is_some_and(|e| e == "km") => files.push(path),
            false => {}
        }
    }
}

fn problems(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("a `.km` file is text");
    problems_in(&file.display().to_string(), &text)
}

fn problems_in(name: &str, text: &str) -> Vec<String> {
    let source = Sources::default().add(name, text);
    let line = |d: &Diagnostic| text[..d.labels[0].span.start as usize].lines().count();
    let parse = syntax::parse(source, text);
    parse.diagnostics.iter().map(|d| format!("{name}:{}: {}", line(d), d.message)).collect()
}
