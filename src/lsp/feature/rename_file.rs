//! File renames: imports follow.

use lsp_types::{DeleteFilesParams, RenameFilesParams, TextEdit, WorkspaceEdit};

use super::edit::Edits;
use crate::check::ModulePlace;
use crate::ide::completion::relative;
use crate::ide::line::Lines;
use crate::ide::template;
use crate::lsp::convert;
use crate::lsp::server::{Answer, Server};
use crate::lsp::uri;
use crate::source::Span;
use crate::syntax::ast::StatementKind;
use crate::syntax::tree::View;
use crate::world::World;

/// One file and its new place.
struct Move {
    from: ModulePlace,
    to: ModulePlace,
}

impl Move {
    /// Where a place is after the move: the file itself, or one in a folder that moves.
    fn apply(&self, place: &ModulePlace) -> Option<ModulePlace> {
        let rest = place.path().strip_prefix(self.from.path()).ok()?;
        let path = if rest.as_os_str().is_empty() { self.to.path().to_owned() } else { self.to.path().join(rest) };
        Some(ModulePlace::File(path))
    }
}

fn moves(params: &RenameFilesParams) -> Vec<Move> {
    let place = |uri: &str| uri.parse().ok().map(|uri| uri::place(&uri));
    params
        .files
        .iter()
        .filter_map(|file| Some(Move { from: place(&file.old_uri)?, to: place(&file.new_uri)? }))
        .collect()
}

impl Server {
    /// `workspace/willRenameFiles`: the edits that keep every import and every mention of a file right.
    pub(in crate::lsp) fn will_rename(&mut self, params: &RenameFilesParams) -> Answer<WorkspaceEdit> {
        let moves = moves(params);
        let moved =
            |place: &ModulePlace| moves.iter().find_map(|one| one.apply(place)).unwrap_or_else(|| place.clone());
        let files: Vec<ModulePlace> = self.project.files().cloned().collect();
        let mut edits = Edits::new();
        for file in files {
            let ModulePlace::File(path) = &file else { continue };
            let Ok(text) = self.world.read(path) else { continue };
            let parsed = self.project.cache().parsed(&file, &text);
            let lines = Lines::new(parsed.text.clone());
            let here = moved(&file);
            let mut add = |span: Span, text: String| {
                let range = convert::range(&lines, span, self.client.encoding);
                edits.push((file.clone(), TextEdit { range, new_text: text }));
            };
            for statement in &parsed.parse.file.statements {
                let StatementKind::Use(item) = &statement.kind else { continue };
                let meant = crate::check::place::candidates(&file, &item.path.name)
                    .into_iter()
                    .find(|place| self.project.knows(place));
                let Some(meant) = meant else { continue };
                let path = relative(&here, &moved(&meant)).filter(|path| **path != *item.path.name);
                if let Some(path) = path.filter(|_| moved(&meant) != meant || here != file) {
                    add(item.path.span, path);
                }
            }
            for mention in template::mentions(View::root(&parsed.parse.tree, parsed.source), &file) {
                let target = moved(&mention.place);
                if target == mention.place && here == file {
                    continue;
                }
                if let Some(path) = template::beside(&here, &target) {
                    add(mention.span, path);
                }
            }
        }
        Ok(self.workspace_edit(edits))
    }

    /// `workspace/didRenameFiles`.
    pub(in crate::lsp) fn did_rename(&mut self, params: &RenameFilesParams) {
        for one in moves(params) {
            let inside: Vec<ModulePlace> =
                self.project.files().filter(|place| one.apply(place).is_some()).cloned().collect();
            for place in inside {
                let Some(to) = one.apply(&place) else { continue };
                if !self.documents.contains_key(&place) {
                    self.project.removed(&place);
                }
                if to.path().extension().is_some_and(|extension| extension == "km") {
                    self.project.changed(&self.world, &to);
                }
            }
        }
        self.touched();
    }

    /// `workspace/didDeleteFiles`.
    pub(in crate::lsp) fn did_delete(&mut self, params: &DeleteFilesParams) {
        for file in &params.files {
            let Some(gone) = file.uri.parse().ok().map(|uri| uri::place(&uri)) else { continue };
            let inside: Vec<ModulePlace> =
                self.project.files().filter(|place| place.path().starts_with(gone.path())).cloned().collect();
            for place in inside.iter().filter(|place| !self.documents.contains_key(*place)) {
                self.project.removed(place);
            }
        }
        self.touched();
    }
}
