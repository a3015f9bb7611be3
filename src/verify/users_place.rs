//! Where a problem in a component of the library is shown: in the model first, which a user can change.

use crate::diag::{Diagnostic, Label};
use crate::model::{App, AppId, Model};
use crate::source::{SourceKind, Span};

/// Puts a place of the model before the places of the library that a problem begins with.
pub fn first(model: &Model<'_>, problems: &mut [Diagnostic]) {
    for problem in problems.iter_mut().filter(|problem| is_of_library(model, problem.labels[0].span)) {
        let deployed = deployed(model, problem);
        let options = deployed.map(|app| set_options(model, app, problem.labels[0].span)).unwrap_or_default();
        problem.labels.retain(|label| options.iter().all(|option| option.span != label.span));
        let own = problem.labels.iter().position(|label| !is_of_library(model, label.span));
        match (own, deployed) {
            _ if !options.is_empty() => problem.labels.splice(0..0, options).for_each(drop),
            (Some(place), _) => problem.labels[..=place].rotate_right(1),
            (None, Some((_, app))) => problem.labels.insert(0, at_deployment(app)),
            (None, None) => {}
        }
    }
}

/// With the deployment that a problem in the library is of, where its component is deployed more than once.
pub fn of_app(model: &Model<'_>, id: AppId, problem: Diagnostic) -> Diagnostic {
    let component = model.component_of(id).ast;
    let same = model.apps().filter(|(other, _)| std::ptr::eq(model.component_of(*other).ast, component)).count();
    let is_shown = same > 1 && problem.labels.iter().all(|label| is_of_library(model, label.span));
    match at_deployment(model.app(id)) {
        Label { span, text } if is_shown => problem.label(span, text),
        _ => problem,
    }
}

fn is_of_library(model: &Model<'_>, span: Span) -> bool {
    model.program.sources.get(span.source).kind == SourceKind::Library
}

/// The application whose component a problem lies in: the one that it names, else the first.
fn deployed<'m>(model: &'m Model<'_>, problem: &Diagnostic) -> Option<(AppId, &'m App)> {
    let apps: Vec<_> = model.apps().filter(|(app, _)| is_within(model, *app, problem.labels[0].span)).collect();
    let named = apps.iter().find(|(_, app)| problem.message.contains(&format!("`{}`", app.name)));
    named.or(apps.first()).copied()
}

fn at_deployment(app: &App) -> Label {
    Label { span: app.span, text: format!("`{}` is deployed here", app.name) }
}

/// Whether a place is in the component of an application.
fn is_within(model: &Model<'_>, app: AppId, span: Span) -> bool {
    let items = &model.component_of(app).ast.items;
    items
        .iter()
        .any(|item| item.span.source == span.source && item.span.start <= span.start && span.end <= item.span.end)
}

/// The longest expression that is about the options that it names.
const EXPRESSION: usize = 160;

/// The options that a place in a component names, where the model sets them.
fn set_options(model: &Model<'_>, (id, app): (AppId, &App), span: Span) -> Vec<Label> {
    let text = model.program.sources.text(span);
    let text = if text.len() > EXPRESSION { "" } else { text };
    let options = model.component_of(id).options.iter().zip(&app.option_spans);
    let named = options.filter(|(option, set)| {
        !is_of_library(model, **set) && named_options(text).any(|name| *name == *option.name.name)
    });
    named.map(|(option, set)| Label { span: *set, text: format!("`{}` of `{}`", option.name.name, app.name) }).collect()
}

/// Each `NAME` of `option.NAME` in the text of an expression.
fn named_options(text: &str) -> impl Iterator<Item = &str> {
    let name = |rest: &'_ str| rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
    text.split("option.").skip(1).map(move |rest| &rest[..name(rest)])
}
