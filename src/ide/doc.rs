//! Documentation of what the language itself brings: its words, the names it gives, the flags of programs.

use super::hover::Hover;
use super::project::File;
use super::{cursor, version};
use crate::facts::{
    Status,
    flag::{Flag, FlagKind, Table},
};
use crate::source::Span;
use crate::syntax::ast::Version;
use crate::syntax::token::SyntaxKind;

mod term;

/// A word that begins a statement or an item: an example of it, and what it is for.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    pub name: &'static str,
    pub example: &'static str,
    pub doc: &'static str,
    /// The text that completion puts in, with `$1`, `${2:x}` where the cursor goes.
    pub snippet: &'static str,
}

const fn word(name: &'static str, example: &'static str, doc: &'static str, snippet: &'static str) -> Word {
    Word { name, example, doc, snippet }
}

/// The statements of a file.
pub const STATEMENTS: &[Word] = &[
    word("use", "use std/cni { flannel }", "Imports names from another file.", "use ${1:std/kubernetes}"),
    word("export", "export use ./etcd", "Imports names and exports them again.", "export use ${1:./file}"),
    word(
        "param",
        "param workers: int = 3",
        "A value that the command line can set: `--set workers=5`.",
        "param ${1:name}: ${2:int} = ${3:3}",
    ),
    word("let", "let domain = \"example.org\"", "A name for a value.", "let ${1:name} = $0"),
    word(
        "cluster",
        "cluster prod { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24 }",
        "The cluster: its version and its address ranges. A model has one.",
        "cluster ${1:name} {\n  kubernetes = ${2:1.34.8}\n  pods       = ${3:10.244.0.0/16}\n  services   = ${4:10.96.0.0/16}\n  nodes      = ${5:10.10.0.0/24}\n}",
    ),
    word(
        "machines",
        "machines wrk[3] { cores = 4, memory = 8GiB }",
        "A group of identical machines.",
        "machines ${1:name}[${2:3}] { cores = ${3:2}, memory = ${4:4GiB} }",
    ),
    word(
        "deploy",
        "deploy etcd on cp { snapshot-every = 6h }",
        "Deploys components on machines; without `on`, for the whole cluster.",
        "deploy ${1:component} on ${2:*}",
    ),
    word(
        "relate",
        "relate kubelet.api -> api-lb.frontend",
        "A relation between two endpoints; the arrow points from the client to the server.",
        "relate ${1:app}.${2:endpoint} -> ${3:app}.${4:endpoint}",
    ),
    word("target", "target lxd { image = \"debian/13\" }", "A platform to render for.", "target ${1:lxd} { $0 }"),
    word(
        "overlay",
        "overlay lab { set wrk.count = 1, drop haproxy }",
        "Changes that `--overlay lab` makes.",
        "overlay ${1:name} {\n  set $0\n}",
    ),
    word(
        "check",
        "check cp.count % 2 == 1, \"even\"",
        "A condition that must hold.",
        "check ${1:condition}, \"${2:why it must hold}\"",
    ),
    word(
        "warn",
        "warn wrk.count > 1, \"one worker\"",
        "A condition that should hold.",
        "warn ${1:condition}, \"${2:why it should hold}\"",
    ),
    word(
        "allow",
        "allow even-quorum \"a lab\"",
        "A problem that is accepted, with the reason.",
        "allow ${1:code} \"${2:reason}\"",
    ),
    word(
        "interface",
        "interface web { version = 1 }",
        "The contract between two endpoints.",
        "interface ${1:name} {\n  version = 1\n  $0\n}",
    ),
    word(
        "component",
        "component web { ... }",
        "A part of a cluster: what it provides, requires, and writes to a machine.",
        "component ${1:name} {\n  $0\n}",
    ),
    word(
        "authority",
        "authority my-ca { cn = \"my-ca\", file = /etc/my-ca.crt }",
        "A certificate authority.",
        "authority ${1:name} { cn = \"${1:name}\", file = ${2:/etc/ssl/ca.crt} }",
    ),
    word(
        "keypair",
        "keypair sa { file = /etc/sa.key, public = /etc/sa.pub }",
        "A key pair without a certificate.",
        "keypair ${1:name} { file = ${2:/etc/key}, public = ${3:/etc/key.pub} }",
    ),
    word(
        "secret",
        "secret token { bytes = 32 }",
        "Random bytes that are generated once and kept in the key store.",
        "secret ${1:name} { bytes = ${2:32} }",
    ),
];

