//! Instances with one router ID on several machines: one of them is the first, and all know the same password.

use std::net::IpAddr;

use crate::diag::{Code, Diagnostic};
use crate::verify::Evidence;

use super::super::{File, files, machine_at};
use super::text::{Block, Instance, blocks, instances};
use super::{is_one, is_shared};

/// Compares those of different machines.
pub(super) fn verify(evidence: &Evidence<'_, '_>) -> Vec<Diagnostic> {
    let files: Vec<File<'_, '_>> = evidence.samples.iter().flat_map(|sample| files(sample, is_one)).collect();
    let texts: Vec<Vec<Block<'_>>> = files.iter().map(|file| blocks(file.text)).collect();
    let all: Vec<Instance<'_, '_>> =
        texts.iter().enumerate().flat_map(|(file, blocks)| instances(file, blocks)).collect();
    let mut problems: Vec<Diagnostic> = Vec::new();
    for (place, instance) in all.iter().enumerate() {
        let mut others = all[..place].iter().filter(|other| is_pair(&files, instance, other));
        let both = others.any(|other| are_equal(instance, other));
        let file = &files[instance.file];
        let alone = is_shared(evidence, file) && evidence.model.app(file.document.owner.app).units.len() > 1;
        if instance.is_master() && (both || alone) {
            problems.push(equal(evidence, file, instance));
        }
        problems.extend(Some(()).filter(|()| alone).and_then(|()| source(evidence, file, instance)));
        problems.extend(passwords(evidence, &files, instance, &all[..place]));
        problems.extend(clash(evidence, &files, instance, &all[..place]));
    }
    // The same place is reported once.
    let mut known = Vec::new();
    problems.retain(|problem| {
        let key = (problem.code, problem.labels[0].span);
        let is_new = !known.contains(&key);
        known.push(key);
        is_new
    });
    problems
}

/// Whether two are the same router on different machines.
fn is_pair(files: &[File<'_, '_>], one: &Instance<'_, '_>, other: &Instance<'_, '_>) -> bool {
    let router = |instance: &Instance<'_, '_>| instance.router().map(|(id, _)| id.to_owned());
    let vips = |instance: &Instance<'_, '_>| {
        let mut list: Vec<_> = instance.addresses("virtual_ipaddress").into_iter().map(|(ip, _)| ip).collect();
        list.sort();
        list
    };
    let machine = |instance: &Instance<'_, '_>| files[instance.file].machine;
    machine(one).is_some()
        && machine(other).is_some()
        && machine(one) != machine(other)
        && router(one).is_some()
        && router(one) == router(other)
        && vips(one) == vips(other)
}

fn are_equal(one: &Instance<'_, '_>, other: &Instance<'_, '_>) -> bool {
    other.is_master() && one.priority() == other.priority()
}

fn equal(evidence: &Evidence<'_, '_>, file: &File<'_, '_>, instance: &Instance<'_, '_>) -> Diagnostic {
    let line = instance.word("state").map_or(1, |(_, line)| line);
    let message = format!(
        "`{}` is MASTER with priority {} on more than one machine: each takes the address when it starts",
        instance.name,
        instance.priority()
    );
    let help = "use `state BACKUP` on every machine, or one MASTER, and a `priority` of its own on each";
    file.problem(evidence.model, Code::UnwiseSetting, line, message, help)
}

/// An address of one machine in a file that all of them have.
fn source(evidence: &Evidence<'_, '_>, file: &File<'_, '_>, instance: &Instance<'_, '_>) -> Option<Diagnostic> {
    let (model, (word, line)) = (evidence.model, instance.word("unicast_src_ip")?);
    let address: IpAddr = word.split('/').next()?.parse().ok()?;
    machine_at(model, address)?;
    let message = format!(
        "`unicast_src_ip` of `{}` is {address} on every machine of `{}`, and only one has that address",
        instance.name,
        model.app(file.document.owner.app).name
    );
    Some(file.problem(
        model,
        Code::SettingsDiffer,
        line,
        message,
        "use `machine.address` of each machine, or remove it",
    ))
}

/// Two routers of one number on one network, each of which takes the other's advertisements for those of its own.
fn clash(
    evidence: &Evidence<'_, '_>,
    files: &[File<'_, '_>],
    instance: &Instance<'_, '_>,
    before: &[Instance<'_, '_>],
) -> Option<Diagnostic> {
    let (router, line) = instance.router()?;
    let interface = |one: &Instance<'_, '_>| one.word("interface").map(|(name, _)| name.to_owned());
    let vips =
        |one: &Instance<'_, '_>| one.addresses("virtual_ipaddress").into_iter().map(|(ip, _)| ip).collect::<Vec<_>>();
    let own = vips(instance);
    // Those with peers send to these alone.
    let is_open = |one: &Instance<'_, '_>| one.part("unicast_peer").is_none() && files[one.file].machine.is_some();
    let meets = |other: &&Instance<'_, '_>| {
        files[other.file].machine != files[instance.file].machine
            && other.router().map(|(id, _)| id) == Some(router)
            && is_open(other)
            && interface(other) == interface(instance)
            && other.is_v6() == instance.is_v6()
            && !own.is_empty()
            && !vips(other).is_empty()
            && !vips(other).iter().any(|ip| own.contains(ip))
    };
    let other = before.iter().filter(|_| is_open(instance)).find(meets)?;
    let machine = files[other.file].machine.map_or("", |machine| &evidence.model.machine(machine).name);
    let message = format!(
        "`{}` and `{}` on `{machine}` both have the router ID {router} on one network, for other addresses: each gets the other's advertisements",
        instance.name, other.name
    );
    let help =
        "give each shared address a `virtual_router_id` of its own, or list the machines of each in `unicast_peer`";
    Some(files[instance.file].problem(evidence.model, Code::UnwiseSetting, line, message, help))
}

/// Different passwords: each takes the other's advertisements for those of a stranger, and both have the address.
fn passwords(
    evidence: &Evidence<'_, '_>,
    files: &[File<'_, '_>],
    instance: &Instance<'_, '_>,
    before: &[Instance<'_, '_>],
) -> Option<Diagnostic> {
    let line = |one: &Instance<'_, '_>| {
        let lines = &one.part("authentication")?.inside;
        let line = lines.iter().find(|line| line.words.first() == Some(&"auth_pass"))?;
        Some((line.words[1..].iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), line.line))
    };
    let (own, at) = line(instance)?;
    let differs = |other: &&Instance<'_, '_>| line(other).is_some_and(|(other, _)| other != own);
    let other = before.iter().filter(|other| is_pair(files, instance, other)).find(differs)?;
    let name = files[other.file].machine.map_or("", |machine| &evidence.model.machine(machine).name);
    let message =
        format!("`auth_pass` of `{}` differs from that on `{name}`: both machines take the address", instance.name);
    Some(files[instance.file].problem(
        evidence.model,
        Code::SettingsDiffer,
        at,
        message,
        "use one password on every machine of the router",
    ))
}
