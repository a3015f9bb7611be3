//! Giving something another name, everywhere at once, and not where that would change what the model says.
//!
//! The edits are tried on a copy first: what is refused is refused with what would be wrong.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::definition::{module_of, uses};
use super::project::{File, Project};
use super::reference::{self, Declared, Reference};
use crate::check::index::{NameKind, Target, Use};
use crate::check::session::Session;
use crate::check::{self, Analysis, ModulePlace, naming};
use crate::source::Span;
use crate::syntax::ast::StatementKind;
use crate::world::World;

/// One edit, in one of the models that were looked at.
#[derive(Clone, Debug)]
pub struct Edit {
    pub place: Reference,
    pub text: String,
}

/// The name at a place that can be changed.
///
/// # Errors
/// Why it cannot, for a person to read.
pub fn prepare(file: &File, offset: u32) -> Result<(Span, String), String> {
    let one = renamed(file, offset)?;
    let text = file.analysis.resolved.program.sources.text(one.span);
    Ok((one.span, text.trim_matches('"').to_owned()))
}

/// What would be given another name. Of a `deploy` without `as` that is the application, when its component is not of the
/// model's own files.
fn renamed(file: &File, offset: u32) -> Result<Use, String> {
    let found = uses(file, offset);
    let mut reason = "no name to rename here".to_owned();
    for one in found {
        match &one.target {
            Target::Declared(_, span) => match module_of(&file.analysis, *span).map(|module| &module.place) {
                Some(ModulePlace::File(_)) => return Ok(one),
                _ => reason = "it is declared in the standard library, which is read-only".to_owned(),
            },
            Target::File(_) => reason = "rename the file instead: its imports are updated".to_owned(),
            _ => reason = "it is a built-in name".to_owned(),
        }
    }
    Err(reason)
}

/// Every edit that gives what stands at a place another name.
///
/// # Errors
/// Why it cannot be called so, for a person to read.
pub fn rename(
    world: &dyn World,
    project: &mut Project,
    file: &File,
    offset: u32,
    name: &str,
) -> Result<Vec<Edit>, String> {
    let one = renamed(file, offset)?;
    if !naming::is_kebab(name) {
        return Err(format!("`{name}` is not a name in kebab-case, such as `my-name`"));
    }
    let Target::Declared(kind, declared) = one.target.clone() else { return Err("it has no declaration".to_owned()) };
    let old = file.analysis.resolved.program.sources.text(one.span).trim_matches('"').to_owned();
    if old == name {
        return Ok(Vec::new());
    }
    let analyses = reference::analyses(world, project, file, std::slice::from_ref(&one.target));
    let mut edits: Vec<Edit> = Vec::new();
    for analysis in &analyses {
        for span in reference::of(analysis, &one.target, Declared::With) {
            let place = Reference { analysis: analysis.clone(), span };
            edits.extend(edit(place, kind, declared, &old, name));
        }
    }
    edits.sort_by_key(|edit| edit.place.span);
    edits.dedup_by_key(|edit| edit.place.span);
    // A name that an import gives (`a as b`) is known only in its file.
    let is_alias = file.analysis.resolved.program.sources.text(declared) != old;
    if is_alias {
        edits.retain(|edit| edit.place.span.source == one.span.source);
    }
    check_deploy(&file.analysis, kind, declared)?;
    for analysis in &analyses {
        tried(world, analysis, &edits)?;
    }
    Ok(edits)
}

/// The edit of one use. A use under another name (`calico as cal`) stays as it is.
fn edit(place: Reference, kind: NameKind, declared: Span, old: &str, name: &str) -> Option<Edit> {
    let text = place.analysis.resolved.program.sources.text(place.span);
    let is_unnamed = kind == NameKind::App && place.span == declared && !is_alias(&place.analysis, declared);
    let text = match text {
        _ if is_unnamed => format!("{text} as {name}"),
        text if text == old => name.to_owned(),
        text if text.trim_matches('"') == old => format!("\"{name}\""),
        text if text.strip_prefix('$') == Some(old) => format!("${name}"),
        _ => return None,
    };
    Some(Edit { place, text })
}

/// Whether the name of an application is said with `as`.
fn is_alias(analysis: &Analysis, name: Span) -> bool {
    deploy(analysis, name).is_some_and(|deploy| deploy.alias.as_ref().is_some_and(|alias| alias.span == name))
}

fn deploy(analysis: &Analysis, name: Span) -> Option<&crate::syntax::ast::Deploy> {
    let module = module_of(analysis, name)?;
    super::app::parts(module).find_map(|statement| match &statement.kind {
        StatementKind::Deploy(deploy) if statement.span.start <= name.start && name.end <= statement.span.end => {
            Some(deploy)
        }
        _ => None,
    })
}

/// `as` names one application: a statement that deploys several has to be taken apart first.
fn check_deploy(analysis: &Analysis, kind: NameKind, declared: Span) -> Result<(), String> {
    let several =
        deploy(analysis, declared).is_some_and(|deploy| deploy.alias.is_none() && deploy.components.len() > 1);
    match kind == NameKind::App && several {
        true => {
            Err("`as` names one application, but this statement deploys several: use one `deploy` for each".to_owned())
        }
        false => Ok(()),
    }
}

/// Looks at a model with the edits made: nothing may be wrong that was not, and no name may stand for something else.
fn tried(world: &dyn World, analysis: &Analysis, edits: &[Edit]) -> Result<(), String> {
    let mut texts: BTreeMap<PathBuf, String> = BTreeMap::new();
    for (_, module) in analysis.resolved.program.own_modules() {
        let mut text = analysis.resolved.program.sources.get(module.source).text.to_string();
        for edit in edits.iter().rev().filter(|edit| edit.place.span.source == module.source) {
            text.replace_range(edit.place.span.start as usize..edit.place.span.end as usize, &edit.text);
        }
        texts.insert(module.place.path().to_owned(), text);
    }
    let changed = Changed { world, texts };
    let root = &analysis.resolved.program.modules[0].place;
    let after = check::analyse(&changed, &mut Session::default(), root);
    let known: Vec<_> = analysis.diagnostics.iter().map(|problem| problem.code).collect();
    if after.diagnostics.len() > known.len()
        && let Some(new) =
            after.diagnostics.iter().find(|problem| !known.contains(&problem.code)).or(after.diagnostics.last())
    {
        return Err(format!("cannot use that name here: {}", new.message));
    }
    match uses_by_target(&after) == uses_by_target(analysis) {
        true => Ok(()),
        false => Err("that name already has another meaning where this one is used".to_owned()),
    }
}

/// How often each declaration is named, in the order of the text: the same before and after, if nothing else is meant.
fn uses_by_target(analysis: &Analysis) -> Vec<usize> {
    let program = &analysis.resolved.program;
    let order = |span: Span| program.modules.iter().position(|module| module.source == span.source);
    let mut counts: BTreeMap<(Option<usize>, u32), usize> = BTreeMap::new();
    for one in analysis.index.uses() {
        if let Target::Declared(_, span) = one.target {
            *counts.entry((order(span), span.start)).or_default() += 1;
        }
    }
    counts.into_values().collect()
}

/// The outside with some files as they would be.
struct Changed<'a> {
    world: &'a dyn World,
    texts: BTreeMap<PathBuf, String>,
}

impl World for Changed<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.texts.get(path).map_or_else(|| self.world.read(path), |text| Ok(text.clone()))
    }

    fn now(&self) -> OffsetDateTime {
        self.world.now()
    }
}
