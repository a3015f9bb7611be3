//! Hover, and where things are declared.

use lsp_types::{
    GotoDefinitionParams, GotoDefinitionResponse, Hover, HoverContents, HoverParams, Location, MarkupContent,
    MarkupKind, Range,
};

use crate::check::ModulePlace;
use crate::ide::line::Lines;
use crate::ide::{self, definition::Goal, project::File};
use crate::lsp::convert::{self, Cursor};
use crate::lsp::server::{Answer, Server};
use crate::source::Span;
use crate::stdlib;
use crate::world::World;

impl Server {
    /// `textDocument/hover`.
    pub(in crate::lsp) fn hover(&mut self, params: &HoverParams) -> Answer<Option<Hover>> {
        let at = &params.text_document_position_params;
        let Cursor { file, offset } = self.cursor(&at.text_document, at.position)?;
        let root = file.analysis.resolved.program.modules[0].place.clone();
        let facts = self.current_facts(&root, &file.analysis);
        let Some(hover) = ide::hover::hover(&file, offset, facts.as_deref()) else { return Ok(None) };
        Ok(Some(Hover {
            range: Some(self.range(&file.analysis, hover.span)),
            contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: hover.text }),
        }))
    }

    /// `textDocument/definition`.
    pub(in crate::lsp) fn definition(
        &mut self,
        params: &GotoDefinitionParams,
    ) -> Answer<Option<GotoDefinitionResponse>> {
        let at = &params.text_document_position_params;
        let Cursor { file, offset } = self.cursor(&at.text_document, at.position)?;
        let goals = ide::definition::definition(&file, offset);
        Ok(match goals.is_empty() {
            true => self.in_template(&file, offset),
            false => self.goals(&file, &goals),
        })
    }

    /// Where a template uses the variable at a place; its start, where it does not.
    fn in_template(&mut self, file: &File, offset: u32) -> Option<GotoDefinitionResponse> {
        let variable = ide::template::variable(file, offset)?;
        let text = match &variable.place {
            ModulePlace::Standard(path) => stdlib::read(path)?.to_owned(),
            ModulePlace::File(path) => self.world.read(path).ok()?,
        };
        let uri = self.uri(&variable.place)?;
        let uses = ide::template::uses(&text, &variable.name);
        let lines = Lines::new(text.into());
        let encoding = self.client.encoding;
        let place = |(start, end)| {
            let range = convert::range(&lines, Span::new(variable.span.source, start, end), encoding);
            Location { uri: uri.clone(), range }
        };
        let places: Vec<Location> = uses.into_iter().map(place).collect();
        let start = Location { uri: uri.clone(), range: Range::default() };
        Some(GotoDefinitionResponse::Array(if places.is_empty() { vec![start] } else { places }))
    }

    /// `textDocument/typeDefinition`.
    pub(in crate::lsp) fn type_definition(
        &mut self,
        params: &GotoDefinitionParams,
    ) -> Answer<Option<GotoDefinitionResponse>> {
        let at = &params.text_document_position_params;
        let Cursor { file, offset } = self.cursor(&at.text_document, at.position)?;
        let goals = ide::definition::type_definition(&file, offset);
        Ok(self.goals(&file, &goals))
    }

    fn goals(&mut self, file: &File, goals: &[Goal]) -> Option<GotoDefinitionResponse> {
        if goals.is_empty() {
            return None;
        }
        if self.client.location_links {
            let links = goals.iter().filter_map(|goal| self.link(&file.analysis, goal)).collect();
            return Some(GotoDefinitionResponse::Link(links));
        }
        let list: Vec<Location> = goals.iter().filter_map(|goal| self.location(&file.analysis, goal.name)).collect();
        Some(GotoDefinitionResponse::Array(list))
    }
}
