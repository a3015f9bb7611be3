//! `/etc/kmodel/machine`: what the boot script does on one machine, a line for each thing, fields parted by `|`.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::{Delivery, disk, mirrored, order};
use crate::facts::family::{Family, Package};
use crate::model::Value;
use crate::render::bundle::{Artifact, ArtifactKind, Bundle, BundleFile, Install, Unit};
use crate::render::origin::What;
use crate::render::{Origin, Problem, unit_file};
use crate::syntax::ast::Name;

/// The text of the plan of a machine with these files.
///
/// # Errors
/// A name with `|` or a newline in it, which a line cannot hold.
pub(super) fn plan<'a>(
    bundle: &Bundle,
    files: impl Iterator<Item = &'a BundleFile>,
    delivery: Delivery<'_>,
) -> Result<String, Problem> {
    let mut lines = Lines::new(bundle, delivery.family);
    separate_files(files.filter(|file| delivery.apart.has(file)), &mut lines)?;
    kernel(bundle, &mut lines)?;
    let installed = |name: &&Name| delivery.family.package(name) == Package::Installed;
    let named = bundle.packages.iter().filter(installed).map(|name| delivery.family.package_name(name));
    named.into_iter().try_for_each(|name| lines.put("package", &[name], &lines_origin()))?;
    disk::plan(delivery, bundle, &mut lines)?;
    users(bundle, &mut lines)?;
    owners(bundle, &mut lines)?;
    bundle.artifacts.iter().try_for_each(|one| artifact(one, delivery.mirror, &mut lines))?;
    bundle.commands.iter().try_for_each(|text| lines.last("command", text, &lines_origin()))?;
    order::order(&bundle.units).into_iter().try_for_each(|one| unit(one, bundle, &mut lines))?;
    Ok(lines.text)
}

pub(super) fn lines_origin() -> Origin {
    What::Needs.into()
}

pub(super) struct Lines {
    text: String,
}

impl Lines {
    fn new(bundle: &Bundle, family: &Family) -> Self {
        Self { text: format!("# What {} does on {}. Written by kmodel.\n", family.script(), bundle.machine) }
    }

    pub(super) fn put(&mut self, tag: &str, fields: &[&str], origin: &Origin) -> Result<(), Problem> {
        match fields.iter().find(|field| field.contains('|')) {
            Some(field) => Err(Problem::new(origin, format!("`{field}` contains `|`"), "use another name")),
            None => self.last(tag, &fields.join("|"), origin),
        }
    }

    /// A line whose last field may hold `|`.
    fn last(&mut self, tag: &str, rest: &str, origin: &Origin) -> Result<(), Problem> {
        if rest.contains(['\n', '\r', '\0']) {
            return Err(Problem::new(
                origin,
                format!("`{}` has more than one line", rest.escape_debug()),
                "write it on one line",
            ));
        }
        self.text.extend([tag, "|", rest, "\n"]);
        Ok(())
    }
}

/// The files that come apart, by the hash of what they will hold, if that tells nothing of it.
fn separate_files<'a>(mut files: impl Iterator<Item = &'a BundleFile>, lines: &mut Lines) -> Result<(), Problem> {
    files.try_for_each(|file| lines.put("private", &[&recognized(file), &file.path], &file.origin))
}

/// By what the boot recognizes a file that comes apart. The plan is public, and a password can be guessed by its hash; a file
/// with a private key in it cannot.
fn recognized(file: &BundleFile) -> String {
    let text = String::from_utf8_lossy(&file.content);
    let has_key = ["PRIVATE KEY-----", "client-key-data: "].iter().any(|mark| text.contains(mark));
    if file.secret && !has_key { "present".to_owned() } else { hash(&file.content) }
}

fn kernel(bundle: &Bundle, lines: &mut Lines) -> Result<(), Problem> {
    bundle.modules.iter().try_for_each(|name| lines.put("module", &[name], &lines_origin()))?;
    bundle.sysctls.iter().try_for_each(|(name, value)| {
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        lines.put("sysctl", &[name, &value], &lines_origin())
    })
}

