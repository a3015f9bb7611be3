//! Rules between settings of programs, and values that none should have: `tables/settings.toml`.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};
use super::field;

mod avoided;
mod clause;
mod grammar;
mod name;
mod refused;
mod typed;
mod url;

pub use avoided::{Avoided, Values};
pub use clause::{Clause, Operand, Order, Test};
pub use grammar::Grammar;
pub use name::{ClusterField, Name};
pub use refused::{Harm, Refusal, Refusals, default_of, default_values, refusals};
pub use typed::{Form, Typed, path};
pub use url::{Host, Url};

/// All rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub same: Vec<Same>,
    pub differ: Vec<Differ>,
    pub encrypted: Vec<Encrypted>,
    /// Values that open or lose something.
    pub never: Vec<Avoided>,
    /// Values that go wrong later.
    pub unwise: Vec<Avoided>,
    pub times: Vec<Times>,
    pub listed: Vec<Listed>,
    pub inside: Vec<Inside>,
    pub covers: Vec<Covers>,
    pub dialled: Vec<Dialled>,
    pub within: Vec<Within>,
    pub fits: Vec<Fits>,
    pub share: Vec<Share>,
    pub presented: Vec<Presented>,
    pub listens: Vec<Listens>,
    pub needed: Vec<Needed>,
    pub own: Vec<Own>,
    pub named: Vec<Named>,
    pub apart: Vec<Apart>,
    pub pair: Vec<Pair>,
    pub issued: Vec<Issued>,
    pub admitted: Vec<Admitted>,
    pub signed: Vec<Signed>,
    pub read: Vec<Read>,
    pub module: Vec<Module>,
}

/// Settings that have one value, wherever they stand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Same {
    pub settings: Vec<Name>,
    pub what: String,
    /// The order of its elements does not matter.
    #[serde(default)]
    pub unordered: bool,
    /// Only among the members of one application: others are another cluster.
    #[serde(default)]
    pub members: bool,
    #[serde(rename = "source")]
    _source: Note,
}

/// Settings of one program of which no two have one value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Differ {
    pub settings: Vec<Name>,
    pub what: String,
    pub help: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// Settings of which no URL is in plain text, except on loopback.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encrypted {
    pub settings: Vec<Name>,
    pub what: String,
    pub help: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// A number that is so many times another one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    pub setting: Name,
    pub of: Name,
    pub least: f64,
    /// What both are when they are not given.
    pub defaults: [f64; 2],
    pub what: String,
    pub help: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// A name that is among those of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    pub setting: Name,
    pub among: Name,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// Addresses that are inside a range of the cluster.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inside {
    pub setting: Name,
    pub of: Range,
    pub what: String,
    pub help: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// A range of the cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Range {
    Pods,
    Services,
}

/// URLs that name all units to which a relation leads.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covers {
    pub setting: Name,
    pub what: String,
    pub help: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// Settings with addresses that programs dial: one in the range of the machines is of a machine or of an endpoint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dialled {
    pub settings: Vec<Name>,
    pub what: String,
    pub help: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// Amounts that leave something of what a machine has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Within {
    pub settings: Vec<Name>,
    pub of: Amount,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// What a machine has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Amount {
    /// Bytes.
    Memory,
    Cores,
}

/// A number of pods for which a node's share of the pod range has addresses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fits {
    pub setting: Name,
    pub default: f64,
    /// The settings that say how large a share is, as a prefix; the first that is given holds.
    pub prefix: Vec<Name>,
    pub usual: u8,
    /// The setting that has to be true for it to hold.
    pub when: Name,
    /// A field of an interface: if a provider sets it to false, addresses come from elsewhere.
    pub unless: String,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// The size of a node's share of the pod range, as a prefix.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    pub settings: Vec<Name>,
    /// How long the addresses of the range are.
    pub bits: u8,
    /// By how much a share may be longer than the range.
    pub span: u8,
    /// Where this is false, nodes get none.
    pub unless: Name,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// The certificate that a program shows, or the authority that it trusts, where it listens or dials.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presented {
    pub certificate: Name,
    pub authority: Option<Name>,
    /// A port, or URLs.
    pub at: Name,
    /// The port where that is not given.
    pub port: Option<u16>,
    /// Whether it dials there.
    #[serde(default)]
    pub dials: bool,
    #[serde(rename = "source")]
    _source: Note,
}

