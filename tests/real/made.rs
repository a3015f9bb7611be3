//! `apply`, `status`, `debug` and `destroy` of machines that Terraform makes: the real program with its built-in `terraform_data`, and the
//! machines of `ssh` as what a cloud would have made.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::ssh::Bed;
use crate::support::tool::{find, said, tool};

/// A cloud: each machine is a resource whose making and removing is written down, and fails where a test says so.
const CLOUD: &str = r##"
/// Machines that are there, as if they were made.
component cloud {
  option ports: map<int>
  option log: line
  option generation: map<int> = {}
  option note: map<word> = {}
  option more: map<word> = {}
  file "terraform/main.tf.json" {
    when   = target.name == "nocloud"
    format = "json"
    content = {
      resource = {
        terraform_data = {
          "${m.name}" = {
            input = { port = get(option.ports, m.name), name = m.name, log = option.log, note = get(option.note, m.name) ?? "" }
            triggers_replace = [get(option.generation, m.name) ?? 1]
            provisioner = [
              { local-exec = { command = "echo make \${self.input.name} >>\${self.input.log}; test ! -e \${self.input.log}.\${self.input.name}" } },
              { local-exec = { when = "destroy", command = "echo remove \${self.input.name} >>\${self.input.log}" } }
            ]
          } for m in machines
        } & {
          "behind-${m.name}" = { input = "\${terraform_data.${m.name}.id}" } for m in machines
        } & {
          "${k}" = { input = v } for k, v in option.more
        }
      }
      removed = [
        {
          from = "terraform_data.${n}"
          lifecycle = { destroy = true }
          provisioner = [{ local-exec = { when = "destroy", command = "echo remove \${self.input.name} >>\${self.input.log}" } }]
        }
        for n in ["m-2"]
        if !(n in [m.name for m in machines])
      ]
      output = {
        machines = {
          value = {
            "${m.name}" = { address = "127.0.0.1", port = "\${terraform_data.${m.name}.output.port}", user = "root" } for m in machines
          }
        }
      }
    }
  }
}
"##;

/// The machines, and Terraform behind a program that makes the faults that a test names.
struct Cloud {
    bed: Bed,
}

impl Cloud {
    fn new(count: usize) -> Option<Self> {
        tool("terraform")?;
        let terraform = find("terraform")?;
        let bed = Bed::new(count)?;
        let cloud = Self { bed };
        let program = format!(
            "#!/bin/sh\nfault=$(cat \"${{0%/*}}/fault\" 2>/dev/null)\ncase \"$fault $1\" in\n\
             'init init') printf '%s\\n' '╷' '│ Error: Failed to query available provider packages' '│ ' '│ no route' '╵' >&2; exit 1 ;;\n\
             'garbage show') echo '{{\"resource_changes\": 1}}'; exit 0 ;;\n\
             'lines plan') echo 'panic: not JSON'; exit 2 ;;\n\
             'locked plan') echo '{{\"type\":\"diagnostic\",\"diagnostic\":{{\"severity\":\"error\",\"summary\":\"Error acquiring the state lock\"}}}}'; exit 1 ;;\n\
             'killed apply') kill -9 $$ ;;\n\
             esac\nexec {} \"$@\"\n",
            terraform.display()
        );
        let mut file = fs::File::create(cloud.bed.path("terraform")).unwrap();
        file.write_all(program.as_bytes()).unwrap();
        file.set_permissions(fs::Permissions::from_mode(0o755)).unwrap();
        drop(file);
        cloud.fault("");
        Some(cloud)
    }

    fn fault(&self, fault: &str) {
        fs::write(self.bed.path("fault"), fault).unwrap();
    }

    /// A model of so many machines, with more options of the cloud.
    fn model(&self, count: usize, options: &str) {
        let ports: Vec<_> = (0..count).map(|place| format!("m-{place} = {}", self.bed.machines[place].1)).collect();
        let cloud = format!(
            "deploy cloud {{ ports = {{ {} }}, log = \"{}\"{options} }}\n",
            ports.join(", "),
            self.bed.path("made").display()
        );
        let body = format!(
            "machines m[{count}] {{ }}\ndeploy sleeper on m\n{cloud}target nocloud {{ key = \"./key\", first-use = true }}\n"
        );
        self.bed.write_model(&format!("{CLOUD}{body}"));
    }

