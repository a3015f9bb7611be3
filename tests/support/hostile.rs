//! Hostile texts in every option of every component of the library, and the files that come of those that are taken.

#![allow(dead_code, reason = "each test program uses a part")]

use std::collections::BTreeMap;
use std::path::Path;

use kmodel::check::{self, Checked};
use kmodel::compile;
use kmodel::diag::{Diagnostic, any_error};
use kmodel::model::input::{Input, Setting};
use kmodel::render::boot::{self, Apart, Delivery, Kernel};
use kmodel::render::placeholder::Placeholders;
use kmodel::source::{SourceId, Span};
use kmodel::syntax;
use kmodel::syntax::ast::{Component, ItemKind, StatementKind, Type, TypeKind};
use kmodel::world::Memory;

use super::plan::world;

/// What stands between two harmless texts; each means something to some format.
pub const MARKS: [&str; 20] = [
    "\"",
    "'",
    "\n",
    "%",
    "%41",
    "$",
    "$(id)",
    ",",
    "\\",
    "\u{1b}[2J",
    ";",
    " ",
    "`id`",
    "#",
    "}",
    "|",
    "\0",
    "=",
    "\u{9b}",
    "&",
];

/// What is deployed together: applications of the library, those without machines, and the options that they need.
pub const GROUPS: [&[&str]; 7] = [
    &[
        "etcd on m",
        "kube-apiserver on m",
        "kube-controller-manager on m",
        "kube-scheduler on m",
        "addons on m",
        "containerd on m",
        "kubelet on m",
        "kube-proxy on m",
        "flannel on m",
        "rbac",
        "admin",
        "coredns",
        "service-ranges { ranges = { more = [10.97.0.0/24] } }",
        "sysctls on m { settings = { \"net.core.somaxconn\" = 4096 } }",
        "swap on m",
        "chrony on m",
        "proxy on m { http = \"http://h:1\" }",
        "apt-mirror on m { url = \"http://h/debian\" }",
        "firewall on m { operators = [10.0.0.0/8] }",
        "haproxy on lb",
        "keepalived on lb",
        "prometheus on m",
        "node-exporter on m",
        "alertmanager on m",
        "metrics-server",
        "kube-state-metrics",
        "local-path",
        "snapshot-controller",
        "node-local-dns on m",
        "nfs-provisioner on m { server = \"nfs.example.org\", folder = /srv }",
    ],
    &[
        "external-etcd { servers = [\"https://e:2379\"], names = [\"e\"], version = 3.6.14 }",
        "kube-apiserver on m",
        "external-balancer",
        "containerd on m",
        "kubelet on m",
        "calico on m",
        "addons on m",
    ],
    &["etcd on m", "kube-apiserver on m", "cri-o on m", "kubelet on m", "cilium on m", "addons on m"],
    &["etcd on m", "kube-apiserver on m", "containerd on m", "kubelet on m", "kube-ovn on m", "addons on m"],
    &["etcd on m", "kube-apiserver on m", "nginx on lb", "addons on m"],
    &["etcd on m", "kube-apiserver on m", "kube-vip on m", "addons on m"],
    &["etcd on m", "kube-apiserver on m", "cloud-balancer", "aws { operators = [10.0.0.0/8] }"],
];

/// Texts that components themselves know.
const HARMLESS: [(&str, &str); 13] = [
    ("kube-apiserver-encrypted", "secrets"),
    ("alertmanager-email", "mail.example.org:25"),
    ("kube-apiserver-admission", "NodeRestriction"),
    ("kube-apiserver-node-ports", "30000-32767"),
    ("kube-apiserver-admission-off", "DefaultStorageClass"),
    ("kube-apiserver-egress", "https://marker0.example.org"),
    ("kubelet-unsafe-sysctls", "net.core.somaxconn"),
    ("kubelet-kube-reserved", "100m"),
    ("kubelet-system-reserved", "100m"),
    ("kube-ovn-central", "m"),
    ("external-etcd-names", "etcd.example.org"),
    ("firewall-open", "etcd"),
    ("external-etcd-servers", "https://etcd.example.org:2379"),
];

