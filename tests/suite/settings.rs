//! Flags that a `deploy` sets are looked at like those of a component: each flag of each table, in each version of Kubernetes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use kmodel::diag::Code;
use kmodel::facts::Status;
use kmodel::facts::flag::{self, Flag, FlagKind};
use kmodel::syntax::ast::Version;

use crate::support::{kmodel, plan};

/// Programs that components of the library run, each on the machines of a whole cluster.
const PROGRAMS: [&str; 5] = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"];

const OF_FLAGS: [Code; 6] = [
    Code::UnknownFlag,
    Code::SettingOwned,
    Code::FlagNotYet,
    Code::FlagRemoved,
    Code::FlagDeprecated,
    Code::TypeMismatch,
];

fn model(program: &str, flags: &[(&String, &Flag)], version: Version) -> String {
    model_of(program, flags, version, sample)
}

/// A model that sets each of these flags of a program, the one at `place` in line `place + 1`.
fn model_of(program: &str, flags: &[(&String, &Flag)], version: Version, sample: fn(&Flag) -> &'static str) -> String {
    let mut text = format!("deploy {program} on cp {{ flags = {{\n");
    for (name, flag) in flags {
        let _ = writeln!(text, "  {name} = {}", sample(flag));
    }
    text += "} }\n";
    for other in ["etcd", "containerd", "addons"].iter().chain(&PROGRAMS).filter(|other| **other != program) {
        let _ = writeln!(text, "deploy {other} on cp");
    }
    let ranges = "pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24";
    text + &format!(
        "use std/kubernetes\ncluster lab {{ kubernetes = {version}, {ranges} }}\nmachines cp {{ cores = 2, memory = 4GiB }}\n"
    )
}

fn sample(flag: &Flag) -> &'static str {
    match flag.kind {
        FlagKind::Bool => "true",
        FlagKind::Int => "7",
        FlagKind::Float => "0.5",
        FlagKind::Duration => "7m",
        FlagKind::Ip => "10.10.0.7",
        FlagKind::String if flag.format.as_deref() == Some("path") => "/etc/site/x",
        FlagKind::String => "\"x\"",
        FlagKind::PortRange => "\"30000-31000\"",
        FlagKind::StringList => "[\"x\"]",
        FlagKind::Map => "{ x = true }",
    }
}

/// What is said of the lines of the flags.
fn told(text: &str) -> BTreeMap<usize, Code> {
    plan::planned(text, |sources, problems, _| {
        let of_flags = problems.iter().filter(|problem| OF_FLAGS.contains(&problem.code));
        let line = |problem: &kmodel::diag::Diagnostic| sources.line_column(problem.labels[0].span).0;
        of_flags.map(|problem| (line(problem), problem.code)).collect()
    })
}

fn expected(flag: &Flag, version: Version) -> Option<Code> {
    match flag.life.status(version) {
        Status::NotYet(_) => Some(Code::FlagNotYet),
        Status::Removed(_) => Some(Code::FlagRemoved),
        Status::Deprecated => Some(Code::FlagDeprecated),
        _ => None,
    }
}

#[test]
fn every_flag_can_be_set_or_has_its_reason() {
    for minor in 31..=37 {
        let version = Version { major: 1, minor, patch: 0 };
        for program in PROGRAMS {
            let table = flag::table(program).expect("a table");
            let all: Vec<_> = table.flags.iter().collect();
            let owned = told(&model(program, &all, version));
            assert!(owned.values().all(|code| *code == Code::SettingOwned), "{program} {version}: {owned:?}");
            assert!(!owned.is_empty() && owned.len() * 2 < all.len(), "{program} sets {} flags", owned.len());
            let free: Vec<_> = all.iter().enumerate().filter(|(place, _)| !owned.contains_key(&(place + 2))).collect();
            let free: Vec<_> = free.into_iter().map(|(_, flag)| *flag).collect();
            let found = told(&model(program, &free, version));
            for (place, (name, flag)) in free.iter().enumerate() {
                let code = found.get(&(place + 2)).copied();
                assert_eq!(code, expected(flag, version), "--{name} of {program} {version}");
            }
        }
    }
}

/// A model that sets each of these flags of etcd, the one at `place` in line `place + 1`.
fn of_etcd(flags: &[(&String, &Flag)], version: Version, sample: fn(&Flag) -> &'static str) -> String {
    let mut text = format!("deploy etcd on cp {{ version = {version}, flags = {{\n");
    for (name, flag) in flags {
        let _ = writeln!(text, "  {name} = {}", sample(flag));
    }
    let ranges = "pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24";
    text + &format!(
        "}} }}\nuse std/kubernetes\ncluster lab {{ kubernetes = 1.36.2, {ranges} }}\nmachines cp {{ memory = 4GiB }}\n"
    )
}

