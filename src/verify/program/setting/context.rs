//! Whether the clauses of a rule hold for a program on a machine.

use std::borrow::Cow;

use serde_json::Value as Json;

use crate::facts::network::{Fact, network};
use crate::facts::quantity::quantity;
use crate::facts::setting::{Clause, Name, Operand, Refusal, Refusals, Test, Typed};
use crate::facts::target::owns_sysctl;
use crate::facts::{field, gate};
use crate::model::{AppId, MachineId};
use crate::plan::dialled_names;
use crate::render::evidence::{Content, Entry};
use crate::verify::document::plain;
use crate::verify::objects::pods::{self, Number, Pods};
use crate::verify::{Evidence, objects};

use super::settings::{Setting, Settings};

/// A program of an application on a machine, with all that a clause may ask for.
pub(super) struct Context<'a, 'e, 'p> {
    pub evidence: &'a Evidence<'e, 'p>,
    pub settings: &'a Settings,
    pub table: &'a Refusals,
    pub app: AppId,
    pub machine: Option<MachineId>,
}

/// The paths at which an API server tells of its health.
const HEALTH: [&str; 3] = ["/readyz", "/livez", "/healthz"];

/// The probes whose failure restarts a container, or takes it out of its service.
const PROBES: [&str; 3] = ["livenessProbe", "startupProbe", "readinessProbe"];

/// Whether a probe asks for the health of an API server, and sends no header that may hold a credential.
fn is_anonymous(asked: &Json) -> bool {
    let asks = asked["path"].as_str().is_some_and(|path| HEALTH.iter().any(|known| path.starts_with(known)));
    let headers = asked["httpHeaders"].as_array().into_iter().flatten();
    let names =
        headers.filter_map(|header| header["name"].as_str()).any(|name| name.eq_ignore_ascii_case("authorization"));
    asks && !names
}

/// The number of a setting; of a text that is a quantity too.
fn amount(values: &[Typed]) -> Option<f64> {
    match values {
        [Typed::Text(text)] => quantity(text),
        [one] => one.number(),
        _ => None,
    }
}

/// What gives machines names of their own: /etc/hosts, or a DNS server on the machine.
const HOSTS: [&str; 4] = ["/etc/hosts", "dnsmasq", "systemd/resolved", "/etc/resolv.conf"];

impl<'a, 'e, 'p> Context<'a, 'e, 'p> {
    /// Whether all clauses hold, and one of the settings was given.
    pub(super) fn holds(&self, rule: &Refusal) -> bool {
        rule.clauses.iter().all(|clause| self.clause(clause)) && !self.given(rule).is_empty()
    }

