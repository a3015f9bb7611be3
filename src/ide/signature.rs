//! The function whose arguments are being written.

use super::cursor;
use super::project::File;
use crate::check::builtin::{self, Builtin};
use crate::syntax::token::SyntaxKind as S;
use crate::syntax::tree::{SyntaxToken, at};

/// A function, and which of its parameters the cursor is at.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    pub builtin: &'static Builtin,
    pub active: u32,
}

/// The innermost call around a place.
pub fn signature(file: &File, offset: u32) -> Option<Signature> {
    let root = cursor::root(file);
    let mut token = at(&root, offset.min(file.text().len() as u32)).left_biased();
    // Only what is before the cursor counts, so that a call that is half written has its help too.
    let (mut closed, mut commas) = (0u32, 0u32);
    while let Some(one) = token {
        let kind = one.kind();
        if u32::from(one.text_range().end()) <= offset {
            match kind {
                S::RightParen | S::RightBracket | S::RightBrace => closed += 1,
                S::LeftParen if closed == 0 => match called(&one) {
                    Some(builtin) => return Some(Signature { builtin, active: commas }),
                    None => commas = 0,
                },
                // A list inside the arguments: what is in it counts as one.
                S::LeftBracket if closed == 0 => commas = 0,
                S::LeftBrace if closed == 0 => commas = 0,
                kind if kind.opens() => closed -= 1,
                S::Comma if closed == 0 => commas += 1,
                _ => {}
            }
        }
        token = one.prev_token();
    }
    None
}

/// The function before a bracket.
fn called(bracket: &SyntaxToken) -> Option<&'static Builtin> {
    let name = bracket.prev_token().filter(|token| token.kind() == S::Ident)?;
    builtin::signature(name.text()).map(|signature| signature.builtin)
}
