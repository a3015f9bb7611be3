//! Configuration files of HAProxy, keepalived and containerd, by those programs, and of CRI-O by one that reads some of them.

use crate::host::tool::{each, none};
use crate::host::{Output, Tool, all, case, tool};

/// A file on every machine of every output that has it.
fn files(path: &str) -> Vec<(&'static Output, String)> {
    let all = all().into_iter();
    all.flat_map(|output| output.everywhere(path).into_iter().map(move |(machine, _)| (output, machine.to_owned())))
        .collect()
}

/// Checks a file on every machine by a program that is told of it by these arguments.
fn check(program: &Tool, arguments: &[&str], path: &str) {
    let files = files(path);
    assert!(!files.is_empty(), "no machine has {path}");
    none(
        each(&files, |(output, machine)| {
            let file = output.tree(machine).join(path.trim_start_matches('/'));
            let mut command = program.command();
            let result = command.args(arguments).arg(file).output().expect("the program runs");
            let said = [result.stdout, result.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            let quiet = said
                .lines()
                .all(|line| !line.contains("WARNING") && !line.contains("ALERT") && !line.contains("Unknown"));
            (!result.status.success() || !quiet)
                .then(|| format!("{}: {machine}: {}: {said}", output.name, result.status))
        })
        .into_iter()
        .flatten(),
    );
}

#[test]
fn haproxy_takes_its_configuration() {
    let Some(haproxy) = tool("haproxy", "haproxy.cfg") else { return };
    check(&haproxy, &["-c", "-f"], "/etc/haproxy/haproxy.cfg");
}

#[test]
fn haproxy_stands_before_every_api_server() {
    let output = case("ha");
    let files = output.everywhere("/etc/haproxy/haproxy.cfg");
    assert_eq!(files.len(), 2);
    for (machine, text) in files {
        for server in ["cp-0", "cp-1", "cp-2"] {
            let line = format!("    server {server} {}:6443\n", output.machine(server).address);
            assert!(text.contains(&line), "{machine} does not know {server}:\n{text}");
        }
    }
}

#[test]
fn keepalived_takes_its_configuration() {
    let Some(keepalived) = tool("keepalived", "keepalived.conf") else { return };
    let path = "/etc/keepalived/keepalived.conf";
    none(
        each(&files(path), |(output, machine)| {
            let file = output.tree(machine).join(path.trim_start_matches('/'));
            let mut command = keepalived.command();
            let result = command.arg("--config-test").arg("--use-file").arg(file).output().expect("keepalived runs");
            let said = String::from_utf8_lossy(&result.stderr).into_owned() + &String::from_utf8_lossy(&result.stdout);
            // The interface is the machine's, not this one's.
            let wrong = |line: &&str| !line.contains("eth0") && !line.trim().is_empty();
            let problems: Vec<_> = said.lines().filter(wrong).collect();
            (!problems.is_empty()).then(|| format!("{}: {machine}: {}", output.name, problems.join("\n")))
        })
        .into_iter()
        .flatten(),
    );
}

/// What is written comes back from the containerd that is installed, whether of version 1 or 2.
#[test]
fn containerd_takes_its_configuration() {
    let Some(containerd) = tool("containerd", "config.toml of containerd") else { return };
    let version = containerd.run(["--version"]).expect("containerd says its version");
    let is_1 = version.split_whitespace().any(|word| word.trim_start_matches('v').starts_with("1."));
    let (output, plugin) = match is_1 {
        true => (case("debian-12"), "io.containerd.grpc.v1.cri"),
        false => (case("ha"), "io.containerd.cri.v1.runtime"),
    };
    let files = output.everywhere("/etc/containerd/config.toml");
    assert!(files.len() >= 4);
    for (machine, text) in files {
        let path = output.tree(machine).join("etc/containerd/config.toml");
        let path = path.to_str().expect("a path of ours is text");
        let dump = containerd.output(["--config", path, "config", "dump"]);
        assert!(
            dump.status.success() && dump.stderr.is_empty(),
            "{machine}: {}",
            String::from_utf8_lossy(&dump.stderr)
        );
        let dump: toml::Value = toml::from_str(&String::from_utf8_lossy(&dump.stdout)).expect("it prints TOML");
        let written: toml::Value = toml::from_str(&text).expect("it is TOML");
        assert!(written["plugins"].get(plugin).is_some(), "{machine} has no {plugin}");
        // A field that a deployment gives.
        assert!(!is_1 || text.contains("max_concurrent_downloads = 5"), "{machine}: {text}");
        // Both what is unknown and what is in the wrong place is missing from what containerd prints.
        included(&written, &dump, "");
    }
}

fn included(written: &toml::Value, read: &toml::Value, path: &str) {
    match written {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let read = read.get(key).unwrap_or_else(|| panic!("containerd does not know {path}.{key}"));
                included(value, read, &format!("{path}.{key}"));
            }
        }
        value => assert_eq!(value, read, "{path}"),
    }
}

