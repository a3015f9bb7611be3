//! A set of flags: `kube-apiserver { etcd-servers = store.urls }`.

use super::index::Target;
use super::mismatch;
use super::ty::Ty;
use super::type_syntax::ty;
use super::typing::expr::Typer;
use super::written_version;
use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::facts::flag::{self as flags, Flag, FlagKind, Table};
use crate::source::Span;
use crate::syntax::ast::{Expr, Field, Ident};
use crate::text::List;

impl<'p> Typer<'_, 'p> {
    /// The type of a set of flags, each checked against the table of its program.
    pub fn flags(&mut self, program: &Ident, fields: &'p [Field]) -> Ty {
        self.unique_keys(fields);
        let Some(table) = flags::table(&program.name) else {
            self.no_table(program);
            fields.iter().for_each(|field| {
                self.infer(&field.value);
            });
            return Ty::Flags;
        };
        self.checker.refer(program.span, Target::Flags(program.name.clone()));
        fields.iter().for_each(|field| self.flag(table, field));
        Ty::Flags
    }

    /// Checks flags of a program that has a table, where nothing names it.
    pub(super) fn flags_of(&mut self, program: &str, fields: &'p [Field]) {
        if let Some(table) = flags::table(program) {
            fields.iter().for_each(|field| self.flag(table, field));
        }
    }

    fn flag(&mut self, table: &Table, field: &'p Field) {
        self.key(&field.key);
        let name = field.key.plain();
        let known = name.as_deref().and_then(|name| table.flags.get(name));
        let Some(known) = known else {
            self.infer(&field.value);
            if let Some(name) = name {
                self.unknown_flag(table, &name, field.key.span());
            }
            return;
        };
        if let Some(name) = &name {
            let target = Target::Flag(table.program.as_str().into(), name.clone());
            self.checker.refer(field.key.span(), target);
        }
        let found = self.against(field, &Ty::secret(ty_of(known)));
        self.open_flag(table, &found, field.value.span);
    }

    /// Checks a flag that an overlay sets.
    pub(super) fn set_flag_value(&mut self, table: &Table, (name, span): (&str, Span), value: &'p Expr) {
        let Some(known) = table.flags.get(name) else {
            self.infer(value);
            return self.unknown_flag(table, name, span);
        };
        self.checker.refer(span, Target::Flag(table.program.as_str().into(), name.into()));
        let found = self.check(value, &Ty::secret(ty_of(known)));
        self.open_flag(table, &found, value.span);
    }

    fn open_flag(&mut self, table: &Table, found: &Ty, span: Span) {
        if found.is_secret() {
            let message = format!(
                "the flags of `{}` are world-readable on the machine, so they cannot hold a secret",
                table.program
            );
            self.checker.report(mismatch::exposed(span, message));
        }
    }

    /// A flag that the table does not have. Where the model names a version that the table does not cover, the version that runs
    /// decides, which is known when the model is evaluated.
    fn unknown_flag(&mut self, table: &Table, name: &str, span: Span) {
        // What to say depends on what other statements name.
        self.checker.sink.unknown += 1;
        if !written_version::is_beyond(self.checker.program, &table.range) {
            self.checker.report(flags::unknown(table, name, span));
        }
    }

    fn no_table(&mut self, program: &Ident) {
        let message = format!("no table lists the flags of `{}`", program.name);
        let fallback = format!("there are tables for {}; pass other flags in `args`", List::ticked(flags::programs()));
        let diagnostic = Diagnostic::new(Code::UnknownName, program.span, message);
        self.checker.report(diagnostic.help(did_you_mean(&program.name, flags::programs(), &fallback)));
    }
}

/// The type of a flag's value.
pub fn ty_of(flag: &Flag) -> Ty {
    let text = match flag.kind {
        FlagKind::Bool => "bool",
        FlagKind::Int => "int",
        FlagKind::Float => "float",
        FlagKind::Duration => "duration",
        FlagKind::Ip => "ip | string",
        FlagKind::String if flag.format.as_deref() == Some("path") => "path",
        FlagKind::String => "string | path | ip | cidr | port | version",
        FlagKind::PortRange => "string",
        FlagKind::StringList => "list<string | path | ip | cidr | int | port> | string | path",
        FlagKind::Map => "map<string | bool | int | float | path | ip | size | duration>",
    };
    ty(text)
}
