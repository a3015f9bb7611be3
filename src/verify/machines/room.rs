//! Whether a machine is as large as the model says. Firmware and kernel keep some memory, and partitions and file systems some of a disk.

use crate::diag::Code;
use crate::model::host_facts::HostFacts;
use crate::text::about;

use super::{Misfit, Wanted};

pub(super) fn misfits(facts: &HostFacts, wanted: &Wanted) -> Vec<Misfit> {
    let small = |message: String, field: &str| {
        Misfit::new(Code::HostSmall, message, format!("set `{field}` of its group to what there is"))
    };
    let cores = facts.cores.filter(|cores| (*cores as f64) < wanted.cores);
    let cores = cores.map(|cores| small(format!("it has {cores} of the {} cores of the model", wanted.cores), "cores"));
    let memory = facts.memory_mib.map(|memory| memory << 20).filter(|memory| *memory < wanted.memory / 10 * 9);
    let memory = memory.map(|has| {
        small(format!("it has {} of the {} of memory of the model", about(has), about(wanted.memory)), "memory")
    });
    let disk = facts.disk_mib.map(|disk| disk << 20).filter(|disk| *disk < wanted.disk / 10 * 8);
    let disk = disk.map(|has| {
        small(format!("it has {} at / of the {} of disk of the model", about(has), about(wanted.disk)), "disk")
    });
    cores.into_iter().chain(memory).chain(disk).collect()
}
