//! A loop over words: its variable, the words and the body.

use super::budget::Budget;
use super::token::{Token, Word};

/// `for NAME in WORDS; do BODY; done`.
pub(super) struct Loop<'t> {
    pub name: &'t str,
    pub words: Vec<&'t Word>,
    pub body: &'t [Token],
    /// How many tokens it has.
    pub length: usize,
}

/// The loop that tokens begin with, if it ends where the budget reaches.
pub(super) fn looped<'t>((text, budget): (&'t str, &Budget), tokens: &'t [Token]) -> Option<Loop<'t>> {
    let word = |place: usize| match tokens.get(place) {
        Some(Token::Word(word)) => Some(text.get(word.range.clone()).unwrap_or_default()),
        _ => None,
    };
    let is_break = |place: usize| matches!(tokens.get(place), Some(Token::End | Token::Operator(";")));
    if word(0)? != "for" || word(2)? != "in" {
        return None;
    }
    let mut at = 3;
    let mut words = Vec::new();
    while let Some(Token::Word(one)) = tokens.get(at) {
        words.push(one);
        at += 1;
    }
    while is_break(at) {
        at += 1;
    }
    if word(at)? != "do" {
        return None;
    }
    let (first, mut depth) = (at + 1, 0_usize);
    for place in (at..tokens.len()).take_while(|_| budget.searches()) {
        // Only where a command may begin.
        let begins = is_break(place - 1)
            || matches!(tokens[place - 1], Token::Operator(_))
            || word(place - 1).is_some_and(is_open);
        match word(place).filter(|_| begins) {
            Some("do") => depth += 1,
            Some("done") => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(Loop { name: word(1)?, words, body: &tokens[first..place], length: place + 1 });
        }
    }
    None
}

fn is_open(word: &str) -> bool {
    matches!(word, "do" | "done" | "then" | "else" | "fi" | "{" | "}" | "esac")
}
