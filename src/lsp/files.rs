//! The files of the workspace.

use std::path::Path;

use lsp_types::{FileSystemWatcher, GlobPattern, InitializeParams, Registration, RegistrationParams, WatchKind};

use super::server::Server;
use super::uri;
use crate::check::ModulePlace;

/// The most files to search for: the rest are loaded when they are opened or imported.
const MOST: usize = 4_000;

/// The maximum depth of folders to search.
const DEEPEST: usize = 12;

impl Server {
    /// Finds the models of the workspace, so that a file's importers are known before they are opened.
    pub(super) fn discover(&mut self, params: &InitializeParams) {
        let folders = params.workspace_folders.iter().flatten().map(|folder| uri::place(&folder.uri));
        let mut folders: Vec<ModulePlace> = folders.collect();
        #[expect(deprecated, reason = "what older clients send instead of folders")]
        if folders.is_empty() {
            folders.extend(params.root_uri.as_ref().map(uri::place));
        }
        folders.iter().for_each(|folder| self.add_folder(folder));
    }

    /// A folder of the workspace, whose files may be read.
    pub(super) fn add_folder(&mut self, folder: &ModulePlace) {
        if let Some(folder) = uri::path(folder) {
            self.world.access.allow(folder);
        }
        self.discover_in(folder);
    }

    /// Finds the models below a folder.
    fn discover_in(&mut self, folder: &ModulePlace) {
        let Some(folder) = uri::path(folder) else { return };
        let mut found = Vec::new();
        walk(folder, 0, &mut found);
        if found.len() >= MOST {
            let message = format!(
                "`{}` has {MOST} or more models: the rest are loaded when they are opened or imported",
                folder.display()
            );
            self.notify("window/showMessage", serde_json::json!({ "type": 2, "message": message }));
        }
        for place in found {
            self.project.changed(&self.world, &place);
        }
    }

    /// After the client is ready: asks it to watch the files.
    pub(super) fn begun(&mut self) {
        if !self.client.watches_files {
            return;
        }
        let watch = |glob: &str| FileSystemWatcher {
            glob_pattern: GlobPattern::String(glob.to_owned()),
            kind: Some(WatchKind::Create | WatchKind::Change | WatchKind::Delete),
        };
        let watchers: Vec<_> = ["**/*.km", "**/*.j2", "**/kmodel.lock"].into_iter().map(watch).collect();
        let registration = Registration {
            id: "files".to_owned(),
            method: "workspace/didChangeWatchedFiles".to_owned(),
            register_options: Some(serde_json::json!({ "watchers": watchers })),
        };
        self.ask("client/registerCapability", RegistrationParams { registrations: vec![registration] });
    }
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<ModulePlace>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        if found.len() >= MOST {
            return;
        }
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && depth < DEEPEST && !name.starts_with('.') && !matches!(&*name, "target" | "node_modules") {
            walk(&path, depth + 1, found);
        } else if name.ends_with(".km") && path.is_file() {
            found.push(ModulePlace::File(path));
        }
    }
}
