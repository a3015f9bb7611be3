//! The items of a component.

use std::rc::Rc;

use super::checker::Checker;
use super::component::Info;
use super::duplicates::DeclaredNames;
use super::mismatch;
use super::naming::is_kebab;
use super::own_code;
use super::schema::{self, item as schemas};
use super::ty::Ty;
use super::typing::expr::Typer;
use super::{Symbol, SymbolKind};
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{self, Definition, Endpoint, ExprKind, Item, ItemKind, Literal, Needs, NeedsKind, PathItem};

impl<'p> Checker<'p> {
    /// Checks everything in a component.
    pub fn component(&mut self, symbol: Symbol) {
        let Some(info) = self.info(symbol) else { return };
        self.kebab(&info.component.name);
        DeclaredNames::default().all(self, &info);
        for (index, item) in info.component.items.iter().enumerate() {
            self.item(&info, index, item);
        }
    }

    fn item(&mut self, info: &Rc<Info<'p>>, index: usize, item: &'p Item) {
        match &item.kind {
            ItemKind::For(bounds) => self.for_version(info, bounds),
            ItemKind::Option(option) => self.option(info, option),
            ItemKind::Let(_) => {
                self.local_let(info, index);
            }
            ItemKind::Endpoint(endpoint) => self.endpoint(info, endpoint),
            ItemKind::Cert(cert) => {
                self.definition(info, &schemas::CERT, cert);
                self.external(cert);
            }
            ItemKind::Kubeconfig(item) => self.inside(info).once_or_each(item, Typer::kubeconfig),
            ItemKind::Holds(name) => {
                self.reference(info.place.0, name, SymbolKind::Authority);
            }
            ItemKind::Unit(unit) => self.inside(info).unit(unit),
            ItemKind::File(file) => self.inside(info).once_or_each(file, Typer::file),
            ItemKind::Dir(dir) => self.inside(info).once_or_each(dir, Typer::dir),
            ItemKind::Needs(needs) => self.inside(info).needs(needs),
            ItemKind::Artifact(artifact) => self.artifact(info, artifact),
            ItemKind::Manifest(item) => self.manifest(info, item),
            ItemKind::Image(image) => self.definition(info, &schemas::IMAGE, image),
            ItemKind::Listen(listen) => self.listener(info, listen),
            ItemKind::Address(address) => self.definition(info, &schemas::ADDRESS, address),
            ItemKind::Range(range) => self.range(info, range),
            ItemKind::Immutable(item) => self.immutable(info, item),
            ItemKind::Firewall(item) => self.inside(info).firewall(item),
            ItemKind::Check(check) => self.inside(info).assertion(check),
        }
    }

    fn definition(&mut self, info: &Rc<Info<'p>>, schema: &schema::Schema, item: &'p Definition) {
        self.inside(info).body(schema, &item.body, item.name.span);
    }

    /// A certificate that is issued externally has no key here, and nothing of it is written.
    fn external(&mut self, cert: &'p Definition) {
        let Some(external) = cert.body.field("external") else { return };
        let name = &cert.name.name;
        let diagnostic = match &external.value.kind {
            ExprKind::Literal(Literal::Bool(false)) | ExprKind::Error => return,
            ExprKind::Literal(Literal::Bool(true)) => {
                let derives = cert.body.field("derive-names");
                let derives = derives.filter(|f| matches!(f.value.kind, ExprKind::Literal(Literal::Bool(true))));
                if let Some(derives) = derives {
                    let message = format!("`{name}` is issued externally, so no names can be added to it");
                    return self.report(
                        Diagnostic::new(Code::WrongKind, derives.key.span(), message)
                            .label(external.key.span(), "marked `external` here")
                            .help("remove this field, and list the names that the certificate has in `names`"),
                    );
                }
                let Some(written) = ["file", "key-file", "key"].iter().find_map(|f| cert.body.field(f)) else { return };
                let message = format!("`{name}` is issued externally, so it cannot be written here");
                Diagnostic::new(Code::WrongKind, written.key.span(), message)
                    .label(external.key.span(), "marked `external` here")
                    .help("remove this field, or remove `external`")
            }
            _ => Diagnostic::new(Code::WrongKind, external.value.span, "`external` must be a literal")
                .help("set `true`, or remove the field"),
        };
        self.report(diagnostic);
    }

