//! Networks of systemd-networkd that fit the interfaces of pods, which network plugins configure themselves.
//!
//! Source: systemd.network(5), projectcalico/calico#2471.

use super::{Host, problem};
use crate::diag::{Code, Diagnostic};
use crate::render::evidence::Document;

/// Interfaces that network plugins make: a pod's, a bridge, a tunnel.
const OF_PODS: &[&str] =
    &["cali0a1b2c3d4e5", "veth0a1b2c3d", "cni0", "flannel.1", "lxc0a1b2c3d", "kube-ipvs0", "cilium_host"];

/// Keys by which a network is about other interfaces.
const NARROW: &[&str] = &[
    "MACAddress",
    "PermanentMACAddress",
    "Path",
    "Driver",
    "Kind",
    "Property",
    "SSID",
    "BSSID",
    "WLANInterfaceType",
    "Host",
];

pub(super) fn verify(host: &Host<'_, '_>) -> Vec<Diagnostic> {
    if !host.runs_pods() {
        return Vec::new();
    }
    let is_it = |path: &str| path.starts_with("/etc/systemd/network/") && path.ends_with(".network");
    let files = host.texts().filter(|(document, _)| is_it(&document.path));
    let of = |(document, text): (&Document<'_>, &str)| {
        let (line, name) = takes(text)?;
        let message = format!(
            "`{}` is about `{name}` too, which a network plugin makes: systemd-networkd changes its addresses and routes",
            document.path
        );
        let help = "write the names of the machine's own interfaces, such as `Name=en* eth*`";
        Some(problem(Code::UnwiseSetting, host.line(document, line), message, help))
    };
    files.filter_map(of).collect()
}

/// The line by which a network is about an interface of pods, and which.
fn takes(text: &str) -> Option<(usize, &'static str)> {
    let (mut section, mut first, mut names, mut only_type) = ("", 0, None, false);
    for (number, line) in text.lines().enumerate().map(|(place, line)| (place + 1, line.trim())) {
        if line.starts_with('[') {
            section = line;
            first = if line == "[Match]" { number } else { first };
        }
        let Some((key, value)) = line.split_once('=').map(|(key, value)| (key.trim(), value.trim())) else { continue };
        match (section, key) {
            ("[Match]", key) if NARROW.contains(&key) => return None,
            ("[Match]", "Name") => names = Some((number, value)),
            ("[Match]", "Type") if value == "ether" => only_type = true,
            ("[Match]", "Type") => return None,
            ("[Link]", "Unmanaged") if ["yes", "true", "1"].contains(&value) => return None,
            _ => {}
        }
    }
    let fits = |value: &str, name: &str| {
        let mut words = value.split_whitespace();
        let is_out = words.clone().any(|word| word.strip_prefix('!').is_some_and(|glob| matches(glob, name)));
        !is_out && words.any(|word| matches(word, name))
    };
    match names {
        Some((line, value)) => {
            let value = value.strip_prefix('!').map_or(value.to_owned(), |_| format!("{value} *"));
            OF_PODS.iter().find(|name| fits(&value, name)).map(|name| (line, *name))
        }
        None => only_type.then_some((first, OF_PODS[1])),
    }
}

/// Whether a pattern with `*` and `?` fits a name.
fn matches(glob: &str, name: &str) -> bool {
    let (mut glob_chars, mut name_chars) = (glob.chars(), name.chars());
    match (glob_chars.next(), name_chars.next()) {
        (None, None) => true,
        (Some('*'), _) => {
            let rest = glob_chars.as_str();
            name.char_indices().map(|(at, _)| at).chain([name.len()]).any(|at| matches(rest, &name[at..]))
        }
        (Some('?'), Some(_)) => matches(glob_chars.as_str(), name_chars.as_str()),
        (Some(one), Some(other)) if one == other => matches(glob_chars.as_str(), name_chars.as_str()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::takes;

    #[test]
    fn a_network_is_about_the_machines_own_interfaces() {
        for good in [
            "[Match]\nName=en*\n",
            "[Match]\nName=e* !cali*\n",
            "[Match]\nName=*\nDriver=virtio_net\n",
            "[Match]\nType=ether\nKind=!*\n",
            "[Match]\nName=*\n[Link]\nUnmanaged=yes\n",
            "[Match]\nName=eth?\n",
            "[Match]\nType=wlan\n",
        ] {
            assert_eq!(takes(good), None, "{good}");
        }
        for bad in [
            "[Match]\nName=*\n[Network]\nDHCP=yes\n",
            "[Match]\nName=en* cali*\n",
            "[Match]\nType=ether\n",
            "[Match]\nName=!lo\n",
        ] {
            assert!(takes(bad).is_some(), "{bad}");
        }
    }
}
