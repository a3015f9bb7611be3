//! Backups of what runs, and bringing them back.
//!
//! A component that holds data installs two executable files of one name. `/usr/local/lib/kmodel/backup.d/NAME` prints its data on
//! standard output; it is run on the first machine where it succeeds. `restore.d/NAME STEP` is run on every machine that has it, with
//! `stop`, then `load` (the data on standard input), then `start`: each step is done everywhere before the next. A component that only has
//! to be away meanwhile installs the second one alone.

use std::io::{Read, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::target::{Desired, Machine};
use crate::text::hex;

use super::decommission::scripts;
use super::error::ApplyError;
use super::progress::{Progress, Reporter};
use super::provider::{Access, RUNNING};

const BACKUP: &str = "/usr/local/lib/kmodel/backup.d/";
const RESTORE: &str = "/usr/local/lib/kmodel/restore.d/";

/// So many bytes travel at once.
const PART: usize = 32 << 20;

/// Makes the backup on the machine, where it is then fetched from in parts: its hash, and its length.
const SAVE: &str = r#"set -eu; umask 077
[ -x "$1" ] || { echo "$1 is not there" >&2; exit 1; }
rm -rf /var/lib/kmodel/backup; mkdir -p /var/lib/kmodel/backup
"$1" >/var/lib/kmodel/backup/data
sha256sum </var/lib/kmodel/backup/data | cut -d' ' -f1; wc -c </var/lib/kmodel/backup/data"#;
const FETCH: &str = r#"tail -c "+$(($1 + 1))" /var/lib/kmodel/backup/data | head -c "$2""#;
const CLEAN: &str = "rm -rf /var/lib/kmodel/backup";
const BEGIN: &str =
    "umask 077; rm -rf /var/lib/kmodel/backup; mkdir -p /var/lib/kmodel/backup && : >/var/lib/kmodel/backup/data";
const BRING: &str = "cat >>/var/lib/kmodel/backup/data";
const LOAD: &str = r#"[ "$(sha256sum </var/lib/kmodel/backup/data | cut -d' ' -f1)" = "$2" ] ||
    { echo "what arrived is not what was sent" >&2; exit 1; }
"$1" load </var/lib/kmodel/backup/data"#;
const STEP: &str = r#"exec "$1" "$2""#;

/// The data of one component.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Saved {
    /// As its file in `backup.d`.
    pub name: String,
    /// Where it was made.
    pub machine: String,
    pub sha256: String,
    pub bytes: u64,
}

/// Opens the data of one component.
pub(crate) type Open<'a> = &'a dyn Fn(&Saved) -> std::io::Result<Box<dyn Read>>;

/// What a model has to back up, in order.
pub(crate) fn names(desired: &Desired) -> Vec<&str> {
    scripts(desired, BACKUP).into_keys().collect()
}

/// Writes the data of one component.
///
/// # Errors
/// When no machine can make it, or what arrives is not what was made.
pub(crate) fn save(
    access: &Access,
    desired: &Desired,
    name: &str,
    (out, report): (&mut dyn Write, Reporter<'_>),
) -> Result<Saved, ApplyError> {
    let places = scripts(desired, BACKUP).remove(name).unwrap_or_default();
    let path = format!("{BACKUP}{name}");
    let mut last = ApplyError::new(format!("cannot back up `{name}`: none of its machines runs"));
    for machine in places.into_iter().map(Machine::name) {
        if access.provider().state(machine)? != RUNNING {
            continue;
        }
        report(machine, Progress::Doing(format!("backing up {name}")));
        let answer = access.transport().work(machine, SAVE, &[&path])?;
        let Some((sha256, bytes)) = answer.text().and_then(|text| measured(&text)) else {
            last = ApplyError::refused(&format!("back up `{name}` on `{machine}`"), &answer.err);
            report(machine, Progress::Warning(last.message.clone()));
            continue;
        };
        let fetched = fetch(access, machine, bytes, out);
        access.transport().inside(machine, CLEAN, &[], &[])?;
        if fetched? != sha256 {
            return Err(ApplyError::new(format!("the backup of `{name}` was cut off on its way from `{machine}`"))
                .help("run the same command again"));
        }
        report(machine, Progress::Done(format!("backed up {name}")));
        return Ok(Saved { name: name.to_owned(), machine: machine.to_owned(), sha256, bytes });
    }
    Err(last)
}

/// The hash and the length that were printed.
fn measured(text: &str) -> Option<(String, u64)> {
    let (hash, bytes) = text.trim().split_once('\n')?;
    Some((hash.to_owned(), bytes.trim().parse().ok()?))
}

/// Brings the bytes, and hashes them.
fn fetch(access: &Access, machine: &str, bytes: u64, out: &mut dyn Write) -> Result<String, ApplyError> {
    let (mut hash, mut at) = (Sha256::new(), 0);
    while at < bytes {
        let words = [at.to_string(), PART.to_string()];
        let answer = access.transport().work(machine, FETCH, &[&words[0], &words[1]])?;
        if answer.code != Some(0) || answer.out.is_empty() {
            return Err(ApplyError::refused(&format!("fetch the backup from `{machine}`"), &answer.err));
        }
        hash.update(&answer.out);
        out.write_all(&answer.out).map_err(|error| ApplyError::new(format!("cannot write the backup: {error}")))?;
        at += answer.out.len() as u64;
    }
    Ok(hex(&hash.finalize()))
}

/// The hash of what is read to its end, and its length.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn hash(mut data: impl Read) -> std::io::Result<(String, u64)> {
    let (mut hash, mut bytes, mut part) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        match data.read(&mut part)? {
            0 => return Ok((hex(&hash.finalize()), bytes)),
            count => {
                hash.update(&part[..count]);
                bytes += count as u64;
            }
        }
    }
}

