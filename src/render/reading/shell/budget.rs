//! How much a script may come to: loops, calls and variables in variables make a short one as long as they like.

use std::cell::Cell;

use super::token::Token;

/// What may still be read and made, in a script and in those that it runs. What is beyond counts as known to the machine only.
#[derive(Debug)]
pub(super) struct Budget {
    /// Tokens of loops and calls.
    tokens: Cell<usize>,
    /// Bytes of values that variables stand for, of what is repeated, and of what pipes pass on.
    bytes: Cell<usize>,
    /// Tokens that are gone over to find where a loop or a function ends.
    searched: Cell<usize>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { tokens: Cell::new(20_000), bytes: Cell::new(4 << 20), searched: Cell::new(1 << 20) }
    }
}

impl Budget {
    /// Takes what a number of readings of tokens needs, if there is as much.
    pub(super) fn reads(&self, body: &[Token], times: usize) -> bool {
        let size = |token: &Token| match token {
            Token::Word(word) | Token::Input { word, .. } => word.range.len(),
            _ => 0,
        };
        take(&self.tokens, body.len() * times) && self.makes(body.iter().map(size).sum::<usize>() * times)
    }

    /// Takes what going on to the next token needs, if there is as much.
    pub(super) fn searches(&self) -> bool {
        take(&self.searched, 1)
    }

    /// Takes what a text of that size needs, if there is as much.
    pub(super) fn makes(&self, bytes: usize) -> bool {
        take(&self.bytes, bytes)
    }
}

fn take(left: &Cell<usize>, count: usize) -> bool {
    let rest = left.get().checked_sub(count);
    rest.into_iter().for_each(|rest| left.set(rest));
    rest.is_some()
}
