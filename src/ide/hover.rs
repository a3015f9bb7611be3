//! What is known of the thing at a place.

use super::declaration::{self, Declaration};
use super::definition::{module_of, uses};
use super::facts::Facts;
use super::project::File;
use super::{doc, version};
use crate::check::index::{NameKind, Target};
use crate::check::ty::Ty;
use crate::check::{Analysis, builtin, schema};
use crate::facts::flag as flags;
use crate::source::Span;
use crate::syntax::ast;

mod literal;

/// A text in Markdown about a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    pub span: Span,
    pub text: String,
}

/// What is known of what stands at a place; with the model, the value too and where it comes from.
pub fn hover(file: &File, offset: u32, facts: Option<&Facts>) -> Option<Hover> {
    let found = uses(file, offset);
    let Some(first) = found.first() else { return literal::hover(file, offset).or_else(|| doc::hover(file, offset)) };
    let span = first.span;
    let mut parts: Vec<String> = Vec::new();
    for one in found.iter().filter(|one| one.span == span) {
        if let Some(part) = about(file, &one.target, one.span, facts).filter(|part| !parts.contains(part)) {
            parts.push(part);
        }
    }
    (!parts.is_empty()).then(|| Hover { span, text: parts.join("\n\n---\n\n") })
}

/// What is known of one target.
pub fn about(file: &File, target: &Target, at: Span, facts: Option<&Facts>) -> Option<String> {
    let analysis = &file.analysis;
    let mut text = match target {
        Target::Declared(kind, name) => declared(analysis, *kind, *name)?,
        Target::Row(schema, name) => row(schema, name)?,
        Target::Given(of, name) => given(analysis, of, name, at),
        Target::Function(name) => function(name)?,
        Target::Flags(program) => table(program)?,
        Target::Flag(program, flag) => self::flag(analysis, program, flag)?,
        Target::File(module) => imported(analysis, *module),
    };
    if let Some(value) = facts.and_then(|facts| facts.value(file, target, at)) {
        text.push_str(&format!("\n\nValue: {value}"));
    }
    Some(text)
}

fn code(text: &str) -> String {
    format!("```km\n{}\n```", text.trim())
}

fn declared(analysis: &Analysis, kind: NameKind, name: Span) -> Option<String> {
    let module = module_of(analysis, name)?;
    let known = analysis.index.type_at(name);
    let Some(found) = declaration::at(&module.file, name) else {
        let word = analysis.resolved.program.sources.text(name);
        return Some(code(&typed(word, known)));
    };
    let head = head(analysis, &found);
    let mut text = match (kind, known) {
        (NameKind::Let, Some(ty)) => code(&typed(&format!("let {}", found.name.name), Some(ty))),
        _ => code(&head),
    };
    text.push_str(&format!("\n\n{}", belongs(&found, kind, &module.place.name())));
    if let Some(docs) = &found.docs {
        text.push_str(&format!("\n\n{docs}"));
    }
    text.push_str(&summary(analysis, kind, &found));
    Some(text)
}

fn typed(word: &str, ty: Option<&Ty>) -> String {
    ty.map_or_else(|| word.to_owned(), |ty| format!("{word}: {}", short(ty)))
}

/// A type, cut where it is too long to read.
pub fn short(ty: &Ty) -> String {
    const LONGEST: usize = 160;
    let text = ty.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}

fn head(analysis: &Analysis, found: &Declaration) -> String {
    const LONGEST: usize = 12;
    let text = analysis.resolved.program.sources.text(found.head);
    let lines: Vec<&str> = text.trim().lines().take(LONGEST).collect();
    lines.join("\n")
}

fn belongs(found: &Declaration, kind: NameKind, file: &str) -> String {
    match &found.owner {
        Some(owner) => format!("{} of `{owner}` in `{file}`", capital(kind.noun())),
        None => format!("{} in `{file}`", capital(kind.noun())),
    }
}

