//! Edits: form, other names, and code actions.

use std::collections::HashMap;

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, DocumentChanges, DocumentFormattingParams,
    DocumentOnTypeFormattingParams, DocumentRangeFormattingParams, OneOf, OptionalVersionedTextDocumentIdentifier,
    PrepareRenameResponse, Range, RenameParams, TextDocumentEdit, TextDocumentPositionParams, TextEdit, Uri,
    WorkspaceEdit,
};

use crate::check::{Analysis, ModulePlace};
use crate::diag::{Fix, Safety};
use crate::ide::definition::module_of;
use crate::ide::format;
use crate::ide::project::File;
use crate::ide::rename;
use crate::lsp::convert::Cursor;
use crate::lsp::diagnostic::OwnedProblem;
use crate::lsp::server::{Answer, RequestError, Server};
use crate::lsp::uri;

/// Edits by file.
pub(crate) type Edits = Vec<(ModulePlace, TextEdit)>;

impl Server {
    /// `textDocument/formatting`.
    pub(in crate::lsp) fn formatting(&mut self, params: &DocumentFormattingParams) -> Answer<Vec<TextEdit>> {
        let file = self.file(&params.text_document.uri)?;
        let edits = format::whole(&file);
        Ok(self.text_edits(&file, &edits))
    }

    /// `textDocument/rangeFormatting`.
    pub(in crate::lsp) fn range_formatting(&mut self, params: &DocumentRangeFormattingParams) -> Answer<Vec<TextEdit>> {
        let file = self.file(&params.text_document.uri)?;
        let part = self.part(&file, params.range);
        let edits = format::range(&file, part);
        Ok(self.text_edits(&file, &edits))
    }

    /// `textDocument/onTypeFormatting`.
    pub(in crate::lsp) fn on_type_formatting(
        &mut self,
        params: &DocumentOnTypeFormattingParams,
    ) -> Answer<Vec<TextEdit>> {
        let at = &params.text_document_position;
        let Cursor { file, offset } = self.cursor(&at.text_document, at.position)?;
        let edits = format::typed(&file, offset, &params.ch);
        Ok(self.text_edits(&file, &edits))
    }

    fn text_edits(&mut self, file: &File, edits: &[format::Edit]) -> Vec<TextEdit> {
        edits.iter().map(|edit| self.edit(&file.analysis, edit.span, &edit.text)).collect()
    }

    /// `textDocument/prepareRename`.
    pub(in crate::lsp) fn prepare_rename(
        &mut self,
        params: &TextDocumentPositionParams,
    ) -> Answer<PrepareRenameResponse> {
        let Cursor { file, offset } = self.cursor(&params.text_document, params.position)?;
        let (span, placeholder) = rename::prepare(&file, offset).map_err(RequestError::refused)?;
        let range = self.range(&file.analysis, span);
        Ok(PrepareRenameResponse::RangeWithPlaceholder { range, placeholder })
    }

    /// `textDocument/rename`.
    pub(in crate::lsp) fn rename(&mut self, params: &RenameParams) -> Answer<WorkspaceEdit> {
        let at = &params.text_document_position;
        let Cursor { file, offset } = self.cursor(&at.text_document, at.position)?;
        let edits = rename::rename(&self.world, &mut self.project, &file, offset, &params.new_name)
            .map_err(RequestError::refused)?;
        let mut list = Edits::new();
        for edit in edits {
            let analysis = &edit.place.analysis;
            let Some(module) = module_of(analysis, edit.place.span) else { continue };
            list.push((module.place.clone(), self.edit(analysis, edit.place.span, &edit.text)));
        }
        Ok(self.workspace_edit(list))
    }

