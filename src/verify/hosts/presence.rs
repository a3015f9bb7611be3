//! What there is on a machine by the model: the paths that something puts there, and what may put others.

use std::collections::HashSet;

use crate::facts::setting as facts;
use crate::render::bundle::{Bundle, BundleFile, Install};
use crate::render::evidence::{Entry, Sample};

/// Folders of which images, packages and the running system fill parts.
pub(in crate::verify) const OF_SYSTEM: [&str; 12] = [
    "/bin/",
    "/boot/",
    "/dev/",
    "/etc/pki/",
    "/etc/ssl/",
    "/lib/",
    "/proc/",
    "/run/",
    "/sbin/",
    "/sys/",
    "/usr/",
    "/var/run/",
];

/// Folders that kubeadm fills, where it runs.
const OF_KUBEADM: [&str; 2] = ["/etc/kubernetes/", "/var/lib/kubelet/"];

/// What there is on a machine by the model.
pub(in crate::verify) struct Presence<'a> {
    bundle: &'a Bundle,
    /// Commands that a cloud-config runs.
    commands: Vec<&'a str>,
    paths: HashSet<&'a str>,
    /// Folders whose content is not known: of archives, and what is mounted.
    unknown: Vec<&'a str>,
}

impl<'a> Presence<'a> {
    pub(in crate::verify) fn of(sample: &'a Sample<'_>) -> Self {
        let bundle = &sample.bundle;
        let mut paths: HashSet<&str> = bundle.files.iter().map(|file| &*file.path).collect();
        // What stands inside a file too: a cloud-config writes files.
        paths.extend(sample.entries.iter().filter_map(|entry| match entry {
            Entry::Document(document) => Some(&*document.path),
            Entry::Unread(unread) => Some(&*unread.path),
            _ => None,
        }));
        paths.extend(bundle.directories.iter().map(|folder| &*folder.path));
        let commands = sample.entries.iter().filter_map(|entry| match entry {
            Entry::Command(command) => Some(&*command.text),
            _ => None,
        });
        let mut unknown: Vec<&str> = bundle.mounts.iter().map(|mount| &**mount).collect();
        for artifact in &bundle.artifacts {
            match &artifact.install {
                Install::Members { members, .. } => paths.extend(members.iter().map(|(_, place)| &**place)),
                Install::Extract { folder, .. } => {
                    paths.extend([&**folder]);
                    unknown.push(folder);
                }
            }
        }
        Self { bundle, commands: commands.collect(), paths, unknown }
    }

    /// The file that was meant by a path of which nothing is known.
    pub(in crate::verify) fn meant(&self, path: &str) -> Option<&'a str> {
        // `/etc//a` is `/etc/a`.
        let clean = facts::path(path);
        let path = clean.to_str()?;
        if !is_plain(path) || path.len() <= 8 || self.paths.contains(path) {
            return None;
        }
        let near = self.bundle.files.iter().map(|file| &*file.path).find(|known| is_near(path, known))?;
        (!self.is_made(path)).then_some(near)
    }

    /// Whether nothing that is known puts a file there.
    pub(in crate::verify) fn lacks(&self, path: &str) -> bool {
        let clean = facts::path(path);
        let Some(path) = clean.to_str().filter(|path| is_plain(path)) else { return false };
        let below = |folder: &&str| path.strip_prefix(*folder).is_some_and(|rest| rest.starts_with('/'));
        let is_of_system = OF_SYSTEM.iter().any(|folder| path.starts_with(folder))
            || OF_KUBEADM.iter().any(|folder| path.starts_with(folder)) && self.runs("kubeadm");
        !self.paths.contains(path)
            && !is_of_system
            && !self.unknown.iter().any(below)
            && !self.is_made(path)
            && !path.rsplit_once('/').is_some_and(|(folder, _)| self.is_named(folder))
    }

    /// Whether something else on the machine may make it: a folder of what there is, a command, a script, or systemd-tmpfiles.
    fn is_made(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        self.paths.iter().any(|known| known.starts_with(&folder)) || self.is_named(path)
    }

    /// Whether a command, a script or systemd-tmpfiles names a path.
    fn is_named(&self, path: &str) -> bool {
        let makes = |file: &&BundleFile| file.mode & 0o111 != 0 || file.path.contains("/tmpfiles.d/");
        self.bundle.commands.iter().any(|command| command.contains(path))
            || self.commands.iter().any(|command| command.contains(path))
            || self.bundle.files.iter().filter(makes).any(|file| String::from_utf8_lossy(&file.content).contains(path))
    }

    /// Whether a program is installed or named in a command or a script.
    fn runs(&self, program: &str) -> bool {
        self.bundle.packages.iter().any(|package| package.starts_with(program))
            || self.paths.iter().any(|path| path.rsplit('/').next() == Some(program))
            || self.is_named(program)
    }
}

/// Whether a path is one file by its whole path.
fn is_plain(path: &str) -> bool {
    path.starts_with('/') && !path.ends_with('/') && !path.contains(['%', '$', ' ', '*', '\n'])
}

/// Whether two paths differ by a slip: not by a number, nor by a short name, which are those of other files.
pub(super) fn is_near(path: &str, known: &str) -> bool {
    if path.len().abs_diff(known.len()) > 2 {
        return false;
    }
    let plain = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let stem =
        |text: &str| text.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default().to_owned();
    let (own, other) = (stem(path), stem(known));
    let is_same_name = own == other || own.len().min(other.len()) > 4;
    plain(path) != plain(known) && is_same_name && strsim::damerau_levenshtein(path, known) <= 2
}

#[cfg(test)]
mod tests {
    use super::is_near;

    #[test]
    fn a_slip_is_near_and_another_file_is_not() {
        let pki = |name: &str| format!("/etc/kubernetes/pki/{name}");
        for (path, known) in [("ca.crtt", "ca.crt"), ("ca.ctr", "ca.crt"), ("apiserver.crt", "apisrver.crt")] {
            assert!(is_near(&pki(path), &pki(known)), "{path}");
        }
        assert!(is_near("/etc/kuberntes/pki/ca.crt", "/etc/kubernetes/pki/ca.crt"));
        for (path, known) in
            [("ca.key", "ca.crt"), ("sa.crt", "ca.crt"), ("server1.crt", "server2.crt"), ("etcd.crt", "etcd2.crt")]
        {
            assert!(!is_near(&pki(path), &pki(known)), "{path}");
        }
    }
}
