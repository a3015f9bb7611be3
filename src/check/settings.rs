//! What a `deploy` sets beside the options of its component: flags of the program, fields of its configuration, of its unit.

use super::component::Info;
use super::schema::{Takes, item};
use super::ty::Ty;
use super::typing::expr::Typer;
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{self, Expr, ExprKind, Field, Ident, ItemKind, Name};
use crate::text::List;

mod owned;
mod path;
mod placed;

pub(crate) use placed::{of_param, set_of_param};

/// What the program of a component takes.
pub(super) struct Settable<'p> {
    pub component: &'p ast::Component,
    /// The flags that the component sets, by the table of the program.
    pub flags: Vec<(&'p Ident, &'p [Field])>,
    /// The content of the file that takes `config`.
    pub config: Option<&'p Expr>,
    /// The first unit.
    pub unit: Option<&'p [Field]>,
}

/// A field of a `deploy` that sets something beside options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    Flags,
    Config,
    Unit,
    /// Reasons for what is set although the component sets it, by name.
    Override,
}

impl Setting {
    /// The setting that a field of a `deploy` stands for.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "flags" => Some(Setting::Flags),
            "config" => Some(Setting::Config),
            "unit" => Some(Setting::Unit),
            "override" => Some(Setting::Override),
            _ => None,
        }
    }
}

impl<'p> Settable<'p> {
    pub(super) fn of(component: &'p ast::Component) -> Self {
        let mut found = Self { component, flags: Vec::new(), config: None, unit: None };
        for item in &component.items {
            match &item.kind {
                ItemKind::Unit(unit) => found.unit(&unit.body),
                ItemKind::File(file) if file.body.takes_config() => {
                    found.config = found.config.or_else(|| file.body.field("content").map(|field| &field.value));
                }
                _ => {}
            }
        }
        found
    }

    fn unit(&mut self, body: &'p ast::Body) {
        self.unit = self.unit.or(Some(&body.fields));
        if let Some(ExprKind::Record { table: Some(program), fields }) = body.field("flags").map(|f| &f.value.kind) {
            self.flags.push((program, fields));
        }
    }

    fn options(&self) -> impl Iterator<Item = &'p Name> {
        self.component.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Option(option) => Some(&option.name.name),
            _ => None,
        })
    }

    /// A component's own option comes before what every `deploy` takes.
    fn has_option(&self, name: &str) -> bool {
        self.options().any(|option| &**option == name)
    }
}

