//! Colours: all of a file, what changed since, or a part.

use lsp_types::{
    Range, SemanticToken, SemanticTokenModifier, SemanticTokenType, SemanticTokens, SemanticTokensDelta,
    SemanticTokensDeltaParams, SemanticTokensEdit, SemanticTokensFullDeltaResult, SemanticTokensLegend,
    SemanticTokensParams, SemanticTokensRangeParams,
};

use crate::ide::line::Position;
use crate::ide::project::File;
use crate::ide::token::{self, Class};
use crate::lsp::server::{Answer, Server};
use crate::lsp::uri;
use crate::source::Span;

/// What the numbers of tokens mean.
pub(crate) fn legend() -> SemanticTokensLegend {
    SemanticTokensLegend {
        token_types: Class::ALL.iter().map(|(_, name)| SemanticTokenType::new(name)).collect(),
        token_modifiers: token::MODIFIERS.iter().map(|name| SemanticTokenModifier::new(name)).collect(),
    }
}

impl Server {
    /// `textDocument/semanticTokens/full`.
    pub(in crate::lsp) fn tokens_full(&mut self, params: &SemanticTokensParams) -> Answer<SemanticTokens> {
        let file = self.file(&params.text_document.uri)?;
        let data = self.encoded(&file, all(&file));
        let place = uri::place(&params.text_document.uri);
        let number = self.tokens.get(&place).map_or(1, |(number, _)| number + 1);
        self.tokens.insert(place, (number, data.clone()));
        Ok(SemanticTokens { result_id: Some(number.to_string()), data })
    }

    /// `textDocument/semanticTokens/full/delta`.
    pub(in crate::lsp) fn tokens_delta(
        &mut self,
        params: &SemanticTokensDeltaParams,
    ) -> Answer<SemanticTokensFullDeltaResult> {
        let file = self.file(&params.text_document.uri)?;
        let place = uri::place(&params.text_document.uri);
        let data = self.encoded(&file, all(&file));
        let before =
            self.tokens.get(&place).filter(|(number, _)| number.to_string() == params.previous_result_id).cloned();
        let number = self.tokens.get(&place).map_or(1, |(number, _)| number + 1);
        self.tokens.insert(place, (number, data.clone()));
        let result_id = Some(number.to_string());
        Ok(match before {
            Some((_, before)) => {
                let edits = difference(&before, &data).into_iter().collect();
                SemanticTokensFullDeltaResult::TokensDelta(SemanticTokensDelta { result_id, edits })
            }
            None => SemanticTokensFullDeltaResult::Tokens(SemanticTokens { result_id, data }),
        })
    }

    /// `textDocument/semanticTokens/range`.
    pub(in crate::lsp) fn tokens_range(&mut self, params: &SemanticTokensRangeParams) -> Answer<SemanticTokens> {
        let file = self.file(&params.text_document.uri)?;
        let part = self.part(&file, params.range);
        Ok(SemanticTokens { result_id: None, data: self.encoded(&file, part) })
    }

    /// A range of a file as a span.
    pub(in crate::lsp) fn part(&mut self, file: &File, range: Range) -> Span {
        let (start, end) = (self.offset(file, range.start), self.offset(file, range.end));
        Span::new(file.source(), start.min(end), start.max(end))
    }

    /// Tokens as the protocol numbers them: each by its distance from the one before, none over the end of a line.
    fn encoded(&mut self, file: &File, part: Span) -> Vec<SemanticToken> {
        let encoding = self.client.encoding;
        let lines = self.lines_of(&file.analysis, part);
        let mut before = Position::default();
        let mut data = Vec::new();
        for one in token::tokens(file, part) {
            let first = lines.position(one.span.start, encoding);
            let last = lines.position(one.span.end, encoding);
            for line in first.line..=last.line {
                let (_, end) = lines.line(line);
                let start = if line == first.line { first.column } else { 0 };
                let end = if line == last.line { last.column } else { lines.position(end, encoding).column };
                if end <= start {
                    continue;
                }
                let delta_start = if line == before.line { start - before.column } else { start };
                data.push(SemanticToken {
                    delta_line: line - before.line,
                    delta_start,
                    length: end - start,
                    token_type: Class::ALL.iter().position(|(class, _)| *class == one.class).unwrap_or_default() as u32,
                    token_modifiers_bitset: one.modifiers,
                });
                before = Position { line, column: start };
            }
        }
        data
    }
}

fn all(file: &File) -> Span {
    Span::new(file.source(), 0, file.text().len() as u32)
}

/// The one part in the middle that is other than before; numbers count five a token.
fn difference(before: &[SemanticToken], after: &[SemanticToken]) -> Option<SemanticTokensEdit> {
    let same = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let (rest_before, rest_after) = (&before[same..], &after[same..]);
    let tail = rest_before.iter().rev().zip(rest_after.iter().rev()).take_while(|(a, b)| a == b).count();
    let deleted = rest_before.len() - tail;
    let data = &rest_after[..rest_after.len() - tail];
    (deleted > 0 || !data.is_empty()).then(|| SemanticTokensEdit {
        start: 5 * same as u32,
        delete_count: 5 * deleted as u32,
        data: Some(data.to_vec()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(length: u32) -> SemanticToken {
        SemanticToken { delta_line: 0, delta_start: 1, length, token_type: 0, token_modifiers_bitset: 0 }
    }

    #[test]
    fn only_what_changed_is_sent() {
        let list = |lengths: &[u32]| lengths.iter().map(|length| token(*length)).collect::<Vec<_>>();
        assert_eq!(difference(&list(&[1, 2]), &list(&[1, 2])), None);
        let edit = difference(&list(&[1, 2, 3]), &list(&[1, 9, 9, 3])).expect("an edit");
        assert_eq!((edit.start, edit.delete_count, edit.data.map(|data| data.len())), (5, 5, Some(2)));
        let edit = difference(&list(&[1, 1]), &list(&[1])).expect("an edit");
        assert_eq!((edit.start, edit.delete_count), (5, 5));
    }
}
