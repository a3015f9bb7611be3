//! The values of parameters: from the command line, an overlay, or their default.

use std::sync::Arc;

use crate::check::text_form::TextForm;
use crate::check::{ModuleId, Symbol, SymbolKind, is_path};
use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::model::eval::is_secret;
use crate::model::form;
use crate::model::input::Setting;
use crate::model::layer::Written;
use crate::model::scope::Scope;
use crate::model::{Input, Param, Premise, Value};
use crate::source::Span;
use crate::syntax::ast::{EndpointKind, Expr, ExprKind, Ident, ItemKind, Param as ParamAst, Type, TypeKind};
use crate::text::List;

/// Gives every parameter its value.
pub(super) fn bind(premise: &mut Premise<'_>, input: &Input, problems: &mut Vec<Diagnostic>) {
    // Paths are of the overlay that the checker saw.
    for setting in input.sets.iter().filter(|setting| !is_path(&setting.name)) {
        if !premise.layers.params.iter().any(|(_, param)| param.name.name == setting.name) {
            problems.push(unknown(premise, &setting.name));
        }
    }
    for (module, param) in premise.layers.params.clone() {
        let Some(symbol) = premise.program.lookup(module, &param.name.name, SymbolKind::Param) else { continue };
        match value(premise, input, (module, param)) {
            Ok(Some(value)) => {
                premise.params.insert(symbol, value);
            }
            Ok(None) => problems.push(missing(param)),
            Err(problem) => problems.push(problem),
        }
    }
}

fn unknown(premise: &Premise<'_>, name: &str) -> Diagnostic {
    let known: Vec<&str> = premise.layers.params.iter().map(|(_, param)| &*param.name.name).collect();
    let fallback = match known.as_slice() {
        [] => "this model has no parameters".to_owned(),
        known => format!("the parameters are {}", List::ticked(known.iter().copied())),
    };
    Diagnostic::new(Code::UnknownParam, Span::default(), format!("no parameter is named `{name}`"))
        .help(did_you_mean(name, known, &fallback))
}

fn missing(param: &ParamAst) -> Diagnostic {
    let name = &param.name.name;
    Diagnostic::new(Code::MissingParam, param.name.span, format!("the parameter `{name}` has no value"))
        .help(format!("pass `--set {name}=...`, or write a default"))
}

fn value(
    premise: &Premise<'_>,
    input: &Input,
    (module, param): (ModuleId, &ParamAst),
) -> Result<Option<Param>, Diagnostic> {
    if let Some(setting) = input.sets.iter().rev().find(|setting| setting.name == param.name.name) {
        if let Some(computed) = setting.value.as_ref().filter(|_| !is_bare(param, setting)).and_then(Expr::computed) {
            return Err(not_literal(param, computed));
        }
        return match &setting.value {
            Some(expr)
                if !takes_text(&param.ty) && !is_word(premise, module, param, expr)
                    || matches!(expr.kind, ExprKind::Text(_)) =>
            {
                evaluate(premise, (module, param), Written { module, expr }).map(Some)
            }
            _ if takes_text(&param.ty) => {
                let value = Value::text(&setting.text);
                form::conform_at(&value, param.name.span, &param.ty).map_err(|problem| *problem)?;
                let value = if is_secret(&param.ty) { Value::Secret(Arc::new(value)) } else { value };
                Ok(Some(Param::Value(value)))
            }
            _ => {
                let given = if is_secret(&param.ty) { "this".to_owned() } else { format!("`{}`", setting.text) };
                let message = format!("{given} is not a valid value for parameter `{}`", setting.name);
                Err(Diagnostic::new(Code::TypeMismatch, param.name.span, message).label(param.ty.span, "its type"))
            }
        };
    }
    if let Some(written) = premise.layers.set(&param.name.name) {
        return evaluate(premise, (module, param), written).map(Some);
    }
    match &param.default {
        Some(expr) => evaluate(premise, (module, param), Written { module, expr }).map(Some),
        None if matches!(param.ty.kind, TypeKind::Optional(_)) => Ok(Some(Param::Value(Value::None))),
        None => Ok(None),
    }
}

/// Whether a value from the command line is taken as the text that it is: it is wanted, and has no quotes.
fn is_bare(param: &ParamAst, setting: &Setting) -> bool {
    takes_text(&param.ty) && !matches!(&setting.value, Some(Expr { kind: ExprKind::Text(_), .. }))
}

fn not_literal(param: &ParamAst, computed: &Expr) -> Diagnostic {
    let message = format!("the value of parameter `{}` is not a literal", param.name.name);
    let help = "a value on the command line has no calls, operators or `${...}`: compute it in the model";
    Diagnostic::new(Code::InvalidLiteral, computed.span, message).help(help)
}

