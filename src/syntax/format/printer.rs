//! Text as it is written.

use super::entry::EntryPart;
use super::space::{glues_after, glues_before, merges};
use super::{INDENT, WIDTH};
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::{Element, View};

/// Why something does not fit on one line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Broken {
    /// It is too long.
    Wide,
    /// A comment, a text of several lines or a newline between elements needs lines.
    Forced,
}

/// Whether lines may be broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Mode {
    #[default]
    Lines,
    /// All on one line, or not at all.
    Flat,
}

/// What has been written and what is due before the next token.
#[derive(Default)]
pub(super) struct Printer {
    pub out: String,
    pub indent: usize,
    pub mode: Mode,
    /// Where the first `=` of a field is in `out`.
    pub equals: Option<usize>,
    /// The columns before `out`, when it is a part of a line.
    offset: usize,
    /// The token before.
    last: Option<SyntaxKind>,
    /// No space before the next token.
    glue: bool,
    /// Nothing is on the line yet.
    fresh: bool,
    /// The source has a newline before the next token.
    newline: bool,
    /// A comment ends the line before the next token.
    pub ended: bool,
}

impl Printer {
    /// At the beginning of a line, as deep as that.
    pub(super) fn at_line(indent: usize) -> Self {
        Self { offset: indent, indent, glue: true, ..Self::default() }
    }

    /// The columns used on the current line.
    pub(super) fn column(&self) -> usize {
        match self.out.rfind('\n') {
            Some(at) => self.out[at + 1..].chars().count(),
            None => self.offset + self.out.chars().count(),
        }
    }

