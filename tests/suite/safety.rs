//! What an operator has stays: files outside the output, keys, and addresses of machines that run.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::support::tool::said;

/// One machine with etcd.
const MODEL: &str = r#"use std/kubernetes { etcd }

cluster lab {
  kubernetes = 1.34.8
  pods       = 10.244.0.0/16
  services   = 10.96.0.0/16
  nodes      = 10.213.0.0/24
  renew      = 30d
}
machines cp[1] { memory = 2GiB, disk = 20GiB }
deploy etcd on cp { install = "package", version = 3.5.16, snapshot-every = 6h }
target lxd { image = "debian/13" }
"#;

/// A folder with a model in it.
pub struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    pub fn new(model: &str) -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        site.model(model);
        site
    }

    pub fn model(&self, text: &str) {
        fs::write(self.path("lab.km"), text).unwrap();
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kmodel"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.output().unwrap()
    }

    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    }

    /// The run fails and says this.
    pub fn refuses(&self, arguments: &[&str], text: &str) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success() && said(&output).contains(text), "{arguments:?}: {}", said(&output));
        said(&output)
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }
}

#[test]
fn a_link_named_like_a_leftover_leads_nowhere() {
    let site = Site::new(MODEL);
    fs::create_dir(site.path("home")).unwrap();
    fs::write(site.path("home/diary"), "dear").unwrap();
    symlink("home", site.path(".build.kmodel-1-0")).unwrap();
    site.ok(&["render", "lab.km", "--out", "build"]);
    assert_eq!(site.read("home/diary"), "dear");
}

/// A whole cluster, with a kubeconfig for people at this path of the output.
fn people(path: &str) -> String {
    let cluster = include_str!("../../examples/single.km");
    let admin = include_str!("../../stdlib/admin/admin.km").replace("component admin", "component people");
    let admin = admin.replace("use std/pki { kubernetes-ca }", "").replace("admin.conf\" {", &format!("{path}\" {{"));
    format!("{cluster}\n{admin}\ndeploy people\n")
}

#[test]
fn a_kubeconfig_stays_where_kubeconfigs_are() {
    for path in ["../../../victim/authorized_keys", "../authorities.json", "a/./b", "a//b", "a\\nb"] {
        let site = Site::new(&people(path));
        let said = site.refuses(&["check", "lab.km"], "is not a valid path in the output");
        assert!(said.contains("lab.km:"), "the place is shown: {said}");
        site.refuses(&["render", "lab.km", "--out", "build"], "is not a valid path in the output");
        assert!(!site.path("build").exists() && !site.path(".kmodel").exists());
    }
    Site::new(&people("people/admin.conf")).ok(&["check", "lab.km"]);
}

#[test]
fn no_output_takes_the_place_of_keys_or_models() {
    let site = Site::new(MODEL);
    site.ok(&["render", "lab.km", "--out", "build"]);
    let keys = site.read(".kmodel/lab/authorities.json");
    fs::create_dir_all(site.path("site/parts")).unwrap();
    fs::write(site.path("site/m.km"), MODEL.replace("lab", "other")).unwrap();
    fs::write(site.path("site/notes"), "mine").unwrap();
    symlink("site", site.path("link")).unwrap();
    for out in [".kmodel/lab", ".kmodel", ".kmodel/lab/machines", ".", "x/..", "lab.km"] {
        site.refuses(&["render", "lab.km", "--out", out, "--force"], "cannot be the output folder");
    }
    for out in ["site", "link", "site/."] {
        site.refuses(&["render", "site/m.km", "--out", out, "--force"], "cannot be the output folder");
    }
    site.refuses(&["render", "site/m.km", "--out", ".kmodel/lab", "--force"], "it contains a key store");
    site.refuses(&["render", "site/m.km", "--out", ".kmodel", "--force"], "it contains a key store");
    assert_eq!(site.read(".kmodel/lab/authorities.json"), keys);
    assert_eq!(site.read("site/notes"), "mine");
    site.ok(&["render", "lab.km", "--out", "build", "--force"]);
}

#[test]
fn no_output_takes_the_place_of_what_a_model_reads() {
    let model = "component motd { file /etc/motd { text = read(\"./parts/motd\") } }\ndeploy motd on cp\n";
    let site = Site::new(&format!("{MODEL}{model}"));
    fs::create_dir(site.path("parts")).unwrap();
    fs::write(site.path("parts/motd"), "welcome").unwrap();
    site.refuses(&["render", "lab.km", "--out", "parts", "--force"], "a file of the model");
    assert_eq!(site.read("parts/motd"), "welcome");
}

