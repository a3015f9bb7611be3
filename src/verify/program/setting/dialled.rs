//! Addresses that programs dial, in the range of the machines, and that nothing of the model has: something else may.

use std::net::{IpAddr, SocketAddr};

use crate::diag::{Code, Diagnostic};
use crate::facts::setting::Dialled;
use crate::model::Model;
use crate::render::evidence::{Content, Entry};
use crate::verify::Evidence;

use super::settings::{Setting, Settings};
use super::{distinct_places, problem};

/// Those of one rule.
pub(super) fn verify(evidence: &Evidence<'_, '_>, settings: &Settings, rule: &Dialled) -> Vec<Diagnostic> {
    let model = evidence.model;
    let of = |setting: &Setting| {
        let all = || setting.text.split(',').filter_map(host);
        let address = all().find(|address| model.cluster.nodes.contains(address) && !is_there(evidence, *address))?;
        let (name, what) = (&setting.written, &rule.what);
        let message = format!("`{name}` has {address}, which no machine of the model has: {what}");
        Some(problem(model, Code::UnwiseSetting, setting, message).help(&*rule.help))
    };
    let given = rule.settings.iter().flat_map(|name| settings.named(name));
    distinct_places(given.filter(|setting| !setting.secret).filter_map(of))
}

/// The address in `https://10.0.0.1:2379` or `10.0.0.1:6443`.
fn host(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let place = rest.split('/').next().unwrap_or_default();
    let bare = place.trim_start_matches('[').trim_end_matches(']');
    place.parse::<SocketAddr>().map(|socket| socket.ip()).ok().or_else(|| bare.parse().ok())
}

/// Whether a machine or an endpoint has an address, or a file of a machine gives it one that moves.
fn is_there(evidence: &Evidence<'_, '_>, address: IpAddr) -> bool {
    let model = evidence.model;
    model.machines.iter().any(|machine| machine.address == address)
        || is_of_endpoint(model, address)
        || evidence.samples.iter().flat_map(|sample| &sample.entries).any(|entry| moves(entry, address))
}

fn is_of_endpoint(model: &Model<'_>, address: IpAddr) -> bool {
    model.apps().any(|(app, _)| {
        let given = model.addresses_of(app).iter().any(|(first, last)| (first..=last).contains(&&address));
        let ends = 0..model.component_of(app).endpoints.len() as u32;
        let is_at = |(unit, end)| {
            let Ok(value) = model.endpoint_value(unit, end) else { return false };
            let text = address.to_string();
            value.address == Some(address)
                || value.bind == Some(address)
                || value.names.iter().any(|name| **name == *text)
        };
        given || ends.flat_map(|end| model.units_of(app).take(1).map(move |unit| (unit, end))).any(is_at)
    })
}

/// Words of programs and commands that give a machine an address of its own.
const MOVES: [&str; 7] = ["virtual_ipaddress", "kube-vip", "vip", "keepalived", "ip addr", "ip address", "addresses"];

fn moves(entry: &Entry<'_>, address: IpAddr) -> bool {
    let text = match entry {
        Entry::Document(document) => match &document.content {
            Content::Text(text) => text.clone(),
            Content::Value(value) => crate::verify::document::plain(value),
        },
        Entry::Command(command) => command.text.clone(),
        _ => return false,
    };
    MOVES.iter().any(|word| text.contains(word)) && text.contains(&address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_any_form() {
        let address: IpAddr = "10.0.0.1".parse().expect("an address");
        for text in ["10.0.0.1", "10.0.0.1:6443", "https://10.0.0.1:2379", " https://10.0.0.1/x"] {
            assert_eq!(host(text), Some(address), "{text}");
        }
        assert_eq!(host("[fd00::1]:6443"), "fd00::1".parse().ok());
        assert_eq!(host("https://etcd-0.example.org:2379"), None);
    }
}
