//! Groups of machines, and the machines in them with their addresses.

use std::net::IpAddr;
use std::ops::Range;

use ipnet::IpNet;

use crate::check::ModuleId;
use crate::check::text_form::TextForm;
use crate::diag::{Code, Diagnostic, Help};
use crate::facts::family::{Family, family};
use crate::facts::label;
use crate::facts::platform::platform;
use crate::hash::{HashMap, HashSet};
use crate::model::address::{Allocator, bits, nth};
use crate::model::allocators::Allocators;
use crate::model::disk::{Attachments, Disk};
use crate::model::endpoint::texts;
use crate::model::input::Forget;
use crate::model::layer::Written;
use crate::model::link::Link;
use crate::model::moved::Former;
use crate::model::nodes::{NodeRange, Nodes};
use crate::model::scope::Scope;
use crate::model::{Cluster, Group, Machine, MachineId, Shape, Value};
use crate::source::Span;
use crate::syntax::ast::{Machines, Name};
use crate::text::Count;

use super::Fields;
use super::naming::{Known, Naming, naming, same_names};
use super::part::Parts;
use super::place::Placed;

/// The most machines a group may have: a slip of a few zeros must not take the memory of the machine.
const MAX_COUNT: i64 = 1_000_000;

/// What a machine reserves for its system by default: a minimal Debian, and some room to log in.
pub const SYSTEM_CORES: f64 = 0.1;
const SYSTEM_MEMORY: u64 = 256 << 20;

/// Makes all groups and machines.
pub fn machines(shape: &mut Shape<'_>, forget: &Forget, addresses: &mut Allocators, problems: &mut Vec<Diagnostic>) {
    let mut wanted: Vec<Wanted> = Vec::new();
    for (module, ast) in shape.layers.machines.clone() {
        if let Some((group, plan)) = group(shape, module, ast, problems) {
            shape.groups.push(group);
            wanted.push(plan);
        }
    }
    problems.extend(same_names(shape.groups.iter().zip(wanted.iter().map(|wanted| &wanted.naming))));
    rename(shape, &wanted, problems);
    let departed = forget_gone(shape, &wanted, forget);
    let before = shape.lock.addresses.clone();
    mark_known(shape, &wanted);
    let Some(ranges) = ranges(shape, &wanted, problems) else { return };
    reserve(shape, (&wanted, &ranges, &departed), addresses, problems);
    for (index, wanted) in wanted.iter().enumerate() {
        if !fill(shape, index, (wanted, &ranges), addresses, problems) {
            return;
        }
    }
    let machines = || shape.machines.iter().enumerate();
    let new = machines().filter(|(_, machine)| !before.is_empty() && !before.contains_key(&*machine.name));
    let new = new.map(|(place, _)| MachineId(place as u32)).collect();
    let other = machines().filter_map(|(place, machine)| {
        let had = before.get(&*machine.name).filter(|had| **had != machine.address)?;
        Some((MachineId(place as u32), *had))
    });
    shape.readdressed = other.collect();
    shape.new_machines = new;
}

/// What is needed to make the machines of a group.
struct Wanted {
    naming: Naming,
    zones: Vec<Name>,
    zone: Option<Name>,
    racks: Vec<Name>,
    rack: Option<Name>,
    os: Option<&'static Family>,
    pins: Vec<Pin>,
    links: Parts<Link>,
    disks: Parts<Disk>,
    /// Where new machines with names of their own begin.
    start: Option<IpAddr>,
}

/// An address that the model gives to a machine, by its place in the group.
#[derive(Clone, Copy)]
struct Pin {
    index: u32,
    address: IpAddr,
    span: Span,
}

impl Wanted {
    fn zone(&self, index: u32) -> Option<Name> {
        self.naming.text(index, "zone").or_else(|| domain(&self.zones, self.zone.as_ref(), index))
    }

    fn rack(&self, index: u32) -> Option<Name> {
        self.naming.text(index, "rack").or_else(|| domain(&self.racks, self.rack.as_ref(), index))
    }

