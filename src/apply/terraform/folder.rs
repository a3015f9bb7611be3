//! The folder that Terraform works in: its configuration, what that reads, and its state where the model names no other place.
//!
//! It lies in the key store, as `cloud/`, since state and plans may hold what is secret. Commands that change nothing work on a
//! copy.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::apply::error::ApplyError;
use crate::emit;
use crate::target::OutputFile;
use crate::target::cloud::{FOLDER, is_configuration};

/// In the key store.
const NAME: &str = "cloud";

/// What Terraform keeps of its own beside the configuration.
const STATE: &str = ".tfstate";
const LOCK: &str = ".terraform.lock.hcl";
const DATA: &str = ".terraform";

/// Whether what is done there lasts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lasting {
    Yes,
    /// It is a trial: it changes neither the folder nor what is made by it.
    No,
}

/// The folder, or a copy of it.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    /// That of the key store.
    lasting: PathBuf,
    /// Where Terraform keeps its providers, if that is not beside the configuration.
    data: Option<PathBuf>,
    _copy: Option<TempDir>,
}

impl Folder {
    /// Writes the files into the folder of a key store, or into a copy.
    ///
    /// # Errors
    /// What the file system says.
    pub(super) fn new(store: &Path, files: &[OutputFile], lasting: Lasting) -> Result<Self, ApplyError> {
        let place = store.join(NAME);
        let folder = match lasting {
            Lasting::Yes => {
                let mut builder = fs::DirBuilder::new();
                builder.mode(0o700).recursive(true).create(&place).map_err(|error| failed("create", &place, &error))?;
                Self { root: place.clone(), lasting: place, data: None, _copy: None }
            }
            Lasting::No => Self::copy(place)?,
        };
        files.iter().try_for_each(|file| {
            let written = emit::write_below(&folder.root, &file.path, &file.content);
            written.map_err(|error| ApplyError::new(error.to_string()))
        })?;
        folder.tidy(files).map_err(|error| failed("tidy", &folder.root, &error))?;
        Ok(folder)
    }

    fn copy(place: PathBuf) -> Result<Self, ApplyError> {
        let copy = tempfile::tempdir().map_err(|error| failed("copy", &place, &error))?;
        let root = copy.path().to_owned();
        copy_state(&place.join(FOLDER), &root.join(FOLDER)).map_err(|error| failed("copy", &place, &error))?;
        let data = place.join(FOLDER).join(DATA);
        let data = data.is_dir().then(|| std::path::absolute(&data).unwrap_or(data));
        Ok(Self { root, lasting: place, data, _copy: Some(copy) })
    }

    /// Removes configuration that is no longer written: Terraform reads every file.
    fn tidy(&self, files: &[OutputFile]) -> io::Result<()> {
        for entry in fs::read_dir(self.terraform())? {
            let name = entry?.file_name();
            let path = format!("{FOLDER}{}", name.to_string_lossy());
            if is_configuration(&path) && !files.iter().any(|file| file.path == path) {
                fs::remove_file(self.terraform().join(name))?;
            }
        }
        Ok(())
    }

    /// Where Terraform is started.
    pub(super) fn terraform(&self) -> PathBuf {
        self.root.join(FOLDER)
    }

    pub(super) fn data(&self) -> Option<&Path> {
        self.data.as_deref()
    }

    /// What people may look into.
    pub(super) fn shown(&self) -> String {
        self.lasting.join(FOLDER).display().to_string()
    }

    /// The keys of hosts, by the names of machines.
    pub(super) fn known_hosts(&self) -> PathBuf {
        let path = self.lasting.join("known_hosts");
        std::path::absolute(&path).unwrap_or(path)
    }

    /// Forgets the key of a machine that is gone.
    pub(super) fn forget_host(&self, machine: &str) {
        self.hosts(|name, line| (name != machine).then(|| line.to_owned()));
    }

