//! The bodies of a component's items.

use std::sync::LazyLock;

use super::{FieldRow, Lazy, Schema, field, required};

const OWNER: FieldRow = field("owner", "string", "The owner; default \"root\".");
/// Who may dial, beside those that are related.
pub const FROM: FieldRow = field(
    "from",
    "list<string>",
    "Clients besides those related to it: \"peers\", \"nodes\", \"pods\", \"operators\", \"anyone\", or a range.",
);
const GROUP: FieldRow = field("group", "string", "The owning group.");

pub static CERT: Lazy = LazyLock::new(|| {
    Schema::new(
        "cert",
        const {
            &[
                required("authority", "@authority", "The authority that issues it."),
                required("cn", "string", "The common name."),
                field("org", "list<string>", "The organisations."),
                required("usage", "list<\"server\" | \"client\">", "Its extended key usage."),
                field("names", "list<string>", "Subject alternative names in addition to the derived ones."),
                field(
                    "derive-names",
                    "bool",
                    "Whether to add each name that a client dials; default true, false if it is `external`.",
                ),
                field("file", "path", "The path of the certificate."),
                field("key-file", "path", "The path of the private key; default next to it with `.key`."),
                OWNER,
                GROUP,
                field("key-mode", "mode", "The mode of the private key; default 0600."),
                field("external", "bool", "Issued externally, so only its names are known; default false."),
                field("lifetime", "duration", "How long it is valid; default 365d."),
                field(
                    "key",
                    "\"ecdsa-p256\" | \"ecdsa-p384\" | \"ed25519\" | \"rsa-2048\" | \"rsa-4096\"",
                    "The key type.",
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
                required("identity", "@cert", "The client certificate in it."),
                required("server", "@endpoint", "The API server to connect to."),
                required("user", "string", "The name of its user."),
                field("namespace", "string?", "The default namespace."),
                OWNER,
                field("mode", "mode", "The mode; default 0600, since it contains a private key."),
            ]
        },
    )
});

pub static UNIT: Lazy = LazyLock::new(|| {
    Schema::new(
        "unit",
        const {
            &[
                field("description", "string", "A description for people."),
                field("exec", "path", "The program that runs."),
                field("flags", "flags", "Its flags, checked against the flag table of the program."),
                field("args", "list<string>", "Additional arguments, after the flags."),
                field("environment", "map<string>", "Environment variables."),
                field("user", "string", "The user it runs as."),
                field("group", "string", "The group it runs as."),
                field(
                    "type",
                    "\"exec\" | \"simple\" | \"notify\" | \"oneshot\"",
                    "When it counts as started; default \"exec\".",
                ),
                field("remain-after-exit", "bool", "Whether it stays active after it exits."),
                field("restart", "\"always\" | \"on-failure\" | \"no\"", "When it is restarted; default \"always\"."),
                field("restart-after", "duration", "How long to wait before a restart; default 5s."),
                field("after", "list<string>", "Units that start before it."),
                field("before", "list<string>", "Units that start after it."),
                field("wants", "list<string>", "Units that are started with it."),
                field("requires", "list<string>", "Units that it requires."),
                field("pre", "list<string>", "Commands to run before it starts."),
                field("post", "list<string>", "Commands to run after it starts."),
                field("reload", "string", "The command that reloads it."),
                field("stop", "string", "The command that stops it."),
                field("timeout-start", "duration", "The time limit to start."),
                field("timeout-stop", "duration", "The time limit to stop."),
                field("kill-mode", "string", "Which of its processes are stopped."),
                field("delegate", "bool", "Whether it manages its own cgroups."),
                field("limit-nofile", "int", "The maximum number of open files."),
                field("limit-nproc", "string", "The maximum number of processes."),
                field("limit-core", "string", "The maximum size of a core dump."),
                field("limit-memlock", "string", "The maximum size of locked memory."),
                field("tasks-max", "string", "The maximum number of tasks in its cgroup."),
                field("oom-score", "int", "The OOM score adjustment, from -1000 (killed last) to 1000."),
                field("working-directory", "path", "The working directory."),
                field("state-directory", "string", "A directory below /var/lib that is created for it."),
                field("runtime-directory", "string", "A directory below /run that is created for it."),
                field("umask", "mode", "The umask of files that it creates."),
                field(
                    "condition-path",
                    "path | string",
                    "It starts only if this path exists; with `!` before the path, if it does not.",
                ),
                field("packaged", "bool", "The package contains the unit, so only a drop-in is written."),
                field("enable", "bool", "Whether it starts at boot; default true."),
                field("extra", "map<map<string>>", "Additional settings: section, key, value."),
            ]
        },
    )
});

pub static FILE: Lazy = LazyLock::new(|| {
    Schema::new(
        "file",
        const {
            &[
                field("mode", "mode", "The mode; default 0644."),
                OWNER,
                GROUP,
                field("text", "secret<string>", "The content as text; with `url`, what is known of it."),
                field("url", "url?", "Where the machine downloads it, in place of its own content."),
                field("hash", "string?", "The checksum of what is downloaded: `\"sha256:...\"`."),
                field("content", "any", "The content as data in a `format`."),
                field(
                    "format",
                    "\"yaml\" | \"json\" | \"toml\" | \"ini\" | \"systemd\" | \"shell\" | \"environment-d\" | \"apt\"",
                    "The format of `content`.",
                ),
                field("template", "string", "A minijinja template next to the `.km` file."),
                field("vars", "map<any>", "The variables of the template."),
                field("config", "bool", "Whether `config` of a `deploy` is merged into `content`; default false."),
                field("when", "bool", "Whether it is written; default true."),
            ]
        },
    )
});

pub static DIR: Lazy =
    LazyLock::new(|| Schema::new("dir", const { &[field("mode", "mode", "The mode; default 0755."), OWNER, GROUP] }));

pub static ARTIFACT: Lazy = LazyLock::new(|| {
    Schema::new(
        "artifact",
        const {
            &[
                field("release", "string", "A row of the release table."),
                field("version", "version", "The version."),
                field("url", "string", "The download URL, if no release is set."),
                field("hash", "map<string>", "The checksum by architecture: `\"sha256:...\"`."),
                field(
                    "checksums",
                    "string",
                    "The URL of the file that lists the checksum, for `kmodel pin`: `{url}.sha256`.",
                ),
                field("kind", "\"tar.gz\" | \"binary\"", "The type of the download; default \"tar.gz\"."),
                field("otherwise", "string", "What to do if no hash of the release is known; part of that error."),
                field("install", "map<path>", "Members of the archive and the paths to install them at."),
                field("extract", "path", "The directory to extract everything into."),
                field("strip", "int", "How many leading path components of the archive are stripped; default 0."),
                field("mode", "mode", "The mode; default 0755."),
            ]
        },
    )
});

pub static MANIFEST: Lazy = LazyLock::new(|| {
    Schema::new(
        "manifest",
        const {
            &[
                field("url", "url?", "Where it is published."),
                field("version", "version", "The version, which replaces `{version}` in `url`."),
                field("hash", "string?", "The checksum of the published file: `\"sha256:...\"`."),
                field("text", "string?", "Its text, in place of a download: `read(\"./release.yaml\")`."),
                field(
                    "patch",
                    "map<map<any>>",
                    "What changes in it: `{ \"Deployment/NAMESPACE/NAME\" = { \"spec.replicas\" = 3 } }`.",
                ),
            ]
        },
    )
});

pub static IMAGE: Lazy = LazyLock::new(|| {
    Schema::new(
        "image",
        const {
            &[
                required("ref", "string", "The image reference, with registry and tag."),
                field("when", "bool", "Only if this holds."),
            ]
        },
    )
});

pub static LISTEN: Lazy = LazyLock::new(|| {
    Schema::new(
        "listen",
        const {
            &[
                field("port", "port", "The port it listens on."),
                field(
                    "ports",
                    "string",
                    "A port range that it allocates from: \"30000-32767\", or \"30000-32767/tcp\".",
                ),
                field("protocol", "int", "The IP protocol, when it is neither TCP nor UDP: 112 is VRRP."),
                field("address", "ip", "The address it binds; default all."),
                FROM,
                field("when", "bool", "Whether it listens; default true."),
            ]
        },
    )
});

pub static RANGE: Lazy = LazyLock::new(|| {
    Schema::new(
        "range",
        const {
            &[
                field("cidr", "cidr | list<cidr>", "Addresses that it uses in addition to the ranges of the cluster."),
                field("of", WHICH, "The range of the cluster that it allocates from."),
                field("inside", WHICH, "The range of the cluster that must contain `cidr`."),
                field("local", "bool", "Whether only its own machines use it, such as a bridge; default false."),
                field("share-ipv4", "int", "The prefix length of one allocation in an IPv4 range."),
                field("share-ipv6", "int", "The prefix length of one allocation in an IPv6 range."),
                field("shares", "int", "The number of allocations."),
                field(
                    "share-bits",
                    "int",
                    "The largest difference between the prefix lengths of an allocation and the range.",
                ),
                field("host-bits", "int?", "The largest number of host bits in the range."),
            ]
        },
    )
});

pub static IMMUTABLE: Lazy = LazyLock::new(|| {
    Schema::new(
        "immutable",
        const {
            &[
                required("value", "any", "What the last render has to have had too."),
                required("because", "string", "What breaks if it changes in a running cluster."),
                field("help", "string", "What to do instead, or how to migrate."),
                field("grows", "bool", "Whether a range may become a larger one that contains it; default false."),
                field("extends", "bool", "Whether elements may be added at the end of a list; default false."),
                field(
                    "migrates",
                    "bool",
                    "Whether it may change, because `NAME.earlier` keeps earlier values in use; default false.",
                ),
                field(
                    "scope",
                    "\"cluster\" | \"application\"",
                    "With \"application\", each application has its own; default \"cluster\".",
                ),
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
                required("operators", "list<cidr>", "The ranges of clients outside the cluster."),
                field("ssh", "port?", "The SSH port, open to operators; `none` closes it; default 22/tcp."),
                field("node-ports", "list<cidr>", "The ranges that may reach allocated ports; default all."),
                field(
                    "open",
                    "list<{ port: port, from: list<cidr>, app?: string }>",
                    "Openings in addition to those that relations need.",
                ),
            ]
        },
    )
});

pub static ADDRESS: Lazy = LazyLock::new(|| {
    Schema::new("address", const { &[field("pin", "ip?", "The address; by default kmodel chooses one.")] })
});
