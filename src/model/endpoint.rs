//! Endpoints as expressions see them, and where they can be reached.

use std::net::IpAddr;

use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{Cardinality, EndpointKind, Ident, Port};

use super::eval::eval_error;
use super::scope::Scope;
use super::value::Record;
use super::work::ValueId;
use super::{EndpointId, EndpointValue, EvalError, Model, UnitId, Value};

impl Model<'_> {
    /// The units at the other end of an endpoint, in order: the providers that a `requires` dials, all members of a
    /// `peers` (itself too).
    pub fn links(&self, unit: UnitId, endpoint: u32) -> impl Iterator<Item = (UnitId, u32)> + '_ {
        let own = self.unit(unit);
        let from = EndpointId { app: own.app, endpoint };
        let providers = self.providers(from);
        providers.iter().flat_map(move |provider| {
            let range = self.app(provider.app).units.clone();
            let range = match own.machine.filter(|_| self.is_near(from, *provider)) {
                Some(machine) => self.unit_on(provider.app, machine).map_or(0..0, |u| u.0..u.0 + 1),
                None => range,
            };
            range.map(|unit| (UnitId(unit), provider.endpoint))
        })
    }

    /// Where an endpoint of a unit can be reached; computed once.
    ///
    /// # Errors
    /// What evaluation of its fields meets.
    pub fn endpoint_value(&self, unit: UnitId, endpoint: u32) -> Result<&EndpointValue, EvalError> {
        match self.endpoint_cell(unit, endpoint).get() {
            Some(value) => Ok(value),
            None => self.endpoint_value_at(&mut Scope::unit(self, unit), unit, endpoint),
        }
    }

    /// The same, in a scope that is already the one of the unit.
    pub(super) fn endpoint_value_at(
        &self,
        scope: &mut Scope<'_>,
        unit: UnitId,
        endpoint: u32,
    ) -> Result<&EndpointValue, EvalError> {
        self.endpoint_once(scope, (unit, endpoint), |scope| self.compute_endpoint(scope, unit, endpoint))
    }

    /// The same, inside a scope that remembers what is being computed.
    fn endpoint_value_in(
        &self,
        scope: &mut Scope<'_>,
        unit: UnitId,
        endpoint: u32,
    ) -> Result<&EndpointValue, EvalError> {
        self.endpoint_once(scope, (unit, endpoint), |scope| {
            scope.within(Scope::unit(self, unit), |scope| self.compute_endpoint(scope, unit, endpoint))
        })
    }

    fn endpoint_once<'s>(
        &self,
        scope: &mut Scope<'s>,
        (unit, endpoint): (UnitId, u32),
        compute: impl FnOnce(&mut Scope<'s>) -> Result<EndpointValue, EvalError>,
    ) -> Result<&EndpointValue, EvalError> {
        let cell = self.endpoint_cell(unit, endpoint);
        if let Some(value) = cell.get() {
            return Ok(value);
        }
        let ident = &self.component_of(self.unit(unit).app).endpoints[endpoint as usize].ast.name;
        let name = || self.endpoint_name(EndpointId { app: self.unit(unit).app, endpoint });
        scope.work.open(ValueId::Endpoint(unit, endpoint), name, ident.span)?;
        let value = compute(scope);
        scope.work.close();
        let value = value?;
        Ok(cell.get_or_init(|| value))
    }

    fn compute_endpoint(&self, scope: &mut Scope<'_>, unit: UnitId, endpoint: u32) -> Result<EndpointValue, EvalError> {
        let own = self.unit(unit);
        let body = &self.component_of(own.app).endpoints[endpoint as usize].ast.body;
        let mut value =
            EndpointValue { address: own.machine.map(|m| self.machine(m).address), ..EndpointValue::default() };
        for field in &body.fields {
            let Some(key) = field.key.plain() else { continue };
            match &*key {
                "listen" => value.listen = port(&self.eval(scope, &field.value)?),
                "address" => value.address = ip(&self.eval(scope, &field.value)?).or(value.address),
                "bind" => value.bind = ip(&self.eval(scope, &field.value)?),
                "names" => value.names = texts(&self.eval(scope, &field.value)?),
                _ => {}
            }
        }
        Ok(value)
    }

    /// A field of an endpoint of the scope's unit.
    ///
    /// # Errors
    /// What evaluation of the field meets, and an unknown field.
    pub(crate) fn endpoint_field(
        &self,
        scope: &mut Scope<'_>,
        endpoint: u32,
        field: &Ident,
    ) -> Result<Value, EvalError> {
        let Some(unit) = scope.unit else {
            return Err(no_unit(field.span));
        };
        let info = &self.component_of(self.unit(unit).app).endpoints[endpoint as usize];
        match (info.ast.kind, &*field.name) {
            (EndpointKind::Provides, "clients") => Ok(self.clients_list(unit, endpoint)),
            (EndpointKind::Provides, _) => self.link_field(scope, (unit, endpoint), field),
            (_, "units") => self.unit_records(scope, unit, endpoint, |_| true),
            (_, "others") => self.unit_records(scope, unit, endpoint, |other| other != unit),
            (_, "count") => Ok(Value::Int(self.links(unit, endpoint).count() as i64)),
            (_, "urls" | "hosts" | "addresses") => {
                let single = Ident { name: plural_of(&field.name).into(), span: field.span };
                let links: Vec<_> = self.links(unit, endpoint).collect();
                let values = links.into_iter().map(|link| self.link_field(scope, link, &single));
                Ok(Value::List(values.collect::<Result<Vec<_>, _>>()?.into()))
            }
            (EndpointKind::Peers, _) => self.link_field(scope, (unit, endpoint), field),
            (EndpointKind::Requires, _) => match self.links(unit, endpoint).next() {
                Some(link) => self.link_field(scope, link, field),
                None => Ok(Value::None),
            },
        }
    }

    /// A field of one unit at the other end.
    pub(super) fn link_field(
        &self,
        scope: &mut Scope<'_>,
        link: (UnitId, u32),
        field: &Ident,
    ) -> Result<Value, EvalError> {
        let unit = link.0;
        let own = self.unit(unit);
        match &*field.name {
            "name" => return Ok(Value::text(self.unit_name(unit))),
            "app" => return Ok(Value::Text(self.app(own.app).name.clone())),
            "machine" => return Ok(own.machine.map_or(Value::None, |m| Value::Text(self.machine(m).name.clone()))),
            "index" => return Ok(Value::Int(own.index.into())),
            "cert" => return self.link_cert(link),
            _ => {}
        }
        if let Some(value) = self.reach_field(scope, link, &field.name)? {
            return Ok(value);
        }
        self.interface_field(scope, link, field)
    }

    fn reach_field(&self, scope: &mut Scope<'_>, link: (UnitId, u32), field: &str) -> Result<Option<Value>, EvalError> {
        if !matches!(field, "address" | "port" | "host" | "url" | "bind") {
            return Ok(None);
        }
        let value = self.endpoint_value_in(scope, link.0, link.1)?;
        let host = || Some(host_text(value.address?, value.listen?));
        Ok(Some(match field {
            "address" => value.address.map_or(Value::None, Value::Ip),
            "port" => value.listen.map_or(Value::None, Value::Port),
            "bind" => value.bind.map_or_else(|| Value::Ip(unspecified(value.address)), Value::Ip),
            "host" => host().map_or(Value::None, Value::text),
            _ => host().map_or(Value::None, |host| Value::text(format!("{}://{host}", self.scheme_of(link)))),
        }))
    }

    /// The scheme of an endpoint's URLs, from its interface.
    fn scheme_of(&self, (unit, endpoint): (UnitId, u32)) -> &str {
        let info = &self.component_of(self.unit(unit).app).endpoints[endpoint as usize];
        let interface = info.interface.and_then(|symbol| self.program.interface(symbol));
        let scheme = interface.and_then(|i| i.body.field("scheme"));
        match scheme.map(|field| &field.value.kind) {
            Some(crate::syntax::ast::ExprKind::Text(text)) => match text.parts.as_slice() {
                [crate::syntax::ast::TextPart::Text(scheme)] => scheme,
                _ => "tcp",
            },
            _ => "tcp",
        }
    }

    fn link_cert(&self, (unit, endpoint): (UnitId, u32)) -> Result<Value, EvalError> {
        let component = self.component_of(self.unit(unit).app);
        let Some(cert) = component.endpoints[endpoint as usize].identity else { return Ok(Value::None) };
        self.cert_file(&mut Scope::unit(self, unit), cert)
    }

    /// A field that the interface declares, evaluated where it is provided.
    fn interface_field(&self, scope: &mut Scope<'_>, link: (UnitId, u32), field: &Ident) -> Result<Value, EvalError> {
        let (unit, endpoint) = link;
        let info = &self.component_of(self.unit(unit).app).endpoints[endpoint as usize];
        if let Some(given) = info.ast.body.field(&field.name) {
            let inner = Scope::unit(self, unit).with_material(scope.material);
            scope.work.open(ValueId::Field(unit, endpoint, field.name.clone()), || &field.name, given.value.span)?;
            let value = scope.within(inner, |scope| self.eval_as(scope, &given.value, None));
            scope.work.close();
            return value;
        }
        let interface = info.interface.and_then(|symbol| Some((symbol, self.program.interface(symbol)?)));
        let declared =
            interface.and_then(|(symbol, i)| Some((symbol, i.fields.iter().find(|f| f.name.name == field.name)?)));
        match declared {
            Some((symbol, declared)) => match &declared.default {
                Some(default) => self.eval_as(&mut Scope::file(symbol.module), default, Some(&declared.ty)),
                None => Ok(Value::None),
            },
            None => {
                let known = interface.map_or(&[][..], |(_, i)| &i.fields);
                let help = did_you_mean(
                    &field.name,
                    known.iter().map(|f| &*f.name.name),
                    "see the interface for the available fields",
                );
                let message = format!("the endpoint has no field `{}`", field.name);
                Err(Box::new(Diagnostic::new(Code::UnknownField, field.span, message).help(help)))
            }
        }
    }

    fn unit_records(
        &self,
        scope: &mut Scope<'_>,
        unit: UnitId,
        endpoint: u32,
        keep: impl Fn(UnitId) -> bool,
    ) -> Result<Value, EvalError> {
        let links: Vec<_> = self.links(unit, endpoint).filter(|(other, _)| keep(*other)).collect();
        let records = links.into_iter().map(|link| self.link_record(scope, link));
        Ok(Value::List(records.collect::<Result<Vec<_>, _>>()?.into()))
    }

    /// Everything that is known of one unit at the other end.
    pub(super) fn link_record(&self, scope: &mut Scope<'_>, link: (UnitId, u32)) -> Result<Value, EvalError> {
        let info = &self.component_of(self.unit(link.0).app).endpoints[link.1 as usize];
        let span = info.ast.name.span;
        let interface = info.interface.and_then(|symbol| self.program.interface(symbol));
        let own = interface.map_or(&[][..], |i| &i.fields).iter().map(|field| &*field.name.name);
        let mut record = Record::default();
        for name in LINK_FIELDS.iter().copied().chain(own) {
            let ident = Ident { name: name.into(), span };
            record.insert(ident.name.clone(), self.link_field(scope, link, &ident)?);
        }
        Ok(Value::Record(record.into()))
    }

    pub(super) fn clients_list(&self, unit: UnitId, endpoint: u32) -> Value {
        let app = self.unit(unit).app;
        let clients = &self.ends(app).clients[endpoint as usize];
        let units = clients.iter().flat_map(|client| self.units_of(client.app));
        Value::list(units.map(|unit| self.own_unit_record(unit)))
    }

    /// Whether an endpoint has a value: one that may go without a provider has none then.
    pub(super) fn is_wired(&self, unit: UnitId, endpoint: u32) -> bool {
        let ast = self.component_of(self.unit(unit).app).endpoints[endpoint as usize].ast;
        let may_lack = ast.kind == EndpointKind::Requires && ast.cardinality != Cardinality::Many;
        !may_lack || self.links(unit, endpoint).next().is_some()
    }

    /// An endpoint as a whole.
    pub(super) fn endpoint_record(&self, scope: &mut Scope<'_>, endpoint: u32) -> Result<Value, EvalError> {
        let Some(unit) = scope.unit else { return Ok(Value::None) };
        let info = &self.component_of(self.unit(unit).app).endpoints[endpoint as usize];
        let span = info.ast.name.span;
        let requires = info.ast.kind == EndpointKind::Requires;
        if !self.is_wired(unit, endpoint) {
            return Ok(Value::None);
        }
        let first = self.links(unit, endpoint).next();
        let Value::Record(record) = (match first.filter(|_| requires) {
            Some(link) => self.link_record(scope, link)?,
            None if requires => Value::record::<&str>([]),
            None => self.link_record(scope, (unit, endpoint))?,
        }) else {
            return Ok(Value::None);
        };
        let mut record = (*record).clone();
        let lists: &[&str] = match info.ast.kind {
            EndpointKind::Provides => &["bind"],
            EndpointKind::Requires => &["units", "urls", "hosts", "addresses", "count"],
            EndpointKind::Peers => &["bind", "units", "others", "urls", "hosts", "addresses", "count"],
        };
        for name in lists {
            let ident = Ident { name: (*name).into(), span };
            record.insert(ident.name.clone(), self.endpoint_field(scope, endpoint, &ident)?);
        }
        Ok(Value::Record(record.into()))
    }
}

