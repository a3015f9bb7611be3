//! The certificates of a model: who signs them, for whom, and under which names.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::check::text_form::{self, TextForm};
use crate::check::{Symbol, SymbolKind};
use crate::diag::{Code, Diagnostic};
use crate::model::component::CertInfo;
use crate::model::endpoint::texts;
use crate::model::eval::mismatch;
use crate::model::form::require;
use crate::model::scope::Scope;
use crate::model::{AppId, EvalError, Model, UnitId, Value};
use crate::pki::spec::{AuthoritySpec, CertificateSpec, Encoding, KeyKind, KeypairSpec, San, SecretSpec};
use crate::source::Span;
use crate::syntax::ast::{Body, Name};
use crate::text::Count;

use super::{Pki, dialled_names, keep};

mod general;
mod kind;
mod template;

pub use general::General;

use general::Before;
use kind::Kind;

const DAY: u64 = 86_400;

/// How long something may hold: clocks differ by minutes, and a certificate has no year of five digits.
const LIFETIMES: std::ops::RangeInclusive<u64> = 301..=1000 * 365 * DAY;

/// Plans everything that is to be issued.
pub fn certificates(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> Pki {
    let mut pki = Pki::default();
    pki.request.renew_seconds = model.cluster.renew.unwrap_or(0) / 1000;
    pki.request.new_machines = model.new_machines.iter().map(|machine| model.machine(*machine).name.clone()).collect();
    for (app, _) in model.apps() {
        for mention in model.mentions(app) {
            define(model, &mut pki, mention.symbol, problems);
        }
    }
    let dialling = dialled_names::dialling(model, problems);
    for (app, _) in model.apps() {
        pki.bases.push(pki.request.certificates.len() as u32);
        of_application(model, &mut pki, app, &dialling, problems);
    }
    pki
}

/// Adds an authority, key pair or secret once.
fn define(model: &Model<'_>, pki: &mut Pki, symbol: Symbol, problems: &mut Vec<Diagnostic>) {
    if pki.places.contains_key(&symbol) {
        return;
    }
    let Some(definition) = model.definition(symbol) else { return };
    let reader = Reader { model, body: &definition.body, scope: &mut Scope::file(symbol.module), fixed: &[] };
    let name = definition.name.name.clone();
    let place = match symbol.kind {
        SymbolKind::Authority => {
            let Some(mut spec) = keep(authority(reader), problems) else { return };
            spec.name = name;
            pki.request.authorities.push(spec);
            pki.authorities.push(symbol);
            pki.authorities.len()
        }
        SymbolKind::Keypair => {
            let Some(key) = keep(key_of(reader), problems) else { return };
            pki.request.keypairs.push(KeypairSpec { name, key });
            pki.keypairs.push(symbol);
            pki.keypairs.len()
        }
        _ => {
            let Some(mut spec) = keep(secret(reader), problems) else { return };
            spec.name = name;
            pki.request.secrets.push(spec);
            pki.secrets.push(symbol);
            pki.secrets.len()
        }
    };
    pki.places.insert(symbol, place as u32 - 1);
}

/// Reads the fields of a body in one scope.
struct Reader<'a, 's, 'p> {
    model: &'a Model<'p>,
    body: &'a Body,
    scope: &'a mut Scope<'s>,
    fixed: &'a [(Name, Value)],
}

