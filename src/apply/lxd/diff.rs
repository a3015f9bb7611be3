//! What differs between a server and what it should have for a cluster.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::apply::change::{Change, Step, Turn};
use crate::apply::error::ApplyError;
use crate::apply::provider::Outer;
use crate::model::Value;
use crate::model::value::Record;
use crate::target::lxd::{DEVICE, Definition, Instance, Resources};
use crate::text::Count;

use super::current::{Current, Resource};
use super::volume;

/// Changes of what machines share.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Shared {
    pub project: Option<Change>,
    pub pool: Option<Change>,
    pub network: Option<Change>,
    pub profiles: Vec<Change>,
    /// Volumes that no machine has.
    pub volumes: Vec<Change>,
}

impl Shared {
    /// Compares.
    ///
    /// # Errors
    /// A resource of the same name that belongs to another cluster, and a network of the server that overlaps the cluster.
    pub(super) fn of(resources: &Resources, current: &Current) -> Result<Self, ApplyError> {
        let cluster = &*resources.cluster;
        if current.network.is_none() {
            current.others.iter().try_for_each(|other| no_overlap(resources, other))?;
        }
        let mut profiles = Vec::new();
        for profile in &resources.profiles {
            profiles.extend(profile_change(cluster, profile, current.profile(&profile.name))?);
        }
        Ok(Self {
            project: current.project.is_none().then(|| create(&resources.options.project, "project")),
            pool: current.pool.is_none().then(|| create(&resources.pool.name, "storage pool")),
            network: network_change(cluster, &resources.network, current.network.as_ref()),
            profiles,
            volumes: volume::orphans(resources, current),
        })
    }

    /// In the order in which they are made.
    pub(super) fn list(self) -> Vec<Change> {
        self.project.into_iter().chain(self.pool).chain(self.network).chain(self.profiles).chain(self.volumes).collect()
    }
}

/// The addresses that an instance has by its network configuration.
pub(super) fn addresses(machine: &Resource) -> Vec<IpAddr> {
    let text = machine.config.get(NETWORK_CONFIG).map_or("", String::as_str);
    let words = text.split(|c: char| !c.is_ascii_hexdigit() && !['.', ':', '/'].contains(&c));
    let nets = words.filter_map(|word| word.trim_end_matches(':').parse::<IpNet>().ok());
    nets.filter(|net| net.addr() != net.network()).map(|net| net.addr()).collect()
}

fn change(name: &str, turn: Turn, steps: Vec<Step>) -> Change {
    Change { name: name.to_owned(), turn, until: None, steps }
}

fn create(name: &str, what: &str) -> Change {
    change(name, Turn::Together, vec![Step::Create(what.to_owned())])
}

/// No network of the server may overlap a range of the cluster: machines would look for its addresses inside the cluster, or
/// the host for the cluster on that network.
fn no_overlap(resources: &Resources, other: &Resource) -> Result<(), ApplyError> {
    let taken =
        ["ipv4.address", "ipv6.address"].into_iter().filter_map(|key| other.config.get(key)?.parse::<IpNet>().ok());
    for taken in taken.map(|net| net.trunc()) {
        if let Some((name, range)) = resources.ranges.iter().find(|(_, range)| meet(range, &taken)) {
            let message = format!(
                "the network `{}` of the server uses {taken}, which overlaps `{name}` {range} of the cluster",
                other.name
            );
            let help = format!(
                "set `reserve = {{ {} = {taken} }}` in the cluster and choose another range: `kmodel check` then suggests a free one",
                other.name
            );
            return Err(ApplyError::new(message).help(help));
        }
    }
    Ok(())
}

/// Whether two ranges have an address in common: then one of them is inside the other.
fn meet(one: &IpNet, other: &IpNet) -> bool {
    one.contains(other) || other.contains(one)
}

/// An existing network without our label is used as it is.
fn network_change(cluster: &str, desired: &Definition, current: Option<&Resource>) -> Option<Change> {
    let Some(current) = current else { return Some(create(&desired.name, "network")) };
    let steps = if current.is_of(cluster) { config_steps(&desired.config, current, Extra::Kept) } else { Vec::new() };
    (!steps.is_empty()).then(|| change(&desired.name, Turn::Together, steps))
}