/// What a cluster runs with, of each kind: an authority, a key pair and a secret.
const CLUSTER: &str = include_str!("../../examples/single.km");

#[test]
fn keys_that_are_gone_are_not_made_anew() {
    let site = Site::new(CLUSTER);
    site.ok(&["render", "lab.km", "--out", "build"]);
    let lock = site.read("kmodel.lock");
    assert!(
        lock.contains("[cluster.single.keys]") && lock.contains("\"authority/kubernetes-ca\" = \"sha256:"),
        "{lock}"
    );
    fs::rename(site.path(".kmodel"), site.path("away")).unwrap();
    for command in ["check", "plan"] {
        let said = site.ok(&[command, "lab.km"]);
        assert!(
            said.contains("key-store-differs") && said.contains("⚠ the key store `.kmodel/single` lacks authority"),
            "{said}"
        );
    }
    let said =
        site.refuses(&["render", "lab.km", "--out", "build"], "× the key store `.kmodel/single` lacks authority");
    assert!(said.contains("--new-keys") && said.contains("signed with the old key pair"), "{said}");
    assert!(!site.path(".kmodel").exists(), "nothing is made");
    site.ok(&["render", "lab.km", "--out", "build", "--store", "away/single"]);
    assert_eq!(site.read("kmodel.lock"), lock);
    site.ok(&["render", "lab.km", "--out", "build", "--new-keys"]);
    assert_ne!(site.read("kmodel.lock"), lock);
    site.refuses(&["render", "lab.km", "--out", "build", "--store", "away/single"], "has other keys");
    site.ok(&["render", "lab.km", "--out", "build"]);
}

#[test]
fn a_part_of_the_store_that_is_gone_is_not_made_anew() {
    for (part, lost) in [("secrets.json", "secret `"), ("authorities.json", "authority `kubernetes-ca`")] {
        let site = Site::new(CLUSTER);
        site.ok(&["render", "lab.km", "--out", "build"]);
        fs::remove_file(site.path(".kmodel/single").join(part)).unwrap();
        site.refuses(&["render", "lab.km", "--out", "build"], lost);
        assert!(!site.path(".kmodel/single").join(part).exists());
    }
}

#[test]
fn a_lock_without_fingerprints_gains_them() {
    let site = Site::new(CLUSTER);
    site.ok(&["render", "lab.km", "--out", "build"]);
    let lock = site.read("kmodel.lock");
    let old: String = lock
        .lines()
        .filter(|line| !line.contains("sha256:") && !line.ends_with(".keys]"))
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(site.path("kmodel.lock"), old).unwrap();
    assert!(!site.ok(&["check", "lab.km"]).contains("key-store"));
    site.ok(&["render", "lab.km", "--out", "build"]);
    assert_eq!(site.read("kmodel.lock"), lock);
}

#[test]
fn the_lock_may_be_elsewhere() {
    let site = Site::new(MODEL);
    site.ok(&["render", "lab.km", "--out", "build", "--lock", "state.lock", "--store", "keys"]);
    assert!(site.path("state.lock").exists() && !site.path("kmodel.lock").exists() && !site.path(".kmodel").exists());
    site.refuses(
        &["render", "lab.km", "--out", "state.lock", "--force", "--lock", "state.lock"],
        "cannot be the output",
    );
    site.refuses(&["render", "lab.km", "--out", "build", "--lock", "lab.km", "--store", "keys"], "cannot be read");
    assert_eq!(site.read("lab.km"), MODEL);
}

/// Two machines with nothing but a file on them.
const PAIR: &str = r#"cluster pair { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }
machines old[2] { }
component motd { file /etc/motd { text = "welcome" } }
deploy motd on old
target lxd { image = "debian/13" }
"#;

