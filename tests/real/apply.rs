//! `apply` and `destroy` against a client that keeps its machines in a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::tool::{said, succeed, tool};
use serde_json::{Value, json};

mod planned;

/// Three members of etcd, from the distribution.
const MODEL: &str = r#"
use std/kubernetes { etcd }

cluster pkg {
  kubernetes = 1.34.8
  pods       = 10.244.0.0/16
  services   = 10.96.0.0/16
  nodes      = 10.213.0.0/24
  renew      = 30d
}
machines cp[3] { memory = 2GiB, disk = 20GiB }
deploy etcd on cp { install = "package", version = 3.5.16, snapshot-every = 6h }
target lxd { image = "debian/13" }
"#;

/// A model in a folder, and a server in another.
struct Bed {
    folder: tempfile::TempDir,
}

impl Bed {
    fn new(model: &str) -> Self {
        let bed = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(bed.path("fake")).unwrap();
        bed.model(model);
        bed
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn model(&self, text: &str) {
        fs::write(self.path("model.km"), text).unwrap();
    }

    fn command(&self, command: &str) -> Command {
        let mut kmodel = Command::new(env!("CARGO_BIN_EXE_kmodel"));
        kmodel.arg(command).arg(self.path("model.km")).env("KMODEL_LXC", fake_lxc()).env("FAKE", self.path("fake"));
        kmodel.stdin(Stdio::null());
        kmodel
    }

    fn run(&self, command: &str, options: &[&str]) -> Output {
        let _ = fs::remove_file(self.path("fake/log"));
        self.command(command).args(options).output().unwrap()
    }

    /// Succeeds, and returns what was said and the calls of the client.
    fn ok(&self, command: &str, options: &[&str]) -> (String, String) {
        let output = self.run(command, options);
        assert!(output.status.success(), "{}", said(&output));
        (said(&output), self.log())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("fake/log")).unwrap_or_default()
    }

    fn state(&self) -> Value {
        serde_json::from_slice(&fs::read(self.path("fake/state.json")).unwrap()).unwrap()
    }

    fn faults(&self, faults: &Value) {
        fs::write(self.path("fake/faults.json"), faults.to_string()).unwrap();
    }

    fn machines(&self) -> Vec<String> {
        self.state()["machines"].as_object().unwrap().keys().cloned().collect()
    }

    /// How often each machine's boot ran.
    fn boots(&self) -> Vec<u64> {
        self.state()["machines"].as_object().unwrap().values().map(|m| m["boots"].as_u64().unwrap()).collect()
    }
}

/// Cargo builds examples beside the tests, unless it was asked for this one test alone.
fn fake_lxc() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join("examples/fake-lxc");
    if !path.exists() {
        succeed(Command::new(env!("CARGO")).args(["build", "--quiet", "--example", "fake-lxc"]));
    }
    path
}

/// The permissions of a file.
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap_or_else(|why| panic!("{}: {why}", path.display())).permissions().mode() & 0o7777
}

/// Every file below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

/// Calls that change something.
fn changes(log: &str) -> Vec<&str> {
    let looking = [
        "version",
        "project list",
        "storage list",
        "storage volume list",
        "network list",
        "profile list",
        "list ",
        "image info",
    ];
    log.lines().filter(|line| !looking.iter().any(|word| line.starts_with(word)) && !line.starts_with("exec")).collect()
}

#[test]
fn the_first_run_creates_all_and_the_second_changes_nothing() {
    let bed = Bed::new(MODEL);
    let (said, log) = bed.ok("apply", &[]);
    assert!(said.contains("ok: pkg is up: 3 machines, 6 units"), "{said}");
    assert_eq!(log.matches("init images:debian/13/cloud ").count(), 3, "{log}");
    assert_eq!(log.lines().filter(|line| line.starts_with("start ")).count(), 3, "{log}");
    let before = bed.state();
    let (said, log) = bed.ok("apply", &[]);
    assert!(said.contains("ok: no changes: 3 machines, 6 units"), "{said}");
    assert_eq!(changes(&log), Vec::<&str>::new());
    assert_eq!(bed.state(), before);
}

#[test]
fn nothing_private_is_in_the_configuration_of_a_machine_or_in_an_argument() {
    let bed = Bed::new(MODEL);
    let (said, log) = bed.ok("apply", &[]);
    let config = serde_json::to_string(&bed.state()).unwrap();
    assert!(!config.contains("PRIVATE KEY") && !log.contains("PRIVATE KEY") && !said.contains("PRIVATE KEY"));
    let key = &bed.state()["machines"]["cp-0"]["files"]["/etc/kubernetes/pki/etcd/server.key"];
    assert_eq!(key["mode"], json!(0o600), "it came as a file");
}

