//! The bridge that machines share, and the pool of their disks.

use std::net::IpAddr;

use ipnet::IpNet;

use super::desired::Definition;
use super::options::Options;
use super::{MARK, target_origin, yaml};
use crate::model::Value;
use crate::model::value::Record;
use crate::target::{OutputFile, Site, text};

/// A bridge with the gateway's addresses, NAT, and no DHCP, since every address is given by the model.
pub(super) fn network(site: &Site, options: &Options) -> Definition {
    // Of several ranges, nothing is written: `options` refuses them.
    let nodes = site.nodes.first();
    let (own, other) = if nodes.gateway.is_ipv6() { ("ipv6", "ipv4") } else { ("ipv4", "ipv6") };
    let mut config = Record::default();
    family(&mut config, own, Some((nodes.gateway, nodes.range)));
    family(&mut config, other, nodes.second.and_then(|second| Some((second.gateway?, second.range))));
    config.insert(MARK.into(), Value::Text(site.cluster.clone()));
    Definition {
        name: options.network.clone(),
        description: format!("nodes of {}", site.cluster),
        config,
        devices: Record::default(),
        comment: NETWORK.to_owned(),
    }
}

/// The keys of one family; one that machines have no address of is off.
fn family(config: &mut Record, name: &str, gateway: Option<(IpAddr, IpNet)>) {
    let mut put = |key: &str, value: &str| config.insert(format!("{name}.{key}").into(), Value::text(value));
    let Some((address, range)) = gateway else {
        put("address", "none");
        return;
    };
    put("address", &format!("{address}/{}", range.prefix_len()));
    put("nat", "true");
    put("dhcp", "false");
}

const NETWORK: &str = "The bridge of the machines. Addresses come from the model, so DHCP is off; names are resolved\n\
                       through the gateway. Written by kmodel.";

/// `lxd/network.yaml`.
pub(super) fn network_file(network: &Definition) -> OutputFile {
    let value = Value::record([
        ("name", Value::text(&network.name)),
        ("description", Value::text(&network.description)),
        ("type", Value::text("bridge")),
        ("config", Value::Record(network.config.clone().into())),
    ]);
    text("lxd/network.yaml".into(), 0o644, yaml(&network.comment, &value), &target_origin())
}

/// A pool that needs nothing of the host.
pub(super) fn pool(site: &Site, options: &Options) -> Definition {
    Definition {
        name: options.pool.clone(),
        description: format!("disks of {}", site.cluster),
        config: [(MARK.into(), Value::Text(site.cluster.clone()))].into_iter().collect(),
        devices: Record::default(),
        comment: STORAGE.to_owned(),
    }
}

/// `lxd/storage.yaml`.
pub(super) fn pool_file(pool: &Definition) -> OutputFile {
    let value = Value::record([
        ("name", Value::text(&pool.name)),
        ("description", Value::text(&pool.description)),
        ("driver", Value::text(DRIVER)),
        ("config", Value::Record(pool.config.clone().into())),
    ]);
    text("lxd/storage.yaml".into(), 0o644, yaml(&pool.comment, &value), &target_origin())
}

/// The driver of a pool that is made.
pub const DRIVER: &str = "dir";

const STORAGE: &str = "The storage pool. `dir` works on every host and with containerd's overlayfs; an existing pool\n\
                       (`target lxd { pool = \"...\" }`) is used unchanged. Written by kmodel.";
