//! The standard library, `stdlib`: each file is in the form that `kmodel fmt` writes, and no phase up to the checker says anything of it.

use kmodel::syntax::format;

use crate::Fixture;
use crate::support::checked::{checked, shown};

pub fn holds(fixture: &Fixture) {
    assert_eq!(format(&fixture.text).expect("it has no syntax errors"), fixture.text, "`kmodel fmt` would change it");
    let (folder, last) = fixture.name.rsplit_once('/').unwrap_or(("", &fixture.name));
    let module = if folder.ends_with(last) { folder } else { &fixture.name };
    let found = checked(&format!("use std/{module}\n"));
    assert!(found.diagnostics.is_empty(), "std/{module}:\n{}", shown(&found));
}
