//! Paths of files beside a module: in `template = "./x.j2"`, `template("./x.j2", ..)` and `read("./x.txt")`.

use std::path::{Path, PathBuf};

use super::{Completion, Item, Sort};
use crate::check::ModulePlace;
use crate::check::place::normal;
use crate::ide::project::File;
use crate::source::Span;
use crate::stdlib;
use crate::world::{World, first_part};

/// What can be written in the path at the cursor, one folder at a time; `None` when the cursor is in no such path.
pub(super) fn complete(world: &dyn World, file: &File, text: &str, offset: u32) -> Option<Completion> {
    let before = text.get(..offset as usize)?;
    let line = before.rsplit(['\n', '\r']).next()?;
    let (head, typed) = line.rsplit_once('"')?;
    let wants_template = takes_path(head)?;
    if typed.contains(|c: char| c.is_whitespace() || "${}".contains(c)) {
        return None;
    }
    let (folder, name) = typed.rsplit_once('/').unwrap_or(("", typed));
    let more = text[offset as usize..].chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).count();
    let span = Span::new(file.source(), offset - name.len() as u32, offset + more as u32);
    // A path starts at the folder of its module, and says so.
    if !typed.starts_with('.') || folder.is_empty() {
        let starts = ["./", "../"].into_iter().enumerate();
        let starts = starts.map(|(place, start)| Item::new(start, Sort::File).detail("folder").rank(6).at(place));
        let beside = entries(world, file, "").into_iter().map(|entry| item(&entry, "./", wants_template));
        return Some(Completion { span, items: sorted(beside.chain(starts).collect()) });
    }
    let items = entries(world, file, folder).into_iter().map(|entry| item(&entry, "", wants_template)).collect();
    Some(Completion { span, items: sorted(items) })
}

/// Whether a text that begins here is the path of a template or of a text; `None` when it is neither.
fn takes_path(head: &str) -> Option<bool> {
    let head = head.trim_end();
    let called = |word: &str| head.strip_suffix('(').is_some_and(|head| ends_with_word(head.trim_end(), word));
    let given = head.strip_suffix('=').is_some_and(|head| ends_with_word(head.trim_end(), "template"));
    match (given || called("template"), called("read")) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

fn ends_with_word(text: &str, word: &str) -> bool {
    let rest = text.strip_suffix(word);
    rest.is_some_and(|rest| !rest.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.'))
}

fn entries(world: &dyn World, file: &File, folder: &str) -> Vec<String> {
    let below = |module: &Path| normal(&module.parent().unwrap_or(Path::new("")).join(folder));
    match &file.analysis.resolved.program.module(file.module).place {
        ModulePlace::File(module) => world.entries(&below(module)),
        ModulePlace::Standard(module) => standard(&below(module)),
    }
}

/// Files and folders of the standard library; folders end with `/`.
fn standard(folder: &PathBuf) -> Vec<String> {
    let below = stdlib::all().into_iter().filter_map(|(path, _)| path.strip_prefix(folder).ok());
    let mut names: Vec<String> = below.filter_map(first_part).collect();
    names.dedup();
    names
}

fn item(entry: &str, start: &str, wants_template: bool) -> Item {
    let is_folder = entry.ends_with('/');
    let rank = match (is_folder, wants_template == entry.ends_with(".j2")) {
        (false, true) => 1,
        (true, _) => 3,
        (false, false) => 4,
    };
    Item::new(format!("{start}{entry}"), Sort::File).detail(if is_folder { "folder" } else { "file" }).rank(rank)
}

fn sorted(mut items: Vec<Item>) -> Vec<Item> {
    items.retain(|item| !item.label.ends_with(".km"));
    items.sort_by(|a, b| (a.rank, a.order, &a.label).cmp(&(b.rank, b.order, &b.label)));
    items
}
