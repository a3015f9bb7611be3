//! Calls of built-in functions.

use std::collections::HashMap;

use super::expr::Typer;
use crate::check::builtin::{self, Signature};
use crate::check::index::Target;
use crate::check::mismatch;
use crate::check::ty::Ty;
use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{Expr, Ident};
use crate::text::Count;

type Bound = HashMap<&'static str, Ty>;

impl<'p> Typer<'_, 'p> {
    /// The type of a call; secret when any argument is.
    pub fn call(&mut self, span: Span, function: &Ident, arguments: &'p [Expr]) -> Ty {
        let Some(signature) = builtin::signature(&function.name) else {
            arguments.iter().for_each(|argument| {
                self.infer(argument);
            });
            return self.no_function(function);
        };
        self.checker.refer(function.span, Target::Function(signature.builtin.name));
        if arguments.len() != signature.parameters.len() {
            self.wrong_count(span, signature, arguments);
            return Ty::Error;
        }
        let before = self.declared.take();
        let mut bound = Bound::new();
        let mut secret = false;
        for (argument, parameter) in arguments.iter().zip(&signature.parameters) {
            secret |= self.argument(argument, parameter, &mut bound);
        }
        self.declared = before;
        let ty = fill(&signature.result, &bound);
        if secret { Ty::secret(ty) } else { ty }
    }

    /// Checks one argument; true when it is secret.
    fn argument(&mut self, argument: &'p Expr, parameter: &Ty, bound: &mut Bound) -> bool {
        if !has_variable(parameter) {
            return self.check(argument, &Ty::secret(parameter.clone())).is_secret();
        }
        let found = self.infer(argument);
        let plain = found.reveal();
        if !unify(parameter, &plain, bound) {
            let diagnostic = refused(argument.span, &found, parameter, bound);
            self.checker.report(diagnostic);
            bound.extend(variables(parameter).map(|name| (name, Ty::Error)));
        }
        found.is_secret()
    }

    fn no_function(&mut self, function: &Ident) -> Ty {
        let names = || builtin::ALL.iter().map(|builtin| builtin.name);
        let message = format!("no function is named `{}`", function.name);
        let diagnostic = Diagnostic::new(Code::UnknownFunction, function.span, message).help(did_you_mean(
            &function.name,
            names(),
            "only built-in functions can be called",
        ));
        self.checker.report(diagnostic.fix_near(function.span));
        Ty::Error
    }

    fn wrong_count(&mut self, span: Span, signature: &Signature, arguments: &'p [Expr]) {
        arguments.iter().for_each(|argument| {
            self.infer(argument);
        });
        let wanted = Count(signature.parameters.len(), "argument");
        let message = format!("`{}` takes {wanted}, found {}", signature.builtin.name, arguments.len());
        let help = format!("its signature is `{}`", signature.builtin.signature());
        self.checker.report(Diagnostic::new(Code::WrongArguments, span, message).help(help));
    }
}

fn refused(span: Span, found: &Ty, parameter: &Ty, bound: &Bound) -> Diagnostic {
    match found {
        Ty::Optional(inner) if unify(parameter, &inner.reveal(), &mut bound.clone()) => {
            mismatch::explain(span, found, inner, None)
        }
        _ => {
            let message = format!("expected {}, found `{}`", described(parameter, bound), found.widen());
            Diagnostic::new(Code::TypeMismatch, span, message)
        }
    }
}

fn described(parameter: &Ty, bound: &Bound) -> String {
    match parameter {
        Ty::Var("L") => "a list, a map or a string".into(),
        Ty::Var(name) if bound.contains_key(name) => format!("`{}`", bound[name].widen()),
        Ty::Var("N") => "a number or another ordered value".into(),
        Ty::Var("S") => "a value that can be used in a string".into(),
        Ty::List(item) => match &**item {
            Ty::List(_) => "a list of lists".into(),
            Ty::Var("S") => "a list of values that can be used in a string".into(),
            Ty::Var("N") => "a list of ordered values".into(),
            _ => "a list".into(),
        },
        Ty::Map(_) => "a map".into(),
        other => format!("`{other}`"),
    }
}

fn has_variable(ty: &Ty) -> bool {
    variables(ty).next().is_some()
}

fn variables(ty: &Ty) -> impl Iterator<Item = &'static str> {
    let mut ty = ty.clone();
    while let Ty::List(inner) | Ty::Map(inner) | Ty::Optional(inner) = &ty {
        ty = (**inner).clone();
    }
    let name = match ty {
        Ty::Var(name) => Some(name),
        _ => None,
    };
    name.into_iter()
}

/// Whether the type fits the pattern; what its variables stand for is kept in `bound`.
fn unify(pattern: &Ty, found: &Ty, bound: &mut Bound) -> bool {
    match (pattern, found) {
        (_, Ty::Error | Ty::Never | Ty::Any) => {
            variables(pattern).for_each(|name| bind(name, Ty::Any, bound));
            true
        }
        (Ty::Var(name), _) => variable(name, found, bound),
        (Ty::List(pattern), Ty::List(item)) | (Ty::Map(pattern), Ty::Map(item)) => unify(pattern, item, bound),
        (Ty::Map(pattern), Ty::Record(record)) => {
            let values = record.fields.values().all(|member| unify(pattern, &member.ty.present(), bound));
            if record.open || record.fields.is_empty() {
                variables(pattern).for_each(|name| bind(name, Ty::Any, bound));
            }
            values
        }
        _ => found.fits(pattern),
    }
}

fn variable(name: &'static str, found: &Ty, bound: &mut Bound) -> bool {
    let fits = match name {
        "S" => found.is_scalar(),
        "L" => matches!(found.widen(), Ty::List(_) | Ty::Map(_) | Ty::Record(_) | Ty::String | Ty::Path),
        "N" => found.is_ordered() && bound.get(name).is_none_or(|known| same_order(known, found)),
        _ => true,
    };
    if fits {
        bind(name, found.clone(), bound);
    }
    fits
}

fn same_order(known: &Ty, found: &Ty) -> bool {
    let (known, found) = (known.widen(), found.widen());
    known.fits(&found) || found.fits(&known)
}

fn bind(name: &'static str, ty: Ty, bound: &mut Bound) {
    let known = bound.remove(name);
    bound.insert(name, known.map_or(ty.clone(), |known| known.join(ty)));
}

fn fill(ty: &Ty, bound: &Bound) -> Ty {
    match ty {
        Ty::Var(name) => bound.get(name).cloned().unwrap_or(Ty::Any),
        Ty::List(inner) => Ty::list(fill(inner, bound)),
        Ty::Map(inner) => Ty::map(fill(inner, bound)),
        Ty::Optional(inner) => Ty::optional(fill(inner, bound)),
        other => other.clone(),
    }
}
