//! keepalived.conf: its instances of VRRP, and what they share with those of other machines.
//!
//! Source: keepalived.conf(5), RFC 5798 section 5.2 (router IDs and priorities), and keepalived's vrrp_parser.c and vrrp.c.

use crate::diag::Diagnostic;
use crate::model::component::Component;
use crate::model::dependence::Dependence;
use crate::render::evidence::{Sample, Step};
use crate::verify::Evidence;

use super::{File, files};

mod address;
mod instance;
mod keyword;
mod pair;
mod script;
mod text;

use text::{Block, Instance};

/// Whether a text is a configuration of keepalived, by its place or by what is in it.
pub(super) fn is_one(path: &str, text: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name == "keepalived.conf"
        || (path.contains("/keepalived/") || name.contains("keepalived")) && name.ends_with(".conf")
        || name.ends_with(".conf") && text.lines().any(|line| line.starts_with("vrrp_instance "))
}

/// What is wrong with the shared addresses of all machines.
pub(super) fn verify(evidence: &Evidence<'_, '_>) -> Vec<Diagnostic> {
    let mut problems = evidence.on_each(|sample| of_machine(evidence, sample));
    problems.extend(pair::verify(evidence));
    problems
}

/// The shared addresses that a machine may have.
pub(super) fn shared(sample: &Sample<'_>) -> Vec<std::net::IpAddr> {
    let of = |file: &File<'_, '_>| {
        let blocks = text::blocks(file.text);
        let instances = text::instances(0, &blocks);
        let parts = ["virtual_ipaddress", "virtual_ipaddress_excluded"];
        let all = instances.iter().flat_map(|one| parts.iter().flat_map(|part| one.addresses(part)));
        all.map(|(address, _)| address).collect::<Vec<_>>()
    };
    files(sample, is_one).iter().flat_map(of).collect()
}

/// All files of a machine are read as one.
fn of_machine<'p>(evidence: &Evidence<'_, 'p>, sample: &Sample<'p>) -> Vec<Diagnostic> {
    let files = files(sample, is_one);
    let blocks: Vec<Vec<Block<'_>>> = files.iter().map(|file| text::blocks(file.text)).collect();
    let instances: Vec<Instance<'_, '_>> =
        blocks.iter().enumerate().flat_map(|(file, blocks)| text::instances(file, blocks)).collect();
    let scripts: Vec<&str> = blocks.iter().flatten().filter_map(text::script).collect();
    let mut problems = Vec::new();
    for (file, blocks) in files.iter().zip(&blocks) {
        problems.extend(keyword::verify(evidence.model, file, blocks));
        let is_there = sample.whole && file.machine.is_some();
        problems.extend(is_there.then(|| script::verify(evidence.model, (sample, file), blocks)).into_iter().flatten());
    }
    for (place, instance) in instances.iter().enumerate() {
        let file = &files[instance.file];
        problems.extend(instance::verify(evidence.model, file, instance, &scripts));
        problems.extend(instance::twice(evidence.model, file, instance, &instances[..place]));
        problems.extend(address::verify(evidence.model, file, instance));
    }
    problems
}

/// Whether a file is the same on every machine of its application.
fn is_shared(evidence: &Evidence<'_, '_>, file: &File<'_, '_>) -> bool {
    let component: &Component<'_> = evidence.model.component_of(file.document.owner.app);
    !file.document.at.contains(&Step::Template)
        && component.dependence(evidence.model.program, file.document.written) == Dependence::Application
}
