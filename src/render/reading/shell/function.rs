//! The functions of a script, apart from its other commands: their commands are read where they are called, with the values that they are
//! called with.

use std::rc::Rc;

use super::budget::Budget;
use super::is_name;
use super::token::{Token, Word};

/// The functions by name, in the order in which they are written.
pub(super) type Functions = Vec<(String, Rc<[Token]>)>;

/// The functions of a script, and the tokens that are in none.
pub(super) fn apart((text, budget): (&str, &Budget), tokens: Vec<Token>) -> (Functions, Vec<Token>) {
    let (mut functions, mut rest) = (Functions::new(), Vec::with_capacity(tokens.len()));
    let mut place = 0;
    while place < tokens.len() {
        match definition((text, budget), &tokens[place..]).filter(|_| begins(text, rest.last())) {
            Some((name, body, length)) => {
                functions.push((name, tokens[place + body.start..place + body.end].into()));
                place += length;
            }
            None => {
                rest.push(tokens[place].clone());
                place += 1;
            }
        }
    }
    (functions, rest)
}

/// Whether a command may begin behind a token.
fn begins(text: &str, before: Option<&Token>) -> bool {
    match before {
        None | Some(Token::End | Token::Operator(_)) => true,
        Some(Token::Word(word)) => {
            matches!(raw(text, word), "then" | "do" | "else" | "{" | "}" | "fi" | "done" | "esac")
        }
        Some(_) => false,
    }
}

/// The name, where the body stands, and the length of a definition: `name() { ...; }` or `function name { ...; }`.
fn definition((text, budget): (&str, &Budget), tokens: &[Token]) -> Option<(String, std::ops::Range<usize>, usize)> {
    let word = |place: usize| match tokens.get(place) {
        Some(Token::Word(word)) => Some(raw(text, word)),
        _ => None,
    };
    let is_operator =
        |place: usize, operator: &str| matches!(tokens.get(place), Some(Token::Operator(one)) if *one == operator);
    let is_keyword = word(0)? == "function";
    let name = word(usize::from(is_keyword))?;
    let mut at = 1 + usize::from(is_keyword);
    let has_parentheses = is_operator(at, "(") && is_operator(at + 1, ")");
    at += if has_parentheses { 2 } else { 0 };
    while matches!(tokens.get(at), Some(Token::End)) {
        at += 1;
    }
    let is_called_so = !name.is_empty() && name.chars().all(|c| is_name(c) || "-.:".contains(c));
    if !(has_parentheses || is_keyword) || !is_called_so || word(at)? != "{" {
        return None;
    }
    let mut depth = 0_usize;
    for place in (at..tokens.len()).take_while(|_| budget.searches()) {
        match word(place) {
            Some("{") => depth += 1,
            Some("}") => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((name.to_owned(), at + 1..place, place + 1));
        }
    }
    None
}

fn raw<'t>(text: &'t str, word: &Word) -> &'t str {
    text.get(word.range.clone()).unwrap_or_default()
}
