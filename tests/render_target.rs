//! What is rendered for LXD, read by the real programs: every example.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::tool::{said, succeed, tool, write};

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
fn the_scripts_are_clean() {
    if tool("shellcheck").is_none() {
        return;
    }
    let output = Output::new("ha");
    let mut command = tool("shellcheck").unwrap();
    succeed(command.current_dir(output.path("lxd")).args(["-x", "up", "down", "settings", "client"]));
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
    let machines = fs::read_to_string(output.path("lxd/machines")).unwrap();
    assert!(machines.contains("lb-0|ha-plain|") && machines.contains("wrk-0|ha-pods-"), "{machines}");
    assert!(!fs::read_to_string(output.path("lxd/profile-plain.yaml")).unwrap().contains("security.privileged"));
}

/// A client that keeps what there is in a folder, one file a thing with what it was given, and `root-NAME` for each
/// machine. Nothing writes what is in user-data: that comes with the second `up`, as a change would.
const CLIENT: &str = r#"#!/bin/bash
cd "$FAKE" || exit 1
[ "$1" = --project ] && shift 2
echo "$*" >>log
case "$1 $2" in
  version*) printf 'Client version: 5.0.2\nServer version: %s\n' "${SERVER-5.0.2}" ;;
  'project show') [ -e "project-$3" ] ;;
  'project create') touch "project-$3" ;;
  'project get' | 'network get' | 'storage get') [ -e "$1-$3" ] && echo "${OWNER-ha}" ;;
  'project delete' | 'network delete' | 'storage delete' | 'profile delete') rm "$1-$3" ;;
  'storage show' | 'network show' | 'profile show') [ -e "$1-$3" ] ;;
  'storage create' | 'network create' | 'profile create') touch "$1-$3" ;;
  'network edit' | 'profile edit') cat >"$1-$3" ;;
  'profile list') for p in profile-*; do echo "${p#profile-},"; done ;;
  'profile get') [ -e "profile-$3" ] && echo "${OWNER-ha}" ;;
  'image info') exit 1 ;;
  'config show') cat "instance-$3" 2>/dev/null ;;
  'config get') case $4 in
    user.kmodel.cluster) echo "${OWNER-ha}" ;;
    limits.*) sed -n "s/^  $4: \"*\([^\"]*\)\"*$/\1/p" "instance-$3" ;;
    *) cat "data-$3-$4" 2>/dev/null ;;
  esac ;;
  'config device') sed -n 's/^    size: //p' "instance-$4" ;;
  'config set') cat >"data-$3-$4" ;;
  'init '*) cat >"instance-$3" ;;
  'start '*) touch "running-$2" ;;
  'delete '*) rm -rf "instance-$3" "running-$3" "root-$3" ;;
  'list user.'*) ls instance-* 2>/dev/null | sed 's/^instance-//' ;;
  'list '*) n=${2#^}; [ -e "running-${n%$}" ] && echo RUNNING ;;
  'file push') to=root-${*: -1}; mkdir -p "${to%/*}" && cp "${*: -2:1}" "$to" ;;
  'exec '*)
    root=root-$2
    mkdir -p "$root"
    case $* in
      *sha256sum*) sed "s|  /|  $root/|" | LC_ALL=C sha256sum --check --quiet | sed "s|^$root||" ;;
      *'find . -type f'*) cp -r "$root/var/lib/kmodel/incoming/." "$root/" && rm -rf "$root/var/lib/kmodel/incoming" ;;
      *'test -e '*) [ -e "$root/${*: -1}" ] ;;
      *' cut '*) echo ready ;;
      *status) echo "ready end " ;;
      *units) mkdir -p "$root/var/lib/kmodel" && touch "$root/var/lib/kmodel/boot.json" ;;
    esac ;;
esac
"#;

fn script(output: &Output, name: &str, fake: &Path, settings: &[(&str, &str)]) -> std::process::Output {
    let mut command = Command::new("bash");
    command.arg(output.path("lxd").join(name)).env("KMODEL_LXC", fake.join("lxc")).env("FAKE", fake);
    if name == "down" {
        command.arg("--yes");
    }
    command.envs(settings.iter().copied()).output().unwrap()
}

