//! Where names are looked up: /etc/nsswitch.conf.
//!
//! Source: nsswitch.conf(5), nss-myhostname(8), nss-resolve(8).

use super::{DocumentProblem, lines, slip, wrong};
use crate::diag::{Code, Help};

const DATABASES: &[&str] = &[
    "aliases",
    "automount",
    "ethers",
    "group",
    "group_compat",
    "gshadow",
    "hosts",
    "initgroups",
    "netgroup",
    "netmasks",
    "networks",
    "passwd",
    "passwd_compat",
    "protocols",
    "publickey",
    "rpc",
    "services",
    "shadow",
    "shadow_compat",
    "subid",
    "sudoers",
];

const SERVICES: &[&str] = &[
    "altfiles",
    "cache",
    "compat",
    "db",
    "dns",
    "extrausers",
    "files",
    "hesiod",
    "ldap",
    "libvirt",
    "libvirt_guest",
    "mdns",
    "mdns4",
    "mdns4_minimal",
    "mdns6",
    "mdns6_minimal",
    "mdns_minimal",
    "myhostname",
    "mymachines",
    "nis",
    "nisplus",
    "resolve",
    "sss",
    "systemd",
    "winbind",
    "wins",
];

/// What is wrong with an nsswitch.conf.
pub(super) fn check(_path: &str, text: &str) -> Vec<DocumentProblem> {
    lines(text).filter_map(|(number, line)| of_line(number, line)).collect()
}

fn of_line(number: usize, line: &str) -> Option<DocumentProblem> {
    let Some((database, rest)) = line.split_once(':') else {
        let message = format!("`{line}` has no colon, so nothing is looked up by it");
        return Some(wrong(Code::InvalidConfig, number, message, "write it as `hosts: files dns`"));
    };
    let database = database.trim();
    let services: Vec<&str> =
        rest.split('#').next()?.split_whitespace().filter(|word| !word.starts_with('[')).collect();
    if !DATABASES.contains(&database)
        && let Some(near) = slip(database, DATABASES.iter().copied())
    {
        let message = format!("unknown database `{database}`");
        return Some(wrong(Code::UnwiseSetting, number, message, Help::near(near)));
    }
    let unknown = services.iter().filter(|word| !SERVICES.contains(word));
    if let Some((word, near)) = unknown.into_iter().find_map(|word| Some((word, slip(word, SERVICES.iter().copied())?)))
    {
        let message = format!("unknown service `{word}` of `{database}`: it is skipped");
        return Some(wrong(Code::UnwiseSetting, number, message, Help::near(near)));
    }
    let reads_files =
        ["files", "resolve", "myhostname", "sss", "altfiles", "db"].iter().any(|name| services.contains(name));
    let message = "`hosts` has no `files`: names in `/etc/hosts`, `localhost` among them, are not found".to_owned();
    (database == "hosts" && !services.is_empty() && !reads_files)
        .then(|| wrong(Code::UnwiseSetting, number, message, "write `hosts: files dns`"))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn names_of_hosts_come_from_files_too() {
        let good =
            "passwd: files systemd\nhosts: files mymachines resolve [!UNAVAIL=return] dns myhostname\nnetgroup: nis\n";
        assert_eq!(check("", good), []);
        for bad in ["hosts: dns", "hosts: file dns", "host: files dns", "hosts files dns"] {
            assert_eq!(check("", bad).len(), 1, "{bad}");
        }
    }
}
