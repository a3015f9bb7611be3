//! Templates that are open in the editor: their text counts over the one on disk, and a name leads to where it is given.

use lsp_server::Request;
use lsp_types::{GotoDefinitionParams, Location, Uri};
use serde_json::{Value, json};

use crate::check::ModulePlace;
use crate::ide::line::Lines;
use crate::ide::template;
use crate::lsp::convert::{self, position};
use crate::lsp::request::read;
use crate::lsp::server::{Answer, RequestError, Server};
use crate::lsp::uri;
use crate::stdlib;
use crate::syntax::tree::View;
use crate::world::World;

/// Whether a place is a template: no model, but part of one.
pub(crate) fn is_template(place: &ModulePlace) -> bool {
    place.path().extension().is_some_and(|extension| extension == "j2")
}

/// The template that a request is about.
pub(crate) fn asked(request: &Request) -> Option<ModulePlace> {
    let uri = request.params.pointer("/textDocument/uri")?.as_str()?;
    Some(uri::place(&uri.parse::<Uri>().ok()?)).filter(is_template)
}

impl Server {
    /// Answers what is asked of a template: where a name comes from, and nothing else.
    pub(in crate::lsp) fn of_template(&mut self, request: Request, place: &ModulePlace) -> Answer<Value> {
        match request.method.as_str() {
            "textDocument/definition" => {
                let params: GotoDefinitionParams = read(request.params)?;
                let places = self.where_given(place, params.text_document_position_params.position)?;
                Ok(json!(places))
            }
            "textDocument/diagnostic" => Ok(json!({ "kind": "full", "items": [] })),
            _ => Ok(Value::Null),
        }
    }

    /// Where the models give the name at a position of a template.
    fn where_given(&mut self, place: &ModulePlace, at: lsp_types::Position) -> Answer<Vec<Location>> {
        let text =
            self.text_of(place).ok_or_else(|| RequestError::invalid("the template is neither open nor on disk"))?;
        let lines = Lines::new(text.as_str().into());
        let offset = lines.offset(position(at), self.client.encoding);
        let Some(name) = template::name_at(&text, offset) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for module in self.beside(place) {
            let Some(text) = self.text_of(&module) else { continue };
            let parsed = self.project.cache().parsed(&module, &text);
            let spans = template::given(View::root(&parsed.parse.tree, parsed.source), &module, place, name);
            let lines = Lines::new(parsed.text.clone());
            let uri = self.uri(&module).filter(|_| !spans.is_empty());
            found.extend(uri.into_iter().flat_map(|uri| {
                let range = |span| convert::range(&lines, span, self.client.encoding);
                spans.iter().map(|span| Location { uri: uri.clone(), range: range(*span) }).collect::<Vec<_>>()
            }));
        }
        Ok(found)
    }

    /// The models that may mention a template.
    fn beside(&self, place: &ModulePlace) -> Vec<ModulePlace> {
        match place {
            ModulePlace::File(_) => self.project.files().cloned().collect(),
            ModulePlace::Standard(_) => {
                stdlib::modules().into_iter().map(|path| ModulePlace::Standard(path.to_owned())).collect()
            }
        }
    }

    fn text_of(&self, place: &ModulePlace) -> Option<String> {
        match place {
            ModulePlace::File(path) => self.world.read(path).ok(),
            ModulePlace::Standard(path) => stdlib::read(path).map(str::to_owned),
        }
    }
}
