//! What the test programs share; each of them uses a part.

#![allow(dead_code, reason = "each test program uses a part")]

use std::path::Path;

pub mod ebnf;
pub mod outline;
pub mod plan;
pub mod tool;

/// Compares with the snapshot beside the fixture.
pub fn snapshot(folder: &str, name: &str, shown: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, shown));
}