impl Reader<'_, '_, '_> {
    fn value(&mut self, field: &str) -> Result<(Value, Span), EvalError> {
        match self.body.field(field) {
            Some(found) if let Some((_, value)) = self.fixed.iter().find(|(name, _)| &**name == field) => {
                Ok((value.clone(), found.value.span))
            }
            Some(field) => Ok((self.model.eval(self.scope, &field.value)?, field.value.span)),
            None => Ok((Value::None, self.body.span)),
        }
    }

    /// A part of a subject: clients and logs show it.
    fn subject(&mut self, field: &str) -> Result<Vec<String>, EvalError> {
        let (value, span) = self.value(field)?;
        let list = match &value {
            Value::List(_) => texts(&value).iter().map(|text| text.to_string()).collect(),
            Value::None => Vec::new(),
            value => vec![value.scalar_text().ok_or_else(|| mismatch(span, "`string`", value))?],
        };
        self.subject_of(field, list)
    }

    /// The same, of its texts.
    fn subject_of(&self, field: &str, list: Vec<String>) -> Result<Vec<String>, EvalError> {
        let span = self.body.field(field).map_or(self.body.span, |field| field.value.span);
        for text in &list {
            require(TextForm::Line, text, span)?;
            if text.trim().is_empty() {
                let message = format!("`{field}` is empty, and a subject names whom a certificate is for");
                return Err(Box::new(Diagnostic::new(Code::InvalidName, span, message)));
            }
        }
        Ok(list)
    }

    fn common_name(&mut self) -> Result<String, EvalError> {
        // It is required, which the checker sees to.
        Ok(self.subject("cn")?.pop().unwrap_or_default())
    }

    /// Whether a certificate is for a server and for a client.
    fn usage(&mut self, info: &CertInfo<'_>) -> Result<(bool, bool), EvalError> {
        let usage = self.texts("usage")?;
        let has = |name: &str| usage.iter().any(|usage| &**usage == name);
        if !usage.is_empty() {
            return Ok((has("server"), has("client")));
        }
        let (_, span) = self.value("usage")?;
        let name = &info.ast.name.name;
        let message =
            format!("`usage` of the certificate `{name}` is empty, so every program would accept it for any use");
        let help = "write `[\"server\"]`, `[\"client\"]`, or both";
        Err(Box::new(Diagnostic::new(Code::MissingField, span, message).help(help)))
    }

    /// How long something holds.
    fn lifetime(&mut self, default: u64) -> Result<u64, EvalError> {
        let seconds = self.seconds("lifetime", default)?;
        if LIFETIMES.contains(&seconds) {
            return Ok(seconds);
        }
        let span = self.value("lifetime")?.1;
        let bound = if seconds < *LIFETIMES.start() { "5 minutes or less" } else { "more than 1,000 years" };
        let problem = Diagnostic::new(Code::EvaluationFailed, span, format!("`lifetime` is {bound}"));
        Err(Box::new(problem.help("set how long the certificate is valid: `lifetime = 365d`")))
    }

    fn texts(&mut self, field: &str) -> Result<Vec<Name>, EvalError> {
        Ok(texts(&self.value(field)?.0))
    }

    fn seconds(&mut self, field: &str, default: u64) -> Result<u64, EvalError> {
        match self.value(field)? {
            (Value::None, _) => Ok(default),
            (Value::Duration(milliseconds), _) => Ok(milliseconds / 1000),
            (other, span) => Err(mismatch(span, "`duration`", &other)),
        }
    }

    fn truth(&mut self, field: &str, default: bool) -> Result<bool, EvalError> {
        match self.value(field)?.0 {
            Value::Bool(value) => Ok(value),
            _ => Ok(default),
        }
    }

    fn key(&mut self) -> Result<KeyKind, EvalError> {
        let (value, span) = self.value("key")?;
        Ok(match value.scalar_text().as_deref() {
            None | Some("ecdsa-p256") => KeyKind::EcdsaP256,
            Some("ecdsa-p384") => KeyKind::EcdsaP384,
            Some("ed25519") => KeyKind::Ed25519,
            Some("rsa-2048") => KeyKind::Rsa2048,
            Some("rsa-4096") => KeyKind::Rsa4096,
            Some(_) => return Err(mismatch(span, "the name of a kind of key", &value)),
        })
    }
}

