//! What `kmodel pin` prints.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Pinned, Verified};
use crate::cli::exit::CliError;
use crate::cli::look::Look;
use crate::cli::output;
use crate::cli::table::labelled;
use crate::compile::ArtifactRow;
use crate::compile::artifact::ArtifactSource;
use crate::pin::Outcome;
use crate::text::{Count, List};

/// `etcd 3.6.14 amd64`.
pub(super) fn name(row: &ArtifactRow) -> String {
    let words = [Some(&*row.name), row.version.as_deref(), row.arch.as_deref()];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// What has no hash, and how many that are.
pub(super) fn unpinned(look: &Look, unpinned: &[&ArtifactRow], rows: &[ArtifactRow]) -> Result<(), CliError> {
    output::print(|out| {
        for row in unpinned {
            let url = if is_image(row) { "" } else { &row.url };
            writeln!(out, "{}", format!("not pinned  {}  {url}", look.name(&name(row))).trim_end())?;
        }
        match unpinned.len() {
            0 => writeln!(out, "all pinned: {}", counted(rows)),
            some => writeln!(out, "{some} not pinned of {}", counted(rows)),
        }
    })?;
    Ok(())
}

/// Nothing is left to pin.
pub(super) fn nothing(rows: &[ArtifactRow]) -> Result<(), CliError> {
    output::print(|out| writeln!(out, "nothing to pin: {}, all with a checksum", counted(rows)))?;
    Ok(())
}

/// `3 files`, `3 files and 2 images`.
fn counted(rows: &[ArtifactRow]) -> String {
    let images = rows.iter().filter(|row| is_image(row)).count();
    let files = Count(rows.len() - images, "file").to_string();
    if images == 0 { files } else { format!("{files} and {}", Count(images, "image")) }
}

fn is_image(row: &ArtifactRow) -> bool {
    row.kind == ArtifactSource::Image
}

/// What was pinned, where from, and how much was verified.
pub(super) fn pinned(look: &Look, found: &[Pinned<'_>], verified: &Verified<'_>, lock: &Path) -> Result<(), CliError> {
    output::print(|out| {
        found.iter().try_for_each(|one| pin(out, look, one))?;
        let count = verified.files.len() + verified.images;
        if count > 0 {
            writeln!(out, "verified {}", Count(count, "pin"))?;
        }
        signatures(out, verified)?;
        match found.len() {
            0 => writeln!(out, "nothing new to pin"),
            count => writeln!(out, "pinned {} in {}", Count(count, "download"), lock.display()),
        }
    })?;
    Ok(())
}

/// Where copies are now.
pub(super) fn kept(paths: &[PathBuf]) -> Result<(), CliError> {
    output::print(|out| paths.iter().try_for_each(|path| writeln!(out, "copied to {}", path.display())))?;
    Ok(())
}

fn pin(out: &mut dyn Write, look: &Look, (row, hash): &Pinned<'_>) -> io::Result<()> {
    writeln!(out, "{}", look.name(&name(row)))?;
    if !is_image(row) {
        labelled(out, look, 2, "url ", &row.url)?;
    }
    labelled(out, look, 2, "hash", hash.as_str())?;
    row.checksums.iter().try_for_each(|list| labelled(out, look, 2, "from", list))
}

/// What came of signatures, each once, with the files that it came of.
fn signatures(out: &mut dyn Write, verified: &Verified<'_>) -> io::Result<()> {
    let mut outcomes: BTreeMap<&Outcome, Vec<String>> = BTreeMap::new();
    verified.files.iter().for_each(|(row, outcome)| outcomes.entry(outcome).or_default().push(name(row)));
    outcomes.iter().try_for_each(|(outcome, names)| match outcome {
        Outcome::Verified(by) => writeln!(out, "signature verified: {}: {by}", List::of(names)),
        Outcome::NotVerified(why) => writeln!(out, "signature not verified: {}: {why}", List::of(names)),
    })
}
