//! Members of archives: whether the archives that are known have what is installed from them.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::facts::archive::{self, Members};
use crate::model::Model;
use crate::render::bundle::{ArtifactKind, Install};
use crate::render::evidence::{ArtifactEntry, Entry, Sample};
use crate::text::{Count, List};
use crate::verify::locate::{self, Step};

/// What is wrong with the archives of one machine; notes those whose content is not known.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>, unknown: &mut BTreeSet<String>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for entry in &sample.entries {
        let Entry::Artifact(entry) = entry else { continue };
        let Install::Members { members, strip } = &entry.artifact.install else { continue };
        if entry.artifact.kind != ArtifactKind::TarGz {
            continue;
        }
        let Some(known) = archive::members(&entry.artifact.url, entry.artifact.version.as_deref()) else {
            unknown.insert(file(entry).to_owned());
            continue;
        };
        let missing = members.iter().filter(|(name, _)| !name.contains(['*', '?', '[']) && !known.has(name, *strip));
        problems.extend(missing.map(|(name, _)| problem(model, entry, (name, *strip), &known)));
    }
    problems
}

/// The name of the file that is downloaded.
fn file<'a>(entry: &'a ArtifactEntry<'_>) -> &'a str {
    entry.artifact.url.rsplit('/').next().unwrap_or_default()
}

fn problem(model: &Model<'_>, entry: &ArtifactEntry<'_>, (name, strip): (&str, u32), known: &Members) -> Diagnostic {
    let field = entry.item.body.field("install").map(|field| &field.value);
    let place = field.map(|field| locate::place(model, entry.owner.into(), field, &[Step::from(name)]));
    let span = place.as_ref().map_or(entry.item.name.span, |place| place.span);
    let message = format!("`{name}` is not in `{}`", file(entry));
    let found = Diagnostic::new(Code::MemberMissing, span, message);
    if let Some(other) = known.strip_for(name) {
        return found.help(match other {
            0 => "remove `strip`: the names of this archive are whole".to_owned(),
            _ => format!(
                "write its whole name, or set `strip = {other}`: it is below {} in the archive",
                Count(other as usize, "folder")
            ),
        });
    }
    match closest(name, known.files(strip)) {
        Some(near) => {
            let found = found.help(Help::near(near));
            match place.filter(|place| place.exact && place.quoted && !place.pasted) {
                Some(place) => found.fix(place.span, format!("\"{near}\""), format!("write `{near}`")),
                None => found,
            }
        }
        None => found.help(format!("its files are {}", List::ticked(known.files(strip)))),
    }
}