    /// The zones and racks that are written, also where a count leaves them without a machine.
    fn domains(&self) -> impl Iterator<Item = Name> {
        let own = (0..).zip(self.naming.own()).flat_map(move |(index, _)| {
            ["zone", "rack"].into_iter().filter_map(move |field| self.naming.text(index, field))
        });
        let lists = self.zones.iter().chain(&self.racks).chain(&self.zone).chain(&self.rack);
        lists.cloned().chain(own)
    }
}

/// Marks the ranges whose place the model has.
fn mark_known(shape: &mut Shape<'_>, wanted: &[Wanted]) {
    if shape.cluster.nodes.is_single() && shape.cluster.nodes.first().is_known {
        return;
    }
    let groups = shape.groups.iter().map(|group| group.name.clone());
    let known: HashSet<Name> = groups.chain(wanted.iter().flat_map(Wanted::domains)).collect();
    for range in shape.cluster.nodes.iter_mut() {
        range.is_known = range.place.as_ref().is_none_or(|place| known.contains(place));
    }
}

/// The place of each machine's range, by the machine's number. One problem a group: its machines are mostly alike.
fn ranges(shape: &Shape<'_>, wanted: &[Wanted], problems: &mut Vec<Diagnostic>) -> Option<Vec<u32>> {
    let count = shape.groups.last().map_or(0, |group| group.machines.end) as usize;
    let nodes = &shape.cluster.nodes;
    if nodes.first().place.is_none() {
        return Some(vec![0; count]);
    }
    let before = problems.len();
    let mut ranges = Vec::with_capacity(count);
    for (group, wanted) in shape.groups.iter().zip(wanted) {
        let found: Result<Vec<u32>, _> =
            (0..wanted.naming.count()).map(|index| range_of(nodes, group, wanted, index)).collect();
        match found {
            Ok(found) => ranges.extend(found),
            Err(problem) => problems.push(*problem),
        }
    }
    (problems.len() == before).then_some(ranges)
}

fn range_of(nodes: &Nodes, group: &Group, wanted: &Wanted, index: u32) -> Result<u32, Box<Diagnostic>> {
    let (zone, rack) = (wanted.zone(index), wanted.rack(index));
    let name = wanted.naming.name(&group.name, index);
    let placed = Placed { name: &name, group: &group.name, zone: zone.as_ref(), rack: rack.as_ref(), span: group.span };
    placed.range(nodes)
}

/// Gives what was given out under earlier names to the names of now.
fn rename(shape: &mut Shape<'_>, wanted: &[Wanted], problems: &mut Vec<Diagnostic>) {
    let known = Known::new(shape.groups.iter().zip(wanted).map(|(group, wanted)| (&group.name, &wanted.naming)));
    shape.former = Former::read(&shape.premise.layers, &known, problems);
    shape.former.rename(&mut shape.lock);
}

