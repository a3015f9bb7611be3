//! Tables from a checkout of sources: the gates of its `features` and the types of its configuration files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::facts::update::gates::{self, Era};
use crate::facts::update::{ChangeKind, fields, golang, objects};
use crate::facts::{field, lifespan};
use crate::syntax::ast::Version;

use super::super::exit::CliError;
use super::update::{Update, Wanted, draft, made};

/// Where the document of all objects is in a checkout of kubernetes/kubernetes.
const OPENAPI: &str = "api/openapi-spec/swagger.json";

/// No checkout has more, and a folder that was meant otherwise ends soon.
const FILES: usize = 60_000;

/// What the sources below a folder say of a minor.
pub(super) fn updates(folder: &Path, wanted: Wanted) -> Result<Vec<Update>, CliError> {
    let mut files = Vec::new();
    below(folder, &mut files)?;
    files.sort();
    let document = folder.join(OPENAPI);
    if files.is_empty() && !document.is_file() {
        return Ok(Vec::new());
    }
    let Some(version) = wanted.minor() else {
        return Err(CliError::usage(
            "sources do not say which minor they are of",
            "pass it as `--minor`, as in `--minor 1.37`",
        ));
    };
    let source = format!("sources of {}", folder.file_name().unwrap_or(folder.as_os_str()).display());
    let mut updates: Vec<Update> = of_gates(folder, &files, (version, wanted), &source)?.into_iter().collect();
    for table in field::all() {
        updates.extend(of_fields(table, &files, (version, wanted), &source)?);
    }
    updates.extend(of_objects(&document, (version, wanted), &source)?);
    Ok(updates)
}

/// The objects of the OpenAPI document of a checkout, if it has one.
fn of_objects(path: &Path, (version, wanted): (Version, Wanted), source: &str) -> Result<Option<Update>, CliError> {
    if !path.is_file() {
        return Ok(None);
    }
    let wrong = |why: String| CliError::outside(format!("`{}` is not an OpenAPI document: {why}", path.display()));
    let document = serde_json::from_str(&text(path)?).map_err(|error| wrong(error.to_string()))?;
    let Ok(mut draft) = draft("objects.toml", version, wanted) else { return Ok(None) };
    objects::update(&mut draft, &document).map_err(wrong)?;
    Ok(Some(made("objects.toml".to_owned(), version, draft, source, true)))
}

/// The Go files that define gates and types, but no tests and nothing of other projects.
fn below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), CliError> {
    let failed = |error: &std::io::Error| CliError::file(folder, "read", error);
    for entry in fs::read_dir(folder).map_err(|error| failed(&error))? {
        let entry = entry.map_err(|error| failed(&error))?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let kind = entry.file_type().map_err(|error| failed(&error))?;
        if kind.is_dir()
            && !["vendor", "testdata", "third_party", "test", "node_modules"].contains(&&*name)
            && !name.starts_with('.')
        {
            below(&path, files)?;
        } else if kind.is_file() && is_of_use(&path, &name) && files.len() < FILES {
            files.push(path);
        }
    }
    Ok(())
}

fn is_of_use(path: &Path, name: &str) -> bool {
    let is_source = name.ends_with(".go") && !name.ends_with("_test.go") && !name.starts_with("zz_generated");
    is_source && (path.to_string_lossy().contains("feature") || name.starts_with("types"))
}

fn text(path: &Path) -> Result<String, CliError> {
    fs::read_to_string(path).map_err(|error| CliError::file(path, "read", &error))
}

fn of_gates(
    folder: &Path,
    files: &[PathBuf],
    (version, wanted): (Version, Wanted),
    source: &str,
) -> Result<Option<Update>, CliError> {
    let minor = lifespan::minor(version);
    let (mut names, mut eras) = (BTreeMap::new(), BTreeMap::<String, Vec<Era>>::new());
    for path in files.iter().filter(|path| path.to_string_lossy().contains("feature")) {
        let text = text(path)?;
        names.extend(golang::gate_names(&text));
        eras.extend(golang::gate_eras(&text, &minor));
    }
    let found: BTreeMap<_, _> =
        eras.into_iter().filter_map(|(name, eras)| Some((names.get(&name)?.clone(), eras))).collect();
    if found.is_empty() {
        return Ok(None);
    }
    let etcd = found.contains_key("InitialCorruptCheck");
    let table = format!("gates/{}.toml", if etcd { "etcd" } else { "kubernetes" });
    let Ok(mut draft) = draft(&table, version, wanted) else { return Ok(None) };
    let whole = etcd || folder.join("pkg/features/kube_features.go").is_file();
    gates::update_by_sources(&mut draft, &found, whole);
    Ok(Some(made(table, version, draft, source, whole)))
}

/// The file of types beside which others of the same API are, and all types that were found.
fn of_fields(
    known: &'static field::Table,
    files: &[PathBuf],
    (version, wanted): (Version, Wanted),
    source: &str,
) -> Result<Option<Update>, CliError> {
    let api = known.read_in(version).first().and_then(|api| api.rsplit('/').next()).unwrap_or_default().to_owned();
    let declared = format!("type {} struct {{", known.kind);
    let (mut own, mut types) = (None, fields::Types::new());
    for path in
        files.iter().filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("types")))
    {
        let text = text(path)?;
        let found = golang::structs(&text);
        match path.parent().is_some_and(|folder| folder.ends_with(&api)) && text.contains(&declared) {
            true => own = Some(found),
            false => found.into_iter().for_each(|(name, fields)| {
                types.entry(name).or_insert(fields);
            }),
        }
    }
    let Some(own) = own else { return Ok(None) };
    types.extend(own);
    let Some(name) = field::file_of(&known.kind) else { return Ok(None) };
    let table = format!("config/{name}");
    let Ok(mut draft) = draft(&table, version, wanted) else { return Ok(None) };
    fields::update(&mut draft, known, &types).map_err(CliError::outside)?;
    let covered = !known.partial && draft.changes.iter().all(|change| change.kind != ChangeKind::Unclear);
    Ok(Some(made(table, version, draft, source, covered)))
}
