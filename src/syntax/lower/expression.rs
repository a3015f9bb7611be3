//! Expressions.

use super::{Lower, ident, name};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Each, Expr, ExprKind, Field, Ident, Literal, Text, TextPart, UnaryOp};
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::{Element, View};

impl Lower {
    /// One expression node.
    pub(super) fn value(&mut self, node: View<'_>) -> Expr {
        let kind = match node.kind() {
            SyntaxKind::LiteralExpr => self.literal(node),
            SyntaxKind::TextExpr => ExprKind::Text(self.text(node)),
            SyntaxKind::NameExpr => variable(node).map_or(ExprKind::Error, ExprKind::Name),
            SyntaxKind::CertExpr => name(node).map_or(ExprKind::Error, ExprKind::Cert),
            SyntaxKind::FieldExpr => self.member(node),
            SyntaxKind::IndexExpr => self.index(node),
            SyntaxKind::CallExpr => self.call(node),
            SyntaxKind::ListExpr => self.list(node),
            SyntaxKind::RecordExpr => self.record(node),
            SyntaxKind::IfExpr => self.choice(node),
            SyntaxKind::UnaryExpr => self.unary(node),
            SyntaxKind::BinaryExpr => self.binary(node),
            SyntaxKind::ParenExpr => ExprKind::Paren(Box::new(self.expression(node))),
            _ => ExprKind::Error,
        };
        Expr { span: node.span(), kind }
    }

    fn literal(&mut self, node: View<'_>) -> ExprKind {
        let Some((kind, text, span)) = first_token(node) else { return ExprKind::Error };
        if kind == SyntaxKind::SingleQuoted {
            return single_quoted(text, span);
        }
        match super::literal(kind, text) {
            Ok(literal) => ExprKind::Literal(literal),
            Err(problem) => {
                self.diagnostics.push(problem.at(span));
                ExprKind::Error
            }
        }
    }

    fn member(&mut self, node: View<'_>) -> ExprKind {
        let value = self.expression(node);
        let Some(field) = name(node) else { return ExprKind::Error };
        ExprKind::Field { value: Box::new(value), field, optional: node.has(SyntaxKind::QuestionDot) }
    }

    fn index(&mut self, node: View<'_>) -> ExprKind {
        let mut parts = node.nodes().filter(|child| child.kind().is_expression());
        let (value, index) = (parts.next(), parts.next());
        ExprKind::Index {
            value: Box::new(self.expression_or(value, node.end())),
            index: Box::new(self.expression_or(index, node.end())),
        }
    }

    fn call(&mut self, node: View<'_>) -> ExprKind {
        match name(node) {
            Some(function) => ExprKind::Call { function, arguments: self.values(node) },
            None => ExprKind::Error,
        }
    }

    /// All expressions among the children.
    fn values(&mut self, node: View<'_>) -> Vec<Expr> {
        node.nodes().filter(|child| child.kind().is_expression()).map(|child| self.value(child)).collect()
    }

    fn list(&mut self, node: View<'_>) -> ExprKind {
        let mut values = self.values(node);
        let Some(each) = self.looped(node) else { return ExprKind::List(values) };
        let condition = self.inside(node, SyntaxKind::Condition).map(Box::new);
        match (values.pop(), values.is_empty()) {
            (Some(value), true) => ExprKind::ListFor { value: Box::new(value), each: Box::new(each), condition },
            _ => self.crowded(node, "a list"),
        }
    }

    fn record(&mut self, node: View<'_>) -> ExprKind {
        let mut fields = self.fields(node);
        let Some(each) = self.looped(node) else { return ExprKind::Record { table: name(node), fields } };
        let condition = self.inside(node, SyntaxKind::Condition).map(Box::new);
        match (fields.pop(), fields.is_empty()) {
            (Some(Field { key, value, .. }), true) => {
                ExprKind::MapFor { key: Box::new(key), value: Box::new(value), each: Box::new(each), condition }
            }
            _ => self.crowded(node, "a record"),
        }
    }

    fn looped(&mut self, node: View<'_>) -> Option<Each> {
        let each = node.child(SyntaxKind::Each)?;
        self.each(each)
    }

