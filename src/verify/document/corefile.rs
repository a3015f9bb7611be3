//! CoreDNS's Corefile, in a file or a ConfigMap: the domain that it serves, its ports, and where it asks further.
//!
//! Source: coredns.io/plugins/kubernetes (zones), coredns.io/plugins/forward, coredns.io/plugins/loop, coredns.io/manual/toc
//! (server blocks).

use std::net::IpAddr;

use serde_json::Value as Json;

use super::DocumentProblem;
use crate::diag::Code;
use crate::model::Model;
use crate::render::evidence::{Content, Document};
use crate::verify::locate::Step;
use crate::verify::objects;

mod plugin;

/// A block of a server: the zones and the port that it answers on.
#[derive(Debug, Default)]
struct Block<'t> {
    zones: Vec<&'t str>,
    ports: Vec<u16>,
    line: usize,
    plugins: Vec<Plugin<'t>>,
}

/// A plugin, its arguments, and its line, from 1.
#[derive(Debug)]
struct Plugin<'t> {
    name: &'t str,
    arguments: Vec<&'t str>,
    line: usize,
    /// What stands in its braces, with the lines.
    inside: Vec<(&'t str, usize)>,
}

/// Whether a file is one.
pub(super) fn is_one(document: &Document<'_>) -> bool {
    document.path.rsplit('/').next() == Some("Corefile")
}

