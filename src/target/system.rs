//! What the operating system of a target's machines cannot take: packages without a package manager, files in read-only
//! folders.

use super::{Problem, TargetMachine};
use crate::diag::Code;
use crate::facts::family::{Family, Package};
use crate::render::Origin;
use crate::render::bundle::{Bundle, Install};
use crate::render::origin::What;
use crate::syntax::ast::Name;

/// Why a machine cannot be of this family.
pub(super) fn problems(family: &Family, machine: &TargetMachine) -> Vec<Problem> {
    let bundle = &machine.bundle;
    let missing = bundle.packages.iter().filter(|name| family.package(name) == Package::Missing);
    let packages = missing.map(|name| no_package(family, name));
    packages.chain(paths(bundle).filter_map(|(path, origin)| read_only(family, path, origin))).collect()
}

fn no_package(family: &Family, name: &Name) -> Problem {
    let artifact = "use an `artifact` in place of the package, or a component that does without it";
    let (message, help) = match family.absent.get(&**name) {
        Some(help) => {
            (format!("`{name}` cannot be installed: repositories of {} do not have it", family.title), help.as_str())
        }
        None => (format!("`{name}` cannot be installed: {} has no package manager", family.title), artifact),
    };
    Problem::new(Code::TargetLacks, What::Needs, message, help)
}

fn read_only(family: &Family, path: &str, origin: &Origin) -> Option<Problem> {
    let folder = family.read_only(path)?;
    let message = format!("`{path}` cannot be written: `{folder}` is read-only on {}", family.title);
    let places: Vec<_> = family.writable.iter().map(|folder| format!("`{folder}`")).collect();
    let help = format!("use a path below {}", places.join(", "));
    Some(Problem::new(Code::TargetLacks, origin.clone(), message, help))
}

/// Every path that the boot writes, with where it comes from.
fn paths(bundle: &Bundle) -> impl Iterator<Item = (&str, &Origin)> {
    let files = bundle.files.iter().map(|file| (file.path.as_str(), &file.origin));
    let folders = bundle.directories.iter().map(|folder| (folder.path.as_str(), &folder.origin));
    let installed = bundle.artifacts.iter().flat_map(|artifact| {
        let places: Vec<&str> = match &artifact.install {
            Install::Members { members, .. } => members.iter().map(|(_, place)| &**place).collect(),
            Install::Extract { folder, .. } => vec![&**folder],
        };
        places.into_iter().map(|place| (place, &artifact.origin))
    });
    files.chain(folders).chain(installed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::family::family;
    use crate::render::bundle::{Artifact, ArtifactKind, Directory};

    fn machine() -> TargetMachine {
        let artifact = Artifact {
            name: "etcd".into(),
            version: None,
            url: "https://example.org/etcd".into(),
            hash: "sha256:0".into(),
            checksums: None,
            newest: None,
            kind: ArtifactKind::Binary,
            install: Install::Members { members: vec![("etcd".into(), "/usr/local/bin/etcd".into())], strip: 0 },
            mode: 0o755,
            origin: What::Needs.into(),
        };
        let folder = Directory {
            path: "/var/lib/etcd".into(),
            mode: 0o700,
            owner: "root".into(),
            group: "root".into(),
            origin: What::Needs.into(),
        };
        let packages = vec!["curl".into(), "haproxy".into()];
        TargetMachine {
            name: "cp-0".into(),
            former: Vec::new(),
            group: "cp".into(),
            at_once: 1,
            address: "10.0.0.1".parse().unwrap(),
            range: 0,
            cores: 1.0,
            memory: 0,
            disk: 0,
            arch: "amd64".into(),
            family: crate::facts::family::family("debian").unwrap(),
            zone: None,
            serial: None,
            links: [].into(),
            disks: [].into(),
            bundle: Bundle { packages, directories: vec![folder], artifacts: vec![artifact], ..Bundle::default() },
        }
    }

    #[test]
    fn an_image_that_is_read_only_takes_neither_packages_nor_programs_in_usr() {
        let found = problems(family("flatcar").unwrap(), &machine());
        let messages: Vec<_> = found.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "`haproxy` cannot be installed: Flatcar Container Linux has no package manager",
                "`/usr/local/bin/etcd` cannot be written: `/usr` is read-only on Flatcar Container Linux",
            ]
        );
        assert!(problems(family("debian").unwrap(), &machine()).is_empty());
        assert!(problems(family("suse").unwrap(), &machine()).is_empty());
        let mut machine = machine();
        machine.bundle.packages.push("prometheus".into());
        let found = problems(family("redhat").unwrap(), &machine);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("repositories of Rocky"), "{found:?}");
    }
}
