//! `apply`, `status`, `debug` and `destroy` over real SSH: each machine is an overlay of this one's files with a server of its own.

use std::fs;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::tool::{cannot, said, succeed, tool};

const COMPONENT: &str = r##"
/// A program of ours.
component sleeper {
  option text: string = "hello"
  file /etc/kmodel-test/sleeper.conf { text = "text = ${option.text}\n" }
  file /etc/kmodel-test/sleeper.key { text = "x\n", mode = 0600 }
  file /usr/local/lib/kmodel/rename.d/50-test { mode = 0755, text = "#!/bin/sh\necho $1 >>/var/lib/kmodel-test/renamed\n" }
  dir /var/lib/kmodel-sleeper { }
  unit sleeper.service { exec = /usr/bin/sleep, args = ["infinity"], restart = "no" }
}
cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.213.0.0/24 }
"##;

/// Machines, and a folder with a model.
pub(crate) struct Bed {
    folder: tempfile::TempDir,
    pub machines: Vec<(Child, u16)>,
}

impl Drop for Bed {
    fn drop(&mut self) {
        for (machine, _) in &mut self.machines {
            let _ = machine.kill();
            let _ = machine.wait();
        }
    }
}

impl Bed {
    /// `None`, said aloud, where machines cannot be made.
    pub fn new(count: usize) -> Option<Self> {
        for program in ["sshd", "ssh", "ssh-keygen", "sudo", "unshare"] {
            tool(program)?;
        }
        if !can_overlay() {
            cannot("no overlay can be mounted here", "a machine over SSH");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        succeed(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key));
        let mut bed = Self { folder, machines: Vec::new() };
        // All ports at once, so that none is given twice.
        let held: Vec<_> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let ports: Vec<u16> = held.iter().map(|port| port.local_addr().unwrap().port()).collect();
        drop(held);
        bed.machines = ports.iter().enumerate().map(|(place, port)| (bed.start(place, *port), *port)).collect();
        ports.iter().for_each(|port| wait_for(*port));
        Some(bed)
    }

