//! What there is on a machine by the model: the paths that something puts there, and what may put others.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::facts::flag;
use crate::facts::setting as facts;
use crate::model::Value;
use crate::model::value::Record;
use crate::render::bundle::{Bundle, BundleFile, Install};
use crate::render::evidence::{Content, Document, Entry, Sample, Service};

use super::filled::Filled;
use super::maker;

/// Files of every image, or of those of clouds: os-release(5), machine-id(5), hostname(5), hosts(5), nsswitch.conf(5), environment(5),
/// the keys of sshd(8), cloud-init's build.info.
const OF_IMAGES: [&str; 16] = [
    "/etc/cloud/build.info",
    "/etc/environment",
    "/etc/fstab",
    "/etc/group",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/lsb-release",
    "/etc/machine-id",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/resolv.conf",
    "/etc/ssh/ssh_host_ecdsa_key",
    "/etc/ssh/ssh_host_ed25519_key",
    "/etc/ssh/ssh_host_rsa_key",
    "/etc/timezone",
];

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

/// The files that kubeadm makes, and the folders of certificates that it fills.
///
/// Source: kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details (constants and well-known values and paths).
const OF_KUBEADM: [&str; 15] = [
    "/etc/kubernetes/admin.conf",
    "/etc/kubernetes/bootstrap-kubelet.conf",
    "/etc/kubernetes/controller-manager.conf",
    "/etc/kubernetes/kubelet.conf",
    "/etc/kubernetes/manifests/etcd.yaml",
    "/etc/kubernetes/manifests/kube-apiserver.yaml",
    "/etc/kubernetes/manifests/kube-controller-manager.yaml",
    "/etc/kubernetes/manifests/kube-scheduler.yaml",
    "/etc/kubernetes/pki/",
    "/etc/kubernetes/scheduler.conf",
    "/etc/kubernetes/super-admin.conf",
    "/var/lib/kubelet/config.yaml",
    "/var/lib/kubelet/instance-config.yaml",
    "/var/lib/kubelet/kubeadm-flags.env",
    "/var/lib/kubelet/pki/",
];

/// What there is on a machine by the model.
pub(in crate::verify) struct Presence<'a> {
    bundle: &'a Bundle,
    paths: HashSet<&'a str>,
    /// Folders whose content is not known: of archives, and what is mounted.
    unknown: Vec<&'a str>,
    /// What comes without being named.
    filled: Filled<'a>,
    /// Commands, scripts and what else makes files: all that runs on the machine but Kubernetes' own programs.
    makers: Vec<Cow<'a, str>>,
    /// Other texts by their files, which name what their program may make: the templates of an agent.
    texts: Vec<(&'a str, Cow<'a, str>)>,
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
        let mut makers = makers(sample);
        makers.extend(sample.services.iter().flat_map(of_unit));
        let filled = Filled::of(sample, &makers);
        Self { bundle, paths, unknown, filled, makers, texts: texts(sample) }
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
        self.lacks_beside(path, "")
    }

    /// Whether nothing but another file puts a file there: that one is known to read it.
    pub(super) fn lacks_beside(&self, path: &str, reader: &str) -> bool {
        let clean = facts::path(path);
        let Some(path) = clean.to_str().filter(|path| is_plain(path)) else { return false };
        let below =
            |folder: &&str| path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'));
        !self.paths.contains(path)
            && !OF_SYSTEM.iter().any(|folder| path.starts_with(folder))
            && !OF_IMAGES.contains(&path)
            && !self.unknown.iter().any(below)
            && !self.is_made(path)
            && !self.is_named_in_text(path, reader)
            && !self.is_of_kubeadm(path)
    }

    /// Whether something else on the machine may make it: a folder of what there is, a command, a script, or systemd-tmpfiles.
    fn is_made(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        self.paths.iter().any(|known| known.starts_with(&folder)) || self.may_make(path) || self.filled.may_bring(path)
    }

    /// Whether something may bring a program: not a unit that runs it.
    pub(super) fn may_bring(&self, program: &str) -> bool {
        let starts = |text: &str| text.trim_start_matches(['-', '+', '!', ':', '@', '|']).starts_with(program);
        self.paths.contains(program)
            || self.filled.may_bring(program)
            || self.makers.iter().any(|text| !starts(text) && maker::may_make(text, program))
            || self.is_named_in_text(program, "")
    }

    /// Whether something but a script itself may bring the program that runs it.
    pub(super) fn may_bring_runner(&self, program: &str, (path, text): (&str, &str)) -> bool {
        self.paths.contains(program)
            || self.filled.may_bring(program)
            || self.makers.iter().any(|other| **other != *text && maker::may_make(other, program))
            || self.is_named_in_text(program, path)
    }

    /// Whether another text names a file that its program may make.
    fn is_named_in_text(&self, path: &str, reader: &str) -> bool {
        self.texts.iter().any(|(file, text)| *file != reader && maker::names(text, path))
    }

    /// Whether a command or a script may make a file.
    pub(super) fn may_make(&self, path: &str) -> bool {
        self.makers.iter().any(|text| maker::may_make(text, path))
    }

    /// Whether it is a file of kubeadm's, and that runs.
    fn is_of_kubeadm(&self, path: &str) -> bool {
        OF_KUBEADM.iter().any(|known| path == *known || known.ends_with('/') && path.starts_with(known))
            && self.runs_kubeadm()
    }

    fn runs_kubeadm(&self) -> bool {
        self.bundle.packages.iter().any(|package| package.starts_with("kubeadm"))
            || self.paths.iter().any(|path| path.ends_with("/kubeadm"))
            || self.makers.iter().any(|text| text.contains("kubeadm init") || text.contains("kubeadm join"))
    }
}

