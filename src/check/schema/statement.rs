//! The bodies of statements.

use std::sync::LazyLock;

use super::{FieldRow, Lazy, Schema, field, required};

pub static CLUSTER: Lazy = LazyLock::new(|| {
    Schema::new(
        "cluster",
        const {
            &[
                required("kubernetes", "version", "The Kubernetes version."),
                required("pods", "cidr | list<cidr>", "The address ranges of pods."),
                required("services", "cidr | list<cidr>", "The address ranges of services."),
                required(
                    "nodes",
                    "cidr | list<cidr> | map<cidr | list<cidr> | { range: cidr | list<cidr>, gateway?: ip | list<ip>, dns?: list<ip> }>",
                    "The address range of machines, one of each family as a list; as a map one for each zone, rack or group.",
                ),
                field("domain", "string", "The DNS domain of services; default \"cluster.local\"."),
                field("gateway", "(ip | list<ip>)?", "The default gateway; default the first address of `nodes`."),
                field("dns", "list<ip>", "The DNS resolvers of the machines; default the gateway."),
                field("extra-names", "list<string>", "Additional names of the API server."),
                field("reserve", "map<cidr | list<cidr>>", "Ranges that are used elsewhere, by name."),
                field("renew", "duration?", "A render reissues certificates with less than this time left."),
                field(
                    "versions",
                    "{ etcd?: version, coredns?: version, pause?: string, containerd?: version, cri-o?: version, \
                     runc?: version, cni-plugins?: version, crictl?: version }",
                    "Versions instead of those that belong to the Kubernetes version.",
                ),
            ]
        },
    )
});

pub static RELATE: Lazy = LazyLock::new(|| {
    Schema::new(
        "relate",
        const {
            &[field(
                "scope",
                "\"cluster\" | \"machine\"",
                "With \"machine\", each client dials only the provider on its own machine.",
            )]
        },
    )
});

/// The network interfaces of a machine, by their names.
macro_rules! interfaces {
    () => {
        "map<{ role?: string, mac?: string, addresses?: list<cidr>, dhcp?: bool, mtu?: int, dns?: list<ip>, \
         search?: list<string>, routes?: list<{ to: cidr, via: ip, metric?: int }>, \
         bond?: { members: list<string>, mode?: \"802.3ad\" | \"active-backup\" | \"balance-rr\" | \"balance-xor\" \
         | \"broadcast\" | \"balance-tlb\" | \"balance-alb\", lacp-rate?: \"slow\" | \"fast\", \
         hash?: \"layer2\" | \"layer2+3\" | \"layer3+4\" | \"encap2+3\" | \"encap3+4\", monitor?: duration, primary?: string }, \
         vlan?: { id: int, link: string } }>"
    };
}

/// The operating systems that machines with a package manager may have: `tables/families.toml`.
macro_rules! os {
    () => {
        "\"debian\" | \"redhat\" | \"suse\""
    };
}

/// The disks of a machine beside that of its system, by their names.
macro_rules! disks {
    () => {
        "map<{ device?: path, size?: size, format?: \"ext4\" | \"xfs\", mount?: path, options?: list<string>, \
         partitions?: map<{ share?: percent, format?: \"ext4\" | \"xfs\", mount?: path, options?: list<string> }> }>"
    };
}

pub static MACHINES: Lazy = LazyLock::new(|| {
    Schema::new(
        "machines",
        const {
            &[
                field("cores", "float", "CPU cores of each machine; default 2."),
                field("memory", "size", "Memory of each machine; default 4GiB."),
                field("disk", "size", "Disk of each machine; default 20GiB."),
                field(
                    "arch",
                    "\"amd64\" | \"arm64\" | \"ppc64le\" | \"s390x\" | \"riscv64\"",
                    "The architecture; default \"amd64\".",
                ),
                field(
                    "os",
                    os!(),
                    "The operating system: \"debian\" (also Ubuntu), \"redhat\" (Rocky, Alma, RHEL, CentOS Stream, Fedora) or \"suse\" (openSUSE, SLE); default that of the target.",
                ),
                field("zone", "string?", "The zone of all machines."),
                field("zones", "list<string>", "With `spread = \"zone\"`, machine i is in zone i mod n."),
                field("rack", "string?", "The rack of all machines, a smaller failure domain."),
                field("racks", "list<string>", "Machine i is in rack i mod n."),
                field("system-cores", "float", "CPU cores reserved for the system; default 0.1."),
                field("system-memory", "size", "Memory reserved for the system; default 256MiB."),
                field("spread", "string?", "The failure domain to spread the machines over."),
                field(
                    "at-once",
                    "int",
                    "The number of machines that are up and may change, and restart what they run, at the same time; default 1.",
                ),
                field(
                    "names",
                    concat!(
                        "list<string> | map<{ address?: ip, zone?: string, rack?: string, os?: ",
                        os!(),
                        ", serial?: string, interfaces?: ",
                        interfaces!(),
                        ", disks?: ",
                        disks!(),
                        " }>"
                    ),
                    "Host names of the machines, in place of the group's name and a number; as a map also what differs between them.",
                ),
                field(
                    "interfaces",
                    interfaces!(),
                    "Network interfaces by their names. The one with the role `nodes`, or the only one that is free, has the machine's address.",
                ),
                field(
                    "disks",
                    disks!(),
                    "Disks beside that of the system, by their names, with their file systems and where these are mounted.",
                ),
                field("addresses", "list<ip>", "Pinned addresses, one for each machine."),
                field("first-address", "ip?", "The address of the first machine; the others follow it."),
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
                required("file", "path", "The path of its certificate; its private key is next to it with `.key`."),
                field("lifetime", "duration", "How long it is valid; default 3650d."),
                field("key", KEY, "The key type; default \"ecdsa-p256\"."),
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
                required("file", "path", "The path of the private key."),
                required("public", "path", "The path of the public key."),
                field("key", KEY, "The key type; default \"ecdsa-p256\"."),
            ]
        },
    )
});

pub static SECRET: Lazy = LazyLock::new(|| {
    Schema::new(
        "secret",
        const {
            &[
                field("bytes", "int", "The number of random bytes; default 32."),
                field("encoding", "\"base64\" | \"hex\" | \"alnum\"", "The encoding; default \"base64\"."),
            ]
        },
    )
});

pub static INTERFACE: Lazy = LazyLock::new(|| {
    Schema::new(
        "interface",
        const {
            &[
                field("version", "int", "Increases when the interface changes."),
                field("scheme", "string", "The scheme of its URLs."),
                field("cacheable", "bool", "Whether a caching proxy may be in front of several providers."),
                field("one-per-machine", "bool", "Whether a machine has at most one provider."),
                field("quorum", "bool", "On `peers`: whether more than half of the members must be up."),
                field(
                    "within",
                    "\"services\" | \"pods\" | \"nodes\"",
                    "The range of the cluster that contains the address of a provider.",
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
                field("help", "string", "How to fix it."),
                field("allow", "bool", "Whether `allow CODE` may silence it; default true."),
            ]
        },
    )
});

/// What a `deploy` takes beside the options of its components.
pub const DEPLOY: &[FieldRow] = &[
    field("kubernetes", "version", "The version of Kubernetes that it runs; default: the cluster's."),
    field("flags", "flags", "Flags of its program beside those that the component sets."),
    field("config", "map<any>", "Fields of its program's configuration."),
    field("unit", "map<any>", "Fields of its systemd unit."),
    field("override", "map<string>", "Reasons to set what the component sets, by name."),
];