fn group(
    shape: &Shape<'_>,
    module: ModuleId,
    ast: &Machines,
    problems: &mut Vec<Diagnostic>,
) -> Option<(Group, Wanted)> {
    let count = count(shape, module, ast, problems)?;
    let mut fields = Fields { sight: shape.sight(), owner: &ast.name.name, module, body: &ast.body, problems };
    let naming = naming(&mut fields, count);
    let count = naming.count();
    let start = shape.groups.last().map_or(0, |group| group.machines.end);
    let group = Group {
        name: ast.name.name.clone(),
        span: ast.name.span,
        own_names: matches!(naming, Naming::Own(_)),
        machines: start..start + count,
        cores: fields.number("cores").unwrap_or(2.0),
        has_cores: fields.written("cores").is_some(),
        memory: fields.size("memory").unwrap_or(4 << 30),
        disk: fields.size("disk").unwrap_or(20 << 30),
        sized: ["cores", "memory"].iter().all(|field| fields.is_written(field)),
        arch: fields.text("arch").unwrap_or_else(|| "amd64".into()),
        os_span: fields.span(if fields.is_written("os") { "os" } else { "names" }),
        names_span: if fields.is_written("names") { fields.span("names") } else { ast.name.span },
        system: (
            fields.number("system-cores").unwrap_or(SYSTEM_CORES),
            fields.size("system-memory").unwrap_or(SYSTEM_MEMORY),
        ),
        at_once: at_once(&mut fields),
        at_once_span: fields.span("at-once"),
        labels: fields.value("labels").unwrap_or_else(|| Value::record::<&str>([])),
        taints: fields.value("taints").unwrap_or_else(|| Value::list([])),
    };
    nodes_take(&mut fields, &group);
    let wanted = wanted(&mut fields, &shape.cluster, naming);
    let empty = [("cores", group.cores <= 0.0), ("memory", group.memory == 0), ("disk", group.disk == 0)];
    for (field, _) in empty.into_iter().filter(|(_, empty)| *empty) {
        let message = format!("`{field}` of `{}` is zero", group.name);
        let problem = Diagnostic::new(Code::BadCount, fields.span(field), message);
        fields.problems.push(problem.help("set it to more than zero"));
    }
    Some((group, wanted))
}

/// None at a time would be no change at all.
fn at_once(fields: &mut Fields<'_, '_>) -> u32 {
    match fields.value("at-once") {
        Some(Value::Int(count)) if count < 1 => {
            let message = format!("`at-once` of `{}` is {count}: nothing could be changed", fields.owner);
            let problem = Diagnostic::new(Code::BadCount, fields.span("at-once"), message);
            fields.problems.push(problem.help("set it to 1 or more"));
            1
        }
        Some(Value::Int(count)) => u32::try_from(count).unwrap_or(u32::MAX),
        _ => 1,
    }
}

/// Labels, taints and zones are what Kubernetes takes: they become parts of flags and of files of others.
fn nodes_take(fields: &mut Fields<'_, '_>, group: &Group) {
    let zones = [
        ("zone", TextForm::LabelValue),
        ("zones", TextForm::LabelValue),
        ("rack", TextForm::Line),
        ("racks", TextForm::Line),
    ];
    for (field, form) in zones {
        let value = fields.value(field);
        let texts = value.iter().flat_map(|value| match value {
            Value::List(list) => list.iter().collect(),
            value => vec![value],
        });
        for text in texts.filter_map(Value::scalar_text) {
            fields.require(form, &text, field);
        }
    }
    if let Value::Record(labels) = &group.labels {
        for (key, value) in labels.iter() {
            fields.require(TextForm::LabelKey, key, "labels");
            near_kubernetes(fields, key, "labels");
            fields.require(TextForm::LabelValue, &value.scalar_text().unwrap_or_default(), "labels");
        }
    }
    for taint in texts(&group.taints) {
        let (taint, effect) = taint.rsplit_once(':').unwrap_or((&taint, "NoSchedule"));
        let (key, value) = taint.split_once('=').unwrap_or((taint, ""));
        fields.require(TextForm::LabelKey, key, "taints");
        near_kubernetes(fields, key, "taints");
        fields.require(TextForm::LabelValue, value, "taints");
        fields.require(TextForm::Word, effect, "taints");
    }
}

/// Labels of any name are right, but one that is nearly Kubernetes' own is hardly meant.
fn near_kubernetes(fields: &mut Fields<'_, '_>, key: &str, field: &str) {
    let Some(near) = label::meant(key) else { return };
    let message = format!("`{key}` is not a label of Kubernetes, but nearly one");
    let problem = Diagnostic::new(Code::LabelMisspelt, fields.span(field), message);
    fields.problems.push(problem.help(Help::near(&near)));
}

