//! What the test programs share; each of them uses a part.

#![allow(dead_code, reason = "each test program uses a part")]

use std::path::Path;
use std::process::{Command, Stdio};

pub mod checked;
pub mod ebnf;
pub mod hostile;
pub mod https;
pub mod outline;
pub mod plan;
pub mod tool;

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program in the project's folder, with nothing of the caller's terminal.
pub fn kmodel<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    command.args(arguments).current_dir(root()).env("COLUMNS", "80").stdin(Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "LC_ALL", "LC_CTYPE", "LANG"] {
        command.env_remove(name);
    }
    command
}

/// Compares with the snapshot `FOLDER/NAME.snap`.
pub fn snapshot(folder: &str, name: &str, shown: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, shown));
}
