//! Every connection verifies: the name dialled is in the certificate, its issuer is trusted by both ends, usages are
//! right.

use std::collections::{BTreeSet, HashSet};

use crate::check::Symbol;
use crate::diag::{Code, Diagnostic};
use crate::model::component::EndpointInfo;
use crate::model::{AppId, EndpointId, Model, Relation, UnitId};
use crate::pki::spec::San;
use crate::plan::dialled_names;
use crate::plan::name::{certificates, has};
use crate::plan::{Pki, Proof};
use crate::syntax::ast::ExprKind;
use crate::text::Count;

/// Follows every relation to what answers in the end.
pub(super) fn verify(model: &Model<'_>, pki: &Pki, problems: &mut Vec<Diagnostic>) -> Proof {
    let dialling = dialled_names::dialling(model, &mut Vec::new());
    super::backends::keys(model, problems);
    let mut verified = 0;
    let mut seen = HashSet::new();
    for (number, relation) in model.relations.iter().enumerate() {
        if dialled_names::is_forwarding(model, relation.from) {
            continue;
        }
        let ends = dialled_names::behind(model, relation.to);
        problems.extend(ends.is_empty().then(|| nothing_behind(model, relation)));
        for back in ends {
            check_connection(model, pki, relation, back, problems);
            verified += 1;
            let declared = seen.insert(back);
            problems.extend(names(model, pki, (relation, back), |unit| {
                let mut names = dialling.names_by(number, model, (unit, back.endpoint));
                names.extend(
                    declared.then(|| dialled_names::declared(model, unit, back.endpoint)).into_iter().flatten(),
                );
                names
            }));
        }
    }
    super::missing_sans::find(model, pki, problems);
    super::rotation::verify(model, pki, problems);
    let statement = format!(
        "{}: each certificate contains every dialled name and is trusted by both sides",
        Count(verified, "connection")
    );
    Proof { name: "connections", statement, count: verified }
}

/// A load balancer without backends.
fn nothing_behind(model: &Model<'_>, relation: &Relation) -> Diagnostic {
    let (from, to) = (model.endpoint_name(relation.from), model.endpoint_name(relation.to));
    let (span, text) = model.origin(relation);
    Diagnostic::new(Code::NoProvider, span, format!("`{to}` has no backends, so `{from}` gets no response"))
        .here(text)
        .label(model.app(relation.to.app).span, format!("`{to}` is deployed here"))
        .help(format!("relate `{}` to its backends", model.app(relation.to.app).name))
}

fn check_connection(
    model: &Model<'_>,
    pki: &Pki,
    relation: &Relation,
    back: EndpointId,
    problems: &mut Vec<Diagnostic>,
) {
    let (client, server) = (model.endpoint_info(relation.from), model.endpoint_info(back));
    let both = Ends { model, relation, back, client, server };
    match (client.trusts, server.identity) {
        (Some(trusted), Some(cert)) => both.server_side(pki, trusted, cert, problems),
        (Some(_), None) => problems.push(both.problem(
            Code::PlaintextMismatch,
            format!("`{}` expects TLS, but `{}` presents no certificate", both.from(), both.to()),
            "set `identity` on the provider, or remove `trusts`",
        )),
        (None, Some(_)) => problems.push(both.problem(
            Code::PlaintextMismatch,
            format!("`{}` presents a certificate, but `{}` trusts no authority", both.to(), both.from()),
            "set `trusts = AUTHORITY` on the client side",
        )),
        (None, None) => problems.extend(both.in_plain_text()),
    }
    match (server.trusts, client.identity) {
        (Some(trusted), Some(cert)) => both.client_side(pki, trusted, cert, problems),
        (Some(trusted), None) => problems.push(both.problem(
            Code::AuthorityNotTrusted,
            format!(
                "`{}` requires a client certificate issued by `{}`, but `{}` presents none",
                both.to(),
                name_of(model, trusted),
                both.from()
            ),
            "set `identity` on the client side",
        )),
        _ => {}
    }
}

/// The two ends of a connection.
struct Ends<'a, 'p> {
    model: &'a Model<'p>,
    relation: &'a Relation,
    back: EndpointId,
    client: &'a EndpointInfo<'p>,
    server: &'a EndpointInfo<'p>,
}

impl Ends<'_, '_> {
    fn from(&self) -> String {
        self.model.endpoint_name(self.relation.from)
    }

    fn to(&self) -> String {
        self.model.endpoint_name(self.back)
    }

    fn problem(&self, code: Code, message: String, help: &str) -> Diagnostic {
        let (span, text) = self.model.origin(self.relation);
        let problem = Diagnostic::new(code, span, message).here(text);
        problem
            .label(self.client.ast.name.span, format!("client `{}`", self.from()))
            .label(self.server.ast.name.span, format!("server `{}`", self.to()))
            .help(help)
    }

    /// An interface of `https` that neither side protects, on an address that others can reach.
    fn in_plain_text(&self) -> Option<Diagnostic> {
        let interface = self.server.interface.and_then(|symbol| self.model.program.interface(symbol))?;
        let scheme = interface.body.field("scheme")?;
        if !matches!(&scheme.value.kind, ExprKind::Text(text) if text.plain().as_deref() == Some("https")) {
            return None;
        }
        let mut values =
            self.model.units_of(self.back.app).filter_map(|u| self.model.endpoint_value(u, self.back.endpoint).ok());
        let address =
            values.find_map(|value| value.listen.and(value.address).filter(|address| !address.is_loopback()))?;
        let message = format!("`{}` dials `{}` at {address} in plain text", self.from(), self.to());
        let help = "set `identity` on the server side and `trusts` on the client side; plain text is accepted on \
                    loopback only";
        let problem = self.problem(Code::PlaintextConnection, message, help);
        Some(problem.label(scheme.value.span, "the interface is `https`"))
    }