    fn for_version(&mut self, info: &Rc<Info<'p>>, item: &'p ast::ForVersion) {
        if &*item.subject.name != "kubernetes" {
            let message = format!("`for {}` is not supported", item.subject.name);
            let diagnostic = Diagnostic::new(Code::UnknownName, item.subject.span, message);
            self.report(diagnostic.help("use `for kubernetes >= 1.31, < 1.37`"));
        }
        for (_, bound) in &item.bounds {
            self.inside(info).check(bound, &Ty::Version);
        }
    }

    fn option(&mut self, info: &Rc<Info<'p>>, option: &'p ast::OptionItem) {
        let Some(default) = &option.default else { return };
        let ty = info.options.get(&option.name.name).map_or(Ty::Error, |known| known.ty.clone());
        let found = self.inside(info).check_declared(default, &ty, option.ty.span, "declared");
        if found.is_secret() && !ty.is_secret() {
            self.report(mismatch::exposed(default.span, format!("the option `{}` is not secret", option.name.name)));
        }
    }

    fn endpoint(&mut self, info: &Rc<Info<'p>>, endpoint: &'p Endpoint) {
        let interface = self.reference(info.place.0, &endpoint.interface, SymbolKind::Interface);
        let known = interface.and_then(|symbol| self.interface(symbol));
        let head = endpoint.name.span;
        let schema = schema::endpoint::of(endpoint.kind);
        let Some(known) = known else {
            return self.loose_endpoint(info, schema, endpoint);
        };
        let gives = endpoint.kind != ast::EndpointKind::Requires;
        let more = if gives { known.fields.clone() } else { Default::default() };
        let found = self.inside(info).body_with(schema, &more, &endpoint.body, head);
        self.optional_when(endpoint);
        for (name, field) in more.iter().filter(|(name, field)| field.required && !found.contains_key(*name)) {
            let message = format!("`{}` needs the field `{name}` of its interface", endpoint.name.name);
            let diagnostic = Diagnostic::new(Code::MissingField, head, message).label(field.span, "declared here");
            self.report(diagnostic.help(format!("add `{name} = ...`, of type `{}`", field.ty)));
        }
    }

    /// What is sought only in some cases is not always there.
    fn optional_when(&mut self, endpoint: &'p Endpoint) {
        let when = endpoint.body.field("when").filter(|_| endpoint.cardinality == ast::Cardinality::One);
        if let Some(when) = when.filter(|_| endpoint.kind == ast::EndpointKind::Requires) {
            let name = &endpoint.name.name;
            let message = format!("`{name}` always needs a provider, so it cannot have a `when`");
            let diagnostic = Diagnostic::new(Code::WrongKind, when.key.span(), message);
            self.report(diagnostic.help(format!("write `requires {name}?:`; it is `none` where `when` is false")));
        }
    }

    /// An endpoint whose interface is not known: only what every endpoint has is checked.
    fn loose_endpoint(&mut self, info: &Rc<Info<'p>>, schema: &schema::Schema, endpoint: &'p Endpoint) {
        let mut typer = self.inside(info);
        for field in &endpoint.body.fields {
            match field.key.plain().and_then(|name| schema.fields.get(&*name)) {
                Some(schema::Spec { takes: schema::Takes::Value(ty), .. }) => typer.against(field, ty),
                _ => typer.infer(&field.value),
            };
        }
    }

    /// A range is addresses of its own, or a share of one of the cluster's.
    fn range(&mut self, info: &Rc<Info<'p>>, item: &'p Definition) {
        let head = item.name.span;
        let found = self.inside(info).body(&schemas::RANGE, &item.body, head);
        if !found.contains_key("cidr") && !found.contains_key("of") {
            self.inside(info).missing(&schemas::RANGE, "cidr", "or `of`".into(), head);
        }
    }

