//! The statements of a model after its overlays.
//!
//! In: the program's own modules and the names of overlays to apply, in order. Out: the statements that hold, and what
//! each `set` puts in place of what was written. There are no priorities: what comes later wins.

use indexmap::IndexMap;

use crate::check::{ModuleId, Program};
use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{self, ChangeKind, Deploy, Expr, Ident, Name, Overlay, Relate, StatementKind};
use crate::text::List;

/// An expression and the module whose names it sees.
#[derive(Clone, Copy, Debug)]
pub struct Written<'p> {
    pub module: ModuleId,
    pub expr: &'p Expr,
}

/// One component of a `deploy` statement.
#[derive(Clone, Debug)]
pub struct Deployment<'p> {
    pub module: ModuleId,
    pub ast: &'p Deploy,
    pub component: &'p ast::DeployName,
    pub name: Name,
    pub span: Span,
}

/// The statements that hold.
#[derive(Debug, Default)]
pub struct Layers<'p> {
    pub clusters: Vec<(ModuleId, &'p ast::Cluster)>,
    pub machines: Vec<(ModuleId, &'p ast::Machines)>,
    pub deployments: Vec<Deployment<'p>>,
    pub relations: Vec<(ModuleId, &'p Relate)>,
    pub moves: Vec<&'p ast::Moved>,
    pub targets: Vec<(ModuleId, &'p ast::Target)>,
    pub checks: Vec<(ModuleId, &'p ast::Check)>,
    pub allows: Vec<&'p ast::Allow>,
    pub params: Vec<(ModuleId, &'p ast::Param)>,
    /// `set a.b = value`, by its path joined with dots; the last one wins.
    pub sets: IndexMap<String, Written<'p>>,
    /// Names that a `drop` removed: placing on them or relating them is not an error.
    pub dropped: Vec<Name>,
    /// What a command was given that makes the model this one: `--overlay lab`, `--set workers=5`.
    pub arguments: Vec<String>,
}

/// Collects the statements and applies the overlays.
pub fn layers<'p>(program: &'p Program, overlays: &[String]) -> (Layers<'p>, Vec<Diagnostic>) {
    let mut layers = Layers::default();
    let mut known: Vec<(ModuleId, &'p Overlay)> = Vec::new();
    for (id, module) in program.own_modules() {
        for statement in &module.file.statements {
            match &statement.kind {
                StatementKind::Overlay(overlay) => known.push((id, overlay)),
                kind => layers.add(id, kind),
            }
        }
    }
    let mut problems = Vec::new();
    for name in overlays {
        match known.iter().find(|(_, overlay)| *overlay.name.name == **name) {
            Some((module, overlay)) => layers.apply(*module, overlay),
            None => problems.push(unknown_overlay(name, &known)),
        }
    }
    // What the command line sets comes after all overlays.
    for (module, overlay) in known.iter().filter(|(_, overlay)| overlay.is_of_command_line()) {
        layers.apply(*module, overlay);
    }
    for (path, expr) in &program.overrides {
        layers.sets.insert(path.clone(), Written { module: ModuleId::default(), expr });
    }
    (layers, problems)
}

fn unknown_overlay(name: &str, known: &[(ModuleId, &Overlay)]) -> Diagnostic {
    let own = known.iter().filter(|(_, overlay)| !overlay.is_of_command_line());
    let names = own.map(|(_, overlay)| &*overlay.name.name);
    let help = match names.clone().next() {
        None => "this model declares no overlays".into(),
        Some(_) => did_you_mean(name, names.clone(), &format!("the overlays are {}", List::ticked(names))),
    };
    Diagnostic::new(Code::UnknownOverlay, Span::default(), format!("no overlay is named `{name}`")).help(help)
}

impl<'p> Layers<'p> {
    fn add(&mut self, module: ModuleId, kind: &'p StatementKind) {
        match kind {
            StatementKind::Cluster(cluster) => self.clusters.push((module, cluster)),
            StatementKind::Machines(machines) => {
                self.dropped.retain(|name| *name != machines.name.name);
                self.machines.push((module, machines));
            }
            StatementKind::Deploy(deploy) => self.add_deploy(module, deploy),
            StatementKind::Relate(relate) => self.relations.push((module, relate)),
            StatementKind::Moved(moved) => self.moves.push(moved),
            StatementKind::Target(target) => self.targets.push((module, target)),
            StatementKind::Check(check) => self.checks.push((module, check)),
            StatementKind::Allow(allow) => self.allows.push(allow),
            StatementKind::Param(param) => self.params.push((module, param)),
            _ => {}
        }
    }

    fn add_deploy(&mut self, module: ModuleId, deploy: &'p Deploy) {
        for component in &deploy.components {
            let ident = deploy.alias.as_ref().unwrap_or(&component.name);
            self.dropped.retain(|name| *name != ident.name);
            self.deployments.push(Deployment {
                module,
                ast: deploy,
                component,
                name: ident.name.clone(),
                span: ident.span,
            });
        }
    }

    fn apply(&mut self, module: ModuleId, overlay: &'p Overlay) {
        for change in &overlay.changes {
            match &change.kind {
                ChangeKind::Set { path, value } => {
                    self.sets.insert(dotted(path), Written { module, expr: value });
                }
                ChangeKind::Add(statement) => self.add(module, &statement.kind),
                ChangeKind::Drop(names) => names.iter().for_each(|ident| self.drop_name(&ident.name)),
                ChangeKind::DropRelation(relate) => self.relations.retain(|(_, r)| !same_relation(r, relate)),
            }
        }
    }

    fn drop_name(&mut self, name: &Name) {
        self.deployments.retain(|deployment| deployment.name != *name);
        self.machines.retain(|(_, machines)| machines.name.name != *name);
        self.targets.retain(|(_, target)| target.name.name != *name);
        self.dropped.push(name.clone());
    }

    /// What a `set` put at a path, if one did.
    pub fn set(&self, path: &str) -> Option<Written<'p>> {
        self.sets.get(path).copied()
    }

    /// The field of a body, or what an overlay set in its place.
    pub fn field(&self, owner: &str, module: ModuleId, body: &'p ast::Body, field: &str) -> Option<Written<'p>> {
        if !self.sets.is_empty()
            && let Some(written) = self.set(&format!("{owner}.{field}"))
        {
            return Some(written);
        }
        body.field(field).map(|f| Written { module, expr: &f.value })
    }
}

fn dotted(path: &[Ident]) -> String {
    path.iter().map(|ident| &*ident.name).collect::<Vec<_>>().join(".")
}

fn same_relation(a: &Relate, b: &Relate) -> bool {
    let same = |x: &ast::EndpointRef, y: &ast::EndpointRef| {
        x.app.as_ref().map(|i| &i.name) == y.app.as_ref().map(|i| &i.name) && x.endpoint.name == y.endpoint.name
    };
    same(&a.from, &b.from) && same(&a.to, &b.to)
}