    fn start(&self, place: usize, port: u16) -> Child {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/ssh");
        let folder = self.path(&format!("machine-{place}"));
        fs::create_dir(&folder).unwrap();
        let log = fs::File::create(self.path(&format!("log-{place}"))).unwrap();
        let mut machine = Command::new("unshare");
        machine.args(["--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "bash"]);
        machine.arg(source.join("machine.sh")).arg(folder).arg(port.to_string());
        machine.arg(source.join("systemctl")).arg(self.path("key.pub"));
        machine.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// A model of so many machines, with more fields of the target.
    fn model(&self, count: usize, target: &str) {
        self.write(&format!("machines m[{count}] {{ }}\ndeploy sleeper on m\n"), count, target);
    }

    fn write(&self, body: &str, count: usize, target: &str) {
        let host =
            |place: usize| format!("m-{place} = {{ address = \"127.0.0.1\", port = {} }}", self.machines[place].1);
        let hosts = (0..count).map(host).collect::<Vec<_>>().join(", ");
        let target =
            format!("target ssh {{ key = \"./key\", known-hosts = \"./known\", hosts = {{ {hosts} }}, {target} }}\n");
        fs::write(self.path("model.km"), format!("{COMPONENT}{body}{target}")).unwrap();
    }

    /// A model of machines that are reached in another way.
    pub fn write_model(&self, body: &str) {
        fs::write(self.path("model.km"), format!("{COMPONENT}{body}")).unwrap();
    }

    pub fn command(&self, command: &str, options: &[&str]) -> Command {
        let mut kmodel = Command::new(env!("CARGO_BIN_EXE_kmodel"));
        kmodel.arg(command).arg(self.path("model.km")).args(options).stdin(Stdio::null());
        // All of these machines have the addresses of this one.
        kmodel.args((command == "apply").then_some("--no-preflight"));
        // No configuration of the person who runs the tests.
        kmodel.env("KMODEL_SSH", self.ssh("exec ssh -F \"$0.conf\" \"$@\""));
        kmodel
    }

    /// A program that calls `ssh`.
    fn ssh(&self, script: &str) -> PathBuf {
        let path = self.path("ssh");
        fs::write(self.path("ssh.conf"), format!("IdentityFile {}\n", self.path("key").display())).unwrap();
        let mut file = fs::File::create(self.path("ssh.new")).unwrap();
        write!(file, "#!/bin/sh\n{script}\n").unwrap();
        file.set_permissions(fs::Permissions::from_mode(0o755)).unwrap();
        drop(file);
        fs::rename(self.path("ssh.new"), &path).unwrap();
        path
    }

    fn run(&self, command: &str, options: &[&str]) -> Output {
        self.command(command, options).output().unwrap()
    }

    fn ok(&self, command: &str, options: &[&str]) -> String {
        let output = self.run(command, options);
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    }

    fn fails(&self, command: &str, options: &[&str]) -> String {
        let output = self.run(command, options);
        assert!(!output.status.success(), "{}", said(&output));
        said(&output)
    }

    /// What a command on a machine prints.
    pub fn on(&self, place: usize, command: &str) -> String {
        let mut ssh = Command::new("ssh");
        ssh.args([
            "-F",
            "/dev/null",
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
            "-o",
            "LogLevel=ERROR",
            "-i",
        ]);
        ssh.arg(self.path("key")).args(["-p", &self.machines[place].1.to_string(), "root@127.0.0.1", command]);
        String::from_utf8(ssh.output().unwrap().stdout).unwrap()
    }
}

fn can_overlay() -> bool {
    let folder = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs t \"$0\" && mkdir \"$0/u\" \"$0/w\" \"$0/r\" && mount -t overlay o -o lowerdir=/,upperdir=\"$0/u\",workdir=\"$0/w\" \"$0/r\"";
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--propagation", "private", "sh", "-c", script]).arg(folder.path());
    unshare.output().is_ok_and(|output| output.status.success())
}

fn wait_for(port: u16) {
    let begin = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(60), "no SSH server on port {port}");
        thread::sleep(Duration::from_millis(50));
    }
}

const ROOT: &str = "user = \"root\", first-use = true";

#[test]
fn machines_are_set_up_changed_left_and_destroyed() {
    let Some(bed) = Bed::new(3) else { return };
    bed.model(3, ROOT);
    let text = bed.ok("apply", &["--dry-run"]);
    assert!(text.contains("+ m-2: set up: 7 files, 1 unit") && text.contains("3 changes; none made"), "{text}");
    assert_eq!(bed.on(0, "ls /etc/kmodel 2>/dev/null"), "");
    let text = bed.ok("apply", &[]);
    assert!(text.contains("ok: lab is up: 3 machines, 3 units"), "{text}");
    assert_eq!(bed.on(1, "cat /var/lib/kmodel/owner"), "lab m-1\n");
    assert_eq!(bed.on(1, "stat -c %a:%U /etc/kmodel-test/sleeper.key"), "600:root\n");
    assert!(bed.ok("apply", &[]).contains("ok: no changes: 3 machines, 3 units"));
    let text = bed.ok("status", &[]);
    assert!(text.contains("lab on existing machines over SSH") && text.contains("ok: the cluster matches"), "{text}");
    // One option, in turn.
    bed.write("machines m[3] { }\ndeploy sleeper on m { text = \"bye\" }\n", 3, ROOT);
    let text = bed.ok("apply", &[]);
    assert!(text.contains("~ m-0: upload /etc/kmodel-test/sleeper.conf; restarts sleeper.service"), "{text}");
    let order: Vec<_> = text.lines().filter(|line| line.ends_with(": up")).collect();
    assert_eq!(order, ["m-0: up", "m-1: up", "m-2: up"]);
    // One machine less: where it was is remembered, though the model says nothing of it.
    bed.model(2, ROOT);
    let text = bed.ok("apply", &["--yes"]);
    assert!(text.contains("- m-2: remove it and all its data") && text.contains("m-2: removed"), "{text}");
    let left = "ls -d /etc/kmodel /var/lib/kmodel /var/lib/kmodel-sleeper /etc/kmodel-test/* /etc/systemd/system/sleeper* /usr/local/lib/kmodel 2>/dev/null";
    assert_eq!((bed.on(2, left), bed.on(2, "ls /run/units")), (String::new(), String::new()));
    assert!(!fs::read_to_string(bed.path("kmodel.lock")).unwrap().contains("m-2"));
    assert!(bed.ok("apply", &[]).contains("ok: no changes: 2 machines"));
    let text = bed.ok("debug", &["--out", bed.path("debug").to_str().unwrap()]);
    assert!(text.contains("collected into") && bed.path("debug/machines/m-1/boot.log").exists(), "{text}");
    let text = bed.ok("destroy", &["--yes"]);
    assert!(text.contains("ok: lab is removed"), "{text}");
    assert_eq!(bed.on(0, left), "");
    assert!(bed.ok("destroy", &["--yes"]).contains("nothing to remove"));
}

/// The machines are overlays of one machine, whose identity and addresses all of them have.
#[test]
fn machines_that_are_not_those_of_the_model_are_refused_before_anything_is_done() {
    let Some(bed) = Bed::new(2) else { return };
    bed.on(0, "echo 0123456789abcdef0123456789abcdef >/etc/machine-id");
    bed.on(1, "echo 0123456789abcdef0123456789abcdef >/etc/machine-id");
    bed.model(2, ROOT);
    bed.ssh("exec ssh -F \"$0.conf\" \"$@\"");
    let apply = |options: &[&str]| {
        let mut kmodel = Command::new(env!("CARGO_BIN_EXE_kmodel"));
        kmodel
            .arg("apply")
            .arg(bed.path("model.km"))
            .args(options)
            .env("KMODEL_SSH", bed.path("ssh"))
            .stdin(Stdio::null());
        kmodel.output().unwrap()
    };
    let preflight = bed.fails("preflight", &[]);
    assert!(
        preflight.contains("m-0  there") && preflight.contains("error: 2 machines cannot be set up"),
        "{preflight}"
    );
    let text = said(&apply(&["--dry-run"]));
    let address = "none of its interfaces has the address 10.213.0.1";
    assert!(
        text.contains(&format!("! m-0: {address}")) && text.contains("! m-1: its machine-id is that of `m-0`"),
        "{text}"
    );
    let output = apply(&[]);
    let text = said(&output);
    assert!(!output.status.success() && text.contains("error: `m-0` is not as the model says: "), "{text}");
    assert!(text.contains("`--no-preflight` goes on all the same"), "{text}");
    assert_eq!(bed.on(0, "ls -d /var/lib/kmodel /etc/kmodel 2>/dev/null"), "");
}

#[test]
fn a_user_becomes_root_as_the_machine_allows() {
    let Some(bed) = Bed::new(1) else { return };
    bed.model(1, "user = \"free\", first-use = true");
    assert!(bed.ok("apply", &[]).contains("ok: lab is up"));
    bed.model(1, "user = \"asked\", first-use = true");
    let text = bed.fails("apply", &[]);
    assert!(text.contains("a password is required") && text.contains("--become-password"), "{text}");
    let password = |text: &str| {
        fs::write(bed.path("password"), text).unwrap();
        bed.path("password").display().to_string()
    };
    let text = bed.fails("apply", &["--become-password", &password("wrong\n")]);
    assert!(text.contains("incorrect password attempt"), "{text}");
    assert!(bed.ok("apply", &["--become-password", &password("secret\n")]).contains("ok: no changes"));
    bed.write("machines m[1] { }\ndeploy sleeper on m { text = \"bye\" }\n", 1, "user = \"asked\", first-use = true");
    assert!(
        bed.ok("apply", &["--become-password", &password("secret")]).contains("ok: lab is up"),
        "the files come after it"
    );
    assert_eq!(bed.on(0, "cat /etc/kmodel-test/sleeper.conf"), "text = bye\n");
    bed.model(1, "user = \"asked\", become = \"none\", first-use = true");
    assert!(bed.fails("apply", &[]).contains("the user cannot become root"));
}

#[test]
fn a_host_key_is_known_pinned_or_refused() {
    let Some(bed) = Bed::new(1) else { return };
    bed.model(1, "user = \"root\"");
    let text = bed.fails("apply", &[]);
    assert!(
        text.contains("host key is known for") && text.contains("`first-use = true` trusts the first key"),
        "{text}"
    );
    let key = bed.on(0, "cat /run/host_key.pub");
    let pinned = |key: &str| {
        bed.model(1, "user = \"root\"");
        let words: Vec<_> = key.split(' ').take(2).collect();
        let text = fs::read_to_string(bed.path("model.km")).unwrap();
        let host = format!("m-0 = {{ host-key = \"{}\", ", words.join(" "));
        fs::write(bed.path("model.km"), text.replace("m-0 = { ", &host)).unwrap();
    };
    pinned(key.trim());
    assert!(bed.ok("apply", &[]).contains("ok: lab is up"));
    pinned(fs::read_to_string(bed.path("key.pub")).unwrap().trim());
    let text = bed.fails("apply", &[]);
    assert!(
        text.contains("has changed and you have requested strict checking") && text.contains("find out who answers"),
        "{text}"
    );
    bed.model(1, ROOT);
    assert!(bed.ok("apply", &[]).contains("ok: no changes"));
    bed.model(1, "user = \"root\"");
    assert!(bed.ok("apply", &[]).contains("ok: no changes"), "the first use was remembered");
}

#[test]
fn a_machine_of_another_cluster_is_left_alone() {
    let Some(bed) = Bed::new(1) else { return };
    bed.model(1, ROOT);
    bed.ok("apply", &[]);
    let text = fs::read_to_string(bed.path("model.km")).unwrap();
    fs::write(bed.path("model.km"), text.replace("cluster lab", "cluster prod").replace("hello", "bye")).unwrap();
    let _ = fs::remove_file(bed.path("kmodel.lock"));
    let text = bed.fails("apply", &[]);
    assert!(text.contains("is set up as `m-0` of the cluster `lab`, not as `m-0` of the cluster `prod`"), "{text}");
    assert_eq!(bed.on(0, "cat /etc/kmodel-test/sleeper.conf"), "text = hello\n");
    assert!(bed.ok("destroy", &["--yes"]).contains("nothing to remove"));
}

/// At each call of `ssh` once, the connection dies in its middle; the next run ends what the one before began.
#[test]
fn a_connection_that_dies_is_taken_up_by_the_next_run() {
    let Some(bed) = Bed::new(1) else { return };
    for call in 1..8 {
        bed.write(&format!("machines m[1] {{ }}\ndeploy sleeper on m {{ text = \"{call}\" }}\n"), 1, ROOT);
        let mut kmodel = bed.command("apply", &[]);
        let _ = fs::remove_file(bed.path("calls"));
        let dies = format!(
            "case \"$*\" in *' -O '*) ;; *) echo >>\"${{0%/*}}/calls\" ;; esac\nif [ \"$(wc -l <\"${{0%/*}}/calls\")\" -eq {call} ]; then\n\
             head -c 700 | timeout -s KILL 0.3 ssh -F \"$0.conf\" \"$@\"\necho 'client_loop: send disconnect: Broken pipe' >&2; exit 255\nfi\n\
             exec ssh -F \"$0.conf\" \"$@\""
        );
        bed.ssh(&dies);
        let first = kmodel.output().unwrap();
        assert!(!said(&first).contains("panicked"), "{}", said(&first));
        bed.ok("apply", &[]);
        assert_eq!(bed.on(0, "cat /etc/kmodel-test/sleeper.conf"), format!("text = {call}\n"));
        assert!(bed.ok("apply", &[]).contains("ok: no changes"));
    }
}

/// The machine behind knows only the jump host, which forwards to it.
#[test]
fn machines_are_reached_through_a_jump_host() {
    let Some(bed) = Bed::new(2) else { return };
    bed.model(2, ROOT);
    let jump = format!("m-1 = {{ jump = \"root@127.0.0.1:{}\", ", bed.machines[0].1);
    let text = fs::read_to_string(bed.path("model.km")).unwrap();
    fs::write(bed.path("model.km"), text.replace("m-1 = { ", &jump)).unwrap();
    let mut kmodel = bed.command("apply", &[]);
    // The jump host has its own configuration, as in ~/.ssh/config.
    let conf = format!(
        "IdentityFile {}\nUserKnownHostsFile {}\nStrictHostKeyChecking accept-new\n",
        bed.path("key").display(),
        bed.path("known-jump").display()
    );
    fs::write(bed.path("ssh.conf"), conf).unwrap();
    let output = kmodel.output().unwrap();
    assert!(said(&output).contains("ok: lab is up: 2 machines"), "{}", said(&output));
    assert!(fs::read_to_string(bed.path("log-0")).unwrap().contains("Accepted publickey for root"));
}

/// No machine has its new name when the first of them gets it.
#[test]
fn a_renamed_group_keeps_its_machines() {
    let Some(bed) = Bed::new(2) else { return };
    bed.model(2, ROOT);
    bed.ok("apply", &[]);
    bed.on(0, "touch /var/lib/kmodel-sleeper/data");
    let text = fs::read_to_string(bed.path("model.km")).unwrap();
    let renamed =
        text.replace("machines m[", "moved m -> n\nmachines n[").replace("on m\n", "on n\n").replace("m-", "n-");
    fs::write(bed.path("model.km"), renamed).unwrap();
    let text = bed.ok("apply", &[]);
    assert!(text.contains("~ n-1: rename from m-1, with all its data\n") && text.contains("ok: lab is up"), "{text}");
    assert_eq!(bed.on(0, "cat /var/lib/kmodel/owner; ls /var/lib/kmodel-sleeper"), "lab n-0\ndata\n");
    let told = [0, 1].map(|place| bed.on(place, "cat /var/lib/kmodel-test/renamed 2>/dev/null")).concat();
    assert_eq!(
        (told.matches("m-0\n").count(), told.matches("m-1\n").count()),
        (1, 1),
        "others forget the name: {told}"
    );
    assert!(bed.ok("apply", &[]).contains("ok: no changes: 2 machines"));
}

#[test]
fn a_removal_that_was_cut_off_is_ended_by_the_next() {
    let Some(bed) = Bed::new(1) else { return };
    bed.model(1, ROOT);
    bed.ok("apply", &[]);
    bed.on(0, "echo x >/var/lib/kmodel-sleeper/data; mkdir /var/lib/kmodel-sleeper/in-use; mount -t tmpfs tmpfs /var/lib/kmodel-sleeper/in-use");
    let text = bed.fails("destroy", &["--yes"]);
    assert!(text.contains("in use, so not removed: /var/lib/kmodel-sleeper"), "{text}");
    bed.on(0, "umount /var/lib/kmodel-sleeper/in-use");
    assert!(bed.ok("destroy", &["--yes"]).contains("ok: lab is removed"));
    assert_eq!(bed.on(0, "ls -d /var/lib/kmodel-sleeper /var/lib/kmodel /etc/kmodel 2>/dev/null"), "");
}

/// As one whose archive was unpacked by hand.
#[test]
fn a_machine_without_a_mark_is_marked_and_can_be_destroyed() {
    let Some(bed) = Bed::new(1) else { return };
    bed.model(1, ROOT);
    bed.ok("apply", &[]);
    bed.on(0, "rm /var/lib/kmodel/owner");
    let text = bed.ok("apply", &[]);
    assert!(text.contains("+ m-0: set up: mark it as a machine of lab"), "{text}");
    assert!(
        bed.ok("apply", &[]).contains("ok: no changes") && bed.ok("destroy", &["--yes"]).contains("ok: lab is removed")
    );
}

#[test]
fn a_machine_that_is_down_holds_back_no_other() {
    let Some(mut bed) = Bed::new(2) else { return };
    bed.model(2, ROOT);
    bed.machines[1].0.kill().unwrap();
    bed.machines[1].0.wait().unwrap();
    let text = bed.fails("apply", &[]);
    assert!(text.contains("! m-1: cannot be reached: ") && text.contains("m-0: up"), "{text}");
    assert!(text.contains("Connection refused") && text.contains("check `address`, `port` and `jump`"), "{text}");
    let text = bed.fails("status", &[]);
    assert!(text.contains("m-1  unreachable"), "{text}");
    assert!(bed.fails("destroy", &["--yes"]).contains("Connection refused"), "what it has is not known");
}

#[test]
fn twenty_machines_are_set_up_at_once_and_left_without_a_connection() {
    let Some(bed) = Bed::new(20) else { return };
    bed.model(20, ROOT);
    assert!(bed.ok("apply", &[]).contains("ok: lab is up: 20 machines, 20 units"));
    assert!(bed.ok("apply", &[]).contains("ok: no changes: 20 machines"));
    for place in 0..20 {
        let log = || fs::read_to_string(bed.path(&format!("log-{place}"))).unwrap();
        assert_eq!(log().matches("Accepted publickey for root").count(), 2, "one connection a run: {}", log());
        let begin = Instant::now();
        while log().matches("Disconnected from user root").count() < 2 {
            assert!(begin.elapsed() < Duration::from_secs(20), "a connection is left: {}", log());
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// All machines share the network of this one: what they hold and have is what it holds and has.
#[test]
fn facts_are_written_once_and_compared_offline() {
    let Some(bed) = Bed::new(2) else { return };
    bed.on(0, "echo 0123456789abcdef0123456789abcdef >/etc/machine-id; mkdir -p /etc/kubernetes; touch /etc/kubernetes/admin.conf");
    let held = bed.machines[1].1;
    let allow = "allow host-differs \"one machine\"\nallow host-unwise \"one machine\"\n";
    let web = format!("component web {{ listen http {{ port = {held}/tcp }} }}\ndeploy web on m\n");
    bed.write(
        &format!("machines m[2] {{ cores = 4096, memory = 1GiB, disk = 1GiB }}\ndeploy sleeper on m\n{web}{allow}"),
        2,
        ROOT,
    );
    let text = bed.fails("preflight", &[]);
    for wanted in [
        "another cluster has left files there: /etc/kubernetes/admin.conf (host-in-use)",
        &format!("listens on {held}/tcp there, which `web.http` of the model needs (host-in-use)"),
        "of the 4096 cores of the model (host-small)",
        "error: 2 machines cannot be set up",
    ] {
        assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(wanted), "{wanted}: {text}");
    }
    assert!(!text.contains("(host-differs)"), "it is allowed: {text}");
    let json = bed.run("preflight", &["--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(
        (&json["version"], &json["machines"][1]["warnings"][0]["code"]),
        (&2.into(), &"host-small".into()),
        "{json}"
    );
    bed.model(2, ROOT);
    let text = bed.ok("facts", &[]);
    assert!(text.contains("kmodel.facts.toml`: m-0, m-1"), "{text}");
    let file = fs::read_to_string(bed.path("kmodel.facts.toml")).unwrap();
    assert!(
        file.contains("[cluster.lab.machine.m-0]\n") && file.contains("\nos = ") && !file.contains("0123456789abcdef"),
        "{file}"
    );
    assert!(bed.ok("facts", &[]).contains("is as 2 machines say"));
    assert_eq!(fs::read_to_string(bed.path("kmodel.facts.toml")).unwrap(), file, "the same bytes");
    let check = |text: &str| {
        fs::write(bed.path("kmodel.facts.toml"), text).unwrap();
        said(&Command::new(env!("CARGO_BIN_EXE_kmodel")).arg("check").arg(bed.path("model.km")).output().unwrap())
    };
    let text = check(&file.replace("arch = \"x86_64\"", "arch = \"aarch64\""));
    assert!(text.contains("says of `m-0`, `m-1`: it is aarch64"), "{text}");
    assert!(
        text.contains("says of `m-0`, `m-1`: none of its interfaces has the address") || text.contains("host-differs"),
        "{text}"
    );
    // What is wrong there keeps no one from asking again.
    assert!(bed.fails("facts", &["--check"]).contains("differs: m-0, m-1"));
    bed.ok("facts", &[]);
    assert_eq!(fs::read_to_string(bed.path("kmodel.facts.toml")).unwrap(), file);
    assert!(check("version = 9\n").contains("it has format version 9"));
    assert!(bed.fails("facts", &[]).contains("cannot be read: it has format version 9"));
}

#[test]
fn hooks_run_with_each_turn_and_stop_it_when_they_fail() {
    let Some(bed) = Bed::new(2) else { return };
    let with = |text: &str, before: &str| {
        let hooks =
            format!("hooks = {{ before = \"{before}\", after = \"echo after $1 $3 >>/tmp/hooks\", timeout = 20s }}");
        bed.write(
            &format!("machines m[2] {{ }}\ndeploy sleeper on m {{ text = \"{text}\" }}\n"),
            2,
            &format!("{ROOT}, {hooks}"),
        );
    };
    with("a", "echo before $1 $2 $3 >>/tmp/hooks");
    let own = bed.path("own");
    fs::write(&own, format!("#!/bin/sh\necho \"$1 $3\" >>{}\n", bed.path("own.log").display())).unwrap();
    fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
    let own = own.display().to_string();
    let text = bed.ok("apply", &["--dry-run", "--hook-after", &own]);
    assert!(
        text.contains("hook before each machine: the model's script on it, 1 line") && text.contains(" here"),
        "{text}"
    );
    bed.ok("apply", &["--hook-after", &own]);
    assert_eq!(bed.on(0, "cat /tmp/hooks"), "before m-0 10.213.0.10 set-up\nafter m-0 set-up\n");
    let mut all: Vec<_> = fs::read_to_string(bed.path("own.log")).unwrap().lines().map(str::to_owned).collect();
    all.sort();
    assert_eq!(all, ["m-0 set-up", "m-1 set-up"]);
    bed.ok("apply", &[]);
    assert_eq!(bed.on(0, "wc -l </tmp/hooks").trim(), "2", "nothing has its turn");
    with("b", "echo no room >&2; exit 7");
    let text = bed.fails("apply", &[]);
    assert!(text.contains("the hook of the model before `m-0` failed: it exited with 7: no room"), "{text}");
    assert!(text.contains("skipped because of this: m-1"), "{text}");
    assert_eq!(bed.on(0, "cat /etc/kmodel-test/sleeper.conf"), "text = a\n", "it was not touched");
}
