//! What an application sees of those that it is related to.

use crate::check::Symbol;
use crate::model::scope::Scope;
use crate::model::{AppId, EndpointId, Value};
use crate::syntax::ast::EndpointKind;

use super::{Inputs, Unknown};

/// So many units at the other end are gone through; of more it is not known what decides.
const MOST: u32 = 256;

impl Inputs<'_, '_, '_, '_> {
    /// An endpoint, of which these fields are taken. What it has of the unit itself follows from the text of the component.
    pub(super) fn endpoint(&mut self, from: EndpointId, fields: &[Option<&str>]) -> Result<(), Unknown> {
        let (model, info) = (self.model, &self.component.endpoints[from.endpoint as usize]);
        info.interface.map_or(Ok(()), |interface| self.interface(interface))?;
        for provider in model.providers(from) {
            self.text(model.endpoint_name(*provider));
            self.tell(&Value::Bool(model.is_near(from, *provider)));
            self.version(provider.app);
        }
        match info.ast.kind {
            EndpointKind::Provides if fields.contains(&Some("clients")) => self.clients(from),
            EndpointKind::Requires | EndpointKind::Peers if !fields.is_empty() => self.providers(from),
            EndpointKind::Provides | EndpointKind::Requires | EndpointKind::Peers => Ok(()),
        }
    }

    /// What the interface says of endpoints that leave it out.
    fn interface(&mut self, symbol: Symbol) -> Result<(), Unknown> {
        self.written(symbol);
        let interface = self.model.program.interface(symbol).ok_or(Unknown)?;
        for field in &interface.fields {
            if let Some(default) = &field.default {
                let value = self.model.eval_as(&mut Scope::file(symbol.module), default, Some(&field.ty))?;
                self.tell(&value);
            }
        }
        Ok(())
    }

    fn clients(&mut self, of: EndpointId) -> Result<(), Unknown> {
        let clients = &self.model.ends(of.app).clients[of.endpoint as usize];
        let count: usize = clients.iter().map(|client| self.model.app(client.app).units.len()).sum();
        is_few(count)?;
        let list = self.model.clients_list(self.unit, of.endpoint);
        self.tell(&list);
        Ok(())
    }

    /// What else is seen of an application that writes something through another one: by its version it is verified.
    fn version(&mut self, app: AppId) {
        let (model, own, component) = (self.model, self.model.app(app), self.model.component_of(app));
        let place = component.options.iter().position(|option| &*option.name.name == "version");
        self.tell(&Value::Version(own.kubernetes));
        self.tell(place.and_then(|place| own.options.get(place)).unwrap_or(&Value::None));
        self.tell(&Value::Bool(model.program.is_library(component.module)));
    }

    /// All units at the other end, whole; one on the machine itself is among the units of the machine.
    fn providers(&mut self, from: EndpointId) -> Result<(), Unknown> {
        let model = self.model;
        for provider in model.providers(from).iter().filter(|provider| !model.is_near(from, **provider)) {
            is_few(model.app(provider.app).units.len())?;
            for unit in model.units_of(provider.app) {
                let record = model.link_record(&mut self.scope(), (unit, provider.endpoint))?;
                self.tell(&record);
            }
        }
        Ok(())
    }
}

fn is_few(count: usize) -> Result<(), Unknown> {
    if count <= MOST as usize { Ok(()) } else { Err(Unknown) }
}
