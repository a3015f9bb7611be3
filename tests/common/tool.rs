//! Real programs that tests run. One that is missing is said loudly, and the test passes.

use std::path::Path;
use std::process::{Command, Output};

/// A command, if its program is installed.
pub fn tool(name: &str) -> Option<Command> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let extra = ["/usr/sbin", "/sbin"].map(Into::into);
    let found = std::env::split_paths(&path).chain(extra).map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        eprintln!("\n*** SKIPPED: {name} is not installed, so what it checks was NOT checked ***\n");
    }
    found.map(Command::new)
}

/// Runs a command and returns all that it said. Panics with that when it fails.
pub fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|why| panic!("{command:?}: {why}"));
    let said = said(&output);
    assert!(output.status.success(), "{command:?} failed:\n{said}");
    said
}

/// Standard output and error.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Writes a file and the folders above it.
pub fn write(path: &Path, content: &[u8], mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder for the file");
    std::fs::write(path, content).expect("a file is written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode is set");
}
