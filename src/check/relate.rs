//! Relations between endpoints of applications.

use std::rc::Rc;

use super::app::Apps;
use super::checker::Checker;
use super::component::{EndpointInfo, Info};
use super::index::{NameKind, Target};
use super::schema::statement as schemas;
use super::{ModuleId, Symbol, SymbolKind};
use crate::diag::{Code, Diagnostic, Help, closest, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{EndpointKind, EndpointRef, ExprKind, Ident, Moved, Name, Relate};
use crate::text::List;

/// The endpoint of an application that fits a side of the arrow and has the interface of the other side, if there is one.
fn meant(apps: &Apps<'_>, app: &Ident, side: End, other: Option<&KnownEndpoint>) -> Option<Name> {
    let interface = other?.interface?;
    let endpoints = &apps.by_name.get(&app.name)?.info.endpoints;
    let mut fitting = endpoints.iter().filter(|(_, e)| fits(side, e.endpoint.kind) && e.interface == Some(interface));
    fitting.next().map(|(name, _)| name.clone()).filter(|_| fitting.next().is_none())
}

/// Which end of the arrow.
#[derive(Clone, Copy, PartialEq)]
enum End {
    From,
    To,
}

/// What is known of one end.
struct KnownEndpoint {
    interface: Option<Symbol>,
    /// Where the endpoint is declared.
    span: Span,
    kind: EndpointKind,
}

impl<'p> Checker<'p> {
    /// Checks one relation.
    pub fn relate(&mut self, module: ModuleId, apps: &Apps<'p>, relate: &'p Relate) {
        self.relation_body(module, relate);
        let from = self.end(module, apps, &relate.from);
        let to = self.end(module, apps, &relate.to);
        let wrong_from = from.as_ref().filter(|known| !fits(End::From, known.kind));
        let wrong_to = to.as_ref().filter(|known| !fits(End::To, known.kind));
        match (wrong_from, wrong_to) {
            (Some(a), Some(b)) if a.kind == EndpointKind::Provides && b.kind == EndpointKind::Requires => {
                self.reversed(relate);
            }
            (Some(known), Some(_)) => self.wrong_end(apps, (&relate.from, known), End::From, None),
            (Some(known), None) => self.wrong_end(apps, (&relate.from, known), End::From, to.as_ref()),
            (None, Some(known)) => self.wrong_end(apps, (&relate.to, known), End::To, from.as_ref()),
            (None, None) => self.interfaces(relate, from, to),
        }
    }

    /// The scope is known before anything is evaluated, so it is a plain text.
    fn relation_body(&mut self, module: ModuleId, relate: &'p Relate) {
        self.file(module).body(&schemas::RELATE, &relate.body, relate.to.span);
        let Some(scope) = relate.body.field("scope") else { return };
        if !matches!(&scope.value.kind, ExprKind::Text(_)) {
            let message = "the `scope` of a relation is not a plain string";
            let diagnostic = Diagnostic::new(Code::WrongKind, scope.value.span, message);
            self.report(diagnostic.help("write `scope = \"machine\"`, or remove it"));
        }
    }

    /// What has the new name; whether there is one is known once overlays are applied.
    pub fn moved(&mut self, module: ModuleId, apps: &Apps<'p>, moved: &'p Moved) {
        match self
            .program
            .lookup(module, &moved.to.name, SymbolKind::Machines)
            .filter(|symbol| symbol.kind == SymbolKind::Machines)
        {
            Some(group) => self.refer(moved.to.span, Target::symbol(group)),
            None => self.refer_app(apps, &moved.to),
        }
    }

    fn end(&mut self, module: ModuleId, apps: &Apps<'p>, end: &'p EndpointRef) -> Option<KnownEndpoint> {
        match &end.app {
            None => self.any_app(apps, &end.endpoint),
            Some(app) => {
                let info = self.app_info(module, apps, app)?;
                self.refer_app(apps, app);
                self.app_end(app, &info, &end.endpoint)
            }
        }
    }

    /// The component of an application, if it can be known.
    pub fn app_info(&mut self, module: ModuleId, apps: &Apps<'p>, app: &Ident) -> Option<Rc<Info<'p>>> {
        if let Some(known) = apps.by_name.get(&app.name) {
            return Some(known.info.clone());
        }
        if apps.open.contains(&app.name) {
            return None;
        }
        let symbol = self.program.lookup(module, &app.name, SymbolKind::Component);
        self.no_app(module, apps, app, symbol);
        None
    }

    fn no_app(&mut self, module: ModuleId, apps: &Apps<'p>, app: &Ident, symbol: Option<Symbol>) {
        let Some(symbol) = symbol else {
            let known: Vec<_> = apps.by_name.keys().cloned().collect();
            return self.unknown_name(module, app, "an application", &known);
        };
        let message = format!("`{}` is {}, not an application", app.name, symbol.kind.noun());
        let diagnostic = Diagnostic::new(Code::UnknownName, app.span, message).label(symbol.span, "declared here");
        self.report(match symbol.kind {
            SymbolKind::Component => diagnostic.help(format!("deploy it: `deploy {} on ...`", app.name)),
            _ => diagnostic.help(format!("the applications are {}", List::ticked(apps.by_name.keys()).most(20))),
        });
    }

    fn app_end(&mut self, app: &Ident, info: &Info<'p>, endpoint: &Ident) -> Option<KnownEndpoint> {
        match info.endpoints.get(&endpoint.name) {
            Some(known) => {
                self.refer(endpoint.span, Target::Declared(NameKind::Endpoint, known.endpoint.name.span));
                Some(KnownEndpoint::of(known))
            }
            None => {
                self.no_endpoint(&app.name, info, endpoint);
                None
            }
        }
    }

    fn no_endpoint(&mut self, app: &Name, info: &Info<'p>, endpoint: &Ident) {
        let message = format!("`{app}` has no endpoint `{}`", endpoint.name);
        let diagnostic = Diagnostic::new(Code::UnknownEndpoint, endpoint.span, message)
            .label(info.component.name.span, "the component");
        let near = closest(&endpoint.name, info.endpoints.keys().map(|key| &**key));
        let list = match info.endpoints.is_empty() {
            true => "it has no endpoints".into(),
            false => format!("its endpoints are {}", endpoints(info)),
        };
        self.report(match near {
            Some(near) => diagnostic.help(Help::near(near).and(&list)).fix_near(endpoint.span),
            None => diagnostic.help(list),
        });
    }

    /// `*.metrics`: the first application that has it stands for all.
    fn any_app(&mut self, apps: &Apps<'p>, endpoint: &Ident) -> Option<KnownEndpoint> {
        let known = apps.by_name.values().find_map(|app| app.info.endpoints.get(&endpoint.name));
        if known.is_none() && apps.open.is_empty() {
            let message = format!("no application has an endpoint `{}`", endpoint.name);
            let all = || apps.by_name.values().flat_map(|app| app.info.endpoints.keys()).map(|key| &**key);
            let help = did_you_mean(&endpoint.name, all(), "deploy a component that has it, or remove this relation");
            self.report(Diagnostic::new(Code::UnknownEndpoint, endpoint.span, message).help(help));
        }
        if let Some(known) = known {
            self.refer(endpoint.span, Target::Declared(NameKind::Endpoint, known.endpoint.name.span));
        }
        known.map(KnownEndpoint::of)
    }

    /// Takes note that a name stands for an application.
    pub fn refer_app(&mut self, apps: &Apps<'p>, app: &Ident) {
        if let Some(known) = apps.by_name.get(&app.name) {
            self.refer(app.span, Target::Declared(NameKind::App, known.span));
        }
    }

    fn reversed(&mut self, relate: &Relate) {
        let (from, to) = (written(&relate.from), written(&relate.to));
        let span = relate.from.span.to(relate.to.span);
        let better = format!("{to} -> {from}");
        let message = "the arrow must point from the client to the server";
        let diagnostic = Diagnostic::new(Code::UnknownEndpoint, span, message)
            .help(format!("use `relate {better}`"))
            .safe_fix(span, better, "reverse it");
        self.report(diagnostic);
    }

    fn wrong_end(
        &mut self,
        apps: &Apps<'p>,
        (end, known): (&EndpointRef, &KnownEndpoint),
        side: End,
        other: Option<&KnownEndpoint>,
    ) {
        let endpoint = &end.endpoint;
        let message = match side {
            End::From => format!("`{}` is not a `requires` endpoint", endpoint.name),
            End::To => format!("`{}` is not a `provides` endpoint", endpoint.name),
        };
        let rule = match side {
            End::From => "a `requires` endpoint goes before the arrow",
            End::To => "a `provides` endpoint goes after the arrow",
        };
        let diagnostic =
            Diagnostic::new(Code::UnknownEndpoint, endpoint.span, message).label(known.span, "declared here");
        let meant = end.app.as_ref().and_then(|app| meant(apps, app, side, other));
        self.report(match meant {
            Some(name) => diagnostic.help(Help::near(&*name).and(rule)).fix_near(endpoint.span),
            None => diagnostic.help(rule),
        });
    }

    fn interfaces(&mut self, relate: &Relate, from: Option<KnownEndpoint>, to: Option<KnownEndpoint>) {
        let (Some(from), Some(to)) = (from, to) else { return };
        let (Some(a), Some(b)) = (from.interface, to.interface) else { return };
        if a == b {
            return;
        }
        let name = |symbol: Symbol| self.program.interface(symbol).map_or("?", |item| &item.name.name).to_owned();
        let (a, b) = (name(a), name(b));
        let span = relate.from.span.to(relate.to.span);
        let (from_name, to_name) = (written(&relate.from), written(&relate.to));
        let message = format!("`{from_name}` requires `{a}`, but `{to_name}` provides `{b}`");
        let diagnostic = Diagnostic::new(Code::InterfaceMismatch, span, message)
            .label(from.span, format!("of interface `{a}`"))
            .label(to.span, format!("of interface `{b}`"));
        self.report(diagnostic.help(format!("relate it to an endpoint of `{a}`")));
    }
}

impl KnownEndpoint {
    fn of(info: &EndpointInfo<'_>) -> Self {
        Self { interface: info.interface, span: info.endpoint.name.span, kind: info.endpoint.kind }
    }
}

fn fits(end: End, kind: EndpointKind) -> bool {
    match kind {
        EndpointKind::Requires => end == End::From,
        EndpointKind::Provides => end == End::To,
        // Peers find each other without a relation.
        EndpointKind::Peers => false,
    }
}

fn written(end: &EndpointRef) -> String {
    format!("{}.{}", end.app.as_ref().map_or("*", |app| &app.name), end.endpoint.name)
}

fn endpoints(info: &Info<'_>) -> String {
    let shown = |(name, endpoint): (&Name, &EndpointInfo<'_>)| {
        let kind = match endpoint.endpoint.kind {
            EndpointKind::Provides => "provided",
            EndpointKind::Requires => "required",
            EndpointKind::Peers => "of peers",
        };
        format!("`{name}` ({kind})")
    };
    info.endpoints.iter().map(shown).collect::<Vec<_>>().join(", ")
}
