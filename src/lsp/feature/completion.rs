//! Completion.

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionItemLabelDetails, CompletionItemTag, CompletionList,
    CompletionParams, CompletionTextEdit, Documentation, InsertTextFormat, MarkupContent, MarkupKind, Range, TextEdit,
};
use serde_json::json;

use crate::check::Analysis;
use crate::ide::completion::{self, Item, Sort};
use crate::lsp::convert::Cursor;
use crate::lsp::server::{Answer, Server};

impl Server {
    /// `textDocument/completion`.
    pub(in crate::lsp) fn completion(&mut self, params: &CompletionParams) -> Answer<CompletionList> {
        let at = &params.text_document_position;
        let Cursor { file, offset } = self.cursor(&at.text_document, at.position)?;
        let found = completion::complete(&self.world, &mut self.project, &file, offset);
        let range = self.range(&file.analysis, found.span);
        self.offered = (self.offered.0 + 1, found.items.clone());
        let items = found.items.iter().enumerate();
        let items = items.map(|(place, item)| self.item(&file.analysis, range, place, item)).collect();
        Ok(CompletionList { is_incomplete: false, items })
    }

    fn item(&mut self, analysis: &Analysis, range: Range, place: usize, item: &Item) -> CompletionItem {
        let is_snippet = item.is_snippet && self.client.snippets;
        let text = if item.is_snippet && !is_snippet { plain(&item.insert) } else { item.insert.clone() };
        let import = item.import.as_ref().map(|(span, text)| vec![self.edit(analysis, *span, text)]);
        CompletionItem {
            label: item.label.clone(),
            label_details: Some(CompletionItemLabelDetails { detail: None, description: Some(item.detail.clone()) })
                .filter(|_| !item.detail.is_empty()),
            kind: Some(kind(item.sort)),
            detail: Some(item.detail.clone()).filter(|detail| !detail.is_empty()),
            documentation: if self.client.resolves_docs { None } else { documentation(item) },
            tags: item.is_deprecated.then(|| vec![CompletionItemTag::DEPRECATED]),
            sort_text: Some(format!("{}{:04}", item.rank, place)),
            insert_text_format: Some(if is_snippet { InsertTextFormat::SNIPPET } else { InsertTextFormat::PLAIN_TEXT }),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text: text })),
            additional_text_edits: import,
            data: Some(json!([self.offered.0, place])),
            ..CompletionItem::default()
        }
    }

    /// `completionItem/resolve`: the documentation of what was offered last.
    pub(in crate::lsp) fn resolve_completion(&mut self, mut item: CompletionItem) -> Answer<CompletionItem> {
        let known = item.data.clone().and_then(|data| serde_json::from_value::<(u64, usize)>(data).ok());
        if let Some((_, place)) = known.filter(|(of, _)| *of == self.offered.0)
            && let Some(offered) = self.offered.1.get(place).filter(|offered| offered.label == item.label)
        {
            item.documentation = documentation(offered);
        }
        Ok(item)
    }
}

fn documentation(item: &Item) -> Option<Documentation> {
    let value = item.docs.clone();
    (!value.is_empty()).then_some(Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value }))
}

/// A snippet's text without places for the cursor: `${1:x}` as `x`, `$1` as nothing, of `${1|a,b|}` the first.
fn plain(snippet: &str) -> String {
    let mut out = String::new();
    let mut rest = snippet;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(inside) = rest.strip_prefix('{') {
            let (part, after) = inside.split_once('}').unwrap_or((inside, ""));
            let text = part.split_once(':').map(|(_, text)| text);
            let choice = part.split_once('|').and_then(|(_, list)| list.split([',', '|']).next());
            out.push_str(text.or(choice).unwrap_or_default());
            rest = after;
        } else {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        }
    }
    out + rest
}

fn kind(sort: Sort) -> CompletionItemKind {
    match sort {
        Sort::Keyword => CompletionItemKind::KEYWORD,
        Sort::Snippet => CompletionItemKind::SNIPPET,
        Sort::Field => CompletionItemKind::PROPERTY,
        Sort::Member => CompletionItemKind::FIELD,
        Sort::Value => CompletionItemKind::VALUE,
        Sort::Component => CompletionItemKind::CLASS,
        Sort::Interface => CompletionItemKind::INTERFACE,
        Sort::Group => CompletionItemKind::STRUCT,
        Sort::App => CompletionItemKind::MODULE,
        Sort::Endpoint => CompletionItemKind::EVENT,
        Sort::Function => CompletionItemKind::FUNCTION,
        Sort::Flag => CompletionItemKind::PROPERTY,
        Sort::File => CompletionItemKind::FILE,
        Sort::Type => CompletionItemKind::TYPE_PARAMETER,
        Sort::Unit => CompletionItemKind::UNIT,
        Sort::Code => CompletionItemKind::ENUM_MEMBER,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_snippet_has_a_plain_text() {
        assert_eq!(super::plain("machines ${1:name}[${2:3}] { $0 }"), "machines name[3] {  }");
        assert_eq!(super::plain("needs ${1|module,sysctl|} $0"), "needs module ");
    }
}
