//! Keys of the record that a template gets: the variables that it uses.

use minijinja::Environment;

use super::{Ask, Item, Sort};
use crate::check::ModulePlace;
use crate::ide::template;
use crate::stdlib;
use crate::syntax::tree::{SyntaxNode, View};

/// The variables of the template whose record this is.
pub(super) fn keys(ask: &Ask<'_>, record: &SyntaxNode) -> Vec<Item> {
    let module = &ask.file.analysis.resolved.program.module(ask.file.module).place;
    let root = View::root(&ask.marked.parsed.parse.tree, ask.marked.parsed.source);
    let Some(mention) = template::of_record(record, root, module) else { return Vec::new() };
    let text = match &mention.place {
        ModulePlace::Standard(path) => stdlib::read(path).map(str::to_owned),
        ModulePlace::File(path) => ask.world.read(path).ok(),
    };
    let Some(text) = text else { return Vec::new() };
    let environment = Environment::new();
    let Ok(parsed) = environment.template_from_str(&text) else { return Vec::new() };
    let detail = format!("variable of {}", mention.place.name());
    let item =
        |name: String| Item::new(name.clone(), Sort::Field).detail(&*detail).snippet(format!("{name} = $1")).rank(1);
    parsed.undeclared_variables(false).into_iter().map(item).collect()
}