fn wanted(fields: &mut Fields<'_, '_>, cluster: &Cluster, naming: Naming) -> Wanted {
    let first = fields.address("first-address");
    let mut pins = match first {
        Some(first) => numbered_from(fields, first, cluster, &naming),
        None => listed(fields),
    };
    let own = naming.addresses();
    pins.retain(|pin| own.iter().all(|(index, ..)| *index != pin.index));
    pins.extend(own.into_iter().map(|(index, address, span)| Pin { index, address, span }));
    let (zones, racks) = (in_turn(fields, "zones", &naming), in_turn(fields, "racks", &naming));
    let start = first.filter(|first| matches!(naming, Naming::Own(_)) && cluster.nodes.contains(first));
    let links = Parts::read(fields, "interfaces", Link::read);
    let disks = Parts::read(fields, "disks", Disk::read);
    let (zone, rack) = (fields.text("zone"), fields.text("rack"));
    let os = fields.text("os").and_then(|os| family(&os));
    Wanted { naming, zones, zone, racks, rack, os, pins, links, disks, start }
}

/// Failure domains by the place in the group, which a new name would change for those behind it.
fn in_turn(fields: &mut Fields<'_, '_>, field: &'static str, naming: &Naming) -> Vec<Name> {
    let list = fields.texts(field);
    if let (Some(own), true) = (naming.own().first(), list.len() > 1) {
        let (one, owner) = (field.trim_end_matches('s'), fields.owner);
        let message = format!("`{field}` goes by numbers, but the machines of `{owner}` have names");
        let problem = Diagnostic::new(Code::WrongKind, fields.span(field), message);
        let help = format!("set it for each machine: `names = {{ {} = {{ {one} = \"{}\" }} }}`", own.name, list[0]);
        fields.problems.push(problem.help(help));
    }
    list
}

fn listed(fields: &mut Fields<'_, '_>) -> Vec<Pin> {
    let (addresses, span) = (fields.addresses("addresses"), fields.span("addresses"));
    (0..).zip(addresses).map(|(index, address)| Pin { index, address, span }).collect()
}

/// Numbers follow `first-address`. A name may come before others later, so it takes what is free from there on.
fn numbered_from(fields: &mut Fields<'_, '_>, first: IpAddr, cluster: &Cluster, naming: &Naming) -> Vec<Pin> {
    let (count, span) = (naming.count(), fields.span("first-address"));
    let range = cluster.nodes.holding(first);
    let addresses = match (naming, range) {
        (Naming::Own(_), Some(_)) => return Vec::new(),
        (_, Some(range)) => consecutive(range.range, first, count),
        (_, None) => vec![first; count as usize],
    };
    if let Some(range) = range.filter(|_| addresses.len() < count as usize) {
        let problem = past_the_end(fields, first, count, range);
        fields.problems.push(problem);
        return Vec::new();
    }
    (0..).zip(addresses).map(|(index, address)| Pin { index, address, span }).collect()
}

/// Addresses from one of a range on, as far as that goes.
fn consecutive(nodes: IpNet, first: IpAddr, count: u32) -> Vec<IpAddr> {
    let offset = bits(first).saturating_sub(bits(nodes.network()));
    (0..u128::from(count)).map_while(|i| nth(nodes, offset.checked_add(i)?)).collect()
}

fn past_the_end(fields: &Fields<'_, '_>, first: IpAddr, count: u32, range: &NodeRange) -> Diagnostic {
    let message = format!("{} from {first} on extend past the end of {range}", Count(count, "address"));
    Diagnostic::new(Code::RangeTooSmall, fields.span("first-address"), message)
        .label(range.span, "the range of the machines")
        .help("start at a lower address, or use a larger range")
}

