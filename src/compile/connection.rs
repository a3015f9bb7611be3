//! Every connection that a model's relations make, as it is made: from which machine, whither, with which certificate.
//!
//! In: a plan. Out: what can be tried on the running machines. Relations without a port, as that of a kubelet to the
//! container runtime of its machine, are none.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::model::scope::Scope;
use crate::model::{EndpointId, Model, Relation, UnitId, Value};
use crate::pki::spec::San;
use crate::plan::Plan;
use crate::plan::dialled_names::{self, Dialling};
use crate::syntax::ast::{ExprKind, ItemKind, Name, Protocol};

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Connection {
    /// `kube-apiserver.store`.
    pub from: String,
    /// `etcd.client`.
    pub to: String,
    /// The machine that dials.
    pub machine: Name,
    pub address: IpAddr,
    pub port: u16,
    /// Absent where bytes are passed on, or plain text is spoken.
    pub tls: Option<Tls>,
}

/// What both ends show and trust.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tls {
    /// The name that has to be in the certificate of the other end.
    pub name: Option<San>,
    /// The file of the authority that is trusted, on the machine.
    pub authority: Option<String>,
    pub identity: Option<Identity>,
}

/// Where on the machine the certificate is that is shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    Files { certificate: String, key: String },
    Kubeconfig(String),
}

/// All connections, by relation in the order of the model; each once, however many units share an address.
pub fn connections(plan: &Plan<'_>) -> Vec<Connection> {
    let model = &plan.model;
    let dialling = dialled_names::dialling(model, &mut Vec::new());
    let mut list = Vec::new();
    for (number, relation) in model.relations.iter().enumerate() {
        let mut own = BTreeSet::new();
        for unit in model.units_of(relation.from.app) {
            own.extend(of_unit(model, &dialling, (number, relation), unit));
        }
        list.extend(own);
    }
    list
}

fn of_unit(model: &Model<'_>, dialling: &Dialling, of: (usize, &Relation), unit: UnitId) -> Vec<Connection> {
    let (_, relation) = of;
    let Some(machine) = model.unit(unit).machine.map(|id| model.machine(id)) else { return Vec::new() };
    let links = model.links(unit, relation.from.endpoint);
    let ends = links.filter(|(other, endpoint)| {
        let end = EndpointId { app: model.unit(*other).app, endpoint: *endpoint };
        end == relation.to && *other != unit
    });
    ends.filter_map(|(other, endpoint)| {
        let value = model.endpoint_value(other, endpoint).ok()?;
        let port = value.listen.filter(|port| port.protocol == Protocol::Tcp)?.number;
        let address = value.address?;
        Some(Connection {
            from: model.endpoint_name(relation.from),
            to: model.endpoint_name(relation.to),
            machine: machine.name.clone(),
            address,
            port,
            tls: tls(model, dialling, of, (unit, address)),
        })
    })
    .collect()
}

/// Whoever passes bytes on has nothing to do with what is in them.
fn tls(
    model: &Model<'_>,
    dialling: &Dialling,
    (number, relation): (usize, &Relation),
    (unit, address): (UnitId, IpAddr),
) -> Option<Tls> {
    let info = model.endpoint_info(relation.from);
    let (authority, forwards) = (info.trusts, dialled_names::is_forwarding(model, relation.from));
    let authority = authority.filter(|_| !forwards)?;
    let scope = &mut Scope::unit(model, unit);
    Some(Tls {
        name: name(model, dialling, (number, relation), address),
        authority: model.authority_file(scope, authority).ok().and_then(|value| value.scalar_text()),
        identity: info.identity.and_then(|cert| identity(model, unit, cert)),
    })
}

/// The address if it is dialled by that, else the first name.
fn name(model: &Model<'_>, dialling: &Dialling, of: (usize, &Relation), address: IpAddr) -> Option<San> {
    let (number, relation) = of;
    let end = dialled_names::behind(model, relation.to).into_iter().next()?;
    let unit = model.units_of(end.app).find(|unit| {
        let value = model.endpoint_value(*unit, end.endpoint);
        value.is_ok_and(|value| value.address == Some(address))
    });
    let unit = unit.or_else(|| model.units_of(end.app).next())?;
    let names = dialling.names_by(number, model, (unit, end.endpoint));
    let own = San::Ip(address);
    if names.contains(&own) { Some(own) } else { names.into_iter().next() }
}

/// A certificate in files, or the kubeconfig that holds it.
fn identity(model: &Model<'_>, unit: UnitId, cert: u32) -> Option<Identity> {
    let scope = &mut Scope::unit(model, unit);
    let text = |value: Option<Value>| value.and_then(|value| value.scalar_text());
    if let Some(certificate) = text(model.cert_file(scope, cert).ok()) {
        return Some(Identity::Files { certificate, key: text(model.cert_key_file(scope, cert).ok())? });
    }
    let component = model.component_of(model.unit(unit).app);
    let name = &component.certs[cert as usize].ast.name.name;
    let holds = |kind: &ExprKind| matches!(kind, ExprKind::Cert(ident) | ExprKind::Name(ident) if ident.name == *name);
    component.ast.items.iter().find_map(|item| match &item.kind {
        ItemKind::Kubeconfig(config) if config.body.field("identity").is_some_and(|field| holds(&field.value.kind)) => {
            text(model.eval(scope, &config.path).ok()).map(Identity::Kubeconfig)
        }
        _ => None,
    })
}
