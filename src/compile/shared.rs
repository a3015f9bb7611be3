//! The addresses that several machines share, of which one holds each at a time.

use std::net::IpAddr;

use crate::model::Model;
use crate::syntax::ast::Name;

/// One address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedAddress {
    /// The application that moves it.
    pub app: Name,
    pub address: IpAddr,
    /// The machines that may hold it.
    pub machines: Vec<Name>,
}

/// All of them, by application in the order of the model. One that belongs to no machine is not among them: a cloud has it.
pub fn shared_addresses(model: &Model<'_>) -> Vec<SharedAddress> {
    let mut list = Vec::new();
    for (id, app) in model.apps() {
        let machines = model.units_of(id).filter_map(|unit| model.unit(unit).machine);
        let machines: Vec<Name> = machines.map(|machine| model.machine(machine).name.clone()).collect();
        if machines.is_empty() {
            continue;
        }
        list.extend(app.addresses.iter().map(|address| SharedAddress {
            app: app.name.clone(),
            address: *address,
            machines: machines.clone(),
        }));
    }
    list
}