fn profile_change(
    cluster: &str,
    desired: &Definition,
    current: Option<&Resource>,
) -> Result<Option<Change>, ApplyError> {
    let Some(current) = current else { return Ok(Some(create(&desired.name, "profile"))) };
    if let Some(owner) = current.owner().filter(|owner| *owner != cluster) {
        return Err(ApplyError::new(format!("the profile `{}` belongs to the cluster `{owner}`", desired.name))
            .help("use another project: `target lxd { project = \"...\" }`"));
    }
    let mut steps = config_steps(&desired.config, current, Extra::Unset);
    steps.extend(device_steps(&desired.devices, current));
    let surplus = current.devices.keys().filter(|name| !desired.devices.contains_key(name.as_str()));
    steps.extend(surplus.map(|name| Step::Config { key: format!("device {name}"), from: None, to: None }));
    Ok((!steps.is_empty()).then(|| change(&desired.name, Turn::Together, steps)))
}

/// What to do with keys that are set but not desired.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extra {
    /// The server sets some of its own.
    Kept,
    Unset,
}

fn config_steps(desired: &Record, current: &Resource, extra: Extra) -> Vec<Step> {
    let step = |(key, value): (&crate::syntax::ast::Name, &Value)| {
        let (from, to) = (current.config.get(&**key).cloned(), value.scalar_text());
        (!is_same(from.as_deref(), to.as_deref())).then(|| Step::Config { key: key.to_string(), from, to })
    };
    let set = desired.iter().filter_map(step);
    let surplus = current.config.iter().filter(|(key, _)| extra == Extra::Unset && !desired.contains_key(key.as_str()));
    let unset = surplus.filter(|(key, _)| !is_servers(key)).map(|(key, value)| Step::Config {
        key: key.clone(),
        from: Some(value.clone()),
        to: None,
    });
    set.chain(unset).collect()
}

/// Whether two values of a key are the same. Addresses and networks are compared as such: a server may write `fd00:0::1/64`
/// as `fd00::1/64`.
fn is_same(from: Option<&str>, to: Option<&str>) -> bool {
    fn parsed<T: std::str::FromStr + PartialEq>(from: &str, to: &str) -> bool {
        matches!((from.parse::<T>(), to.parse::<T>()), (Ok(from), Ok(to)) if from == to)
    }
    let typed = |(from, to)| parsed::<IpNet>(from, to) || parsed::<IpAddr>(from, to);
    from == to || from.zip(to).is_some_and(typed)
}

/// Keys that the server sets, and those of cloud-init, which are compared separately.
fn is_servers(key: &str) -> bool {
    ["volatile.", "image.", "cloud-init."].iter().any(|start| key.starts_with(start))
}

fn device_steps(desired: &Record, current: &Resource) -> Vec<Step> {
    let fields = desired.iter().filter_map(|(device, value)| match value {
        Value::Record(fields) => Some((device, fields)),
        _ => None,
    });
    fields
        .flat_map(|(device, fields)| {
            let now = current.devices.get(&**device);
            fields.iter().filter_map(move |(key, value)| {
                let (from, to) = (now.and_then(|now| now.get(&**key)).cloned(), value.scalar_text()?);
                let (device, key) = (device.to_string(), key.to_string());
                (!is_same(from.as_deref(), Some(&to))).then_some(Step::Device { device, key, from, to })
            })
        })
        .collect()
}

/// The instance of a machine that had another name and has not got its new one yet.
fn former<'a>(resources: &Resources, machine: &Instance, current: &'a Current) -> Option<&'a Resource> {
    if current.machine(machine.name()).is_some() {
        return None;
    }
    let instances = machine.former.iter().filter(|name| resources.instance(name).is_none());
    instances.filter_map(|name| current.machine(name)).find(|former| former.is_of(&resources.cluster))
}