/// An administrator's kubeconfig holds a key: whoever reads it is the administrator.
#[test]
fn what_holds_a_key_is_for_its_owner_alone() {
    let admin = "use std/kubernetes { kube-apiserver, admin }\n";
    let deploy = "deploy kube-apiserver on cp[0]\ndeploy admin\n";
    let bed = Bed::new(&(admin.to_owned() + MODEL + deploy));
    bed.ok("apply", &[]);
    let files = below(&bed.path(".kmodel"));
    assert!(files.iter().any(|path| path.ends_with("admin.conf")), "{files:#?}");
    for path in files {
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        if text.contains("PRIVATE KEY") || text.contains("client-key-data") {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let bed = Bed::new(MODEL);
    let (said, log) = bed.ok("apply", &["--dry-run"]);
    assert!(said.contains("+ cp-0: create from ") && said.contains("none made (dry run)"), "{said}");
    assert_eq!(changes(&log), Vec::<&str>::new());
    let left: Vec<_> = fs::read_dir(bed.folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left.len(), 2, "only the model and the server: {left:?}");
}

#[test]
fn a_changed_option_comes_to_its_machines_one_after_another() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    let before = bed.boots();
    bed.model(&MODEL.replace("install = \"package\"", "install = \"package\", history = 4h"));
    let (said, log) = bed.ok("apply", &[]);
    assert!(said.contains("restarts etcd.service"), "{said}");
    assert!(!log.contains("init ") && !log.contains("stop "), "{log}");
    let after = bed.boots();
    assert!(before.iter().zip(&after).all(|(before, after)| *after == before + 1), "{before:?} {after:?}");
    let order: Vec<_> = said.lines().filter(|line| line.ends_with(": up")).collect();
    assert_eq!(order, ["cp-0: up", "cp-1: up", "cp-2: up"]);
    assert!(bed.ok("apply", &[]).0.contains("no changes"));
}

/// The readme's cluster in an older version.
fn older() -> String {
    include_str!("../../examples/ha.km").replace("kubernetes = 1.36.2", "kubernetes = 1.35.5")
}

/// That cluster, with a model that upgrades it.
fn before_an_upgrade() -> Bed {
    let bed = Bed::new(&older());
    bed.ok("apply", &[]);
    bed.model(include_str!("../../examples/ha.km"));
    bed
}

#[test]
fn an_upgrade_goes_program_by_program_and_drains_before_a_kubelet() {
    let bed = before_an_upgrade();
    let (said, _) = bed.ok("apply", &["--dry-run"]);
    let titles: Vec<_> =
        said.lines().filter(|line| line.starts_with("  ") && !line.contains(':')).map(str::trim).collect();
    let order = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];
    assert_eq!(titles, [&order[..], &["the rest, machine by machine"]].concat(), "{said}");
    let (said, _) = bed.ok("apply", &[]);
    let turns: Vec<_> = said.lines().filter(|line| line.ends_with(": up")).collect();
    let machines = ["cp-0: up", "cp-1: up", "cp-2: up"];
    let rest = [&machines[..], &["lb-0: up", "lb-1: up", "wrk-0: up", "wrk-1: up", "wrk-2: up"]].concat();
    assert!(
        turns.starts_with(&machines.repeat(order.len())) && turns.ends_with(&["wrk-0: up", "wrk-1: up", "wrk-2: up"]),
        "{turns:?}"
    );
    assert!(turns.len() <= order.len() * 3 + rest.len(), "{turns:?}");
    let state = bed.state();
    let installed = |machine: &str| state["machines"][machine]["installed"].as_array().unwrap().clone();
    let parts = |ids: &Value| {
        ids.as_array()
            .unwrap()
            .iter()
            .map(|id| id.as_str().unwrap().rsplit_once('-').unwrap().0.to_owned())
            .collect::<Vec<_>>()
    };
    // Between the first and the last state, old and new of what controllers and kubelets run stand side by side.
    let steps: Vec<_> = installed("cp-0").iter().map(parts).collect();
    assert!(
        steps.len() >= 3
            && steps[1..steps.len() - 1]
                .iter()
                .any(|ids| ids.iter().filter(|id| *id == "kubernetes-server").count() == 2),
        "{steps:?}"
    );
    assert_eq!(installed("wrk-0").len(), 2, "a worker changes at once");
    let ran: Vec<_> = state["machines"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|one| one["ran"].as_array().unwrap().clone())
        .collect();
    let drains: Vec<_> = ran.iter().filter_map(Value::as_str).filter(|call| call.contains("drain.d")).collect();
    assert_eq!(drains.len(), 12, "away and back for each of six nodes: {drains:?}");
    assert!(drains.contains(&"/usr/local/lib/kmodel/drain.d/10-node away wrk-1 upgrade 1.36.2"), "{drains:?}");
    assert!(bed.ok("apply", &[]).0.contains("no changes"));
}

