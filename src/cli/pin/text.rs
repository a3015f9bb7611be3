//! What `kmodel pin` prints.

use std::io::{self, Write};
use std::path::Path;

use super::Pinned;
use crate::cli::exit::CliError;
use crate::cli::look::Look;
use crate::cli::output;
use crate::cli::table::labelled;
use crate::compile::ArtifactRow;
use crate::text::Count;

/// `etcd 3.6.14 amd64`.
pub(super) fn name(row: &ArtifactRow) -> String {
    let words = [Some(&*row.name), row.version.as_deref(), row.arch.as_deref()];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Files without a checksum, and their number.
pub(super) fn unpinned(look: &Look, rows: &[&ArtifactRow], all: usize) -> Result<(), CliError> {
    output::print(|out| {
        for row in rows {
            writeln!(out, "not pinned  {}  {}", look.name(&name(row)), row.url)?;
        }
        match rows.len() {
            0 => writeln!(out, "{} with a checksum", Count(all, "file")),
            some => writeln!(out, "{some} of {} without a checksum", Count(all, "file")),
        }
    })?;
    Ok(())
}

/// Nothing is left to pin.
pub(super) fn nothing(all: usize) -> Result<(), CliError> {
    output::print(|out| writeln!(out, "nothing to pin: {} with a checksum", Count(all, "file")))?;
    Ok(())
}

/// What was pinned, where from, and how many files were downloaded.
pub(super) fn pinned(look: &Look, found: &[Pinned<'_>], verified: usize, lock: &Path) -> Result<(), CliError> {
    output::print(|out| {
        found.iter().try_for_each(|one| pin(out, look, one))?;
        if verified > 0 {
            writeln!(out, "downloaded and verified {}", Count(verified, "file"))?;
        }
        match found.len() {
            0 => writeln!(out, "nothing new to pin"),
            count => writeln!(out, "pinned {} in {}", Count(count, "file"), lock.display()),
        }
    })?;
    Ok(())
}

fn pin(out: &mut dyn Write, look: &Look, (row, hash): &Pinned<'_>) -> io::Result<()> {
    writeln!(out, "{}", look.name(&name(row)))?;
    labelled(out, look, 2, "url ", &row.url)?;
    labelled(out, look, 2, "hash", hash.as_str())?;
    labelled(out, look, 2, "from", row.checksums.as_deref().unwrap_or_default())
}