fn evaluate(
    premise: &Premise<'_>,
    (module, param): (ModuleId, &ParamAst),
    written: Written<'_>,
) -> Result<Param, Diagnostic> {
    if let TypeKind::Component(_) = param.ty.kind {
        return component(premise, (module, param), written).map(Param::Component);
    }
    let value =
        premise.sight().eval_as(&mut Scope::file(written.module), written.expr, Some(&param.ty)).map_err(|p| *p)?;
    match fits(&value, &param.ty) {
        true => Ok(Param::Value(value)),
        false => {
            let ty = premise.program.sources.text(param.ty.span);
            let message = format!("expected `{ty}` for parameter `{}`, found `{}`", param.name.name, value.type_name());
            let problem = Diagnostic::new(Code::TypeMismatch, written.expr.span, message);
            Err(problem.label(param.ty.span, "its type"))
        }
    }
}

fn component(
    premise: &Premise<'_>,
    (module, param): (ModuleId, &ParamAst),
    written: Written<'_>,
) -> Result<Symbol, Diagnostic> {
    let name = match &written.expr.kind {
        ExprKind::Name(ident) => &ident.name,
        _ => return Err(Diagnostic::new(Code::WrongKind, written.expr.span, "expected the name of a component")),
    };
    let found = premise
        .program
        .lookup(written.module, name, SymbolKind::Component)
        .filter(|symbol| symbol.kind == SymbolKind::Component);
    if let (Some(symbol), TypeKind::Component(Some(interface))) = (found, &param.ty.kind) {
        provides(premise, (module, param), symbol, interface)?;
    }
    found.ok_or_else(|| {
        let scope = &premise.program.module(written.module).scope;
        let known = scope.iter().filter(|(_, s)| s.kind == SymbolKind::Component).map(|(name, _)| &**name);
        let message = format!("no component is named `{name}`");
        Diagnostic::new(Code::UnknownName, param.name.span, message).help(did_you_mean(
            name,
            known,
            "import it with `use`",
        ))
    })
}

/// Whether a value from the command line is a word that names nothing.
fn is_word(premise: &Premise<'_>, module: ModuleId, param: &ParamAst, expr: &Expr) -> bool {
    let ExprKind::Name(ident) = &expr.kind else { return false };
    !matches!(param.ty.kind, TypeKind::Component(_)) && premise.program.value(module, &ident.name).is_none()
}

/// Whether a component provides what a parameter asks for: for values from the command line, which the checker has not seen.
fn provides(
    premise: &Premise<'_>,
    (module, param): (ModuleId, &ParamAst),
    symbol: Symbol,
    interface: &Ident,
) -> Result<(), Diagnostic> {
    let Some(component) = premise.program.component(symbol) else { return Ok(()) };
    let wanted = premise.program.lookup(module, &interface.name, SymbolKind::Interface);
    let provides = component.items.iter().any(|item| match &item.kind {
        ItemKind::Endpoint(endpoint) => {
            let found = premise.program.lookup(symbol.module, &endpoint.interface.name, SymbolKind::Interface);
            endpoint.kind == EndpointKind::Provides && found == wanted
        }
        _ => false,
    });
    if provides {
        return Ok(());
    }
    let name = &component.name.name;
    let message =
        format!("`{name}` does not provide `{}`, which parameter `{}` requires", interface.name, param.name.name);
    Err(Diagnostic::new(Code::InterfaceMismatch, param.name.span, message)
        .label(interface.span, "required here")
        .label(component.name.span, "this component"))
}

fn takes_text(ty: &Type) -> bool {
    match &ty.kind {
        TypeKind::Name(ident) => matches!(&*ident.name, "string" | "path") || TextForm::named(&ident.name).is_some(),
        TypeKind::Optional(inner) => takes_text(inner),
        TypeKind::Generic(name, inner) => &*name.name == "secret" && takes_text(inner),
        TypeKind::Union(list) => list.iter().all(|ty| matches!(ty.kind, TypeKind::Text(_)) || takes_text(ty)),
        _ => false,
    }
}

/// Whether a value is of a written type: for values from the command line, which the checker has not seen.
fn fits(value: &Value, ty: &Type) -> bool {
    match &ty.kind {
        TypeKind::Error | TypeKind::Component(_) | TypeKind::Record(_) => true,
        TypeKind::Name(ident) => match &*ident.name {
            "any" => true,
            "float" => matches!(value, Value::Int(_) | Value::Float(_)),
            "path" => matches!(value, Value::Path(_) | Value::Text(_)),
            name if TextForm::named(name).is_some() => matches!(value, Value::Text(_)),
            name => name == value.type_name(),
        },
        TypeKind::Generic(ident, inner) => match (&*ident.name, value) {
            ("list", Value::List(list)) => list.iter().all(|value| fits(value, inner)),
            ("map", Value::Record(record)) => record.values().all(|value| fits(value, inner)),
            ("secret", value) => fits(value.reveal(), inner),
            _ => false,
        },
        TypeKind::Optional(inner) => *value == Value::None || fits(value, inner),
        TypeKind::Union(list) => list.iter().any(|ty| fits(value, ty)),
        TypeKind::Text(text) => matches!(value, Value::Text(found) if found == text),
    }
}