/// Owners of files and folders, and users of services, who may not exist yet.
fn users(bundle: &Bundle, lines: &mut Lines) -> Result<(), Problem> {
    let text = |unit: &Unit, field: &str| unit.fields.get(field).and_then(Value::scalar_text);
    let services = bundle.units.iter().filter_map(|unit| {
        let user = text(unit, "user").or_else(|| text(unit, "group").map(|_| "root".to_owned()))?;
        let group = text(unit, "group").unwrap_or_else(|| user.clone());
        Some((user, group))
    });
    let files = bundle.files.iter().map(|file| (file.owner.to_string(), file.group.to_string()));
    let folders = bundle.directories.iter().map(|folder| (folder.owner.to_string(), folder.group.to_string()));
    let pairs: BTreeSet<_> = services.chain(files).chain(folders).filter(|pair| *pair != root()).collect();
    pairs.iter().try_for_each(|(user, group)| lines.put("user", &[user, group], &lines_origin()))
}

fn root() -> (String, String) {
    ("root".to_owned(), "root".to_owned())
}

fn owners(bundle: &Bundle, lines: &mut Lines) -> Result<(), Problem> {
    for folder in &bundle.directories {
        let owner = format!("{}:{}", folder.owner, folder.group);
        lines.put("directory", &[&format!("{:04o}", folder.mode), &owner, &folder.path], &folder.origin)?;
    }
    // A private file is given its mode again: the copy may not have kept it.
    let special = |file: &&BundleFile| file.secret || (&*file.owner, &*file.group) != ("root", "root");
    bundle.files.iter().filter(special).try_for_each(|file| {
        let owner = format!("{}:{}", file.owner, file.group);
        lines.put("owner", &[&format!("{:04o}", file.mode), &owner, &file.path], &file.origin)
    })
}

fn artifact(artifact: &Artifact, mirror: Option<&str>, lines: &mut Lines) -> Result<(), Problem> {
    let Artifact { url, hash, origin, .. } = artifact;
    let (kind, strip) = match (&artifact.install, artifact.kind) {
        (_, ArtifactKind::Binary) => ("binary", 0),
        (Install::Members { strip, .. }, ArtifactKind::TarGz) => ("members", *strip),
        (Install::Extract { strip, .. }, ArtifactKind::TarGz) => ("all", *strip),
    };
    let (id, mode, strip) = (id(artifact), format!("{:04o}", artifact.mode), strip.to_string());
    let url = mirror.map_or_else(|| url.clone(), |mirror| mirrored(url, mirror));
    lines.put("artifact", &[&id, kind, &strip, &mode, hash, &url], origin)?;
    match &artifact.install {
        Install::Extract { folder, .. } if kind == "binary" => {
            let help = "set the path of the program: `install = { \"name\" = /usr/local/bin/name }`";
            Err(Problem::new(
                origin,
                format!("`{folder}`: a binary is not an archive, so it cannot be extracted"),
                help,
            ))
        }
        Install::Extract { folder, .. } => lines.put("extract", &[&id, folder], origin),
        Install::Members { members, .. } => {
            members.iter().try_for_each(|(from, to)| lines.put("member", &[&id, from, to], origin))
        }
    }
}

/// Names what was downloaded, so that it changes with the file and not with what else is taken from it.
fn id(artifact: &Artifact) -> String {
    let (_, digest) = hash_parts(&artifact.hash);
    format!("{}-{}", artifact.name, digest.get(..12).unwrap_or(digest))
}

/// The kind of a hash, and its digits.
pub(super) fn hash_parts(hash: &str) -> (&str, &str) {
    hash.split_once(':').unwrap_or(("sha256", hash))
}

fn unit(unit: &Unit, bundle: &Bundle, lines: &mut Lines) -> Result<(), Problem> {
    let enable = if unit_file::is_enabled(unit) { "enabled" } else { "left" };
    let packaged = if unit_file::is_packaged(unit) { "packaged" } else { "own" };
    lines.put("unit", &[&unit.name, enable, packaged], &unit.origin)?;
    unit.watches.iter().try_for_each(|path| lines.put("watch", &[&unit.name, path], &unit.origin))?;
    let program = unit.fields.get("exec").and_then(Value::scalar_text).unwrap_or_default();
    let brings = bundle.artifacts.iter().filter(|artifact| installs(artifact, &program));
    brings.into_iter().try_for_each(|artifact| {
        let stamp = format!("{}{}", super::STAMPS, id(artifact));
        lines.put("watch", &[&unit.name, &stamp], &unit.origin)
    })
}

/// Whether a download brings the file of this path.
pub(crate) fn installs(artifact: &Artifact, path: &str) -> bool {
    match &artifact.install {
        Install::Members { members, .. } => members.iter().any(|(_, place)| **place == *path),
        Install::Extract { folder, .. } => path.strip_prefix(&**folder).is_some_and(|rest| rest.starts_with('/')),
    }
}

/// `sha256:...`
pub(super) fn hash(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest.iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}