#[test]
fn an_upgrade_that_stops_is_taken_up_where_it_stopped() {
    let bed = before_an_upgrade();
    // The second API server does not come up; the other machines do not get what comes after it, and its own kubelet neither.
    bed.faults(&json!({ "units": { "cp-1/kube-apiserver.service": "failed (exit-code)" } }));
    let output = bed.run("apply", &["--timeout", "1"]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(text.contains("`cp-1` is not up") && text.contains("skipped because of this"), "{text}");
    let again = said(&bed.run("apply", &["--timeout", "1"]));
    assert!(!again.contains("cp-0: uploading") && again.contains("skipped because of this"), "{again}");
    let programs =
        |machine: &str| bed.state()["machines"][machine]["installed"].as_array().unwrap().last().unwrap().to_string();
    let old = bed.state()["machines"]["wrk-0"]["installed"][0].to_string();
    let node = old.split('"').find(|id| id.starts_with("kubernetes-node-")).unwrap().to_owned();
    assert!(
        programs("cp-1").contains(&node) && programs("cp-1").matches("kubernetes-server").count() == 2,
        "{}",
        programs("cp-1")
    );
    bed.faults(&json!({}));
    let (said, _) = bed.ok("apply", &[]);
    assert!(!said.contains("cp-1: new kube-apiserver") && said.contains("cp-2: new kube-apiserver"), "{said}");
    assert!(bed.ok("apply", &[]).0.contains("no changes"));
}

#[test]
fn a_drain_that_fails_changes_nothing_and_is_taken_up() {
    let bed = before_an_upgrade();
    bed.faults(&json!({ "refuse": { "away wrk-1": "error: cannot evict pod as it would violate the pod's disruption budget" } }));
    let output = bed.run("apply", &[]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(
        text.contains("disruption budget")
            && text.contains("--no-drain")
            && text.contains("skipped because of this: wrk-2"),
        "{text}"
    );
    bed.faults(&json!({}));
    bed.model(include_str!("../../examples/ha.km"));
    let (text, _) = bed.ok("apply", &[]);
    assert!(text.contains("drain it") && !text.contains("wrk-0: "), "{text}");
    assert!(bed.ok("apply", &[]).0.contains("no changes"));
}

#[test]
fn a_machine_that_was_left_drained_takes_pods_again() {
    let bed = before_an_upgrade();
    bed.faults(&json!({ "refuse": { "back wrk-1": "error: the server is not there" } }));
    assert_eq!(bed.run("apply", &[]).status.code(), Some(4));
    bed.faults(&json!({}));
    let (text, _) = bed.ok("apply", &["--only", "machine=wrk-1"]);
    assert!(text.contains("~ wrk-1: let it take pods again"), "{text}");
    bed.ok("apply", &[]);
    assert!(bed.ok("apply", &[]).0.contains("no changes"));
}

#[test]
fn only_some_machines_are_changed_if_the_order_holds() {
    let bed = before_an_upgrade();
    let output = bed.run("apply", &["--only", "group=wrk"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(
        said(&output).contains("`wrk-0` would get new programs before `kube-apiserver` is new on `cp-0`"),
        "{}",
        said(&output)
    );
    let (text, _) = bed.ok("apply", &["--only", "group=cp"]);
    assert!(text.contains("`--only` left changes out of ") && text.contains("wrk-0"), "{text}");
    let (text, _) = bed.ok("apply", &["--only", "machine=wrk-2", "--no-drain"]);
    assert!(text.contains("~ wrk-2: ") && !text.contains("drain it") && !text.contains("~ wrk-1"), "{text}");
    for (wrong, says) in [
        ("wrk-2", "does not say what it is"),
        ("grup=wrk", "does not know"),
        ("group=wrx", "has no group"),
        ("zone=a", "has no zone"),
    ] {
        let output = bed.run("apply", &["--only", wrong]);
        assert!(output.status.code() == Some(2) && said(&output).contains(says), "{}", said(&output));
    }
}

#[test]
fn another_profile_comes_with_a_restart_of_the_machine() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    bed.model(&format!("{MODEL}\ncomponent logs {{ needs device /dev/kmsg }}\ndeploy logs on cp[1]\n"));
    let (said, log) = bed.ok("apply", &[]);
    assert!(said.contains("~ cp-1: profile pkg-plain -> pkg-pods-"), "{said}");
    let verbs: Vec<_> = changes(&log).into_iter().filter(|line| line.contains(" cp-1")).collect();
    assert!(
        matches!(verbs[..], [stop, assign, start] if stop.starts_with("stop cp-1") && assign.starts_with("profile assign cp-1") && start == "start cp-1"),
        "{verbs:?}"
    );
    assert!(!log.contains("stop cp-0") && !log.contains("stop cp-2"), "{log}");
    assert!(bed.ok("apply", &[]).0.contains("no changes"));
}

#[test]
fn a_changed_size_touches_nothing_else() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    let model = MODEL.replace("memory = 2GiB", "memory = 3GiB");
    assert_ne!(model, MODEL);
    bed.model(&model);
    let (said, log) = bed.ok("apply", &[]);
    assert!(said.contains("~ cp-0: limits.memory 2GiB -> 3GiB"), "{said}");
    let expected = ["cp-0", "cp-1", "cp-2"].map(|name| format!("config set {name} limits.memory=3GiB"));
    assert_eq!(changes(&log), expected);
}

/// The model with this instead of the machines.
fn with_disks(machines: &str) -> String {
    MODEL.replace("machines cp[3] { memory = 2GiB, disk = 20GiB }", machines)
}

const ONE_DISK: &str =
    "machines cp[3] { memory = 2GiB, disks = { etcd = { size = 10GiB, format = \"xfs\", mount = /var/lib/etcd } } }";

fn volumes(bed: &Bed) -> Vec<String> {
    let state = bed.state();
    let volumes = state["volumes"].as_object().unwrap();
    volumes.iter().map(|(name, one)| format!("{name} {}", one["config"]["size"].as_str().unwrap_or("-"))).collect()
}

#[test]
fn volumes_are_made_kept_grown_and_removed_after_asking() {
    let bed = Bed::new(&with_disks(ONE_DISK));
    let (text, _) = bed.ok("apply", &["--yes"]);
    assert!(text.contains("cp-0: create from debian/13, 2 cores, 2GiB, new volume cp-0_etcd (10GiB)"), "{text}");
    assert_eq!(volumes(&bed), ["cp-0_etcd 10GiB", "cp-1_etcd 10GiB", "cp-2_etcd 10GiB"]);
    let device = bed.state()["machines"]["cp-1"]["devices"]["volume-etcd"].clone();
    assert_eq!(device, json!({ "type": "disk", "pool": "km-pkg", "source": "cp-1_etcd", "path": "/var/lib/etcd" }));
    assert_eq!(bed.state()["volumes"]["cp-0_etcd"]["config"]["user.kmodel.cluster"], "pkg");
    assert!(bed.ok("apply", &[]).0.contains("no changes"));

    // A machine that was lost is made anew with the data of the one before.
    let mut state = bed.state();
    state["machines"].as_object_mut().unwrap().remove("cp-1");
    fs::write(bed.path("fake/state.json"), state.to_string()).unwrap();
    let (text, log) = bed.ok("apply", &[]);
    assert!(
        text.contains("volume cp-1_etcd with the data that it has") && !log.contains("storage volume create"),
        "{text}"
    );

    bed.model(&with_disks(&ONE_DISK.replace("10GiB", "20GiB")));
    let (text, log) = bed.ok("apply", &[]);
    assert!(text.contains("cp-0: volume cp-0_etcd: size 10GiB -> 20GiB"), "{text}");
    assert!(!log.contains("stop cp-0"), "it grows while it is used: {log}");
    assert_eq!(volumes(&bed), ["cp-0_etcd 20GiB", "cp-1_etcd 20GiB", "cp-2_etcd 20GiB"]);

    bed.model(&with_disks(&ONE_DISK.replace("10GiB", "5GiB")));
    let output = bed.run("apply", &["--yes"]);
    assert!(!output.status.success() && said(&output).contains("cannot be made smaller"), "{}", said(&output));

    bed.model(&with_disks("machines cp[3] { memory = 2GiB }"));
    let output = bed.run("apply", &[]);
    let text = said(&output);
    assert!(!output.status.success() && text.contains("cp-0: volume cp-0_etcd: remove it and all its data"), "{text}");
    assert_eq!(volumes(&bed).len(), 3, "no one was asked");
    bed.ok("apply", &["--yes"]);
    assert!(volumes(&bed).is_empty());
    assert_eq!(bed.state()["machines"]["cp-0"]["devices"].get("volume-etcd"), None);
}

#[test]
fn a_volume_is_mounted_in_machines_that_are_there_and_leaves_with_them() {
    let bed = Bed::new(&with_disks("machines cp[3] { memory = 2GiB }"));
    bed.ok("apply", &[]);
    bed.model(&with_disks(ONE_DISK));
    let output = bed.run("apply", &[]);
    assert!(!output.status.success(), "what is in the folder is hidden: {}", said(&output));
    let (text, log) = bed.ok("apply", &["--yes"]);
    assert!(
        text.contains("cp-0: volume cp-0_etcd: mount 10GiB at /var/lib/etcd, over what the machine has there"),
        "{text}"
    );
    let place = |call: &str| log.find(call).unwrap_or_else(|| panic!("{call}: {log}"));
    assert!(place("stop cp-0") < place("config device add cp-0"), "{log}");
    assert!(place("start cp-0") < place("stop cp-1"), "one after another: {log}");
    assert!(bed.ok("apply", &[]).0.contains("no changes"));

    bed.model(&with_disks(&ONE_DISK.replace("/var/lib/etcd", "/var/lib/etcd-data")));
    let (text, _) = bed.ok("apply", &[]);
    assert!(text.contains("mount at /var/lib/etcd-data, no longer at /var/lib/etcd"), "{text}");

    bed.model(&with_disks(&ONE_DISK.replace("cp[3]", "cp[1]").replace("/var/lib/etcd", "/var/lib/etcd-data")));
    bed.ok("apply", &["--yes"]);
    assert_eq!(volumes(&bed), ["cp-0_etcd 10GiB"]);
    bed.ok("destroy", &["--yes"]);
    assert_eq!(bed.state()["volumes"], json!({}));
}

#[test]
fn a_moved_group_keeps_its_volumes_also_where_a_run_was_cut_off() {
    for die in ["", "rename cp-0 db-0", "storage volume rename km-pkg cp-0_etcd db-0_etcd", "config device add db-0"] {
        let bed = Bed::new(&with_disks(ONE_DISK));
        bed.ok("apply", &[]);
        let moved = with_disks(&ONE_DISK.replace("cp[3]", "db[3]")).replace("on cp", "on db");
        bed.model(&format!("{moved}moved cp -> db\n"));
        if !die.is_empty() {
            bed.faults(&json!({ "die": die }));
            bed.run("apply", &[]);
            bed.faults(&json!({}));
        }
        bed.ok("apply", &[]);
        assert_eq!(volumes(&bed), ["db-0_etcd 10GiB", "db-1_etcd 10GiB", "db-2_etcd 10GiB"], "{die}");
        let devices = bed.state()["machines"]["db-0"]["devices"]["volume-etcd"]["source"].clone();
        assert_eq!(devices, "db-0_etcd", "{die}");
        assert!(bed.ok("apply", &[]).0.contains("no changes"), "{die}");
    }
}

#[test]
fn a_volume_that_an_interrupted_run_left_is_removed_after_asking() {
    let bed = Bed::new(&with_disks(ONE_DISK));
    bed.ok("apply", &[]);
    let mut state = bed.state();
    state["volumes"]["cp-9_etcd"] = json!({ "config": { "user.kmodel.cluster": "pkg" } });
    state["volumes"]["cp-8_etcd"] = json!({ "config": { "user.kmodel.cluster": "other" } });
    fs::write(bed.path("fake/state.json"), state.to_string()).unwrap();
    assert!(!bed.run("apply", &[]).status.success());
    let (text, _) = bed.ok("apply", &["--yes"]);
    assert!(text.contains("cp-9_etcd: remove"), "{text}");
    assert_eq!(volumes(&bed), ["cp-0_etcd 10GiB", "cp-1_etcd 10GiB", "cp-2_etcd 10GiB", "cp-8_etcd -"]);
    // A volume of others under the name of one of ours.
    state["volumes"] = json!({ "cp-0_etcd": { "config": { "user.kmodel.cluster": "other" } } });
    state["machines"] = json!({});
    fs::write(bed.path("fake/state.json"), state.to_string()).unwrap();
    let text = said(&bed.run("apply", &["--yes"]));
    assert!(text.contains("the storage volume `cp-0_etcd` does not belong to the cluster `pkg`"), "{text}");
}

#[test]
fn machines_that_left_the_model_are_removed_after_asking() {
    let wide = MODEL.replace("machines cp[3]", "machines cp[5]");
    assert_ne!(wide, MODEL);
    let bed = Bed::new(&wide);
    bed.ok("apply", &[]);
    bed.model(MODEL);
    let output = bed.run("apply", &[]);
    assert_eq!(output.status.code(), Some(2), "stdin is not a terminal");
    assert!(said(&output).contains("--yes") && bed.machines().len() == 5, "{}", said(&output));
    let (said, log) = bed.ok("apply", &["--yes"]);
    assert!(said.contains("- cp-3: remove") && log.contains("delete --force cp-4"), "{said}");
    let left = "exec cp-0 -T -- env LC_ALL=C sh -c SCRIPT sh /usr/local/lib/kmodel/leave.d/50-etcd cp-3";
    let (left, removed) = (log.find(left), log.find("delete --force cp-3"));
    assert!(left.is_some() && left < removed, "a member leaves before its machine is removed: {log}");
    assert_eq!(bed.machines(), ["cp-0", "cp-1", "cp-2"]);
}

#[test]
fn a_renamed_group_has_addresses_of_its_own_until_the_old_one_is_removed() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    bed.model(&MODEL.replace("machines cp[3]", "machines member[3]").replace("on cp", "on member"));
    assert!(said(&bed.run("apply", &["--dry-run"])).contains("all members of `etcd` are on new machines"));
    let anew = ["--change", "etcd/data"];
    let (said, _) = bed.ok("apply", &[&anew[..], &["--dry-run"]].concat());
    assert!(
        said.contains("new machines: member-0, member-1, member-2\nnot in the model any more: cp-0, cp-1, cp-2;"),
        "{said}"
    );
    assert!(said.contains("write `moved cp -> member`"), "{said}");
    bed.ok("apply", &[&anew[..], &["--yes"]].concat());
    let lock = fs::read_to_string(bed.path("kmodel.lock")).unwrap();
    assert!(lock.contains("member-0 = \"10.213.0.13\"") && !lock.contains("cp-0"), "{lock}");
}

#[test]
fn a_moved_group_keeps_its_machines() {
    let script = "component node { file /usr/local/lib/kmodel/rename.d/10-node { mode = 0755, text = \"\" } }";
    let model = format!("{MODEL}{script}\ndeploy node on cp\n");
    let bed = Bed::new(&model);
    bed.ok("apply", &[]);
    let renamed = model.replace("machines cp[3]", "machines member[3]").replace("on cp", "on member");
    bed.model(&format!("{renamed}\nmoved cp -> member\n"));
    let (said, _) = bed.ok("apply", &["--dry-run"]);
    assert!(said.contains("~ member-0: rename from cp-0") && !said.contains("remove it"), "{said}");
    let (_, log) = bed.ok("apply", &[]);
    let [first, up, second] =
        ["rename cp-0 member-0", "start member-0", "rename cp-1 member-1"].map(|call| log.find(call).expect(call));
    assert!(first < up && up < second, "one after another: {log}");
    assert!(!log.contains("delete") && !log.contains("leave.d/50-etcd cp-0"), "{log}");
    let [first, second] = [("cp-1", "cp-0"), ("member-0", "cp-1")].map(|(on, former)| {
        let call =
            format!("exec {on} -T -- env LC_ALL=C sh -c SCRIPT sh /usr/local/lib/kmodel/rename.d/10-node {former}");
        log.find(&call).expect(&call)
    });
    assert!(first < log.find("stop cp-0").unwrap() && first < second, "the name leaves before it is changed: {log}");
    assert_eq!(bed.machines(), ["member-0", "member-1", "member-2"]);
    let lock = fs::read_to_string(bed.path("kmodel.lock")).unwrap();
    assert!(lock.contains("member-0 = \"10.213.0.10\"") && !lock.contains("cp-0"), "{lock}");
    assert!(bed.ok("apply", &[]).0.contains("no changes"));
}

/// What the applier of addons brings.
const KUBECTL: &str = r#"
use std/kubernetes
deploy kube-apiserver, kube-controller-manager, kube-scheduler, addons on cp
deploy rbac, admin
allow even-quorum "a test"
"#;

#[test]
fn kubectl_is_tried_before_it_is_printed() {
    let bed = Bed::new(&(MODEL.replace("use std/kubernetes { etcd }\n", "") + KUBECTL));
    bed.faults(&json!({ "kubectl": "The connection to the server 10.213.0.10:6443 was refused" }));
    let output = bed.run("apply", &["--timeout", "1"]);
    let told = said(&output);
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(told.contains("get nodes` does not work: The connection to the server") && !told.contains("ok:"), "{told}");
    bed.faults(&json!({ "kubectl": "Error from server (Forbidden): nodes is forbidden" }));
    bed.model(&(MODEL.replace("use std/kubernetes { etcd }\n", "").replace("2GiB", "3GiB") + KUBECTL));
    let (told, log) = bed.ok("apply", &["--timeout", "1"]);
    assert!(told.contains("/admin.conf auth whoami\n") && !told.contains("get nodes"), "{told}");
    assert!(!log.contains("client-key-data"), "a key is in no argument");
    bed.faults(&json!({}));
    bed.model(&(MODEL.replace("use std/kubernetes { etcd }\n", "").replace("2GiB", "4GiB") + KUBECTL));
    let (told, _) = bed.ok("apply", &[]);
    assert!(told.contains("/admin.conf get nodes\n"), "{told}");
}

#[test]
fn status_says_who_holds_a_shared_address() {
    let balancers = "use std/load-balancer\nmachines lb[2] { }\ndeploy keepalived on lb { address = 10.213.0.200 }\n";
    let bed = Bed::new(&format!("{MODEL}{balancers}"));
    bed.ok("apply", &[]);
    let mine = |name: &str, more: &str| json!({ name: ["127.0.0.1", "10.213.0.13", more] });
    for (addresses, code, expected) in [
        (mine("lb-0", "10.213.0.200"), 0, "held by lb-0; can move to lb-1"),
        (mine("lb-0", "10.213.0.99"), 4, "no machine has it"),
        (json!({ "lb-0": ["10.213.0.200"], "lb-1": ["10.213.0.200"] }), 4, "by several machines at once: lb-0, lb-1"),
        (json!({}), 0, "not known which machine has it"),
    ] {
        bed.faults(&json!({ "addresses": addresses }));
        let output = bed.run("status", &[]);
        let told = said(&output);
        assert!(told.contains("keepalived  10.213.0.200") && told.contains(expected), "{told}");
        assert_eq!(output.status.code(), Some(code), "{told}");
    }
}

#[test]
fn a_rename_that_was_cut_off_is_taken_up() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    let renamed = MODEL.replace("machines cp[3]", "machines member[3]").replace("on cp", "on member");
    bed.model(&format!("{renamed}\nmoved cp -> member\n"));
    for call in ["stop cp-0", "rename cp-0 member-0", "start member-0"] {
        bed.faults(&json!({ "die": call }));
        bed.run("apply", &[]);
    }
    bed.faults(&json!({}));
    bed.ok("apply", &[]);
    assert_eq!(bed.machines(), ["member-0", "member-1", "member-2"]);
}