/// The items of a component.
pub const ITEMS: &[Word] = &[
    word("for", "for kubernetes >= 1.31, < 1.37", "The versions it supports.", "for kubernetes >= ${1:1.31}"),
    word(
        "option",
        "option audit: bool = false",
        "A setting of the component; without a default, it is required.",
        "option ${1:name}: ${2:bool} = ${3:false}",
    ),
    word("let", "let x = option.audit", "A name for a value.", "let ${1:name} = $0"),
    word(
        "provides",
        "provides api: kube-api { listen = 6443/tcp }",
        "An endpoint that clients dial.",
        "provides ${1:name}: ${2:interface} { $0 }",
    ),
    word(
        "requires",
        "requires store: etcd-client { }",
        "An endpoint of another application that it dials: `x?` at most one, `x*` all.",
        "requires ${1:name}: ${2:interface} { $0 }",
    ),
    word(
        "peers",
        "peers peer: etcd-peer { listen = 2380/tcp }",
        "An endpoint that its own units use to reach each other.",
        "peers ${1:name}: ${2:interface} { listen = $0 }",
    ),
    word(
        "listen",
        "listen healthz { port = 10248/tcp }",
        "A listener without relations.",
        "listen ${1:name} { port = ${2:8080/tcp} }",
    ),
    word(
        "cert",
        "cert serving { authority = ca, cn = \"x\", usage = [\"server\"], file = /etc/x.crt }",
        "A certificate that it presents.",
        "cert ${1:name} {\n  authority = ${2:authority}\n  cn        = \"${3:name}\"\n  usage     = [\"${4:server}\"]\n  file      = ${5:/etc/tls.crt}\n}",
    ),
    word(
        "kubeconfig",
        "kubeconfig /etc/k.conf { identity = cert client, server = api, user = \"x\" }",
        "A kubeconfig.",
        "kubeconfig ${1:/etc/kubeconfig} { identity = cert ${2:client}, server = ${3:api}, user = \"${4:name}\" }",
    ),
    word(
        "holds",
        "holds kubernetes-ca",
        "Copies the private key of the authority to the machine.",
        "holds ${1:authority}",
    ),
    word(
        "unit",
        "unit web.service { exec = /usr/bin/web }",
        "A systemd unit.",
        "unit ${1:name}.service {\n  exec = ${2:/usr/bin/program}\n  $0\n}",
    ),
    word(
        "file",
        "file /etc/x.yaml { format = \"yaml\", content = { } }",
        "A file on each of its machines.",
        "file ${1:/etc/file} {\n  $0\n}",
    ),
    word(
        "dir",
        "dir /var/lib/x { mode = 0700 }",
        "A directory on each of its machines.",
        "dir ${1:/var/lib/name} { mode = ${2:0755} }",
    ),
    word(
        "needs",
        "needs module br_netfilter",
        "A requirement of the machine: module, sysctl, package, device, mount, command.",
        "needs ${1|module,sysctl,package,device,mount,command|} $0",
    ),
    word(
        "artifact",
        "artifact x { release = \"x\", version = 1.0.0, extract = /opt }",
        "A file or archive that is downloaded and installed.",
        "artifact ${1:name} { release = \"${2:release}\", version = ${3:1.0.0}, extract = ${4:/usr/local/bin} }",
    ),
    word(
        "manifest",
        "manifest release { url = \"https://example.org/v{version}/release.yaml\", version = 1.0.0 }",
        "An upstream release of manifests, with what changes in it.",
        "manifest ${1:release} { url = \"${2:https://example.org/v{version\\}/release.yaml}\", version = ${3:1.0.0} }",
    ),
    word(
        "image",
        "image pause { ref = \"registry.k8s.io/pause:3.10\" }",
        "A container image.",
        "image ${1:name} { ref = \"${2:registry.k8s.io/name:tag}\" }",
    ),
    word(
        "address",
        "address vip { }",
        "One address of the machines' range, reserved for the application.",
        "address ${1:name} { }",
    ),
    word(
        "check",
        "check option.port > 0, \"...\"",
        "A condition that must hold.",
        "check ${1:condition}, \"${2:why it must hold}\"",
    ),
    word(
        "warn",
        "warn app.count > 1, \"...\"",
        "A condition that should hold.",
        "warn ${1:condition}, \"${2:why it should hold}\"",
    ),
];

/// The changes of an overlay.
pub const CHANGES: &[Word] = &[
    word("set", "set wrk.count = 1", "Overrides a value.", "set ${1:group.count} = $0"),
    word("add", "add deploy x on wrk", "Adds a statement.", "add $0"),
    word("drop", "drop haproxy", "Removes an application, a group, a target or a relation.", "drop $0"),
];

