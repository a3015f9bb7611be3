//! User-data and network-config of every machine, by cloud-init's own schema.

use std::path::PathBuf;

use crate::host::tool::{each, none};
use crate::host::{all, tool};

/// The files with this name of all machines.
fn files(name: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for output in all() {
        for machine in &output.machines {
            let path = format!("machines/{}/{name}", machine.name);
            assert!(output.text(&path).is_some(), "{} has no {path}", output.name);
            files.push(output.path(&path));
        }
    }
    files
}

fn check(name: &str, arguments: &[&str]) {
    let Some(cloud_init) = tool("cloud-init", name) else { return };
    none(
        each(&files(name), |file| {
            let mut command = cloud_init.command();
            let result =
                command.arg("schema").args(arguments).arg("--config-file").arg(file).output().expect("it runs");
            let said = String::from_utf8_lossy(&result.stderr).into_owned() + &String::from_utf8_lossy(&result.stdout);
            let wrong = !result.status.success() || said.to_lowercase().contains("deprecat") || said.contains("Error");
            wrong.then(|| format!("{}: {}: {said}", file.display(), result.status))
        })
        .into_iter()
        .flatten(),
    );
}

#[test]
fn cloud_init_takes_every_user_data() {
    check("user-data", &[]);
}

#[test]
fn cloud_init_takes_every_network_config() {
    let Some(cloud_init) = tool("cloud-init", "network-config") else { return };
    let help = cloud_init.run(["schema", "--help"]).unwrap_or_default();
    if help.contains("--schema-type") {
        check("network-config", &["--schema-type", "network-config"]);
    }
    // Older ones have no schema for it: what netplan takes is checked here.
    for file in files("network-config") {
        let text = std::fs::read_to_string(&file).expect("it was written");
        let config: serde_json::Value = serde_saphyr::from_str(&text).expect("it is YAML");
        let config = config.get("network").unwrap_or(&config);
        assert_eq!(config["version"], 2, "{}", file.display());
        assert!(config["ethernets"].as_object().is_some_and(|all| !all.is_empty()), "{}", file.display());
    }
}

#[test]
fn user_data_says_what_it_is() {
    for file in files("user-data") {
        let text = std::fs::read_to_string(&file).expect("it was written");
        assert!(text.starts_with("#cloud-config\n"), "{}", file.display());
        assert!(!text.contains("PRIVATE KEY"), "{} holds a private key", file.display());
    }
}