fn authority(mut reader: Reader<'_, '_, '_>) -> Result<AuthoritySpec, EvalError> {
    Ok(AuthoritySpec {
        name: "".into(),
        cn: reader.common_name()?,
        names: reader.texts("names")?.iter().map(|name| name.to_string()).collect(),
        lifetime_seconds: reader.lifetime(3650 * DAY)?,
        key: reader.key()?,
    })
}

fn key_of(mut reader: Reader<'_, '_, '_>) -> Result<KeyKind, EvalError> {
    reader.key()
}

fn secret(mut reader: Reader<'_, '_, '_>) -> Result<SecretSpec, EvalError> {
    let encoding = match reader.value("encoding")?.0.scalar_text().as_deref() {
        Some("hex") => Encoding::Hex,
        Some("alnum") => Encoding::Alnum,
        _ => Encoding::Base64,
    };
    // Some protocols take a password of eight characters, and no more. Anything else can be long enough not to be guessed.
    let least = if encoding == Encoding::Alnum { 8 } else { 16 };
    let bytes = match reader.value("bytes")? {
        (Value::None, _) => 32,
        (Value::Int(bytes @ 1..=4096), _) if bytes >= least => bytes as u32,
        (Value::Int(bytes @ 1..16), span) => {
            let message = format!("a secret of {} can be guessed", Count(bytes as usize, "byte"));
            let help = format!("use at least {least} bytes; 32 is the default");
            return Err(Box::new(Diagnostic::new(Code::EvaluationFailed, span, message).help(help)));
        }
        (other, span) => return Err(mismatch(span, "a number from 16 to 4096", &other)),
    };
    Ok(SecretSpec { name: "".into(), bytes, encoding })
}

fn of_application(
    model: &Model<'_>,
    pki: &mut Pki,
    app: AppId,
    dialling: &dialled_names::Dialling,
    problems: &mut Vec<Diagnostic>,
) {
    let component = model.component_of(app);
    if component.certs.is_empty() {
        return;
    }
    let first = pki.certificates.len();
    let Some(mut scope) = model.units_of(app).next().map(|unit| Scope::unit(model, unit)) else { return };
    let mut before = Before::of_kinds(component.certs.len());
    let kinds: Vec<Kind> = component.certs.iter().map(|info| Kind::of(model, app, info, &mut scope)).collect();
    for unit in model.units_of(app) {
        scope.move_to(unit, model.unit(unit).machine);
        for cert in 0..component.certs.len() as u32 {
            let mut known = (&mut scope, &kinds[cert as usize]);
            let Some(spec) = keep(certificate(model, pki, (unit, cert), dialling, &mut known), problems) else {
                return without(pki, app, first);
            };
            if component.certs[cert as usize].external {
                pki.external.insert((unit, cert), spec);
                continue;
            }
            let of = (cert as usize, General::of(model, unit));
            pki.alike.push(before.is_like(&pki.request.certificates, of, &spec));
            pki.request.certificates.push(spec);
            pki.certificates.push((unit, cert));
        }
    }
}

/// Takes the certificates of an application away: their places follow from those before, so there are all or none.
fn without(pki: &mut Pki, app: AppId, first: usize) {
    pki.request.certificates.truncate(first);
    pki.certificates.truncate(first);
    pki.alike.truncate(first);
    pki.bases[app.index()] = u32::MAX;
}

