//! The items of a unit's component, evaluated into the bundle of its machine.

use std::sync::Arc;

use crate::check::SymbolKind;
use crate::diag::{Code, Diagnostic};
use crate::model::eval::mismatch;
use crate::model::material::Material;
use crate::model::scope::Scope;
use crate::model::value::Record;
use crate::model::{Fault, Model, UnitId, Value};
use crate::plan::keep;
use crate::source::Span;
use crate::syntax::ast::{Body, Expr, ExprKind, Item, ItemKind, Name, Needs, NeedsKind, PathItem};

use super::bundle::{Bundle, BundleFile, Directory, Format, Unit};
use super::{artifact, flag, format, kubeconfig};

/// Fills the bundle of one machine, unit by unit.
pub struct Filler<'a, 'p> {
    pub model: &'a Model<'p>,
    pub material: &'a dyn Material,
    /// The architecture of the machine.
    pub arch: Name,
    pub bundle: &'a mut Bundle,
    pub problems: &'a mut Vec<Diagnostic>,
    /// Where the file at each place of the bundle was declared.
    pub spans: Vec<Span>,
    /// The paths of what the unit at hand has written so far.
    pub touched: Vec<Name>,
}

impl Filler<'_, '_> {
    /// Adds everything that a unit puts on its machine.
    pub fn unit(&mut self, unit: UnitId) {
        let app = self.model.unit(unit).app;
        let services = self.bundle.units.len();
        self.touched.clear();
        let mut scope = Scope::unit(self.model, unit).with_material(self.material);
        self.mentions(unit);
        for cert in 0..self.model.component_of(app).certs.len() as u32 {
            let result = self.certificate(&mut scope, unit, cert);
            keep(result, self.problems);
        }
        let after = self.after(unit);
        for item in &self.model.component_of(app).ast.items {
            let result = self.item(&mut scope, item, &after);
            keep(result, self.problems);
        }
        self.bundle.units[services..].iter_mut().for_each(|unit| unit.watches.clone_from(&self.touched));
    }