/// Options that take parts of a file, each with a right part that has the text in it, and with what else has to be there.
const PARTS: [(&str, &str, &str); 9] = [
    (
        "containerd-registries",
        "{ \"registry.example.org\" = { url = TEXT }, \"own.example.org\" = { skip-verify = false } }",
        "https://marker0.example.org",
    ),
    (
        "containerd-registry-logins",
        "{ \"own.example.org\" = { username = TEXT, password = \"0123456789\" } }",
        "marker0",
    ),
    (
        "cri-o-registries",
        "{ \"registry.example.org\" = { url = TEXT }, \"own.example.org\" = { skip-verify = false } }",
        "https://marker0.example.org",
    ),
    ("cri-o-registry-logins", "{ \"own.example.org\" = { username = TEXT, password = \"0123456789\" } }", "marker0"),
    (
        "cri-o-signatures",
        "{ \"own.example.org\" = [{ type = \"signedBy\", keyType = \"GPGKeys\", keyData = TEXT }] }",
        "marker0",
    ),
    ("coredns-corefile", "{ \".:53\" = { log = TEXT } }", "marker0.example.org"),
    ("flannel-net-conf", "{ Backend = { Type = \"vxlan\", Port = 8472, Note = TEXT } }", "marker0"),
    ("haproxy-sections", "[{ name = \"global\", lines = [\"description ${TEXT}\"] }]", "marker0"),
    ("keepalived-sections", "[{ name = \"global_defs\", lines = [\"notification_email_from ${TEXT}\"] }]", "marker0"),
];

/// Options whose texts have rules in tables, so that none but a few are taken at all; and those whose fields have to differ.
const RULED: [&str; 6] = [
    "kube-apiserver-audit-webhook",
    "kube-apiserver-oidc",
    "kubelet-cpu-manager-options",
    "kubelet-eviction",
    "kubelet-reserved-cpus",
    "kubelet-reserved-memory",
];

/// A group of the library's components with a parameter in each text of their options.
pub struct Group {
    world: Memory,
    checked: Checked,
    /// The parameters: names, and their harmless values.
    pub params: Vec<(String, String)>,
    pub names: Vec<String>,
}

/// The files of each machine, by its name and their path.
pub type Files = BTreeMap<(String, String), String>;

impl Group {
    /// All groups, which hold every component of the library.
    pub fn all() -> Vec<Self> {
        let components = components();
        let mut groups: Vec<_> = GROUPS.iter().map(|deploys| Self::new(deploys, &components)).collect();
        for name in components.keys() {
            assert!(groups.iter().any(|group| group.names.contains(name)), "`{name}` is in no group of this test");
        }
        let own = [("own-sysctl", "marker0"), ("own-comment", "marker1")];
        groups.push(Self::of(OWN, own.map(|(name, harmless)| (name.to_owned(), harmless.to_owned())).into(), vec![]));
        groups
    }

