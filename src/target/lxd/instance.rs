//! One container: its size, disk and interface, as `lxc init IMAGE NAME --profile PROFILE < NAME.yaml` takes them.
//!
//! What cloud-init reads is in `machines/NAME/` and is not repeated here.

use super::desired::{Definition, Instance};
use super::options::Options;
use super::volume::{self, Volume};
use super::{INTERFACE, MARK, yaml};
use crate::model::Value;
use crate::model::link::mac;
use crate::model::value::Record;
use crate::render::origin::What;
use crate::target::{OutputFile, Site, TargetMachine, text};

/// The container of a machine.
pub(super) fn definition(
    site: &Site,
    machine: &TargetMachine,
    (options, volumes): (&Options, &[Volume]),
) -> Definition {
    Definition {
        name: machine.name.to_string(),
        description: format!("{} of {}", machine.name, site.cluster),
        config: config(site, machine),
        devices: devices(machine, options).into_iter().chain(volume::devices(volumes, &options.pool)).collect(),
        comment: format!("Written by kmodel.{}", volume::by_hand(volumes, &options.pool)),
    }
}

/// Where the file of a container is.
pub(super) fn path(name: &str) -> String {
    format!("lxd/instances/{name}.yaml")
}

/// `lxd/instances/NAME.yaml`.
pub(super) fn file(instance: &Instance) -> OutputFile {
    let Definition { name, description, config, devices, comment } = &instance.definition;
    let value = Value::record([
        ("description", Value::text(description)),
        ("profiles", Value::list([Value::text(&instance.profile)])),
        ("config", Value::Record(config.clone().into())),
        ("devices", Value::Record(devices.clone().into())),
    ]);
    let origin = What::Machines(instance.group.clone()).into();
    text(path(name), 0o644, yaml(comment, &value), &origin)
}

fn config(site: &Site, machine: &TargetMachine) -> Record {
    let mut config = Record::default();
    let mut put = |name: &str, value: String| config.insert(name.into(), Value::text(value));
    put("limits.cpu", format!("{}", machine.cores.ceil().max(1.0)));
    if machine.cores.fract() > 0.0 {
        // Time on the processors, of all of them together: half a core is 50 of every 100 ms.
        put("limits.cpu.allowance", format!("{}ms/100ms", (machine.cores * 100.0).round()));
    }
    put("limits.memory", bytes(machine.memory));
    put(MARK, site.cluster.to_string());
    put("user.kmodel.group", machine.group.to_string());
    config
}

fn devices(machine: &TargetMachine, options: &Options) -> Record {
    let disk = [("type", "disk"), ("path", "/"), ("pool", &options.pool), ("size", &bytes(machine.disk))];
    let port = machine.links.iter().find(|link| link.is_physical());
    let name = port.map_or(INTERFACE, |port| &*port.name);
    let mut nic = vec![("type", "nic"), ("name", name), ("network", &options.network)];
    let address = port.and_then(|port| mac(port.mac.as_deref()?));
    nic.extend(address.as_deref().map(|address| ("hwaddr", address)));
    let record =
        |fields: &[(&str, &str)]| Value::record(fields.iter().map(|(name, value)| (*name, Value::text(value))));
    [("root".into(), record(&disk)), (INTERFACE.into(), record(&nic))].into_iter().collect()
}

/// A size in the largest unit that divides it, as LXD reads them.
pub(super) fn bytes(size: u64) -> String {
    match size {
        size if size % (1 << 30) == 0 => format!("{}GiB", size >> 30),
        size if size % (1 << 20) == 0 => format!("{}MiB", size >> 20),
        size => format!("{size}B"),
    }
}
