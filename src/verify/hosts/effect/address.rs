//! The name and the addresses that a command gives its machine.

use std::net::IpAddr;

use super::{Act, Host, is_unknown, not_read, unwise};
use crate::diag::Diagnostic;
use crate::render::evidence::Word;

/// Another name than that of the node.
pub(super) fn renames(host: &Host<'_, '_>, act: &Act<'_, '_>) -> Option<Diagnostic> {
    let kubelet = host.flags("kubelet")?;
    if kubelet.given.iter().any(|flag| flag.name == "hostname-override") {
        return None;
    }
    let (machine, word) = (act.machine(host.model)?, act.operands().next()?);
    if is_unknown(word) {
        return Some(not_read(host.model, act, word, "calls it"));
    }
    let name = &*machine.name;
    let is_it = word.text == *name || word.text.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    let message = format!(
        "`{}` gives the machine `{name}` another name, under which its kubelet joins as another node",
        act.said()
    );
    let help = format!("remove the command, or write `{name}`: each machine gets the name that it has in the model");
    (!is_it).then(|| unwise(act.span(host.model, word), message, help))
}

/// An address that another machine has.
pub(super) fn takes(host: &Host<'_, '_>, act: &Act<'_, '_>) -> Option<Diagnostic> {
    let own = act.machine(host.model)?;
    let taken = |word: &Word<'_>| {
        let address = address(&word.text)?;
        host.model.machines.iter().find(|machine| machine.address == address && machine.name != own.name)
    };
    let (word, other) = act.operands().find_map(|word| Some((word, taken(word)?)))?;
    let message = format!("`{}` gives the machine `{}` the address of `{}`", act.said(), own.name, other.name);
    let help = format!("use an address that no machine has; `{}` has {}", own.name, own.address);
    Some(unwise(act.span(host.model, word), message, help))
}

fn address(text: &str) -> Option<IpAddr> {
    text.split('/').next()?.parse().ok()
}
