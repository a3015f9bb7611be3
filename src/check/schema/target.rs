//! The bodies of targets, by their name. Others than these are reported when the model is made.

use std::sync::LazyLock;

use super::{Lazy, Schema, field};

static LXD: Lazy = LazyLock::new(|| {
    Schema::new(
        "target lxd",
        const {
            &[
                field("image", "string", "The image of the machines; default \"debian/13\"."),
                field("mirror", "string?", "Where releases are downloaded from instead."),
                field(
                    "hashes",
                    "string?",
                    "Hashes of files in the mirror, as `sha256sum` prints them; they count before those that kmodel knows.",
                ),
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
            ]
        },
    )
});

/// The schemas of all targets known here.
pub fn all() -> impl Iterator<Item = &'static Schema> {
    std::iter::once(&*LXD)
}

/// The schema of a target, if its name is known here.
pub fn of(name: &str) -> Option<&'static Schema> {
    match name {
        "lxd" => Some(&LXD),
        _ => None,
    }
}
