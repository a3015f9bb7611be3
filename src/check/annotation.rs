//! Types as written in a file.

use std::sync::Arc;

use indexmap::IndexMap;

use super::checker::Checker;
use super::ty::{Member, Record, Ty};
use super::type_syntax::{WORDS, named};
use super::{ModuleId, SymbolKind};
use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::syntax::ast::{self, Ident, TypeKind};
use crate::text::List;

/// The type that an annotation of a module stands for.
pub(super) fn read<'p>(checker: &mut Checker<'p>, module: ModuleId, ty: &'p ast::Type) -> Ty {
    match &ty.kind {
        TypeKind::Error => Ty::Error,
        TypeKind::Name(name) => named(&name.name).unwrap_or_else(|| unknown(checker, name)),
        TypeKind::Generic(name, inner) => generic(checker, module, name, inner),
        TypeKind::Optional(inner) => Ty::optional(read(checker, module, inner)),
        TypeKind::Text(text) => Ty::Text(text.clone()),
        TypeKind::Union(members) => union(members.iter().map(|member| read(checker, module, member)).collect()),
        TypeKind::Record(fields) => record(checker, module, fields),
        TypeKind::Component(None) => Ty::Component(None),
        TypeKind::Component(Some(interface)) => component(checker, module, interface),
    }
}

fn generic<'p>(checker: &mut Checker<'p>, module: ModuleId, name: &Ident, inner: &'p ast::Type) -> Ty {
    let inner = read(checker, module, inner);
    match &*name.name {
        "list" => Ty::list(inner),
        "map" => Ty::map(inner),
        "secret" => Ty::secret(inner),
        _ => unknown(checker, name),
    }
}

fn union(members: Vec<Ty>) -> Ty {
    let mut flat: Vec<Ty> = Vec::new();
    let mut optional = false;
    for member in members {
        optional |= matches!(member, Ty::Optional(_));
        match member.present() {
            Ty::Error => return Ty::Error,
            Ty::Union(inner) => inner.iter().for_each(|ty| push(&mut flat, ty.clone())),
            ty => push(&mut flat, ty),
        }
    }
    let ty = if flat.len() == 1 { flat.remove(0) } else { Ty::Union(flat.into()) };
    if optional { Ty::optional(ty) } else { ty }
}

fn push(list: &mut Vec<Ty>, ty: Ty) {
    if !list.contains(&ty) {
        list.push(ty);
    }
}

fn record<'p>(checker: &mut Checker<'p>, module: ModuleId, fields: &'p [(Ident, bool, ast::Type)]) -> Ty {
    let mut members: IndexMap<ast::Name, Member> = IndexMap::new();
    for (name, optional, ty) in fields {
        let ty = read(checker, module, ty);
        let ty = if *optional { Ty::optional(ty) } else { ty };
        let member = Member { optional: matches!(ty, Ty::Optional(_)), ty };
        if members.insert(name.name.clone(), member).is_some() {
            let message = format!("the field `{}` is declared twice", name.name);
            checker.report(Diagnostic::new(Code::DuplicateField, name.span, message));
        }
    }
    Ty::Record(Arc::new(Record { name: None, fields: members, open: false }))
}

fn component(checker: &mut Checker<'_>, module: ModuleId, interface: &Ident) -> Ty {
    match checker.reference(module, interface, SymbolKind::Interface) {
        Some(_) => Ty::Component(Some(interface.name.clone())),
        None => Ty::Component(None),
    }
}

fn unknown(checker: &mut Checker<'_>, name: &Ident) -> Ty {
    let fallback = format!("the types are {}", List::ticked(WORDS));
    let diagnostic = Diagnostic::new(Code::UnknownType, name.span, format!("no type is named `{}`", name.name))
        .help(did_you_mean(&name.name, WORDS, &fallback));
    checker.report(diagnostic.fix_near(name.span));
    Ty::Error
}