    fn new(deploys: &[&str], components: &BTreeMap<String, Component>) -> Self {
        let (mut params, mut lines, mut names) = (Vec::new(), String::new(), Vec::new());
        for deploy in deploys {
            let (head, given) = deploy.split_once(" {").unwrap_or((deploy, "}"));
            let name = head.split(' ').next().expect("a deploy has a name").to_owned();
            let given = given.trim_end_matches('}');
            let mut options = Vec::new();
            for item in &components.get(&name).unwrap_or_else(|| panic!("the library has no `{name}`")).items {
                let ItemKind::Option(option) = &item.kind else { continue };
                let param = format!("{name}-{}", option.name.name);
                let part = PARTS.iter().find(|(known, ..)| *known == param);
                let part = part.map(|(_, value, harmless)| (value.replace("TEXT", &param), *harmless));
                let Some((value, harmless)) = part.or_else(|| with_text(&option.ty, &param)) else { continue };
                let known = HARMLESS.iter().find(|(known, _)| *known == param);
                // Each has its own, so that one is not taken for another.
                let own = format!("marker{:02}", params.len());
                let harmless = known.map_or(harmless, |(_, harmless)| harmless).replace("marker0", &own);
                if RULED.contains(&&*param) {
                    continue;
                }
                // What has no rules but its length is another's document.
                if option.name.name.ends_with("manifest") || option.name.name.ends_with("mirror-ca") {
                    continue;
                }
                options.push(format!("{} = {value}", option.name.name));
                params.push((param, harmless));
            }
            let rest = given.split(", ").map(str::trim).filter(|given| {
                let name = given.trim().split(' ').next().unwrap_or_default();
                !name.is_empty() && !options.iter().any(|option| option.starts_with(&format!("{name} =")))
            });
            let body: Vec<String> = rest.map(str::to_owned).chain(options.iter().cloned()).collect();
            lines += &format!("deploy {head} {{ {} }}\n", body.join(", "));
            names.push(name);
        }
        Self::of(&lines, params, names)
    }

    fn of(lines: &str, params: Vec<(String, String)>, names: Vec<String>) -> Self {
        let declared: String =
            params.iter().map(|(name, harmless)| format!("param {name}: string = \"{harmless}\"\n")).collect();
        let text = format!("{HEAD}{declared}{lines}");
        let world = world(&text);
        let checked = check::check(&world, Path::new("main.km"));
        let problems: Vec<_> = checked.diagnostics.iter().filter(|p| p.is_error()).map(|p| &p.message).collect();
        assert!(problems.is_empty(), "{problems:?}\n{text}");
        Self { world, checked, params, names }
    }

    /// The files with one parameter set, or the errors.
    pub fn files(&self, set: Option<(&str, &str)>) -> Result<Files, Vec<Diagnostic>> {
        let mut input = Input::default();
        // What is downloaded as it is has no hash until it is pinned.
        input.lock.pins.lookup = true;
        input.sets.extend(set.map(|(name, text)| Setting { name: name.into(), text: text.to_owned(), value: None }));
        let planned = compile::plan_program(&self.checked.program, &self.world, &input);
        let errors = || planned.problems.iter().filter(|problem| problem.is_error()).cloned().collect();
        let Some(plan) = planned.plan.as_ref().filter(|_| !any_error(&planned.problems)) else { return Err(errors()) };
        let (model, sources) = (&plan.model, &self.checked.program.sources);
        let named = Placeholders::new(model);
        let family = kmodel::facts::family::usual();
        let delivery = Delivery { family, mirror: None, apart: Apart::Nothing, kernel: Kernel::Own, disks: &[] };
        let mut files = Files::new();
        for sample in kmodel::render::sample(model, &named, &mut Vec::new()) {
            let machine = sample.bundle.machine.to_string();
            let list = match sample.machine {
                Some(_) => boot::files(&sample.bundle, delivery, sources)
                    .unwrap_or_else(|why| panic!("planned, but not rendered: {set:?}: {why:?}")),
                None => sample.bundle.files.clone(),
            };
            for file in list {
                let text = String::from_utf8(file.content.to_vec()).expect("files are text");
                files.insert((machine.clone(), file.path), text);
            }
        }
        Ok(files)
    }

    /// Every hostile text in every option, with what comes of it.
    pub fn each(&self, mut look: impl FnMut(&str, &str, &str, Result<Files, Vec<Diagnostic>>)) {
        for (param, harmless) in &self.params {
            for mark in MARKS {
                let text = format!("{harmless}{mark}x");
                look(param, harmless, &text, self.files(Some((param, &text))));
            }
        }
    }
}

/// Whether an error names a place of the model.
pub fn has_place(problem: &Diagnostic) -> bool {
    problem.labels.first().is_some_and(|label| label.span != Span::default())
}

