//! What a machine does with its disks: files stand for devices, and blkid, mkfs and sfdisk are the real ones.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::support::tool::{said, succeed, tool, write};

/// A machine in a folder.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    /// With these lines of its plan.
    fn new(plan: &str) -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        let script = fs::read("src/render/boot/disks.sh").unwrap();
        write(&machine.path("disks"), &script, 0o755);
        write(&machine.path("bin/systemctl"), b"#!/bin/sh\necho \"$*\" >>\"$KMODEL_ROOT/log\"\n", 0o755);
        write(&machine.path("bin/udevadm"), b"#!/bin/sh\n", 0o755);
        // A file has no size that this one reads.
        write(&machine.path("bin/blockdev"), b"#!/bin/sh\nstat -c %s \"$2\"\n", 0o755);
        write(&machine.path("etc/kmodel/machine"), plan.as_bytes(), 0o644);
        machine
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// A device of so many bytes, with nothing on it.
    fn device(self, name: &str) -> Self {
        write(&self.path(&format!("dev/{name}")), b"", 0o600);
        fs::OpenOptions::new().write(true).open(self.path(&format!("dev/{name}"))).unwrap().set_len(32 << 20).unwrap();
        self
    }

    fn run(&self) -> Output {
        let path = format!("{}:{}:/usr/sbin:/sbin", self.path("bin").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.arg(self.path("disks")).env("PATH", path).env("KMODEL_ROOT", self.folder.path());
        command.env("KMODEL_WAIT", "0").output().unwrap()
    }

    fn content(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(&format!("dev/{name}"))).unwrap()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    fn blkid(&self, name: &str, tag: &str) -> String {
        let mut blkid = Command::new("blkid");
        blkid
            .args(["-p", "-s", tag, "-o", "value"])
            .arg(self.path(&format!("dev/{name}")))
            .env("PATH", "/usr/sbin:/sbin");
        succeed(&mut blkid).trim().to_owned()
    }
}

fn are_there() -> bool {
    ["blkid", "mkfs.ext4", "sfdisk"].into_iter().all(|name| tool(name).is_some())
}

const ETCD: &str = "volume|/dev/a|0|ext4|etcd|var-lib-etcd.mount\n";

#[test]
fn an_empty_disk_is_formatted_once() {
    if !are_there() {
        return;
    }
    let machine = Machine::new(&format!("disk|/dev/a|\n{ETCD}")).device("a");
    succeed_with(&machine.run());
    assert_eq!((machine.blkid("a", "TYPE"), machine.blkid("a", "LABEL")), ("ext4".into(), "etcd".into()));
    assert_eq!(machine.log(), "daemon-reload\nenable --quiet --now -- var-lib-etcd.mount\n");
    let before = machine.content("a");
    succeed_with(&machine.run());
    assert!(before == machine.content("a"), "what is there is left alone");
}

#[test]
fn what_has_data_is_not_touched() {
    if !are_there() {
        return;
    }
    let other_label: fn(&Machine) = |machine| mkfs(machine, &["-L", "theirs"]);
    let no_label: fn(&Machine) = |machine| mkfs(machine, &[]);
    let swap: fn(&Machine) = |machine| {
        let mut text = machine.content("a");
        text[4086..4096].copy_from_slice(b"SWAPSPACE2");
        text[1024] = 1;
        text[1028..1032].copy_from_slice(&[0, 16, 0, 0]);
        write(&machine.path("dev/a"), &text, 0o600);
    };
    let table: fn(&Machine) = |machine| sfdisk(machine, "label: gpt\nsize=4MiB\n");
    for (place, prepare) in [other_label, no_label, swap, table].into_iter().enumerate() {
        let machine = Machine::new(&format!("disk|/dev/a|\n{ETCD}")).device("a");
        prepare(&machine);
        let before = machine.content("a");
        let output = machine.run();
        assert_eq!(output.status.code(), Some(2), "{place}: {}", said(&output));
        assert!(before == machine.content("a"), "{place} was changed");
        assert!(!machine.log().contains("enable"), "{place} was mounted");
    }
    let machine = Machine::new("disk|/dev/a|50,rest\nvolume|/dev/a|1|ext4|one|\n").device("a");
    mkfs(&machine, &["-L", "one"]);
    let before = machine.content("a");
    assert_eq!(machine.run().status.code(), Some(2));
    assert!(before == machine.content("a"), "a file system got partitions");
}

#[test]
fn a_device_that_is_not_there_is_worth_another_try() {
    let machine = Machine::new(&format!("disk|/dev/a|\n{ETCD}"));
    let output = machine.run();
    assert_eq!(
        (output.status.code(), said(&output).trim().lines().last().unwrap()),
        (Some(1), "the device /dev/a is not there")
    );
}