impl<'p> Typer<'_, 'p> {
    /// Checks the names and types in a setting of components that are deployed together.
    pub(super) fn setting(&mut self, setting: Setting, infos: &[&Info<'p>], field: &'p Field) {
        if setting == Setting::Override {
            return self.reasons(infos, &field.value);
        }
        let ExprKind::Record { table, fields } = &field.value.kind else {
            self.infer(&field.value);
            return self.not_written_out(field);
        };
        self.unique_keys(fields);
        let key = field.key.span();
        match (setting, table) {
            (Setting::Flags, _) => self.set_flags(infos, table.as_ref(), (fields, key)),
            (_, Some(program)) => {
                let message = format!("only `flags` has a program before its braces, such as `{}`", program.name);
                let diagnostic = Diagnostic::new(Code::WrongKind, program.span, message);
                self.checker.report(diagnostic.help("remove the word"));
            }
            (Setting::Config, None) => self.set_config(infos, (fields, key)),
            (Setting::Unit | Setting::Override, None) => self.set_unit(infos, (fields, key)),
        }
    }

    fn not_written_out(&mut self, field: &Field) {
        let name = field.key.plain().unwrap_or_default();
        let message = format!("`{name}` is computed, but has to be written out");
        let diagnostic = Diagnostic::new(Code::WrongKind, field.value.span, message);
        self.checker
            .report(diagnostic.help(format!("write `{name} = {{ NAME = value }}`; each value may be computed")));
    }

    fn set_flags(&mut self, infos: &[&Info<'p>], program: Option<&'p Ident>, (fields, key): (&'p [Field], Span)) {
        let known = || infos.iter().flat_map(|info| &info.settable.flags).map(|(program, _)| &*program.name);
        let name = match program {
            Some(program) if known().any(|name| name == &*program.name) => program.name.clone(),
            Some(program) => {
                fields.iter().for_each(|field| drop(self.infer(&field.value)));
                return self.runs_no(infos, &program.name, program.span);
            }
            None => {
                let mut names: Vec<&str> = known().collect();
                names.sort_unstable();
                names.dedup();
                match names.as_slice() {
                    [only] => Name::from(*only),
                    names => {
                        let names: Vec<Name> = names.iter().map(|name| Name::from(*name)).collect();
                        fields.iter().for_each(|field| drop(self.infer(&field.value)));
                        return self.which_program(infos, &names, key);
                    }
                }
            }
        };
        match program {
            Some(program) => drop(self.flags(program, fields)),
            None => self.flags_of(&name, fields),
        }
    }

    fn runs_no(&mut self, infos: &[&Info<'p>], program: &str, span: Span) {
        let names = List::ticked(infos.iter().map(|info| info.name())).and();
        let message = format!("{names} {} no program `{program}`", if infos.len() == 1 { "runs" } else { "run" });
        let known: Vec<_> = infos.iter().flat_map(|info| &info.settable.flags).map(|(name, _)| &*name.name).collect();
        let help = match known.as_slice() {
            [] => "its flags cannot be set in a `deploy`".to_owned(),
            known => format!("programs whose flags can be set are {}", List::ticked(known)),
        };
        self.checker.report(Diagnostic::new(Code::WrongKind, span, message).help(help));
    }

    fn which_program(&mut self, infos: &[&Info<'p>], programs: &[Name], span: Span) {
        let names = List::ticked(infos.iter().map(|info| info.name())).and();
        let diagnostic = match programs {
            [] => {
                let message = format!("{names} runs no program whose flags are known");
                let help = format!("remove `flags`; what {names} can be given are its options");
                Diagnostic::new(Code::WrongKind, span, message).help(help)
            }
            [first, ..] => {
                let message = format!("the flags can be those of {}", List::ticked(programs));
                Diagnostic::new(Code::WrongKind, span, message)
                    .help(format!("name the program: `flags = {first} {{ ... }}`"))
            }
        };
        self.checker.report(diagnostic);
    }

    fn set_config(&mut self, infos: &[&Info<'p>], (fields, key): (&'p [Field], Span)) {
        fields.iter().for_each(|field| drop(self.infer(&field.value)));
        let problems = infos.iter().filter_map(|info| info.settable.takes_no(Setting::Config, key));
        problems.for_each(|problem| self.checker.report(problem));
    }

    fn set_unit(&mut self, infos: &[&Info<'p>], (fields, key): (&'p [Field], Span)) {
        for field in fields {
            let name = field.key.plain().unwrap_or_default();
            match self.unit_field(&name, field.key.span()) {
                Some(ty) => drop(self.against(field, &ty)),
                None => drop(self.infer(&field.value)),
            }
        }
        let problems = infos.iter().filter_map(|info| info.settable.takes_no(Setting::Unit, key));
        problems.for_each(|problem| self.checker.report(problem));
    }

    /// The type of a field of the unit; says when there is none.
    fn unit_field(&mut self, name: &Name, span: Span) -> Option<Ty> {
        if let Some(Takes::Value(ty)) =
            item::UNIT.fields.get(&**name).map(|row| &row.takes).filter(|_| &**name != "flags")
        {
            self.checker.refer_row(&item::UNIT, span, name);
            return Some(ty.clone());
        }
        self.checker.report(placed::no_unit_field(name, span));
        None
    }

    /// Checks the reasons of an `override`.
    fn reasons(&mut self, infos: &[&Info<'p>], value: &'p Expr) {
        let ExprKind::Record { table: None, fields } = &value.kind else {
            self.check(value, &Ty::Map(std::sync::Arc::new(Ty::String)));
            return;
        };
        self.unique_keys(fields);
        for field in fields {
            self.key(&field.key);
            self.check(&field.value, &Ty::String);
            let Some(name) = field.key.plain() else { continue };
            if !infos.iter().any(|info| info.settable.sets(&name)) {
                let names = List::ticked(infos.iter().map(|info| info.name())).and();
                let message = format!("{names} does not set `{name}`, so there is nothing to override");
                let diagnostic = Diagnostic::new(Code::UnknownField, field.key.span(), message);
                self.checker.report(diagnostic.help("remove it: what a component does not set needs no reason"));
            }
        }
    }
}

/// What the `override` of a `deploy` names.
pub(super) fn override_reasons(body: &ast::Body) -> Vec<Name> {
    match body.field("override").map(|field| &field.value.kind) {
        Some(ExprKind::Record { fields, .. }) => fields.iter().filter_map(|field| field.key.plain()).collect(),
        _ => Vec::new(),
    }
}
