//! Real programs that tests run, and what happens without them.
//!
//! A test without its program passes and says so loudly. With `KMODEL_REQUIRE_TOOLS=1`, which `./test` sets once it has
//! installed everything, it fails. Each skip is also a line in the file that `KMODEL_SKIPPED` names, for test runners
//! that keep what a passing test prints to themselves.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A command, if its program is installed.
pub fn tool(name: &str) -> Option<Command> {
    let found = find(name);
    if found.is_none() {
        skip(&format!("{name} is not installed"), "what it checks");
    }
    found.map(Command::new)
}

/// Says that something is not tested, or fails where everything has to be.
pub fn skip(why: &str, what: &str) {
    let line = format!("SKIPPED: {why}: {what} was not tested\n");
    assert!(std::env::var_os("KMODEL_REQUIRE_TOOLS").is_none_or(|value| value != "1"), "{line}");
    say(&line);
}

/// Says that something is not tested because the kernel or its permissions do not allow it: nothing that `./test` could install.
pub fn cannot(why: &str, what: &str) {
    say(&format!("SKIPPED: {why}: {what} was not tested\n"));
}

fn say(line: &str) {
    // Not `eprintln`, whose text the test harness keeps to itself.
    let _ = std::io::stderr().write_all(line.as_bytes());
    if let Some(path) = std::env::var_os("KMODEL_SKIPPED") {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
}

/// Where a program is: in what `./test` installed, on the path, or among those of the administrator.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-venv/bin");
    std::iter::once(own)
        .chain(std::env::split_paths(&path))
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
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