    /// Knows the key of a machine by its new name.
    pub(super) fn rename_host(&self, from: &str, to: &str) {
        self.hosts(|name, line| Some(if name == from { line.replacen(from, to, 1) } else { line.to_owned() }));
    }

    /// Changes the lines of known hosts.
    fn hosts(&self, change: impl Fn(&str, &str) -> Option<String>) {
        let path = self.known_hosts();
        let Ok(text) = fs::read_to_string(&path) else { return };
        let lines = text.lines().filter_map(|line| change(line.split_whitespace().next().unwrap_or_default(), line));
        let new: String = lines.map(|line| format!("{line}\n")).collect();
        if new != text {
            // A key that stays is refused later, and said.
            let _ = crate::world::replace::replace(&path, new.as_bytes(), 0o600);
        }
    }

    /// Removes the folder, once nothing is made any more.
    ///
    /// # Errors
    /// What the file system says.
    pub(super) fn remove(&self) -> Result<(), ApplyError> {
        fs::remove_dir_all(&self.lasting).map_err(|error| failed("remove", &self.lasting, &error))
    }
}

/// Which program the providers in a key store are for: each has a registry of its own.
pub(super) fn registry(store: &Path) -> Option<&'static str> {
    let text = fs::read_to_string(store.join(NAME).join(FOLDER).join(LOCK)).ok()?;
    let known = [("registry.opentofu.org/", "tofu"), ("registry.terraform.io/", "terraform")];
    known.into_iter().find(|(registry, _)| text.contains(registry)).map(|(_, program)| program)
}

fn copy_state(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let Ok(entries) = fs::read_dir(from) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if (name.ends_with(STATE) || name == LOCK) && entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(&name))?;
        }
    }
    Ok(())
}

fn failed(verb: &str, path: &Path, error: &io::Error) -> ApplyError {
    ApplyError::new(format!("cannot {verb} `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::origin::What;

    fn file(path: &str) -> OutputFile {
        OutputFile {
            path: path.into(),
            mode: 0o644,
            content: path.as_bytes().into(),
            secret: false,
            origin: What::Kmodel.into(),
        }
    }

    #[test]
    fn state_stays_and_configuration_that_is_gone_does_not() {
        let store = tempfile::tempdir().unwrap();
        let files = |paths: &[&str]| paths.iter().map(|path| file(path)).collect::<Vec<_>>();
        Folder::new(store.path(), &files(&["terraform/main.tf.json", "terraform/more.tf.json"]), Lasting::Yes).unwrap();
        let place = store.path().join("cloud/terraform");
        fs::write(place.join("terraform.tfstate"), "{}").unwrap();
        Folder::new(store.path(), &files(&["terraform/main.tf.json"]), Lasting::Yes).unwrap();
        assert!(place.join("terraform.tfstate").exists() && !place.join("more.tf.json").exists());
        let trial = Folder::new(store.path(), &files(&["terraform/new.tf.json"]), Lasting::No).unwrap();
        assert!(trial.terraform().join("terraform.tfstate").exists() && trial.terraform().join("new.tf.json").exists());
        assert!(place.join("main.tf.json").exists() && !place.join("new.tf.json").exists());
    }

    #[test]
    fn only_the_key_of_that_machine_is_forgotten() {
        let store = tempfile::tempdir().unwrap();
        let folder = Folder::new(store.path(), &[file("terraform/main.tf.json")], Lasting::Yes).unwrap();
        fs::write(folder.known_hosts(), "cp-0 ssh-ed25519 A\ncp-01 ssh-ed25519 B\n").unwrap();
        folder.forget_host("cp-0");
        assert_eq!(fs::read_to_string(folder.known_hosts()).unwrap(), "cp-01 ssh-ed25519 B\n");
        folder.rename_host("cp-01", "m-1");
        assert_eq!(fs::read_to_string(folder.known_hosts()).unwrap(), "m-1 ssh-ed25519 B\n");
    }
}
