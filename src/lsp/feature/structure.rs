//! Outline, names of the workspace, folding, selection, links.

use lsp_types::{
    DocumentLink, DocumentLinkParams, DocumentSymbol, DocumentSymbolParams, DocumentSymbolResponse, FoldingRange,
    FoldingRangeKind, FoldingRangeParams, Location, OneOf, Range, SelectionRange, SelectionRangeParams,
    SymbolInformation, SymbolKind, Uri, WorkspaceSymbol, WorkspaceSymbolParams, WorkspaceSymbolResponse,
};

use crate::check::index::NameKind;
use crate::ide::fold::{self, What};
use crate::ide::line::Lines;
use crate::ide::link;
use crate::ide::project::File;
use crate::ide::symbol::{self, Picture, Symbol};
use crate::lsp::convert;
use crate::lsp::server::{Answer, Server};

impl Server {
    /// `textDocument/documentSymbol`.
    pub(in crate::lsp) fn document_symbols(&mut self, params: &DocumentSymbolParams) -> Answer<DocumentSymbolResponse> {
        let uri = &params.text_document.uri;
        let file = self.file(uri)?;
        let module = file.analysis.resolved.program.module(file.module);
        let outline = symbol::outline(module, file.text());
        if self.client.nested_symbols {
            let nested = outline.iter().map(|symbol| self.nested(&file, symbol)).collect();
            return Ok(DocumentSymbolResponse::Nested(nested));
        }
        let mut flat = Vec::new();
        outline.iter().for_each(|symbol| self.flat(&file, uri, symbol, None, &mut flat));
        Ok(DocumentSymbolResponse::Flat(flat))
    }

    #[expect(deprecated, reason = "the protocol's type still has the field")]
    fn nested(&mut self, file: &File, symbol: &Symbol) -> DocumentSymbol {
        DocumentSymbol {
            name: symbol.name.clone(),
            detail: Some(symbol.detail.clone()).filter(|detail| !detail.is_empty()),
            kind: kind(symbol.picture),
            tags: None,
            deprecated: None,
            range: self.range(&file.analysis, symbol.span),
            selection_range: self.range(&file.analysis, symbol.selection),
            children: Some(symbol.children.iter().map(|child| self.nested(file, child)).collect()),
        }
    }

    #[expect(deprecated, reason = "the protocol's type still has the field")]
    fn flat(
        &mut self,
        file: &File,
        uri: &Uri,
        symbol: &Symbol,
        owner: Option<&str>,
        list: &mut Vec<SymbolInformation>,
    ) {
        list.push(SymbolInformation {
            name: symbol.name.clone(),
            kind: kind(symbol.picture),
            tags: None,
            deprecated: None,
            location: Location { uri: uri.clone(), range: self.range(&file.analysis, symbol.selection) },
            container_name: owner.map(str::to_owned),
        });
        symbol.children.iter().for_each(|child| self.flat(file, uri, child, Some(&symbol.name), list));
    }

    /// `workspace/symbol`.
    pub(in crate::lsp) fn workspace_symbols(
        &mut self,
        params: &WorkspaceSymbolParams,
    ) -> Answer<WorkspaceSymbolResponse> {
        let found = symbol::search(&self.world, &mut self.project, &params.query);
        let encoding = self.client.encoding;
        let mut list = Vec::new();
        for one in found {
            let Some(uri) = self.uri(&one.place) else { continue };
            let Some(parsed) = self.project.cache().get(&one.place) else { continue };
            let lines = Lines::new(parsed.text.clone());
            let range = convert::range(&lines, one.declaration.name.span, encoding);
            list.push(WorkspaceSymbol {
                name: one.declaration.name.name.to_string(),
                kind: kind(Picture::Declared(one.declaration.kind)),
                tags: None,
                container_name: one.declaration.owner.as_ref().map(ToString::to_string),
                location: OneOf::Left(Location { uri, range }),
                data: None,
            });
        }
        Ok(WorkspaceSymbolResponse::Nested(list))
    }

    /// `textDocument/foldingRange`.
    pub(in crate::lsp) fn folding_ranges(&mut self, params: &FoldingRangeParams) -> Answer<Vec<FoldingRange>> {
        let file = self.file(&params.text_document.uri)?;
        let folds = fold::folds(&file);
        let ranges = folds.into_iter().map(|(span, what)| (self.range(&file.analysis, span), what));
        // The line of the closing bracket stays, as it does in every editor.
        let fold = |(range, what): (Range, What)| FoldingRange {
            start_line: range.start.line,
            start_character: None,
            end_line: range.end.line - u32::from(what == What::Region),
            end_character: None,
            kind: Some(match what {
                What::Region => FoldingRangeKind::Region,
                What::Comment => FoldingRangeKind::Comment,
                What::Imports => FoldingRangeKind::Imports,
            }),
            collapsed_text: None,
        };
        Ok(ranges.map(fold).filter(|fold| fold.end_line > fold.start_line).collect())
    }

    /// `textDocument/selectionRange`.
    pub(in crate::lsp) fn selection_ranges(&mut self, params: &SelectionRangeParams) -> Answer<Vec<SelectionRange>> {
        let file = self.file(&params.text_document.uri)?;
        let mut list = Vec::new();
        for at in &params.positions {
            let offset = self.offset(&file, *at);
            let spans = fold::selections(&file, offset);
            let ranges: Vec<Range> = spans.into_iter().map(|span| self.range(&file.analysis, span)).collect();
            let nested = ranges
                .into_iter()
                .rev()
                .fold(None, |parent, range| Some(SelectionRange { range, parent: parent.map(Box::new) }));
            let empty = SelectionRange { range: Range { start: *at, end: *at }, parent: None };
            list.push(nested.unwrap_or(empty));
        }
        Ok(list)
    }

    /// `textDocument/documentLink`.
    pub(in crate::lsp) fn document_links(&mut self, params: &DocumentLinkParams) -> Answer<Vec<DocumentLink>> {
        let file = self.file(&params.text_document.uri)?;
        let mut list = Vec::new();
        for one in link::links(&file) {
            let target = self.uri(&one.place);
            let range = self.range(&file.analysis, one.span);
            list.push(DocumentLink { range, target, tooltip: Some(one.place.name()), data: None });
        }
        Ok(list)
    }
}

fn kind(picture: Picture) -> SymbolKind {
    match picture {
        Picture::Declared(kind) => match kind {
            NameKind::Component => SymbolKind::CLASS,
            NameKind::Interface => SymbolKind::INTERFACE,
            NameKind::Machines => SymbolKind::STRUCT,
            NameKind::Cluster | NameKind::Target | NameKind::Overlay => SymbolKind::NAMESPACE,
            NameKind::App => SymbolKind::MODULE,
            NameKind::Option | NameKind::InterfaceField => SymbolKind::PROPERTY,
            NameKind::Endpoint => SymbolKind::EVENT,
            NameKind::Param => SymbolKind::CONSTANT,
            NameKind::Authority | NameKind::Keypair | NameKind::Secret | NameKind::Cert => SymbolKind::KEY,
            NameKind::Let | NameKind::Address | NameKind::Immutable | NameKind::Manifest | NameKind::Local => {
                SymbolKind::VARIABLE
            }
        },
        Picture::Relation => SymbolKind::OPERATOR,
        Picture::Item => SymbolKind::FILE,
        Picture::Check => SymbolKind::BOOLEAN,
        Picture::Import => SymbolKind::PACKAGE,
    }
}