#[test]
fn up_twice_creates_once_and_down_leaves_nothing() {
    let (output, fake) = (Output::new("ha"), tempfile::tempdir().unwrap());
    write(&fake.path().join("lxc"), CLIENT.as_bytes(), 0o755);
    let run = |name| {
        let _ = fs::remove_file(fake.path().join("log"));
        let result = script(&output, name, fake.path(), &[]);
        assert!(result.status.success(), "{}", said(&result));
        fs::read_to_string(fake.path().join("log")).unwrap()
    };
    let first = run("up");
    assert_eq!(first.matches("\ninit images:debian/13/cloud ").count(), 8, "{first}");
    assert!(first.contains("file push --quiet --create-dirs --uid 0 --gid 0 --mode 0600"));
    run("up");
    let third = run("up");
    let changes =
        [" create ", "init ", "config set", "config device set", "profile assign", "file push", "systemctl restart"];
    let changing = third.lines().find(|line| changes.iter().any(|change| line.contains(change)));
    assert_eq!(changing, None, "nothing changed in the model");
    run("down");
    assert_eq!(list(fake.path()).len(), 2 + 16, "only the client, its log and what it remembers of data are left");
}

#[test]
fn a_change_comes_to_the_machines_that_have_it_and_to_no_other() {
    let (output, fake) = (Output::new("ha"), tempfile::tempdir().unwrap());
    write(&fake.path().join("lxc"), CLIENT.as_bytes(), 0o755);
    let up = || {
        let result = script(&output, "up", fake.path(), &[]);
        assert!(result.status.success(), "{}", said(&result));
        said(&result)
    };
    up();
    up();
    let (path, files) = ("etc/systemd/system/etcd.service", output.path("machines/cp-1/files"));
    write(&output.path(&format!("machines/cp-1/root/{path}")), b"changed", 0o644);
    let list = fs::read_to_string(&files).unwrap();
    let other =
        |line: &str| if line.ends_with(path) { format!("{CHANGED}|0644|plain|/{path}") } else { line.to_owned() };
    write(&files, list.lines().map(|line| other(line) + "\n").collect::<String>().as_bytes(), 0o644);
    let _ = fs::remove_file(fake.path().join("log"));
    assert!(up().contains("cp-1: changed files: 1\n"));
    let log = fs::read_to_string(fake.path().join("log")).unwrap();
    let restarted: Vec<_> = log.lines().filter(|line| line.contains("systemctl restart")).collect();
    assert!(matches!(restarted[..], [line] if line.starts_with("exec cp-1 ")), "{restarted:?}");
    assert_eq!(fs::read_to_string(fake.path().join("root-cp-1").join(path)).unwrap(), "changed");
}

/// The SHA-256 of `changed`.
const CHANGED: &str = "d67e2e944994496c8d8ec76eed0cf9f09679448d584b532bebf941852a37f5ed";

#[test]
fn what_is_not_ours_is_left_alone() {
    let (output, fake) = (Output::new("ha"), tempfile::tempdir().unwrap());
    write(&fake.path().join("lxc"), CLIENT.as_bytes(), 0o755);
    for thing in ["project-ha", "network-km-ha", "storage-km-ha", "instance-cp-0"] {
        write(&fake.path().join(thing), b"", 0o644);
    }
    let result = script(&output, "up", fake.path(), &[("OWNER", "other")]);
    assert!(
        said(&result).contains("there is an instance cp-0 in the project ha that is not of the cluster ha"),
        "{}",
        said(&result)
    );
}

#[test]
fn a_client_that_cannot_work_is_said() {
    let (output, fake) = (Output::new("single"), tempfile::tempdir().unwrap());
    let result = script(&output, "up", fake.path(), &[]);
    assert!(said(&result).contains("install LXD 5.0 or newer"), "{}", said(&result));
    write(&fake.path().join("lxc"), CLIENT.as_bytes(), 0o755);
    for (server, message) in
        [("unreachable", "does not reach its server"), ("4.0.9", "the server is LXD 4.0.9, and 5.0 or newer")]
    {
        let result = script(&output, "up", fake.path(), &[("SERVER", server)]);
        assert!(!result.status.success() && said(&result).contains(message), "{}", said(&result));
    }
}