/// Other words.
const CLAUSES: &[Word] = &[
    word(
        "on",
        "deploy etcd on cp[0..2], wrk where cores >= 4",
        "The machines: groups, one machine `cp[0]`, some `cp[0..2]`, all `*`.",
        "on $0",
    ),
    word(
        "where",
        "on * where cores >= 4",
        "Only machines that match the condition, which uses their fields by name.",
        "where $0",
    ),
    word("as", "deploy haproxy as api-lb", "Another name.", "as $0"),
    word(
        "field",
        "field path: string = \"/\"",
        "A value that an interface passes to the other side.",
        "field ${1:name}: ${2:string}",
    ),
    word(
        "if",
        "if a then b else c",
        "A choice; without `else`, the value is `none` if the condition is false.",
        "if ${1:condition} then ${2:a} else ${3:b}",
    ),
];

/// About the keyword at a place.
pub fn hover(file: &File, offset: u32) -> Option<Hover> {
    let token = cursor::token(file, offset)?;
    let span = Span::new(file.source(), token.text_range().start().into(), token.text_range().end().into());
    let hover = |example: &str, doc: &str| Hover { span, text: format!("```km\n{example}\n```\n\n{doc}") };
    if let Some((example, doc)) = term::about(&token) {
        return Some(hover(example, doc));
    }
    let token = Some(token).filter(|token| token.kind() == SyntaxKind::Keyword)?;
    let parent = token.parent().map(|node| node.kind());
    let inside = token.parent_ancestors().any(|node| node.kind() == SyntaxKind::Items);
    let lists: [&[Word]; 4] =
        if inside { [ITEMS, CLAUSES, STATEMENTS, CHANGES] } else { [STATEMENTS, CHANGES, CLAUSES, ITEMS] };
    let found = lists.into_iter().flatten().find(|word| word.name == token.text())?;
    // `requires` and the like are fields too, which are looked at elsewhere.
    (parent != Some(SyntaxKind::Field)).then(|| hover(found.example, found.doc))
}

const GIVEN: &[(&str, &str, &str)] = &[
    ("", "cluster", "The cluster that the model describes."),
    ("", "machine", "The machine that this unit is on."),
    ("", "unit", "This unit of the application."),
    ("", "app", "The application that this component is deployed as."),
    ("", "option", "The options of this component."),
    ("", "machines", "All machines of the model."),
    ("", "target", "The target platform, with its fields."),
    ("cluster", "name", "The name of the cluster."),
    ("cluster", "pod-ranges", "All ranges of pods."),
    ("cluster", "service-ranges", "All ranges of services."),
    ("machine", "name", "Its host name: its own, or the group and the index."),
    ("cluster", "nodes", "The range of machines: the first, if there are several."),
    ("cluster", "node-ranges", "All ranges of machines."),
    ("machine", "address", "Its address inside its range of `nodes`."),
    ("machine", "range", "The range that it has its address of."),
    ("machine", "gateway", "The gateway of this range."),
    ("machine", "dns", "Its resolvers."),
    ("machine", "group", "Its group."),
    ("machine", "index", "Its index in the group, from 0."),
    ("machine", "os", "Its operating system: `debian`, `redhat`, `suse`, `flatcar` or `fedora-coreos`."),
    ("machine", "interface", "The network interface that has its address, where the model has `interfaces`."),
    ("machine", "mtu", "The largest packet that this interface carries, where the model has `interfaces`."),
    ("machine group", "name", "The name of the group."),
    ("machine group", "count", "The number of machines."),
    ("machine group", "names", "The names of the machines."),
    ("unit", "name", "The application and the index of the unit."),
    ("unit", "index", "Its index among the units, from 0."),
    ("app", "name", "The name of the application."),
    ("app", "count", "The number of units."),
    ("app", "units", "Its units, with name, machine, address and index."),
    ("app", "ranges", "The ranges of `nodes` that its machines are in."),
    ("certificate", "cert", "The path of the certificate."),
    ("certificate", "key", "The path of its private key."),
    ("certificate", "ca", "The path of the certificate of its authority."),
    ("certificate", "cn", "Its common name."),
    ("certificate", "pem", "The certificate as PEM."),
    ("certificate", "key-pem", "The private key as PEM: a secret."),
    ("certificate", "ca-pem", "The certificate of its authority as PEM."),
    ("authority", "cert", "The path of its certificate; using it copies the certificate to the machine."),
    ("authority", "key", "The path of its private key."),
    ("authority", "pem", "Its certificate as PEM."),
    ("key pair", "key", "The path of the private key; using it copies the key to the machine."),
    ("key pair", "public", "The path of the public key."),
    ("secret", "value", "The secret as a string; only private files can contain it."),
    ("target", "name", "The name of the target."),
    (
        "target",
        "os",
        "The operating system of its machines that have none of their own: `debian`, `redhat`, `suse`, `flatcar` or `fedora-coreos`.",
    ),
    ("target", "folders", "Where its machines have programs and scripts of components."),
    ("folders", "bin", "The folder of programs: `/usr/local/bin`; `/opt/bin` on Flatcar."),
    ("folders", "sbin", "The folder of programs for root: `/usr/local/sbin`; `/opt/bin` on Flatcar."),
    ("folders", "lib", "The folder of scripts that kmodel runs: `/usr/local/lib/kmodel`; `/opt/kmodel` on Flatcar."),
    ("target", "platform", "What the network of the target does; `none` where that is not known."),
    (
        "platform",
        "shared-address",
        "Whether an address that another machine announces `moves` there; `fixed`: only by an API call.",
    ),
    ("platform", "hairpin", "Whether a machine reaches itself through the platform's load balancer."),
    ("platform", "ipip", "Whether packets of IP in IP are delivered."),
    ("platform", "default-route", "Whether the default route uses the interface of `nodes`, or a public one."),
    (
        "endpoint",
        "units",
        "All units behind it: name, app, machine, address, port, host, url, index, and the interface's fields.",
    ),
    ("endpoint", "urls", "The URL of each unit."),
    ("endpoint", "hosts", "`address:port` of each unit."),
    ("endpoint", "addresses", "The address of each unit."),
    ("endpoint", "count", "The number of units."),
    ("endpoint", "others", "The units without this one."),
    ("endpoint", "clients", "The units that dial it."),
    ("endpoint", "url", "The URL of the first unit."),
    ("endpoint", "host", "`address:port` of the first unit."),
    ("endpoint", "address", "The address of the first unit."),
    ("endpoint", "port", "The port of the first unit."),
    ("endpoint", "machine", "The machine of the first unit."),
    ("endpoint", "bind", "The address it binds."),
];