/// The plugins and keys of containerd 2.3 (docs/cri/config.md of its sources) that are written.
const CONTAINERD_2: &[&str] = &[
    "io.containerd.cri.v1.images.pinned_images.sandbox",
    "io.containerd.cri.v1.images.registry.config_path",
    "io.containerd.cri.v1.images.snapshotter",
    "io.containerd.cri.v1.runtime.cni.bin_dirs",
    "io.containerd.cri.v1.runtime.cni.conf_dir",
    "io.containerd.cri.v1.runtime.containerd.default_runtime_name",
    "io.containerd.cri.v1.runtime.containerd.runtimes.runc.options.SystemdCgroup",
    "io.containerd.cri.v1.runtime.containerd.runtimes.runc.runtime_type",
    "io.containerd.cri.v1.runtime.disable_apparmor",
    "io.containerd.cri.v1.runtime.restrict_oom_score_adj",
];

#[test]
fn containerd_2_has_the_keys_of_its_version() {
    for output in all().into_iter().filter(|output| !output.name.starts_with("debian")) {
        for (machine, text) in output.everywhere("/etc/containerd/config.toml") {
            let config: toml::Value = toml::from_str(&text).expect("it is TOML");
            assert_eq!(config["version"].as_integer(), Some(3), "{}: {machine}", output.name);
            let mut keys = Vec::new();
            leaves(&config["plugins"], "", &mut keys);
            keys.sort();
            assert_eq!(keys, CONTAINERD_2, "{}: {machine}", output.name);
        }
    }
}

fn leaves(value: &toml::Value, path: &str, out: &mut Vec<String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let dot = if path.is_empty() { "" } else { "." };
                leaves(value, &format!("{path}{dot}{key}"), out);
            }
        }
        _ => out.push(path.to_owned()),
    }
}

/// What skopeo tries to reach for an image, in this order, and whether it finds a login for each: it reads CRI-O's files by the same library.
fn tried(skopeo: &Tool, tree: &std::path::Path, image: &str) -> Vec<(String, bool)> {
    let at = |path: &str| tree.join(path).into_os_string();
    let mut command = skopeo.command();
    command.arg("--debug").arg("--policy").arg(at("etc/crio/policy.json"));
    command.arg("--registries-conf").arg(at("etc/containers/registries.conf.d/crio.conf")).arg("inspect");
    command.arg("--authfile").arg(at("etc/crio/auth.json")).arg(format!("docker://{image}"));
    let said = command.env("NO_PROXY", "*").output().expect("skopeo runs").stderr;
    let said = String::from_utf8_lossy(&said).replace('\\', "");
    let names = said.lines().filter_map(|line| line.split_once("Trying to access \"")?.1.split('"').next());
    let is_known = |name: &str| said.contains(&format!("Found credentials for {}", name.trim_end_matches(":latest")));
    names.map(|name| (name.to_owned(), is_known(name))).collect()
}

#[test]
fn registries_of_cri_o_are_tried_in_their_order() {
    let Some(skopeo) = tool("skopeo", "registries.conf of CRI-O") else { return };
    let tree = case("cri-o").tree("cp-0");
    let of = |image: &str| tried(&skopeo, &tree, image);
    let list =
        |list: &[(&str, bool)]| list.iter().map(|(name, known)| ((*name).to_owned(), *known)).collect::<Vec<_>>();
    let mirrors = [("127.0.0.1:1/hub/library/nginx:latest", true), ("127.0.0.1:2/hub/library/nginx:latest", false)];
    assert_eq!(of("docker.io/library/nginx"), list(&mirrors));
    let own =
        [("127.0.0.1:5/a:latest", false), ("127.0.0.1:6/more/a:latest", false), ("127.0.0.1:4/deep/a:latest", false)];
    assert_eq!(of("127.0.0.1:3/a"), list(&own));
    assert_eq!(of("127.0.0.1:7/a"), list(&[("127.0.0.1:7/a:latest", false)]));
}

/// A policy that refuses what is not signed, and one that cannot be read.
#[test]
fn a_policy_of_cri_o_is_read() {
    let Some(skopeo) = tool("skopeo", "policy.json of CRI-O") else { return };
    let tree = case("cri-o").tree("cp-0");
    let policy = tree.join("etc/crio/policy.json");
    let copy = |policy: &std::path::Path| {
        let mut command = skopeo.command();
        command.arg("--policy").arg(policy).args(["copy", "oci:/nowhere/at-all", "dir:/nowhere/either"]);
        String::from_utf8_lossy(&command.output().expect("skopeo runs").stderr).into_owned()
    };
    assert!(copy(&policy).contains("/nowhere"), "{}", copy(&policy));
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = folder.path().join("policy.json");
    std::fs::write(&wrong, "{ \"default\": [{ \"type\": \"insecureAcceptAnythin\" }] }").expect("it is written");
    assert!(copy(&wrong).contains("Unknown policy requirement type"), "{}", copy(&wrong));
}