/// What no component of the library takes from an option: a setting of the kernel, and a packet filter of one's own.
const OWN: &str = "component own {
  option sysctl: string
  option comment: word
  needs sysctl kernel.core_pattern = option.sysctl
  file /etc/nftables.d/own.nft {
    text = join([\"table inet own {\", \"  chain input { tcp dport 22 accept comment \\\"${option.comment}\\\"; }\", \"}\", \"\"], \"\\n\")
  }
}
deploy own on m { sysctl = own-sysctl, comment = own-comment }
";

pub const HEAD: &str = "use std/kubernetes
use std/cni
use std/site
use std/load-balancer
use std/monitoring
use std/storage
use std/node-local-dns
use std/firewall
use std/external-etcd
use std/cloud-balancer
use std/platform/aws
cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.213.0.0/24 }
machines m { cores = 16, memory = 64GiB, disk = 200GiB }
machines lb[2] { }
target nocloud { }
allow single-member \"a test\"
";

/// The components of the library, by name.
pub fn components() -> BTreeMap<String, Component> {
    let mut all = BTreeMap::new();
    for path in kmodel::stdlib::modules() {
        let text = kmodel::stdlib::read(path).expect("a file of the library");
        for statement in &syntax::parse(SourceId::default(), text).file.statements {
            if let StatementKind::Component(component) = &statement.kind {
                all.insert(component.name.name.to_string(), component.clone());
            }
        }
    }
    all
}

/// A value of a type with a parameter in the place of its text, and a harmless text; `None` where it has no text.
fn with_text(ty: &Type, param: &str) -> Option<(String, &'static str)> {
    match &ty.kind {
        TypeKind::Name(name) => match &*name.name {
            "url" => Some((param.to_owned(), "http://marker0.example.org/y")),
            "interface-name" => Some((param.to_owned(), "marker0")),
            "string" | "host" | "word" | "line" | "label-value" => Some((param.to_owned(), "marker0")),
            _ => None,
        },
        TypeKind::Optional(inner) => with_text(inner, param),
        TypeKind::Generic(name, inner) => {
            let (value, harmless) = with_text(inner, param)?;
            match &*name.name {
                "list" => Some((format!("[{value}]"), harmless)),
                "map" => Some((format!("{{ cpu = {value} }}"), harmless)),
                _ => None,
            }
        }
        TypeKind::Record(fields) => {
            let mut harmless = None;
            let fields = fields.iter().filter_map(|(name, optional, ty)| {
                let value = match with_text(ty, param) {
                    Some((value, text)) => {
                        harmless = Some(text);
                        value
                    }
                    None if *optional => return None,
                    None => plain(ty).to_owned(),
                };
                Some(format!("{} = {value}", name.name))
            });
            let fields = fields.collect::<Vec<_>>().join(", ");
            Some((format!("{{ {fields} }}"), harmless?))
        }
        _ => None,
    }
}

fn plain(ty: &Type) -> &'static str {
    match &ty.kind {
        TypeKind::Name(name) => match &*name.name {
            "port" => "2379/tcp",
            "cidr" => "10.9.0.0/16",
            "int" => "1",
            "path" => "/run/x",
            other => panic!("this test has no value of `{other}`"),
        },
        TypeKind::Generic(name, _) if &*name.name == "secret" => "\"0123456789\"",
        TypeKind::Union(members) => first_text(members).expect("this test has no value of such a union"),
        TypeKind::Generic(_, inner) if matches!(&inner.kind, TypeKind::Name(name) if &*name.name == "cidr") => {
            "[10.9.0.0/16]"
        }
        _ => panic!("this test has no value of such a type"),
    }
}

/// The first member of a union of texts, as it is written.
fn first_text(members: &[Type]) -> Option<&'static str> {
    match &members.first()?.kind {
        TypeKind::Text(text) => match &**text {
            "cluster" => Some("\"cluster\""),
            "GRPC" => Some("\"HTTPConnect\""),
            _ => None,
        },
        _ => None,
    }
}
