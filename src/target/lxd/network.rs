//! The bridge that machines share, and the pool of their disks.

use super::options::Options;
use super::{MARK, target_origin, text, yaml};
use crate::model::Value;
use crate::model::value::Record;
use crate::target::{OutputFile, Site};

/// `lxd/network.yaml`: a bridge with the gateway's address, NAT, and no DHCP, since every address is given by the model.
pub fn network(site: &Site, options: &Options) -> OutputFile {
    let (own, other) = if site.gateway.is_ipv6() { ("ipv6", "ipv4") } else { ("ipv4", "ipv6") };
    let mut config = Record::new();
    let mut put = |name: String, value: String| config.insert(name.into(), Value::text(value));
    put(format!("{own}.address"), format!("{}/{}", site.gateway, site.nodes.prefix_len()));
    put(format!("{own}.nat"), "true".to_owned());
    put(format!("{own}.dhcp"), "false".to_owned());
    put(format!("{other}.address"), "none".to_owned());
    put(MARK.to_owned(), site.cluster.to_string());
    let value = Value::record([
        ("name", Value::text(&options.network)),
        ("description", Value::text(format!("nodes of {}", site.cluster))),
        ("type", Value::text("bridge")),
        ("config", Value::Record(config.into())),
    ]);
    text("lxd/network.yaml".into(), 0o644, yaml(NETWORK, &value), &target_origin())
}

const NETWORK: &str = "The bridge of the machines. Addresses come from the model, so there is no DHCP that could give one\n\
                       away twice; names are resolved through the gateway. Written by kmodel.";

/// `lxd/storage.yaml`: a pool that needs nothing of the host.
pub fn storage(site: &Site, options: &Options) -> OutputFile {
    let value = Value::record([
        ("name", Value::text(&options.pool)),
        ("description", Value::text(format!("disks of {}", site.cluster))),
        ("driver", Value::text("dir")),
        ("config", Value::record([(MARK, Value::Text(site.cluster.clone()))])),
    ]);
    text("lxd/storage.yaml".into(), 0o644, yaml(STORAGE, &value), &target_origin())
}

const STORAGE: &str = "Where the disks are. `dir` works on every host, and containerd's overlayfs works on it; a pool that\n\
                       exists (`target lxd { pool = \"...\" }`) is used as it is. Written by kmodel.";