    fn server_side(&self, pki: &Pki, trusted: Symbol, cert: u32, problems: &mut Vec<Diagnostic>) {
        let info = &self.model.component_of(self.back.app).certs[cert as usize];
        if info.authority.is_some_and(|authority| authority != trusted) {
            let issuer = info.authority.map_or("", |authority| name_of(self.model, authority));
            let trusted = name_of(self.model, trusted);
            let message = format!(
                "`{}` trusts `{trusted}`, but the certificate of `{}` is issued by `{issuer}`",
                self.from(),
                self.to()
            );
            let help = format!("issue it with `{trusted}`, or trust `{issuer}`");
            problems.push(
                self.problem(Code::AuthorityNotTrusted, message, &help).label(info.ast.name.span, "its certificate"),
            );
        }
        let first = self.model.units_of(self.back.app).next();
        let spec = first.and_then(|unit| pki.spec(self.model, unit, cert));
        if spec.is_some_and(|spec| !spec.server) {
            let message = format!("the certificate of `{}` is not valid for server authentication", self.to());
            let problem = self.problem(Code::WrongUsage, message, "add \"server\" to its `usage`");
            problems.push(problem.label(info.ast.name.span, "its certificate"));
        }
    }

    fn client_side(&self, pki: &Pki, trusted: Symbol, cert: u32, problems: &mut Vec<Diagnostic>) {
        let app = self.relation.from.app;
        let info = &self.model.component_of(app).certs[cert as usize];
        if info.authority.is_some_and(|authority| authority != trusted) {
            let issuer = info.authority.map_or("", |authority| name_of(self.model, authority));
            let trusted = name_of(self.model, trusted);
            let message = format!(
                "`{}` accepts client certificates issued by `{trusted}`, but `{}` presents one issued by `{issuer}`",
                self.to(),
                self.from()
            );
            let help = format!("issue it with `{trusted}`");
            problems.push(
                self.problem(Code::AuthorityNotTrusted, message, &help)
                    .label(info.ast.name.span, "the certificate presented"),
            );
        }
        let first = self.model.units_of(app).next();
        let spec = first.and_then(|unit| pki.spec(self.model, unit, cert));
        if spec.is_some_and(|spec| !spec.client) {
            let message =
                format!("the certificate that `{}` presents is not valid for client authentication", self.from());
            let problem = self.problem(Code::WrongUsage, message, "add \"client\" to its `usage`");
            problems.push(problem.label(info.ast.name.span, "the certificate presented"));
        }
    }
}

fn name_of<'a>(model: &'a Model<'_>, authority: Symbol) -> &'a str {
    model.definition(authority).map_or("?", |definition| &definition.name.name)
}

/// Whether the certificate of each unit at the end of a relation has every name by which it is dialled.
fn names(
    model: &Model<'_>,
    pki: &Pki,
    (relation, back): (&Relation, EndpointId),
    dialled: impl Fn(UnitId) -> BTreeSet<San>,
) -> Option<Diagnostic> {
    let cert = model.endpoint_info(back).identity?;
    let mut missing: Vec<(San, UnitId)> = Vec::new();
    for unit in model.units_of(back.app) {
        let Some(spec) = pki.spec(model, unit, cert) else { continue };
        let lacks = dialled(unit).into_iter().filter(|name| !has(&spec.sans, name));
        missing.extend(lacks.map(|name| (name, unit)));
    }
    let (name, _) = missing.first()?;
    let without: Vec<String> =
        missing.iter().filter(|(other, _)| other == name).map(|(_, unit)| model.unit_name(*unit)).collect();
    let (from, to) = (model.endpoint_name(relation.from), model.endpoint_name(relation.to));
    let message =
        format!("`{from}` dials `{name}`, which is not a subject alternative name of {}", certificates(&without));
    let (span, text) = model.origin(relation);
    let mut problem = Diagnostic::new(Code::NameNotInCertificate, span, message).here(text);
    if relation.to != back {
        problem = problem.label(model.app(relation.to.app).span, format!("through `{to}`"));
    }
    let info = &model.component_of(back.app).certs[cert as usize];
    problem = problem.label(info.ast.name.span, "its names are declared here");
    let more = match missing.len() - without.len() {
        0 => String::new(),
        1 => "; 1 more name is missing".to_owned(),
        more => format!("; {} are missing", Count(more, "more name")),
    };
    let mend = match info.external {
        true => "it is issued externally: have it reissued with that name, or dial a name that it contains",
        false => "remove `derive-names = false`, or add the name to `names`",
    };
    let elsewhere = holder(model, pki, name, back.app)
        .map_or_else(String::new, |holder| format!("; `{name}` is in {holder}, which `{from}` does not dial"));
    Some(problem.help(format!("{mend}{more}{elsewhere}")))
}

/// Another certificate that has the name, to which it may have been added by mistake.
fn holder(model: &Model<'_>, pki: &Pki, name: &San, dialled: AppId) -> Option<String> {
    let mut issued = pki.request.certificates.iter().zip(&pki.certificates);
    let other = |unit: UnitId| model.unit(unit).app != dialled;
    let found = issued.find(|(spec, (unit, _))| spec.server && other(*unit) && has(&spec.sans, name));
    let (unit, cert) = *found?.1;
    let app = model.unit(unit).app;
    let cert = &model.component_of(app).certs[cert as usize].ast.name.name;
    Some(format!("the certificate `{cert}` of `{}`", model.app(app).name))
}