/// The count that is written, and where; `None` if it has a problem.
#[expect(clippy::option_option, reason = "what is not written is not wrong")]
fn count(
    shape: &Shape<'_>,
    module: ModuleId,
    ast: &Machines,
    problems: &mut Vec<Diagnostic>,
) -> Option<Option<(u32, Span)>> {
    let set = shape.layers.set(&format!("{}.count", ast.name.name));
    let written = set.or_else(|| ast.count.as_ref().map(|expr| Written { module, expr }));
    let Some(written) = written else { return Some(None) };
    match shape.sight().eval(&mut Scope::file(written.module), written.expr) {
        Ok(Value::Int(count @ 0..=MAX_COUNT)) => {
            u32::try_from(count).ok().map(|count| Some((count, written.expr.span)))
        }
        Ok(Value::Int(count)) => {
            let message = format!("`{}` cannot have {}", ast.name.name, Count(count, "machine"));
            let problem = Diagnostic::new(Code::BadCount, written.expr.span, message);
            problems.push(problem.help(format!("a count must be from 0 to {MAX_COUNT}")));
            None
        }
        Ok(other) => {
            problems.push(*crate::model::eval::mismatch(written.expr.span, "`int`", &other));
            None
        }
        Err(problem) => {
            problems.push(*problem);
            None
        }
    }
}

/// Takes the addresses that are fixed already, by the model and by the lock, before any is given out.
fn reserve(
    shape: &mut Shape<'_>,
    (wanted, ranges, departed): (&[Wanted], &[u32], &Departed),
    addresses: &mut Allocators,
    problems: &mut Vec<Diagnostic>,
) {
    let mut holders: HashMap<IpAddr, (String, Span)> = HashMap::default();
    for (group, wanted) in shape.groups.iter().zip(wanted) {
        let mut reported = false;
        for Pin { index, address, span } in wanted.pins.iter().filter(|pin| pin.index < wanted.naming.count()).copied()
        {
            let name = wanted.naming.name(&group.name, index).to_string();
            // One problem a group: what is wrong with a first address is wrong with those after it.
            let of_departed = departed.by_address.get(&address).map(|holder| not_gone(&name, (address, span), holder));
            let place = ranges[(group.machines.start + index) as usize];
            let range = shape.cluster.nodes.at(place);
            if of_departed.is_some() || !range.is_usable(address) || !addresses.of(place).take(address) {
                let problem = of_departed
                    .unwrap_or_else(|| cannot_pin((range, &shape.cluster.nodes), &name, (address, span), &holders));
                problems.extend(Some(problem).filter(|_| !std::mem::replace(&mut reported, true)));
            }
            holders.entry(address).or_insert((name.clone(), span));
            shape.lock.addresses.insert(name, address);
        }
    }
    let by_name = by_name(shape, wanted, ranges);
    keep(shape, (departed, &by_name), (addresses, &holders), problems);
}

/// The range of each machine by its name, where there are several: an address of another one is not kept.
fn by_name(shape: &Shape<'_>, wanted: &[Wanted], ranges: &[u32]) -> HashMap<String, u32> {
    if shape.cluster.nodes.is_single() {
        return HashMap::default();
    }
    let groups = shape.groups.iter().zip(wanted);
    let names = groups.flat_map(|(group, wanted)| {
        (0..wanted.naming.count()).map(move |index| wanted.naming.name(&group.name, index).to_string())
    });
    names.zip(ranges.iter().copied()).collect()
}

/// Takes what earlier renders gave out. Machines of the model come first, those that left it have what is left of theirs.
fn keep(
    shape: &mut Shape<'_>,
    (departed, ranges): (&Departed, &HashMap<String, u32>),
    (addresses, holders): (&mut Allocators, &HashMap<IpAddr, (String, Span)>),
    problems: &mut Vec<Diagnostic>,
) {
    let all = shape.lock.addresses.iter().map(|(name, address)| (name.clone(), *address));
    let (left, kept): (Vec<_>, Vec<_>) = all.partition(|(name, _)| departed.names.contains(name));
    let mut given: HashMap<IpAddr, &str> = HashMap::default();
    for (place, (name, address)) in kept.iter().chain(&left).enumerate() {
        let pinned = holders.get(address).is_some_and(|(holder, _)| holder == name);
        let mut take = || match ranges.get(name) {
            Some(range) => addresses.of(*range).take(*address),
            None => addresses.take(*address),
        };
        if pinned || take() {
            given.insert(*address, name);
            continue;
        }
        if let Some(other) = given.get(address).filter(|_| !holders.contains_key(address) && place < kept.len()) {
            problems.push(given_twice(shape, *address, (other, name)));
        }
        // An address of an earlier range, or one that was pinned for another machine since, is given out anew.
        shape.lock.addresses.remove(name);
    }
}