#[test]
fn a_run_that_was_killed_is_taken_up() {
    let bed = Bed::new(MODEL);
    for call in ["project create", "profile edit", "init images:debian/13/cloud cp-1", "start cp-2", "exec cp-0"] {
        bed.faults(&json!({ "die": call }));
        let output = bed.run("apply", &[]);
        assert_eq!(output.status.code(), None, "{call}: {}", said(&output));
    }
    bed.faults(&json!({}));
    let (said, _) = bed.ok("apply", &[]);
    assert!(said.contains("pkg is up") || said.contains("no changes"), "{said}");
    assert!(bed.ok("apply", &[]).0.contains("no changes"));
    assert_eq!(bed.machines(), ["cp-0", "cp-1", "cp-2"]);
}

#[test]
fn a_first_run_with_downloads_that_was_killed_is_taken_up() {
    let bed = Bed::new(&older());
    bed.faults(&json!({ "die": "exec cp-0" }));
    assert_eq!(bed.run("apply", &[]).status.code(), None);
    bed.faults(&json!({}));
    let (said, _) = bed.ok("apply", &["--timeout", "60"]);
    assert!(said.contains("ha is up"), "{said}");
    assert!(bed.ok("apply", &[]).0.contains("no changes"));
}

#[test]
fn a_stopped_machine_is_started() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    let mut state = bed.state();
    state["machines"]["cp-1"]["status"] = json!("Stopped");
    fs::write(bed.path("fake/state.json"), state.to_string()).unwrap();
    let (said, log) = bed.ok("apply", &[]);
    assert!(said.contains("~ cp-1: start"), "{said}");
    assert_eq!(changes(&log), ["start cp-1"]);
}

