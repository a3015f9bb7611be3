//! Files whose reader passes over them, because of their names.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic};
use crate::facts::folder::{self, Folder};
use crate::facts::packaged;
use crate::model::Model;
use crate::render::evidence::{Document, Sample};
use crate::source::Span;
use crate::text::List;
use crate::verify::locate;

/// The files of one machine that nothing reads, those that stand inside others too.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let written = sample.bundle.files.iter().filter_map(|file| Some((&*file.path, file.origin.span?)));
    let own: HashSet<&str> = sample.bundle.files.iter().map(|file| &*file.path).collect();
    let inside = sample.documents().filter(|one| !own.contains(&*one.path));
    let nested = inside.filter_map(|one| {
        let folder = folder::ignoring(&one.path)?;
        Some(problem(folder, &one.path, locate::value(model, one.owner, one.written, &one.at)))
    });
    let written = written.filter_map(|(path, span)| Some(problem(folder::ignoring(path)?, path, span)));
    let packaged = sample.documents().filter_map(|one| other_packages(model, sample, one));
    written.chain(nested).chain(packaged).collect()
}

/// A file that packages of another family read.
fn other_packages(model: &Model<'_>, sample: &Sample<'_>, document: &Document<'_>) -> Option<Diagnostic> {
    let row = packaged::at(&document.path)?;
    let instead = row.instead.as_ref()?;
    let mut files = sample.services.iter().flat_map(|service| service.values("Service", "EnvironmentFile"));
    let is_named = files.any(|(_, path, _)| path.trim_start_matches('-') == document.path);
    let on = |target| Some(model.family_on(target, sample.machine?));
    let families = model.targets.iter().filter_map(on);
    let mut families = families.peekable();
    let is_other = !is_named && families.peek().is_some() && families.all(|family| family.packages == instead.packages);
    let span = locate::value(model, document.owner, document.written, &document.at);
    let (path, program) = (&document.path, &row.program);
    let message = format!("`{path}` is ignored: the packages of {program} for this system read `{}`", instead.path);
    is_other.then(|| Diagnostic::new(Code::FileIgnored, span, message).help(format!("write `{}`", instead.path)))
}

fn problem(folder: &Folder, path: &str, span: Span) -> Diagnostic {
    let name = path.rsplit('/').next().unwrap_or(path);
    let endings = folder.endings.iter().filter(|ending| !ending.is_empty());
    let mut names = List::ticked(endings.map(|ending| format!("*.{ending}"))).to_string();
    if folder.endings.iter().any(String::is_empty) {
        let plain = "names of letters, digits, `-` and `_`";
        names = if names.is_empty() { plain.to_owned() } else { format!("{plain}, and {names}") };
    }
    let message = format!("`{path}` is ignored: {} reads only {names} in that directory", folder.reader);
    Diagnostic::new(Code::FileIgnored, span, message).help(format!("name it `{}`", folder.instead(name)))
}
