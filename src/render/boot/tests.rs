//! The plan as it looks, and laws of the boot's files.

use super::{Apart, Delivery, Kernel, PLAN, mirrored};
use crate::facts::family::family;
use crate::model::Value;
use crate::render::Problem;
use crate::render::bundle::{Artifact, ArtifactKind, Bundle, BundleFile, Directory, Install, Unit};
use crate::render::origin::What;
use crate::render::snapshot::snapshot;
use crate::source::Sources;

fn delivery(name: &str) -> Delivery<'static> {
    let family = family(name).expect("a family of the table");
    Delivery { family, mirror: Some("http://10.0.0.1/m/"), apart: Apart::Secrets, kernel: Kernel::Shared, disks: &[] }
}

fn files(bundle: &Bundle, delivery: Delivery<'_>) -> Result<Vec<BundleFile>, Vec<Problem>> {
    super::files(bundle, delivery, &Sources::default())
}

fn unit(name: &str, exec: &str, after: &[&str]) -> Unit {
    Unit {
        name: name.into(),
        fields: [("exec".into(), Value::Path(exec.into())), ("user".into(), Value::text("etcd"))].into_iter().collect(),
        flags: Vec::new(),
        after: after.iter().map(|name| (*name).into()).collect(),
        watches: vec!["/etc/etcd/pki/server.key".into()],
        origin: What::Needs.into(),
    }
}

fn bundle() -> Bundle {
    let install = Install::Members { members: vec![("etcd".into(), "/usr/local/bin/etcd".into())], strip: 1 };
    let artifact = Artifact {
        name: "etcd".into(),
        version: None,
        url: "https://github.com/etcd-io/etcd/releases/etcd.tar.gz".into(),
        hash: "sha256:0123456789abcdef0123456789abcdef".into(),
        checksums: None,
        newest: None,
        kind: ArtifactKind::TarGz,
        install,
        mode: 0o755,
        origin: What::Needs.into(),
    };
    let secret = BundleFile {
        path: "/etc/etcd/pki/server.key".into(),
        mode: 0o600,
        owner: "etcd".into(),
        group: "etcd".into(),
        content: b"key".as_slice().into(),
        secret: true,
        origin: What::Needs.into(),
    };
    let folder = Directory {
        path: "/var/lib/etcd".into(),
        mode: 0o700,
        owner: "etcd".into(),
        group: "etcd".into(),
        origin: What::Needs.into(),
    };
    Bundle {
        machine: "cp-0".into(),
        files: vec![secret],
        directories: vec![folder],
        units: vec![
            unit("api.service", "/bin/true", &["etcd.service"]),
            unit("etcd.service", "/usr/local/bin/etcd", &[]),
        ],
        packages: vec!["curl".into()],
        modules: vec!["overlay".into()],
        sysctls: vec![("net.ipv4.ping_group_range".into(), "0\t9".into())],
        commands: vec!["true | cat".into()],
        artifacts: vec![artifact],
        ..Bundle::default()
    }
}

#[test]
fn the_plan_has_a_line_for_each_thing() {
    let files = files(&bundle(), delivery("debian")).unwrap();
    let plan = files.iter().find(|file| file.path == "/etc/kmodel/machine").unwrap();
    snapshot("boot-plan", std::str::from_utf8(&plan.content).unwrap());
    let paths: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
    assert!(!paths.contains(&"/etc/modules-load.d/kmodel.conf"), "a container loads no modules");
}

/// Only what installs packages and where the boot stands differs between families.
#[test]
fn a_family_has_its_own_packages_and_folder() {
    let file = |name: &str, path: &str| {
        let files = files(&bundle(), delivery(name)).unwrap();
        let file = files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{name} has {path}"));
        String::from_utf8(file.content.to_vec()).unwrap()
    };
    let (debian, flatcar) = (file("debian", "/usr/local/lib/kmodel/boot"), file("flatcar", "/opt/kmodel/boot"));
    assert!(debian.contains("apt-get") && !debian.contains("# @"), "{debian}");
    assert!(!flatcar.contains("apt-get") && !flatcar.contains("POLICY") && !flatcar.contains("# @"), "{flatcar}");
    assert!(file("flatcar", "/etc/systemd/system/kmodel-boot.service").contains("\nExecStart=/opt/kmodel/boot\n"));
    // curl is part of the image, so there is nothing to install.
    assert!(file("debian", PLAN).contains("\npackage|curl\n") && !file("flatcar", PLAN).contains("package|"));
}

#[test]
fn a_mirror_has_the_layout_of_wget() {
    assert_eq!(mirrored("https://dl.k8s.io/v1/x", "http://m/"), "http://m/dl.k8s.io/v1/x");
}

#[test]
fn two_files_at_one_path_are_a_problem() {
    let mut bundle = bundle();
    bundle.files.push(BundleFile { path: "/etc/systemd/system/etcd.service".into(), ..bundle.files[0].clone() });
    assert_eq!(files(&bundle, delivery("debian")).unwrap_err().len(), 1);
}

#[test]
fn a_name_that_a_line_cannot_hold_is_a_problem() {
    let mut bundle = bundle();
    bundle.packages.push("a|b".into());
    assert!(files(&bundle, delivery("debian")).unwrap_err()[0].message.contains("`a|b`"));
}