#[test]
fn a_stopped_machine_with_another_profile_starts_once() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    let mut state = bed.state();
    let machine = &mut state["machines"]["cp-1"];
    let profile = machine["profiles"][0].clone();
    (machine["status"], machine["profiles"]) = (json!("Stopped"), json!(["default"]));
    fs::write(bed.path("fake/state.json"), state.to_string()).unwrap();
    let (said, _) = bed.ok("apply", &["--dry-run"]);
    let line = said.lines().find(|line| line.contains("cp-1")).unwrap_or_default();
    assert!(line.contains("default -> ") && !line.contains(", start"), "a restart is a start: {line}");
    let (_, log) = bed.ok("apply", &[]);
    assert_eq!(changes(&log), [&format!("profile assign cp-1 {}", profile.as_str().unwrap()), "start cp-1"]);
}

#[test]
fn a_boot_that_failed_before_is_run_again_once() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    let before = bed.boots();
    bed.faults(&json!({ "status": { "cp-1": "failed artifacts no route to host" } }));
    let output = bed.run("apply", &[]);
    assert_eq!(output.status.code(), Some(4));
    let text = said(&output);
    assert!(text.contains("`cp-1` is not up: no route to host"), "{text}");
    assert_eq!(text.matches("running its boot again").count(), 1, "{text}");
    assert_eq!(bed.boots(), [before[0], before[1] + 1, before[2]]);
}

