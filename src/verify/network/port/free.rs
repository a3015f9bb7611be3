//! Unused ports.

use std::collections::HashSet;

use crate::model::MachineId;
use crate::syntax::ast::Port;

use super::Listener;
use super::allocated::EPHEMERAL;

/// The next port after another that is free on all of these machines.
pub(super) fn port(listeners: &[Listener], machines: &[MachineId], taken: Port) -> Option<Port> {
    let here: HashSet<MachineId> = machines.iter().copied().collect();
    let used: HashSet<u16> = listeners
        .iter()
        .filter(|listener| listener.port.protocol == taken.protocol && here.contains(&listener.machine))
        .map(|listener| listener.port.number)
        .collect();
    // Below those that the system gives out itself, and below those of services.
    let numbers = (taken.number.checked_add(1)?..30000).chain(1024..taken.number.min(EPHEMERAL.0));
    numbers.into_iter().find(|number| !used.contains(number)).map(|number| Port { number, ..taken })
}