    /// What must not change is recorded in a public file.
    fn immutable(&mut self, info: &Rc<Info<'p>>, item: &'p Definition) {
        let found = self.inside(info).body(&schemas::IMMUTABLE, &item.body, item.name.span);
        if let Some(value) = item.body.field("value").filter(|_| found.get("value").is_some_and(Ty::is_secret)) {
            self.report(mismatch::exposed(
                value.value.span,
                "an immutable value is recorded in kmodel.lock, which is not secret",
            ));
        }
    }

    /// What listens has a port, a range of ports, or a protocol that has none.
    fn listener(&mut self, info: &Rc<Info<'p>>, item: &'p Definition) {
        let head = item.name.span;
        let found = self.inside(info).body(&schemas::LISTEN, &item.body, head);
        if !["port", "ports", "protocol"].iter().any(|name| found.contains_key(*name)) {
            self.inside(info).missing(&schemas::LISTEN, "port", "of type `port`".into(), head);
        }
    }

    /// A release of manifests comes from its publisher, or is a text.
    fn manifest(&mut self, info: &Rc<Info<'p>>, item: &'p Definition) {
        let head = item.name.span;
        let found = self.inside(info).body(&schemas::MANIFEST, &item.body, head);
        if !found.contains_key("url") && !found.contains_key("text") {
            self.inside(info).missing(&schemas::MANIFEST, "url", "or `text`".into(), head);
        }
    }

    fn artifact(&mut self, info: &Rc<Info<'p>>, item: &'p Definition) {
        let head = item.name.span;
        let found = self.inside(info).body(&schemas::ARTIFACT, &item.body, head);
        let has = |name: &str| found.contains_key(name);
        let lacks = match (has("release"), has("url")) {
            (true, false) => (!has("version")).then_some(("version", "of type `version`")),
            (false, true) => (!has("hash") && !has("checksums")).then_some(("hash", "of type `map<string>`")),
            (false, false) => Some(("release", "of type `string`")),
            (true, true) => None,
        };
        if let Some((name, ty)) = lacks {
            self.inside(info).missing(&schemas::ARTIFACT, name, ty.into(), head);
        }
        if !has("install") && !has("extract") {
            self.inside(info).missing(&schemas::ARTIFACT, "install", "or `extract`".into(), head);
        }
    }
}