#[test]
fn what_the_server_refuses_ends_the_run_with_its_reason() {
    for (call, wanted) in [
        ("project create", "cannot create the project `pkg`: No space"),
        ("start cp-1", "cannot start `cp-1`: No space"),
        ("profile edit", "the profile `pkg-plain`: No space"),
    ] {
        let bed = Bed::new(MODEL);
        bed.faults(&json!({ "refuse": { call: "Error: No space" } }));
        let output = bed.run("apply", &[]);
        assert!(!output.status.success() && said(&output).contains(wanted), "{call}: {}", said(&output));
    }
}

#[test]
fn an_image_that_is_missing_is_said_before_anything_is_made() {
    let bed = Bed::new(&MODEL.replace("debian/13", "nowhere/9"));
    let output = bed.run("apply", &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).contains("cannot find the image `nowhere/9`: Image not found"), "{}", said(&output));
    assert_eq!(changes(&bed.log()), Vec::<&str>::new());
}

#[test]
fn a_machine_that_does_not_come_up_is_named_with_its_log() {
    let bed = Bed::new(MODEL);
    bed.faults(&json!({ "status": { "cp-1": "failed artifacts wrong hash, not installed: http://m/x" } }));
    let output = bed.run("apply", &[]);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    let text = said(&output);
    assert!(text.contains("`cp-1` is not up: wrong hash, not installed: http://m/x"), "{text}");
    assert!(text.contains("    log of cp-1") && text.contains("it continues where it stopped"), "{text}");
    bed.faults(&json!({}));
    assert!(bed.ok("apply", &[]).0.contains("ok: "));
}

#[test]
fn a_bad_change_stops_at_the_first_machine() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    bed.model(&MODEL.replace("install = \"package\"", "install = \"package\", history = 4h"));
    bed.faults(
        &json!({ "refuse": { "exec cp-0 -T -- env LC_ALL=C sh -c SCRIPT sh /var": "Error: no space left on device" } }),
    );
    let output = bed.run("apply", &[]);
    assert_eq!(output.status.code(), Some(4));
    let text = said(&output);
    assert!(text.contains("no space left on device") && text.contains("free some disk space"), "{text}");
    assert!(text.contains("skipped because of this: cp-1, cp-2"), "{text}");
}

