//! Fixtures of the model and the plan: each `snapshots/model/*.km` beside what planning it says.
//!
//! A fixture is named after the code it raises, perhaps with a variant behind it; one that raises no error is `ok-...`.

use std::fs;
use std::path::{Path, PathBuf};

use kmodel::diag::Code;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/model")
}

fn fixtures() -> Vec<(String, String)> {
    let mut list: Vec<_> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    list.retain(|path| path.extension().is_some_and(|extension| extension == "km"));
    list.sort();
    let read =
        |path: PathBuf| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap());
    list.into_iter().map(read).collect()
}

/// Whether a fixture's name says that it raises this code.
fn names(fixture: &str, code: Code) -> bool {
    fixture.strip_prefix(code.name()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

#[test]
fn fixtures_say_what_is_wrong_or_what_is_planned() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut wrong = Vec::new();
    settings.bind(|| {
        insta::allow_duplicates! {
            for (name, text) in fixtures() {
                insta::assert_snapshot!(name.clone(), crate::support::plan::shown(&text));
                let codes = crate::support::plan::codes(&text);
                let good = match name.starts_with("ok-") {
                    true => !codes.iter().any(|code| code.severity() == kmodel::diag::Severity::Error),
                    false => codes.iter().any(|code| names(&name, *code)),
                };
                wrong.extend((!good).then_some(name));
            }
        }
    });
    assert!(wrong.is_empty(), "these fixtures do not raise what their name says: {wrong:?}");
}