    fn item(&mut self, scope: &mut Scope<'_>, item: &Item, after: &[Name]) -> Result<(), Fault> {
        match &item.kind {
            ItemKind::File(file) => self.files(scope, file, item.span),
            ItemKind::Dir(dir) => self.directory(scope, dir, item.span),
            ItemKind::Unit(unit) => self.systemd_unit(scope, unit, item.span, after),
            ItemKind::Kubeconfig(config) => self.kubeconfig(scope, config, item.span),
            ItemKind::Needs(needs) => self.needs(scope, needs),
            ItemKind::Artifact(artifact) => {
                let origin = self.origin(item.span, scope);
                let made = artifact::artifact(self.model, scope, artifact, &self.arch, origin)?;
                if let Some(made) = made {
                    artifact::merge(&mut self.bundle.artifacts, made);
                }
                Ok(())
            }
            ItemKind::Image(image) => {
                if let Some(field) = image.body.field("ref") {
                    let name = self.text(scope, &field.value)?;
                    push(&mut self.bundle.images, name.into());
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// `std/etcd/etcd.km:12:3: etcd`.
    fn origin(&self, span: Span, scope: &Scope<'_>) -> Arc<str> {
        let app = scope.app.map_or("", |app| &self.model.app(app).name);
        format!("{}: {app}", self.model.program.sources.place(span)).into()
    }

    fn text(&self, scope: &mut Scope<'_>, expr: &Expr) -> Result<String, Fault> {
        let value = self.model.eval(scope, expr)?;
        value.scalar_text().ok_or_else(|| mismatch(expr.span, "`string`", &value))
    }

    fn absolute(&self, scope: &mut Scope<'_>, expr: &Expr) -> Result<String, Fault> {
        let path = self.text(scope, expr)?;
        if path.starts_with('/') && !path.contains('\0') && !path.split('/').any(|part| part == "..") {
            return Ok(path);
        }
        let message = format!("`{path}` is not an absolute path");
        Err(Box::new(
            Diagnostic::new(Code::EvaluationFailed, expr.span, message).help("begin it with `/`, without `..`"),
        ))
    }

    fn optional_text(&self, scope: &mut Scope<'_>, body: &Body, field: &str) -> Result<Option<String>, Fault> {
        body.field(field).map(|field| self.text(scope, &field.value)).transpose()
    }

    fn name(&self, scope: &mut Scope<'_>, body: &Body, field: &str, default: &str) -> Result<Name, Fault> {
        Ok(self.optional_text(scope, body, field)?.map_or_else(|| default.into(), Into::into))
    }

    fn mode(&self, scope: &mut Scope<'_>, body: &Body, field: &str, default: u32) -> Result<u32, Fault> {
        match body.field(field) {
            None => Ok(default),
            Some(field) => match self.model.eval(scope, &field.value)? {
                Value::Mode(mode) => Ok(mode),
                other => Err(mismatch(field.value.span, "`mode`", &other)),
            },
        }
    }

    /// Adds a file, or reports that another one is at its place.
    pub fn push_file(&mut self, file: BundleFile, span: Span) {
        self.touched.push(file.path.as_str().into());
        if let Some(place) = self.bundle.files.iter().position(|known| known.path == file.path) {
            let known = &self.bundle.files[place];
            let same = known.content == file.content && known.mode == file.mode && known.owner == file.owner;
            if !same {
                let message = format!("two things want to write `{}` on `{}`", file.path, self.bundle.machine);
                let problem = Diagnostic::new(Code::FileTwice, span, message).here("here");
                let problem = problem.label(self.spans[place], "and here").help("give one of them another path");
                self.problems.push(problem);
            }
            return;
        }
        self.bundle.files.push(file);
        self.spans.push(span);
    }

    /// The certificates and keys of authorities, and key pairs, that the component mentions.
    fn mentions(&mut self, unit: UnitId) {
        let app = self.model.unit(unit).app;
        for mention in &self.model.component_of(app).mentions {
            let result = self.mention(unit, *mention);
            keep(result, self.problems);
        }
    }

    fn mention(&mut self, unit: UnitId, mention: crate::model::component::Mention) -> Result<(), Fault> {
        let mut scope = Scope::unit(self.model, unit).with_material(self.material);
        let symbol = mention.symbol;
        let span = self.model.definition(symbol).map_or(mention.span, |definition| definition.name.span);
        let origin = self.origin(span, &scope);
        match symbol.kind {
            SymbolKind::Authority => {
                let file = self.model.authority_file(&scope, symbol)?;
                self.push_material(&file, self.material.authority(symbol), (0o644, "root"), &origin, span);
                if mention.private {
                    let key = self.material.authority_key(symbol).ok_or_else(|| no_key(mention.span))?;
                    self.push_material(&crate::model::key_beside(&file), key, (0o600, "root"), &origin, span);
                }
            }
            SymbolKind::Keypair => {
                let (private, public) = self.material.keypair(symbol);
                let files = self.model.keypair_files(&mut scope, symbol)?;
                self.push_material(&files.1, public, (0o644, "root"), &origin, span);
                if mention.private {
                    self.push_material(&files.0, private, (0o600, "root"), &origin, span);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A file of the PKI; a key when no one but its owner may read it.
    fn push_material(&mut self, path: &Value, text: &str, (mode, owner): (u32, &str), origin: &Arc<str>, span: Span) {
        let (Value::Path(path) | Value::Text(path)) = path else { return };
        let file = BundleFile {
            path: path.to_string(),
            mode,
            owner: owner.into(),
            group: owner.into(),
            content: text.as_bytes().into(),
            secret: mode & 0o077 == 0,
            origin: origin.clone(),
        };
        self.push_file(file, span);
    }

    fn certificate(&mut self, scope: &mut Scope<'_>, unit: UnitId, cert: u32) -> Result<(), Fault> {
        let app = self.model.unit(unit).app;
        let definition = self.model.component_of(app).certs[cert as usize].ast;
        let file = self.model.cert_file(scope, cert)?;
        if file == Value::None {
            return Ok(());
        }
        let key = self.model.cert_key_file(scope, cert)?;
        let owner = self.name(scope, &definition.body, "owner", "root")?;
        let mode = self.mode(scope, &definition.body, "key-mode", 0o600)?;
        let span = definition.name.span;
        if mode & 0o007 != 0 {
            let message = format!("everyone on the machine could read the key of `{}`", definition.name.name);
            return Err(Box::new(Diagnostic::new(Code::SecretExposed, span, message).help("use `key-mode = 0600`")));
        }
        let (pem, private) = self.material.certificate(unit, cert);
        let origin = self.origin(span, scope);
        self.push_material(&file, pem, (0o644, &owner), &origin, span);
        let (path, content) = match key {
            Value::Path(path) | Value::Text(path) => (path.to_string(), private.as_bytes().into()),
            _ => return Ok(()),
        };
        let group = self.name(scope, &definition.body, "group", &owner)?;
        self.push_file(BundleFile { path, mode, owner, group, content, secret: true, origin }, span);
        Ok(())
    }

    fn files(&mut self, scope: &mut Scope<'_>, item: &PathItem, span: Span) -> Result<(), Fault> {
        let Some(each) = &item.each else { return self.file(scope, item, span) };
        let model = self.model;
        model.for_each(scope, each, |scope| self.file(scope, item, span))
    }

    fn file(&mut self, scope: &mut Scope<'_>, item: &PathItem, span: Span) -> Result<(), Fault> {
        let body = &item.body;
        if !self.model.holds(scope, body.field("when").map(|field| &field.value))? {
            return Ok(());
        }
        let path = self.absolute(scope, &item.path)?;
        let (content, secret) = self.content(scope, body, item.path.span)?;
        let mode = self.mode(scope, body, "mode", 0o644)?;
        if secret && mode & 0o077 != 0 {
            let message = format!("`{path}` holds a secret, and its mode {mode:04o} lets others read it");
            let problem = Diagnostic::new(Code::SecretExposed, item.path.span, message);
            return Err(Box::new(problem.help("use `mode = 0600`")));
        }
        let owner = self.name(scope, body, "owner", "root")?;
        let group = self.name(scope, body, "group", "root")?;
        let origin = self.origin(span, scope);
        self.push_file(
            BundleFile { path, mode, owner, group, content: content.into_bytes().into(), secret, origin },
            span,
        );
        Ok(())
    }

    /// The text of a file, and whether a secret is in it.
    fn content(&mut self, scope: &mut Scope<'_>, body: &Body, span: Span) -> Result<(String, bool), Fault> {
        if let Some(field) = body.field("content") {
            let value = self.model.eval(scope, &field.value)?;
            let format = self.format(scope, body)?;
            let text = format::write(format, &value).map_err(|error| {
                let help = error.help.clone();
                Box::new(Diagnostic::new(Code::TypeMismatch, field.value.span, error.to_string()).help(help))
            })?;
            return Ok((text, value.is_secret()));
        }
        if let Some(field) = body.field("template") {
            let vars =
                body.field("vars").map_or(Ok(Value::record::<&str>([])), |f| self.model.eval(scope, &f.value))?;
            let path = self.model.eval(scope, &field.value)?;
            let text = crate::model::resource::template(self.model, scope, &path, &vars, field.value.span)?;
            return Ok((text.scalar_text().unwrap_or_default(), text.is_secret()));
        }
        let Some(field) = body.field("text") else {
            let problem = Diagnostic::new(Code::MissingField, span, "the file has no `text`, `content` or `template`");
            return Err(Box::new(problem));
        };
        let value = self.model.eval(scope, &field.value)?;
        let mut text = value.scalar_text().ok_or_else(|| mismatch(field.value.span, "`string`", &value))?;
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        Ok((text, value.is_secret()))
    }

    fn format(&self, scope: &mut Scope<'_>, body: &Body) -> Result<Format, Fault> {
        Ok(match self.optional_text(scope, body, "format")?.as_deref() {
            Some("json") => Format::Json,
            Some("toml") => Format::Toml,
            Some("ini") => Format::Ini,
            _ => Format::Yaml,
        })
    }

    fn kubeconfig(&mut self, scope: &mut Scope<'_>, item: &PathItem, span: Span) -> Result<(), Fault> {
        let value = kubeconfig::content(self.model, scope, &item.body)?;
        let text = format::write(Format::Yaml, &value).expect("a kubeconfig is plain data");
        let path = self.text(scope, &item.path)?;
        let mode = self.mode(scope, &item.body, "mode", 0o600)?;
        if mode & 0o077 != 0 {
            let message = format!("`{path}` holds a key, and its mode {mode:04o} lets others read it");
            return Err(Box::new(
                Diagnostic::new(Code::SecretExposed, item.path.span, message).help("use `mode = 0600`"),
            ));
        }
        let owner = self.name(scope, &item.body, "owner", "root")?;
        let group = self.name(scope, &item.body, "group", &owner)?;
        let origin = self.origin(span, scope);
        let file = BundleFile { path, mode, owner, group, content: text.into_bytes().into(), secret: true, origin };
        self.push_file(file, span);
        Ok(())
    }

    fn directory(&mut self, scope: &mut Scope<'_>, item: &PathItem, span: Span) -> Result<(), Fault> {
        let directory = Directory {
            path: self.absolute(scope, &item.path)?,
            mode: self.mode(scope, &item.body, "mode", 0o755)?,
            owner: self.name(scope, &item.body, "owner", "root")?,
            group: self.name(scope, &item.body, "group", "root")?,
            origin: self.origin(span, scope),
        };
        match self.bundle.directories.iter().find(|known| known.path == directory.path) {
            Some(known) if (known.mode, &known.owner) != (directory.mode, &directory.owner) => {
                let message = format!("two components want `{}` with different modes or owners", directory.path);
                Err(Box::new(Diagnostic::new(Code::FileTwice, item.path.span, message)))
            }
            Some(_) => Ok(()),
            None => {
                self.bundle.directories.push(directory);
                Ok(())
            }
        }
    }

    fn systemd_unit(
        &mut self,
        scope: &mut Scope<'_>,
        item: &PathItem,
        span: Span,
        after: &[Name],
    ) -> Result<(), Fault> {
        let name: Name = self.text(scope, &item.path)?.into();
        let mut fields = Record::new();
        let mut flags = Vec::new();
        for field in &item.body.fields {
            let Some(key) = field.key.plain() else { continue };
            if &*key == "flags" {
                flags = flag::flags(self.model, scope, &field.value, self.problems)?;
                continue;
            }
            let value = self.model.eval(scope, &field.value)?;
            if value.is_secret() {
                let message = format!("`{key}` of `{name}` holds a secret, and everyone may read units");
                let problem = Diagnostic::new(Code::SecretExposed, field.value.span, message);
                return Err(Box::new(problem.help("put it into a private file that the program reads")));
            }
            if value != Value::None {
                fields.insert(key, value);
            }
        }
        let after = after.iter().filter(|other| **other != name).cloned().collect();
        let origin = self.origin(span, scope);
        self.bundle.units.push(Unit { name, fields, flags, after, watches: Vec::new(), origin });
        Ok(())
    }

    /// The services on the same machine that must be up before those of a unit.
    fn after(&self, unit: UnitId) -> Vec<Name> {
        let own = self.model.unit(unit);
        let mut list = Vec::new();
        for (place, info) in self.model.component_of(own.app).endpoints.iter().enumerate() {
            if info.soft || info.ast.kind != crate::syntax::ast::EndpointKind::Requires {
                continue;
            }
            let Some(machine) = own.machine else { continue };
            for provider in &self.model.app(own.app).providers[place] {
                if self.model.unit_on(provider.app, machine).is_some()
                    && let Some(service) = first_service(self.model, provider.app)
                {
                    push(&mut list, service);
                }
            }
        }
        list
    }

    fn needs(&mut self, scope: &mut Scope<'_>, needs: &Needs) -> Result<(), Fault> {
        if !self.model.holds(scope, needs.condition.as_ref())? {
            return Ok(());
        }
        match &needs.kind {
            NeedsKind::Module(ident) => push(&mut self.bundle.modules, ident.name.clone()),
            NeedsKind::Sysctl(key, value) => {
                let text = self.text(scope, value)?;
                return self.sysctl(key.name.clone(), text, key.span);
            }
            NeedsKind::Package(expr) => {
                let name = self.text(scope, expr)?;
                push(&mut self.bundle.packages, name.into());
            }
            NeedsKind::Device(expr) => {
                let name = self.absolute(scope, expr)?;
                push(&mut self.bundle.devices, name.into());
            }
            NeedsKind::Mount(expr) => {
                let name = self.absolute(scope, expr)?;
                push(&mut self.bundle.mounts, name.into());
            }
            NeedsKind::Command(expr) => {
                let name = self.text(scope, expr)?;
                push(&mut self.bundle.commands, name.into());
            }
        }
        Ok(())
    }

    fn sysctl(&mut self, key: Name, value: String, span: Span) -> Result<(), Fault> {
        match self.bundle.sysctls.iter().find(|(known, _)| *known == key) {
            Some((_, known)) if *known != value => {
                let message = format!("two components want `{key}` to be {known} and {value}");
                Err(Box::new(Diagnostic::new(Code::FileTwice, span, message).help("they cannot be on one machine")))
            }
            Some(_) => Ok(()),
            None => {
                self.bundle.sysctls.push((key, value));
                Ok(())
            }
        }
    }
}

fn no_key(span: Span) -> Fault {
    let problem =
        Diagnostic::new(Code::EvaluationFailed, span, "the private key of this authority is not in the store");
    Box::new(problem.help("put it there, or take away what needs it: `holds`"))
}

/// The service that stands for a component when others wait for it: its first.
fn first_service(model: &Model<'_>, app: crate::model::AppId) -> Option<Name> {
    model.component_of(app).ast.items.iter().find_map(|item| match &item.kind {
        ItemKind::Unit(unit) => match &unit.path.kind {
            ExprKind::Text(text) => text.plain().filter(|name| name.ends_with(".service")),
            _ => None,
        },
        _ => None,
    })
}

/// Adds a name once.
fn push(list: &mut Vec<Name>, name: Name) {
    if !list.contains(&name) {
        list.push(name);
    }
}
