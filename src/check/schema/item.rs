//! The bodies of a component's items.

use std::sync::LazyLock;

use super::{FieldRow, Lazy, Schema, field, required};

const OWNER: FieldRow = field("owner", "string", "The user it belongs to; default \"root\".");
/// Who may dial, beside those that are related.
pub const FROM: FieldRow = field(
    "from",
    "list<string>",
    "Who may dial it beside those related to it: \"peers\", \"nodes\", \"pods\", \"operators\", \"anyone\", or a range.",
);
const GROUP: FieldRow = field("group", "string", "The group it belongs to.");

pub static CERT: Lazy = LazyLock::new(|| {
    Schema::new(
        "cert",
        const {
            &[
                required("authority", "@authority", "Who signs it."),
                required("cn", "string", "The common name."),
                field("org", "list<string>", "The organisations."),
                required("usage", "list<\"server\" | \"client\">", "What it is for."),
                field("names", "list<string>", "Subject alternative names beside the derived ones."),
                field("derive-names", "bool", "Add each name that a client dials; default true."),
                field("file", "path", "Where the certificate lies."),
                field("key-file", "path", "Where the key lies; default beside it with `.key`."),
                OWNER,
                GROUP,
                field("key-mode", "mode", "Who may read the key; default 0600."),
                field("external", "bool", "Issued externally, so only its names are known; default false."),
                field("lifetime", "duration", "How long it is good for; default 365d."),
                field(
                    "key",
                    "\"ecdsa-p256\" | \"ecdsa-p384\" | \"ed25519\" | \"rsa-2048\" | \"rsa-4096\"",
                    "The kind of key.",
                ),
            ]
        },
    )
});

pub static KUBECONFIG: Lazy = LazyLock::new(|| {
    Schema::new(
        "kubeconfig",
        const {
            &[
                required("identity", "@cert", "The certificate that it holds."),
                required("server", "@endpoint", "Which API it dials."),
                required("user", "string", "The name of the user in it."),
                field("namespace", "string?", "The namespace that is meant when none is said."),
                OWNER,
                field("mode", "mode", "Default 0600: it holds a private key."),
            ]
        },
    )
});

pub static UNIT: Lazy = LazyLock::new(|| {
    Schema::new(
        "unit",
        const {
            &[
                field("description", "string", "What it is, for people."),
                field("exec", "path", "The program that runs."),
                field("flags", "flags", "Its flags, checked against the table of the program."),
                field("args", "list<string>", "More arguments, after the flags."),
                field("environment", "map<string>", "Environment variables."),
                field("user", "string", "The user it runs as."),
                field("group", "string", "The group it runs as."),
                field(
                    "type",
                    "\"exec\" | \"simple\" | \"notify\" | \"oneshot\"",
                    "When it counts as started; default \"exec\".",
                ),
                field("remain-after-exit", "bool", "It stays active after it ended."),
                field(
                    "restart",
                    "\"always\" | \"on-failure\" | \"no\"",
                    "When it is started again; default \"always\".",
                ),
                field("restart-after", "duration", "How long to wait before; default 5s."),
                field("after", "list<string>", "Units that start before it."),
                field("before", "list<string>", "Units that start after it."),
                field("wants", "list<string>", "Units that are started with it."),
                field("requires", "list<string>", "Units without which it does not run."),
                field("pre", "list<string>", "Commands before it starts."),
                field("post", "list<string>", "Commands after it started."),
                field("reload", "string", "The command that reloads it."),
                field("stop", "string", "The command that stops it."),
                field("timeout-start", "duration", "How long it may take to start."),
                field("timeout-stop", "duration", "How long it may take to stop."),
                field("kill-mode", "string", "Which of its processes are stopped."),
                field("delegate", "bool", "It manages its own cgroups."),
                field("limit-nofile", "int", "How many files it may open."),
                field("limit-nproc", "string", "How many processes it may have."),
                field("limit-core", "string", "How large a core dump may be."),
                field("limit-memlock", "string", "How much memory it may lock."),
                field("tasks-max", "string", "How many tasks its cgroup may have."),
                field("oom-score", "int", "From -1000 (killed last) to 1000."),
                field("working-directory", "path", "Where it starts."),
                field("state-directory", "string", "A folder below /var/lib that is made for it."),
                field("runtime-directory", "string", "A folder below /run that is made for it."),
                field("umask", "mode", "Taken from the mode of files it makes."),
                field("condition-path", "path", "It starts only when this path is there."),
                field("packaged", "bool", "The package contains the unit, so only a drop-in is written."),
                field("enable", "bool", "It starts with the machine; default true."),
                field("extra", "map<map<string>>", "More settings: section, key, value."),
            ]
        },
    )
});