/// As many at once as their group says, and no further after one that fails.
#[test]
fn as_many_machines_change_at_once_as_their_group_says() {
    let model = |text: &str| {
        format!(
            "{MODEL}\nmachines web[7] {{ at-once = 3, memory = 1GiB, disk = 10GiB }}\n\
             component note {{ file /etc/note {{ text = \"{text}\" }} }}\ndeploy note on web, cp\n"
        )
    };
    let bed = Bed::new(&model("one"));
    bed.ok("apply", &[]);
    bed.faults(&json!({ "refuse": { "exec web-4 -T -- env LC_ALL=C sh -c SCRIPT sh /var": "Error: no space left on device" } }));
    bed.model(&model("two"));
    let output = bed.run("apply", &[]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(4), "{text}");
    let mut up: Vec<_> = text.lines().filter_map(|line| line.strip_suffix(": up")).collect();
    assert_eq!(up[..3], ["cp-0", "cp-1", "cp-2"], "members change one by one: {text}");
    up.sort_unstable();
    assert_eq!(up, ["cp-0", "cp-1", "cp-2", "web-0", "web-1", "web-2", "web-3", "web-5"], "{text}");
    assert!(text.contains("skipped because of this: web-6"), "{text}");
    bed.faults(&json!({}));
    let (text, _) = bed.ok("apply", &["--parallel", "1"]);
    assert!(text.contains("web-6: up") && !text.contains("web-5: "), "{text}");
    assert!(bed.ok("apply", &[]).0.contains("no changes"));
}

/// A unit that is down on one machine: others get changes that do not touch it, and no more.
#[test]
fn a_sick_machine_holds_back_only_what_is_down_on_it() {
    let side = |text: &str| {
        format!("{MODEL}\ncomponent note {{ file /etc/note {{ text = \"{text}\" }} }}\ndeploy note on cp[1], cp[2]\n")
    };
    let bed = Bed::new(&side("one"));
    bed.ok("apply", &[]);
    bed.faults(&json!({ "status": { "cp-0": "failed artifacts wrong hash" } }));
    bed.model(&side("two"));
    let output = bed.run("apply", &[]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(text.contains("cp-1: up") && text.contains("cp-2: up") && text.contains("`cp-0` is not up"), "{text}");
    assert!(!text.contains("skipped because of this"), "{text}");
    bed.faults(&json!({ "units": { "cp-0/etcd.service": "failed (exit-code)" }, "status": { "cp-0": "failed artifacts wrong hash" } }));
    bed.model(&side("two").replace("install = \"package\"", "install = \"package\", history = 4h"));
    let output = bed.run("apply", &[]);
    let text = said(&output);
    assert!(text.contains("skipped because of this: cp-1, cp-2"), "a majority would be lost: {text}");
}

/// Filters of machines that are up are uploaded before new machines are awaited.
#[test]
fn filters_admit_new_machines_before_these_are_awaited() {
    let walled = |count: &str| {
        let model = MODEL.replace("machines cp[3]", &format!("machines cp[{count}]"));
        model.replace("use std/kubernetes { etcd }", "use std/kubernetes { etcd }\nuse std/firewall")
            + "\ndeploy firewall on * { operators = [10.9.0.0/24] }\n"
    };
    let bed = Bed::new(&walled("3"));
    bed.ok("apply", &[]);
    bed.model(&walled("5"));
    let (text, log) = bed.ok("apply", &[]);
    let at = |what: &str| log.find(what).unwrap_or_else(|| panic!("{what}: {log}\n{text}"));
    let widened = at("exec cp-0 -T -- env LC_ALL=C sh -c SCRIPT sh kmodel-firewall.service");
    assert!(
        widened < at("init images:debian/13/cloud cp-3") && text.contains("cp-0: admitting machines that come"),
        "{log}"
    );
    assert!(bed.ok("apply", &[]).0.contains("no changes"));
}

#[test]
fn what_is_not_ours_stops_the_run_and_stays() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    let mut state = bed.state();
    state["machines"]["cp-1"]["config"]["user.kmodel.cluster"] = json!("other");
    fs::write(bed.path("fake/state.json"), state.to_string()).unwrap();
    let output = bed.run("apply", &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).contains("the instance `cp-1` in the project `pkg` does not belong to the cluster `pkg`"));
    let (text, _) = bed.ok("destroy", &["--yes"]);
    assert!(text.contains("the project pkg is kept because it has other instances: cp-1"), "{text}");
    assert_eq!(bed.machines(), ["cp-1"]);
}

#[test]
fn destroy_asks_and_leaves_nothing() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    let output = bed.run("destroy", &[]);
    assert_eq!(output.status.code(), Some(2), "stdin is not a terminal");
    assert_eq!(bed.machines().len(), 3);
    bed.ok("destroy", &["--yes"]);
    let lock = fs::read_to_string(bed.path("kmodel.lock")).unwrap();
    assert!(lock.contains("cp-0 = ") && !lock.contains("immutable"), "nothing runs that could not change: {lock}");
    let state = bed.state();
    assert!(state.as_object().unwrap().values().all(|kind| kind == &json!({})), "{state}");
    assert!(bed.ok("destroy", &["--yes"]).0.contains("nothing to remove"));
}

#[test]
fn two_runs_at_once_do_not_mix() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    let held = fs::File::options().write(true).open(bed.path(".kmodel/pkg/apply.lock")).unwrap();
    held.lock().unwrap();
    for command in ["apply", "destroy"] {
        let output = bed.run(command, &["--yes"]);
        assert_eq!(output.status.code(), Some(3));
        assert!(said(&output).contains("is changing the cluster `pkg`"), "{}", said(&output));
    }
    assert_eq!(bed.machines().len(), 3);
}

#[test]
fn a_network_of_the_server_with_an_address_of_the_cluster_is_said() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    let mut state = bed.state();
    for (address, wanted) in [
        (
            "10.244.7.1/24",
            "`lxdbr0` of the server uses 10.244.7.0/24, which overlaps `pods` 10.244.0.0/16 of the cluster",
        ),
        ("10.0.0.1/8", "`lxdbr0` of the server uses 10.0.0.0/8, which overlaps `pods` 10.244.0.0/16 of the cluster"),
        (
            "10.213.0.200/25",
            "`lxdbr0` of the server uses 10.213.0.128/25, which overlaps `nodes` 10.213.0.0/24 of the cluster",
        ),
    ] {
        state["networks"] = json!({ "lxdbr0": { "name": "lxdbr0", "config": { "ipv4.address": address } } });
        fs::write(bed.path("fake/state.json"), state.to_string()).unwrap();
        let output = bed.run("apply", &[]);
        assert_eq!(output.status.code(), Some(3));
        assert!(said(&output).contains(wanted) && said(&output).contains("reserve = { lxdbr0 = "), "{}", said(&output));
    }
    state["networks"] = json!({ "lxdbr0": { "name": "lxdbr0", "config": { "ipv4.address": "10.9.7.1/24" } } });
    fs::write(bed.path("fake/state.json"), state.to_string()).unwrap();
    bed.ok("apply", &[]);
}

