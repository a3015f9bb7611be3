//! Clusters of any size, and files of any length.

use std::fmt::Write as _;

/// A highly available cluster with so many machines: three with the control plane, two load balancers, the rest workers.
pub fn cluster(machines: u32) -> String {
    let workers = machines.saturating_sub(5);
    format!(
        r#"use std/kubernetes
use std/load-balancer
use std/cni {{ flannel }}

cluster bench {{ kubernetes = 1.34.8, pods = 10.128.0.0/9, services = 10.96.0.0/16, nodes = 10.16.0.0/14 }}
machines cp[3] {{ cores = 4, memory = 8GiB, disk = 40GiB }}
machines lb[2]
machines wrk[{workers}] {{ cores = 4, memory = 8GiB }}

deploy etcd on cp {{ snapshot-every = 6h }}
deploy kube-apiserver, kube-controller-manager, kube-scheduler on cp
deploy haproxy, keepalived on lb
deploy containerd, kubelet, kube-proxy, flannel on cp, wrk
deploy node-watch, log-ship on *
deploy rbac, coredns, admin
deploy addons on cp

target lxd {{ image = "debian/13" }}

/// Two more on every machine, so that there are six units on a worker.
component node-watch {{
  listen metrics {{ port = 9100/tcp }}
  unit node-watch.service {{ exec = /usr/bin/node-watch, args = ["--name", machine.name] }}
}}
component log-ship {{
  listen health {{ port = 9101/tcp, address = 127.0.0.1 }}
  file /etc/log-ship.yaml {{ format = "yaml", content = {{ machine = machine.name, address = machine.address }} }}
  unit log-ship.service {{ exec = /usr/bin/log-ship }}
}}
"#
    )
}

/// A file of about so many lines: components with options, endpoints, certificates, files and units.
pub fn long_file(lines: u32) -> String {
    let mut text = String::from("use std/pki { kubernetes-ca }\nuse std/interfaces { health }\n");
    for n in 0..lines / 17 {
        let _ = write!(
            text,
            r#"
/// A component.
component part-{n} {{
  option port: port = 6443/tcp
  option names: list<string> = ["a", "b"]
  option level: "low" | "high" = "low"
  let urls = ["https://${{name}}:${{number(option.port)}}" for name in option.names if name != "x"]
  provides alive: health {{ listen = option.port, bind = machine.address, path = "/live" }}
  cert serving {{ authority = kubernetes-ca, cn = machine.name, usage = ["server"], file = /etc/part-{n}/tls.crt }}
  file /etc/part-{n}/config.yaml {{
    format  = "yaml"
    content = {{ urls = urls, cert = serving.cert, level = if option.level == "low" then 1 else 2 }}
  }}
  unit part-{n}.service {{ exec = /usr/bin/part, args = [join(urls, ",")], restart = "always" }}
  check len(option.names) > 0, "part-{n} needs a name"
}}
"#
        );
    }
    text
}
