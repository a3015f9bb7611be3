//! What is mounted over the folders in which programs of the cluster keep what they must not lose.
//!
//! Sources: fstab(5), tmpfs(5), systemd.mount(5), docs.cloud-init.io (module mounts), etcd.io/docs/v3.6/op-guide/configuration
//! (`--data-dir`), kubernetes.io/docs/reference/command-line-tools-reference/kubelet (`--root-dir`).

use serde_json::Value as Json;

use super::{Host, problem};
use crate::diag::{Code, Diagnostic};
use crate::render::evidence::{Entry, Step};
use crate::source::Span;
use crate::verify::document::host::lines;
use crate::verify::locate;

/// A folder, whose it is, and what is lost with it.
const KEPT: &[(&str, &str, &str)] = &[
    ("/var/lib/etcd", "etcd", "the member loses its data at each reboot, and does not join again"),
    ("/var/lib/kubelet", "kubelet", "the kubelet loses its certificates and the volumes of pods at each reboot"),
    ("/etc/kubernetes", "kubelet", "the kubelet finds neither its kubeconfig nor certificates after a reboot"),
    ("/var/lib/containerd", "kubelet", "images and containers are kept in memory, and pulled anew at each boot"),
    ("/var/lib/containers", "crio", "images and containers are kept in memory, and pulled anew at each boot"),
];

pub(super) fn verify(host: &Host<'_, '_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (document, text) in host.texts().filter(|(document, _)| document.path == "/etc/fstab") {
        found.extend(lines(text).filter_map(|(line, entry)| {
            let fields: Vec<&str> = entry.split_whitespace().collect();
            of(host, (fields.get(1)?, fields.get(2)?), || host.line(document, line))
        }));
    }
    found.extend(host.sample.services.iter().filter_map(|service| {
        let (part, place, written) = service.values("Mount", "Where").last()?;
        let (_, kind, _) = service.values("Mount", "Type").last()?;
        of(host, (place, kind), || locate::word::span(host.model, part.owner, written))
    }));
    for config in &host.configs {
        let mounts = config.value.get("mounts").and_then(Json::as_array).into_iter().flatten().enumerate();
        found.extend(mounts.filter_map(|(index, mount)| {
            let field = |place: usize| mount.get(place).and_then(Json::as_str);
            let way: [Step; 2] = ["mounts".into(), index.into()];
            of(host, (field(1)?, field(2)?), || config.span(host.model, &way))
        }));
    }
    found
}

/// A file system in memory over what has to stay.
fn of(host: &Host<'_, '_>, (place, kind): (&str, &str), span: impl FnOnce() -> Span) -> Option<Diagnostic> {
    let is_at = |folder: &str| folder == place || folder.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'));
    let is_service = |program: &str| host.sample.services.iter().any(|one| *one.name == *format!("{program}.service"));
    let has_flags =
        |entry: &Entry<'_>, program: &str| matches!(entry, Entry::Flags(flags) if &*flags.program == program);
    let is_run =
        |program: &str| host.sample.entries.iter().any(|entry| has_flags(entry, program)) || is_service(program);
    let (folder, _, what) = KEPT.iter().find(|(folder, program, _)| is_at(folder) && is_run(program))?;
    let is_lost = matches!(kind, "tmpfs" | "ramfs") && place.len() > 1;
    let message = format!("`{folder}` is in memory, as `{place}` is a {kind}: {what}");
    is_lost.then(|| problem(Code::UnwiseSetting, span(), message, "mount a disk there, or nothing"))
}