    /// Begins a line.
    pub(super) fn line(&mut self) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', self.indent));
        (self.fresh, self.glue, self.newline, self.ended) = (true, true, false, false);
    }

    /// A newline of the source before the next token.
    pub(super) fn note_newline(&mut self) {
        self.newline = true;
    }

    /// No space before the next token.
    pub(super) fn glue(&mut self) {
        self.glue = true;
    }

    /// Begins a line that goes on with the one before, if one is due.
    pub(super) fn continue_line(&mut self) {
        if self.ended || (self.newline && self.mode == Mode::Lines) {
            self.indent += INDENT;
            self.line();
            self.indent -= INDENT;
        }
    }

    /// What is due before a token.
    fn before(&mut self) {
        self.continue_line();
        if !std::mem::take(&mut self.glue) {
            self.out.push(' ');
        }
        (self.fresh, self.newline) = (false, false);
    }

    /// A token of a node.
    pub(super) fn token(&mut self, parent: SyntaxKind, kind: SyntaxKind, text: &str) -> Result<(), Broken> {
        self.glue |= glues_before(parent, kind);
        self.glue &= self.fresh || !merges(self.last, kind);
        self.last = Some(kind);
        self.before();
        if kind == SyntaxKind::Equals && matches!(parent, SyntaxKind::Field | SyntaxKind::SetChange) {
            self.equals.get_or_insert(self.out.len());
        }
        self.out.push_str(text);
        self.glue = glues_after(parent, kind);
        self.check_width()
    }

    fn check_width(&self) -> Result<(), Broken> {
        match self.mode == Mode::Flat && self.offset + self.out.len() > WIDTH && self.column() > WIDTH {
            true => Err(Broken::Wide),
            false => Ok(()),
        }
    }

    /// A comment after something on its line, which ends the line.
    pub(super) fn trailing(&mut self, comment: &str) -> Result<(), Broken> {
        if self.mode == Mode::Flat {
            return Err(Broken::Forced);
        }
        self.newline |= self.ended;
        self.continue_line();
        self.out.push_str(if self.fresh { "" } else { "  " });
        self.out.push_str(comment.trim_end());
        (self.fresh, self.newline, self.ended) = (false, false, true);
        Ok(())
    }

    /// A node, and what is in it.
    pub(super) fn node(&mut self, node: View<'_>) -> Result<(), Broken> {
        match node.kind() {
            SyntaxKind::TextExpr => self.text(node),
            kind if super::container::is_container(kind) => self.container(node),
            SyntaxKind::IfExpr => self.choice(node),
            SyntaxKind::BinaryExpr => self.operation(node),
            kind => self.elements(kind, node.elements()),
        }
    }

    /// Children of a node that is no container.
    pub(super) fn elements<'a>(
        &mut self,
        parent: SyntaxKind,
        elements: impl Iterator<Item = Element<'a>>,
    ) -> Result<(), Broken> {
        let mut elements = elements;
        elements.try_for_each(|element| self.element(parent, element))
    }

    /// A child of a node that is no container.
    pub(super) fn element(&mut self, parent: SyntaxKind, element: Element<'_>) -> Result<(), Broken> {
        match element {
            Element::Node(node) => self.node(node),
            Element::Token { kind: SyntaxKind::Newline, .. } => {
                self.note_newline();
                Ok(())
            }
            Element::Token { kind: SyntaxKind::Whitespace, .. } => Ok(()),
            Element::Token { kind, text, .. } if kind.is_comment() => self.trailing(text),
            Element::Token { kind, text, .. } => self.token(parent, kind, text),
        }
    }

    /// A text, as it is; its line ends become newlines.
    fn text(&mut self, node: View<'_>) -> Result<(), Broken> {
        let text = node.text().replace("\r\n", "\n");
        if self.mode == Mode::Flat && text.contains('\n') {
            return Err(Broken::Forced);
        }
        self.token(SyntaxKind::TextExpr, SyntaxKind::StringText, &text)
    }

    /// Parts of one element: on one line if they fit, else with the lines of the source.
    pub(super) fn parts(&mut self, parts: &[EntryPart<'_>]) -> Result<(), Broken> {
        if self.mode == Mode::Flat {
            return self.plain_parts(parts);
        }
        match self.flat(|printer| printer.plain_parts(parts)) {
            Ok(line) => {
                self.take(&line);
                Ok(())
            }
            Err(broken) => self.lines_of_parts(parts, broken),
        }
    }

    /// A loop begins a line if it does in the source, or if the element is too long. So does its condition, but not in a record,
    /// where a line that begins so would be another field.
    fn lines_of_parts(&mut self, parts: &[EntryPart<'_>], broken: Broken) -> Result<(), Broken> {
        let is_field = matches!(parts.first(), Some(EntryPart::Node(node)) if node.kind() == SyntaxKind::Field);
        parts.iter().enumerate().try_for_each(|(index, part)| {
            let stays = is_field && matches!(part, EntryPart::Node(node) if node.kind() == SyntaxKind::Condition);
            let begins = self.newline || broken == Broken::Wide;
            if index > 0 && matches!(part, EntryPart::Node(_)) && begins && !stays {
                self.line();
            }
            self.plain_parts(std::slice::from_ref(part))
        })
    }

    fn plain_parts(&mut self, parts: &[EntryPart<'_>]) -> Result<(), Broken> {
        parts.iter().try_for_each(|part| match *part {
            EntryPart::Node(node) => self.node(node),
            EntryPart::Comment(text) => self.trailing(text),
            EntryPart::Newline => {
                self.note_newline();
                Ok(())
            }
        })
    }

    /// What is written when all is on one line, if it can be.
    pub(super) fn flat(&self, write: impl FnOnce(&mut Printer) -> Result<(), Broken>) -> Result<Printer, Broken> {
        let offset = self.column();
        let Self { glue, last, indent, .. } = *self;
        let mut printer = Printer { mode: Mode::Flat, offset, glue, last, indent, ..Printer::default() };
        write(&mut printer)?;
        Ok(printer)
    }

    /// Goes on after what was written flat.
    pub(super) fn take(&mut self, line: &Printer) {
        self.equals = self.equals.or(line.equals.map(|at| at + self.out.len()));
        self.out.push_str(&line.out);
        (self.glue, self.last) = (line.glue, line.last);
        (self.fresh, self.newline, self.ended) = (false, false, false);
    }
}
