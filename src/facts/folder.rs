//! Folders of which a program reads only files with certain names: `tables/folders.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    folder: Vec<Folder>,
}

/// A folder, and the names that its reader takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folder {
    /// `*` stands for any text in one part of the path.
    pub path: String,
    pub reader: String,
    /// Of a name; an empty one is that of a name without a dot.
    pub endings: Vec<String>,
    /// Those that a name may have beside letters and digits; any if there are none.
    characters: Option<String>,
    /// Whether only the first file by name is read.
    #[serde(default)]
    only_first: bool,
    /// Words with which a file says that more of them are read.
    #[serde(default)]
    unless: Vec<String>,
    #[serde(rename = "source")]
    _source: Note,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/folders.toml"));

/// The folder that a file lies in, if its reader does not read the file.
pub fn ignoring(path: &str) -> Option<&'static Folder> {
    let (parent, name) = path.rsplit_once('/')?;
    let folder = TABLE.folder.iter().find(|folder| folder.is_at(parent))?;
    (!folder.takes(name)).then_some(folder)
}

/// The folders of which only the first file is read.
pub fn read_once() -> impl Iterator<Item = &'static Folder> {
    TABLE.folder.iter().filter(|folder| folder.only_first)
}

impl Folder {
    /// The name of a file that its reader takes, from the whole path.
    pub fn file<'p>(&self, path: &'p str) -> Option<&'p str> {
        let (parent, name) = path.rsplit_once('/')?;
        (self.is_at(parent) && self.takes(name) && !name.contains(['*', '$', ' '])).then_some(name)
    }

    /// Whether a text says that more than the first file is read.
    pub fn chains(&self, text: &str) -> bool {
        self.unless.iter().any(|word| text.contains(&**word))
    }

    fn is_at(&self, path: &str) -> bool {
        let (own, other) = (self.path.split('/'), path.split('/'));
        own.clone().count() == other.clone().count()
            && own.zip(other).all(|(own, other)| match own.split_once('*') {
                Some((before, after)) => {
                    other.len() > before.len() + after.len() && other.starts_with(before) && other.ends_with(after)
                }
                None => own == other,
            })
    }

    fn takes(&self, name: &str) -> bool {
        let may = |c: char| c.is_ascii_alphanumeric() || self.characters.as_ref().is_none_or(|more| more.contains(c));
        self.endings.iter().any(|known| known == ending(name)) && name.chars().all(may)
    }

    /// The name that its reader takes and that is nearest to another one.
    pub fn instead(&self, name: &str) -> String {
        let first = &self.endings[0];
        let last = ending(name);
        let has_ending = self.endings.iter().any(|known| !known.is_empty() && known == last);
        // `.yml` is another ending, and `.backup` part of the name.
        let is_ending = has_ending || (2..=4).contains(&last.len()) && last.chars().all(|c| c.is_ascii_lowercase());
        let stem = if is_ending { &name[..name.len() - last.len() - 1] } else { name };
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
        let stem: String = stem.chars().map(plain).collect();
        match (has_ending, first.is_empty()) {
            (true, _) => format!("{stem}.{last}"),
            (false, true) => stem,
            (false, false) => format!("{stem}.{first}"),
        }
    }
}

fn ending(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_ignored_has_one_instead_that_is_not() {
        for (path, wanted) in [
            ("/etc/sysctl.d/k8s", "k8s.conf"),
            ("/etc/sysctl.d/k8s.conf.bak", "k8s-conf.conf"),
            ("/etc/apt/preferences.d/kubernetes.pin", "kubernetes"),
            ("/etc/apt/apt.conf.d/99 proxy", "99-proxy"),
            ("/etc/apt/sources.list.d/k8s repo.list", "k8s-repo.list"),
            ("/etc/cron.d/etcd.backup", "etcd-backup"),
            ("/etc/cron.daily/prune.sh", "prune"),
            ("/etc/sudoers.d/90.operators", "90-operators"),
            ("/etc/systemd/system/kubelet.service.d/10-site", "10-site.conf"),
            ("/etc/systemd/journald.conf.d/size", "size.conf"),
            ("/etc/systemd/system/kubelet", "kubelet.service"),
            ("/etc/netplan/50-site.yml", "50-site.yaml"),
            ("/etc/cni/net.d/10-site", "10-site.conf"),
        ] {
            let folder = ignoring(path).unwrap_or_else(|| panic!("{path} is read"));
            let name = path.rsplit('/').next().expect("a name");
            assert_eq!(folder.instead(name), wanted, "{path}");
            assert!(folder.takes(wanted), "{wanted}");
        }
    }

    #[test]
    fn what_is_read_and_what_is_of_no_table_is_not_ignored() {
        for path in [
            "/etc/sysctl.d/90-k8s.conf",
            "/etc/apt/preferences.d/kubelet",
            "/etc/apt/apt.conf.d/99proxy",
            "/etc/cron.d/etcd-backup",
            "/etc/sudoers.d/90-ops",
            "/etc/systemd/system/kubelet.service.d/10-site.conf",
            "/etc/systemd/system/multi-user.target.wants/a.service",
            "/etc/cni/net.d/10-flannel.conflist",
            "/etc/kubernetes/manifests/etcd",
            "/etc/sysctl.d/more/k8s",
            "/etc/cron.d",
        ] {
            assert!(ignoring(path).is_none(), "{path}");
        }
    }
}