#[test]
fn partitions_are_made_once_and_in_their_sizes() {
    if !are_there() {
        return;
    }
    let plan = "disk|/dev/a|25,rest\nvolume|/dev/a|1|ext4|one|srv-one.mount\nvolume|/dev/a|2|ext4|two|\n";
    let machine = Machine::new(plan).device("a").device("a1").device("a2");
    succeed_with(&machine.run());
    let mut sfdisk = Command::new("sfdisk");
    let listed = succeed(sfdisk.args(["--dump"]).arg(machine.path("dev/a")).env("PATH", "/usr/sbin:/sbin"));
    let sizes: Vec<_> =
        listed.lines().filter_map(|line| line.split("size=").nth(1)?.trim().split(',').next()).collect();
    assert_eq!(sizes.first(), Some(&"16384"), "8 MiB in sectors: {listed}");
    assert_eq!(sizes.len(), 2, "{listed}");
    assert_eq!([machine.blkid("a1", "LABEL"), machine.blkid("a2", "LABEL")], ["one", "two"]);
    assert_eq!(machine.log().matches("enable").count(), 1);
    let before = machine.content("a");
    succeed_with(&machine.run());
    assert!(before == machine.content("a"));
}

/// What AWS attaches as /dev/sdf is an NVMe device with any number, which says its name to those who ask.
#[test]
fn a_disk_that_a_platform_attached_is_found_by_its_name() {
    if !are_there() {
        return;
    }
    let plan = "disk|/dev/sdf||33554432\nvolume|/dev/sdf|0|ext4|etcd|var-lib-etcd.mount\n";
    let machine = Machine::new(plan).device("nvme0n1").device("nvme1n1").device("nvme2n1").device("nvme3n1");
    let names = [("nvme0n1", "sda1"), ("nvme1n1", "sdg"), ("nvme2n1", "/dev/sdf"), ("nvme3n1", "sdf")];
    for (device, name) in names {
        let maker = if device == "nvme3n1" { "Others" } else { "Amazon Elastic Block Store              " };
        write(&machine.path(&format!("sys/block/{device}/device/model")), maker.as_bytes(), 0o644);
        let mut identity = vec![b'x'; 4096];
        identity[3072..3104].fill(b' ');
        identity[3072..3072 + name.len()].copy_from_slice(name.as_bytes());
        write(&machine.path(&format!("identity/{device}")), &identity, 0o644);
    }
    let nvme = b"#!/bin/sh\n[ \"$1 $2\" = 'id-ctrl --raw-binary' ] && cat \"$KMODEL_ROOT/identity/${3##*/}\"\n";
    write(&machine.path("bin/nvme"), nvme, 0o755);
    succeed_with(&machine.run());
    assert_eq!(machine.blkid("nvme2n1", "LABEL"), "etcd");
    assert!(["nvme0n1", "nvme1n1", "nvme3n1"].iter().all(|name| machine.content(name).iter().all(|byte| *byte == 0)));
    let machine = Machine::new(plan).device("xvdf");
    succeed_with(&machine.run());
    assert_eq!(machine.blkid("xvdf", "LABEL"), "etcd", "on Xen");
}

#[test]
fn a_file_system_grows_with_what_a_platform_attached() {
    if !are_there() {
        return;
    }
    for (bytes, grows) in [("|67108864", true), ("", false)] {
        let plan = format!("disk|/dev/a|{bytes}\n{ETCD}");
        let machine = Machine::new(&plan).device("a");
        succeed_with(&machine.run());
        let blocks = || {
            let mut dump = Command::new("dumpe2fs");
            let text = succeed(dump.arg("-h").arg(machine.path("dev/a")).env("PATH", "/usr/sbin:/sbin"));
            text.lines().find_map(|line| line.strip_prefix("Block count:")).unwrap().trim().parse::<u64>().unwrap()
        };
        let before = blocks();
        fs::OpenOptions::new().write(true).open(machine.path("dev/a")).unwrap().set_len(64 << 20).unwrap();
        succeed_with(&machine.run());
        assert_eq!(blocks() > before, grows, "{before} blocks before");
    }
}

fn succeed_with(output: &Output) {
    assert!(output.status.success(), "{}", said(output));
}

fn mkfs(machine: &Machine, arguments: &[&str]) {
    let mut mkfs = Command::new("mkfs.ext4");
    succeed(mkfs.arg("-q").args(arguments).arg(machine.path("dev/a")).env("PATH", "/usr/sbin:/sbin"));
}

fn sfdisk(machine: &Machine, lines: &str) {
    write(&machine.path("table"), lines.as_bytes(), 0o600);
    let table = fs::File::open(machine.path("table")).unwrap();
    let mut sfdisk = Command::new("sfdisk");
    succeed(sfdisk.arg("--quiet").arg(machine.path("dev/a")).stdin(table).env("PATH", "/usr/sbin:/sbin"));
}