fn certificate(
    model: &Model<'_>,
    pki: &Pki,
    (unit, cert): (UnitId, u32),
    dialling: &dialled_names::Dialling,
    (scope, kind): &mut (&mut Scope<'_>, &Kind),
) -> Result<CertificateSpec, EvalError> {
    let own = model.unit(unit);
    let machine = own.machine.map(|machine| model.machine(machine));
    let info = &model.component_of(own.app).certs[cert as usize];
    let mut reader = Reader { model, body: &info.ast.body, scope, fixed: &kind.fixed };
    let authority = info.authority.and_then(|symbol| pki.place(symbol)).ok_or_else(|| {
        let message = format!("the certificate `{}` has no authority", info.ast.name.name);
        Box::new(Diagnostic::new(Code::MissingField, info.ast.name.span, message))
    })?;
    let (server, client) = kind.usage.map_or_else(|| reader.usage(info), Ok)?;
    let mut sans = match (&kind.names, machine) {
        (Some(names), Some(machine)) => names.names(machine).collect(),
        _ => reader.texts("names")?.iter().map(|name| San::parse(name)).collect::<Vec<_>>(),
    };
    // Who issues it elsewhere is told no names by this model.
    if !info.external && kind.derives.map_or_else(|| reader.truth("derive-names", true), Ok)? {
        sans.extend(derived(model, unit, cert, dialling));
    }
    sans.sort_unstable();
    sans.dedup();
    // It is kept for each certificate of the cluster.
    sans.shrink_to_fit();
    if let Some(bad) = sans.iter().find(|name| !is_name(name)) {
        return Err(bad_name(info, bad));
    }
    let (id, former) = ids(model, unit, &info.ast.name.name);
    let cn = match (&kind.cn, machine) {
        (Some(cn), Some(machine)) => reader.subject_of("cn", cn.texts(machine))?,
        _ => reader.subject("cn")?,
    };
    Ok(CertificateSpec {
        id,
        former,
        authority: authority as u32,
        // It is required, which the checker sees to.
        cn: cn.into_iter().next_back().unwrap_or_default(),
        org: kind.org.clone().map_or_else(|| reader.subject("org").map(Arc::from), Ok)?,
        server,
        client,
        sans,
        lifetime_seconds: kind.lifetime.map_or_else(|| reader.lifetime(365 * DAY), Ok)?,
        key: kind.key.map_or_else(|| reader.key(), Ok)?,
    })
}

fn bad_name(info: &CertInfo<'_>, bad: &San) -> EvalError {
    let message =
        format!("`{bad}` is not a valid subject alternative name of the certificate `{}`", info.ast.name.name);
    let help = "use an IP address, or a DNS name: labels of up to 63 letters, digits and hyphens, separated by dots";
    Box::new(Diagnostic::new(Code::EvaluationFailed, info.ast.name.span, message).help(help))
}

/// The id of a certificate, and those that it had under earlier names of its machine and its application.
fn ids(model: &Model<'_>, unit: UnitId, cert: &str) -> (String, Vec<String>) {
    let own = model.unit(unit);
    let name: &str = own.machine.map_or("-", |machine| &model.machine(machine).name);
    let app: &str = &model.app(own.app).name;
    let id = [name, app, cert].join("/");
    let (machines, apps) = (model.former.machine(name), model.former.app(app));
    if machines.is_empty() && apps.is_empty() {
        return (id, Vec::new());
    }
    let apps = || [app].into_iter().chain(apps.iter().map(|app| &**app));
    let machines = [name].into_iter().chain(machines.iter().map(String::as_str));
    let all = machines.flat_map(|machine| apps().map(move |app| [machine, app, cert].join("/")));
    (id, all.skip(1).collect())
}

/// Whether a name can be one in a certificate: an address, or a DNS name (RFC 1123, section 2.1), underscores and a
/// wildcard in front (RFC 6125, section 6.4.3) included.
fn is_name(name: &San) -> bool {
    let San::Dns(name) = name else { return true };
    name.len() <= 253 && text_form::is_dns_name(name.strip_prefix("*.").unwrap_or(name))
}

/// The names by which the endpoints that show a certificate are dialled.
fn derived(model: &Model<'_>, unit: UnitId, cert: u32, dialling: &dialled_names::Dialling) -> BTreeSet<San> {
    let endpoints = model.component_of(model.unit(unit).app).endpoints.iter().enumerate();
    endpoints
        .filter(|(_, info)| info.identity == Some(cert) && info.ast.kind != crate::syntax::ast::EndpointKind::Requires)
        .flat_map(|(place, _)| dialling.names(model, unit, place as u32))
        .collect()
}
