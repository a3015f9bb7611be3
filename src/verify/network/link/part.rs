//! Interfaces that are made of others: bonds of their members, VLANs on what carries them.

use crate::diag::Diagnostic;
use crate::model::link::{Bond, ETHERNET_MTU, Link, LinkKind, Vlan, named};

use super::{unknown, wrong};

/// What is wrong with what an interface is made of.
pub(super) fn verify(links: &[Link], link: &Link) -> Vec<Diagnostic> {
    match &link.kind {
        LinkKind::Physical => Vec::new(),
        LinkKind::Bond(bond) => of_bond(links, link, bond),
        LinkKind::Vlan(vlan) => of_vlan(links, link, vlan),
        LinkKind::Both(..) => {
            let message = format!("`{}` is a bond and a VLAN", link.name);
            vec![wrong(link, message).help("write two interfaces: the bond, and the VLAN with `link` set to it")]
        }
    }
}

fn of_bond(links: &[Link], link: &Link, bond: &Bond) -> Vec<Diagnostic> {
    if bond.members.is_empty() {
        return vec![
            wrong(link, format!("the bond `{}` has no members", link.name)).help("list the ports that it joins"),
        ];
    }
    let each = bond.members.iter().enumerate();
    let members = each.filter_map(|(place, member)| {
        if bond.members[..place].contains(member) {
            return Some(wrong(link, format!("`{member}` is a member of `{}` twice", link.name)));
        }
        unknown(links, link, member).or_else(|| of_member(links, link, named(links, member)?))
    });
    members.chain(primary(link, bond)).collect()
}

fn of_member(links: &[Link], link: &Link, member: &Link) -> Option<Diagnostic> {
    let (name, own) = (&member.name, &link.name);
    let others = links.iter().take_while(|other| other.name != *own);
    if let Some(other) = others.into_iter().find(|other| other.members().contains(name)) {
        let message = format!("`{name}` is a member of `{}` and of `{own}`", other.name);
        return Some(wrong(link, message).label(other.span, "the first one").help("a port belongs to one bond"));
    }
    if !member.members().is_empty() || member.vlan().is_some_and(|vlan| vlan.link == *own) {
        let message = format!("`{name}` cannot be a member of the bond `{own}`: it is made of interfaces itself");
        return Some(wrong(link, message).help("list the ports that it joins"));
    }
    let vlan = links.iter().find(|other| other.vlan().is_some_and(|vlan| vlan.link == *name));
    if let Some(vlan) = vlan {
        let message = format!("`{}` is on `{name}`, which is a member of the bond `{own}`", vlan.name);
        return Some(wrong(vlan, message).help(format!("set its `link` to `{own}`")));
    }
    member.is_configured().then(|| {
        let message = format!("`{name}` is a member of the bond `{own}`, so it cannot be configured itself");
        wrong(member, message).help(format!("move its role, addresses, routes and resolvers to `{own}`"))
    })
}

fn primary(link: &Link, bond: &Bond) -> Option<Diagnostic> {
    let (_, value) = bond.parameters.iter().find(|(name, _)| *name == "primary")?;
    let primary = value.scalar_text()?;
    let message = format!("`{primary}` is the primary of `{}`, but not a member of it", link.name);
    (!bond.members.iter().any(|member| **member == *primary)).then(|| wrong(link, message).help("name a member"))
}

fn of_vlan(links: &[Link], link: &Link, vlan: &Vlan) -> Vec<Diagnostic> {
    let number = (!(1..=4094).contains(&vlan.id)).then(|| {
        let message = format!("{} is not a valid VLAN number", vlan.id);
        wrong(link, message).help("use a number from 1 to 4094 (IEEE 802.1Q)")
    });
    let below = unknown(links, link, &vlan.link).or_else(|| on(links, link, vlan));
    number.into_iter().chain(below).collect()
}

/// What carries a VLAN.
fn on(links: &[Link], link: &Link, vlan: &Vlan) -> Option<Diagnostic> {
    let below = named(links, &vlan.link)?;
    if below.name == link.name || below.vlan().is_some_and(|inner| inner.link == link.name) {
        let message = format!("`{}` is on itself", link.name);
        return Some(wrong(link, message).help("set `link` to a port or a bond"));
    }
    let others = links.iter().take_while(|other| other.name != link.name);
    if let Some(other) = others.into_iter().find(|other| other.vlan() == Some(vlan)) {
        let message = format!("`{}` and `{}` are both VLAN {} on `{}`", other.name, link.name, vlan.id, vlan.link);
        return Some(wrong(link, message).label(other.span, "the first one").help("a number is one network"));
    }
    let (mtu, most) = (link.mtu?, below.mtu.unwrap_or(ETHERNET_MTU));
    (mtu > most).then(|| {
        let message =
            format!("the MTU of `{}` is {mtu}, but `{}`, which carries it, has {most}", link.name, below.name);
        wrong(link, message).label(below.span, "carries it").help(format!("set `mtu = {mtu}` on `{}` too", below.name))
    })
}
