//! The bodies of targets, by their name. Others than these are reported when the model is made.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{Lazy, Row, Schema, field};
use crate::facts::platform::{Platform, platforms};

const IMAGE: &str = "The image of the machines.";
const MIRROR: Row = field("mirror", "string?", "Where releases are downloaded from instead.");
const HASHES: Row = field(
    "hashes",
    "string?",
    "Hashes of files in the mirror, as `sha256sum` prints them; they count before those that kmodel knows.",
);
const CLOUD_CONFIG: Row = field(
    "cloud-config",
    "map<any>",
    "More for cloud-init, on every machine: `ssh_authorized_keys`, `users`, `packages`. Lists come after kmodel's own.",
);

static LXD: Lazy = LazyLock::new(|| {
    Schema::new(
        "target lxd",
        const {
            &[
                field("image", "string", "The image of the machines; default \"debian/13\"."),
                MIRROR,
                HASHES,
                field("command", "\"lxc\" | \"incus\"", "The client; default \"lxc\"."),
                field("project", "string?", "The project that instances are made in."),
                field("pool", "string?", "The storage pool."),
                field(
                    "pool-driver",
                    "\"dir\" | \"btrfs\" | \"lvm\" | \"zfs\"",
                    "The driver of a pool that exists; default \"dir\".",
                ),
                field("network", "string?", "The bridge; default one that is made for the cluster."),
                field("privileged", "bool", "Whether containers are privileged; default true."),
                CLOUD_CONFIG,
            ]
        },
    )
});

/// What is the same on every platform that gives user-data.
const CLOUD: [Row; 8] = [
    field("region", "string?", "Where the machines are made; told on in machines.json."),
    field("image", "string?", IMAGE),
    MIRROR,
    HASHES,
    field("gzip", "bool?", "Whether user-data is compressed; default when it would not fit otherwise."),
    field(
        "files",
        "\"inside\" | \"apart\"",
        "Whether files are in user-data, the default, or in the archive that is brought to the machine.",
    ),
    field(
        "secrets",
        "\"apart\" | \"inside\"",
        "Whether secret files are in the archive, the default, or in user-data, where nobody else can read that.",
    ),
    CLOUD_CONFIG,
];

/// The schemas of the platforms in the table that have no other; made once.
static CLOUDS: LazyLock<BTreeMap<&'static str, Schema>> = LazyLock::new(|| {
    let clouds = platforms().filter(|(name, _)| *name != "lxd");
    clouds.map(|(name, platform)| (name, Schema::new(title(name), rows(platform)))).collect()
});

fn title(name: &str) -> &'static str {
    String::leak(format!("target {name}"))
}

fn rows(platform: &'static Platform) -> &'static [Row] {
    let mut rows = CLOUD.to_vec();
    if platform.seed {
        rows.push(field(
            "interface",
            "string?",
            "The interface with the machine's address; default \"e*\", a pattern.",
        ));
    }
    let given =
        "Whether the machine is given it in this field of the platform; only one of them, and the first by default.";
    rows.extend(platform.given_as.iter().map(|name| field(name, "bool?", given)));
    Vec::leak(rows)
}

/// The schemas of all targets known here.
pub fn all() -> impl Iterator<Item = &'static Schema> {
    std::iter::once(&*LXD).chain(CLOUDS.values())
}

/// The schema of a target, if its name is known here.
pub fn of(name: &str) -> Option<&'static Schema> {
    match name {
        "lxd" => Some(&LXD),
        _ => CLOUDS.get(name),
    }
}