pub static FILE: Lazy = LazyLock::new(|| {
    Schema::new(
        "file",
        const {
            &[
                field("mode", "mode", "Who may read it; default 0644."),
                OWNER,
                GROUP,
                field("text", "secret<string>", "What it holds, as text."),
                field("content", "any", "What it holds, as data in a `format`."),
                field("format", "\"yaml\" | \"json\" | \"toml\" | \"ini\"", "How `content` is written."),
                field("template", "string", "A minijinja template beside the `.km` file."),
                field("vars", "map<any>", "What the template sees."),
                field("when", "bool", "Whether it is written at all; default true."),
            ]
        },
    )
});

pub static DIR: Lazy =
    LazyLock::new(|| Schema::new("dir", const { &[field("mode", "mode", "Default 0755."), OWNER, GROUP] }));

pub static ARTIFACT: Lazy = LazyLock::new(|| {
    Schema::new(
        "artifact",
        const {
            &[
                field("release", "string", "A row of the table of releases."),
                field("version", "version", "Which version of it."),
                field("url", "string", "Where it is downloaded from, when no release is named."),
                field("hash", "map<string>", "By architecture: `\"sha256:...\"`."),
                field("kind", "\"tar.gz\" | \"binary\"", "What is downloaded; default \"tar.gz\"."),
                field("install", "map<path>", "Member of the archive and where it goes."),
                field("extract", "path", "The folder where everything goes."),
                field("strip", "int", "How many leading folders of the archive are dropped; default 0."),
                field("mode", "mode", "Default 0755."),
            ]
        },
    )
});

pub static IMAGE: Lazy =
    LazyLock::new(|| Schema::new("image", const { &[required("ref", "string", "With registry and tag.")] }));

pub static LISTEN: Lazy = LazyLock::new(|| {
    Schema::new(
        "listen",
        const {
            &[
                field("port", "port", "The port it listens on."),
                field(
                    "ports",
                    "string",
                    "A range of ports that it gives out: \"30000-32767\", or \"30000-32767/tcp\".",
                ),
                field("protocol", "int", "The IP protocol, when it is neither TCP nor UDP: 112 is VRRP."),
                field("address", "ip", "The address it binds; default all."),
                FROM,
                field("when", "bool", "Whether it listens at all; default true."),
            ]
        },
    )
});

pub static RANGE: Lazy = LazyLock::new(|| {
    Schema::new(
        "range",
        const {
            &[
                field("cidr", "cidr | list<cidr>", "Addresses that it uses beside the cluster's own ranges."),
                field("of", WHICH, "The range of the cluster that it takes from."),
                field("inside", WHICH, "The range of the cluster that `cidr` has to be in."),
                field("local", "bool", "Only its own machines see it, as a bridge of theirs; default false."),
                field("share-ipv4", "int", "The prefix of one share of an IPv4 range."),
                field("share-ipv6", "int", "The prefix of one share of an IPv6 range."),
                field("shares", "int", "How many shares are taken."),
                field("share-bits", "int", "How much longer than the range's the prefix of a share may be."),
                field("host-bits", "int?", "How many bits of an address the range may leave open."),
            ]
        },
    )
});

const WHICH: &str = "\"pods\" | \"services\" | \"nodes\"";

pub static FIREWALL: Lazy = LazyLock::new(|| {
    Schema::new(
        "firewall",
        const {
            &[
                required("operators", "list<cidr>", "Where people and programs outside the cluster dial from."),
                field("ssh", "port?", "The port of SSH, open to operators; `none` keeps it shut; default 22/tcp."),
                field("node-ports", "list<cidr>", "Who may reach ports that are given out; default all."),
                field(
                    "open",
                    "list<{ port: port, from: list<cidr>, app?: string }>",
                    "What is open beside what the relations need.",
                ),
            ]
        },
    )
});

pub static ADDRESS: Lazy = LazyLock::new(|| {
    Schema::new("address", const { &[field("pin", "ip?", "The address, when it is chosen by hand.")] })
});
