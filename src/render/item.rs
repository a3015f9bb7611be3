//! The items of a unit's component, evaluated into the bundle of its machine.

use std::collections::HashMap;

use crate::check::text_form::TextForm;
use crate::diag::{Code, Diagnostic};
use crate::model::eval::mismatch;
use crate::model::form::require;
use crate::model::material::Material;
use crate::model::scope::Scope;
use crate::model::{AppId, EvalError, Model, UnitId, Value};
use crate::plan::keep;
use crate::source::Span;
use crate::syntax::ast::{Body, Component, Expr, Item, ItemKind, Name};
use crate::world::relative::RelativePath;

use super::bundle::{Bundle, BundleFile};
use super::evidence::{ArtifactEntry, Entry, Owner};
use super::{Origin, artifact};

pub(super) use download::unhashed;

mod download;
mod file;
mod firewall;
mod name;
mod need;
mod pki;
mod service;

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
    /// The place in the bundle of each file, and of one below each folder that files are in.
    pub places: Places,
    /// The paths of what the unit at hand has written so far.
    pub touched: Vec<Name>,
    /// What is kept to be verified; nothing where a machine is only rendered.
    pub entries: Option<Vec<Entry<'p>>>,
}

impl<'p> Filler<'_, 'p> {
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
        let component: &'p Component = self.model.component_of(app).ast;
        for item in &component.items {
            let result = self.item(&mut scope, item, &after);
            keep(result, self.problems);
        }
        self.bundle.units[services..].iter_mut().for_each(|unit| unit.watches.clone_from(&self.touched));
    }

    fn item(&mut self, scope: &mut Scope<'_>, item: &'p Item, after: &[Name]) -> Result<(), EvalError> {
        match &item.kind {
            ItemKind::File(file) => self.files(scope, file, item.span),
            ItemKind::Firewall(filter) => self.firewall(scope, filter, item.span),
            ItemKind::Dir(dir) => self.directories(scope, dir, item.span),
            ItemKind::Unit(unit) => self.systemd_unit(scope, unit, item.span, after),
            ItemKind::Kubeconfig(config) => self.kubeconfigs(scope, config, item.span),
            ItemKind::Needs(needs) => self.needs(scope, needs),
            ItemKind::Artifact(artifact) => {
                let origin = self.origin(item.span, scope);
                let made = artifact::artifact(self.model, scope, artifact, &self.arch, origin)?;
                if let Some(made) = made {
                    self.record(scope, |owner| {
                        Entry::Artifact(ArtifactEntry { artifact: made.clone(), item: artifact, owner })
                    });
                    artifact::merge(&mut self.bundle.artifacts, made);
                }
                Ok(())
            }
            ItemKind::Image(image) => {
                let holds = self.model.holds(scope, image.body.field("when").map(|field| &field.value))?;
                if let Some(field) = image.body.field("ref").filter(|_| holds) {
                    let name = self.text(scope, &field.value)?;
                    require(TextForm::Word, &name, field.value.span)?;
                    push(&mut self.bundle.images, name.into());
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Keeps something for the rules, if this machine is one of those that they look at.
    fn record(&mut self, scope: &Scope<'_>, entry: impl FnOnce(Owner) -> Entry<'p>) {
        if let (Some(entries), Some(app)) = (&mut self.entries, scope.app) {
            let of = scope.locals.last().and_then(|(_, value)| app_of(self.model, value));
            entries.push(entry(Owner { module: scope.module, app, machine: scope.machine, of, is_operators: false }));
        }
    }

    fn origin(&self, span: Span, scope: &Scope<'_>) -> Origin {
        let app = scope.app.map_or_else(|| "".into(), |app| self.model.app(app).name.clone());
        Origin::item(span, app)
    }

    fn text(&self, scope: &mut Scope<'_>, expr: &Expr) -> Result<String, EvalError> {
        let value = self.model.eval(scope, expr)?;
        if value.is_secret() {
            let problem = Diagnostic::new(
                Code::SecretExposed,
                expr.span,
                "this field is world-readable, so it cannot hold a secret",
            );
            return Err(Box::new(problem.help("write the secret to a private file, and set the path here")));
        }
        value.scalar_text().ok_or_else(|| mismatch(expr.span, "`string`", &value))
    }

    fn absolute(&self, scope: &mut Scope<'_>, expr: &Expr) -> Result<String, EvalError> {
        let path = self.text(scope, expr)?;
        if path.starts_with('/') && !path.split('/').any(|part| part == "..") {
            return if path == "/" { Ok(path) } else { inside(&path, expr.span).map(|()| path) };
        }
        let message = format!("`{path}` is not an absolute path");
        Err(Box::new(
            Diagnostic::new(Code::EvaluationFailed, expr.span, message).help("start it with `/`, without `..`"),
        ))
    }

    fn optional_text(&self, scope: &mut Scope<'_>, body: &Body, field: &str) -> Result<Option<String>, EvalError> {
        body.field(field).map(|field| self.text(scope, &field.value)).transpose()
    }

    /// A user or group.
    fn name(&self, scope: &mut Scope<'_>, body: &Body, field: &str, default: &str) -> Result<Name, EvalError> {
        let Some(field) = body.field(field) else { return Ok(default.into()) };
        let name = self.text(scope, &field.value)?;
        name::user(&name, field.value.span)?;
        Ok(name.into())
    }

    fn mode(&self, scope: &mut Scope<'_>, body: &Body, field: &str, default: u32) -> Result<u32, EvalError> {
        match body.field(field) {
            None => Ok(default),
            Some(field) => match self.model.eval(scope, &field.value)? {
                Value::Mode(mode) => Ok(mode),
                other => Err(mismatch(field.value.span, "`mode`", &other)),
            },
        }
    }

    /// Adds a file, or reports that another one is at its place, or that it could be nowhere.
    pub fn push_file(&mut self, file: BundleFile, span: Span) {
        if let Err(problem) = inside(&file.path, span) {
            return self.problems.push(*problem);
        }
        self.touched.push(file.path.as_str().into());
        if let Some(&place) = self.places.files.get(file.path.as_str()) {
            let known = &self.bundle.files[place];
            let same = known.content == file.content && known.mode == file.mode && known.owner == file.owner;
            if !same {
                let message = format!(
                    "`{}` is written twice on `{}`, with different content, mode or owner",
                    file.path, self.bundle.machine
                );
                let problem = Diagnostic::new(Code::FileTwice, span, message).here("written here");
                let problem = problem.label(self.spans[place], "and here").help("use another path for one of them");
                self.problems.push(problem);
            }
            return;
        }
        if let Some((folder, other)) = self.places.clash(&file.path) {
            let message = format!("`{folder}` cannot be a file and a directory on `{}`", self.bundle.machine);
            let problem = Diagnostic::new(Code::FileTwice, span, message).here("written here");
            let problem = problem.label(self.spans[other], "and here").help("use another path for one of them");
            return self.problems.push(problem);
        }
        self.places.add(&file.path, self.spans.len());
        self.bundle.files.push(file);
        self.spans.push(span);
    }
}

/// The application of the unit that a record stands for.
fn app_of(model: &Model<'_>, value: &Value) -> Option<AppId> {
    let Value::Record(record) = value else { return None };
    let name = record.get("app")?.scalar_text()?;
    model.apps().find(|(_, app)| *app.name == *name).map(|(id, _)| id)
}

/// Where the files of a bundle are in its list.
#[derive(Default)]
pub struct Places {
    files: HashMap<String, usize>,
    /// The folders that files are in, each with one of those files.
    folders: HashMap<String, usize>,
}

impl Places {
    fn add(&mut self, path: &str, place: usize) {
        self.files.insert(path.to_owned(), place);
        for folder in folders(path) {
            if self.folders.contains_key(folder) {
                break;
            }
            self.folders.insert(folder.to_owned(), place);
        }
    }

    /// What would be a file and a folder, and the file that makes it so.
    fn clash<'a>(&self, path: &'a str) -> Option<(&'a str, usize)> {
        let below = self.folders.get(path).map(|place| (path, *place));
        below.or_else(|| folders(path).find_map(|folder| Some((folder, *self.files.get(folder)?))))
    }
}

/// The folders above a path, the nearest first.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(path.rsplit_once('/'), |(folder, _)| folder.rsplit_once('/')).map(|(folder, _)| folder)
}

/// Refuses a path that leads out of the machine or the output, or that has another form too.
fn inside(path: &str, span: Span) -> Result<(), EvalError> {
    let (root, below) = match path.strip_prefix('/') {
        Some(below) => ("the machine", below),
        None => ("the output", path),
    };
    let Err(why) = RelativePath::new(below) else { return Ok(()) };
    let message = format!("`{}` is not a valid path in {root}: {why}", path.escape_debug());
    Err(Box::new(Diagnostic::new(Code::InvalidName, span, message).help("use plain names separated by `/`")))
}

/// Adds a name once.
fn push(list: &mut Vec<Name>, name: Name) {
    if !list.contains(&name) {
        list.push(name);
    }
}
