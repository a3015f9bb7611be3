//! What a new version changes of an application.

use crate::diag::any_error;
use crate::model::material::Absent;
use crate::model::{AppId, Model, UnitId};
use crate::render;
use crate::render::bundle::{Artifact, Bundle, Install, Unit};
use crate::verify::program::is_refused;

/// What differs between two versions of what an application puts on its machines, for people; empty if nothing does.
///
/// Units of one application differ only in names and addresses, so the first stands for all.
pub(super) fn changes(before: &Model<'_>, after: &Model<'_>, app: AppId) -> Vec<String> {
    let bundle = |model: &Model<'_>| {
        let units = model.app(app).units.clone();
        (!units.is_empty()).then(|| {
            let (sample, problems) = render::sample_unit(model, UnitId(units.start), &Absent);
            let whole = !any_error(&problems) && !is_refused(model, &sample);
            whole.then_some(sample.bundle)
        })
    };
    match (bundle(before), bundle(after)) {
        (Some(Some(old)), Some(Some(new))) => between(&old, &new),
        (None, None) => Vec::new(),
        // What one of them cannot run is among the edits.
        _ => vec!["see the edits".to_owned()],
    }
}

fn between(old: &Bundle, new: &Bundle) -> Vec<String> {
    let mut list = Vec::new();
    for artifact in &new.artifacts {
        let was = old.artifacts.iter().find(|known| known.name == artifact.name);
        if was.is_none_or(|was| was.url != artifact.url || was.install != artifact.install) {
            let version = artifact.version.as_ref().map_or_else(String::new, |version| format!(" {version}"));
            list.extend(programs(artifact).into_iter().map(|program| program + &version));
        }
    }
    for unit in &new.units {
        let was = old.units.iter().find(|known| known.name == unit.name);
        list.extend(of_unit(was, unit));
    }
    for file in &new.files {
        let was = old.files.iter().find(|known| known.path == file.path);
        let same =
            was.is_some_and(|was| was.content == file.content && was.mode == file.mode && was.owner == file.owner);
        list.extend((!same).then(|| file.path.clone()));
    }
    let gone = old.files.iter().filter(|file| !new.files.iter().any(|known| known.path == file.path));
    list.extend(gone.map(|file| format!("{} removed", file.path)));
    let images = new.images.iter().filter(|image| !old.images.contains(image));
    list.extend(images.map(|image| format!("image {image}")));
    let packages = new.packages.iter().filter(|package| !old.packages.contains(package));
    list.extend(packages.map(|package| format!("package {package}")));
    if (&old.modules, &old.sysctls, &old.devices, &old.commands)
        != (&new.modules, &new.sysctls, &new.devices, &new.commands)
    {
        list.push("machine requirements".to_owned());
    }
    list
}

/// The names of what is installed: of an archive that is laid out whole, its own.
fn programs(artifact: &Artifact) -> Vec<String> {
    match &artifact.install {
        Install::Members { members, .. } => {
            let name = |place: &str| place.rsplit('/').next().unwrap_or(place).to_owned();
            members.iter().map(|(_, place)| name(place)).collect()
        }
        Install::Extract { .. } => vec![artifact.name.to_string()],
    }
}

fn of_unit(was: Option<&Unit>, unit: &Unit) -> Option<String> {
    let Some(was) = was else { return Some(format!("{} added", unit.name)) };
    if was.flags == unit.flags {
        return (was.fields != unit.fields).then(|| unit.name.to_string());
    }
    let name = |flag: &String| flag.split('=').next().unwrap_or_default().to_owned();
    let new = unit.flags.iter().filter(|flag| !was.flags.contains(flag)).map(name);
    let gone = was
        .flags
        .iter()
        .filter(|flag| !unit.flags.iter().any(|other| name(other) == name(flag)))
        .map(|flag| name(flag) + " removed");
    Some(format!("{}: {}", unit.name, new.chain(gone).collect::<Vec<_>>().join(", ")))
}
