//! Logs and state of a cluster, collected as files: from each running machine, and from the server.

use std::io::Read;
use std::thread;

use tar::{Archive, EntryType};

use crate::render::origin::What;
use crate::target::OutputFile;

use super::error::ApplyError;
use super::progress::{Progress, Reporter};
use super::provider::{Access, Found};
use super::redactor::Redactor;
use super::transport::Transport;

const SCRIPT: &str = include_str!("collect.sh");

/// Where to collect from, and what to redact.
pub(crate) struct Collecting<'a> {
    pub access: &'a Access,
    pub redactor: &'a Redactor,
}

impl Collecting<'_> {
    /// Collects from all machines and from outside of them. Keys and secrets are redacted. If something cannot be collected, the
    /// error is written to a file in its place.
    pub(crate) fn collect(&self, report: Reporter<'_>) -> Vec<OutputFile> {
        let ours = self.access.provider().machines();
        let mut texts = self.access.provider().evidence();
        let found: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = ours.iter().map(|found| scope.spawn(move || self.one(found, report))).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("collecting does not panic")).collect()
        });
        texts.extend(found);
        texts.into_iter().map(|(path, text)| file(path, &self.redactor.clean(&text))).collect()
    }

    fn one(&self, found: &Found, report: Reporter<'_>) -> Vec<(String, String)> {
        let name = &*found.name;
        if !found.is_running() {
            let why = found.why.iter().map(|why| (format!("machines/{name}/unreachable.txt"), format!("{why}\n")));
            return why.collect();
        }
        report(name, Progress::Doing("collecting".to_owned()));
        let texts = of_machine(self.access.transport(), name);
        report(name, Progress::Done("collected".to_owned()));
        texts.unwrap_or_else(|error| vec![(format!("machines/{name}/unreachable.txt"), error.message)])
    }
}

/// A file that only its owner reads: logs reveal a lot about a cluster.
pub(crate) fn file(path: String, text: &str) -> OutputFile {
    let origin = What::RunningCluster.into();
    OutputFile { path, mode: 0o600, content: text.as_bytes().into(), secret: false, origin }
}

fn of_machine(transport: &dyn Transport, name: &str) -> Result<Vec<(String, String)>, ApplyError> {
    let answer = transport.inside(name, SCRIPT, &[], &[])?;
    let action = format!("collect from `{name}`");
    let unreadable = |error: std::io::Error| match answer.reason() {
        "" => ApplyError::answer(&action, error),
        reason => ApplyError::refused(&action, reason),
    };
    let mut archive = Archive::new(answer.out.as_slice());
    let mut texts = Vec::new();
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        if entry.header().entry_type() != EntryType::Regular {
            continue;
        }
        let path = entry.path().map_err(unreadable)?.display().to_string();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(unreadable)?;
        let path = path.trim_start_matches("./");
        texts.push((format!("machines/{name}/{path}"), String::from_utf8_lossy(&bytes).into_owned()));
    }
    Ok(texts)
}
