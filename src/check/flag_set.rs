//! A set of flags: `kube-apiserver { etcd-servers = store.urls }`.

use super::index::Target;
use super::mismatch;
use super::ty::Ty;
use super::type_syntax::ty;
use super::typing::expr::Typer;
use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::facts::flag::{self as flags, Flag, FlagKind, Table};
use crate::syntax::ast::{Field, Ident};
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

    fn flag(&mut self, table: &Table, field: &'p Field) {
        self.key(&field.key);
        let name = field.key.plain();
        let known = name.as_deref().and_then(|name| table.flags.get(name));
        let Some(known) = known else {
            self.infer(&field.value);
            if let Some(name) = name {
                self.unknown_flag(table, &name, field);
            }
            return;
        };
        if let Some(name) = &name {
            let target = Target::Flag(table.program.as_str().into(), name.clone());
            self.checker.refer(field.key.span(), target);
        }
        let found = self.against(field, &Ty::secret(ty_of(known)));
        if found.is_secret() {
            let message = format!(
                "the flags of `{}` are world-readable on the machine, so they cannot hold a secret",
                table.program
            );
            self.checker.report(mismatch::exposed(field.value.span, message));
        }
    }

    fn unknown_flag(&mut self, table: &Table, name: &str, field: &Field) {
        let span = field.key.span();
        let (from, through) = (table.range.known_from, table.range.known_through);
        let message = format!("`{}` has no flag `{name}` in any version", table.program);
        let fallback = format!("checked against {}.{} to {}.{}", from.major, from.minor, through.major, through.minor);
        let names = || table.flags.keys().map(String::as_str);
        let diagnostic = Diagnostic::new(Code::UnknownFlag, span, message).help(did_you_mean(name, names(), &fallback));
        self.checker.report(diagnostic.fix_near(span));
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
