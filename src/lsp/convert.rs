//! Between spans of the compiler and ranges of the protocol.

use std::sync::Arc;

use lsp_types::{Location, LocationLink, Position, Range, TextDocumentIdentifier, TextEdit, Uri};

use super::server::{Answer, RequestError, Server};
use super::uri;
use crate::check::{Analysis, ModulePlace};
use crate::ide::definition::{Goal, module_of};
use crate::ide::line::{self, Lines};
use crate::ide::project::File;
use crate::source::Span;

/// A place of the protocol as the lines know it.
pub(super) fn position(position: Position) -> line::Position {
    line::Position { line: position.line, column: position.character }
}

/// A file, and a byte in it.
pub(super) struct Cursor {
    pub file: File,
    pub offset: u32,
}

impl Server {
    /// The file that a request is about, in the first model it is part of.
    pub(super) fn file(&mut self, uri: &Uri) -> Answer<File> {
        let place = uri::place(uri);
        if !self.documents.contains_key(&place) && !self.project.files().any(|known| *known == place) {
            if let ModulePlace::File(path) = &place
                && crate::world::World::read(&self.world, path).is_err()
            {
                return Err(RequestError::invalid(format!("`{}` is neither open nor on disk", uri.as_str())));
            }
            self.project.changed(&self.world, &place);
        }
        Ok(self.project.file(&self.world, &place))
    }

    /// The file and the byte that a request is about.
    pub(super) fn cursor(&mut self, document: &TextDocumentIdentifier, at: Position) -> Answer<Cursor> {
        let file = self.file(&document.uri)?;
        let offset = self.offset(&file, at);
        Ok(Cursor { file, offset })
    }

    /// The byte at a position of a file.
    pub(super) fn offset(&mut self, file: &File, at: Position) -> u32 {
        let encoding = self.client.encoding;
        let span = file.place(0);
        self.lines_of(&file.analysis, span).offset(position(at), encoding)
    }

    /// The lines of the text that a span is in.
    pub(super) fn lines_of(&mut self, analysis: &Analysis, span: Span) -> Arc<Lines> {
        let text = &analysis.resolved.program.sources.get(span.source).text;
        if let Some(known) = self.lines.get(&span.source).filter(|known| Arc::ptr_eq(known.text(), text)) {
            return known.clone();
        }
        let open =
            self.documents.values().map(|document| &document.lines).find(|lines| Arc::ptr_eq(lines.text(), text));
        let lines = open.cloned().unwrap_or_else(|| Arc::new(Lines::new(text.clone())));
        self.lines.insert(span.source, lines.clone());
        lines
    }

    /// The range of a span.
    pub(super) fn range(&mut self, analysis: &Analysis, span: Span) -> Range {
        let encoding = self.client.encoding;
        let lines = self.lines_of(analysis, span);
        range(&lines, span, encoding)
    }

    /// Where a span is; `None` for a file that the editor cannot open.
    pub(super) fn location(&mut self, analysis: &Analysis, span: Span) -> Option<Location> {
        let place = module_of(analysis, span)?.place.clone();
        Some(Location { uri: self.uri(&place)?, range: self.range(analysis, span) })
    }

    /// How the editor names a place.
    pub(super) fn uri(&self, place: &ModulePlace) -> Option<Uri> {
        self.documents.get(place).map(|document| document.uri.clone()).or_else(|| uri::uri(place))
    }

    /// A goal as a link, which also says what it is the goal of.
    pub(super) fn link(&mut self, analysis: &Analysis, goal: &Goal) -> Option<LocationLink> {
        let place = module_of(analysis, goal.name)?.place.clone();
        Some(LocationLink {
            origin_selection_range: Some(self.range(analysis, goal.origin)),
            target_uri: self.uri(&place)?,
            target_range: self.range(analysis, goal.whole),
            target_selection_range: self.range(analysis, goal.name),
        })
    }

    /// An edit of a span.
    pub(super) fn edit(&mut self, analysis: &Analysis, span: Span, text: &str) -> TextEdit {
        TextEdit { range: self.range(analysis, span), new_text: text.to_owned() }
    }
}

/// The range of a span of a text.
pub(super) fn range(lines: &Lines, span: Span, encoding: line::Encoding) -> Range {
    let place = |offset| {
        let line::Position { line, column } = lines.position(offset, encoding);
        Position { line, character: column }
    };
    Range { start: place(span.start), end: place(span.end) }
}