/// Two branches that each add a machine merge without a conflict.
fn given_twice(shape: &Shape<'_>, address: IpAddr, (one, other): (&str, &str)) -> Diagnostic {
    let message = format!("kmodel.lock has {address} for `{one}` and for `{other}`");
    Diagnostic::new(Code::AddressTaken, shape.cluster.spans["nodes"], message)
        .here("the range of the machines")
        .help("remove the line of the machine that does not run yet: it gets another address")
}

/// Machines that left the model and may still run.
#[derive(Default)]
struct Departed {
    names: HashSet<String>,
    by_address: HashMap<IpAddr, String>,
}

/// Forgets machines that are gone. What others that left have is given to nobody.
fn forget_gone(shape: &mut Shape<'_>, wanted: &[Wanted], forget: &Forget) -> Departed {
    let known = Known::new(shape.groups.iter().zip(wanted).map(|(group, wanted)| (&group.name, &wanted.naming)));
    let is_there = |name: &str| known.has(name);
    shape.lock.addresses.retain(|name, _| is_there(name) || !forget.has(name));
    let mut departed = Departed::default();
    for (name, address) in shape.lock.departed(is_there) {
        departed.names.insert(name.to_owned());
        departed.by_address.insert(address, name.to_owned());
    }
    departed
}

fn not_gone(name: &str, (address, span): (IpAddr, Span), holder: &str) -> Diagnostic {
    let message = format!("`{name}` cannot have {address}, which is the address of `{holder}`");
    Diagnostic::new(Code::AddressTaken, span, message)
        .here(format!("`{holder}` left the model and may still run"))
        .help(format!(
            "pin another address; or remove `{holder}`, and confirm that it is gone: `kmodel render --forget {holder}`"
        ))
}

/// The machine that has this address and is in the model no more, if it is not known to be gone.
pub(super) fn departed(shape: &Shape<'_>, address: IpAddr) -> Option<String> {
    let is_there = |name: &str| shape.machines.iter().any(|machine| *machine.name == *name);
    let found = shape.lock.addresses.iter().find(|(name, known)| **known == address && !name.contains('/'));
    found.map(|(name, _)| name.clone()).filter(|name| !is_there(name))
}

/// Why a machine of a range cannot have an address.
fn cannot_pin(
    (range, nodes): (&NodeRange, &Nodes),
    name: &str,
    (address, span): (IpAddr, Span),
    holders: &HashMap<IpAddr, (String, Span)>,
) -> Diagnostic {
    if !range.range.contains(&address) {
        return outside((range, nodes), name, (address, span));
    }
    if !range.is_usable(address) {
        let message = format!("`{name}` cannot have {address}, the network or broadcast address of {range}");
        return Diagnostic::new(Code::AddressTaken, span, message)
            .help("use an address between the first and the last");
    }
    let taken = |holder: &str| {
        let message = format!("`{name}` cannot have {address}, which is the address of {holder}");
        Diagnostic::new(Code::AddressTaken, span, message).help("use a different address for each")
    };
    match holders.get(&address) {
        Some((holder, place)) => taken(&format!("`{holder}`")).label(*place, format!("the address of `{holder}`")),
        None => taken("the gateway").label(range.gateway_span, "the gateway; by default the first address"),
    }
}

fn outside((range, nodes): (&NodeRange, &Nodes), name: &str, (address, span): (IpAddr, Span)) -> Diagnostic {
    let message = format!("`{name}` is at {address}, outside {range}");
    let problem =
        Diagnostic::new(Code::AddressOutsideRange, span, message).label(range.span, "the range of the machines");
    match nodes.holding(address) {
        Some(other) => problem
            .label(other.span, format!("{address} is in this range"))
            .help("use an address in the range of the machine's own zone, rack or group"),
        None => problem.help("use an address in that range, or change the range"),
    }
}