/// A setting that says where a program listens: a port, or addresses with ports.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listens {
    pub at: Name,
    /// The setting of the address, if it stands apart.
    pub address: Option<Name>,
    /// Whether it is loopback where that is not given; else all addresses.
    #[serde(default)]
    loopback: bool,
    /// Whether it speaks TLS there, where that is not part of a URL.
    #[serde(default)]
    pub tls: bool,
    /// What it is where it is not given.
    pub default: Option<String>,
    /// The interface of the endpoint that it is.
    pub interface: Option<String>,
    #[serde(rename = "source")]
    _source: Note,
}

impl Listens {
    /// The address where none is given; `None` for all of them.
    pub fn usual(&self) -> Option<IpAddr> {
        self.loopback.then_some(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }
}

/// A program without which those beside it are of no use.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needed {
    pub program: String,
    /// Those that are of no use without it.
    #[serde(default)]
    pub beside: Vec<String>,
    /// An interface whose providers are of no use without it.
    pub interface: Option<String>,
    /// Whether it is needed on each machine of these, if it is on one.
    #[serde(default)]
    pub each: bool,
    /// A field of an interface: if a provider sets it to true, it is not needed.
    pub unless: Option<String>,
    pub what: String,
    pub help: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// A setting whose addresses are those of the machine that it is on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Own {
    pub setting: Name,
    /// Loopback will do.
    #[serde(default)]
    pub loopback: bool,
    /// An address that several machines take in turn will do.
    #[serde(default)]
    pub shared: bool,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// Settings that name the node of a machine, as the user of its certificate does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    pub settings: Vec<Name>,
    /// What comes before the name in the CN of a client's certificate.
    pub user: String,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// A certificate and its key, in files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    pub certificate: Name,
    pub key: Name,
    #[serde(rename = "source")]
    _source: Note,
}

/// A certificate, and the authority by which it is verified.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issued {
    pub certificate: Name,
    pub authority: Name,
    /// Of one program; else of all programs of the cluster.
    #[serde(default)]
    pub beside: bool,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// A certificate, and the list that its CN is in, if that is not empty.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admitted {
    pub certificate: Name,
    pub names: Name,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// A setting that has another value on each machine of an application.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apart {
    pub setting: Name,
    /// Only where this one is given beside it.
    pub when: Option<Name>,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// A key that signs, and those whose signatures are accepted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    pub key: Name,
    pub accepted: Name,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// Files that a program reads at its start.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    pub settings: Vec<Name>,
    /// If this is given beside one, the program does without it or makes it.
    pub unless: Option<Name>,
    /// If the file that this names is there, the program does without it.
    pub or_file: Option<Name>,
    /// What happens where it is not there.
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// Kernel settings that a module brings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// How their names begin.
    pub sysctl: String,
    pub module: String,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| embedded::table("tables/settings.toml"));

static NAMES: LazyLock<BTreeSet<&Name>> =
    LazyLock::new(|| rules().names().chain(refusals().iter().flat_map(Refusals::names)).collect());

