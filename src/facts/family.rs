//! Families of operating systems: `tables/families.toml`.
//!
//! What differs between them on a machine is data here; what the boot does with it is in `render::boot`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded;

/// What the boot of a machine needs to know of its operating system.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// The key of its row: what a model calls it.
    #[serde(skip)]
    pub name: String,
    /// What people call it.
    pub title: String,
    pub packages: Packages,
    /// Words in the names of its images: `rocky` of `images:rockylinux/9`.
    #[serde(default)]
    images: Vec<String>,
    /// What sets up the network, where kmodel writes its configuration without cloud-init.
    #[serde(default)]
    pub network: NetworkProgram,
    /// The folder of the boot script.
    pub folder: String,
    /// Where programs of components are, if not below `/usr/local`.
    #[serde(default)]
    pub programs: Option<String>,
    /// Folders where nothing can be written.
    #[serde(default)]
    pub read_only: Vec<String>,
    /// Where files may go instead, for messages.
    #[serde(default)]
    pub writable: Vec<String>,
    /// Packages, by their names in Debian, whose programs are part of the image.
    #[serde(default)]
    pub includes: Vec<String>,
    /// What packages are called there that have another name in Debian.
    #[serde(default)]
    pub renamed: BTreeMap<String, String>,
    /// Packages, by their names in Debian, that its repositories do not have, with what to do instead.
    #[serde(default)]
    pub absent: BTreeMap<String, String>,
    pub source: String,
}

/// How packages are installed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Packages {
    Apt,
    Dnf,
    Zypper,
    /// They are not: the image is complete.
    None,
}

/// What sets up the network of a machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkProgram {
    /// systemd-networkd.
    #[default]
    Networkd,
    /// NetworkManager.
    NetworkManager,
}

impl Packages {
    /// The program that installs them.
    pub fn program(self) -> Option<&'static str> {
        match self {
            Packages::Apt => Some("apt-get"),
            Packages::Dnf => Some("dnf"),
            Packages::Zypper => Some("zypper"),
            Packages::None => None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    family: BTreeMap<String, Family>,
    everywhere: Everywhere,
}

/// What the image of every family has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Everywhere {
    programs: Vec<String>,
    users: Vec<String>,
    /// Packages that bring no user.
    userless: Vec<String>,
    #[serde(rename = "source")]
    _source: embedded::Note,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table: Table = embedded::table("tables/families.toml");
    table.family.iter_mut().for_each(|(name, family)| family.name.clone_from(name));
    table
});

/// The names of all families with a package manager: those that machines which exist may have.
pub fn managed() -> impl Iterator<Item = &'static Family> {
    TABLE.family.values().filter(|family| family.packages != Packages::None)
}

/// The family whose package manager is this program.
pub fn of_manager(program: &str) -> Option<&'static Family> {
    managed().find(|family| family.packages.program() == Some(program))
}

/// The family of machines of which nothing is known.
pub fn usual() -> &'static Family {
    family("debian").expect("a row of the table")
}

/// The family of an image with this name, if a word of it tells.
pub fn of_image(image: &str) -> Option<&'static Family> {
    let image = image.to_lowercase();
    let words = image
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()));
    let of = |word: &str| TABLE.family.values().find(|family| family.images.iter().any(|known| known == word));
    words.filter(|word| !word.is_empty()).find_map(of)
}

/// Whether the image of every family has a program, by its path.
pub fn has_program(path: &str) -> bool {
    TABLE.everywhere.programs.iter().any(|known| known == path)
}

/// Whether every system has a user.
pub fn has_user(name: &str) -> bool {
    name.starts_with("systemd-") || TABLE.everywhere.users.iter().any(|known| known == name)
}

/// Whether a package may bring a user.
pub fn brings_users(package: &str) -> bool {
    !TABLE.everywhere.userless.iter().any(|known| known == package)
}

/// The family with this name.
pub fn family(name: &str) -> Option<&'static Family> {
    TABLE.family.get(name)
}

impl Default for &'static Family {
    fn default() -> Self {
        usual()
    }
}

impl Family {
    /// The boot script's path.
    pub fn script(&self) -> String {
        format!("{}/boot", self.folder)
    }