fn fill(
    shape: &mut Shape<'_>,
    group: usize,
    (wanted, ranges): (&Wanted, &[u32]),
    addresses: &mut Allocators,
    problems: &mut Vec<Diagnostic>,
) -> bool {
    let Range { start, .. } = shape.groups[group].machines;
    debug_assert_eq!(shape.machines.len(), start as usize);
    shape.machines.reserve(wanted.naming.count() as usize);
    let platform = shape.targets.first().and_then(|target| platform(&target.name));
    let mut attachments = Attachments::new(platform.map_or(&[], |platform| &platform.attaches));
    for index in 0..wanted.naming.count() {
        let name = wanted.naming.name(&shape.groups[group].name, index);
        let range = ranges[(start + index) as usize];
        let known = shape.lock.addresses.get(&*name).copied();
        let Some(address) = known.or_else(|| next(addresses.of(range), wanted.start)) else {
            problems.push(too_small(shape, (range, ranges), addresses.of(range)));
            return false;
        };
        shape.lock.addresses.insert(name.to_string(), address);
        let (zone, rack) = (wanted.zone(index), wanted.rack(index));
        let own = |field| wanted.naming.text(index, field);
        let os = own("os").and_then(|os| family(&os)).or(wanted.os);
        let serial = own("serial");
        let own = wanted.naming.own().get(index as usize);
        let (links, disks) = (wanted.links.of(own), attachments.of(wanted.disks.of(own)));
        shape.machines.push(Machine {
            name,
            group: group as u32,
            index,
            address,
            range,
            zone,
            rack,
            os,
            serial,
            links,
            disks,
        });
    }
    true
}

/// The next free address of a range, from a place on if that is in it.
fn next(addresses: &mut Allocator, start: Option<IpAddr>) -> Option<IpAddr> {
    match start.filter(|start| addresses.range().contains(start)) {
        Some(start) => addresses.next_after(start),
        None => addresses.next_from_start(),
    }
}

/// The failure domain of a machine: of several, each in turn.
fn domain(list: &[Name], one: Option<&Name>, index: u32) -> Option<Name> {
    match list.len() {
        0 => one.cloned(),
        n => list.get(index as usize % n).cloned(),
    }
}

fn too_small(shape: &Shape<'_>, (place, ranges): (u32, &[u32]), addresses: &Allocator) -> Diagnostic {
    let is_in = |machine: &u32| ranges[*machine as usize] == place;
    let wanted = u32::try_from(ranges.iter().filter(|range| **range == place).count()).unwrap_or(u32::MAX);
    let nodes = shape.cluster.nodes.at(place);
    let room = Count(usize::try_from(addresses.capacity()).unwrap_or(usize::MAX), "machine");
    let are = if wanted == 1 { "is" } else { "are" };
    let message = format!("{nodes} has room for {room}, and {wanted} {are} needed");
    let bits = u8::try_from(u32::BITS - (wanted + 12).leading_zeros()).unwrap_or(32);
    let prefix = nodes.range.max_prefix_len().saturating_sub(bits);
    let there: HashSet<&str> = shape.machines.iter().map(|machine| &*machine.name).collect();
    let is_there = |name: &str| there.contains(name);
    let left = shape.lock.departed(is_there).count();
    let help = match left {
        0 => format!("use a range with a prefix of /{prefix} or shorter"),
        left => format!(
            "use a range with a prefix of /{prefix} or shorter; {} left the model and keep their addresses until you pass `--forget`",
            Count(left, "machine")
        ),
    };
    let mut problem = Diagnostic::new(Code::RangeTooSmall, nodes.span, message).help(help);
    for group in &shape.groups {
        let needs = group.machines.clone().filter(is_in).count();
        problem = if needs == 0 { problem } else { problem.label(group.span, format!("needs {needs}")) };
    }
    problem
}
