//! What a model downloads, all of it: for a mirror, and for sites without a way out.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diag::Diagnostic;
use crate::model::material::Absent;
use crate::plan::Plan;
use crate::render;
use crate::syntax::ast::Name;

/// One thing that is downloaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ArtifactRow {
    pub kind: ArtifactSource,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<Name>,
    /// Of a file; of an image its reference, of a package its name.
    pub url: String,
    /// `sha256:...` or `sha512:...`, of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// Where the publisher of a file lists its hash.
    #[serde(skip)]
    pub checksums: Option<String>,
    /// Where the publisher of a file names the newest patch of its minor.
    #[serde(skip)]
    pub newest: Option<String>,
    /// Where a mirror has to have a file: `mirror = "http://..."` on the target is put before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mirror_path: Option<String>,
    /// In the order of the model.
    pub machines: Vec<Name>,
}

/// Where something comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ArtifactSource {
    /// Fetched over HTTP and verified by its hash.
    File,
    /// Pulled by the container runtime.
    Image,
    /// Installed by the distribution's package manager.
    Package,
}

/// Everything that the machines of a plan download, sorted by kind and URL.
///
/// # Errors
/// What stands in the way of a value.
pub fn artifacts(plan: &Plan<'_>) -> Result<Vec<ArtifactRow>, Vec<Diagnostic>> {
    let model = &plan.model;
    let mut rows: BTreeMap<(ArtifactSource, String), ArtifactRow> = BTreeMap::new();
    for (machine, units) in render::Placement::new(model).iter(model) {
        let bundle = match machine {
            Some(machine) => render::machine(model, machine, &units, &Absent)?,
            None => render::cluster(model, &units, &Absent)?,
        };
        let name = machine.map(|machine| model.machine(machine).name.clone());
        let arch = machine.map(|machine| model.group_of(machine).arch.clone());
        for row in of_bundle(&bundle, arch) {
            let key = (row.kind, row.url.clone());
            rows.entry(key).or_insert(row).machines.extend(name.clone());
        }
    }
    Ok(rows.into_values().collect())
}

fn of_bundle(bundle: &render::bundle::Bundle, arch: Option<Name>) -> Vec<ArtifactRow> {
    let files = bundle.artifacts.iter().map(|artifact| ArtifactRow {
        kind: ArtifactSource::File,
        name: artifact.name.to_string(),
        version: artifact.version.clone(),
        arch: arch.clone(),
        url: artifact.url.clone(),
        hash: Some(artifact.hash.clone()).filter(|hash| !hash.is_empty()),
        checksums: artifact.checksums.clone(),
        newest: artifact.newest.clone(),
        mirror_path: Some(render::boot::mirror_path(&artifact.url).to_owned()),
        machines: Vec::new(),
    });
    let images = bundle.images.iter().map(|image| plain(ArtifactSource::Image, image));
    let packages = bundle.packages.iter().map(|package| plain(ArtifactSource::Package, package));
    files.chain(images).chain(packages).collect()
}

fn plain(kind: ArtifactSource, name: &Name) -> ArtifactRow {
    ArtifactRow {
        kind,
        name: name.to_string(),
        version: None,
        arch: None,
        url: name.to_string(),
        hash: None,
        checksums: None,
        newest: None,
        mirror_path: None,
        machines: Vec::new(),
    }
}