    /// A loop beside other elements.
    fn crowded(&mut self, node: View<'_>, what: &str) -> ExprKind {
        let place = node.child(SyntaxKind::Each).map_or(node.span(), View::span);
        self.diagnostics.push(
            Diagnostic::new(
                Code::UnexpectedText,
                place,
                format!("{what} with a loop has one element before the `for`"),
            )
            .help("name the result of the loop with `let`, then join it to the rest"),
        );
        ExprKind::Error
    }

    fn choice(&mut self, node: View<'_>) -> ExprKind {
        let mut parts = node.nodes().filter(|child| child.kind().is_expression());
        let (condition, then, otherwise) = (parts.next(), parts.next(), parts.next());
        ExprKind::If {
            condition: Box::new(self.expression_or(condition, node.end())),
            then: Box::new(self.expression_or(then, node.end())),
            otherwise: otherwise.map(|node| Box::new(self.value(node))),
        }
    }

    fn unary(&mut self, node: View<'_>) -> ExprKind {
        let op = if node.has(SyntaxKind::Bang) { UnaryOp::Not } else { UnaryOp::Minus };
        ExprKind::Unary { op, value: Box::new(self.expression(node)) }
    }

    fn binary(&mut self, node: View<'_>) -> ExprKind {
        let (mut op, mut left, mut right) = (None, None, None);
        for element in node.elements() {
            match element {
                Element::Token { kind, text, .. } => op = op.or(operator(kind, text)),
                Element::Node(child) if op.is_none() => left = left.or(Some(child)),
                Element::Node(child) => right = right.or(Some(child)),
            }
        }
        let Some(op) = op else { return ExprKind::Error };
        let left = Box::new(self.expression_or(left, node.end()));
        ExprKind::Binary { op, left, right: Box::new(self.expression_or(right, node.end())) }
    }
}

fn first_token(node: View<'_>) -> Option<(SyntaxKind, &str, Span)> {
    node.elements().find_map(|element| match element {
        Element::Token { kind, text, span } if !kind.is_trivia() => Some((kind, text, span)),
        _ => None,
    })
}

/// `name` or `$name`.
fn variable(node: View<'_>) -> Option<Ident> {
    let (_, text, span) = first_token(node)?;
    Some(ident(text.trim_start_matches('$'), span))
}

fn single_quoted(text: &str, span: Span) -> ExprKind {
    let parts = vec![TextPart::Text(text.trim_matches('\'').into())];
    ExprKind::Text(Text { parts, span })
}

/// The operator that a token stands for.
pub(super) fn operator(kind: SyntaxKind, text: &str) -> Option<BinaryOp> {
    Some(match kind {
        SyntaxKind::QuestionQuestion => BinaryOp::Default,
        SyntaxKind::OrOr => BinaryOp::Or,
        SyntaxKind::AndAnd => BinaryOp::And,
        SyntaxKind::EqualEqual => BinaryOp::Equal,
        SyntaxKind::NotEqual => BinaryOp::NotEqual,
        SyntaxKind::Less => BinaryOp::Less,
        SyntaxKind::LessEqual => BinaryOp::LessEqual,
        SyntaxKind::Greater => BinaryOp::Greater,
        SyntaxKind::GreaterEqual => BinaryOp::GreaterEqual,
        SyntaxKind::Ident if text == "in" => BinaryOp::In,
        SyntaxKind::Plus => BinaryOp::Add,
        SyntaxKind::Minus => BinaryOp::Subtract,
        SyntaxKind::Ampersand => BinaryOp::Merge,
        SyntaxKind::Star => BinaryOp::Multiply,
        SyntaxKind::Slash => BinaryOp::Divide,
        SyntaxKind::Remainder => BinaryOp::Remainder,
        _ => return None,
    })
}

/// The words that are a literal.
pub(super) fn word(text: &str) -> Option<Literal> {
    match text {
        "true" => Some(Literal::Bool(true)),
        "false" => Some(Literal::Bool(false)),
        "none" => Some(Literal::None),
        _ => None,
    }
}