    /// Edits of several files as the client takes them.
    #[expect(clippy::mutable_key_type, reason = "the protocol's type is a map by address, and none is changed")]
    pub(in crate::lsp) fn workspace_edit(&self, edits: Edits) -> WorkspaceEdit {
        let mut by_file: Vec<(ModulePlace, Vec<TextEdit>)> = Vec::new();
        for (place, edit) in edits {
            match by_file.iter_mut().find(|(known, _)| *known == place) {
                Some((_, list)) => list.push(edit),
                None => by_file.push((place, vec![edit])),
            }
        }
        let with_uri: Vec<(ModulePlace, Uri, Vec<TextEdit>)> =
            by_file.into_iter().filter_map(|(place, list)| Some((place.clone(), self.uri(&place)?, list))).collect();
        if !self.client.document_changes {
            let changes: HashMap<Uri, Vec<TextEdit>> = with_uri.into_iter().map(|(_, uri, list)| (uri, list)).collect();
            return WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() };
        }
        let edit = |(place, uri, list): (ModulePlace, Uri, Vec<TextEdit>)| {
            let version = self.documents.get(&place).map(|document| document.version);
            let text_document = OptionalVersionedTextDocumentIdentifier { uri, version };
            TextDocumentEdit { text_document, edits: list.into_iter().map(OneOf::Left).collect() }
        };
        let edits = with_uri.into_iter().map(edit).collect();
        WorkspaceEdit { document_changes: Some(DocumentChanges::Edits(edits)), ..WorkspaceEdit::default() }
    }

    /// `textDocument/codeAction`: the fixes for a range, and for the whole file.
    pub(in crate::lsp) fn code_actions(&mut self, params: &CodeActionParams) -> Answer<Vec<CodeActionOrCommand>> {
        let file = self.file(&params.text_document.uri)?;
        let place = uri::place(&params.text_document.uri);
        let wanted = |kind: &CodeActionKind| {
            let only = params.context.only.as_ref();
            only.is_none_or(|only| only.iter().any(|one| kind.as_str().starts_with(one.as_str())))
        };
        let problems = self.problems(&place);
        let mut actions = Vec::new();
        if wanted(&CodeActionKind::QUICKFIX) {
            for found in &problems {
                actions.extend(self.fixes(found, params.range));
            }
            for found in &problems {
                actions.extend(self.allowance(&file, &place, found, params.range));
            }
        }
        if wanted(&CodeActionKind::SOURCE_FIX_ALL) {
            actions.extend(self.fix_all(&problems));
        }
        Ok(actions.into_iter().map(CodeActionOrCommand::CodeAction).collect())
    }

    fn is_touched(&mut self, found: &OwnedProblem, range: Range) -> bool {
        let Some(label) = found.problem.labels.first() else { return false };
        let of = self.range(&found.analysis, label.span);
        of.start <= range.end && range.start <= of.end
    }

    fn fixes(&mut self, found: &OwnedProblem, range: Range) -> Vec<CodeAction> {
        if !self.is_touched(found, range) {
            return Vec::new();
        }
        let diagnostic = self.diagnostic(found);
        let mut actions = Vec::new();
        for (place, fix) in found.problem.fixes.iter().enumerate() {
            let edits = self.fix_edits(&found.analysis, fix);
            actions.push(CodeAction {
                title: fix.title.clone(),
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: Some(vec![diagnostic.clone()]),
                edit: Some(self.workspace_edit(edits)),
                is_preferred: Some(place == 0 && fix.safety == Safety::Safe),
                ..CodeAction::default()
            });
        }
        actions
    }

    fn fix_edits(&mut self, analysis: &Analysis, fix: &Fix) -> Edits {
        let mut edits = Edits::new();
        for edit in &fix.edits {
            if let Some(module) = module_of(analysis, edit.span) {
                edits.push((module.place.clone(), self.edit(analysis, edit.span, &edit.replacement)));
            }
        }
        edits
    }

    /// `allow CODE "..."` at the end of the file, for a rule.
    fn allowance(
        &mut self,
        file: &File,
        place: &ModulePlace,
        found: &OwnedProblem,
        range: Range,
    ) -> Option<CodeAction> {
        let problem = &found.problem;
        if problem.own_code.is_some() || !problem.code.allowable() || !self.is_touched(found, range) {
            return None;
        }
        let text = file.text();
        let end = file.place(text.len() as u32);
        let line = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
        let edit = self.edit(&file.analysis, end, &format!("{line}allow {} \"reason\"\n", problem.code));
        let diagnostic = self.diagnostic(found);
        Some(CodeAction {
            title: format!("allow `{}`, with a reason", problem.code),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![diagnostic]),
            edit: Some(self.workspace_edit(vec![(place.clone(), edit)])),
            ..CodeAction::default()
        })
    }

    /// All safe fixes that do not overlap.
    fn fix_all(&mut self, problems: &[OwnedProblem]) -> Option<CodeAction> {
        let mut taken: Vec<crate::source::Span> = Vec::new();
        let mut edits = Edits::new();
        for found in problems {
            let Some(fix) = found.problem.fixes.iter().find(|fix| fix.safety == Safety::Safe) else { continue };
            let over = |span: &crate::source::Span| {
                taken.iter().any(|one| one.source == span.source && one.start <= span.end && span.start <= one.end)
            };
            if fix.edits.iter().any(|edit| over(&edit.span)) {
                continue;
            }
            taken.extend(fix.edits.iter().map(|edit| edit.span));
            edits.extend(self.fix_edits(&found.analysis, fix));
        }
        (!edits.is_empty()).then(|| CodeAction {
            title: "apply all safe fixes".to_owned(),
            kind: Some(CodeActionKind::SOURCE_FIX_ALL),
            edit: Some(self.workspace_edit(edits)),
            ..CodeAction::default()
        })
    }
}