#[test]
fn every_flag_of_etcd_can_be_set_or_has_its_reason() {
    let all: Vec<_> = flag::table("etcd").expect("a table").flags.iter().collect();
    for minor in 5..=7 {
        let version = Version { major: 3, minor, patch: 3 };
        let owned = told(&of_etcd(&all, version, sample));
        assert!(owned.values().all(|code| *code == Code::SettingOwned), "{version}: {owned:?}");
        assert!(!owned.is_empty() && owned.len() * 2 < all.len(), "etcd sets {} flags", owned.len());
        let free = all.iter().enumerate().filter(|(place, _)| !owned.contains_key(&(place + 2)));
        let free: Vec<_> = free.map(|(_, flag)| *flag).collect();
        let found = told(&of_etcd(&free, version, sample));
        for (place, (name, flag)) in free.iter().enumerate() {
            assert_eq!(found.get(&(place + 2)).copied(), expected(flag, version), "--{name} of etcd {version}");
        }
    }
}

/// A value of another type.
fn wrong(flag: &Flag) -> &'static str {
    match flag.kind {
        FlagKind::Bool => "7",
        FlagKind::Int | FlagKind::Float | FlagKind::Duration | FlagKind::Ip | FlagKind::PortRange => "true",
        FlagKind::String | FlagKind::StringList => "{ x = true }",
        FlagKind::Map => "7",
    }
}

#[test]
fn no_flag_takes_a_value_of_another_type() {
    let version = Version { major: 1, minor: 36, patch: 2 };
    for program in PROGRAMS.iter().chain(&["etcd"]) {
        let all: Vec<_> = flag::table(program).expect("a table").flags.iter().collect();
        let text = match *program {
            "etcd" => of_etcd(&all, Version { major: 3, minor: 6, patch: 14 }, wrong),
            program => model_of(program, &all, version, wrong),
        };
        let found = told(&text);
        for (place, (name, _)) in all.iter().enumerate() {
            assert_eq!(found.get(&(place + 2)), Some(&Code::TypeMismatch), "--{name} of {program}");
        }
    }
}

#[test]
fn what_is_set_is_what_runs() {
    let text = "use std/kubernetes\n\
        cluster lab { kubernetes = 1.36.2, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24 }\n\
        machines cp { cores = 2, memory = 4GiB }\n\
        deploy etcd, containerd, addons, kube-controller-manager, kube-scheduler, kube-proxy on cp\n\
        deploy kube-apiserver on cp { flags = { event-ttl = 2h, v = 7 }, override = { v = \"we look\" } }\n\
        deploy kubelet on cp {\n\
          config = { qosReserved = { memory = \"9%\" }, authentication = { webhook = { cacheTTL = \"9s\" } } }\n\
          unit = { environment = { GOGC = \"50\" }, extra = { Service = { Slice = \"node.slice\" } } }\n\
          override = { \"authentication.webhook.cacheTTL\" = \"logins change\" }\n\
        }\n\
        target nocloud { }\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m.km"), text).unwrap();
    let output = kmodel(["render", "m.km", "--out", "out"]).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let file = |path: &str| {
        let tree = folder.path().join("out/machines/cp-0/root").join(path);
        std::fs::read_to_string(&tree).unwrap_or_else(|error| panic!("{}: {error}", tree.display()))
    };
    let unit = file("etc/systemd/system/kube-apiserver.service");
    assert!(unit.contains("--event-ttl=2h") && unit.contains("--v=7") && !unit.contains("--v=2"), "{unit}");
    let unit = file("etc/systemd/system/kubelet.service");
    assert!(unit.contains("GOGC=50") && unit.contains("Slice=node.slice"), "{unit}");
    let config = file("var/lib/kubelet/config.yaml");
    for line in ["  memory: 9%", "    cacheTTL: 9s", "    enabled: true", "clusterDomain: cluster.local"] {
        assert!(config.contains(line), "{line} is not in {config}");
    }
    let why = |flag: &str| {
        let output =
            kmodel(["why", "m.km", "kube-apiserver.service", flag]).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let output = kmodel(["why", "m.km", "/var/lib/kubelet/config.yaml"]).current_dir(folder.path()).output().unwrap();
    let config = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(config.contains("`config = {") && config.contains("m.km:7"), "{config}");
    let (own, over) = (why("--event-ttl"), why("--v"));
    assert!(own.contains("`event-ttl = 2h` in the deployment of `kube-apiserver`  m.km:5"), "{own}");
    assert!(over.contains("`v = 7` in the deployment") && over.contains("in place of `v"), "{over}");
}