/// The texts of commands and scripts.
fn makers<'a>(sample: &'a Sample<'_>) -> Vec<Cow<'a, str>> {
    let bundle = &sample.bundle;
    let commands = sample.entries.iter().filter_map(|entry| match entry {
        Entry::Command(command) if !reads(&command.text) => Some(Cow::Borrowed(&*command.text)),
        _ => None,
    });
    let scripts = bundle.files.iter().filter(|file| runs(file)).map(|file| String::from_utf8_lossy(&file.content));
    // What a cloud-config writes may be run by it.
    let written = sample.documents().filter_map(|document| match &document.content {
        Content::Text(text) if document.path.ends_with(".sh") || text.starts_with("#!") => Some(Cow::Borrowed(&**text)),
        _ => None,
    });
    let own = bundle.commands.iter().map(|command| Cow::Borrowed(&**command));
    own.chain(commands).chain(scripts).chain(written).collect()
}

/// Whether a file is run, or mounts and makes what it names.
fn runs(file: &BundleFile) -> bool {
    let makes = [".mount", ".automount", "/fstab"].iter().any(|end| file.path.ends_with(end));
    makes || file.mode & 0o111 != 0 || file.content.starts_with(b"#!") || file.path.contains("/tmpfiles.d/")
}

/// What a unit runs and mounts, but for programs that read what is named.
fn of_unit<'a>(service: &'a Service<'_>) -> Vec<Cow<'a, str>> {
    const COMMANDS: [&str; 4] = ["ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost"];
    const PLACES: [&str; 4] = ["BindPaths", "BindReadOnlyPaths", "WorkingDirectory", "RootDirectory"];
    let all = |keys: &'static [&'static str]| {
        keys.iter().flat_map(|key| service.values("Service", key).map(|(_, value, _)| value)).collect::<Vec<_>>()
    };
    let commands = all(&COMMANDS).into_iter().filter(|line| !reads(line));
    commands.chain(all(&PLACES)).map(Cow::Borrowed).collect()
}

/// Whether a command starts a program that reads what it names.
fn reads(line: &str) -> bool {
    let program = line.split_whitespace().next().unwrap_or_default();
    program.rsplit('/').next().is_some_and(|name| flag::table(name).is_some())
}

/// Texts that are neither units, nor read by Kubernetes' programs.
fn texts<'a>(sample: &'a Sample<'_>) -> Vec<(&'a str, Cow<'a, str>)> {
    let is_read: HashSet<&str> =
        sample.documents().filter(|document| is_of_kubernetes(document)).map(|document| &*document.path).collect();
    let files = sample.bundle.files.iter().filter(|file| {
        let is_unit = file.path.contains("/systemd/") && !file.path.ends_with(".path");
        !is_unit && !is_read.contains(&*file.path)
    });
    files.map(|file| (&*file.path, String::from_utf8_lossy(&file.content))).collect()
}

fn is_of_kubernetes(document: &Document<'_>) -> bool {
    let is_object = |record: &Record| record.get("apiVersion").is_some() && record.get("kind").is_some();
    match document.value().map(Value::reveal) {
        Some(Value::Record(record)) => is_object(record),
        Some(Value::List(list)) => {
            list.iter().any(|one| matches!(one.reveal(), Value::Record(record) if is_object(record)))
        }
        _ => false,
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
