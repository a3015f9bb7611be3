//! Notifications: what the editor has open, and what changed.

use std::sync::Arc;

use lsp_server::Notification;
use lsp_types::{
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
};
use serde::de::DeserializeOwned;

use super::convert::position;
use super::document::Document;
use super::feature::template::is_template;
use super::request::read;
use super::server::{Server, Stage};
use super::uri;
use crate::check::ModulePlace;
use crate::ide::line::Lines;

impl Server {
    /// Handles a notification. An invalid one is logged and changes nothing.
    pub(super) fn notification(&mut self, notification: Notification) {
        if self.stage != Stage::Running {
            return;
        }
        let Notification { method, params } = notification;
        let taken = match method.as_str() {
            "initialized" => {
                self.begun();
                Ok(())
            }
            "textDocument/didOpen" => with(params, |params| self.opened(params)),
            "textDocument/didChange" => with(params, |params| self.changed(params)),
            "textDocument/didClose" => with(params, |params| self.closed(&params)),
            "textDocument/didSave" => with(params, |params| self.saved(&params)),
            "workspace/didChangeWatchedFiles" => with(params, |params| self.changed_on_disk(&params)),
            "workspace/didRenameFiles" => with(params, |params| self.did_rename(&params)),
            "workspace/didDeleteFiles" => with(params, |params| self.did_delete(&params)),
            "workspace/didChangeWorkspaceFolders" => with(params, |params| self.changed_folders(params)),
            _ => Ok(()),
        };
        if let Err(why) = taken {
            self.log(&format!("`{method}`: {why}"));
        }
    }

    fn opened(&mut self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        let place = uri::place(&document.uri);
        let lines = Arc::new(Lines::new(document.text.into()));
        self.world.open(&place, lines.text().clone());
        self.documents
            .insert(place.clone(), Document { uri: document.uri, version: document.version, lines, is_edited: false });
        self.text_changed(&place, true);
    }

    /// A model is read again, and a template asks for all that is made of it.
    fn text_changed(&mut self, place: &ModulePlace, imports: bool) {
        match is_template(place) {
            true => self.facts.clear(),
            false if imports => self.project.changed(&self.world, place),
            false => self.project.edited(place),
        }
        self.touched();
    }

    fn changed(&mut self, params: DidChangeTextDocumentParams) {
        let encoding = self.client.encoding;
        let place = uri::place(&params.text_document.uri);
        let Some(document) = self.documents.get_mut(&place) else {
            return self.log(&format!("`{}` was changed but is not open", params.text_document.uri.as_str()));
        };
        let mut imports = false;
        for change in params.content_changes {
            let range = change.range.map(|range| (position(range.start), position(range.end)));
            imports |= document.change(range, &change.text, encoding);
        }
        document.version = params.text_document.version;
        let text = document.lines.text().clone();
        self.world.open(&place, text);
        self.text_changed(&place, imports);
    }

    fn closed(&mut self, params: &DidCloseTextDocumentParams) {
        let place = uri::place(&params.text_document.uri);
        if self.documents.remove(&place).is_none() {
            return;
        }
        self.world.close(&place);
        self.tokens.remove(&place);
        match uri::path(&place).is_some_and(|path| path.is_file()) {
            _ if is_template(&place) => self.facts.clear(),
            true => self.project.changed(&self.world, &place),
            false => self.project.removed(&place),
        }
        self.touched();
    }

    fn saved(&mut self, params: &DidSaveTextDocumentParams) {
        let place = uri::place(&params.text_document.uri);
        if self.documents.contains_key(&place) {
            self.text_changed(&place, true);
        }
    }

    fn changed_on_disk(&mut self, params: &DidChangeWatchedFilesParams) {
        for change in &params.changes {
            let place = uri::place(&change.uri);
            let is_model = place.path().extension().is_some_and(|extension| extension == "km");
            // What is open counts as it is in the editor.
            if self.documents.contains_key(&place) {
                continue;
            }
            match uri::path(&place).is_some_and(|path| path.is_file()) {
                _ if !is_model => self.facts.clear(),
                true => self.project.changed(&self.world, &place),
                false => self.project.removed(&place),
            }
        }
        self.touched();
    }

    fn changed_folders(&mut self, params: DidChangeWorkspaceFoldersParams) {
        for folder in params.event.added {
            self.add_folder(&uri::place(&folder.uri));
        }
        for folder in params.event.removed {
            let gone = uri::place(&folder.uri);
            self.world.access.forbid(gone.path());
            let inside: Vec<_> =
                self.project.files().filter(|place| place.path().starts_with(gone.path())).cloned().collect();
            for place in inside.iter().filter(|place| !self.documents.contains_key(*place)) {
                self.project.removed(place);
            }
        }
        // What is still open is read with what is beside it.
        let open: Vec<_> =
            self.documents.iter().map(|(place, open)| (place.clone(), open.lines.text().clone())).collect();
        open.into_iter().for_each(|(place, text)| self.world.open(&place, text));
        self.touched();
    }
}

fn with<P: DeserializeOwned>(params: serde_json::Value, take: impl FnOnce(P)) -> Result<(), String> {
    read(params).map(take).map_err(|error| error.message)
}