fn rename(machine: &Instance, former: &Resource, volumes: Vec<Step>) -> Outer {
    let mut steps = vec![Step::Rename { from: former.name.clone(), stops: true }];
    steps.extend(instance_steps(machine, former, volumes).into_iter().filter(|step| *step != Step::Restart));
    steps.push(Step::Start);
    Outer::Renamed { from: former.name.clone(), is_running: former.is_running(), steps }
}

/// What there is of a machine, and what has to change of it through the server.
///
/// # Errors
/// When an instance of this name belongs to another cluster.
pub(super) fn outer(resources: &Resources, current: &Current, name: &str) -> Result<Outer, ApplyError> {
    let Some(machine) = resources.instance(name) else { return Ok(Outer::Absent(Vec::new())) };
    if let Some(former) = former(resources, machine, current) {
        let volumes = volume::steps(resources, current, (machine, former))?;
        return Ok(rename(machine, former, volumes));
    }
    let Some(there) = current.machine(name) else {
        let size = |key: &str| machine.definition.text(key).unwrap_or_default();
        let cores = size("limits.cpu");
        let cores = cores.parse().map_or(format!("{cores} cores"), |number: u64| Count(number, "core").to_string());
        let volumes = volume::shown(resources, current, machine)?;
        let what = format!("from {}, {}, {}{volumes}", resources.options.image, cores, size("limits.memory"));
        return Ok(Outer::Absent(vec![Step::Create(what), Step::Start]));
    };
    if !there.is_of(&resources.cluster) {
        let (project, cluster) = (&resources.options.project, &resources.cluster);
        let message =
            format!("the instance `{name}` in the project `{project}` does not belong to the cluster `{cluster}`");
        return Err(ApplyError::new(message)
            .help("rename or remove it, or use another project: `target lxd { project = \"...\" }`"));
    }
    let volumes = volume::steps(resources, current, (machine, there))?;
    Ok(Outer::There { is_running: there.is_running(), steps: instance_steps(machine, there, volumes) })
}

/// Changes made through the server.
fn instance_steps(machine: &Instance, current: &Resource, volumes: Vec<Step>) -> Vec<Step> {
    let mut steps = config_steps(&machine.definition.config, current, Extra::Unset);
    let devices = machine.definition.devices.iter().filter(|(name, _)| !name.starts_with(DEVICE));
    steps.extend(device_steps(&devices.map(|(name, fields)| (name.clone(), fields.clone())).collect(), current));
    let data = |key: &'static str, text: &str| {
        let now = current.config.get(key).map_or("", String::as_str);
        (now.trim_end() != text.trim_end()).then_some(Step::Data(key))
    };
    steps.extend(data(USER_DATA, &machine.user_data));
    let network = data(NETWORK_CONFIG, &machine.network_config);
    let other = current.profiles != [machine.profile.clone()];
    let restart = network.is_some() || other || volumes.iter().any(volume::stops);
    steps.extend(volumes);
    steps.extend(network);
    steps.extend(other.then(|| Step::Profile { from: current.profiles.join(", "), to: machine.profile.clone() }));
    steps.extend(restart.then_some(Step::Restart));
    steps
}

