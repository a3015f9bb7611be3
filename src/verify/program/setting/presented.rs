//! Certificates and authorities that a program is given, compared with those of the endpoint that it serves or dials.

use crate::check::Symbol;
use crate::diag::{Code, Diagnostic};
use crate::facts::setting::{Presented, Typed};
use crate::model::scope::Scope;
use crate::model::{AppId, EndpointId, MachineId, Model, UnitId};
use crate::render::evidence::Entry;
use crate::syntax::ast::EndpointKind;
use crate::verify::Evidence;

use super::settings::{Setting, Settings};
use super::{distinct_places, problem};

/// What each program of a rule shows and trusts.
pub(super) fn verify(evidence: &Evidence<'_, '_>, settings: &Settings, rule: &Presented) -> Vec<Diagnostic> {
    let of = |setting: &Setting, authority: bool| {
        let program = Program { evidence, settings, rule, setting, unit: unit_of(evidence.model, setting)? };
        let end = program.endpoint()?;
        if authority { program.other_authority(end) } else { program.other_certificate(end) }
    };
    let certificates = settings.named(&rule.certificate).filter_map(|setting| of(setting, false));
    let authorities = rule.authority.iter().flat_map(|name| settings.named(name));
    distinct_places(certificates.chain(authorities.filter_map(|setting| of(setting, true))))
}

fn unit_of(model: &Model<'_>, setting: &Setting) -> Option<UnitId> {
    model.unit_on(setting.app, setting.machine?)
}

/// A setting that names a file, of a program on a machine.
struct Program<'a, 'e, 'p> {
    evidence: &'a Evidence<'e, 'p>,
    settings: &'a Settings,
    rule: &'a Presented,
    setting: &'a Setting,
    unit: UnitId,
}

