//! The newest patch of what a model downloads, as the publishers name it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::all;
use crate::cli::Terminal;
use crate::cli::exit::{CliError, Exit};
use crate::cli::output;
use crate::compile::ArtifactRow;
use crate::facts::lifespan::parse;
use crate::facts::release;
use crate::pin::Lookup;
use crate::syntax::ast::Version;
use crate::text::List;

/// What one publisher names together: the programs, the version that they have, and the newest one.
struct Patch<'a> {
    names: BTreeSet<&'a str>,
    now: &'a str,
    newest: Version,
    from: &'a str,
}

/// Shows each version with the newest patch of its minor, and what cannot be known.
pub(super) fn show(lookup: &mut Lookup, rows: &[ArtifactRow], terminal: &Terminal) -> Result<Exit, CliError> {
    let mut groups: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    let mut silent = BTreeMap::new();
    for row in rows.iter().filter(|row| row.version.is_some()) {
        match (row.newest.as_deref(), row.version.as_deref()) {
            (Some(from), Some(now)) => _ = groups.entry((from, now)).or_default().insert(&row.name),
            (_, now) => _ = silent.insert(&*row.name, now.unwrap_or_default()),
        }
    }
    let of = |((from, now), names): ((_, _), BTreeSet<_>)| {
        let row = rows.iter().find(|row| row.newest.as_deref() == Some(from))?;
        Some(lookup.newest(row)?.map(|newest| Patch { names, now, newest, from }))
    };
    let patches = all(groups.into_iter().filter_map(of), terminal)?;
    output::print(|out| {
        patches.iter().try_for_each(|patch| one(out, patch))?;
        silent.iter().try_for_each(|(name, now)| unknown(out, name, now))
    })
}

fn one(out: &mut dyn Write, patch: &Patch<'_>) -> io::Result<()> {
    let Patch { names, now, newest, from } = patch;
    let names = List::of(names);
    match parse(now).is_some_and(|now| now < *newest) {
        true => writeln!(out, "{names} {now}: {newest} is newer ({from})"),
        false => writeln!(out, "{names} {now}: no newer patch ({from})"),
    }
}

/// Its publisher has no file that names the newest patch, so only the table has something to show.
fn unknown(out: &mut dyn Write, name: &str, now: &str) -> io::Result<()> {
    let known = parse(now).and_then(|now| release::newest(name, now).filter(|known| *known > now));
    let known = known.map(|known| format!("; this kmodel knows {known}")).unwrap_or_default();
    writeln!(out, "{name} {now}: newest patch not available, since its publisher lists it in no file{known}")
}
