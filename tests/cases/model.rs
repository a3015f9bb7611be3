//! The model and the plan, `tests/cases/model`: each file beside what planning it says.
//!
//! A fixture is named after the code it raises, perhaps with a variant behind it; one that raises no error is `ok-...`. How it gives files and
//! arguments: `tests/support/plan.rs`.

use kmodel::diag::{Code, Severity};

use crate::Fixture;
use crate::support::{plan, snapshot};

pub fn holds(fixture: &Fixture) {
    let Fixture { name, text, .. } = fixture;
    snapshot("tests/cases/model", name, &plan::shown(text));
    let codes = plan::codes(text);
    let good = match name.starts_with("ok-") {
        true => !codes.iter().any(|code| code.severity() == Severity::Error),
        false => codes.iter().any(|code| names(name, *code)),
    };
    assert!(good, "{name} does not raise what its name says, but {codes:?}");
}

/// Whether a fixture's name says that it raises this code.
fn names(fixture: &str, code: Code) -> bool {
    fixture.strip_prefix(code.name()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}
