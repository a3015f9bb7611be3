//! The check phase, `tests/cases/check`: each file beside the problems found in it.
//!
//! A fixture is named after the code it raises, perhaps with a variant behind it; one without problems is `ok-...`. It may hold several files: a
//! line `//# NAME` begins the next one. The first is `main.km`.

use crate::Fixture;
use crate::support::checked::{checked, shown};
use crate::support::snapshot;

pub fn holds(fixture: &Fixture) {
    let Fixture { name, text, .. } = fixture;
    let found = checked(text);
    assert_eq!(shown(&checked(text)), shown(&found), "equal input gives equal problems");
    snapshot("tests/cases/check", name, &shown(&found));
    let raised = found.diagnostics.iter().any(|problem| name.starts_with(problem.code.name()));
    let good = if name.starts_with("ok-") { found.diagnostics.is_empty() } else { raised };
    assert!(good, "{name} must raise the code it is named after");
}