/// What cloud-init reads.
pub(crate) const USER_DATA: &str = "cloud-init.user-data";
pub(crate) const NETWORK_CONFIG: &str = "cloud-init.network-config";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::sample;
    use crate::target::lxd::MARK;

    #[test]
    fn addresses_are_not_compared_as_text() {
        assert!(is_same(Some("fd00:0::1/64"), Some("fd00::1/64")) && is_same(Some("FD00::A"), Some("fd00::a")));
        assert!(!is_same(Some("10.0.0.1/24"), Some("10.0.0.10/24")) && !is_same(None, Some("10.0.0.1")));
        assert!(is_same(Some("nat"), Some("nat")) && !is_same(Some("2GiB"), Some("2048MiB")));
    }

    fn record(fields: &[(&str, &str)]) -> Record {
        fields.iter().map(|(key, value)| ((*key).into(), Value::Text((*value).into()))).collect()
    }

    fn resource(yaml: serde_json::Value) -> Resource {
        serde_json::from_value(yaml).expect("an instance as the server lists it")
    }

    #[test]
    fn a_device_is_compared_field_by_field() {
        let network = record(&[("network", "kmodel"), ("ipv4.address", "10.0.0.5"), ("type", "nic")]);
        let disk = record(&[("size", "10GiB")]);
        let desired: Record = [("eth0", network), ("root", disk)]
            .map(|(name, fields)| (name.into(), Value::Record(fields.into())))
            .into_iter()
            .collect();
        let current = resource(serde_json::json!({
            "name": "cp-0",
            "devices": { "eth0": { "network": "kmodel", "ipv4.address": "10.0.0.9", "type": "nic", "mtu": "1400" } },
        }));
        let device = |device: &str, key: &str, from: Option<&str>, to: &str| Step::Device {
            device: device.into(),
            key: key.into(),
            from: from.map(str::to_owned),
            to: to.into(),
        };
        let steps = device_steps(&desired, &current);
        let address = device("eth0", "ipv4.address", Some("10.0.0.9"), "10.0.0.5");
        assert_eq!(steps, [address, device("root", "size", None, "10GiB")]);
    }

    #[test]
    fn a_machine_restarts_for_another_network() {
        let steps = |network_config: &str| {
            let instance = Instance { network_config: network_config.to_owned(), ..sample_instance() };
            let current = resource(serde_json::json!({
                "name": "cp-0", "status": "Stopped", "profiles": [""],
                "config": { MARK: "lab", "cloud-init.network-config": "old" },
            }));
            let resources = Resources { instances: vec![instance], ..sample::resources() };
            let current = Current { machines: vec![current], ..Current::default() };
            outer(&resources, &current, "cp-0").expect("it is ours")
        };
        let there = |steps: &[Step]| Outer::There { is_running: false, steps: steps.to_vec() };
        assert_eq!(steps("old"), there(&[]));
        assert_eq!(steps("new"), there(&[Step::Data(NETWORK_CONFIG), Step::Restart]), "a restart starts it");
    }

    #[test]
    fn a_network_of_others_is_used_as_it_is() {
        let definition = Definition { config: record(&[("ipv4.nat", "true")]), ..sample::definition("kmodel") };
        let network = |mark: Option<&str>| {
            let mark = mark.map(|mark| (MARK, mark));
            let config: std::collections::BTreeMap<_, _> = mark.into_iter().chain([("ipv4.nat", "false")]).collect();
            resource(serde_json::json!({ "name": "kmodel", "config": config }))
        };
        let steps = |current: Option<&Resource>| network_change("lab", &definition, current).map(|c| c.steps.len());
        assert_eq!(steps(None), Some(1), "it is created");
        assert_eq!(steps(Some(&network(Some("lab")))), Some(1), "it is changed");
        assert_eq!((steps(Some(&network(Some("other")))), steps(Some(&network(None)))), (None, None));
    }

    #[test]
    fn keys_of_the_server_are_left_alone() {
        let current = resource(serde_json::json!({
            "name": "cp-0",
            "config": { "volatile.uuid": "x", "image.os": "debian", "cloud-init.user-data": "y", "limits.cpu": "2" },
        }));
        let unset = |extra| config_steps(&record(&[]), &current, extra);
        assert_eq!(unset(Extra::Unset), [Step::Config { key: "limits.cpu".into(), from: Some("2".into()), to: None }]);
        assert_eq!(unset(Extra::Kept), []);
    }

    fn sample_instance() -> Instance {
        let mut instance = sample::instance("cp-0");
        instance.definition.config = record(&[(MARK, "lab")]);
        instance
    }

    #[test]
    fn ranges_meet_when_either_is_inside_the_other() {
        let meets = |one: &str, other: &str| meet(&one.parse().expect("a range"), &other.parse().expect("a range"));
        assert!(meets("10.213.0.0/24", "10.213.0.0/24"));
        assert!(meets("10.213.0.0/16", "10.213.4.0/24"), "the server's network is inside one of the cluster");
        assert!(meets("10.213.4.0/24", "10.0.0.0/8"), "the server's network contains one of the cluster");
        assert!(!meets("10.213.0.0/24", "10.213.1.0/24"));
        assert!(!meets("10.213.0.0/24", "fd00::/8"));
    }
}