impl<'p> Typer<'_, 'p> {
    /// Checks a `check` or a `warn`.
    pub fn assertion(&mut self, item: &'p ast::Check) {
        self.check(&item.condition, &Ty::Bool);
        if let Some(message) = &item.message {
            self.check(message, &Ty::String);
        }
        self.body(&schema::statement::CHECK, &item.body, item.condition.span);
        self.own_code(item);
    }

    /// A code is a literal, and differs from those of kmodel.
    fn own_code(&mut self, item: &'p ast::Check) {
        let Some(field) = item.body.field("code") else {
            let loose = item.body.field("allow");
            let message = "a check can be allowed only by its own `code`";
            let missing = |field: &ast::Field| Diagnostic::new(Code::MissingField, field.key.span(), message);
            return loose.map(missing).into_iter().for_each(|d| self.checker.report(d.help("add `code = \"...\"`")));
        };
        let Some(name) = own_code::text(field) else { return self.bad_code(field, "is not a plain string") };
        if Code::named(&name).is_some() {
            let message = format!("`{name}` is already a code of kmodel");
            let diagnostic = Diagnostic::new(Code::DuplicateName, field.value.span, message);
            return self.checker.report(diagnostic.help("start it with the name of the component: `calico-...`"));
        }
        if !is_kebab(&name) {
            self.bad_code(field, "is not a name in kebab-case");
        }
    }

    fn bad_code(&mut self, field: &'p ast::Field, what: &str) {
        let diagnostic = Diagnostic::new(Code::InvalidName, field.value.span, format!("the code {what}"));
        self.checker.report(diagnostic.help("use lower-case words separated by `-`: `code = \"calico-loose-rpf\"`"));
    }

    fn kubeconfig(&mut self, item: &'p PathItem) {
        match relative(item) {
            Some(_) => {}
            None => {
                self.check(&item.path, &Ty::Path);
            }
        }
        self.body(&schemas::KUBECONFIG, &item.body, item.path.span);
        if let Some(mode) = item.body.field("mode").filter(|mode| !is_private(&mode.value)) {
            let message = "a kubeconfig holds a private key, and this mode lets other users read it";
            let diagnostic = Diagnostic::new(Code::SecretExposed, mode.value.span, message);
            self.checker.report(diagnostic.help("remove `mode`: the default is 0600"));
        }
    }

    fn unit(&mut self, item: &'p PathItem) {
        self.unit_name(item);
        let found = self.body(&schemas::UNIT, &item.body, item.path.span);
        if !found.contains_key("exec") && !found.contains_key("packaged") {
            self.missing(&schemas::UNIT, "exec", "of type `path`".into(), item.path.span);
        }
    }

    fn unit_name(&mut self, item: &'p PathItem) {
        const KINDS: [&str; 5] = [".service", ".socket", ".timer", ".mount", ".target"];
        let ExprKind::Text(text) = &item.path.kind else { return };
        let Some(name) = text.plain() else { return };
        if !KINDS.iter().any(|kind| name.ends_with(kind)) {
            let message = format!("`{name}` is not the name of a unit");
            let diagnostic = Diagnostic::new(Code::InvalidName, item.path.span, message);
            self.checker.report(diagnostic.help(format!("write `{name}.service`")));
        }
    }

    /// An item that is there once, or for each element of a list.
    fn once_or_each(&mut self, item: &'p PathItem, mut one: impl FnMut(&mut Self, &'p PathItem)) {
        match &item.each {
            None => one(self, item),
            Some(each) => {
                self.each(each, None, |typer| {
                    one(typer, item);
                    Ty::Error
                });
            }
        }
    }

    fn file(&mut self, item: &'p PathItem) {
        match relative(item) {
            Some(_) => self.check(&item.path, &Ty::String),
            None => self.check(&item.path, &Ty::Path),
        };
        // Nothing of a file is looked at when its `when` is false.
        let when = item.body.field("when");
        let facts = when.map_or_else(Vec::new, |field| super::typing::flow::facts(&self.env, &field.value, true));
        let found = self.knowing(facts, |typer| typer.body(&schemas::FILE, &item.body, item.path.span));
        self.sources(item);
        self.nothing_downloads(item);
        for name in ["text", "content", "vars"] {
            if found.get(name).is_some_and(Ty::is_secret) {
                self.private(item, name);
            }
        }
    }

    /// A machine downloads its files, and a file of the output is on none.
    fn nothing_downloads(&mut self, item: &PathItem) {
        let Some(url) = item.body.field("url").filter(|_| relative(item).is_some()) else { return };
        let message = "a file of the output is on no machine, so nothing can download it";
        let diagnostic = Diagnostic::new(Code::WrongKind, url.key.span(), message);
        self.checker.report(diagnostic.label(item.path.span, "a file of the output: not an absolute path"));
    }

    /// A file's bytes come from one place.
    fn sources(&mut self, item: &PathItem) {
        let given: Vec<_> = ["text", "content", "template"].iter().filter_map(|name| item.body.field(name)).collect();
        if given.is_empty() && item.body.field("url").is_some() {
            return;
        }
        match given.as_slice() {
            [] => {
                let message = "a file needs one of `text`, `content` and `template`";
                let diagnostic = Diagnostic::new(Code::MissingField, item.path.span, message);
                self.checker.report(diagnostic.help("set its content: `text = \"...\"`"));
            }
            [one] => self.needs_format(item, one),
            [first, second, ..] => {
                let message = "a file has only one of `text`, `content` and `template`";
                let diagnostic = Diagnostic::new(Code::DuplicateField, second.key.span(), message);
                self.checker.report(diagnostic.label(first.key.span(), "already set here").help("keep one of them"));
            }
        }
    }

    fn needs_format(&mut self, item: &PathItem, source: &ast::Field) {
        if source.key.plain().as_deref() == Some("content") && item.body.field("format").is_none() {
            let message = "`content` needs the field `format`";
            let diagnostic = Diagnostic::new(Code::MissingField, source.key.span(), message);
            self.checker.report(diagnostic.help("set its format: `format = \"yaml\"`"));
        }
    }

    /// A file with a secret in it is for its owner alone.
    fn private(&mut self, item: &PathItem, name: &str) {
        let Some(source) = item.body.field(name) else { return };
        let mode = item.body.field("mode");
        if mode.is_some_and(|mode| is_private(&mode.value)) {
            return;
        }
        let message = "other users on the machine could read the secret in this file";
        let diagnostic =
            Diagnostic::new(Code::SecretExposed, source.key.span(), message).here("this contains a secret");
        self.checker.report(match mode {
            Some(mode) => diagnostic
                .label(mode.value.span, "this mode lets other users read it")
                .help("use a mode without permissions for group and others, such as 0600")
                .fix(mode.value.span, "0600", "make it private"),
            None => diagnostic.label(item.path.span, "the default mode is 0644").help("add `mode = 0600`"),
        });
    }

    fn dir(&mut self, item: &'p PathItem) {
        self.check(&item.path, &Ty::Path);
        self.body(&schemas::DIR, &item.body, item.path.span);
    }

    fn firewall(&mut self, item: &'p PathItem) {
        self.check(&item.path, &Ty::Path);
        self.body(&schemas::FIREWALL, &item.body, item.path.span);
        if let Some(each) = &item.each {
            let message = "a machine has one packet filter, so `firewall` takes no `for`";
            let diagnostic = Diagnostic::new(Code::WrongKind, each.list.span, message);
            self.checker.report(diagnostic.help("remove `for`, and list all that is open in `open`"));
        }
    }

    fn needs(&mut self, needs: &'p Needs) {
        let facts = match &needs.condition {
            Some(condition) => {
                self.check(condition, &Ty::Bool);
                super::typing::flow::facts(&self.env, condition, true)
            }
            None => Vec::new(),
        };
        self.knowing(facts, |typer| match &needs.kind {
            NeedsKind::Module(_) => {}
            NeedsKind::Sysctl(_, value) => typer.sysctl(value),
            NeedsKind::Package(value) | NeedsKind::Command(value) => {
                typer.check(value, &Ty::String);
            }
            NeedsKind::Device(value) | NeedsKind::Mount(value) => {
                typer.check(value, &Ty::Path);
            }
            NeedsKind::Cores(value) => {
                typer.check(value, &Ty::Float);
            }
            NeedsKind::Memory(value) | NeedsKind::Disk(value) => {
                typer.check(value, &Ty::Size);
            }
        });
    }

    fn sysctl(&mut self, value: &'p ast::Expr) {
        let wanted = super::type_syntax::ty("int | string | bool | size | port | ip");
        self.check(value, &wanted);
    }
}

/// The relative path of a file or a kubeconfig, which goes to the output and to no machine.
pub(super) fn relative(item: &PathItem) -> Option<&ast::Text> {
    match &item.path.kind {
        ExprKind::Text(text) => match text.parts.first() {
            Some(ast::TextPart::Text(start)) if !start.starts_with('/') => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a mode is a literal that permits only the owner.
fn is_private(mode: &ast::Expr) -> bool {
    match &mode.kind {
        ExprKind::Literal(Literal::Mode(mode)) => mode & 0o077 == 0,
        ExprKind::Paren(inner) => is_private(inner),
        ExprKind::If { then, otherwise: Some(otherwise), .. } => is_private(then) && is_private(otherwise),
        _ => false,
    }
}