impl<'e, 'p> Program<'_, 'e, 'p> {
    fn model(&self) -> &'e Model<'p> {
        self.evidence.model
    }

    /// The endpoint that the program serves or dials with it.
    fn endpoint(&self) -> Option<EndpointId> {
        let app = self.setting.app;
        let at = self.settings.beside(self.setting, &self.rule.at);
        let endpoints = self.model().component_of(app).endpoints.iter().enumerate();
        let mut ends = endpoints.filter(|(_, info)| match self.rule.dials {
            true => info.ast.kind == EndpointKind::Requires,
            false => info.ast.kind != EndpointKind::Requires && info.forwards.is_none(),
        });
        let is_there = |place: u32| match self.rule.dials {
            true => at.is_some_and(|at| self.dials(place, at)),
            false => self.ports(at).iter().any(|port| self.listens(place) == Some(*port)),
        };
        ends.find(|(place, _)| is_there(*place as u32)).map(|(place, _)| EndpointId { app, endpoint: place as u32 })
    }

    fn ports(&self, at: Option<&Setting>) -> Vec<u16> {
        let Some(at) = at else { return self.rule.port.into_iter().collect() };
        let port = |value: &Typed| match value {
            Typed::Number(number) => Some(*number as u16),
            Typed::Url(url) => url.port,
            _ => None,
        };
        at.values.iter().filter_map(port).collect()
    }

    fn listens(&self, endpoint: u32) -> Option<u16> {
        Some(self.model().endpoint_value(self.unit, endpoint).ok()?.listen?.number)
    }

    /// Whether one of the URLs is that of a unit to which a `requires` leads.
    fn dials(&self, endpoint: u32, at: &Setting) -> bool {
        let model = self.model();
        let ends = &model.ends(self.setting.app).providers[endpoint as usize];
        let mut units = ends.iter().flat_map(|end| model.units_of(end.app).map(|unit| (unit, end.endpoint)));
        units.any(|(unit, endpoint)| {
            let Ok(value) = model.endpoint_value(unit, endpoint) else { return false };
            let socket = value.address.zip(value.listen).map(|(address, port)| (address, port.number));
            let urls = at.values.iter().filter_map(|value| match value {
                Typed::Url(url) => url.socket(),
                _ => None,
            });
            urls.into_iter().any(|url| socket == Some((url.ip(), url.port())))
        })
    }

    /// A certificate that is not the one of the endpoint.
    fn other_certificate(&self, end: EndpointId) -> Option<Diagnostic> {
        let (model, app) = (self.model(), self.setting.app);
        let cert = model.endpoint_info(end).identity?;
        let info = &model.component_of(app).certs[cert as usize];
        let file = model.cert_file(&mut Scope::unit(model, self.unit), cert).ok()?.scalar_text()?;
        let path = self.setting.text.trim();
        if info.external || same_path(&file, path) || self.is_written(path) {
            return None;
        }
        let given = self.certificate_at(path).unwrap_or_else(|| "another file".to_owned());
        let (name, to) = (&info.ast.name.name, model.endpoint_name(end));
        let message = format!(
            "`{}` is `{path}`, {given}, but `{to}` is declared with the certificate `{name}`, `{file}`",
            self.setting.written
        );
        let found = problem(model, Code::CertificateDiffers, self.setting, message)
            .label(model.endpoint_info(end).ast.name.span, format!("`identity = cert {name}`"))
            .label(info.ast.name.span, format!("`{name}`"));
        Some(found.help(format!("give the program `{name}.cert`, or declare the endpoint with the other certificate")))
    }

    /// An authority that is not the one that the endpoint trusts.
    fn other_authority(&self, end: EndpointId) -> Option<Diagnostic> {
        let model = self.model();
        let trusted = model.endpoint_info(end).trusts?;
        let given = self.authority_at(self.setting.text.trim())?;
        if given == trusted {
            return None;
        }
        let name = |symbol: Symbol| model.definition(symbol).map_or("?", |definition| &definition.name.name);
        let (given, trusted, to) = (name(given), name(trusted), model.endpoint_name(end));
        let message = format!(
            "`{}` is the certificate of `{given}`, but `{to}` is declared to trust `{trusted}`",
            self.setting.written
        );
        let found = problem(model, Code::CertificateDiffers, self.setting, message)
            .label(model.endpoint_info(end).ast.name.span, format!("`trusts = {trusted}`"));
        Some(found.help(format!("give the program `{trusted}.cert`, or declare the endpoint with `trusts = {given}`")))
    }

    /// Whether a component puts a file of its own there.
    fn is_written(&self, path: &str) -> bool {
        let documents = self.evidence.samples.iter().filter(|sample| sample.machine == self.setting.machine);
        documents.flat_map(|sample| &sample.entries).any(|entry| match entry {
            Entry::Document(document) => same_path(&document.path, path),
            _ => false,
        })
    }

    /// `` the certificate `other` of `api` ``, if it is one of the model on that machine.
    fn certificate_at(&self, path: &str) -> Option<String> {
        let (model, machine): (_, MachineId) = (self.model(), self.setting.machine?);
        model.apps().filter_map(|(app, _)| model.unit_on(app, machine)).find_map(|unit| {
            let app: AppId = model.unit(unit).app;
            let mut scope = Scope::unit(model, unit);
            let certs = model.component_of(app).certs.iter().enumerate();
            certs.into_iter().find_map(|(place, info)| {
                let file = model.cert_file(&mut scope, place as u32).ok()?.scalar_text()?;
                let name = format!("the certificate `{}` of `{}`", info.ast.name.name, model.app(app).name);
                same_path(&file, path).then_some(name)
            })
        })
    }

    fn authority_at(&self, path: &str) -> Option<Symbol> {
        let is_there = |symbol: &&Symbol| {
            let scope = Scope::file(symbol.module);
            let file = self.model().authority_file(&scope, **symbol).ok();
            file.and_then(|file| file.scalar_text()).is_some_and(|file| same_path(&file, path))
        };
        self.evidence.pki.authorities.iter().find(is_there).copied()
    }
}

fn same_path(one: &str, other: &str) -> bool {
    crate::facts::setting::path(one) == crate::facts::setting::path(other)
}
