//! What is rendered for Flatcar, read by Ignition itself.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use crate::support::tool::{succeed, tool};

const MODEL: &str = "\
    authority lab-ca { cn = \"lab\", file = /etc/lab/ca.crt }\n\
    component web {\n\
    \x20 cert serving { authority = lab-ca, cn = \"web\", usage = [\"server\"], names = [machine.name], file = /etc/web/tls.crt }\n\
    \x20 file /etc/web/text { text = \"a\\n\" }\n\
    \x20 file /etc/web/empty { text = \"\" }\n\
    \x20 unit web.service { exec = /usr/bin/env, args = [\"sleep\", \"inf\"] }\n\
    \x20 needs package \"conntrack\"\n\
    }\n\
    cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24, renew = 30d }\n\
    machines app[2]\n\
    deploy web on app\n";

/// The folder of a model, rendered for this target.
fn rendered(target: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cluster.km"), format!("{MODEL}{target}\n")).unwrap();
    let mut kmodel = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    succeed(kmodel.args(["render", "cluster.km", "--out", "out"]).current_dir(folder.path()));
    folder
}

const TARGETS: [&str; 3] = [
    "target flatcar {}",
    "target flatcar { files = \"apart\" }",
    "target flatcar { interface = \"en*\", ssh-keys = [\"ssh-ed25519 AAAA ops\"], mirror = \"http://10.10.0.9\" }",
];

fn config(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("out/machines/app-0/config.ign")
}

fn read(folder: &tempfile::TempDir) -> Json {
    serde_json::from_slice(&fs::read(config(folder)).unwrap()).unwrap()
}

#[test]
fn ignition_takes_the_config() {
    for target in TARGETS {
        let Some(mut validate) = tool("ignition-validate") else { return };
        let said = succeed(validate.arg(config(&rendered(target))));
        assert_eq!(said.trim(), "", "{target}");
    }
}

/// What the config writes is the tree, byte by byte, but for what comes in the archive.
#[test]
fn the_config_holds_what_the_tree_shows() {
    let folder = rendered(TARGETS[0]);
    let config = read(&folder);
    let files = config["storage"]["files"].as_array().unwrap();
    let mut count = 0;
    for file in files {
        let path = file["path"].as_str().unwrap();
        let text = file["contents"]["source"].as_str().unwrap().strip_prefix("data:;base64,").unwrap();
        let tree = folder.path().join(format!("out/machines/app-0/root{path}"));
        match fs::read(&tree) {
            Ok(bytes) => assert_eq!(STANDARD.decode(text).unwrap(), bytes, "{path}"),
            Err(_) => assert!(["/etc/hostname", "/etc/hosts"].contains(&path), "{path}"),
        }
        assert!(!path.ends_with(".key"), "{path}");
        count += usize::from(path.starts_with("/etc/web/"));
    }
    assert_eq!(count, 3);
    assert!(folder.path().join("out/machines/app-0/files.tar.gz").exists());
    assert!(folder.path().join("out/machines/app-0/root/opt/kmodel/boot").exists());
}

#[test]
fn what_a_machine_is_given_looks_like_this() {
    let folder =
        rendered("target flatcar { files = \"apart\", interface = \"en*\", ssh-keys = [\"ssh-ed25519 AAAA ops\"] }");
    let mut config = read(&folder);
    for file in config["storage"]["files"].as_array_mut().unwrap() {
        let text = file["contents"]["source"].as_str().unwrap().strip_prefix("data:;base64,").unwrap().to_owned();
        file["contents"]["source"] = String::from_utf8(STANDARD.decode(text).unwrap()).unwrap().into();
    }
    let text = config["systemd"]["units"][0]["contents"].as_str().unwrap();
    let hash = |word: &str| if word.len() == 65 { "\"HASH".to_owned() } else { word.to_owned() };
    let text = text.split(' ').map(hash).collect::<Vec<_>>().join(" ");
    config["systemd"]["units"][0]["contents"] = text.into();
    let inventory = fs::read_to_string(folder.path().join("out/machines.json")).unwrap();
    let config = serde_json::to_string_pretty(&config).unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/render");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::assert_snapshot!("ignition-flatcar", format!("--- machines.json\n{inventory}--- config.ign\n{config}"))
    });
}
