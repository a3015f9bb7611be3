//! All that decides what an application puts on its machines, but what a machine and a unit have for themselves: so a machine
//! need not be evaluated to know that it is what it was.
//!
//! Told from the names that are written in the component, like [`super::dependence`]: the values of those that are the same on
//! all units, lets among them, and the text of what computes the others. So it may be more than decides, and never less; where that is not
//! certain, nothing is said. What all components see of the machine and the unit, and what is issued for the unit, is for the
//! caller to add.

use std::collections::HashSet;

use crate::check::{ModulePlace, Symbol, SymbolKind};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Ident, Item, ItemKind, Name};

use super::component::{Local, Mention};
use super::dependence::Dependence;
use super::material::Material;
use super::scope::Scope;
use super::{AppId, Component, EndpointId, EvalError, Model, UnitId, Value, mention};

mod related;
mod texts;

/// That something decides of which it is not known what it is: the machine has to be evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown;

impl From<EvalError> for Unknown {
    fn from(_: EvalError) -> Self {
        Self
    }
}

/// Called with each thing that decides, in an order that follows from the component.
pub type Tell<'t> = dyn FnMut(&Value) + 't;

impl<'p> Model<'p> {
    /// Tells what decides the files, units and whatever else the units of an application put on their machines.
    ///
    /// # Errors
    /// If that is not known.
    pub fn inputs(&self, app: AppId, material: &dyn Material, tell: &mut Tell<'_>) -> Result<(), Unknown> {
        let unit = self.units_of(app).next().ok_or(Unknown)?;
        let component = self.component_of(app);
        Inputs { model: self, app, unit, component, material, tell }.all()
    }
}

/// The inputs of one application.
struct Inputs<'m, 'p, 't, 'f> {
    model: &'m Model<'p>,
    app: AppId,
    /// Its first: what is asked of it is the same on all of them.
    unit: UnitId,
    component: &'m Component<'p>,
    material: &'m dyn Material,
    tell: &'t mut Tell<'f>,
}

/// A name, and the field that is taken of it.
type Named = (Name, Option<Name>);

