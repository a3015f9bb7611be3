//! What each word of a file is, for colours.

use std::collections::HashMap;

use super::project::File;
use crate::check::Analysis;
use crate::check::index::{NameKind, Target};
use crate::facts::{Status, flag as flags};
use crate::source::Span;
use crate::syntax::token::SyntaxKind as S;
use crate::syntax::tree::{Element, View};

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Namespace,
    Type,
    Class,
    Interface,
    Struct,
    Parameter,
    Variable,
    Property,
    EnumMember,
    Event,
    Function,
    Keyword,
    Comment,
    Text,
    Number,
    Operator,
}

impl Class {
    /// In the order of the protocol's numbers.
    pub const ALL: [(Class, &'static str); 16] = [
        (Class::Namespace, "namespace"),
        (Class::Type, "type"),
        (Class::Class, "class"),
        (Class::Interface, "interface"),
        (Class::Struct, "struct"),
        (Class::Parameter, "parameter"),
        (Class::Variable, "variable"),
        (Class::Property, "property"),
        (Class::EnumMember, "enumMember"),
        (Class::Event, "event"),
        (Class::Function, "function"),
        (Class::Keyword, "keyword"),
        (Class::Comment, "comment"),
        (Class::Text, "string"),
        (Class::Number, "number"),
        (Class::Operator, "operator"),
    ];
}

/// More about a word; each is one bit.
pub const MODIFIERS: [&str; 4] = ["declaration", "documentation", "deprecated", "defaultLibrary"];
const DECLARATION: u32 = 1;
const DOCUMENTATION: u32 = 2;
const DEPRECATED: u32 = 4;
const LIBRARY: u32 = 8;

/// A word with what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub span: Span,
    pub class: Class,
    pub modifiers: u32,
}

/// The words of a part of a file, in their order.
pub fn tokens(file: &File, part: Span) -> Vec<Token> {
    let analysis = &file.analysis;
    let module = analysis.resolved.program.module(file.module);
    let source = module.source;
    let here = analysis.index.uses().into_iter().filter(|one| one.span.source == source);
    let mut known: HashMap<u32, &Target> = HashMap::new();
    for one in here {
        known.entry(one.span.start).or_insert(&one.target);
    }
    let mut walk = Walk { analysis, part, known, list: Vec::new() };
    walk.node(View::root(&module.tree, source));
    walk.list
}

struct Walk<'a> {
    analysis: &'a Analysis,
    part: Span,
    known: HashMap<u32, &'a Target>,
    list: Vec<Token>,
}

impl Walk<'_> {
    fn node(&mut self, node: View<'_>) {
        let span = node.span();
        if span.end < self.part.start || span.start > self.part.end {
            return;
        }
        let mut names = 0;
        for element in node.elements() {
            match element {
                Element::Node(child) => self.node(child),
                Element::Token { kind, text, span } => {
                    names += u32::from(kind == S::Ident);
                    if span.end >= self.part.start && span.start <= self.part.end {
                        self.token(node.kind(), names, kind, text, span);
                    }
                }
            }
        }
    }

    fn token(&mut self, parent: S, names: u32, kind: S, text: &str, span: Span) {
        let (class, modifiers) = match kind {
            S::Keyword => (Class::Keyword, 0),
            S::Comment | S::HashComment => (Class::Comment, 0),
            S::Doc | S::FileDoc => (Class::Comment, DOCUMENTATION),
            S::StringStart | S::StringText | S::StringEnd | S::SingleQuoted => (Class::Text, 0),
            S::Path | S::RelativePath if parent == S::DottedName => (Class::Namespace, 0),
            S::Path | S::RelativePath => (Class::Text, 0),
            kind if kind.is_literal() => (Class::Number, 0),
            S::Ident | S::ParamName => self.name(parent, names, text, span),
            S::Arrow | S::DotDot | S::QuestionQuestion | S::AndAnd | S::OrOr | S::EqualEqual | S::NotEqual => {
                (Class::Operator, 0)
            }
            _ => return,
        };
        self.list.push(Token { span, class, modifiers });
    }

    fn name(&self, parent: S, names: u32, text: &str, span: Span) -> (Class, u32) {
        if let Some(target) = self.known.get(&span.start) {
            return self.target(target, span);
        }
        let declares = names == 1;
        match parent {
            S::ComponentStatement if declares => (Class::Class, DECLARATION),
            S::InterfaceStatement if declares => (Class::Interface, DECLARATION),
            S::MachinesStatement if declares => (Class::Struct, DECLARATION),
            S::EndpointItem if declares => (Class::Event, DECLARATION),
            S::OptionItem | S::InterfaceField if declares => (Class::Property, DECLARATION),
            S::ParamStatement if declares => (Class::Parameter, DECLARATION),
            S::ClusterStatement | S::TargetStatement | S::OverlayStatement | S::Alias => {
                (Class::Namespace, DECLARATION)
            }
            S::LetStatement
            | S::CertItem
            | S::AuthorityStatement
            | S::KeypairStatement
            | S::SecretStatement
            | S::AddressItem => (Class::Variable, DECLARATION),
            S::NameType | S::GenericType => (Class::Type, LIBRARY),
            S::Field | S::DottedName => (Class::Property, 0),
            S::AllowStatement => (Class::EnumMember, 0),
            _ if text == "std" => (Class::Namespace, LIBRARY),
            _ => (Class::Variable, 0),
        }
    }

    fn target(&self, target: &Target, at: Span) -> (Class, u32) {
        match target {
            Target::Declared(kind, span) => {
                let declared = if *span == at { DECLARATION } else { 0 };
                (class(*kind), declared)
            }
            Target::Row(..) => (Class::Property, 0),
            Target::Given("", _) => (Class::Variable, LIBRARY),
            Target::Given(..) => (Class::Property, LIBRARY),
            Target::Function(_) => (Class::Function, LIBRARY),
            Target::Flags(_) => (Class::Namespace, LIBRARY),
            Target::Flag(program, flag) => (Class::Property, self.flag(program, flag)),
            Target::File(_) => (Class::Namespace, 0),
        }
    }

    fn flag(&self, program: &str, flag: &str) -> u32 {
        let table = flags::table(program);
        let running = table.and_then(|table| super::version::of(self.analysis, &table.range.versions_of));
        let known = table.and_then(|table| table.flags.get(flag));
        match (known, running) {
            (Some(known), Some(running)) if known.life.status(running) == Status::Deprecated => DEPRECATED,
            _ => 0,
        }
    }
}

fn class(kind: NameKind) -> Class {
    match kind {
        NameKind::Param => Class::Parameter,
        NameKind::Component => Class::Class,
        NameKind::Interface => Class::Interface,
        NameKind::Machines => Class::Struct,
        NameKind::Endpoint => Class::Event,
        NameKind::Option | NameKind::InterfaceField => Class::Property,
        NameKind::App | NameKind::Cluster | NameKind::Target | NameKind::Overlay => Class::Namespace,
        NameKind::Let
        | NameKind::Authority
        | NameKind::Keypair
        | NameKind::Secret
        | NameKind::Cert
        | NameKind::Address
        | NameKind::Immutable
        | NameKind::Manifest
        | NameKind::Local => Class::Variable,
    }
}
