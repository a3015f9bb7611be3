//! The bodies of statements.

use std::sync::LazyLock;

use super::{Lazy, Schema, field, required};

pub static CLUSTER: Lazy = LazyLock::new(|| {
    Schema::new(
        "cluster",
        const {
            &[
                required("kubernetes", "version", "The version of Kubernetes."),
                required("pods", "cidr | list<cidr>", "Where pods get their addresses."),
                required("services", "cidr | list<cidr>", "Where services get their addresses."),
                required("nodes", "cidr", "Where machines get their addresses."),
                field("domain", "string", "The domain of services; default \"cluster.local\"."),
                field("gateway", "ip?", "The way out; default the first address of `nodes`."),
                field("dns", "list<ip>", "The resolvers of the machines; default the gateway."),
                field("extra-names", "list<string>", "More names of the API."),
                field("reserve", "map<cidr | list<cidr>>", "Ranges that are taken by others, by what they are."),
                field("renew", "duration?", "Certificates with less than this left are issued anew by a render."),
            ]
        },
    )
});

pub static MACHINES: Lazy = LazyLock::new(|| {
    Schema::new(
        "machines",
        const {
            &[
                field("cores", "float", "Processors of each; default 2."),
                field("memory", "size", "Memory of each; default 4GiB."),
                field("disk", "size", "Disk of each; default 20GiB."),
                field("arch", "\"amd64\" | \"arm64\"", "The architecture; default \"amd64\"."),
                field("zone", "string?", "The failure domain of all of them."),
                field("zones", "list<string>", "With `spread = \"zone\"` machine i gets zone i mod n."),
                field("rack", "string?", "The rack of all of them, a smaller failure domain."),
                field("racks", "list<string>", "Machine i is in rack i mod n."),
                field("system-cores", "float", "Processors kept for the system; default 0.1."),
                field("system-memory", "size", "Memory kept for the system; default 256MiB."),
                field("spread", "string?", "What the machines are spread over."),
                field("addresses", "list<ip>", "Pinned addresses, one a machine."),
                field("first-address", "ip?", "The address of the first; the others follow it."),
                field("labels", "map<string>", "Labels of the nodes."),
                field("taints", "list<string>", "Taints of the nodes: `key=value:Effect`."),
            ]
        },
    )
});

const KEY: &str = "\"ecdsa-p256\" | \"ecdsa-p384\" | \"ed25519\" | \"rsa-2048\" | \"rsa-4096\"";

pub static AUTHORITY: Lazy = LazyLock::new(|| {
    Schema::new(
        "authority",
        const {
            &[
                required("cn", "string", "The common name of its certificate."),
                required("file", "path", "Where its certificate lies; the key is beside it with `.key`."),
                field("lifetime", "duration", "How long it is good for; default 3650d."),
                field("key", KEY, "The kind of its key; default \"ecdsa-p256\"."),
                field("names", "list<string>", "Subject alternative names."),
            ]
        },
    )
});

pub static KEYPAIR: Lazy = LazyLock::new(|| {
    Schema::new(
        "keypair",
        const {
            &[
                required("file", "path", "Where the private key lies."),
                required("public", "path", "Where the public key lies."),
                field("key", KEY, "The kind of the key; default \"ecdsa-p256\"."),
            ]
        },
    )
});

pub static SECRET: Lazy = LazyLock::new(|| {
    Schema::new(
        "secret",
        const {
            &[
                field("bytes", "int", "How many random bytes; default 32."),
                field("encoding", "\"base64\" | \"hex\" | \"alnum\"", "How they are written; default \"base64\"."),
            ]
        },
    )
});

pub static INTERFACE: Lazy = LazyLock::new(|| {
    Schema::new(
        "interface",
        const {
            &[
                field("version", "int", "Grows when what it promises changes."),
                field("scheme", "string", "Of the URLs that a relation gives."),
                field("cacheable", "bool", "Whether a caching proxy may stand before several providers."),
                field("quorum", "bool", "On `peers`: more than half of the members must live."),
                field(
                    "within",
                    "\"services\" | \"pods\" | \"nodes\"",
                    "The range of the cluster that a provider's address is in.",
                ),
                field(
                    "tls",
                    "\"end-to-end\" | \"any\"",
                    "With \"end-to-end\" a proxy passes TLS through; default \"any\".",
                ),
            ]
        },
    )
});

pub static CHECK: Lazy = LazyLock::new(|| {
    Schema::new(
        "check",
        const {
            &[
                field("code", "string", "A code of its own, for `explain` and `allow`."),
                field("help", "string", "What to do about it."),
                field("allow", "bool", "Whether `allow CODE` may silence it; default true."),
            ]
        },
    )
});
