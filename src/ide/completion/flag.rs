//! Values of flags that are a known set, by version: admission plugins, modes, feature gates.

use super::{Ask, Item, Sort, release};
use crate::facts::flag::{self, Flag, Table};
use crate::facts::{Status, gate, value};
use crate::ide::version;
use crate::syntax::token::SyntaxKind as S;
use crate::syntax::tree::{SyntaxNode, SyntaxToken};

/// The flag whose value is written around a node.
fn around(node: &SyntaxNode) -> Option<(&'static Table, String, &'static Flag)> {
    node.ancestors().filter(|node| node.kind() == S::Field).find_map(|field| {
        let record = field.parent().filter(|node| node.kind() == S::RecordExpr)?;
        let words = record.children_with_tokens().filter_map(|one| one.into_token());
        let program = words.into_iter().find(|one| one.kind() == S::Ident)?;
        let table = flag::table(program.text())?;
        let name = release::key(&field);
        Some((table, name.clone(), table.flags.get(&name)?))
    })
}

/// Values of the set that the flag around the mark takes; those that are on by themselves last.
pub(super) fn values(ask: &Ask<'_>, token: &SyntaxToken, write: impl Fn(&str) -> String) -> Vec<Item> {
    let Some((table, _, flag)) = token.parent().as_ref().and_then(around) else { return Vec::new() };
    let Some(set) = flag.values.as_deref().and_then(value::set) else { return Vec::new() };
    let running = version::of(&ask.file.analysis, &table.range.versions_of);
    let mut items = Vec::new();
    for (name, known) in &set.values {
        let status = running.map_or(Status::Known, |running| known.life.status(running));
        if matches!(status, Status::NotYet(_) | Status::Removed(_)) {
            continue;
        }
        let detail = if known.default { format!("{}, on by default", set.what) } else { set.what.clone() };
        let mut item = Item::new(write(name), Sort::Value).detail(detail).rank(1 + u8::from(known.default));
        item.is_deprecated = status == Status::Deprecated;
        items.push(item);
    }
    items
}

/// Feature gates, where the record at the mark is the value of `feature-gates`.
pub(super) fn gates(ask: &Ask<'_>, record: &SyntaxNode) -> Vec<Item> {
    let Some((table, name, _)) = around(record) else { return Vec::new() };
    if name != "feature-gates" {
        return Vec::new();
    }
    let running = version::of(&ask.file.analysis, &table.range.versions_of);
    let item = |(name, stage): (&'static str, String)| {
        Item::new(name, Sort::Flag).detail(stage).snippet(format!("{name} = ${{1:true}}"))
    };
    gate::open(&table.range.versions_of, running).into_iter().map(item).collect()
}
