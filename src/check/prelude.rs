//! What the language itself brings: `cluster`, `machine`, `unit`, `app` and the like, and what certificates, authorities
//! and secrets are in expressions.

use std::sync::{Arc, LazyLock};

use super::ty::{Member, Record, Ty};
use super::type_syntax::ty;
use crate::syntax::ast::Name;

type Rows = &'static [(&'static str, &'static str)];

const CLUSTER: Rows = &[
    ("name", "string"),
    ("kubernetes", "version"),
    ("pods", "cidr"),
    ("services", "cidr"),
    ("pod-ranges", "list<cidr>"),
    ("service-ranges", "list<cidr>"),
    ("nodes", "cidr"),
    ("node-ranges", "list<cidr>"),
    ("domain", "string"),
    ("gateway", "ip"),
    ("dns", "list<ip>"),
    ("reserve", "map<list<cidr>>"),
    ("extra-names", "list<string>"),
    ("renew", "duration?"),
    (
        "versions",
        "{ etcd: version, coredns: version, pause: string, containerd: version, cri-o: version, runc: version, \
         cni-plugins: version, crictl: version }",
    ),
    (
        "roles",
        "list<{ name: string, group: string?, machines: list<{ name: string, address: ip, group: string, index: int, \
         cores: float, memory: size, disk: size, disks: list<{ name: string, device: string, size: size?, attached: bool }>, arch: string, os: string, zone: string?, rack: string?, labels: map<string>, \
         taints: list<string>, role: string }>, ingress: list<{ protocol: string, first: int, last: int, role: string?, \
         range: cidr?, operators: bool, comment: string }> }>",
    ),
];

const MACHINE: Rows = &[
    ("name", "string"),
    ("address", "ip"),
    ("range", "cidr"),
    ("gateway", "ip"),
    ("dns", "list<ip>"),
    ("group", "string"),
    ("index", "int"),
    ("cores", "float"),
    ("memory", "size"),
    ("disk", "size"),
    ("disks", "list<{ name: string, device: string, size: size?, attached: bool }>"),
    ("arch", "\"amd64\" | \"arm64\" | \"ppc64le\" | \"s390x\" | \"riscv64\""),
    ("os", "string"),
    ("zone", "string?"),
    ("rack", "string?"),
    ("interface", "string?"),
    ("mtu", "int?"),
    ("labels", "map<string>"),
    ("taints", "list<string>"),
];

const GROUP: Rows = &[
    ("name", "string"),
    ("count", "int"),
    ("cores", "float"),
    ("memory", "size"),
    ("disk", "size"),
    ("arch", "\"amd64\" | \"arm64\" | \"ppc64le\" | \"s390x\" | \"riscv64\""),
    ("zone", "string?"),
    ("zones", "list<string>"),
    ("rack", "string?"),
    ("racks", "list<string>"),
    ("system-cores", "float"),
    ("system-memory", "size"),
    ("spread", "string?"),
    ("names", "list<string>"),
    ("addresses", "list<ip>"),
    ("first-address", "ip?"),
    ("labels", "map<string>"),
    ("taints", "list<string>"),
];

const UNIT: Rows = &[("name", "string"), ("index", "int")];

const APP: Rows = &[
    ("name", "string"),
    ("count", "int"),
    ("units", "list<{ name: string, machine: string, address: ip, index: int }>"),
    ("ranges", "list<cidr>"),
];

const IMMUTABLE: Rows = &[("earlier", "list<string>")];

/// What an upstream release of manifests is in expressions.
const MANIFEST: Rows =
    &[("name", "string"), ("url", "string?"), ("hash", "string?"), ("text", "string"), ("patches", "list<any>")];

const CERT: Rows = &[
    ("cert", "path"),
    ("key", "path"),
    ("ca", "path"),
    ("cn", "string"),
    ("pem", "string"),
    ("key-pem", "secret<string>"),
    ("ca-pem", "string"),
];

const AUTHORITY: Rows = &[("cert", "path"), ("key", "path"), ("pem", "string")];
const KEYPAIR: Rows = &[("key", "path"), ("public", "path")];
const SECRET: Rows = &[("value", "secret<string>")];