    fn command(&self, command: &str, options: &[&str]) -> Command {
        let mut kmodel = self.bed.command(command, options);
        kmodel.env("KMODEL_TERRAFORM", self.bed.path("terraform")).env("CHECKPOINT_DISABLE", "1");
        kmodel
    }

    fn ok(&self, command: &str, options: &[&str]) -> String {
        let output = self.command(command, options).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    }

    fn fails(&self, command: &str, options: &[&str]) -> String {
        let output = self.command(command, options).output().unwrap();
        assert!(!output.status.success(), "{}", said(&output));
        said(&output)
    }

    /// What was made and removed since the last question.
    fn made(&self) -> Vec<String> {
        let text = fs::read_to_string(self.bed.path("made")).unwrap_or_default();
        let _ = fs::remove_file(self.bed.path("made"));
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }

    fn folder(&self) -> PathBuf {
        self.bed.path(".kmodel/lab/cloud")
    }
}

#[test]
fn machines_are_made_set_up_changed_and_removed() {
    let Some(cloud) = Cloud::new(3) else { return };
    cloud.model(2, "");
    let text = cloud.ok("apply", &["--dry-run"]);
    assert!(text.contains("lab on ") && text.contains(" by terraform 1."), "{text}");
    assert!(text.contains("+ m-0: create terraform_data by Terraform"), "{text}");
    assert!(text.contains("+ terraform_data.behind-m-1: create by Terraform"), "{text}");
    assert!(cloud.made().is_empty() && !cloud.folder().exists(), "a dry run leaves nothing");

    is_made(&cloud);

    // One more, and one changed in place in its turn.
    cloud.model(3, ", note = { m-0 = \"new\" }");
    let text = cloud.ok("apply", &["--dry-run"]);
    assert!(text.contains("~ m-0: change input.note  -> new"), "{text}");
    let text = cloud.ok("apply", &[]);
    assert!(text.contains("ok: lab is up: 3 machines"), "{text}");
    assert_eq!(cloud.made(), ["make m-2"]);
    assert!(cloud.ok("apply", &[]).contains("ok: no changes: 3 machines"));

    // One less: it is asked for, since its data is lost.
    cloud.model(2, ", note = { m-0 = \"new\" }");
    assert!(cloud.fails("apply", &[]).contains("pass `--yes`"));
    assert!(cloud.made().is_empty());
    let text = cloud.ok("apply", &["--yes"]);
    assert!(text.contains("- m-2: remove it and all its data") && text.contains("m-2: removed"), "{text}");
    assert_eq!(cloud.made(), ["remove m-2"]);
    assert!(!fs::read_to_string(cloud.bed.path("kmodel.lock")).unwrap().contains("m-2"));
    is_collected_and_destroyed(&cloud);
}

