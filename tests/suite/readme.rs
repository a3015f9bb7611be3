//! What the README shows works as it is pasted: its models raise no problem, its commands run.

use std::fs;
use std::path::Path;
use std::process::Command;

use kmodel::syntax;

use crate::support::plan;

const README: &str = include_str!("../../README.md");

/// The fenced blocks of a language: what stands after it on the first line, and the text.
fn blocks(language: &str) -> Vec<(&str, &str)> {
    let fenced = README.split("\n```").skip(1).step_by(2).filter_map(|block| block.strip_prefix(language));
    fenced.filter_map(|block| block.split_once('\n')).map(|(name, text)| (name.trim(), text)).collect()
}

/// The model, with a file beside it for each block that has a name.
fn files(extra: &str) -> String {
    let models = blocks("km");
    let (main, beside): (Vec<_>, Vec<_>) = models.iter().partition(|(name, _)| name.is_empty());
    assert_eq!(main.len(), 1, "one block is the model");
    let beside: String = beside.iter().map(|(name, text)| format!("//# {name}\n{text}\n")).collect();
    format!("{}\n{extra}\n{beside}", main[0].1)
}

#[test]
fn its_model_is_complete() {
    assert_eq!(plan::codes(&files("")), [], "{}", plan::shown(&files("")));
}

#[test]
fn its_component_fits_its_model() {
    let lines = ["use ./web", "deploy web on wrk"];
    assert!(lines.iter().all(|line| README.contains(&format!("`{line}`"))), "the README names the lines to add");
    let text = files(&lines.join("\n"));
    assert_eq!(plan::codes(&text), [], "{}", plan::shown(&text));
}

#[test]
fn its_models_are_formatted() {
    for (_, text) in blocks("km") {
        let text = format!("{text}\n");
        assert_eq!(syntax::format(&text).expect("it has no syntax error"), text);
    }
}

/// A copy of what the commands of the README read.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    fs::create_dir(folder.path().join("examples")).unwrap();
    for entry in fs::read_dir(examples).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        fs::copy(entry.path(), folder.path().join("examples").join(entry.file_name())).unwrap();
    }
    folder
}

#[test]
fn its_commands_run() {
    let folder = project();
    let mut run = 0;
    for line in blocks("sh").into_iter().flat_map(|(_, text)| text.lines()) {
        let line = line.split(" #").next().unwrap_or_default().trim();
        let Some(arguments) = line.strip_prefix("cargo run --release -- ").or_else(|| line.strip_prefix("kmodel "))
        else {
            assert!(["./test", "cargo install --path ."].contains(&line), "`{line}` is not tested");
            continue;
        };
        let words: Vec<_> = arguments.split_whitespace().collect();
        // Without a client of LXD, what needs a running cluster ends where it would ask for one.
        let code = if ["apply", "status"].contains(&words[0]) { 3 } else { 0 };
        let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
        command.args(words).current_dir(folder.path()).env("KMODEL_LXC", "/nonexistent/lxc");
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
        run += 1;
    }
    assert!(run > 5, "the README shows its commands");
}