#[test]
fn a_client_that_cannot_work_is_said() {
    let bed = Bed::new(MODEL);
    let output = bed.command("apply").env("KMODEL_LXC", "/nowhere/lxc").output().unwrap();
    assert!(said(&output).contains("install LXD 5.0 or newer"), "{}", said(&output));
    let denied =
        "Error: Get \"http://unix.socket/1.0\": dial unix /var/lib/lxd/unix.socket: connect: permission denied";
    for (faults, text) in [
        (json!({ "version": "4.0.9" }), "the server runs LXD 4.0.9, but 5.0 or newer is required"),
        (json!({ "version": "unreachable", "refuse": { "query": denied } }), "member of the daemon's group"),
        (
            json!({ "version": "unreachable", "refuse": { "query": "dial unix /x: connect: connection refused" } }),
            "start the daemon",
        ),
    ] {
        bed.faults(&faults);
        let output = bed.run("apply", &[]);
        assert_eq!(output.status.code(), Some(3));
        assert!(said(&output).contains(text), "{}", said(&output));
    }
    assert!(!Path::new(&bed.path(".kmodel")).exists(), "no key was issued for nothing");
}

#[test]
fn status_tells_what_is_not_as_it_should_be() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    let (text, log) = bed.ok("status", &[]);
    assert!(
        text.contains("etcd.peer → etcd.peer  TLS, 6 of 6 connections")
            && text.ends_with("ok: the cluster matches the model\n"),
        "{text}"
    );
    assert!(text.contains("364 days left (the first to expire)"), "{text}");
    assert_eq!(changes(&log), Vec::<&str>::new());
    bed.faults(&json!({
        "units": { "cp-1/etcd.service": "failing (exit-code), started again 7 times" },
        "trials": { "cp-0 10.213.0.11:2380": "it refuses our certificate: tlsv1 alert unknown ca" },
    }));
    let output = bed.run("status", &["--json"]);
    assert_eq!(output.status.code(), Some(4));
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&status["well"], &status["changes"]), (&json!(false), &json!(1)));
    assert_eq!(status["machines"][1]["standing"], json!("not up"));
    let failed: Vec<_> = status["relations"].as_array().unwrap().iter().filter(|r| r["state"] != "ok").collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["reason"], json!("it refuses our certificate: tlsv1 alert unknown ca"));
}

#[test]
fn status_of_a_machine_that_runs_no_commands_says_so() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    bed.faults(&json!({ "refuse": { "exec cp-1": "Error: Command not found" } }));
    let output = bed.run("status", &["--json"]);
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    let machine = &status["machines"][1];
    assert_eq!((&machine["state"], &machine["standing"]), (&json!("running"), &Value::Null));
    assert_eq!(machine["reason"], json!("cannot run commands on it"));
    let of = |relation: &&Value| relation["machine"] == "cp-1";
    let mut relations = status["relations"].as_array().unwrap().iter().filter(of);
    assert!(relations.all(|relation| relation["state"] == "failed" && relation["reason"] == "`cp-1` is running"));
}

#[test]
fn status_works_without_a_key_store_and_of_nothing() {
    let bed = Bed::new(MODEL);
    let output = bed.run("status", &[]);
    assert_eq!(output.status.code(), Some(4));
    assert!(said(&output).contains("cp-0  absent"), "{}", said(&output));
    bed.ok("apply", &[]);
    fs::rename(bed.path(".kmodel"), bed.path("elsewhere")).unwrap();
    let output = bed.run("status", &[]);
    assert!(said(&output).contains("No key store found"), "{}", said(&output));
    assert!(!bed.path(".kmodel").exists());
}

#[test]
fn debug_collects_from_everywhere_and_leaves_keys_out() {
    let bed = Bed::new(MODEL);
    bed.ok("apply", &[]);
    let out = bed.path("debug");
    let options = ["--out", out.to_str().unwrap()];
    let (text, _) = bed.ok("debug", &options);
    assert!(text.contains("etcd.peer → etcd.peer") && text.contains("collected into "), "{text}");
    let read = |path: &str| fs::read_to_string(out.join(path)).unwrap();
    assert_eq!(read("machines/cp-2/journal.log"), "begin\n[redacted by kmodel]\nend\n");
    assert!(read("server/cp-1.log").contains("log of the server on cp-1"));
    assert!(read("report.txt").contains("cp-0  running  up  2 of 2 units up"));
    let status: Value = serde_json::from_str(&read("status.json")).unwrap();
    assert_eq!(status["well"], json!(true));
    bed.ok("debug", &options);
    fs::write(out.join("mine"), "").unwrap();
    let output = bed.run("debug", &options);
    assert_eq!(output.status.code(), Some(3), "a file of somebody else is not lost");
}

#[test]
fn scripts_for_machines_are_clean() {
    let Some(mut shellcheck) = tool("shellcheck") else { return };
    let scripts = ["probe", "log", "connectivity", "kubectl", "certificate", "collect", "ssh/hello", "ssh/leave"]
        .map(|name| format!("src/apply/{name}.sh"));
    // What is in single quotes is for another shell, and profiles lie on machines.
    shellcheck.args(["--shell=sh", "--exclude=SC2016,SC1091"]).args(scripts);
    succeed(shellcheck.args([
        "stdlib/etcd/join.sh",
        "stdlib/etcd/leave.sh",
        "stdlib/addons/leave.sh",
        "stdlib/addons/drain.sh",
    ]));
}
