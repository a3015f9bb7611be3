//! Resolvers of a machine: none of them is the DNS of the cluster, which answers only once the machine's own pods run.
//!
//! Source: kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution (known issues: loops of resolvers), coredns.io/plugins/loop.

use std::net::IpAddr;

use super::{Host, problem};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::verify::document::host::resolver::servers;
use crate::verify::locate::{self, Step, Word};

pub(super) fn verify(host: &Host<'_, '_>) -> Vec<Diagnostic> {
    let mut found: Vec<(Span, IpAddr)> = Vec::new();
    for (document, text) in host.texts() {
        let path = &document.path;
        let is_it = path.ends_with("/resolv.conf")
            || path.starts_with("/etc/systemd/resolved.conf")
            || path.starts_with("/etc/systemd/network/");
        if is_it {
            found.extend(servers(path, text).into_iter().map(|(line, address)| (host.line(document, line), address)));
        }
    }
    for document in host.sample.documents().filter(|document| document.path.starts_with("/etc/netplan/")) {
        let mut take = |word: Word<'_>, way: &[Step]| {
            let is_server = way.iter().any(|step| matches!(step, Step::Key(key) if key == "nameservers"));
            if let Some(address) = word.text().parse().ok().filter(|_| is_server) {
                let span = locate::value(host.model, document.owner, document.written, &document.way(way));
                found.push((span, address));
            }
        };
        document.value().into_iter().for_each(|value| locate::words(value, &mut Vec::new(), &mut take));
    }
    for config in &host.configs {
        let list = config.value.pointer("/resolv_conf/nameservers").and_then(|list| list.as_array());
        for (place, one) in list.into_iter().flatten().enumerate() {
            let way = ["resolv_conf".into(), "nameservers".into(), place.into()];
            let address = one.as_str().and_then(|text| text.parse().ok());
            found.extend(address.map(|address| (config.span(host.model, &way), address)));
        }
    }
    let services = &host.model.cluster.services;
    let range = |address: &IpAddr| services.iter().find(|range| range.contains(address));
    let of = |(span, address): &(Span, IpAddr)| {
        let message = format!("the machine resolves names by {address}, which is in `services` {}", range(address)?);
        let message = format!("{message}: at a boot nothing answers there, so no image is pulled and no name is found");
        let help = "use a resolver outside the cluster: the DNS of the cluster asks the one of its machine";
        Some(problem(Code::UnwiseSetting, *span, message, help))
    };
    found.iter().filter_map(of).collect()
}
