//! The fields of `target lxd { }`.

use ipnet::IpNet;

use super::bridge;
use crate::diag::Code;
use crate::model::Value;
use crate::render::origin::What;
use crate::target::{Problem, Site};
use crate::text::Count;

/// What the model says of the target, with defaults.
#[derive(Clone, Debug)]
pub struct Options {
    /// An image as the client names it: a local alias, or `REMOTE:ALIAS`.
    pub image: String,
    pub mirror: Option<String>,
    /// The client: `lxc` or `incus`.
    pub command: String,
    pub project: String,
    pub pool: String,
    pub network: String,
    pub privileged: bool,
}

impl Options {
    /// Reads them.
    ///
    /// # Errors
    /// Every field that has a value which LXD could not take.
    pub fn read(site: &Site) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let own = bridge(&site.cluster);
        let mut text = |name: &'static str, default: &str, valid: fn(&str) -> bool, help: &str| {
            let value = given(site, name).unwrap_or_else(|| default.to_owned());
            if !valid(&value) {
                problems.push(problem(name, &value, help));
            }
            value
        };
        let options = Options {
            image: text("image", "debian/13", is_image, "use an image such as `debian/13` or `ubuntu:24.04`"),
            mirror: Some(text("mirror", "", is_url, "use a URL such as `http://10.0.0.1/mirror`")),
            command: text("command", "lxc", |name| CLIENTS.contains(&name), "use `lxc` or `incus`"),
            project: text("project", &site.cluster, is_name, "use letters, digits, `-` and `_`"),
            pool: text("pool", &own, is_name, "use letters, digits, `-` and `_`"),
            network: text("network", &own, is_bridge, "use at most 15 letters, digits and `-`"),
            privileged: site.flag("privileged") != Some(false),
        };
        problems.extend(second_nodes(site));
        problems.extend(one_bridge(site));
        let mirror = options.mirror.filter(|mirror| !mirror.is_empty());
        if problems.is_empty() { Ok(Options { mirror, ..options }) } else { Err(problems) }
    }
}

/// All machines are on one bridge. LXD masks what leaves a bridge with an address of its own, so machines of two bridges would see
/// other addresses than those that packet filters and certificates know (lxd/firewall/drivers, `ip saddr ... masquerade`).
fn one_bridge(site: &Site) -> Option<Problem> {
    if site.nodes.is_single() {
        return None;
    }
    let message = format!(
        "`nodes` has {}, but on `target lxd` all machines are on one bridge with one range",
        Count(site.nodes.rest().len() + 1, "range")
    );
    let help = "set one range in an overlay for this target: `overlay lab { set cluster.nodes = 10.10.0.0/24 }`";
    Some(Problem::new(Code::TargetLimit, What::TheTarget, message, help))
}

/// A range of which machines cannot have a second address.
fn second_nodes(site: &Site) -> Option<Problem> {
    let range = site.second_nodes()?;
    let nodes = site.nodes.first().range;
    let bits = |one: IpNet| one.max_prefix_len() - one.prefix_len();
    let wrong = |message: String, help: &str| Some(Problem::of_field(Code::TargetLimit, "second-nodes", message, help));
    if range.addr().is_ipv6() == nodes.addr().is_ipv6() {
        let message = format!("`second-nodes` {range} is of the same family as `nodes` {nodes}");
        return wrong(message, "use a range of the other family, such as fd00:30::/64");
    }
    let is_alike =
        |(name, other): &&(&str, IpNet)| *name == "nodes" && other.addr().is_ipv6() == range.addr().is_ipv6();
    if let Some((_, other)) = site.ranges.iter().find(is_alike) {
        return wrong(format!("`nodes` has {other} of the family of `second-nodes` {range}"), "remove `second-nodes`");
    }
    if bits(range) < bits(nodes) {
        let message = format!("`second-nodes` {range} has fewer addresses than `nodes` {nodes}");
        return wrong(message, "use a range that is as large as `nodes`, such as fd00:30::/64");
    }
    let (name, other) = site.ranges.iter().find(|(_, other)| other.contains(&range) || range.contains(other))?;
    wrong(format!("`second-nodes` {range} overlaps `{name}` {other}"), "use a range of its own")
}

const CLIENTS: [&str; 2] = ["lxc", "incus"];

fn given(site: &Site, name: &str) -> Option<String> {
    site.options.get(name).and_then(Value::scalar_text)
}

fn problem(name: &'static str, value: &str, help: &str) -> Problem {
    let message = format!("`{value}` is not a valid `{name}` of `target lxd`");
    let problem = Problem::of_field(Code::TargetLimit, name, message, help);
    if name == "command" { problem.near(value, CLIENTS) } else { problem }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 63 && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

fn is_bridge(text: &str) -> bool {
    is_name(text) && text.len() <= 15
}

fn is_image(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('-') && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:".contains(c))
}

pub fn is_url(text: &str) -> bool {
    let known = ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme));
    text.is_empty() || (known && text.chars().all(|c| c.is_ascii_graphic() && !"|\"'`\\$".contains(c)))
}