/// Brings back what was saved: on every machine first all is stopped, then loaded, then started.
///
/// # Errors
/// The first step that fails, on its machine; the same command again begins from the first one.
pub(crate) fn restore(
    access: &Access,
    desired: &Desired,
    (saved, open): (&[Saved], Open<'_>),
    report: Reporter<'_>,
) -> Result<(), ApplyError> {
    let scripts = scripts(desired, RESTORE);
    if let Some(one) = saved.iter().find(|one| !scripts.contains_key(&*one.name)) {
        return Err(ApplyError::new(format!("nothing in the model restores `{}`", one.name))
            .help("restore with the model that the backup was made of"));
    }
    let machines = scripts.values().flatten().map(|machine| machine.name());
    for machine in machines.clone() {
        if access.provider().state(machine)? != RUNNING {
            return Err(ApplyError::new(format!("`{machine}` does not run, and a restore needs every machine"))
                .help("run `kmodel apply` first: a new machine is restored like one that lost its data"));
        }
    }
    let one = |name: &str, machine: &str, step: &str| {
        report(machine, Progress::Doing(format!("{name}: {step}")));
        let path = format!("{RESTORE}{name}");
        let answer = access.transport().work(machine, STEP, &[&path, step])?;
        let done = answer.code == Some(0);
        done.then_some(()).ok_or_else(|| ApplyError::refused(&format!("{step} `{name}` on `{machine}`"), &answer.err))
    };
    // What relies on others stops first and starts last.
    for (name, places) in scripts.iter().rev() {
        places.iter().try_for_each(|machine| one(name, machine.name(), "stop"))?;
    }
    for saved in saved {
        for machine in scripts[&*saved.name].iter().map(|machine| machine.name()) {
            report(machine, Progress::Doing(format!("{}: load", saved.name)));
            let mut data = open(saved).map_err(|error| unreadable(saved, &error))?;
            bring(access, machine, saved, &mut *data)?;
        }
    }
    for (name, places) in &scripts {
        places.iter().try_for_each(|machine| one(name, machine.name(), "start"))?;
    }
    machines.for_each(|machine| report(machine, Progress::Done("restored".to_owned())));
    Ok(())
}

fn bring(access: &Access, machine: &str, saved: &Saved, data: &mut dyn Read) -> Result<(), ApplyError> {
    let said = |action: &str, answer: super::process::Answer| match answer.code {
        Some(0) => Ok(()),
        _ => Err(ApplyError::refused(&format!("{action} `{}` on `{machine}`", saved.name), &answer.err)),
    };
    said("bring", access.transport().inside(machine, BEGIN, &[], &[])?)?;
    loop {
        let mut part = Vec::new();
        data.take(PART as u64).read_to_end(&mut part).map_err(|error| unreadable(saved, &error))?;
        if part.is_empty() {
            break;
        }
        said("bring", access.transport().inside(machine, BRING, &[], &part)?)?;
    }
    let path = format!("{RESTORE}{}", saved.name);
    let loaded = access.transport().work(machine, LOAD, &[&path, &saved.sha256]);
    access.transport().inside(machine, CLEAN, &[], &[])?;
    said("load", loaded?)
}

fn unreadable(saved: &Saved, error: &std::io::Error) -> ApplyError {
    ApplyError::new(format!("cannot read the backup of `{}`: {error}", saved.name))
}
