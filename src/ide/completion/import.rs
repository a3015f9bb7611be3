//! Paths after `use`.

use super::{Completion, Item, Sort};
use crate::check::load::standard_names;
use crate::check::place::candidates;
use crate::check::{ModulePlace, suggest};
use crate::ide::project::{File, Project};
use crate::source::Span;
use crate::stdlib;

/// Paths that may follow, when the cursor is in the path of a `use`; its names, when it is in the braces after it.
pub(super) fn complete(project: &Project, file: &File, text: &str, offset: u32) -> Option<Completion> {
    let before = text.get(..offset as usize)?;
    let line = before.rsplit(['\n', '\r']).next()?;
    let head = line.trim_start();
    let rest = head.strip_prefix("export").map_or(head, str::trim_start).strip_prefix("use ")?.trim_start();
    match rest.split_once('{') {
        None => paths(project, file, text, offset, rest),
        Some((path, names)) if !names.contains('}') => self::names(file, text, offset, path.trim()),
        Some(_) => None,
    }
}

fn paths(project: &Project, file: &File, text: &str, offset: u32, typed: &str) -> Option<Completion> {
    if typed.contains(char::is_whitespace) {
        return None;
    }
    let start = offset - typed.len() as u32;
    let more = text[offset as usize..].chars().take_while(|c| c.is_ascii_alphanumeric() || "-_./".contains(*c)).count();
    let span = Span::new(file.source(), start, offset + more as u32);
    let standard = standard_names().into_iter().map(|name| {
        let docs = docs(&name).unwrap_or_default();
        Item::new(format!("std/{name}"), Sort::File).detail("standard library").docs(docs)
    });
    let here = &file.analysis.resolved.program.module(file.module).place;
    let own = project.files().filter(|place| *place != here).filter_map(|place| relative(here, place));
    let own = own.map(|path| Item::new(path, Sort::File).detail("file").rank(4));
    Some(Completion { span, items: own.chain(standard).collect() })
}

fn docs(name: &str) -> Option<String> {
    let path = candidates(&ModulePlace::Standard("x.km".into()), &format!("std/{name}"));
    let text = path.iter().find_map(|place| stdlib::read(place.path()))?;
    let lines: Vec<_> = text.lines().take_while(|line| line.starts_with("//!")).collect();
    Some(lines.iter().map(|line| line.trim_start_matches("//!").trim()).collect::<Vec<_>>().join("\n"))
}

/// How one file names another: `./network`, `../lib/x`.
pub fn relative(from: &ModulePlace, to: &ModulePlace) -> Option<String> {
    let (ModulePlace::File(from), ModulePlace::File(to)) = (from, to) else { return None };
    let to = to.with_extension("");
    // `x/x.km` is named `x`.
    let to = match (to.file_name(), to.parent().and_then(|parent| parent.file_name())) {
        (Some(name), Some(folder)) if name == folder => to.parent()?.to_owned(),
        _ => to,
    };
    let folder: Vec<_> = from.parent()?.components().collect();
    let target: Vec<_> = to.components().collect();
    let same = folder.iter().zip(&target).take_while(|(a, b)| a == b).count();
    let up = folder.len() - same;
    if target.len() == same {
        return None;
    }
    let names = target[same..].iter().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    Some(if up == 0 { format!("./{names}") } else { format!("{}{names}", "../".repeat(up)) })
}

fn names(file: &File, text: &str, offset: u32, path: &str) -> Option<Completion> {
    let before = &text[..offset as usize];
    let length = before.chars().rev().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').count() as u32;
    let more = text[offset as usize..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').count() as u32;
    let span = Span::new(file.source(), offset - length, offset + more);
    let resolved = &file.analysis.resolved;
    let here = &resolved.program.module(file.module).place;
    let target = candidates(here, path)
        .into_iter()
        .find_map(|place| resolved.program.modules.iter().position(|module| module.place == place));
    let items = match target {
        Some(target) => resolved.exports[target]
            .iter()
            .map(|(name, symbol)| Item::new(&**name, super::name::sort(symbol.kind)).detail(symbol.kind.noun()))
            .collect(),
        // A file that is not imported yet was not read: the names that it declares itself are known for the library.
        None => suggest::standard()
            .filter(|(_, module)| module == path)
            .map(|(name, _)| Item::new(&**name, Sort::Value))
            .collect(),
    };
    Some(Completion { span, items })
}