/// About a name that the language brings, or a field of it.
pub fn given(of: &str, name: &str) -> String {
    let known = GIVEN.iter().find(|(owner, field, _)| *owner == of && *field == name);
    if let Some((.., doc)) = known {
        return (*doc).to_owned();
    }
    let schema = match of {
        "cluster" => "cluster",
        "machine" | "machine group" => "machines",
        _ => return String::new(),
    };
    let rows = crate::check::schema::named(schema).map(|schema| schema.rows).unwrap_or_default();
    rows.iter().find(|row| row.name == name).map_or_else(String::new, |row| row.doc.to_owned())
}

/// About a flag, for the version that runs where it is known.
pub fn flag(table: &Table, name: &str, flag: &Flag, running: Option<Version>) -> String {
    let mut lines = vec![format!("```km\n{name}: {}\n```", flag_type(flag))];
    lines.push(format!("Flag `--{name}` of `{}`{}", table.program, standing(flag, running)));
    if let Some(default) = &flag.default {
        lines.push(format!("Default: `{default}`"));
    }
    lines.push(range(table, flag));
    if let Some(field) = &flag.config_field {
        lines.push(format!("In its configuration file: `{field}`"));
    }
    if let Some(replacement) = &flag.life.replacement {
        lines.push(format!("Instead: {replacement}"));
    }
    lines.join("\n\n")
}

/// The type of a flag's value as the language writes it.
pub fn flag_type(flag: &Flag) -> &'static str {
    match flag.kind {
        FlagKind::Bool => "bool",
        FlagKind::Int => "int",
        FlagKind::Float => "float",
        FlagKind::Duration => "duration",
        FlagKind::Ip => "ip",
        FlagKind::String if flag.format.as_deref() == Some("path") => "path",
        FlagKind::String | FlagKind::PortRange => "string",
        FlagKind::StringList => "list<string>",
        FlagKind::Map => "map<string>",
    }
}

fn standing(flag: &Flag, running: Option<Version>) -> String {
    let Some(running) = running else { return String::new() };
    let running_text = version::short(running);
    match flag.life.status(running) {
        Status::Known => format!(": known in {running_text}"),
        Status::NotYet(since) => format!(": **not yet** in {running_text}, available from {}", version::short(since)),
        Status::Removed(at) => format!(": **removed** in {}, so {running_text} rejects it", version::short(at)),
        Status::Deprecated => format!(": **deprecated** in {running_text}"),
    }
}

fn range(table: &Table, flag: &Flag) -> String {
    let since = match flag.life.since {
        Some(since) => format!("Since {}", version::short(since)),
        None => format!("Since {} or earlier", version::short(table.range.known_from)),
    };
    let deprecated = flag.life.deprecated_in.map(|at| format!("deprecated in {}", version::short(at)));
    let deprecated = deprecated.or(flag.life.deprecated_seen.map(|at| format!("deprecated by {}", version::short(at))));
    let removed = flag.life.removed_in.map(|at| format!("removed in {}", version::short(at)));
    let through = format!("known through {}", version::short(table.range.known_through));
    let parts = [Some(since), deprecated, removed, Some(through)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
