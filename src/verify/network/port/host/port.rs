//! The ports of the machine that a pod takes: those of its containers on the machine's network, and `hostPort` of others.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::Value as Json;

use crate::plan::listener::Bind;
use crate::render::evidence::Step;
use crate::syntax::ast::{Port, Protocol};

/// A port of a machine that a pod takes.
#[derive(Clone, Debug)]
pub(super) struct HostPort {
    pub port: Port,
    address: Address,
    /// Whether a program binds it, and not only rules of the packet filter lead from it to the pod.
    pub binds: bool,
    /// The way to it from the `spec` of the pod.
    pub way: Vec<Step>,
}

/// The addresses on which it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Address {
    Is(Bind),
    /// One of the machine's, by a variable or a name.
    Machine,
}

impl HostPort {
    /// Whether something else that is bound on a machine with this address is in its way.
    pub(super) fn meets(&self, port: Port, bind: Bind, machine: IpAddr) -> bool {
        self.port == port && self.bind(machine).meets(bind)
    }

    /// Whether two of them cannot be on one machine.
    pub(super) fn meets_other(&self, other: &Self) -> bool {
        let machine = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let wide = |one: &Self| matches!(one.address, Address::Machine);
        self.port == other.port && (wide(self) && wide(other) || self.bind(machine).meets(other.bind(machine)))
    }

    fn bind(&self, machine: IpAddr) -> Bind {
        match self.address {
            Address::Is(bind) => bind,
            Address::Machine => Bind::of(Some(machine)),
        }
    }
}

/// Those of a pod. Containers that end before the others start hold none (`pkg/scheduler/util/utils.go`, `GetHostPorts`).
pub(super) fn of(spec: &Json) -> Vec<HostPort> {
    let on_host = spec["hostNetwork"] == Json::Bool(true);
    let mut list = Vec::new();
    for key in ["initContainers", "containers"] {
        for (place, container) in spec[key].as_array().into_iter().flatten().enumerate() {
            if key == "initContainers" && container["restartPolicy"] != "Always" {
                continue;
            }
            let ports = container["ports"].as_array().into_iter().flatten().enumerate();
            list.extend(ports.filter_map(|(number, port)| {
                let (name, port) = of_port(container, port, on_host)?;
                let way = vec![key.into(), place.into(), "ports".into(), number.into(), name.into()];
                Some(HostPort { way, ..port })
            }));
        }
    }
    list
}

/// A port, and the field that it is in. On the machine's network, the port of the container is that of the machine.
fn of_port(container: &Json, port: &Json, on_host: bool) -> Option<(&'static str, HostPort)> {
    let of = |name: &'static str| Some((name, u16::try_from(port[name].as_u64()?).ok().filter(|number| *number != 0)?));
    let (name, number) = of("hostPort").or_else(|| of("containerPort").filter(|_| on_host))?;
    let protocol = Protocol::read(&port["protocol"].as_str().unwrap_or("TCP").to_lowercase())?;
    let written = port["hostIP"].as_str().and_then(|text| text.parse().ok());
    let address = match written {
        Some(address) => Address::Is(Bind::of(Some(address))),
        None if on_host => bound(container, number),
        None => Address::Is(Bind::All),
    };
    Some((name, HostPort { port: Port { number, protocol }, address, binds: on_host, way: Vec::new() }))
}

/// The address that the arguments of a container bind a port on; every address, if they do not say.
fn bound(container: &Json, number: u16) -> Address {
    let arguments = ["command", "args"].into_iter().flat_map(|key| container[key].as_array().into_iter().flatten());
    let mut address = None;
    let mut flag = String::new();
    for word in arguments.filter_map(Json::as_str).flat_map(str::split_whitespace) {
        let value = match word.split_once('=') {
            Some((name, value)) => {
                flag = name.to_owned();
                value
            }
            None if word.starts_with('-') => {
                flag = word.to_owned();
                continue;
            }
            None => word,
        };
        if ["listen", "bind", "addr"].iter().any(|part| flag.to_lowercase().contains(part)) {
            address = value.split(',').find_map(|one| read(one, number)).or(address);
        }
    }
    address.unwrap_or(Address::Is(Bind::All))
}

/// `127.0.0.1:9100`, `[$(IP)]:9100`, `:9100` or an address alone.
fn read(text: &str, number: u16) -> Option<Address> {
    let text = text.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
    let host = text.strip_suffix(&format!(":{number}")).or_else(|| text.parse::<IpAddr>().ok().map(|_| text))?;
    Some(match host.trim_start_matches('[').trim_end_matches(']') {
        "" => Address::Is(Bind::All),
        "localhost" => Address::Is(Bind::One(Ipv4Addr::LOCALHOST.into())),
        host => host.parse().map_or(Address::Machine, |address| Address::Is(Bind::of(Some(address)))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(args: &[&str]) -> Address {
        bound(&serde_json::json!({ "args": args }), 9100)
    }

    #[test]
    fn the_address_is_read_from_arguments() {
        let one = |text: &str| Address::Is(Bind::One(text.parse().expect("an address")));
        assert_eq!(address(&[]), Address::Is(Bind::All));
        assert_eq!(address(&["--web.listen-address=127.0.0.1:9100"]), one("127.0.0.1"));
        assert_eq!(address(&["--web.listen-address", "[::1]:9100"]), one("::1"));
        assert_eq!(address(&["--listen", ":9100", "--upstream=http://127.0.0.1:9100/"]), Address::Is(Bind::All));
        assert_eq!(address(&["--secure-listen-address=[$(IP)]:9100"]), Address::Machine);
        assert_eq!(address(&["--bind-address=127.0.0.1", "--secure-port=9100"]), one("127.0.0.1"));
        assert_eq!(address(&["--listen=127.0.0.1:9101"]), Address::Is(Bind::All));
    }

    #[test]
    fn containers_that_end_hold_no_port() {
        let port = serde_json::json!([{ "containerPort": 80, "hostPort": 8080 }]);
        let of = |spec: Json| of(&spec).iter().map(|one| one.port.number).collect::<Vec<_>>();
        assert_eq!(of(serde_json::json!({ "initContainers": [{ "ports": port }] })), [] as [u16; 0]);
        let sidecar = serde_json::json!({ "initContainers": [{ "ports": port, "restartPolicy": "Always" }] });
        assert_eq!(of(sidecar), [8080]);
        assert_eq!(of(serde_json::json!({ "containers": [{ "ports": [{ "containerPort": 80 }] }] })), [] as [u16; 0]);
        let on_host =
            serde_json::json!({ "hostNetwork": true, "containers": [{ "ports": [{ "containerPort": 80 }] }] });
        assert_eq!(of(on_host), [80]);
    }
}
