//! What is changed of a machine from outside, by the kind of its platform.

use crate::apply::change::{Step, VolumeChange};
use crate::apply::provider::Outer;
use crate::compile::record::{AT, FieldChange, FileChange, VOLUME};
use crate::facts::platform::PlatformKind;
use crate::target::Machine;
use crate::text::{Count, bytes};

use super::Fate;

/// What makes a machine another one wherever it runs.
const OF_ANOTHER: [&str; 4] = ["arch", "system", "zone", "serial"];

/// What LXD sets while a container runs.
const LIVE: [&str; 3] = ["cores", "memory", "disk"];

/// What there is of a machine, and what has to change from outside of it.
pub(super) fn outer(
    (kind, machine): (PlatformKind, &str),
    fate: &Fate,
    (fields, files): (&[FieldChange], &[FileChange]),
) -> Outer {
    let mut steps = match kind {
        PlatformKind::Lxd => of_lxd(machine, fields, files),
        PlatformKind::Cloud | PlatformKind::Ignition => of_cloud(fields),
        // The machine is the operator's: kmodel changes what is on it.
        PlatformKind::Ssh => Vec::new(),
    };
    match fate {
        Fate::Renamed(from) => {
            let stops = kind != PlatformKind::Ssh;
            steps.insert(0, Step::Rename { from: from.clone(), stops });
            Outer::Renamed { from: from.clone(), is_running: true, steps }
        }
        Fate::New | Fate::Gone | Fate::Changed => Outer::There { is_running: true, steps },
    }
}

fn of_lxd(machine: &str, fields: &[FieldChange], files: &[FileChange]) -> Vec<Step> {
    let live = fields.iter().filter(|field| LIVE.contains(&&*field.name));
    let config =
        live.map(|field| Step::Config { key: field.name.clone(), from: field.from.clone(), to: field.to.clone() });
    let mut steps: Vec<Step> = config.collect();
    steps.extend(fields.iter().flat_map(|field| of_volume(machine, field)));
    // The network of a container is set up when it starts.
    if files.iter().any(|file| file.path == "network-config") {
        steps.push(Step::Restart);
    }
    steps
}

/// What changes of a volume.
fn of_volume(machine: &str, FieldChange { name, from, to }: &FieldChange) -> Vec<Step> {
    let Some(disk) = name.strip_prefix(VOLUME) else { return Vec::new() };
    let read = |text: &Option<String>| {
        let (size, place) = text.as_deref()?.split_once(AT)?;
        Some((Some(size.trim().to_owned()).filter(|size| !size.is_empty()), place.to_owned()))
    };
    let changes = match (read(from), read(to)) {
        (None, Some((size, place))) => vec![VolumeChange::Add { size, place }],
        (Some(_), None) => vec![VolumeChange::Remove],
        (Some((old, from)), Some((new, to))) => {
            let resize = new.filter(|new| old.as_ref() != Some(new)).map(|to| VolumeChange::Resize { from: old, to });
            let moved = (from != to).then_some(VolumeChange::Move { from, to });
            resize.into_iter().chain(moved).collect()
        }
        (None, None) => Vec::new(),
    };
    let step = |change| Step::Volume { name: format!("{machine}_{disk}"), change };
    changes.into_iter().map(step).collect()
}

/// Terraform, or the operator, decides whether a machine of another size is made anew: the worst is expected.
fn of_cloud(fields: &[FieldChange]) -> Vec<Step> {
    let all: Vec<String> = fields.iter().map(shown).collect();
    match fields.iter().find(|field| OF_ANOTHER.contains(&&*field.name)) {
        Some(field) => vec![Step::Replace(shown(field))],
        None if all.is_empty() => Vec::new(),
        None => vec![Step::Update(all.join(", "))],
    }
}

/// `memory 4 GiB -> 8 GiB`.
fn shown(FieldChange { name, from, to }: &FieldChange) -> String {
    let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    match name.as_str() {
        "interfaces" | "disks" => name.clone(),
        _ => format!("{name} {} -> {}", word(from), word(to)),
    }
}

/// The steps that make a machine.
pub(super) fn absent(kind: PlatformKind, machine: &Machine) -> Vec<Step> {
    let size = || {
        let (cores, memory, disk) = (machine.cores, bytes(machine.memory), bytes(machine.disk));
        format!("{cores} {}, {memory} memory, {disk} disk", if cores == 1.0 { "core" } else { "cores" })
    };
    match kind {
        PlatformKind::Lxd => vec![Step::Create(size()), Step::Start],
        PlatformKind::Ssh => {
            vec![Step::SetUp(format!("{}, {}", Count(machine.files.len(), "file"), Count(machine.units.len(), "unit")))]
        }
        PlatformKind::Cloud | PlatformKind::Ignition => vec![Step::Create(size())],
    }
}
