//! Help beside the text: signatures, hints, lenses.

use lsp_types::{
    CodeLens, CodeLensParams, Command, Documentation, InlayHint, InlayHintKind, InlayHintLabel, InlayHintParams,
    InlayHintTooltip, MarkupContent, MarkupKind, ParameterInformation, ParameterLabel, SignatureHelp,
    SignatureHelpParams, SignatureInformation,
};
use serde_json::json;

use super::command;
use crate::ide::{hint, lens, signature};
use crate::lsp::convert::Cursor;
use crate::lsp::server::{Answer, Server};

impl Server {
    /// `textDocument/signatureHelp`.
    pub(in crate::lsp) fn signature_help(&mut self, params: &SignatureHelpParams) -> Answer<Option<SignatureHelp>> {
        let at = &params.text_document_position_params;
        let Cursor { file, offset } = self.cursor(&at.text_document, at.position)?;
        let Some(found) = signature::signature(&file, offset) else { return Ok(None) };
        let parameter = |(name, ty): &(&str, &str)| ParameterInformation {
            label: ParameterLabel::Simple(format!("{name}: {ty}")),
            documentation: None,
        };
        let signature = SignatureInformation {
            label: found.builtin.signature(),
            documentation: Some(markdown(found.builtin.doc)),
            parameters: Some(found.builtin.parameters.iter().map(parameter).collect()),
            active_parameter: Some(found.active),
        };
        Ok(Some(SignatureHelp {
            signatures: vec![signature],
            active_signature: Some(0),
            active_parameter: Some(found.active),
        }))
    }

    /// `textDocument/inlayHint`; with the facts of the model, where there is one.
    pub(in crate::lsp) fn inlay_hints(&mut self, params: &InlayHintParams) -> Answer<Vec<InlayHint>> {
        let file = self.file(&params.text_document.uri)?;
        let part = self.part(&file, params.range);
        let facts = self.facts_of(&file);
        let hints = hint::hints(&file, part, facts.as_deref());
        let shown = hints.into_iter().map(|one| InlayHint {
            position: self.range(&file.analysis, file.place(one.offset)).start,
            label: InlayHintLabel::String(one.label),
            kind: one.is_type.then_some(InlayHintKind::TYPE),
            text_edits: None,
            tooltip: Some(one.docs)
                .filter(|docs| !docs.is_empty())
                .map(|value| InlayHintTooltip::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })),
            padding_left: Some(false),
            padding_right: Some(false),
            data: None,
        });
        Ok(shown.collect())
    }

    /// `textDocument/codeLens`; with the facts of the model, where there is one.
    pub(in crate::lsp) fn code_lenses(&mut self, params: &CodeLensParams) -> Answer<Vec<CodeLens>> {
        let file = self.file(&params.text_document.uri)?;
        let facts = self.facts_of(&file);
        let root = file.analysis.resolved.program.modules[0].place.clone();
        let uri = self.uri(&root).unwrap_or_else(|| params.text_document.uri.clone());
        let lenses = lens::lenses(&file, facts.as_deref());
        let shown = lenses.into_iter().map(|one| {
            let (command, arguments) = match one.action {
                lens::Action::Plan => (command::PLAN, vec![json!(uri)]),
                lens::Action::Render => (command::RENDER, vec![json!(uri)]),
                lens::Action::Units(group) => (command::UNITS, vec![json!(uri), json!(group)]),
            };
            let command = Command { title: one.title, command: command.to_owned(), arguments: Some(arguments) };
            CodeLens { range: self.range(&file.analysis, one.span), command: Some(command), data: None }
        });
        Ok(shown.collect())
    }
}

fn markdown(text: &str) -> Documentation {
    Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value: text.to_owned() })
}