    /// The folders of programs of users, of programs of root, and of scripts that others look for.
    pub fn folders(&self) -> [(&'static str, &str); 3] {
        match &self.programs {
            Some(programs) => [("bin", programs), ("sbin", programs), ("lib", &self.folder)],
            None => [("bin", "/usr/local/bin"), ("sbin", "/usr/local/sbin"), ("lib", "/usr/local/lib/kmodel")],
        }
    }

    /// Whether there is anything that its machines cannot take.
    pub fn is_limited(&self) -> bool {
        self.packages == Packages::None || !self.read_only.is_empty() || !self.absent.is_empty()
    }

    /// What a package is called there, by its name in Debian.
    pub fn package_name<'n>(&'n self, name: &'n str) -> &'n str {
        self.renamed.get(name).map_or(name, String::as_str)
    }

    /// Whether a package has to be installed and can be, is there already, or cannot be had.
    pub fn package(&self, name: &str) -> Package {
        match self.packages {
            Packages::Apt | Packages::Dnf | Packages::Zypper if self.absent.contains_key(name) => Package::Missing,
            Packages::Apt | Packages::Dnf | Packages::Zypper => Package::Installed,
            Packages::None if self.includes.iter().any(|included| included == name) => Package::Included,
            Packages::None => Package::Missing,
        }
    }

    /// The read-only folder that a path is in, unless a part of it can be written.
    pub fn read_only(&self, path: &str) -> Option<&str> {
        let inside = |folder: &&String| path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let below = |folder: &&String| inside(folder).then_some(folder.len());
        let writable = self.writable.iter().filter_map(|folder| below(&folder)).max();
        self.read_only.iter().find(inside).map(String::as_str).filter(|folder| writable < Some(folder.len()))
    }
}

/// What becomes of a package that a component needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Package {
    /// The boot installs it.
    Installed,
    /// The image has it.
    Included,
    /// There is no way to install it.
    Missing,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_names_its_source() {
        assert!(TABLE.family.values().all(|family| !family.source.is_empty() && family.folder.starts_with('/')));
        // The boot itself must find a place.
        assert!(TABLE.family.values().all(|family| family.read_only(&family.script()).is_none()));
        let below = |folder: &str| format!("{folder}/x");
        let all = TABLE
            .family
            .values()
            .flat_map(|family| family.folders().map(|(_, folder)| family.read_only(&below(folder))));
        assert!(all.into_iter().all(|found| found.is_none()));
    }

    #[test]
    fn an_image_tells_its_family_by_a_word_of_its_name() {
        let name = |image: &str| of_image(image).map(|family| family.name.as_str());
        let debian = ["debian/13", "images:ubuntu/24.04/cloud", "ubuntu-24.04", "Debian12"];
        let redhat = ["images:rockylinux/9/cloud", "rocky-9", "almalinux9", "CentOS-Stream-9", "rhel-9.4"];
        let suse = ["opensuse/15.6", "sles-15-sp6"];
        assert_eq!(debian.map(name), [Some("debian"); 4]);
        assert_eq!(redhat.map(name), [Some("redhat"); 5]);
        assert_eq!(suse.map(name), [Some("suse"); 2]);
        assert_eq!(["ami-0123456789abcdef0", "base", "kmodel/nodes", ""].map(name), [None; 4]);
    }

    #[test]
    fn an_image_without_a_package_manager_has_what_it_has() {
        let flatcar = family("flatcar").unwrap();
        let packages = ["conntrack", "haproxy"].map(|name| flatcar.package(name));
        assert_eq!(packages, [Package::Included, Package::Missing]);
        assert_eq!(family("debian").unwrap().package("haproxy"), Package::Installed);
        let redhat = family("redhat").unwrap();
        assert_eq!((redhat.package("haproxy"), redhat.package("etcd-server")), (Package::Installed, Package::Missing));
        assert_eq!((redhat.package_name("conntrack"), redhat.package_name("haproxy")), ("conntrack-tools", "haproxy"));
        let folders =
            ["/usr/local/bin/etcd", "/opt/bin/etcd", "/usrlocal", "/lib/x"].map(|path| flatcar.read_only(path));
        assert_eq!(folders, [Some("/usr"), None, None, Some("/lib")]);
        let coreos = family("fedora-coreos").unwrap();
        let folders = ["/usr/local/bin/etcd", "/usr/bin/etcd", "/opt/bin/etcd"].map(|path| coreos.read_only(path));
        assert_eq!(folders, [None, Some("/usr"), None]);
    }
}
