//! Logs and state of a cluster, collected as files: from each running machine, and from the server.

use std::io::Read;
use std::thread;

use tar::{Archive, EntryType};

use crate::render::origin::What;
use crate::target::OutputFile;
use crate::target::lxd::Desired;

use super::client::Client;
use super::current::Current;
use super::error::ApplyError;
use super::progress::{Progress, Reporter};
use super::redactor::Redactor;

const SCRIPT: &str = include_str!("collect.sh");

/// Where to collect from, and what to redact.
pub(crate) struct Collecting<'a> {
    pub client: &'a Client,
    pub desired: &'a Desired,
    pub current: &'a Current,
    pub redactor: &'a Redactor,
}

impl Collecting<'_> {
    /// Collects from all machines and the server. Keys and secrets are redacted. If something cannot be collected, the error is
    /// written to a file in its place.
    pub(crate) fn collect(&self, report: Reporter<'_>) -> Vec<OutputFile> {
        let cluster = &*self.desired.cluster;
        let ours: Vec<&str> = self.current.ours(cluster).map(|machine| machine.name.as_str()).collect();
        let mut texts = server(self.client, self.desired, &ours);
        let found: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = ours.iter().map(|name| scope.spawn(move || self.one(name, report))).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("collecting does not panic")).collect()
        });
        texts.extend(found);
        texts.into_iter().map(|(path, text)| file(path, &self.redactor.clean(&text))).collect()
    }

    fn one(&self, name: &str, report: Reporter<'_>) -> Vec<(String, String)> {
        if !self.current.machine(name).is_some_and(|machine| machine.is_running()) {
            return Vec::new();
        }
        report(name, Progress::Doing("collecting".to_owned()));
        let texts = of_machine(self.client, name);
        report(name, Progress::Done("collected".to_owned()));
        texts.unwrap_or_else(|error| vec![(format!("machines/{name}/unreachable.txt"), error.message)])
    }
}

/// A file that only its owner reads: logs reveal a lot about a cluster.
pub(crate) fn file(path: String, text: &str) -> OutputFile {
    let origin = What::RunningCluster.into();
    OutputFile { path, mode: 0o600, content: text.as_bytes().into(), secret: false, origin }
}

/// The state of the cluster and of each machine on the server.
fn server(client: &Client, desired: &Desired, machines: &[&str]) -> Vec<(String, String)> {
    let ask = |path: String, args: &[&str]| {
        let text = client.ask("query the server", args).unwrap_or_else(|error| error.message);
        (path, text)
    };
    let mut texts = vec![
        ask("server/machines.txt".into(), &["list"]),
        ask("server/network.yaml".into(), &["network", "show", &desired.network.name]),
        ask("server/storage.yaml".into(), &["storage", "show", &desired.pool.name]),
    ];
    for profile in &desired.profiles {
        texts.push(ask(format!("server/profile-{}.yaml", profile.name), &["profile", "show", &profile.name]));
    }
    for name in machines {
        texts.push(ask(format!("server/{name}.yaml"), &["config", "show", name, "--expanded"]));
        texts.push(ask(format!("server/{name}.log"), &["info", name, "--show-log"]));
    }
    texts
}

fn of_machine(client: &Client, name: &str) -> Result<Vec<(String, String)>, ApplyError> {
    let answer = client.inside(name, SCRIPT, &[], &[])?;
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
