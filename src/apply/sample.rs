//! What tests of this module share: a client that is a script, and a machine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use crate::model::value::Record;
use crate::render::bundle::BundleFile;
use crate::render::origin::What;
use crate::target::lxd::{Definition, Instance, Options, Resources};
use crate::target::{Arrival, Desired, Machine, StartedUnit};

use super::lxd::Lxd;
use super::lxd::client::Client;
use super::lxd::current::Current;
use super::provider::Access;

/// A shell script that can be run. Another process writes it: one that is still open for writing, in whatever thread, could not
/// be run.
pub(super) fn program(folder: &Path, name: &str, script: &str) -> PathBuf {
    let program = folder.join(name);
    let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" >\"$0\" && chmod +x \"$0\"";
    let status = Command::new("sh").args(["-c", write]).arg(&program).arg(script).status().unwrap();
    assert!(status.success());
    program
}

/// A client of the project `lab` whose program is a shell script.
pub(super) fn client(folder: &Path, script: &str) -> Arc<Client> {
    let program = program(folder, "lxc", script).display().to_string();
    Arc::new(Client::new(&program, "lab"))
}

/// Both seams of the project `lab`, by a client that is a script, with these machines there.
pub(super) fn access(folder: &Path, script: &str, machines: &serde_json::Value) -> Access {
    let client = client(folder, script);
    let machines = serde_json::from_value(machines.clone()).unwrap();
    let lxd = Lxd::with(Arc::clone(&client), resources(), Current { machines, ..Current::default() });
    Access { transport: Box::new(client), provider: Box::new(lxd) }
}

/// A machine with these files and units.
pub(super) fn machine(name: &str, files: Vec<BundleFile>, units: Vec<StartedUnit>) -> Machine {
    Machine {
        name: name.into(),
        group: "cp".into(),
        at_once: 1,
        former: vec![],
        address: [10, 0, 0, 5].into(),
        arch: "amd64".into(),
        cores: 2.0,
        memory: 4 << 30,
        disk: 20 << 30,
        runs_pods: false,
        arrival: Arrival::FirstBoot,
        files,
        units,
    }
}

/// Its container.
pub(super) fn instance(name: &str) -> Instance {
    Instance {
        definition: definition(name),
        profile: String::new(),
        group: "cp".into(),
        user_data: String::new(),
        network_config: String::new(),
        volumes: vec![],
        former: vec![],
    }
}

/// Something of that name.
pub(super) fn definition(name: &str) -> Definition {
    Definition {
        name: name.to_owned(),
        description: String::new(),
        config: Record::default(),
        devices: Record::default(),
        comment: String::new(),
    }
}

pub(super) fn file(path: &str, content: &str, secret: bool) -> BundleFile {
    BundleFile {
        path: path.to_owned(),
        mode: 0o644,
        owner: "root".into(),
        group: "etcd".into(),
        content: content.as_bytes().into(),
        secret,
        origin: What::Boot.into(),
    }
}

/// What there should be of the cluster `lab`.
pub(super) fn desired(machines: Vec<Machine>) -> Desired {
    Desired { cluster: "lab".into(), machines, runs_pods: false, hooks: crate::target::Hooks::default() }
}

/// What there should be in the project `lab` for it, without an instance.
pub(super) fn resources() -> Resources {
    let [image, command, project, pool, network] = ["debian/13", "lxc", "lab", "kmodel", "kmodel"].map(str::to_owned);
    Resources {
        cluster: "lab".into(),
        pool: definition(&pool),
        network: definition(&network),
        options: Options { image, mirror: None, command, project, pool, network, privileged: false },
        ranges: vec![],
        profiles: vec![],
        instances: vec![],
    }
}