/// With a capital first letter.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// More about some kinds: what a component offers, what an interface carries.
fn summary(analysis: &Analysis, kind: NameKind, found: &Declaration) -> String {
    let Some(module) = module_of(analysis, found.name.span) else { return String::new() };
    let statement = module
        .file
        .statements
        .iter()
        .find(|one| one.span().start <= found.span.start && found.span.end <= one.span().end);
    match (kind, statement.map(|statement| &statement.kind)) {
        (NameKind::Component, Some(ast::StatementKind::Component(component))) => component_summary(component),
        (NameKind::Interface, Some(ast::StatementKind::Interface(interface))) => {
            let fields: Vec<_> = interface.fields.iter().map(|field| format!("`{}`", field.name.name)).collect();
            if fields.is_empty() { String::new() } else { format!("\n\nFields: {}", fields.join(", ")) }
        }
        _ => String::new(),
    }
}

fn component_summary(component: &ast::Component) -> String {
    let mut lines = Vec::new();
    for item in &component.items {
        match &item.kind {
            ast::ItemKind::For(bounds) => {
                lines.push(format!("For {} {}", bounds.subject.name, version::bounds(bounds)))
            }
            ast::ItemKind::Endpoint(endpoint) => {
                let word = match endpoint.kind {
                    ast::EndpointKind::Provides => "Provides",
                    ast::EndpointKind::Requires => "Requires",
                    ast::EndpointKind::Peers => "Peers",
                };
                lines.push(format!("{word} `{}: {}`", endpoint.name.name, endpoint.interface.name));
            }
            _ => {}
        }
    }
    let options = component.items.iter().filter_map(|item| match &item.kind {
        ast::ItemKind::Option(option) => Some(format!("`{}`", option.name.name)),
        _ => None,
    });
    let options: Vec<_> = options.collect();
    if !options.is_empty() {
        lines.push(format!("Options: {}", options.join(", ")));
    }
    lines.iter().map(|line| format!("\n\n{line}")).collect::<Vec<_>>().concat()
}

fn row(schema: &str, name: &str) -> Option<String> {
    let row = schema::named(schema)?.rows.iter().find(|row| row.name == name)?;
    let need = if row.required { "\n\nRequired." } else { "" };
    Some(format!("{}\n\nField of `{schema}`. {}{need}", code(&format!("{name}: {}", row_type(row.ty))), row.doc))
}

/// The type of a row as its user writes it.
pub fn row_type(ty: &str) -> &str {
    match ty {
        "@cert" => "cert NAME",
        "@authority" => "AUTHORITY",
        "@endpoint" => "ENDPOINT",
        other => other,
    }
}

fn given(analysis: &Analysis, of: &str, name: &str, at: Span) -> String {
    let ty = analysis.index.type_at(at);
    let path = if of.is_empty() { name.to_owned() } else { format!("{of}.{name}") };
    let doc = doc::given(of, name);
    // What the language brings is a record of everything; its name says more than its fields.
    let ty = ty.filter(|_| !of.is_empty());
    format!("{}\n\n{doc}", code(&typed(&path, ty))).trim().to_owned()
}

fn function(name: &str) -> Option<String> {
    let builtin = builtin::signature(name)?.builtin;
    Some(format!("{}\n\nFunction of the language. {}", code(&builtin.signature()), builtin.doc))
}

fn table(program: &str) -> Option<String> {
    let table = flags::table(program)?;
    let (from, through) = (version::short(table.range.known_from), version::short(table.range.known_through));
    let count = table.flags.len();
    Some(format!(
        "Flags of `{program}`: {count} are known, from {from} through {through} of {}.",
        table.range.versions_of
    ))
}

fn flag(analysis: &Analysis, program: &str, name: &str) -> Option<String> {
    let table = flags::table(program)?;
    let flag = table.flags.get(name)?;
    let running = version::of(analysis, &table.range.versions_of);
    Some(doc::flag(table, name, flag, running))
}

fn imported(analysis: &Analysis, module: crate::check::ModuleId) -> String {
    let file = analysis.resolved.program.module(module);
    let names: Vec<_> = analysis.resolved.exports[module.0 as usize].keys().map(|name| format!("`{name}`")).collect();
    let docs = file.file.docs.as_deref().unwrap_or_default();
    format!("`{}`\n\n{docs}\n\nNames: {}", file.place.name(), names.join(", "))
}
