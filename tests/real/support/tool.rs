//! Programs that tests run, and what happens without them.
//!
//! A test without its program passes and says so loudly. With `KMODEL_REQUIRE_TOOLS=1`, which `./test` sets once it has
//! installed everything, it fails. Each skip is also a line in the file that `KMODEL_SKIPPED` names, for test runners
//! that keep what a passing test prints to themselves.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A program that is installed.
#[derive(Clone, Debug)]
pub struct Tool(PathBuf);

/// Finds a program, or says that `what` is not tested.
pub fn tool(name: &str, what: &str) -> Option<Tool> {
    let found = find(name);
    if found.is_none() {
        skip(&format!("{name} is not installed"), what);
    }
    found.map(Tool)
}

/// Says that something is not tested, or fails where everything has to be.
pub fn skip(why: &str, what: &str) {
    let line = format!("SKIPPED: {why}: {what} was not tested\n");
    assert!(std::env::var_os("KMODEL_REQUIRE_TOOLS").is_none_or(|value| value != "1"), "{line}");
    // Not `eprintln`, whose text the test harness keeps to itself.
    let _ = std::io::stderr().write_all(line.as_bytes());
    if let Some(path) = std::env::var_os("KMODEL_SKIPPED") {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-venv/bin");
    std::iter::once(own)
        .chain(std::env::split_paths(&path))
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

impl Tool {
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A command that sees nothing of the environment that could change what it says.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.0);
        command.env("LC_ALL", "C.UTF-8").env_remove("KUBECONFIG");
        command.env_remove("ETCDCTL_ENDPOINTS").env("ETCDCTL_API", "3");
        command
    }

    /// The same, started by another program, if that is there.
    pub fn command_by(&self, program: &str, arguments: &[&str]) -> Command {
        let Some(starter) = find(program).map(Tool) else { return self.command() };
        let mut command = starter.command();
        command.args(arguments).arg(&self.0);
        command
    }

    pub fn output<A: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Output {
        let mut command = self.command();
        command.args(args);
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    /// What it prints, or both of its streams if it fails.
    pub fn run<A: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Result<String, String> {
        let output = self.output(args);
        let (out, err) = (lossy(&output.stdout), lossy(&output.stderr));
        if output.status.success() { Ok(out) } else { Err(format!("{}: {err}{out}", output.status)) }
    }
}

pub fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Does something with each of a list on every core; the results are in order.
pub fn each<T: Sync, R: Send>(list: &[T], work: impl Fn(&T) -> R + Send + Sync) -> Vec<R> {
    use rayon::prelude::*;
    list.par_iter().map(work).collect()
}

/// Fails with all the problems, if there are any.
pub fn none(problems: impl IntoIterator<Item = String>) {
    let problems: Vec<String> = problems.into_iter().collect();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}