fn is_made(cloud: &Cloud) {
    let text = cloud.ok("apply", &[]);
    assert!(text.contains("m-1: created terraform_data.m-1") && text.contains("ok: lab is up: 2 machines"), "{text}");
    assert_eq!(cloud.made(), ["make m-0", "make m-1"]);
    assert_eq!(cloud.bed.on(1, "cat /var/lib/kmodel/owner"), "lab m-1\n");
    assert_eq!(fs::metadata(cloud.folder()).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(cloud.folder().join("terraform/terraform.tfstate").exists());
    assert!(!cloud.folder().join("terraform/kmodel.plan").exists(), "a plan may hold secrets");
    let known = fs::read_to_string(cloud.folder().join("known_hosts")).unwrap();
    assert!(known.contains("m-0 ssh-ed25519 ") && known.contains("m-1 ssh-ed25519 "), "{known}");
    assert!(cloud.ok("apply", &[]).contains("ok: no changes: 2 machines"));
    let text = cloud.ok("status", &[]);
    assert!(text.contains("by terraform 1.") && text.contains("ok: the cluster matches"), "{text}");
}

fn is_collected_and_destroyed(cloud: &Cloud) {
    let text = cloud.ok("debug", &["--out", cloud.bed.path("debug").to_str().unwrap()]);
    assert!(text.contains("collected into") && cloud.bed.path("debug/terraform/resources.txt").exists(), "{text}");

    assert!(cloud.fails("destroy", &[]).contains("pass `--yes`"));
    assert!(cloud.ok("destroy", &["--yes"]).contains("ok: lab is removed"));
    assert_eq!(cloud.made(), ["remove m-0", "remove m-1"]);
    assert!(!cloud.folder().exists());
    assert!(cloud.ok("destroy", &["--yes"]).contains("nothing to remove"));
}

#[test]
fn machines_are_made_anew_one_at_a_time_and_only_if_that_is_wanted() {
    let Some(cloud) = Cloud::new(2) else { return };
    cloud.model(2, "");
    cloud.ok("apply", &[]);
    cloud.made();
    cloud.model(2, ", generation = { m-0 = 2, m-1 = 2 }, more = { extra = \"x\" }");
    let text = cloud.fails("apply", &[]);
    let why = "replace it, with the loss of all its data: triggers_replace cannot be changed in place";
    assert!(text.contains(&format!("- m-1: {why}")) && text.contains("pass `--yes`"), "{text}");
    assert!(cloud.made().is_empty());
    // The second is not begun while the first cannot be made.
    fs::write(cloud.bed.path("made.m-0"), "").unwrap();
    let text = cloud.fails("apply", &["--yes"]);
    assert!(text.contains("`m-0` is not up: ") && text.contains("skipped because of this: m-1"), "{text}");
    assert_eq!(cloud.made(), ["make m-0", "remove m-0"]);
    fs::remove_file(cloud.bed.path("made.m-0")).unwrap();
    let text = cloud.ok("apply", &["--yes"]);
    assert!(text.contains("ok: lab is up: 2 machines"), "{text}");
    // Terraform does not run what goes before the removal of a resource whose creation failed.
    assert_eq!(cloud.made(), ["make m-0", "make m-1", "remove m-1"]);
    assert!(cloud.ok("apply", &[]).contains("ok: no changes: 2 machines"));
    // What is not a machine is asked for too.
    cloud.model(2, ", generation = { m-0 = 2, m-1 = 2 }");
    let text = cloud.fails("apply", &[]);
    assert!(text.contains("- terraform_data.extra: remove") && text.contains("pass `--yes`"), "{text}");
    assert!(cloud.ok("apply", &["--yes"]).contains("ok: lab is up"));
}

#[test]
fn what_terraform_cannot_do_is_said_and_taken_up() {
    let Some(cloud) = Cloud::new(2) else { return };
    cloud.model(2, "");
    let fails = |fault: &str, expected: &[&str]| {
        cloud.fault(fault);
        let text = cloud.fails("apply", &[]);
        cloud.fault("");
        assert!(expected.iter().all(|expected| text.contains(expected)), "{fault}: {text}");
        assert!(!text.contains("panicked"), "{text}");
    };
    fails(
        "init",
        &["cannot prepare its folder: Failed to query available provider packages: no route", "check the network"],
    );
    fails("garbage", &["cannot read Terraform's plan: unexpected output of the client"]);
    fails("lines", &["cannot plan: panic: not JSON", "run the same command again"]);
    fails("locked", &["Error acquiring the state lock", "force-unlock ID"]);
    fails("killed", &["cannot make its changes: it was interrupted"]);
    assert!(cloud.made().is_empty());
    fs::write(cloud.bed.path("made.m-1"), "").unwrap();
    fails("", &["terraform_data.m-1: local-exec provisioner error", "it continues with what Terraform made"]);
    fs::remove_file(cloud.bed.path("made.m-1")).unwrap();
    // It was never entered, so nothing is lost with it.
    let text = cloud.ok("apply", &["--dry-run"]);
    assert!(text.contains("+ m-1: create terraform_data by Terraform"), "{text}");
    let text = cloud.ok("apply", &[]);
    assert!(text.contains("ok: lab is up: 2 machines"), "{text}");
    assert!(cloud.ok("apply", &[]).contains("ok: no changes: 2 machines"));
}

#[test]
fn without_a_program_it_says_which_to_install() {
    let Some(cloud) = Cloud::new(1) else { return };
    cloud.model(1, "");
    let mut kmodel = cloud.command("apply", &[]);
    kmodel.env_remove("KMODEL_TERRAFORM").env("PATH", "/nonexistent");
    let text = said(&kmodel.output().unwrap());
    assert!(
        text.contains("neither `tofu` nor `terraform` is installed") && text.contains("KMODEL_TERRAFORM"),
        "{text}"
    );
}
