//! `--tables DIR`: tables that take the place of embedded ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::facts::embedded;
use crate::stdlib;

use super::super::exit::CliError;

/// The folders of tables that may be replaced.
const FOLDERS: [&str; 3] = ["config", "flags", "gates"];

/// The table beside them that may be replaced.
const OBJECTS: &str = "objects.toml";

/// Reads the tables below a folder, and puts them in the place of the embedded ones. Before anything else is done.
pub fn read(folder: &Path) -> Result<(), CliError> {
    let mut tables = BTreeMap::new();
    for name in FOLDERS.into_iter().filter(|name| folder.join(name).is_dir()) {
        for entry in
            fs::read_dir(folder.join(name)).map_err(|error| CliError::file(&folder.join(name), "read", &error))?
        {
            let path = entry.map_err(|error| CliError::file(folder, "read", &error))?.path();
            let Some(file) = path.file_name().filter(|_| path.extension().is_some_and(|ending| ending == "toml"))
            else {
                continue;
            };
            let text = fs::read_to_string(&path).map_err(|error| CliError::file(&path, "read", &error))?;
            tables.insert(known(&Path::new("tables").join(name).join(file), &path, &text)?, text);
        }
    }
    let objects = folder.join(OBJECTS);
    if objects.is_file() {
        let text = fs::read_to_string(&objects).map_err(|error| CliError::file(&objects, "read", &error))?;
        tables.insert(known(&Path::new("tables").join(OBJECTS), &objects, &text)?, text);
    }
    if tables.is_empty() {
        let message = format!("`{}` contains no tables", folder.display());
        return Err(CliError::usage(message, "pass a directory that `kmodel tables update --out` wrote"));
    }
    stdlib::replace(tables);
    Ok(())
}

/// The place of the embedded table, if this is one.
fn known(place: &Path, path: &Path, text: &str) -> Result<PathBuf, CliError> {
    let help = "make it with `kmodel tables update`";
    if stdlib::read(place).is_none() {
        return Err(CliError::usage(format!("`{}` is not a table of kmodel", path.display()), help));
    }
    embedded::examine(place, text)
        .map_err(|why| CliError::usage(format!("`{}` is not a valid table: {}", path.display(), why.trim()), help))?;
    Ok(place.to_path_buf())
}
