//! Expressions that are too long for their line.

use super::INDENT;
use super::printer::{Broken, Mode, Printer};
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::{Element, View};

/// An operator after which a line may go on.
fn ends_line(kind: SyntaxKind) -> bool {
    matches!(kind, SyntaxKind::Plus | SyntaxKind::Ampersand)
}

/// An operator with which a line may go on.
fn begins_line(kind: SyntaxKind) -> bool {
    matches!(kind, SyntaxKind::QuestionQuestion | SyntaxKind::AndAnd | SyntaxKind::OrOr)
}

fn is_word(element: &Element<'_>, word: &str) -> bool {
    matches!(element, Element::Token { kind: SyntaxKind::Keyword, text, .. } if *text == word)
}

fn is_newline(element: &Element<'_>) -> bool {
    matches!(element, Element::Token { kind: SyntaxKind::Newline, .. })
}

impl Printer {
    /// `if`: on one line, or each `else` begins a line.
    pub(super) fn choice(&mut self, node: View<'_>) -> Result<(), Broken> {
        if self.mode == Mode::Flat {
            return self.elements(node.kind(), node.elements());
        }
        self.continue_line();
        match self.flat(|printer| printer.elements(node.kind(), node.elements())) {
            Ok(line) => {
                self.take(&line);
                Ok(())
            }
            Err(Broken::Forced) if !begins_line_with(node, &["then", "else"]) => {
                self.elements(node.kind(), node.elements().filter(|element| !is_newline(element)))
            }
            Err(_) => self.branches(node),
        }
    }

    fn branches(&mut self, node: View<'_>) -> Result<(), Broken> {
        self.indent += INDENT;
        let mut chain = Some(node);
        while let Some(node) = chain {
            chain = self.branch(node)?;
        }
        self.indent -= INDENT;
        Ok(())
    }

    /// One `if` without what follows `else` when that is an `if` too, which is returned.
    fn branch<'a>(&mut self, node: View<'a>) -> Result<Option<View<'a>>, Broken> {
        let elements: Vec<Element<'a>> = node.elements().filter(|element| !is_newline(element)).collect();
        let split = elements.iter().position(|element| is_word(element, "else")).unwrap_or(elements.len());
        let (first, second) = elements.split_at(split);
        let line = match self.flat(|printer| printer.elements(node.kind(), first.iter().copied())) {
            Ok(_) => false,
            Err(Broken::Wide) => true,
            Err(Broken::Forced) => begins_line_with(node, &["then"]),
        };
        for &element in first {
            if is_word(&element, "then") && (line || self.ended) {
                self.line();
            }
            self.element(node.kind(), element)?;
        }
        if !second.is_empty() {
            self.line();
        }
        let (chain, second) = match second.split_last() {
            Some((Element::Node(last), others)) if last.kind() == SyntaxKind::IfExpr => (Some(*last), others),
            _ => (None, second),
        };
        self.elements(node.kind(), second.iter().copied())?;
        Ok(chain)
    }

    /// Two operands: on one line, or on two if each fits on its own.
    pub(super) fn operation(&mut self, node: View<'_>) -> Result<(), Broken> {
        if self.mode == Mode::Flat {
            return self.elements(node.kind(), node.elements());
        }
        self.continue_line();
        let elements: Vec<Element<'_>> = node.elements().collect();
        match self.flat(|printer| printer.elements(node.kind(), elements.iter().copied())) {
            Ok(line) => {
                self.take(&line);
                Ok(())
            }
            Err(Broken::Wide) if self.halves(node.kind(), &elements) => Ok(()),
            Err(_) => self.elements(node.kind(), elements.into_iter()),
        }
    }

    /// Writes an operation on two lines, if it can be.
    fn halves(&mut self, parent: SyntaxKind, elements: &[Element<'_>]) -> bool {
        let split = elements.iter().enumerate().find_map(|(index, element)| match element {
            Element::Token { kind, .. } if ends_line(*kind) => Some(index + 1),
            Element::Token { kind, .. } if begins_line(*kind) => Some(index),
            _ => None,
        });
        let Some((first, second)) = split.map(|index| elements.split_at(index)) else { return false };
        let Ok(first) = self.flat(|printer| printer.elements(parent, first.iter().copied())) else { return false };
        let next = Printer::at_line(self.indent + INDENT);
        let Ok(second) = next.flat(|printer| printer.elements(parent, second.iter().copied())) else { return false };
        self.take(&first);
        self.indent += INDENT;
        self.line();
        self.indent -= INDENT;
        self.take(&second);
        true
    }
}

/// Whether a line of the source begins with one of the words of a node.
fn begins_line_with(node: View<'_>, words: &[&str]) -> bool {
    let mut newline = false;
    node.elements().any(|element| match element {
        Element::Token { kind, .. } if kind.is_trivia() => {
            newline |= kind == SyntaxKind::Newline;
            false
        }
        other => std::mem::take(&mut newline) && words.iter().any(|word| is_word(&other, word)),
    })
}
