//! Swap on a machine whose kubelet refuses it.
//!
//! Source: kubernetes.io/docs/concepts/cluster-administration/swap-memory-management (`failSwapOn`, which is true by default).

use serde_json::Value as Json;

use super::{Act, Host, unwise};
use crate::diag::Diagnostic;
use crate::model::Value;
use crate::render::evidence::{Command, Content, Document};
use crate::verify::document::host::lines;
use crate::verify::hosts::system::{Config, configs};
use crate::verify::locate::{self, Step};

const HELP: &str =
    "remove it, or set `failSwapOn: false` in the configuration of the kubelet (`swap = true` of std/kubelet)";

/// A command that turns swap on.
pub(super) fn turned_on(host: &Host<'_, '_>, act: &Act<'_, '_>) -> Option<Diagnostic> {
    // What the library runs comes before the units.
    let is_later = |command: &&&Command<'_>| !command.words.is_empty() || act.command.unit.is_none();
    let is_off = host.after(act).filter(is_later).any(|command| command.text.contains("swapoff"));
    if !is_refused(host) || is_off {
        return None;
    }
    let message = format!("`{}` turns swap on, and the kubelet of this machine does not start beside it", act.said());
    Some(unwise(act.first(host.model), message, HELP))
}

/// Lines of /etc/fstab that turn swap on at each boot.
pub(super) fn written(host: &Host<'_, '_>) -> Vec<Diagnostic> {
    let commands = host.sample.bundle.commands.iter().map(|command| &**command);
    let mut texts = commands.chain(host.commands.iter().map(|command| &*command.text));
    if !is_refused(host) || texts.any(|text| text.contains("swapoff") || text.contains("swap.target")) {
        return Vec::new();
    }
    let files = host.sample.documents().filter(|document| document.path == "/etc/fstab");
    let files = files.filter_map(|document| of_file(host, document));
    let configs = configs(host.model, host.sample);
    files.chain(configs.iter().flat_map(|config| of_config(host, config))).collect()
}

/// `swap`, and lines of `mounts` that are swap.
fn of_config(host: &Host<'_, '_>, config: &Config<'_>) -> Vec<Diagnostic> {
    let has_size = |swap: &&Json| swap.get("size").is_some_and(|size| size != 0);
    let own = config.value.get("swap").filter(has_size).map(|_| vec![Step::from("swap")]);
    let mounts = config.value.get("mounts").and_then(Json::as_array).into_iter().flatten().enumerate();
    let is_swap = |mount: &Json| mount.get(2).and_then(Json::as_str) == Some("swap");
    let lines = mounts.filter(|(_, mount)| is_swap(mount)).map(|(place, _)| vec!["mounts".into(), place.into()]);
    let say = |way: Vec<Step>| {
        let message = "cloud-init turns swap on, and the kubelet of this machine does not start beside it";
        unwise(config.span(host.model, &way), message.to_owned(), HELP)
    };
    own.into_iter().chain(lines).map(say).collect()
}

fn of_file(host: &Host<'_, '_>, document: &Document<'_>) -> Option<Diagnostic> {
    let Content::Text(text) = &document.content else { return None };
    let is_swap = |(_, line): &(usize, &str)| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields.get(2) == Some(&"swap")
            && !fields.get(3).is_some_and(|options| options.split(',').any(|one| one == "noauto"))
    };
    let (line, _) = lines(text).find(is_swap)?;
    let span = locate::value(host.model, document.owner, document.written, &document.way(&[Step::Line(line)]));
    let message = "`/etc/fstab` turns swap on at each boot, and the kubelet of this machine does not start beside it";
    Some(unwise(span, message.to_owned(), HELP))
}

/// Whether the kubelet of the machine fails on swap.
pub(super) fn is_refused(host: &Host<'_, '_>) -> bool {
    let Some(kubelet) = host.flags("kubelet") else { return false };
    let is_false = |value: Option<&Value>| value.and_then(Value::scalar_text).as_deref() == Some("false");
    let by_flag = kubelet.given.iter().any(|flag| flag.name == "fail-swap-on" && is_false(Some(&flag.value)));
    let by_file = host.of_kind("KubeletConfiguration").iter().any(|value| match value.reveal() {
        Value::Record(record) => is_false(record.get("failSwapOn")),
        _ => false,
    });
    !by_flag && !by_file
}
