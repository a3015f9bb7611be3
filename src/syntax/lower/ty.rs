//! Types.

use super::{Lower, name};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Ident, Type, TypeKind};
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::View;

impl Lower {
    /// The type in a node, or an error at its end.
    pub(super) fn ty(&mut self, parent: View<'_>) -> Type {
        let node = parent.nodes().find(|node| node.kind().is_type());
        self.type_or(node, parent.end())
    }

    /// The type in a node, if there is one.
    pub(super) fn optional_type(&mut self, parent: View<'_>) -> Option<Type> {
        parent.nodes().find(|node| node.kind().is_type()).map(|node| self.type_at(node))
    }

    fn type_or(&mut self, node: Option<View<'_>>, place: Span) -> Type {
        match node {
            Some(node) => self.type_at(node),
            None => Type { span: place, kind: TypeKind::Error },
        }
    }

    fn type_at(&mut self, node: View<'_>) -> Type {
        let kind = match node.kind() {
            SyntaxKind::NameType => name(node).map_or(TypeKind::Error, TypeKind::Name),
            SyntaxKind::GenericType => self.generic(node),
            SyntaxKind::OptionalType => TypeKind::Optional(Box::new(self.ty(node))),
            SyntaxKind::UnionType => TypeKind::Union(self.union(node)),
            SyntaxKind::TextType => self.text_type(node),
            SyntaxKind::RecordType => TypeKind::Record(self.record_type(node)),
            SyntaxKind::ComponentType => TypeKind::Component(name(node)),
            _ => TypeKind::Error,
        };
        Type { span: node.span(), kind }
    }

    fn generic(&mut self, node: View<'_>) -> TypeKind {
        match name(node) {
            Some(name) => TypeKind::Generic(name, Box::new(self.ty(node))),
            None => TypeKind::Error,
        }
    }

    fn union(&mut self, node: View<'_>) -> Vec<Type> {
        node.nodes().filter(|child| child.kind().is_type()).map(|child| self.type_at(child)).collect()
    }

    fn text_type(&mut self, node: View<'_>) -> TypeKind {
        let text = node.expression().map(|text| self.text(text));
        match text.and_then(|text| text.plain()) {
            Some(text) => TypeKind::Text(text),
            None => {
                let problem =
                    Diagnostic::new(Code::UnexpectedText, node.span(), "a string in a type cannot contain `${ }`");
                self.diagnostics.push(problem.help("write out each text that is allowed"));
                TypeKind::Error
            }
        }
    }

    fn record_type(&mut self, node: View<'_>) -> Vec<(Ident, bool, Type)> {
        let fields = node.nodes().filter(|child| child.kind() == SyntaxKind::TypeField);
        fields.filter_map(|field| Some((name(field)?, field.has(SyntaxKind::Question), self.ty(field)))).collect()
    }
}
