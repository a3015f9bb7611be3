//! Settings that depend on the machine that they are on: its addresses, and the name of its node.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::diag::{Code, Diagnostic};
use crate::facts::setting::{Apart, Host, Named, Own, Typed};
use crate::model::{MachineId, Model};
use crate::source::Span;
use crate::verify::Evidence;

use super::settings::{Setting, Settings};
use super::{distinct_places, problem};

/// Addresses that are those of other machines, or of none.
pub(super) fn own(model: &Model<'_>, settings: &Settings, rule: &Own) -> Vec<Diagnostic> {
    let verify = |setting: &Setting| {
        let machine = setting.machine?;
        let (address, whose) =
            setting.values.iter().filter_map(address).find_map(|ip| Some((ip, whose(model, rule, machine, ip)?)))?;
        let own = model.machine(machine);
        let (name, at) = (&setting.written, own.address);
        let message = format!("`{name}` has {address}, {whose}, but `{}` has {at}: {}", own.name, rule.what);
        let label = format!("`{}` is of this group", own.name);
        let found = problem(model, Code::SettingsDiffer, setting, message).label(model.group_of(machine).span, label);
        Some(found.help("use `machine.address`, which is another one on each machine"))
    };
    distinct_places(settings.named(&rule.setting).filter(|setting| setting.on_host).filter_map(verify))
}

/// Values that are the same on two machines of an application, and must not be.
pub(super) fn apart(model: &Model<'_>, settings: &Settings, rule: &Apart) -> Vec<Diagnostic> {
    let holds = |setting: &Setting| rule.when.as_ref().is_none_or(|when| settings.beside(setting, when).is_some());
    // What systemd puts in is another value on each machine.
    let is_known =
        |setting: &&Setting| setting.on_host && !setting.text.is_empty() && !setting.text.contains(['%', '$']);
    let given: Vec<&Setting> =
        settings.named(&rule.setting).filter(is_known).filter(|setting| holds(setting)).collect();
    let verify = |setting: &&Setting| {
        let is_like = |other: &&&Setting| {
            (other.app, &other.values) == (setting.app, &setting.values) && other.machine > setting.machine
        };
        let other = given.iter().find(is_like)?;
        let (name, text) = (&setting.written, &setting.text);
        let (one, two) = (model.machine(setting.machine?), model.machine(other.machine?));
        let message = format!("`{name}` is `{text}` on `{}` and on `{}`: {}", one.name, two.name, rule.what);
        let found = problem(model, Code::SettingsDiffer, setting, message);
        Some(found.help("derive it from `machine`, which is another one on each machine"))
    };
    distinct_places(given.iter().filter_map(verify))
}

/// The address in a value.
fn address(value: &Typed) -> Option<IpAddr> {
    match value {
        Typed::Address(address) => Some(*address),
        Typed::Url(url) => match url.host {
            Host::Address(address) => Some(address),
            Host::Name(_) => None,
        },
        _ => None,
    }
}

/// Whose an address is that is not the machine's own. Of what is outside all ranges of the model nothing is known: a machine
/// may have other interfaces. Programs replace an unspecified address.
fn whose(model: &Model<'_>, rule: &Own, machine: MachineId, ip: IpAddr) -> Option<String> {
    let own = model.machine(machine);
    if ip == own.address || ip.is_unspecified() {
        return None;
    }
    if ip.is_loopback() {
        return (!rule.loopback).then(|| "a loopback address".to_owned());
    }
    if ip.is_multicast() {
        return Some("a multicast address".to_owned());
    }
    if let Some(other) = model.machines.iter().find(|other| other.address == ip) {
        return Some(format!("the address of `{}`", other.name));
    }
    let cluster = &model.cluster;
    let has = |ranges: &[ipnet::IpNet]| ranges.iter().any(|range| range.contains(&ip));
    let of_range = [("pods", has(&cluster.pods)), ("services", has(&cluster.services))];
    if let Some((range, _)) = of_range.into_iter().find(|(_, is_inside)| *is_inside) {
        return Some(format!("which is in `{range}`"));
    }
    // An address that moves between machines is on this one at times.
    let is_free = !rule.shared && cluster.nodes.contains(&ip);
    is_free.then(|| "which no machine has".to_owned())
}

/// What names the node of a machine.
struct Known<'a> {
    name: String,
    /// As a message has it.
    said: String,
    span: Span,
    setting: Option<&'a Setting>,
}

/// Programs and certificates of one machine that have different names for its node.
pub(super) fn named(evidence: &Evidence<'_, '_>, settings: &Settings, rule: &Named) -> Vec<Diagnostic> {
    let here = |setting: &&Setting| setting.on_host && !setting.text.trim().is_empty();
    let given: Vec<&Setting> = rule.settings.iter().flat_map(|name| settings.named(name).filter(here)).collect();
    let machines: BTreeSet<MachineId> = given.iter().filter_map(|setting| setting.machine).collect();
    distinct_places(machines.into_iter().filter_map(|machine| {
        let own = given.iter().filter(|setting| setting.machine == Some(machine));
        let mut list: Vec<Known<'_>> = own.map(|setting| of_setting(setting)).collect();
        list.extend(users(evidence, rule, machine));
        let (first, rest) = list.split_first()?;
        let other = rest.iter().find(|other| other.name != first.name)?;
        let message =
            format!("{} is `{}`, and {} is `{}`: {}", first.said, first.name, other.said, other.name, rule.what);
        let found = problem(evidence.model, Code::SettingsDiffer, first.setting?, message);
        Some(found.label(other.span, other.said.clone()).help("derive all of them from `machine.name`"))
    }))
}

/// Kubernetes takes the name of a node without spaces around it, and in lowercase.
fn of_setting(setting: &Setting) -> Known<'_> {
    let (name, said) = (setting.text.trim().to_lowercase(), format!("`{}`", setting.written));
    Known { name, said, span: setting.span, setting: Some(setting) }
}

/// The users of the nodes that certificates on a machine are for.
fn users<'a>(evidence: &Evidence<'_, '_>, rule: &Named, machine: MachineId) -> Vec<Known<'a>> {
    let model = evidence.model;
    let units = model.apps().filter_map(|(app, _)| model.unit_on(app, machine).map(|unit| (app, unit)));
    let certificates = units.flat_map(|(app, unit)| {
        let certs = model.component_of(app).certs.iter().enumerate();
        certs.map(move |(place, info)| (app, unit, place as u32, info))
    });
    let known = certificates.filter_map(|(app, unit, place, info)| {
        let spec = evidence.pki.spec(model, unit, place).filter(|spec| spec.client)?;
        let name = spec.cn.strip_prefix(&*rule.user)?.to_owned();
        let said = format!("the node of the certificate `{}` of `{}`", info.ast.name.name, model.app(app).name);
        Some(Known { name, said, span: info.ast.name.span, setting: None })
    });
    known.collect()
}
