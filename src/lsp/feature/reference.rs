//! References to a name.

use lsp_types::{DocumentHighlight, DocumentHighlightKind, DocumentHighlightParams, Location, ReferenceParams};

use crate::ide::reference::{self, Declared};
use crate::lsp::convert::Cursor;
use crate::lsp::server::{Answer, Server};

impl Server {
    /// `textDocument/references`.
    pub(in crate::lsp) fn references(&mut self, params: &ReferenceParams) -> Answer<Vec<Location>> {
        let at = &params.text_document_position;
        let Cursor { file, offset } = self.cursor(&at.text_document, at.position)?;
        let declared = if params.context.include_declaration { Declared::With } else { Declared::Without };
        let places = reference::references(&self.world, &mut self.project, &file, offset, declared);
        Ok(places.iter().filter_map(|place| self.location(&place.analysis, place.span)).collect())
    }

    /// `textDocument/documentHighlight`.
    pub(in crate::lsp) fn highlights(&mut self, params: &DocumentHighlightParams) -> Answer<Vec<DocumentHighlight>> {
        let at = &params.text_document_position_params;
        let Cursor { file, offset } = self.cursor(&at.text_document, at.position)?;
        let found = reference::highlights(&file, offset);
        let highlights = found.into_iter().map(|(span, declares)| DocumentHighlight {
            range: self.range(&file.analysis, span),
            kind: Some(if declares { DocumentHighlightKind::WRITE } else { DocumentHighlightKind::READ }),
        });
        Ok(highlights.collect())
    }
}
