//! Models that grow in one thing alone. The file `lab.km` is the one that is planned.

use std::fmt::Write as _;

/// The files of a model.
pub type Files = Vec<(String, String)>;

/// A model with so many of what grows.
pub type Growing = fn(u32) -> Files;

/// What grows, the smallest of three sizes that each are three times the one before, and the model.
pub const GROWING: [(&str, u32, Growing); 11] = [
    ("machines", 60, machines),
    ("groups", 20, groups),
    ("components", 20, components),
    ("files", 20, files),
    ("lines", 1_000, lines),
    ("checks", 50, checks),
    ("lets", 50, lets),
    ("relations", 20, relations),
    ("certificates", 20, certificates),
    ("overlays", 20, overlays),
    ("units", 60, units),
];

/// The overlays to plan with: all that the model declares.
pub fn applied(files: &Files) -> Vec<String> {
    let heads = files[0].1.lines().filter_map(|line| line.strip_prefix("overlay "));
    heads.filter_map(|head| head.split_whitespace().next().map(str::to_owned)).collect()
}

const CLUSTER: &str =
    "cluster lab { kubernetes = 1.34.8, pods = 10.128.0.0/9, services = 10.96.0.0/16, nodes = 10.16.0.0/14 }\n";

fn one(text: String) -> Files {
    vec![("lab.km".to_owned(), text)]
}

/// For each number a text.
fn all(count: u32, text: impl Fn(u32) -> String) -> String {
    (0..count).fold(String::new(), |mut all, number| {
        let _ = write!(all, "{}", text(number));
        all
    })
}

fn part(number: u32) -> String {
    format!(
        r#"
component part-{number} {{
  option level: "low" | "high" = "low"
  file /etc/part-{number}.yaml {{ format = "yaml", content = {{ level = option.level, machine = machine.name }} }}
  unit part-{number}.service {{ exec = /usr/bin/part, args = ["--name", machine.name] }}
}}
"#
    )
}

/// A highly available cluster with so many workers.
fn machines(count: u32) -> Files {
    one(format!(
        r#"use std/kubernetes
use std/load-balancer
use std/cni {{ flannel }}
{CLUSTER}machines cp[3] {{ cores = 4, memory = 8GiB, disk = 40GiB }}
machines lb[2]
machines wrk[{count}] {{ cores = 4, memory = 8GiB }}
deploy etcd on cp {{ snapshot-every = 6h }}
deploy kube-apiserver, kube-controller-manager, kube-scheduler on cp
deploy haproxy, keepalived on lb
deploy containerd, kubelet, kube-proxy, flannel on cp, wrk
deploy rbac, coredns, admin
deploy addons on cp
target lxd {{ image = "debian/13" }}
"#
    ))
}

/// Each of thirty machines and with an application of its own.
fn groups(count: u32) -> Files {
    let groups = all(count, |n| format!("machines g{n}[30]\ndeploy part-0 as own-{n} on g{n}\n"));
    one(format!("{CLUSTER}{}{groups}", part(0)))
}

fn components(count: u32) -> Files {
    let (parts, deployed) = (all(count, part), all(count, |n| format!("deploy part-{n} on m\n")));
    one(format!("{CLUSTER}machines m[3]\n{parts}{deployed}"))
}

/// As [`components`], each in a file.
fn files(count: u32) -> Files {
    let used = all(count, |n| format!("use ./part-{n} {{ part-{n} }}\n"));
    let deployed = all(count, |n| format!("deploy part-{n} on m\n"));
    let main = one(format!("{used}{CLUSTER}machines m[3]\n{deployed}"));
    main.into_iter().chain((0..count).map(|n| (format!("part-{n}.km"), part(n)))).collect()
}

/// Before all that is there.
fn lines(count: u32) -> Files {
    let comment = all(count, |n| format!("// line {n}\n"));
    one(format!("{comment}{CLUSTER}machines m[3]\n{}deploy part-0 on m\n", part(0)))
}

/// Of a `let` over thirty machines.
fn checks(count: u32) -> Files {
    let checks = all(count, |n| format!("check len(names) > {n} - {n}, \"there are machines, {n}\"\n"));
    one(format!("{CLUSTER}machines m[30]\nlet names = [m.name for m in machines]\n{checks}"))
}

/// Chains of twenty.
fn lets(count: u32) -> Files {
    let chain = |n: u32| {
        if n.is_multiple_of(20) { format!("let a{n} = {n}\n") } else { format!("let a{n} = a{} + 1\n", n - 1) }
    };
    let last = count - 1;
    one(format!("{CLUSTER}machines m[3]\n{}check a{last} > 0, \"a number\"\n", all(count, chain)))
}

/// Each between a machine of its own and another.
fn relations(count: u32) -> Files {
    let relation = |n: u32| {
        format!(
            "machines a{n}\nmachines b{n}\ndeploy site as site-{n} on a{n}\ndeploy reader as reader-{n} on b{n}\n\
             relate reader-{n}.page -> site-{n}.http\n"
        )
    };
    let head = r#"interface page { scheme = "http" }
component site {
  provides http: page { listen = 80/tcp }
  unit site.service { exec = /usr/bin/site }
}
component reader {
  requires page: page
  unit reader.service { exec = /usr/bin/reader, args = [page.url] }
}
"#;
    one(format!("{head}{CLUSTER}{}", all(count, relation)))
}

/// Of one component.
fn certificates(count: u32) -> Files {
    let certificate = |n: u32| {
        format!("  cert c{n} {{ authority = ca, cn = machine.name, usage = [\"client\"], file = /etc/lab/{n}.crt }}\n")
    };
    let certificates = all(count, certificate);
    one(format!(
        "authority ca {{ cn = \"ca\", file = /etc/lab/ca.crt }}\n{CLUSTER}machines m[3]\ncomponent web {{\n{certificates}}}\n\
         deploy web on m\n"
    ))
}

/// Each over the one before: it sets what that has set, and adds a group and an application.
fn overlays(count: u32) -> Files {
    let overlay = |n: u32| {
        let level = if n.is_multiple_of(2) { "low" } else { "high" };
        format!(
            "overlay o{n} {{\n  set part-0.level = \"{level}\"\n  add machines g{n}\n  add deploy part-0 as own-{n} on g{n}\n}}\n"
        )
    };
    one(format!("{CLUSTER}machines m[3]\n{}deploy part-0 on m\n{}", part(0), all(count, overlay)))
}

/// Each of which lists all units and all machines.
fn units(count: u32) -> Files {
    one(format!(
        r#"{CLUSTER}machines m[{count}]
component mesh {{
  let peers = [one.address for one in app.units]
  let all = [one.name for one in machines]
  file /etc/mesh.yaml {{ format = "yaml", content = {{ peers = peers, machines = all, own = machine.name }} }}
  unit mesh.service {{ exec = /usr/bin/mesh, args = ["--name", machine.name, "--peers", "${{len(app.units)}}"] }}
}}
deploy mesh on m
"#
    ))
}
