//! What tests of this module share: a client that is a script, and a machine.

use std::path::Path;
use std::process::Command;

use crate::model::value::Record;
use crate::render::bundle::BundleFile;
use crate::render::origin::What;
use crate::target::lxd::{Definition, Desired, Instance, Options, StartedUnit};

use super::client::Client;

/// A client of the project `lab` whose program is a shell script. Another process writes it: one that is still open for
/// writing, in whatever thread, could not be run.
pub(super) fn client(folder: &Path, script: &str) -> Client {
    let program = folder.join("lxc").display().to_string();
    let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" >\"$0\" && chmod +x \"$0\"";
    let status = Command::new("sh").args(["-c", write, &program, script]).status().unwrap();
    assert!(status.success());
    Client::new(&program, "lab")
}

/// A machine with these files and units.
pub(super) fn machine(name: &str, files: Vec<BundleFile>, units: Vec<StartedUnit>) -> Instance {
    let definition = Definition {
        name: name.to_owned(),
        description: String::new(),
        config: Record::default(),
        devices: Record::default(),
        comment: String::new(),
    };
    Instance {
        definition,
        profile: String::new(),
        group: "cp".into(),
        user_data: String::new(),
        network_config: String::new(),
        files,
        units,
        former: vec![],
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

/// What there should be in the project `lab` of the cluster `lab`.
pub(super) fn desired(machines: Vec<Instance>) -> Desired {
    let [image, command, project, pool, network] = ["debian/13", "lxc", "lab", "kmodel", "kmodel"].map(str::to_owned);
    let definition = |name: &str| machine(name, vec![], vec![]).definition;
    Desired {
        cluster: "lab".into(),
        pool: definition(&pool),
        network: definition(&network),
        options: Options { image, mirror: None, command, project, pool, network, privileged: false },
        ranges: vec![],
        profiles: vec![],
        machines,
        runs_pods: false,
    }
}
