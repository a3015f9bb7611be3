//! The grammar in `grammar/kmodel.ebnf` is that of the lexer and the parser.

use std::collections::BTreeSet;

use kmodel::source::SourceId;
use kmodel::syntax::token::SyntaxKind;
use kmodel::syntax::{lexer, parse, parser};

use crate::support::ebnf::{self, Generator, Grammar, Random};

fn grammar() -> Grammar {
    ebnf::read(include_str!("../../grammar/kmodel.ebnf"))
}

/// The tokens of the grammar and what the lexer calls them.
const TOKENS: &[(&str, SyntaxKind)] = &[
    ("NEWLINE", SyntaxKind::Newline),
    ("NAME", SyntaxKind::Ident),
    ("PARAM", SyntaxKind::ParamName),
    ("INT", SyntaxKind::Int),
    ("DECIMAL", SyntaxKind::Decimal),
    ("VERSION", SyntaxKind::Version),
    ("SIZE", SyntaxKind::Size),
    ("DURATION", SyntaxKind::Duration),
    ("PERCENT", SyntaxKind::Percent),
    ("MODE", SyntaxKind::Mode),
    ("PORT", SyntaxKind::Port),
    ("IP", SyntaxKind::Ip),
    ("CIDR", SyntaxKind::Cidr),
    ("PATH", SyntaxKind::Path),
    ("RELATIVE_PATH", SyntaxKind::RelativePath),
];

#[test]
fn every_rule_is_defined_and_used() {
    let grammar = grammar();
    let mut used = BTreeSet::from(["file".to_owned()]);
    grammar.values().for_each(|rule| ebnf::mentioned(rule, &mut used));
    let defined: BTreeSet<String> = grammar.keys().cloned().collect();
    assert_eq!(used, defined);
}

#[test]
fn words_are_those_of_the_parser() {
    let grammar = grammar();
    let written: BTreeSet<String> =
        ebnf::terminals(&grammar, |rule| !ebnf::is_token(rule)).into_iter().filter(|text| is_word(text)).collect();
    let known: BTreeSet<String> = parser::words().map(str::to_owned).collect();
    assert_eq!(written, known);
}

#[test]
fn punctuation_is_that_of_the_lexer() {
    let grammar = grammar();
    let written: BTreeSet<String> =
        ebnf::terminals(&grammar, |rule| !ebnf::is_token(rule)).into_iter().filter(|text| !is_word(text)).collect();
    let quotes = ["\"", "\"\"\"", "${"].map(str::to_owned);
    let range = SyntaxKind::LeftBrace as usize..=SyntaxKind::Pipe as usize;
    let known = SyntaxKind::ALL[range].iter().filter(|kind| **kind != SyntaxKind::Semicolon);
    let known: BTreeSet<String> =
        known.map(|kind| kind.describe().trim_matches('`').to_owned()).chain(quotes).collect();
    assert_eq!(written, known);
}

fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphabetic())
}

#[test]
fn tokens_are_those_of_the_lexer() {
    let grammar = grammar();
    for &(rule, kind) in TOKENS {
        let mut generator = Generator::new(&grammar, 7, 30);
        for _ in 0..500 {
            let text = generator.sentence(rule);
            let lexed: Vec<SyntaxKind> = lexer::lex(&text).iter().map(|lexeme| lexeme.kind).collect();
            assert_eq!(lexed, [kind], "{rule} {text}");
        }
    }
    let literals = SyntaxKind::Int as usize..=SyntaxKind::RelativePath as usize;
    for kind in &SyntaxKind::ALL[literals] {
        assert!(TOKENS.iter().any(|(_, known)| known == kind), "{kind:?} has no rule");
    }
}

#[test]
fn sentences_have_no_problems() {
    let grammar = grammar();
    let mut seen = BTreeSet::new();
    for seed in 0..2000 {
        let text = Generator::new(&grammar, seed, 20 + seed as usize % 400).file();
        let parse = parse(SourceId(0), &text);
        assert_eq!(parse.diagnostics, [], "seed {seed}:\n{text}");
        seen.extend(parse.root().descendants_with_tokens().map(|element| element.kind()));
    }
    let first = SyntaxKind::File as usize;
    let missing: Vec<_> = SyntaxKind::ALL[first..].iter().filter(|kind| !seen.contains(kind)).collect();
    assert_eq!(missing, [&SyntaxKind::Error], "every node is made, and none is an error");
}

/// A token that may not be there, put anywhere but into a text, is found.
#[test]
fn mutations_have_problems() {
    let grammar = grammar();
    let mut random = Random(99);
    let mut tried = 0;
    for seed in 0..1500 {
        let text = Generator::new(&grammar, seed, 60).file();
        let lexemes = lexer::lex(&text);
        if text.contains('"') || lexemes.is_empty() {
            continue;
        }
        let at = lexemes[random.below(lexemes.len())].end as usize;
        for wrong in [" ; ", " @ ", " => ", " ] ", " ..  .. ", " 1.2.3.4.5 ", " 'x' "] {
            let broken = format!("{}{wrong}{}", &text[..at], &text[at..]);
            assert!(!parse(SourceId(0), &broken).diagnostics.is_empty(), "seed {seed}:\n{broken}");
            tried += 1;
        }
    }
    assert!(tried > 500, "only {tried}");
}

#[test]
fn what_is_no_sentence_has_problems() {
    let broken = [
        "machines",
        "machines cp[",
        "deploy",
        "deploy a on",
        "relate a.b",
        "relate a.b -> c",
        "let a",
        "let a =",
        "let = 1",
        "param a",
        "use",
        "use /etc",
        "export a",
        "cluster p { a }",
        "cluster p { a = }",
        "cluster p { = 1 }",
        "check",
        "allow x",
        "overlay o",
        "overlay o { set a }",
        "component c",
        "component c { a = 1 }",
        "component c { unit }",
        "component c { requires a }",
        "component c { for a }",
        "let a = [1 2]",
        "let a = (1",
        "let a = f (1)",
        "let a = if b",
        "let a = 1 +",
        "let a = { b = 1 c = 2 }",
        "let a = [x for x]",
        "let a = \"",
        "let a = \"${\"",
        "let a: list<int = 1",
        "let a: = 1",
        "let a = b.1",
        "let a = 10/2",
        "let a = 1_KiB_",
        "a = 1",
        "}",
        "let a = $",
    ];
    for text in broken {
        assert!(!parse(SourceId(0), text).diagnostics.is_empty(), "{text}");
    }
}