const PLATFORM: Rows = &[
    ("shared-address", "(\"moves\" | \"allowed-pairs\" | \"fixed\")?"),
    ("hairpin", "bool?"),
    ("ipip", "bool?"),
    ("default-route", "(\"nodes\" | \"public\")?"),
];

const FOLDERS: Rows = &[("bin", "string"), ("sbin", "string"), ("lib", "string")];

struct Given {
    cluster: Ty,
    machine: Ty,
    group: Ty,
    unit: Ty,
    app: Ty,
    cert: Ty,
    immutable: Ty,
    manifest: Ty,
    authority: Ty,
    keypair: Ty,
    secret: Ty,
    machines: Ty,
    target: Ty,
}

static GIVEN: LazyLock<Given> = LazyLock::new(|| Given {
    cluster: record("cluster", CLUSTER),
    machine: record("machine", MACHINE),
    group: record("machine group", GROUP),
    unit: record("unit", UNIT),
    app: record("app", APP),
    cert: record("certificate", CERT),
    immutable: record("immutable", IMMUTABLE),
    manifest: record("manifest", MANIFEST),
    authority: record("authority", AUTHORITY),
    keypair: record("key pair", KEYPAIR),
    secret: record("secret", SECRET),
    machines: Ty::list(record("machine", MACHINE)),
    target: target(),
});

fn record(name: &'static str, rows: Rows) -> Ty {
    Ty::record(name, rows.iter().map(|(key, text)| (*key, ty(text))))
}

/// A target has a name, the names of all that the model declares, what its network does, and fields of its own that only its platform knows.
fn target() -> Ty {
    let always = |ty: Ty| Member { ty, optional: false };
    let name = (Name::from("name"), always(Ty::String));
    let platform = (Name::from("platform"), always(record("platform", PLATFORM)));
    let declared = (Name::from("declared"), always(Ty::list(Ty::String)));
    let os = (Name::from("os"), always(Ty::String));
    let folders = (Name::from("folders"), always(record("folders", FOLDERS)));
    let fields = [name, os, declared, platform, folders].into_iter().collect();
    Ty::Record(Arc::new(Record { name: Some("target"), fields, open: true }))
}

/// The names that the language brings into a component, besides `option`.
pub(super) fn in_component(name: &str) -> Option<Ty> {
    Some(match name {
        "machine" => GIVEN.machine.clone(),
        "unit" => GIVEN.unit.clone(),
        "app" => GIVEN.app.clone(),
        _ => return in_file(name),
    })
}

/// The names that the language brings into a file.
pub(super) fn in_file(name: &str) -> Option<Ty> {
    Some(match name {
        "cluster" => GIVEN.cluster.clone(),
        "machines" => GIVEN.machines.clone(),
        "target" => GIVEN.target.clone(),
        _ => return None,
    })
}

/// A field of the machine, bare in a `where`.
pub(super) fn machine_field(name: &str) -> Option<Ty> {
    MACHINE.iter().find(|(key, _)| *key == name).map(|(_, text)| ty(text))
}

/// The names of those fields.
pub(super) fn machine_fields() -> impl Iterator<Item = Name> {
    MACHINE.iter().map(|(key, _)| Name::from(*key))
}

/// A certificate in expressions.
pub(super) fn cert() -> Ty {
    GIVEN.cert.clone()
}

/// What must not change, as `NAME.earlier` shows it.
pub(super) fn immutable() -> Ty {
    GIVEN.immutable.clone()
}

/// A release of manifests in expressions.
pub(super) fn manifest() -> Ty {
    GIVEN.manifest.clone()
}

/// An authority in expressions.
pub(super) fn authority() -> Ty {
    GIVEN.authority.clone()
}

/// A key pair in expressions.
pub(super) fn keypair() -> Ty {
    GIVEN.keypair.clone()
}

/// A secret in expressions.
pub(super) fn secret() -> Ty {
    GIVEN.secret.clone()
}

/// A machine group in expressions of a file.
pub(super) fn group() -> Ty {
    GIVEN.group.clone()
}
