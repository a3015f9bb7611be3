//! Addresses that haproxy binds, and that its machine does not have: it does not start.
//!
//! Source: docs.haproxy.org/3.0/configuration.html (5.1 transparent), docs.kernel.org/networking/ip-sysctl.html (ip_nonlocal_bind),
//! kubernetes.io: kubeadm docs/ha-considerations.md (keepalived and haproxy).

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::plan::listener::Bind;
use crate::render::evidence::{Content, Entry, Sample};

use super::super::super::{File, is_unassigned, keepalived, machine_at};
use super::super::text::{Line, Section};

/// What an address that is bound needs.
pub(super) fn verify(
    model: &Model<'_>,
    (sample, file): (&Sample<'_>, &File<'_, '_>),
    (section, line): (&Section<'_>, &Line<'_>),
    bind: Bind,
) -> Option<Diagnostic> {
    let (Bind::One(address), Some(machine)) = (bind, file.machine) else { return None };
    if address.is_loopback() || line.words.contains(&"transparent") || is_free(sample) {
        return None;
    }
    let shared = keepalived::shared(sample);
    let (own, title) = (model.machine(machine), section.title());
    let (why, help) = match machine_at(model, address) {
        Some(at) if at == machine => return None,
        Some(at) => (format!("the address of `{}` and not of `{}`", model.machine(at).name, own.name), OWN),
        None if shared.contains(&address) => {
            (format!("which `{}` only has while keepalived gives it that address", own.name), SHARED)
        }
        None if is_unassigned(model, address) => ("which no machine has".to_owned(), OWN),
        None => return None,
    };
    let message = format!("`{title}` of haproxy binds {address}, {why}: haproxy does not start");
    Some(file.problem(model, Code::RefusedSetting, line.number, message, help))
}

const OWN: &str = "bind `*`, or an address of the machine";
const SHARED: &str = "add `needs sysctl net.ipv4.ip_nonlocal_bind = 1` (`net.ipv6.` for IPv6), or bind `*`";

/// Whether programs may bind addresses that the machine does not have.
fn is_free(sample: &Sample<'_>) -> bool {
    const NAME: &str = "ip_nonlocal_bind";
    let has = |entry: &Entry<'_>| match entry {
        Entry::Sysctl(_, name) => name.name.contains(NAME),
        Entry::Command(command) => command.text.contains(NAME),
        Entry::Document(document) => match &document.content {
            Content::Text(text) => text.contains(NAME),
            Content::Value(value) => crate::verify::document::plain(value).contains(NAME),
        },
        _ => false,
    };
    sample.bundle.sysctls.iter().any(|(name, _)| name.contains(NAME)) || sample.entries.iter().any(has)
}