#[test]
fn a_renamed_group_takes_no_address_of_what_may_still_run() {
    let site = Site::new(PAIR);
    let first = site.ok(&["render", "lab.km", "--out", "build"]);
    assert!(!first.contains("new machines"), "all are new: {first}");
    site.model(&PAIR.replace("old", "new"));
    for arguments in [&["plan", "lab.km"][..], &["render", "lab.km", "--out", "build"]] {
        let said = site.ok(arguments);
        assert!(said.contains("new machines: new-0, new-1\n"), "{said}");
        assert!(said.contains("not in the model any more: old-0, old-1; their addresses stay taken"), "{said}");
    }
    let lock = site.read("kmodel.lock");
    let json: serde_json::Value = serde_json::from_str(&site.ok(&["plan", "lab.km", "--json"])).unwrap();
    let departed =
        serde_json::json!([{ "name": "old-0", "address": "10.10.0.10" }, { "name": "old-1", "address": "10.10.0.11" }]);
    assert_eq!(json["machine_changes"], serde_json::json!({ "new": [], "departed": departed, "moved": [] }));
    for line in ["old-0 = \"10.10.0.10\"", "old-1 = \"10.10.0.11\"", "new-0 = \"10.10.0.12\"", "new-1 = \"10.10.0.13\""]
    {
        assert!(lock.contains(line), "{line}: {lock}");
    }
    site.refuses(&["render", "lab.km", "--out", "build", "--forget", "old-7"], "did you mean `old-0`?");
    site.refuses(&["render", "lab.km", "--out", "build", "--forget", "new-0"], "`new-0` is in the model");
    site.ok(&["render", "lab.km", "--out", "build", "--forget", "old-0"]);
    let lock = site.read("kmodel.lock");
    assert!(!lock.contains("old-0") && lock.contains("old-1"), "{lock}");
    let said = site.ok(&["render", "lab.km", "--out", "build", "--forget", "all"]);
    assert!(!said.contains("any more") && !site.read("kmodel.lock").contains("old-"), "{said}");
}

#[test]
fn an_address_of_what_may_still_run_cannot_be_pinned() {
    let site = Site::new(PAIR);
    site.ok(&["render", "lab.km", "--out", "build"]);
    site.model(&PAIR.replace("old[2] { }", "new[2] { first-address = 10.10.0.11 }").replace("on old", "on new"));
    let said = site.refuses(&["check", "lab.km"], "which is the address of `old-1`");
    assert!(said.contains("--forget"), "{said}");
    site.ok(&["render", "lab.km", "--out", "build", "--forget", "all"]);
}

#[test]
fn a_machine_with_another_address_is_listed() {
    let site = Site::new(PAIR);
    let json = || serde_json::from_str::<serde_json::Value>(&site.ok(&["plan", "lab.km", "--json"])).unwrap();
    assert_eq!(json()["machine_changes"], serde_json::Value::Null, "nothing was rendered yet");
    site.ok(&["render", "lab.km", "--out", "build"]);
    site.model(&PAIR.replace("old[2] { }", "old[3] { first-address = 10.10.0.20 }"));
    let said = site.ok(&["plan", "lab.km"]);
    let moved = "other addresses: old-0 (from 10.10.0.10 to 10.10.0.20), old-1 (from 10.10.0.11 to 10.10.0.21)\n";
    assert!(said.contains("new machines: old-2\n") && said.contains(moved), "{said}");
    let moved = serde_json::json!([
        { "name": "old-0", "from": "10.10.0.10", "to": "10.10.0.20" },
        { "name": "old-1", "from": "10.10.0.11", "to": "10.10.0.21" },
    ]);
    assert_eq!(json()["machine_changes"], serde_json::json!({ "new": ["old-2"], "departed": [], "moved": moved }));
}

#[test]
fn what_is_pinned_comes_before_what_is_given_out() {
    let pinned = "deploy haproxy on lb\ndeploy keepalived on lb { address = 10.10.0.10 }";
    let site = Site::new(&include_str!("../../examples/ha.km").replace("deploy haproxy, keepalived on lb", pinned));
    let said = site.ok(&["plan", "lab.km", "--show", "machines,addresses"]);
    assert!(said.contains("10.10.0.10") && said.contains("10.10.0.11"), "{said}");
    assert!(!said.contains("cp-0  10.10.0.10"), "{said}");
}

#[test]
fn an_address_that_two_branches_gave_out_is_reported() {
    let site = Site::new(PAIR);
    site.ok(&["render", "lab.km", "--out", "build"]);
    let lock = site.read("kmodel.lock").replace("old-1 = \"10.10.0.11\"", "old-1 = \"10.10.0.10\"");
    fs::write(site.path("kmodel.lock"), &lock).unwrap();
    site.refuses(&["check", "lab.km"], "kmodel.lock has 10.10.0.10 for `old-0` and for `old-1`");
    // An earlier kmodel gave addresses of machines that left to others: those that are there keep theirs.
    fs::write(site.path("kmodel.lock"), lock.replace("old-0", "a-0")).unwrap();
    site.ok(&["render", "lab.km", "--out", "build"]);
    let lock = site.read("kmodel.lock");
    assert!(lock.contains("old-1 = \"10.10.0.10\"") && !lock.contains("a-0"), "{lock}");
}