impl<'m> Inputs<'m, '_, '_, '_> {
    fn all(mut self) -> Result<(), Unknown> {
        self.application()?;
        self.settings()?;
        self.model.mentions(self.app).into_iter().try_for_each(|mention| self.issued(mention))?;
        self.texts()?;
        let names = self.names()?;
        names.iter().try_for_each(|name| self.name(name))?;
        self.related(&names)
    }

    fn scope(&self) -> Scope<'m> {
        Scope::unit(self.model, self.unit).with_material(self.material)
    }

    fn tell(&mut self, value: &Value) {
        (self.tell)(value);
    }

    fn text(&mut self, text: impl AsRef<str>) {
        self.tell(&Value::text(text));
    }

    /// What every component sees without a name of its own for it.
    fn application(&mut self) -> Result<(), Unknown> {
        let (model, scope, own) = (self.model, &self.scope(), self.model.app(self.app));
        self.text(&*own.name);
        self.tell(&Value::Version(own.kubernetes));
        self.written(self.component.symbol);
        let options = model.sight().option_record(scope, self.app)?;
        let cluster = model.sight().cluster_record(scope, Span::default())?;
        let addresses = Value::list(model.app(self.app).addresses.iter().copied().map(Value::Ip));
        [options, cluster, addresses, model.sight().target_record()].iter().for_each(|value| self.tell(value));
        Ok(())
    }

    /// Which statement something is: where it stands, and its text, which is a part of the build if it is of the library.
    fn written(&mut self, symbol: Symbol) {
        let program = self.model.program;
        match &program.module(symbol.module).place {
            ModulePlace::Standard(path) => self.text(format!("std {}", path.display())),
            ModulePlace::File(path) => self.text(format!("file {}", path.display())),
        }
        self.text(program.sources.place(symbol.span));
        if !program.is_library(symbol.module) {
            let span = program.statement(symbol).span;
            self.text(program.sources.place(span));
            self.text(program.sources.text(span));
        }
    }

    /// What the deployment sets beside options.
    fn settings(&mut self) -> Result<(), Unknown> {
        let super::settings::Settings { flags, config, unit } = &self.model.settings[self.app.index()];
        for flag in flags {
            self.text(&*flag.name);
            self.text(flag.program.as_deref().unwrap_or_default());
            self.set(flag.value)?;
        }
        for parts in [config, unit] {
            self.text("parts");
            for part in parts {
                self.tell(&Value::list(part.path.iter().cloned().map(Value::Text)));
                self.set(part.value)?;
            }
        }
        Ok(())
    }

    fn set(&mut self, written: super::layer::Written<'_>) -> Result<(), Unknown> {
        let mut scope = Scope::file(written.module).with_material(self.material);
        let value = self.model.eval(&mut scope, written.expr)?;
        self.tell(&value);
        Ok(())
    }

    /// An authority, key pair or secret that it mentions: its files, where it is declared, and what was issued.
    fn issued(&mut self, Mention { symbol, private, span }: Mention) -> Result<(), Unknown> {
        let (model, material) = (self.model, self.material);
        let span = model.definition(symbol).map_or(span, |definition| definition.name.span);
        self.text(model.program.sources.place(span));
        self.tell(&Value::Bool(private));
        let mut scope = self.scope();
        match symbol.kind {
            SymbolKind::Authority => {
                let file = model.authority_file(&scope, symbol)?;
                self.tell(&file);
                self.text(material.authority(symbol));
                let key = if private { material.authority_key(symbol) } else { None };
                self.tell(&key.map_or(Value::None, Value::text));
            }
            SymbolKind::Keypair => {
                let (files, keys) = (model.keypair_files(&mut scope, symbol)?, material.keypair(symbol));
                [files.0, files.1].iter().for_each(|file| self.tell(file));
                [keys.0, keys.1].into_iter().for_each(|key| self.text(key));
            }
            SymbolKind::Secret => self.text(material.secret(symbol)),
            SymbolKind::Param
            | SymbolKind::Let
            | SymbolKind::Machines
            | SymbolKind::Component
            | SymbolKind::Interface => return Err(Unknown),
        }
        Ok(())
    }

    /// Tells the value of a let that has only one on all units: what it was computed of does not matter then.
    fn is_told(&mut self, item: &Item) -> bool {
        let ItemKind::Let(binding) = &item.kind else { return false };
        let Some(Local::Let(index)) = self.component.local(&binding.name.name) else { return false };
        let is_one = self.component.let_dependences.get(index as usize) == Some(&Dependence::Application);
        is_one && self.value(&binding.name.name, None).is_ok()
    }

    /// The names in all items, each once, in source order, but those in what is told by its value.
    fn names(&mut self) -> Result<Vec<Named>, Unknown> {
        let (mut seen, mut list) = (HashSet::new(), Vec::new());
        for item in self.items() {
            is_known(item)?;
            if self.is_told(item) {
                continue;
            }
            mention::in_item(item, &mut |name, field, _| {
                let named: Named = (name.into(), field.map(Name::from));
                if seen.insert(named.clone()) {
                    list.push(named);
                }
            });
        }
        Ok(list)
    }

    /// The items that a machine is made of: what is checked was checked when it was planned.
    fn items(&self) -> impl Iterator<Item = &'m Item> + use<'m> {
        let component: &'m Component<'_> = self.component;
        component.ast.items.iter().filter(|item| !matches!(item.kind, ItemKind::Check(_)))
    }

    /// The value of a name, unless it is that of the unit, or something computed of others.
    fn name(&mut self, (name, field): &Named) -> Result<(), Unknown> {
        match (self.component.local(name), &**name, field.as_deref()) {
            // Their expressions are among those of the items; of endpoints see `related`.
            (Some(Local::Let(_) | Local::Cert(_) | Local::Address(_) | Local::Endpoint(_)), ..) => Ok(()),
            (Some(Local::Immutable(index)), ..) => {
                let record = self.model.sight().immutable_record(&mut self.scope(), index)?;
                self.tell(&record);
                Ok(())
            }
            (Some(Local::Manifest(_)), ..) | (None, "cluster", Some("roles")) => Err(Unknown),
            (None, "machine" | "unit" | "cluster" | "option" | "target", _) => Ok(()),
            (None, "machines" | "app", field) => self.value(name, field),
            (None, _, field) => match self.model.program.value(self.component.module, name).map(|known| known.kind) {
                Some(SymbolKind::Param | SymbolKind::Let | SymbolKind::Machines) => self.value(name, field),
                Some(SymbolKind::Authority | SymbolKind::Keypair | SymbolKind::Secret) => Ok(()),
                // No value, and a variable of a loop.
                Some(SymbolKind::Component | SymbolKind::Interface) | None => Ok(()),
            },
        }
    }

    fn value(&mut self, name: &Name, field: Option<&str>) -> Result<(), Unknown> {
        let span = Span::default();
        let root = Expr { span, kind: ExprKind::Name(Ident { name: name.clone(), span }) };
        let expr = match field {
            None => root,
            Some(field) => {
                let field = Ident { name: field.into(), span };
                Expr { span, kind: ExprKind::Field { value: root.into(), field, optional: false } }
            }
        };
        let value = self.model.eval(&mut self.scope(), &expr)?;
        self.tell(&value);
        Ok(())
    }

    /// Whom its endpoints are related to, and what is seen of those that are elsewhere.
    fn related(&mut self, names: &[Named]) -> Result<(), Unknown> {
        for endpoint in 0..self.component.endpoints.len() as u32 {
            let from = EndpointId { app: self.app, endpoint };
            let name = &self.component.endpoints[endpoint as usize].ast.name.name;
            let fields: Vec<_> =
                names.iter().filter(|(one, _)| one == name).map(|(_, field)| field.as_deref()).collect();
            self.endpoint(from, &fields)?;
        }
        Ok(())
    }
}

/// A manifest follows from files that may be beside it. A packet filter follows from the relations of the whole model, and is for
/// the caller to add.
fn is_known(item: &Item) -> Result<(), Unknown> {
    match &item.kind {
        ItemKind::Manifest(_) => Err(Unknown),
        ItemKind::For(_) | ItemKind::Check(_) | ItemKind::Holds(_) | ItemKind::Option(_) | ItemKind::Let(_) => Ok(()),
        ItemKind::Endpoint(_) | ItemKind::Cert(_) | ItemKind::Kubeconfig(_) | ItemKind::Unit(_) => Ok(()),
        ItemKind::File(_) | ItemKind::Dir(_) | ItemKind::Needs(_) | ItemKind::Artifact(_) | ItemKind::Image(_) => {
            Ok(())
        }
        ItemKind::Listen(_)
        | ItemKind::Address(_)
        | ItemKind::Range(_)
        | ItemKind::Immutable(_)
        | ItemKind::Firewall(_) => Ok(()),
    }
}
