//! Modules that the machine needs and that its own modprobe.d keeps from being loaded.
//!
//! Source: modprobe.d(5) (`install` runs another command instead; `blacklist` is about aliases), systemd src/modules-load
//! (KMOD_PROBE_APPLY_BLACKLIST).

use super::{Host, problem};
use crate::diag::{Code, Diagnostic};
use crate::verify::document::host::{lines, module};

pub(super) fn verify(host: &Host<'_, '_>) -> Vec<Diagnostic> {
    let needed: Vec<String> = host.sample.bundle.modules.iter().map(|name| module::plain(name)).collect();
    let listed = host.texts().filter(|(document, _)| document.path.starts_with("/etc/modules"));
    let listed: Vec<String> =
        listed.flat_map(|(_, text)| lines(text).map(|(_, line)| module::plain(line)).collect::<Vec<_>>()).collect();
    let files = host
        .texts()
        .filter(|(document, _)| document.path.starts_with("/etc/modprobe.d/") && document.path.ends_with(".conf"));
    let mut found = Vec::new();
    for (document, text) in files {
        for (line, name, always) in module::blocked(text) {
            // The boot loads what a component needs by its name.
            let is_needed = needed.contains(&name) && always || listed.contains(&name);
            if is_needed && !found.iter().any(|(_, known, _)| *known == name) {
                found.push((host.line(document, line), name, &document.path));
            }
        }
    }
    let of = |(span, name, path): (_, String, &String)| {
        let message = format!("`{path}` keeps the module `{name}` from being loaded, and this machine needs it");
        problem(Code::InvalidConfig, span, message, "remove the line")
    };
    found.into_iter().map(of).collect()
}
