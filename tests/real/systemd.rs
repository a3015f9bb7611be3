//! Every unit of every machine, by `systemd-analyze verify`, with all that it prints read.
//!
//! It looks for the programs that units start, so each machine gets a root folder with the distribution's units, ours, and
//! an empty program for each that the machine downloads.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::host::tool::{each, none};
use crate::host::{Output, Tool, all, skip, tool, unit};

const UNITS: &str = "/etc/systemd/system/";

#[test]
fn systemd_takes_every_unit_without_a_word() {
    let Some(analyze) = tool("systemd-analyze", "systemd units") else { return };
    let roots: Vec<_> =
        all().into_iter().flat_map(|output| output.machines.iter().map(move |m| (output, m.name.as_str()))).collect();
    let roots = distinct(roots);
    none(each(&roots, |(output, machine)| problems(&analyze, output, machine)).into_iter().flatten());
}

/// One machine of those with the same units.
fn distinct<'a>(machines: Vec<(&'a Output, &'a str)>) -> Vec<(&'a Output, &'a str)> {
    let mut seen = BTreeSet::new();
    machines.into_iter().filter(|(output, machine)| seen.insert(units(output, machine))).collect()
}

/// The machine's unit files and drop-ins, with their texts.
fn units(output: &Output, machine: &str) -> Vec<(String, String)> {
    let start = format!("machines/{machine}/root{UNITS}");
    let files = output.files.iter().filter(|file| file.path.starts_with(&start));
    files
        .map(|file| (file.path[start.len()..].to_owned(), String::from_utf8_lossy(&file.content).into_owned()))
        .collect()
}

fn problems(analyze: &Tool, output: &Output, machine: &str) -> Vec<String> {
    let root = tempfile::tempdir().expect("there is room for small files");
    let units = units(output, machine);
    assert!(!units.is_empty(), "{}: {machine} has no units", output.name);
    let packaged = build(root.path(), &units);
    let own = units.iter().map(|(name, _)| name.clone()).filter(|name| !name.contains('/'));
    let names: Vec<String> = own.chain(packaged).collect();
    let mut command = analyze.command();
    let root_option = format!("--root={}", root.path().display());
    command.args(["verify", "--man=no", &root_option]).args(&names);
    let result = command.output().expect("systemd-analyze runs");
    let said = String::from_utf8_lossy(&result.stderr).into_owned() + &String::from_utf8_lossy(&result.stdout);
    let ours =
        said.lines().filter(|line| names.iter().any(|name| line.contains(name.as_str())) || line.contains(UNITS));
    let mut problems: Vec<_> = ours.map(|line| format!("{}: {machine}: {line}", output.name)).collect();
    if !result.status.success() {
        problems.push(format!("{}: {machine}: {}: {said}", output.name, result.status));
    }
    problems
}

/// Fills a root folder; returns the packaged units that drop-ins are for.
fn build(root: &Path, units: &[(String, String)]) -> Vec<String> {
    let system = root.join("usr/lib/systemd/system");
    fs::create_dir_all(system.parent().expect("it has one")).expect("there is room");
    std::os::unix::fs::symlink("usr/lib", root.join("lib")).expect("a link can be made");
    let copied = Command::new("cp").args(["-a", "/lib/systemd/system"]).arg(&system).status();
    assert!(copied.is_ok_and(|status| status.success()), "the distribution's units can be copied");
    let mut packaged = Vec::new();
    for (name, text) in units {
        let path = root.join(&UNITS[1..]).join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("there is room");
        fs::write(&path, text).expect("there is room");
        programs(text).iter().for_each(|program| stub(root, program));
        if let Some((unit, _)) = name.split_once(".d/") {
            // A unit that is written beside its drop-in needs no package.
            if units.iter().any(|(other, _)| other == unit) {
                continue;
            }
            let brought = system.join(unit);
            match fs::read_to_string(&brought) {
                Ok(text) => programs(&text).iter().for_each(|program| stub(root, program)),
                Err(_) => {
                    skip(&format!("no package brings {unit}"), "its drop-in");
                    fs::remove_file(&path).expect("it was written just now");
                    continue;
                }
            }
            packaged.push(unit.to_owned());
        }
    }
    packaged
}

/// Programs in `Exec...=` lines.
fn programs(text: &str) -> Vec<PathBuf> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().filter(|line| line.starts_with("Exec")).filter_map(|line| line.split_once('='));
    let programs = lines.filter_map(|(_, command)| command.split_whitespace().next());
    programs
        .map(|program| program.trim_start_matches(['-', '@', '+', '!', ':', '"']).trim_end_matches('"').into())
        .collect()
}

fn stub(root: &Path, program: &Path) {
    let path = root.join(program.strip_prefix("/").expect("systemd starts programs by their whole path"));
    fs::create_dir_all(path.parent().expect("it has one")).expect("there is room");
    fs::write(&path, "#!/bin/sh\n").expect("there is room");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
}

#[test]
fn units_start_what_the_machine_has() {
    for output in all() {
        for machine in &output.machines {
            for (name, text) in units(output, &machine.name).iter().filter(|(name, _)| !name.contains('/')) {
                let arguments = unit::exec_start(text).unwrap_or_else(|| panic!("{name} starts nothing"));
                for path in
                    arguments.iter().flat_map(|argument| argument.rsplit('=').next()).filter(|path| is_config(path))
                {
                    assert!(
                        output.on(&machine.name, path).is_some(),
                        "{}: {} of {} names {path}, which is not on the machine",
                        output.name,
                        name,
                        machine.name
                    );
                }
            }
        }
    }
}

/// Whether an argument names a file that kmodel has to write.
fn is_config(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or_default();
    (path.starts_with("/etc/kubernetes/") || path.starts_with("/var/lib/kubelet/")) && file.contains('.')
        || file == "node-roles"
}

/// What the daemons of a machine read is where the machine has it.
#[test]
fn configuration_names_files_that_are_there() {
    for output in all() {
        for path in
            ["/var/lib/kubelet/config.yaml", "/etc/kubernetes/kube-proxy.yaml", "/etc/kubernetes/scheduler.yaml"]
        {
            for (machine, text) in output.everywhere(path) {
                let words = text.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
                for named in words.filter(|word| is_config(word)) {
                    let there = output.on(machine, named).is_some();
                    assert!(there, "{}: {path} of {machine} names {named}, which is not there", output.name);
                }
            }
        }
    }
}