impl Rules {
    /// Every setting that a rule is about.
    fn names(&self) -> impl Iterator<Item = &Name> {
        let same = self.same.iter().flat_map(|rule| &rule.settings);
        let differ = self.differ.iter().flat_map(|rule| &rule.settings);
        let encrypted = self.encrypted.iter().flat_map(|rule| &rule.settings);
        let values = self.never.iter().chain(&self.unwise).map(|rule| &rule.setting);
        let times = self.times.iter().flat_map(|rule| [&rule.setting, &rule.of]);
        let listed = self.listed.iter().flat_map(|rule| [&rule.setting, &rule.among]);
        let inside = self.inside.iter().map(|rule| &rule.setting);
        let covers = self.covers.iter().map(|rule| &rule.setting);
        let dialled = self.dialled.iter().flat_map(|rule| &rule.settings);
        let within = self.within.iter().flat_map(|rule| &rule.settings);
        let fits = self.fits.iter().flat_map(|rule| rule.prefix.iter().chain([&rule.setting, &rule.when]));
        let shares = self.share.iter().flat_map(|rule| rule.settings.iter().chain([&rule.unless]));
        let fits = fits.chain(shares);
        let presented =
            self.presented.iter().flat_map(|rule| [&rule.certificate, &rule.at].into_iter().chain(&rule.authority));
        let listens = self.listens.iter().flat_map(|rule| [&rule.at].into_iter().chain(&rule.address));
        let of_machine = self.own.iter().map(|rule| &rule.setting);
        let of_machine = of_machine.chain(self.named.iter().flat_map(|rule| &rule.settings));
        let of_machine =
            of_machine.chain(self.apart.iter().flat_map(|rule| [&rule.setting].into_iter().chain(&rule.when)));
        let pairs = self.pair.iter().flat_map(|rule| [&rule.certificate, &rule.key]);
        let issued = self.issued.iter().flat_map(|rule| [&rule.certificate, &rule.authority]);
        let signed = self.signed.iter().flat_map(|rule| [&rule.key, &rule.accepted]);
        let admitted = self.admitted.iter().flat_map(|rule| [&rule.certificate, &rule.names]);
        let read = self.read.iter().flat_map(|rule| rule.settings.iter().chain(&rule.unless).chain(&rule.or_file));
        let belong = pairs.chain(read).chain(issued).chain(admitted).chain(signed);
        let presented = presented.chain(listens).chain(of_machine).chain(belong);
        let of_one = values.chain(times).chain(listed).chain(inside).chain(covers).chain(fits).chain(presented);
        same.chain(differ).chain(encrypted).chain(dialled).chain(within).chain(of_one)
    }
}

/// All rules.
pub fn rules() -> &'static Rules {
    &RULES
}

/// Whether a rule is about a setting.
pub fn is_known(name: &Name) -> bool {
    // Rules ask for single gates.
    let has_gates = match name {
        Name::Field { path, .. } => path == "featureGates",
        Name::Flag { flag, .. } => flag == "feature-gates",
        _ => false,
    };
    has_gates || NAMES.contains(name)
}

/// Whether a program reads the file that a setting names at its start.
pub fn is_read(name: &Name) -> bool {
    rules().read.iter().any(|rule| rule.settings.contains(name))
}

/// The paths of the fields of a kind of configuration file that rules are about.
pub fn fields(kind: &str) -> impl Iterator<Item = &'static str> {
    // Rules ask for single gates.
    let gates = field::table(kind).filter(|table| table.fields.contains_key("featureGates")).map(|_| "featureGates");
    let named = NAMES.iter().filter_map(move |name| match name {
        Name::Field { kind: own, path } if own == kind => Some(path.as_str()),
        _ => None,
    });
    named.filter(|path| *path != "featureGates").chain(gates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stdlib;

    /// Every row is read as it is, and names settings that there are: else this ends in a panic.
    #[test]
    fn rules_are_about_what_there_is() {
        assert!(NAMES.len() >= 40, "{}", NAMES.len());
        assert!(rules().same.iter().all(|rule| !rule.settings.is_empty()));
        assert!(rules().encrypted.iter().all(|rule| !rule.settings.is_empty()));
        assert!(rules().differ.iter().all(|rule| rule.settings.len() > 1), "differ from what?");
    }

    #[test]
    fn every_row_has_a_source() {
        let text = stdlib::read(std::path::Path::new("tables/settings.toml")).expect("a table");
        let table: toml::Table = toml::from_str(text).expect("a table");
        for (kind, rows) in table {
            for row in rows.as_array().expect("rows") {
                assert!(row.get("source").is_some_and(toml::Value::is_str), "[[{kind}]]: {row}");
            }
        }
    }
}
