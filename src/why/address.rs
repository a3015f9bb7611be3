//! Addresses: their owners, and how they were allocated.

use std::net::IpAddr;

use crate::model::component::Local;
use crate::model::nodes::{NodeRange, Nodes};
use crate::model::{AppId, MachineId};
use crate::pki::spec::San;

use super::query::Query;
use super::{Answer, Link, Why, layer, place};

/// `10.10.0.254`.
pub(super) fn answer(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    let address: IpAddr = query.name.parse().ok()?;
    let links = of(why, &San::Ip(address));
    (!links.is_empty()).then(|| Answer::new(format!("the address {address}"), links))
}

/// `keepalived.shared`: an address of an application.
pub(super) fn item(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    let (owner, name) = query.name.split_once('.')?;
    let app = why.app(owner)?;
    let Local::Address(place) = why.model().component_of(app).local(name)? else { return None };
    let address = why.model().app(app).addresses.get(place as usize)?;
    let links = of_item(why, app, place as usize);
    Some(Answer::new(format!("the address `{name}` of `{owner}`"), links).with(address.to_string()))
}

/// The owner of a name or an address in the cluster.
pub(super) fn of(why: &Why<'_, '_>, name: &San) -> Vec<Link> {
    let model = why.model();
    let mut links = Vec::new();
    for (place, machine) in model.machines.iter().enumerate() {
        let same = match name {
            San::Ip(address) => machine.address == *address,
            San::Dns(name) => machine.name == *name,
        };
        if same {
            links.push(of_machine(why, MachineId(place as u32)));
        }
    }
    let San::Ip(address) = name else { return links };
    for (app, value) in model.apps() {
        for (place, _) in value.addresses.iter().enumerate().filter(|(_, own)| *own == address) {
            links.extend(of_item(why, app, place));
        }
    }
    if model.cluster.nodes.is_gateway(*address) {
        let field = if model.cluster.nodes.first().place.is_some() { "nodes" } else { "gateway" };
        let gateway = layer::cluster_links(why, field).unwrap_or_default();
        links.push(Link::new(gateway_of(&model.cluster.nodes, *address)).because(gateway));
    }
    links
}

/// Why a machine has its address.
pub(super) fn of_machine(why: &Why<'_, '_>, id: MachineId) -> Link {
    let model = why.model();
    let (machine, group) = (model.machine(id), model.group_of(id));
    let named = Link::at(group.span, format!("`{}` is machine {} of `{}`", machine.name, machine.index, group.name));
    let pinned = ["addresses", "first-address"].into_iter().find_map(|field| {
        let (_, ast) = model.layers.machines.iter().find(|(_, ast)| ast.name.name == group.name)?;
        let module = layer::module_of(why, group.span);
        model.layers.field(&group.name, module, &ast.body, field).map(|written| (field, written.expr.span))
    });
    let given = match (layer::own(why, id, "address"), pinned) {
        (Some(own), _) => own,
        (None, Some(("first-address", _))) if group.own_names => {
            given(why, &machine.name, "the first free address from `first-address` on, in", model.range_of(machine))
        }
        (None, Some((field, span))) => Link::at(span, format!("`{field}` pins it")),
        (None, None) => given(why, &machine.name, "the first free address from the start of", model.range_of(machine)),
    };
    Link::at(group.span, format!("{} is the address of `{}`", machine.address, machine.name)).because([named, given])
}

/// Why an application has one of its addresses.
pub(super) fn of_item(why: &Why<'_, '_>, app: AppId, place: usize) -> Vec<Link> {
    let model = why.model();
    let item = model.component_of(app).addresses[place];
    let value = model.app(app);
    let Some(address) = value.addresses.get(place) else { return Vec::new() };
    let key = format!("{}/{}", value.name, item.name.name);
    let how = match item.body.field("pin") {
        Some(pin) if is_pinned(why, app, pin) => Link::at(pin.span, format!("`{}`", why.text(pin.span))),
        _ => given(why, &key, "the first free address from the end of", range_of(why, *address)),
    };
    let deployed = Link::at(value.span, place::deployed(why, app));
    let text = format!("{address} is the address `{}` of `{}`", item.name.name, value.name);
    vec![Link::at(item.name.span, text).because([how, deployed])]
}

fn is_pinned(why: &Why<'_, '_>, app: AppId, pin: &crate::syntax::ast::Field) -> bool {
    let mut scope = crate::model::scope::Scope::app(why.model(), app);
    why.model().eval(&mut scope, &pin.value).is_ok_and(|value| !layer::is_none(&value))
}

/// The range that an address is of.
fn range_of<'m>(why: &'m Why<'_, '_>, address: IpAddr) -> &'m NodeRange {
    let nodes = &why.model().cluster.nodes;
    nodes.holding(address).unwrap_or(nodes.first())
}

fn gateway_of(nodes: &Nodes, address: IpAddr) -> String {
    let own = nodes.iter().find(|range| range.gateways().any(|gateway| gateway == address));
    match own.and_then(|range| range.place.as_ref()) {
        Some(place) => format!("it is the gateway of `{place}`"),
        None => "it is the gateway of the cluster".to_owned(),
    }
}

fn given(why: &Why<'_, '_>, key: &str, rule: &str, range: &NodeRange) -> Link {
    if why.input.lock.addresses.contains_key(key) {
        return Link::new(format!("kept by kmodel.lock: it was allocated earlier, as `{key}`"));
    }
    let nodes = layer::cluster_links(why, "nodes").unwrap_or_default();
    let (title, range) = (range.title(), range.range);
    Link::new(format!("allocated: {rule} `{title}` {range}")).because(nodes)
}
