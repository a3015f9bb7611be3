//! The tables of flags against the real programs that are installed.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::tool::{find, said, skip, succeed};

fn compared(binary: &Path, program: &str, version: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    command.args(["tables", "check", program, version, "--json", "--binary"]).arg(binary);
    command.output().expect("kmodel runs")
}

#[test]
fn etcd_and_its_table_agree() {
    let Some(etcd) = find("etcd") else { return skip("etcd is not installed", "its table of flags") };
    let text = succeed(Command::new(&etcd).arg("--version"));
    let version = text.lines().find_map(|line| line.strip_prefix("etcd Version: ")).expect("etcd says its version");
    let output = compared(&etcd, "etcd", version.trim());
    assert!(output.status.success(), "{}", said(&output));
    // A table of another series does not agree with it.
    let other = if version.starts_with("3.6") { "3.4" } else { "3.6" };
    let output = compared(&etcd, "etcd", other);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("refuses") || said(&output).contains("not-in-table"), "{}", said(&output));
}

#[test]
fn a_program_that_is_none_is_named() {
    let output = compared(Path::new("/nowhere/kubelet"), "kubelet", "1.34");
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).contains("cannot run `/nowhere/kubelet`"), "{}", said(&output));
}
