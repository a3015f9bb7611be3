//! One container, as `lxc init IMAGE NAME --profile PROFILE < NAME.yaml` takes it.
//!
//! What cloud-init reads is set from `machines/NAME/` by `up` and is not repeated here.

use super::options::Options;
use super::{INTERFACE, MARK, text, yaml};
use crate::model::Value;
use crate::model::value::Record;
use crate::target::{OutputFile, Site, TargetMachine};

/// `lxd/instances/NAME.yaml`.
pub fn file(site: &Site, machine: &TargetMachine, options: &Options, profile: &str) -> OutputFile {
    let value = Value::record([
        ("description", Value::text(format!("{} of {}", machine.name, site.cluster))),
        ("profiles", Value::list([Value::text(profile)])),
        ("config", Value::Record(config(site, machine).into())),
        ("devices", devices(machine, options)),
    ]);
    let origin = format!("machines {}", machine.group).into();
    text(format!("lxd/instances/{}.yaml", machine.name), 0o644, yaml("Written by kmodel.", &value), &origin)
}

fn config(site: &Site, machine: &TargetMachine) -> Record {
    let mut config = Record::new();
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

fn devices(machine: &TargetMachine, options: &Options) -> Value {
    let disk = [("type", "disk"), ("path", "/"), ("pool", &options.pool), ("size", &bytes(machine.disk))];
    let nic = [("type", "nic"), ("name", INTERFACE), ("network", &options.network)];
    let record =
        |fields: &[(&str, &str)]| Value::record(fields.iter().map(|(name, value)| (*name, Value::text(value))));
    Value::record([("root", record(&disk)), (INTERFACE, record(&nic))])
}

/// A size in the largest unit that divides it, as LXD reads them.
fn bytes(size: u64) -> String {
    match size {
        size if size % (1 << 30) == 0 => format!("{}GiB", size >> 30),
        size if size % (1 << 20) == 0 => format!("{}MiB", size >> 20),
        size => format!("{size}B"),
    }
}
