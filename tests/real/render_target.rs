//! What is rendered for LXD, read by the real programs: every example.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::tool::{said, succeed, tool, write};

const EXAMPLES: [&str; 3] = ["ha", "lab", "single"];

/// An example, rendered into a folder of its own.
struct Output {
    folder: tempfile::TempDir,
}

impl Output {
    fn new(example: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("model.km");
        fs::copy(format!("examples/{example}.km"), &model).unwrap();
        let mut kmodel = Command::new(env!("CARGO_BIN_EXE_kmodel"));
        kmodel.arg("render").arg(&model).args(["--target", "lxd", "--out"]).arg(folder.path().join("out"));
        succeed(kmodel.arg("--store").arg(folder.path().join("store")));
        Self { folder }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("out").join(path)
    }

    fn machines(&self) -> Vec<PathBuf> {
        list(&self.path("machines"))
    }
}

fn list(folder: &Path) -> Vec<PathBuf> {
    let mut list: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    list.sort();
    list
}

fn each_machine(check: impl Fn(&Path)) {
    for example in EXAMPLES {
        Output::new(example).machines().iter().for_each(|machine| check(machine));
    }
}

#[test]
fn cloud_init_takes_the_user_data() {
    if tool("cloud-init").is_none() {
        return;
    }
    each_machine(|machine| {
        let said = succeed(tool("cloud-init").unwrap().args(["schema", "-c"]).arg(machine.join("user-data")));
        assert!(said.contains("Valid"), "{said}");
    });
}

/// cloud-init before 23.4 cannot check a network-config; netplan, whose form it is, always can.
#[test]
fn cloud_init_and_netplan_take_the_network() {
    let help = tool("cloud-init").map(|mut program| said(&program.args(["schema", "--help"]).output().unwrap()));
    let checks = help.is_some_and(|help| help.contains("--schema-type"));
    if !checks {
        eprintln!("\n*** SKIPPED: this cloud-init cannot check a network-config, so it did NOT ***\n");
    }
    each_machine(|machine| {
        let file = machine.join("network-config");
        if checks {
            let mut command = tool("cloud-init").unwrap();
            succeed(command.args(["schema", "--schema-type", "network-config", "-c"]).arg(&file));
        }
        let Some(mut netplan) = tool("netplan") else { return };
        let root = tempfile::tempdir().unwrap();
        let text = fs::read_to_string(&file).unwrap().replace('\n', "\n  ");
        write(&root.path().join("etc/netplan/k.yaml"), format!("network:\n  {}\n", text.trim_end()).as_bytes(), 0o600);
        succeed(netplan.args(["generate", "--root-dir"]).arg(root.path()));
    });
}

/// A root with systemd's own units, the machine's, and an empty program for each that a unit starts.
fn systemd_root(machine: &Path) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let shell = "mkdir -p $1/usr/lib/systemd $1/etc && cp -r /lib/systemd/system $1/usr/lib/systemd/ && ln -s usr/lib $1/lib && cp -r $0/root/. $1/";
    succeed(Command::new("sh").args(["-c", shell]).arg(machine).arg(root.path()));
    for folder in list(&root.path().join("etc/systemd/system")).iter().filter(|path| path.is_dir()) {
        let unit = folder.file_stem().unwrap().to_str().unwrap();
        let text = "[Service]\nExecStart=/bin/packaged\n";
        write(&root.path().join("usr/lib/systemd/system").join(unit), text.as_bytes(), 0o644);
    }
    for path in units(root.path()) {
        let text = fs::read_to_string(path).unwrap();
        let programs =
            text.lines().filter_map(|line| line.strip_prefix("Exec")?.split_once('=').map(|(_, command)| command));
        for program in programs.filter_map(|line| line.trim_start_matches('-').split_whitespace().next()) {
            write(&root.path().join(program.trim_start_matches('/')), b"#!/bin/sh\n", 0o755);
        }
    }
    write(&root.path().join("usr/bin/packaged"), b"#!/bin/sh\n", 0o755);
    write(&root.path().join("bin/packaged"), b"#!/bin/sh\n", 0o755);
    root
}

/// The units of a machine: own ones by their file, packaged ones by that of the package.
fn units(root: &Path) -> Vec<PathBuf> {
    let own = list(&root.join("etc/systemd/system"));
    let packaged = |path: &PathBuf| root.join("usr/lib/systemd/system").join(path.file_stem().unwrap());
    own.iter().map(|path| if path.is_dir() { packaged(path) } else { path.clone() }).collect()
}

#[test]
fn systemd_takes_every_unit_in_silence() {
    if tool("systemd-analyze").is_none() {
        return;
    }
    each_machine(|machine| {
        let root = systemd_root(machine);
        let names = units(root.path()).into_iter().map(|path| path.file_name().unwrap().to_owned());
        let mut command = tool("systemd-analyze").unwrap();
        let mut flag = std::ffi::OsString::from("--root=");
        flag.push(root.path());
        let said = succeed(command.args(["verify", "--man=no"]).arg(flag).args(names));
        // An unknown key is only a warning to it, so it must say nothing at all.
        assert_eq!(said.trim(), "", "{}", machine.display());
    });
}

#[test]
fn no_secret_stands_outside_private_files() {
    for example in EXAMPLES {
        let output = Output::new(example);
        let text = |path: PathBuf| fs::read_to_string(path).unwrap_or_default();
        let open = output.machines().into_iter().flat_map(|machine| list(&machine)).chain(list(&output.path("lxd")));
        for path in open.filter(|path| path.is_file()) {
            assert!(!text(path.clone()).contains("PRIVATE KEY"), "{}", path.display());
        }
        succeed(
            Command::new("sh")
                .args(["-c", "! grep -rl 'PRIVATE KEY' $0 | xargs -r stat -c '%a %n' | grep -v '^600 '"])
                .arg(output.path("")),
        );
    }
}

#[test]
fn load_balancers_stay_unprivileged() {
    let output = Output::new("ha");
    let instance = |name: &str| fs::read_to_string(output.path(&format!("lxd/instances/{name}.yaml"))).unwrap();
    assert!(instance("lb-0").contains("- ha-plain\n"), "{}", instance("lb-0"));
    assert!(instance("wrk-0").contains("- ha-pods-"), "{}", instance("wrk-0"));
    assert!(!fs::read_to_string(output.path("lxd/profile-plain.yaml")).unwrap().contains("security.privileged"));
}
