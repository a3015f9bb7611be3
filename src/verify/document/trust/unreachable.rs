//! A server at whose address nothing of the model listens.

use serde_json::Value as Json;

use crate::check::Symbol;
use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::model::{EndpointId, Model};
use crate::pki::spec::San;
use crate::plan::{name, reachability};
use crate::syntax::ast::EndpointKind;
use crate::verify::locate::Step;

use super::Kubeconfig;
use super::pem::Content;

impl Kubeconfig<'_, '_> {
    /// Nothing of the model listens there: a slip, or a server outside the model.
    pub(super) fn unreachable(
        &self,
        host: &San,
        port: u16,
        cluster: &Json,
        at: &dyn Fn(&str) -> Vec<Step>,
    ) -> Option<Diagnostic> {
        let (model, pki) = (self.model(), self.pki());
        let Content::Authority(trusted) = self.given(cluster, "certificate-authority").1 else { return None };
        let servers: Vec<_> = server_ends(model, trusted).collect();
        let of_port = |(end, _): &&(EndpointId, u32)| reachability::listens(model, *end, port);
        let meant = |(end, cert): &(EndpointId, u32)| {
            let units = model.units_of(end.app).filter_map(|unit| pki.spec(model, unit, *cert));
            units.flat_map(|spec| &spec.sans).collect::<Vec<_>>()
        };
        let any = servers.iter().any(|server| of_port(&server));
        let mut known: Vec<&San> = servers.iter().filter(|server| !any || of_port(server)).flat_map(meant).collect();
        known.sort();
        known.dedup();
        if known.is_empty() {
            return None;
        }
        if !known.iter().any(|san| name::has(&[(*san).clone()], host)) {
            let authority = self.name_of(trusted);
            let message =
                format!("`server` is `{host}`, but no certificate that `{authority}` issues contains that name");
            let problem = self.problem(Code::NameNotInCertificate, &at("server"), message);
            return Some(problem.help(self.instead(host, port, &known)));
        }
        // A name is the site's to resolve, and a service is Kubernetes' to forward; a machine has what the model gives it.
        let San::Ip(ip) = host else { return None };
        let (end, own) = servers.iter().find_map(|(end, _)| {
            let value = |unit| model.endpoint_value(unit, end.endpoint).ok();
            let there = model.units_of(end.app).filter_map(value).find(|value| value.address == Some(*ip))?;
            Some((*end, there.listen?))
        })?;
        let message = format!("`server` is port {port} of {ip}, but nothing listens there");
        let problem = self.problem(Code::InvalidKubeconfig, &at("server"), message);
        let help = format!("`{}` listens there on {}", model.endpoint_name(end), own.number);
        Some(self.shown(problem, end).help(help))
    }

    /// What was probably meant by a host at which nothing listens.
    fn instead(&self, host: &San, port: u16, known: &[&San]) -> String {
        if let San::Ip(_) = host {
            let list: Vec<String> = reachability::all(self.model(), port).into_iter().take(4).collect();
            return match list.is_empty() {
                true => format!("nothing in the model listens on port {port} either"),
                false => format!("port {port} is open on {}", list.join(", ")),
            };
        }
        let names: Vec<String> = known.iter().map(ToString::to_string).collect();
        let fallback =
            format!("if the name resolves to the API server, set `extra-names = [\"{host}\"]` in the cluster");
        did_you_mean(&host.to_string(), names.iter().map(String::as_str), &fallback).into()
    }
}

/// The endpoints that show a certificate of an authority.
fn server_ends(model: &Model<'_>, authority: Symbol) -> impl Iterator<Item = (EndpointId, u32)> {
    model.apps().flat_map(move |(app, _)| {
        let component = model.component_of(app);
        component.endpoints.iter().enumerate().filter_map(move |(endpoint, info)| {
            let cert = info.identity.filter(|_| info.ast.kind != EndpointKind::Requires)?;
            let own = component.certs[cert as usize].authority == Some(authority);
            own.then_some((EndpointId { app, endpoint: endpoint as u32 }, cert))
        })
    })
}
