//! Programs that tests run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::tool::find;
pub use crate::support::tool::skip;

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