/// The fields of one unit at the other end, before those of the interface.
const LINK_FIELDS: &[&str] = &["name", "app", "machine", "address", "port", "host", "url", "index", "cert"];

fn plural_of(name: &str) -> &str {
    match name {
        "urls" => "url",
        "hosts" => "host",
        _ => "address",
    }
}

/// `10.0.0.5:6443`, `[fd00::5]:6443`.
pub fn host_text(address: IpAddr, port: Port) -> String {
    std::net::SocketAddr::new(address, port.number).to_string()
}

/// The unspecified address of the same family.
fn unspecified(address: Option<IpAddr>) -> IpAddr {
    match address {
        Some(IpAddr::V6(_)) => std::net::Ipv6Addr::UNSPECIFIED.into(),
        _ => std::net::Ipv4Addr::UNSPECIFIED.into(),
    }
}

/// An endpoint where no unit is.
pub(super) fn no_unit(span: Span) -> EvalError {
    eval_error(Code::EvaluationFailed, span, "an endpoint has a value only on a unit")
}

/// The port of a value, when it is one.
pub fn port(value: &Value) -> Option<Port> {
    match value {
        Value::Port(port) => Some(*port),
        _ => None,
    }
}

/// The address of a value, when it is one.
pub fn ip(value: &Value) -> Option<IpAddr> {
    match value {
        Value::Ip(ip) => Some(*ip),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// The texts of a list; a single value counts as a list of one.
pub fn texts(value: &Value) -> Vec<crate::syntax::ast::Name> {
    match value.reveal() {
        Value::List(list) => list.iter().filter_map(Value::scalar_text).map(Into::into).collect(),
        Value::None => Vec::new(),
        single => single.scalar_text().map(Into::into).into_iter().collect(),
    }
}
