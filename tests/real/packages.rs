//! The boot of machines whose packages come by dnf or zypper, with the real programs, a package built here and a repository of it in a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kmodel::facts::family::family;
use kmodel::render::boot;

use crate::support::tool::{said, succeed, tool, write};

/// A package under its name in these families, of which Debian has another.
const SPEC: &str = "Name: conntrack-tools\nVersion: 1.0\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\nProvides: socat\n\
    %description\nx\n%install\nmkdir -p %{buildroot}/opt\necho x >%{buildroot}/opt/conntrack\n%files\n/opt/conntrack\n";

/// A machine in a folder, and a repository beside it.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new(os: &str, repositories: &str) -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        write(&machine.path("a.spec"), SPEC.as_bytes(), 0o644);
        let mut build = Command::new("rpmbuild");
        build.args(["-bb", "--quiet", "--define"]).arg(format!("_topdir {}", machine.path("top").display()));
        build.arg("--define").arg(format!("_rpmdir {}", machine.path("repo").display())).arg(machine.path("a.spec"));
        succeed(&mut build);
        succeed(Command::new("createrepo_c").arg("-q").arg(machine.path("repo")));
        let repo = format!("[x]\nname=x\nbaseurl=file://{}\nenabled=1\ngpgcheck=0\n", machine.path("repo").display());
        write(&machine.path(&format!("root/etc/{repositories}/x.repo")), repo.as_bytes(), 0o644);
        write(&machine.path("boot"), boot::script(family(os).unwrap()).as_bytes(), 0o755);
        write(&machine.path("bin/systemctl"), b"#!/bin/sh\n", 0o755);
        write(&machine.path("bin/sleep"), b"#!/bin/sh\n", 0o755);
        machine
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn boot(&self, packages: &[&str]) -> Output {
        let plan: String = packages.iter().map(|name| format!("package|{name}\n")).collect();
        write(&self.path("root/etc/kmodel/machine"), plan.as_bytes(), 0o644);
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        let mut boot = Command::new("bash");
        boot.arg(self.path("boot")).env("PATH", path).env("KMODEL_ROOT", self.path("root")).output().unwrap()
    }
}

fn installs(os: &str, manager: &str, repositories: &str) {
    let tools = [manager, "rpm", "rpmbuild", "createrepo_c"].map(tool);
    if tools.iter().any(Option::is_none) {
        return;
    }
    let machine = Machine::new(os, repositories);
    let named = family(os).unwrap().package_name("conntrack");
    let output = machine.boot(&[named]);
    assert!(
        output.status.success() && said(&output).contains("installing packages: conntrack-tools"),
        "{}",
        said(&output)
    );
    assert_eq!(fs::read_to_string(machine.path("root/opt/conntrack")).unwrap(), "x\n");
    let again = machine.boot(&[named, "socat"]);
    assert!(
        again.status.success() && !said(&again).contains("installing"),
        "what provides a package is one: {}",
        said(&again)
    );
    let missing = machine.boot(&["no-such-package"]);
    let text = said(&missing);
    assert!(missing.status.code() == Some(1) && text.contains("FAILED: cannot install no-such-package: "), "{text}");
    let why = text.rsplit("no-such-package: ").next().unwrap_or_default().trim();
    assert!(
        why.to_lowercase().contains("no match") || why.to_lowercase().contains("not found") || why.contains("Error"),
        "{text}"
    );
    assert!(Path::new(&machine.path("root/var/lib/kmodel/boot.log")).exists());
}

#[test]
fn dnf_installs_what_is_missing_once() {
    installs("redhat", "dnf", "yum.repos.d");
}

#[test]
fn zypper_installs_what_is_missing_once() {
    installs("suse", "zypper", "zypp/repos.d");
}
