//! Zones of firewalld.

use super::{Accept, Inside, Read, inside, ports, protocol};

/// The services that firewalld itself brings which a cluster has to do with: its `config/services`.
pub(super) const SERVICES: &[(&str, u8, &str)] = &[
    ("ssh", 6, "22"),
    ("http", 6, "80"),
    ("https", 6, "443"),
    ("kube-api", 6, "6443"),
    ("kube-apiserver", 6, "6443"),
    ("kubelet", 6, "10250"),
    ("kube-controller-manager-secure", 6, "10257"),
    ("kube-scheduler-secure", 6, "10259"),
    ("kube-nodeport-services", 6, "30000-32767"),
    ("etcd-client", 6, "2379"),
    ("etcd-server", 6, "2380"),
];

/// Services that open no port that a cluster has something to do with.
pub(super) const OTHERS: &[&str] = &["cockpit", "dhcpv6-client", "mdns", "dhcp", "ntp", "samba-client"];

/// Reads a zone. One that is bound to interfaces of pods alone filters nothing that comes from other machines.
pub(super) fn read(text: &str) -> Read {
    let mut accepts = Vec::new();
    let elements = || text.split('<').skip(1).map(|part| part.split('>').next().unwrap_or_default());
    let bound: Vec<&str> =
        elements().filter(|element| element.starts_with("interface ")).filter_map(|e| attribute(e, "name")).collect();
    if !bound.is_empty() && bound.iter().all(|name| inside(name) == Inside::Machine) {
        return Read::Open;
    }
    for element in elements() {
        let name = element.split([' ', '/', '\n', '\t']).next().unwrap_or_default();
        let value = |key: &str| attribute(element, key);
        match name {
            "zone" if matches!(value("target"), Some("ACCEPT")) => return Read::Open,
            "rule" => return Read::Unread("rich rules are not supported".to_owned()),
            "port" => {
                let read = (value("port").and_then(ports), value("protocol").and_then(protocol));
                let (Some(range), Some(protocol)) = read else {
                    return Read::Unread(format!("unsupported element `<{element}>`"));
                };
                accepts.push(Accept { protocol: Some(protocol), ports: vec![range], ..Accept::default() });
            }
            "protocol" => {
                let number = value("value").and_then(protocol);
                accepts.extend(number.map(|number| Accept { protocol: Some(number), ..Accept::default() }));
            }
            "service" => {
                let service = value("name").unwrap_or_default();
                match SERVICES.iter().find(|(known, ..)| *known == service) {
                    Some((_, protocol, range)) => accepts.push(Accept {
                        protocol: Some(*protocol),
                        ports: ports(range).into_iter().collect(),
                        ..Accept::default()
                    }),
                    None if OTHERS.contains(&service) => {}
                    None => return Read::Unread(format!("the ports of its service `{service}` are unknown")),
                }
            }
            _ => {}
        }
    }
    Read::Accepts(accepts)
}

fn attribute<'a>(element: &'a str, key: &str) -> Option<&'a str> {
    let rest = element.split(&format!(" {key}=")).nth(1)?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest[1..].split(quote).next()
}