/// What is wrong with a Corefile; nothing of another file.
pub(super) fn check(model: &Model<'_>, document: &Document<'_>) -> Vec<DocumentProblem> {
    let Content::Text(text) = &document.content else { return Vec::new() };
    if !is_one(document) {
        return Vec::new();
    }
    let objects = objects::of_app(model, document.owner.provider());
    let blocks = blocks(text);
    let domain = model.cluster.domain.to_string();
    let mut findings: Vec<DocumentProblem> = domains(&blocks, &domain).into_iter().collect();
    let (addresses, container_ports) = (addresses(&objects), container_ports(&objects));
    // Where nothing of its application reads it, it is for the DNS of the cluster.
    let of_cluster: Vec<IpAddr> = match addresses.is_empty() && !reads(&objects) {
        true => model.apps().flat_map(|(app, _)| self::addresses(&objects::of_app(model, app))).collect(),
        false => Vec::new(),
    };
    let is_plain = objects.iter().any(is_standard);
    for block in &blocks {
        findings.extend(block.plugins.iter().filter_map(|plugin| plugin::check(plugin, is_plain)));
        let serves = block.plugins.iter().any(|plugin| plugin.name == "kubernetes");
        let addresses = if serves && addresses.is_empty() { &of_cluster } else { &addresses };
        findings.extend(block.plugins.iter().filter_map(|plugin| looped(block, plugin, addresses)));
        findings.extend(unreachable(block, &container_ports));
    }
    findings
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let (mut list, mut depth) = (Vec::<Block<'_>>::new(), 0usize);
    for (index, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
        let plain: Vec<&str> = words.iter().copied().filter(|word| !matches!(*word, "{" | "}")).collect();
        match (depth, plain.split_first()) {
            (0, Some((&"import", _))) => {}
            (0, Some((first, _))) => {
                // `(NAME)` is a snippet, which serves nothing where it stands.
                let is_snippet = first.starts_with('(');
                let (zones, ports) = plain.iter().filter(|_| !is_snippet).filter_map(|zone| zone_of(zone)).unzip();
                list.push(Block { zones, ports, line: index + 1, plugins: Vec::new() });
            }
            (1, Some((name, arguments))) => {
                let plugin = Plugin { name, arguments: arguments.to_vec(), line: index + 1, inside: Vec::new() };
                if let Some(block) = list.last_mut() {
                    block.plugins.push(plugin);
                }
            }
            (2, Some((name, _))) => {
                if let Some(plugin) = list.last_mut().and_then(|block| block.plugins.last_mut()) {
                    plugin.inside.push((name, index + 1));
                }
            }
            _ => {}
        }
        depth = (depth + words.iter().filter(|word| **word == "{").count())
            .saturating_sub(words.iter().filter(|word| **word == "}").count());
    }
    list
}

/// The zone and the port of `dns://example.org:1053`; nothing of another protocol.
fn zone_of(word: &str) -> Option<(&str, u16)> {
    let word = word.trim_end_matches(',');
    let word = match word.split_once("://") {
        Some(("dns", rest)) => rest,
        Some(_) => return None,
        None => word,
    };
    match word.rsplit_once(':') {
        Some((zone, port)) => Some((zone, port.parse().ok()?)),
        None => Some((word, 53)),
    }
}

fn finding(code: Code, line: usize, message: String, help: &str) -> DocumentProblem {
    DocumentProblem { code, path: vec![Step::Line(line)], message, help: help.into(), is_value: true }
}

fn is_in(zone: &str, name: &str) -> bool {
    let (zone, name) = (zone.trim_end_matches('.').to_lowercase(), name.trim_end_matches('.').to_lowercase());
    zone.is_empty() || name == zone || name.ends_with(&format!(".{zone}"))
}

/// No block that answers for the names of the cluster.
fn domains(blocks: &[Block<'_>], domain: &str) -> Option<DocumentProblem> {
    let serving: Vec<(&Block<'_>, &Plugin<'_>)> = blocks
        .iter()
        .flat_map(|block| block.plugins.iter().map(move |plugin| (block, plugin)))
        .filter(|(_, plugin)| plugin.name == "kubernetes")
        .collect();
    let zones = |(block, plugin): &(&Block<'_>, &Plugin<'_>)| match plugin.arguments.is_empty() {
        // A snippet has the zones of the blocks that import it.
        true => block.zones.is_empty() || block.zones.iter().any(|zone| is_in(zone, domain)),
        false => plugin.arguments.iter().any(|zone| is_in(zone, domain)),
    };
    let (_, first) = serving.first().filter(|_| !serving.iter().any(zones))?;
    let served = match first.arguments.is_empty() {
        true => "another zone".to_owned(),
        false => format!("`{}`", first.arguments.join(" ")),
    };
    let message = format!(
        "`kubernetes` of the Corefile serves {served}, but `domain` of the cluster is `{domain}`: no name of a service resolves"
    );
    Some(finding(Code::SettingsDiffer, first.line, message, "name the domain of the cluster"))
}

/// The addresses of services of DNS among some objects.
fn addresses(objects: &[Json]) -> Vec<IpAddr> {
    let is_dns = |object: &&Json| {
        object["kind"] == "Service"
            && object["spec"]["ports"].as_array().is_some_and(|ports| ports.iter().any(|port| port["port"] == 53))
    };
    let texts = objects.iter().filter(is_dns).flat_map(|object| {
        let list = object["spec"]["clusterIPs"].as_array().cloned().unwrap_or_default();
        list.into_iter().chain([object["spec"]["clusterIP"].clone()])
    });
    texts.filter_map(|text| text.as_str()?.parse().ok()).collect()
}

/// A `forward` that leads back to where it is.
fn looped(block: &Block<'_>, plugin: &Plugin<'_>, own: &[IpAddr]) -> Option<DocumentProblem> {
    let to = plugin.arguments.split_first().filter(|_| plugin.name == "forward")?.1;
    let is_own = |text: &&&str| {
        let (host, port) = target(text);
        let loopback = |address: IpAddr| address.is_loopback() && block.ports.contains(&port) && binds(block, address);
        host.is_some_and(|address| port == 53 && own.contains(&address) || loopback(address))
    };
    let target = to.iter().find(is_own)?;
    let message = format!("`forward` sends queries to `{target}`, which is this server: it asks itself until it fails");
    Some(finding(
        Code::RefusedSetting,
        plugin.line,
        message,
        "forward to a resolver outside the cluster, or to `/etc/resolv.conf`",
    ))
}

/// Whether a block listens on an address: on all of them, unless `bind` says which.
fn binds(block: &Block<'_>, address: IpAddr) -> bool {
    let mut binds = block.plugins.iter().filter(|plugin| plugin.name == "bind").peekable();
    binds.peek().is_none()
        || binds.any(|plugin| plugin.arguments.iter().any(|own| *own == "lo" || own.parse() == Ok(address)))
}

/// `10.0.0.1`, `10.0.0.1:1053`, `dns://10.0.0.1`, `[::1]:53`.
fn target(text: &str) -> (Option<IpAddr>, u16) {
    let text = text.strip_prefix("dns://").unwrap_or(text);
    if let Ok(address) = text.trim_matches(['[', ']']).parse() {
        return (Some(address), 53);
    }
    match text.parse::<std::net::SocketAddr>() {
        Ok(socket) => (Some(socket.ip()), socket.port()),
        Err(_) => (None, 53),
    }
}

/// The containers of some objects that read a Corefile.
fn containers(objects: &[Json]) -> Vec<Json> {
    let all = objects
        .iter()
        .flat_map(|object| object["spec"]["template"]["spec"]["containers"].as_array().cloned().unwrap_or_default());
    all.filter(|container| container["args"].to_string().contains("Corefile")).collect()
}

fn reads(objects: &[Json]) -> bool {
    !containers(objects).is_empty()
}

/// Whether an object runs CoreDNS as it is published, with no plugins of others.
fn is_standard(object: &Json) -> bool {
    let is_one = |container: &Json| container["image"].as_str().is_some_and(|image| image.contains("coredns/coredns:"));
    containers(std::slice::from_ref(object)).iter().any(is_one)
}

/// The ports that the containers which read a Corefile open.
fn container_ports(objects: &[Json]) -> Vec<u64> {
    let containers = containers(objects).into_iter();
    let ports = containers.flat_map(|container| container["ports"].as_array().cloned().unwrap_or_default());
    ports.filter_map(|port| port["containerPort"].as_u64()).collect()
}

/// A block on a port that no service leads to.
fn unreachable(block: &Block<'_>, known: &[u64]) -> Option<DocumentProblem> {
    let port = block.ports.iter().find(|port| !known.is_empty() && !known.contains(&u64::from(**port)))?;
    let opened: Vec<String> = known.iter().map(u64::to_string).collect();
    let message = format!(
        "the Corefile listens on {port}, but the container has the ports {}: no query gets there",
        opened.join(", ")
    );
    Some(finding(
        Code::SettingsDiffer,
        block.line,
        message,
        "use one port in the Corefile, the container and the Service",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "(common) {\n    log\n}\n.:53 {\n    errors\n    kubernetes cluster.local in-addr.arpa ip6.arpa {\n        pods insecure\n    }\n    \
                        forward . 127.0.0.1 { # itself\n        max_concurrent 1000\n    }\n}\nexample.org:1053 {\n    forward . 10.0.0.1\n}\n";

    #[test]
    fn servers_and_plugins_are_read() {
        let blocks = blocks(TEXT);
        let names: Vec<&str> = blocks[1].plugins.iter().map(|plugin| plugin.name).collect();
        assert_eq!((&*blocks[1].zones, &*blocks[1].ports, blocks[1].line), (&["."][..], &[53][..], 4));
        assert_eq!(names, ["errors", "kubernetes", "forward"]);
        assert_eq!((&*blocks[2].ports, blocks[2].plugins[0].line), (&[1053][..], 14));
    }

    #[test]
    fn snippets_imports_and_bound_addresses_are_no_servers_of_their_own() {
        let text = "import /etc/coredns/*.conf\n(cluster) {\n    kubernetes\n}\n.:1053 {\n    bind 169.254.20.10\n    \
                    forward . 127.0.0.1:1053\n    import cluster\n}\n";
        let blocks = blocks(text);
        assert_eq!(blocks.iter().map(|block| &*block.ports).collect::<Vec<_>>(), [&[][..], &[1053][..]]);
        assert!(domains(&blocks, "cluster.local").is_none());
        assert!(blocks.iter().all(|block| unreachable(block, &[1053]).is_none()));
        let looped = |block: &Block<'_>| block.plugins.iter().any(|plugin| looped(block, plugin, &[]).is_some());
        assert!(!looped(&blocks[1]));
        assert!(looped(&super::blocks(&text.replace("bind 169.254.20.10", "bind lo"))[1]));
    }

    #[test]
    fn what_is_wrong_is_found_on_its_line() {
        let blocks = blocks(TEXT);
        assert!(domains(&blocks, "cluster.local").is_none());
        assert_eq!(domains(&blocks, "k8s.example").expect("another domain").path, [Step::Line(6)]);
        let found: Vec<_> = blocks
            .iter()
            .flat_map(|block| block.plugins.iter().filter_map(|plugin| looped(block, plugin, &[])))
            .collect();
        assert_eq!(found.iter().map(|found| found.path.clone()).collect::<Vec<_>>(), [[Step::Line(9)]]);
        assert!(unreachable(&blocks[2], &[53]).is_some() && unreachable(&blocks[1], &[53]).is_none());
    }
}
