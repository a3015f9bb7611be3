//! Fixtures: each `.km` file is a test of its own, named after it, beside the snapshot of what comes of it.
//!
//! `cargo nextest run 06-kube-ovn` or `cargo test --test cases 06-kube-ovn` runs one. A kind of fixture is a folder of this one, a module that
//! says what must hold of each of its files, and a row of `KINDS`.

#[path = "../support/mod.rs"]
mod support;

mod broken;
mod check;
mod example;
mod format;
mod good;
mod library;
mod model;
mod output;
mod page;
mod syntax;

use std::fs;
use std::path::Path;

use libtest_mimic::{Arguments, Failed, Trial};

/// A file that is a test.
pub struct Fixture {
    /// Its name without folder and ending.
    pub name: String,
    /// From the project's folder.
    pub path: String,
    pub text: String,
}

impl Fixture {
    /// What the lines `// KEY: VALUE` say.
    fn head(&self, key: &str) -> impl Iterator<Item = &str> {
        let key = format!("// {key}: ");
        self.text.lines().filter_map(move |line| line.strip_prefix(key.as_str())).map(str::trim)
    }
}

/// What must hold of each file of a folder.
struct Kind {
    name: &'static str,
    folder: &'static str,
    ending: &'static str,
    /// How many there are at least: a folder that is found empty must not pass.
    least: usize,
    holds: fn(&Fixture),
}

const KINDS: &[Kind] = &[
    Kind { name: "syntax", folder: "tests/cases/syntax", ending: "km", least: 17, holds: syntax::holds },
    Kind { name: "format", folder: "tests/cases/format", ending: "km", least: 4, holds: format::holds },
    Kind { name: "check", folder: "tests/cases/check", ending: "km", least: 78, holds: check::holds },
    Kind { name: "model", folder: "tests/cases/model", ending: "km", least: 200, holds: model::holds },
    Kind { name: "good", folder: "tests/cases/good", ending: "km", least: 20, holds: good::holds },
    Kind { name: "broken", folder: "tests/cases/broken", ending: "km", least: 74, holds: broken::holds },
    Kind { name: "output", folder: "tests/cases/output", ending: "km", least: 2, holds: output::holds },
    Kind { name: "example", folder: "examples", ending: "km", least: 13, holds: example::holds },
    Kind { name: "library", folder: "stdlib", ending: "km", least: 20, holds: library::holds },
    Kind { name: "page", folder: "docs/errors", ending: "md", least: 100, holds: page::holds },
];

fn main() {
    let arguments = Arguments::from_args();
    let tests = KINDS.iter().flat_map(trials).collect();
    libtest_mimic::run(&arguments, tests).exit();
}

fn trials(kind: &'static Kind) -> Vec<Trial> {
    let mut paths = Vec::new();
    collect(kind, &support::root().join(kind.folder), &mut paths);
    paths.sort();
    assert!(paths.len() >= kind.least, "{} has only {} fixtures", kind.folder, paths.len());
    paths.into_iter().map(|path| trial(kind, path)).collect()
}

/// The files of a kind, those of inner folders too.
fn collect(kind: &Kind, folder: &Path, paths: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display())) {
        let path = entry.expect("a folder of the project can be read").path();
        if path.is_dir() {
            collect(kind, &path, paths);
        } else if path.extension().is_some_and(|ending| ending == kind.ending) {
            let path = path.strip_prefix(support::root()).expect("a fixture is of the project");
            paths.push(path.to_str().expect("its name is text").to_owned());
        }
    }
}

fn trial(kind: &'static Kind, path: String) -> Trial {
    let inside = path.trim_start_matches(kind.folder).trim_start_matches('/');
    let name = inside.trim_end_matches(kind.ending).trim_end_matches('.').to_owned();
    Trial::test(format!("{}::{name}", kind.name), move || {
        let text = fs::read_to_string(support::root().join(&path)).map_err(Failed::from)?;
        (kind.holds)(&Fixture { name, path, text });
        Ok(())
    })
}
