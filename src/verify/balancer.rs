//! What a site writes itself for load balancers and shared addresses: haproxy.cfg and keepalived.conf.

use std::net::IpAddr;

use crate::diag::{Code, Diagnostic, Help};
use crate::model::{MachineId, Model};
use crate::render::evidence::{Content, Document, Sample};

use super::locate::{self, Step};
use super::users_place;
use super::{Evidence, Verdict};

mod haproxy;
mod keepalived;

/// A file of one of the two programs, on a machine.
struct File<'a, 'p> {
    document: &'a Document<'p>,
    text: &'a str,
    /// Absent for what stands in an object of the cluster.
    machine: Option<MachineId>,
}

/// Load balancers lead to what listens, and shared addresses move.
pub(super) fn balancers(evidence: &Evidence<'_, '_>) -> Verdict {
    let mut problems = haproxy::verify(evidence);
    problems.extend(keepalived::verify(evidence));
    problems.into()
}

/// Whether a file is one of the two.
pub(super) fn is_read(document: &Document<'_>) -> bool {
    let Content::Text(text) = &document.content else { return false };
    haproxy::is_one(&document.path, text) || keepalived::is_one(&document.path, text)
}

/// The files of a machine that are of one kind.
fn files<'a, 'p>(sample: &'a Sample<'p>, is_one: impl Fn(&str, &str) -> bool) -> Vec<File<'a, 'p>> {
    let of = |document: &'a Document<'p>| {
        let Content::Text(text) = &document.content else { return None };
        let machine = document.owner.machine.filter(|_| document.path.starts_with('/'));
        is_one(&document.path, text).then_some(File { document, text, machine })
    };
    sample.documents().filter_map(of).collect()
}

impl File<'_, '_> {
    /// A problem on a line, from 1.
    fn problem(
        &self,
        model: &Model<'_>,
        code: Code,
        line: usize,
        message: String,
        help: impl Into<Help>,
    ) -> Diagnostic {
        let way = self.document.way(&[Step::Line(line)]);
        let span = locate::value(model, self.document.owner, self.document.written, &way);
        let span = locate::or_given(model, self.document, &[Step::Line(line)], span);
        users_place::of_app(model, self.document.owner.app, Diagnostic::new(code, span, message).help(help))
    }
}

/// The machine that has an address.
fn machine_at(model: &Model<'_>, address: IpAddr) -> Option<MachineId> {
    model.machines.iter().position(|machine| machine.address == address).map(|place| MachineId(place as u32))
}

/// Whether an address is one that the model would have given to a machine, and has not.
fn is_unassigned(model: &Model<'_>, address: IpAddr) -> bool {
    model.cluster.nodes.contains(&address)
        && !model.cluster.nodes.is_gateway(address)
        && machine_at(model, address).is_none()
        && !declared(model, address)
}

/// Whether an endpoint has an address: the shared one of several machines, or one outside of the model.
fn declared(model: &Model<'_>, address: IpAddr) -> bool {
    model.apps().any(|(app, _)| {
        let count = model.component_of(app).endpoints.len() as u32;
        model.units_of(app).take(1).any(|unit| {
            (0..count).any(|end| {
                model.endpoint_value(unit, end).is_ok_and(|value| {
                    value.address == Some(address) || value.names.iter().any(|name| **name == *address.to_string())
                })
            })
        })
    })
}