    /// The settings of a rule that are given, in the order of its clauses.
    pub(super) fn given(&self, rule: &Refusal) -> Vec<&'a Setting> {
        let mut list: Vec<&Setting> = Vec::new();
        for name in rule.clauses.iter().flat_map(Clause::names) {
            list.extend(self.setting(name).filter(|one| !list.iter().any(|known| known.name == one.name)));
        }
        list
    }

    /// A setting that is given; a flag overrides a field.
    fn setting(&self, name: &Name) -> Option<&'a Setting> {
        let here = |one: &&Setting| (one.app, one.machine) == (self.app, self.machine);
        self.settings.named(name).filter(here).max_by_key(|one| one.is_flag)
    }

    /// Whether a setting may be given where it is not seen: beside some of a program that is given more than is known.
    fn is_open(&self, name: &Name) -> bool {
        let mut here = self.settings.list.iter().filter(|one| (one.app, one.machine) == (self.app, self.machine));
        let is_computed = || self.settings.computed.iter().any(|one| *one == (name.clone(), self.app, self.machine));
        self.setting(name).is_none() && (is_computed() || here.any(|one| one.partial && self.is_of_table(one)))
    }

    fn is_of_table(&self, setting: &Setting) -> bool {
        self.table.names().any(|name| *name == setting.name)
    }

    /// The values of a setting, or those of its default.
    fn values(&self, name: &Name) -> Cow<'a, [Typed]> {
        match self.setting(name) {
            Some(one) if one.text.is_empty() => Cow::Borrowed(&[]),
            Some(one) => Cow::Borrowed(&one.values),
            None => {
                let default = self.table.defaults.get(name);
                Cow::Owned(default.map(|text| name.form().elements(text)).unwrap_or_default())
            }
        }
    }

    fn clause(&self, clause: &Clause) -> bool {
        match clause {
            Clause::Setting(name, _) if self.is_open(name) => false,
            Clause::Setting(name, test) => self.test(name, test),
            Clause::Gate(name, on) => self.gate(name) == Some(*on),
            Clause::Sysctl(key, value) => self.lacks_sysctl(key, value),
            Clause::Units(least) => self.units() > *least,
            Clause::Probed => self.prober().is_some(),
            Clause::NamesUnresolved => self.names_unresolved(),
            Clause::NodeRanges => objects::takes_node_ranges(self.evidence.model),
            Clause::Object { group, kind } => objects::first(self.evidence, group, kind).is_some(),
            Clause::Anywhere(name, value) => self.settings.named(name).any(|one| one.values == [value.clone()]),
            Clause::Nowhere(name) => self.settings.named(name).next().is_none(),
        }
    }

    fn test(&self, name: &Name, test: &Test) -> bool {
        let values = self.values(name);
        let number = || amount(&values);
        match test {
            Test::Set => !values.is_empty() && self.setting(name).is_some(),
            Test::Unset => self.setting(name).is_none_or(|one| one.text.is_empty()),
            Test::Is(value) => *values == [value.clone()],
            Test::IsNot(value) => !values.is_empty() && *values != [value.clone()],
            Test::Compare(order, operand) => {
                let other = match operand {
                    Operand::Value(value) => value.number(),
                    Operand::Times(factor, other) => amount(&self.values(other)).map(|number| number * factor),
                };
                matches!((number(), other), (Some(left), Some(right)) if order.holds(left, right))
            }
            Test::Outside(low, high) => match (number(), low.number(), high.number()) {
                (Some(own), Some(low), Some(high)) => own < low || own > high,
                _ => false,
            },
            Test::Has(wanted) => wanted.iter().any(|value| values.contains(value)),
            Test::Begins(value) => values.first() == Some(value),
            Test::Lacks(wanted) => !wanted.iter().any(|value| values.contains(value)),
            Test::MoreThan(most) => values.len() > *most,
            Test::Repeats => values.iter().enumerate().any(|(index, value)| values[..index].contains(value)),
            Test::Meets(other) => {
                let others = self.values(other);
                values.iter().any(|value| others.contains(value))
            }
            Test::SumsUnlike(others) => self.sums_unlike(name, others),
            Test::Other(known) => values.iter().any(|value| !known.contains(value)),
            Test::Malformed(grammar) => self.texts(name).iter().any(|text| !grammar.fits(text)),
            Test::KeysOther(_)
            | Test::KeysAmong(_)
            | Test::KeysBeyond(_)
            | Test::LimitsOther(_)
            | Test::Keys(_)
            | Test::Entries(_) => self.culprit(name, test).is_some(),
            Test::NotIn(range) => number().is_some_and(|port| self.is_outside(port, range)),
            Test::BeyondCores => self.texts(name).into_iter().any(|text| self.is_beyond_cores(text)),
            Test::Each(field, grammar) => self.fields(name, field).iter().any(|text| !grammar.fits(text)),
        }
    }

    /// The first entry of a map that a condition is about.
    pub(super) fn culprit(&self, name: &Name, test: &Test) -> Option<String> {
        let mut entries = self.entries(name).into_iter();
        let key = |(key, _): (String, String)| key;
        match test {
            Test::KeysOther(known) => entries.find(|(key, _)| !known.contains(key)).map(key),
            Test::KeysAmong(bad) => {
                let is_bad = |key: &str| bad.iter().any(|bad| key == bad || key.starts_with(&format!("{bad}/")));
                entries.find(|(key, _)| is_bad(key)).map(key)
            }
            Test::KeysBeyond(other) => {
                let others = self.entries(other);
                entries.find(|(key, _)| !others.iter().any(|(known, _)| known == key)).map(key)
            }
            Test::LimitsOther(known) => {
                let fits = |key: &String| {
                    known.iter().any(|known| match known.strip_suffix('*') {
                        Some(prefix) => key.starts_with(prefix),
                        None => key == known,
                    })
                };
                self.limits(name).into_iter().map(|(key, _)| key).find(|key| !fits(key))
            }
            Test::Keys(grammar) => entries.find(|(key, _)| !grammar.fits(key)).map(key),
            Test::Entries(grammar) => {
                entries.find(|(_, value)| !grammar.fits(value)).map(|(key, value)| format!("{key}: {value}"))
            }
            _ => None,
        }
    }

    /// The texts of the elements of a setting that is given.
    fn texts(&self, name: &Name) -> Vec<&'a str> {
        let Some(one) = self.setting(name).filter(|one| !one.text.is_empty() && !one.secret) else { return Vec::new() };
        match one.values.as_slice() {
            [_] => vec![&*one.text],
            _ => one.text.split(',').collect(),
        }
    }

    /// The keys and values of a map, from a file or from a flag: `a=1,b<2`.
    fn entries(&self, name: &Name) -> Vec<(String, String)> {
        let Some(one) = self.setting(name) else { return Vec::new() };
        if let [Typed::Tree(Json::Object(map))] = one.values.as_slice() {
            let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            return map.iter().map(|(key, value)| (key.clone(), text(value))).collect();
        }
        let pair =
            |part: &str| part.split_once(['=', '<']).map(|(key, value)| (key.trim().into(), value.trim().into()));
        one.text.split(',').filter_map(pair).collect()
    }

    /// Whether a port is not in the range `FIRST-LAST` of a setting.
    fn is_outside(&self, port: f64, range: &Name) -> bool {
        let given = self.setting(range).map(|one| one.text.clone());
        let Some(text) = given.or_else(|| self.table.defaults.get(range).cloned()) else { return false };
        let bounds = text.split_once('-').map(|(first, last)| (first.trim().parse(), last.trim().parse()));
        matches!(bounds, Some((Ok(first), Ok(last))) if port < first || port > last)
    }

    /// Whether a set of processors has one that the machine does not have.
    fn is_beyond_cores(&self, set: &str) -> bool {
        let Some(machine) = self.machine else { return false };
        let group = self.evidence.model.group_of(machine);
        let numbers = set.split([',', '-']).filter_map(|part| part.trim().parse::<f64>().ok());
        group.has_cores && numbers.fold(-1.0, f64::max) >= group.cores.ceil()
    }

    /// The texts of a field of each of a list of records.
    fn fields(&self, name: &Name, field: &str) -> Vec<String> {
        let Some([Typed::Tree(Json::Array(list))]) = self.setting(name).map(|one| one.values.as_slice()) else {
            return Vec::new();
        };
        list.iter().filter_map(|one| one.get(field)?.as_str().map(str::to_owned)).collect()
    }

    /// The `limits` of a list of records.
    fn limits(&self, name: &Name) -> Vec<(String, String)> {
        let Some([Typed::Tree(Json::Array(list))]) = self.setting(name).map(|one| one.values.as_slice()) else {
            return Vec::new();
        };
        let limits = list.iter().filter_map(|one| one.get("limits")?.as_object()).flatten();
        let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        limits.map(|(key, value)| (key.clone(), text(value))).collect()
    }

    /// Whether the memory of a list of reservations is another sum than that of other settings, as far as each is an amount.
    fn sums_unlike(&self, name: &Name, others: &[Name]) -> bool {
        let limits = self.limits(name).into_iter().filter(|(key, _)| key == "memory");
        let own = limits.map(|(_, text)| quantity(&text)).sum::<Option<f64>>();
        let other = |name: &Name| match self.setting(name) {
            Some(one) => quantity(&one.text),
            None if self.is_in_a_given_map(name) => Some(0.0),
            None => self.table.defaults.get(name).map_or(Some(0.0), |text| quantity(text)),
        };
        let others = others.iter().map(other).sum::<Option<f64>>();
        matches!((own, others), (Some(own), Some(others)) if own > 0.0 && own != others)
    }

    /// Whether a key of a map is not given, and other keys are: a default then does not apply.
    fn is_in_a_given_map(&self, name: &Name) -> bool {
        let Name::Field { kind, path } = name else { return false };
        let map = path.split_once('.').map_or(path.as_str(), |(map, _)| map);
        self.setting(&Name::Field { kind: kind.clone(), path: map.to_owned() }).is_some()
    }

    /// Whether a feature gate is on: as it is set, else as the version has it.
    fn gate(&self, name: &str) -> Option<bool> {
        let mut set = self.settings.list.iter().filter(|one| (one.app, one.machine) == (self.app, self.machine));
        let program = &self.table.program;
        let gates = set.find(|one| match &one.name {
            Name::Field { kind, path } => {
                path == "featureGates" && field::of_program(program).is_some_and(|table| table.kind == *kind)
            }
            Name::Flag { program: own, flag } => flag == "feature-gates" && own == program,
            Name::Variable { .. } | Name::Cluster(_) => false,
        });
        let own = gates.and_then(|one| self.entries(&one.name).into_iter().find(|(key, _)| key == name));
        match own {
            Some((_, value)) => value.parse().ok(),
            None => gate::by_default(&self.table.range.versions_of, name, self.evidence.model.app(self.app).kubernetes),
        }
    }

    /// Whether a sysctl has another value, or is named nowhere on a machine with a kernel of its own.
    fn lacks_sysctl(&self, key: &str, value: &str) -> bool {
        let mut samples = self.evidence.samples.iter();
        let Some(sample) = samples.find(|sample| sample.machine == self.machine) else { return false };
        if self.evidence.model.targets.iter().any(|target| !owns_sysctl(&target.name, key)) {
            return false;
        }
        if let Some((_, set)) = sample.bundle.sysctls.iter().find(|(known, _)| **known == *key) {
            return set != value;
        }
        let spelt = key.replace('.', "/");
        let names = |text: &str| text.contains(key) || text.contains(&spelt);
        let files = sample.bundle.files.iter().map(|file| String::from_utf8_lossy(&file.content));
        let mut texts = files.chain(sample.bundle.commands.iter().map(|text| Cow::Borrowed(&**text)));
        !texts.any(|text| names(&text))
    }

    /// Whether the platform is known not to resolve names of machines, and nothing on the machine names /etc/hosts.
    fn names_unresolved(&self) -> bool {
        let targets = &self.evidence.model.targets;
        let lacks = |fact: &Fact<bool>| !fact.value;
        let unresolved = targets
            .iter()
            .any(|target| network(&target.name).and_then(|one| one.machine_names.as_ref()).is_some_and(lacks));
        let mut samples = self.evidence.samples.iter();
        let Some(sample) = samples.find(|sample| sample.machine == self.machine).filter(|_| unresolved) else {
            return false;
        };
        let files = sample.bundle.files.iter().map(|file| (&*file.path, String::from_utf8_lossy(&file.content)));
        let commands = sample.bundle.commands.iter().map(|text| ("", Cow::Borrowed(&**text)));
        !files.chain(commands).any(|(path, text)| HOSTS.iter().any(|word| path == *word || text.contains(word)))
    }

    /// On how many machines the application runs.
    pub(super) fn units(&self) -> usize {
        let program = &self.table.program;
        let apps = self.settings.programs.iter().filter(|one| one.name == *program).map(|one| one.app);
        let apps: std::collections::BTreeSet<AppId> = apps.chain([self.app]).collect();
        apps.into_iter().map(|app| self.evidence.model.app(app).units.len()).sum()
    }

    /// What asks it for its health: a load balancer, or a kubelet for its pod.
    pub(super) fn prober(&self) -> Option<String> {
        self.balancer().or_else(|| self.probe()).or_else(|| self.kubeadm())
    }

    /// A probe of its container that gives no credential.
    fn probe(&self) -> Option<String> {
        let asks = |container: &Json| {
            let words = ["command", "args"].into_iter().filter_map(|key| container[key].as_array()).flatten();
            let program = words.filter_map(Json::as_str).next().and_then(|word| word.rsplit('/').next());
            let name = PROBES.iter().find(|name| is_anonymous(&container[**name]["httpGet"]))?;
            (program == Some(&*self.table.program)).then_some(*name)
        };
        let here = |pods: &&Pods<'_>| {
            let machine = match pods.number {
                Number::Static(machine) => Some(machine),
                _ => None,
            };
            (pods.app, machine) == (self.app, self.machine)
        };
        let all = pods::all(self.evidence);
        let own = all.iter().filter(here);
        let mut found = own.filter_map(|pods| {
            let mut containers = pods.spec["containers"].as_array()?.iter();
            containers.find_map(asks).map(|name| format!("the {name} of {}", pods.title()))
        });
        found.next()
    }

    /// kubeadm, which writes the probes of the pods that it gives arguments.
    ///
    /// Source: kubernetes/kubernetes cmd/kubeadm/app/phases/controlplane/manifests.go (GetStaticPodSpecs).
    fn kubeadm(&self) -> Option<String> {
        let documents = self.evidence.samples.iter().flat_map(|sample| sample.documents());
        let mut own = documents.filter(|one| (one.owner.provider(), one.owner.machine) == (self.app, self.machine));
        let is_kubeadm = |text: &str| text.contains("kubeadm.k8s.io/") && text.contains("ClusterConfiguration");
        let found = own.any(|one| one.value().is_some_and(|value| is_kubeadm(&plain(value))));
        found.then(|| "the livenessProbe that kubeadm writes".to_owned())
    }

    /// The load balancer before it whose files name a path of its health.
    fn balancer(&self) -> Option<String> {
        let model = self.evidence.model;
        let before = |app: AppId| {
            let leads = |relation: &&crate::model::Relation| {
                relation.from.app == app
                    && relation.to.app == self.app
                    && dialled_names::is_forwarding(model, relation.from)
            };
            model.relations.iter().any(|relation| leads(&relation))
        };
        let asks = |entry: &Entry<'_>| match entry {
            Entry::Document(document) => match &document.content {
                Content::Text(text) if HEALTH.iter().any(|path| text.contains(path)) => Some(document.owner.app),
                _ => None,
            },
            _ => None,
        };
        let mut entries = self.evidence.samples.iter().flat_map(|sample| &sample.entries);
        entries.find_map(|entry| asks(entry).filter(|app| before(*app))).map(|app| format!("`{}`", model.app(app).name))
    }
}
