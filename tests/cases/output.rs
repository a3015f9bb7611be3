//! What went wrong in real life though no file was wrong: what a command has to tell before anything is done.
//!
//! `tests/broken/told/NN-name.km`; in its head `// first: ARGUMENTS` is run before, `// run: ARGUMENTS` is what is looked at, `// code: N`
//! how that ends (default 0), each `// prints: WORDS` a line of what it prints, `// seen: ISSUES` where it was met and `// page: FILE` where
//! those are named. FILE is a copy of the model in a folder of its own, OUT a folder beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Case {
    path: PathBuf,
    text: String,
}

impl Case {
    fn told(&self, key: &str) -> Vec<&str> {
        let key = format!("// {key}: ");
        self.text.lines().filter_map(|line| line.strip_prefix(&key)).collect()
    }

    fn run(&self, arguments: &str, folder: &Path) -> (i32, String) {
        let model = folder.join("model.km");
        fs::copy(&self.path, &model).unwrap();
        fs::create_dir_all(folder.join("out")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
        for word in arguments.split(' ') {
            match word {
                "FILE" => command.arg(&model),
                "OUT" => command.arg(folder.join("out")),
                _ => command.arg(word),
            };
        }
        let output = command.env("COLUMNS", "120").env("NO_COLOR", "1").output().expect("kmodel runs");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().expect("it ends by itself"), String::from_utf8(said).expect("what is printed is text"))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn cases() -> Vec<Case> {
    let folder =
        fs::read_dir(root().join("tests/broken/told")).expect("there are cases").map(|entry| entry.unwrap().path());
    let models = folder.filter(|path| path.extension().is_some_and(|extension| extension == "km"));
    models.map(|path| Case { text: fs::read_to_string(&path).expect("a case is text"), path }).collect()
}

/// Columns are for eyes: a line counts as its words.
fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_case_is_told() {
    for case in cases() {
        let folder = tempfile::tempdir().unwrap();
        for first in case.told("first") {
            let (code, said) = case.run(first, folder.path());
            assert_eq!(code, 0, "{said}");
        }
        let run = case.told("run")[0];
        let (code, said) = case.run(run, folder.path());
        let wanted = case.told("code").first().map_or(0, |code| code.parse().expect("a code is a number"));
        assert_eq!(code, wanted, "{}: {said}", case.path.display());
        let lines: Vec<String> = said.lines().map(words).collect();
        let prints = case.told("prints");
        assert!(!prints.is_empty(), "{} says nothing of what is told", case.path.display());
        for line in prints {
            assert!(lines.iter().any(|said| said == line), "{}: no line `{line}` in\n{said}", case.path.display());
        }
    }
}

/// Without what was done before, the same command tells nothing: the lines are not there anyway.
#[test]
fn what_was_done_before_is_what_is_told() {
    let case = cases().into_iter().find(|case| !case.told("first").is_empty()).expect("one has something done before");
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = case.run(case.told("run")[0], folder.path());
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("Issued anew"), "{said}");
}

#[test]
fn the_pages_name_where_it_was_seen() {
    for case in cases() {
        let page = fs::read_to_string(root().join(case.told("page")[0])).expect("the page is part of the project");
        for issue in case.told("seen").iter().flat_map(|list| list.split(", ")) {
            assert!(page.contains(issue), "{}: its page does not name {issue}", case.path.display());
        }
    }
}

/// `tests/compare/compare.py --write` makes the rows.
#[test]
fn the_comparison_has_every_case() {
    let page = fs::read_to_string(root().join("docs/comparison.md")).expect("the page is part of the project");
    for case in cases() {
        let name = case.path.strip_prefix(root()).expect("a case is of the project").display().to_string();
        let row = page.lines().find(|line| line.contains(&format!("../{name})")));
        let row = row.unwrap_or_else(|| panic!("{name}: no row: run tests/compare/compare.py --write"));
        assert!(row.contains(&words(case.told("prints")[0])), "{name}: the row does not say what is told");
    }
}
