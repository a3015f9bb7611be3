//! Rules of the kernel's packet filter that a command removes while others rely on them.

use super::{Act, Host, unwise};
use crate::diag::Diagnostic;

/// A unit before these runs before anything made a rule.
const FIRST: [&str; 4] = ["kubelet.service", "kube-proxy.service", "network-pre.target", "nftables.service"];

/// Removes the rules of kube-proxy, of the network plugin, and of the model's own filter.
pub(super) fn flushes(host: &Host<'_, '_>, act: &Act<'_, '_>) -> Option<Diagnostic> {
    let owner = owner(host)?;
    let is_loaded =
        host.after(act).any(|command| ["nft -f", "iptables-restore"].iter().any(|load| command.text.contains(load)));
    if is_loaded && host.flags("kubelet").is_none() {
        return None;
    }
    let is_first = act.command.unit.as_ref().is_some_and(|unit| host.is_before(unit, &FIRST));
    let message = format!("`{}` also removes the rules of {owner}", act.said());
    let help = "remove only your own table or chain, or run it in a unit with `Before=kubelet.service`";
    (!is_first).then(|| unwise(act.first(host.model), message, help))
}

/// Whose rules there are.
fn owner(host: &Host<'_, '_>) -> Option<&'static str> {
    let has_own = host.sample.bundle.files.iter().any(|file| file.path.starts_with("/etc/nftables"));
    match () {
        () if host.flags("kube-proxy").is_some() => {
            Some("kube-proxy, so no service is reached until it writes all of them anew")
        }
        () if host.flags("kubelet").is_some() => Some("the network plugin and of host ports of pods"),
        () if has_own => Some("the packet filter that the model writes"),
        () => None,
    }
}
