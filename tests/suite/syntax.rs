//! The syntax phase: fixtures, and laws that hold for any text.

use std::time::{Duration, Instant};

use kmodel::source::SourceId;
use kmodel::syntax::{format, parse};
use proptest::prelude::*;

use crate::support::ebnf::{self, Generator};
use crate::support::outline;

fn tree(text: &str) -> String {
    outline::file(&parse(SourceId(0), text).file)
}

/// Formatting makes no difference to what a sentence of the grammar means, and formatting twice is formatting once.
#[test]
fn formatting_keeps_the_tree() {
    let grammar = ebnf::read(include_str!("../../grammar/kmodel.ebnf"));
    for seed in 0..1000 {
        let text = Generator::new(&grammar, seed, 20 + seed as usize % 300).file();
        let once = format(&text).unwrap();
        assert_eq!(tree(&once), tree(&text), "seed {seed}:\n{text}\n---\n{once}");
        assert_eq!(format(&once).unwrap(), once, "seed {seed}:\n{text}\n---\n{once}");
    }
}

/// The same with comments and newlines where they may stand.
#[test]
fn formatting_keeps_comments() {
    let grammar = ebnf::read(include_str!("../../grammar/kmodel.ebnf"));
    for seed in 0..1000 {
        let text = commented(&Generator::new(&grammar, seed, 20 + seed as usize % 300).file());
        let Ok(once) = format(&text) else { panic!("seed {seed}:\n{text}") };
        assert_eq!(once.matches("//c").count(), text.matches("//c").count(), "seed {seed}:\n{text}\n---\n{once}");
        assert_eq!(tree(&once), tree(&text), "seed {seed}:\n{text}\n---\n{once}");
        assert_eq!(format(&once).unwrap(), once, "seed {seed}:\n{text}\n---\n{once}");
    }
}

/// A comment at the end of some lines, and after some of the operators of lines that have no text.
fn commented(text: &str) -> String {
    let lines = text.split('\n').enumerate().map(|(at, line)| match (line.contains('"'), at % 3) {
        (true, _) => format!("{line}\n"),
        (false, 0) => format!("{line} //c\n"),
        (false, _) => line.replace(" && ", " && //c\n").replace(" = ", " = //c\n  ") + "\n",
    });
    lines.collect()
}

const SOUP: &[&str] = &[
    "machines",
    "deploy",
    "component",
    "cert",
    "unit",
    "for",
    "in",
    "if",
    "then",
    "else",
    "x",
    "a-b",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    "\n",
    "=",
    "==",
    ":",
    ".",
    "..",
    "->",
    "?",
    "??",
    "?.",
    "+",
    "-",
    "*",
    "/",
    "%",
    "!",
    "&",
    "|",
    "<",
    ">",
    "\"",
    "\"\"\"",
    "${",
    "$p",
    "'",
    "#",
    "//c\n",
    "///d\n",
    "/etc/x",
    "./y",
    "1",
    "1.2",
    "10.0.0.0/8",
    "6443/tcp",
    "4GiB",
    "5%",
    "::1",
    "\\",
    "\r\n",
    "é",
    " ",
    ";",
    "@",
    "set",
    "add",
    "drop",
    "provides",
    "needs",
    "sysctl",
    "overlay",
    "use",
];

proptest! {
    #[test]
    fn any_text_prints_back(text in any::<String>()) {
        prop_assert_eq!(parse(SourceId(0), &text).tree.to_string(), text);
    }

    #[test]
    fn any_tokens_print_back(tokens in prop::collection::vec(prop::sample::select(SOUP), 0..200), space in any::<bool>()) {
        let text = tokens.join(if space { " " } else { "" });
        let parse = parse(SourceId(0), &text);
        prop_assert_eq!(parse.tree.to_string(), text.clone());
        for label in parse.diagnostics.iter().flat_map(|problem| &problem.labels) {
            prop_assert!(text.get(label.span.start as usize..label.span.end as usize).is_some());
        }
        if let Ok(once) = format(&text) {
            prop_assert_eq!(tree(&once), tree(&text));
            prop_assert_eq!(format(&once).unwrap(), once);
        }
    }
}

/// Texts that are the same thing over and over take time in proportion to their length, and no stack.
#[test]
fn bombs_take_little_time() {
    let bombs = [
        "(",
        "[",
        "{ a = ",
        "\"${",
        "f(",
        "x[",
        "!",
        "-",
        "if x then ",
        "x.",
        "1 + ",
        "a ?? ",
        "let a = (",
        "a::",
        "'",
        "\"",
        "/",
        "machines x {\n",
        "component c {\nunit x.service {\n",
        "list<",
        "let a: {a: ",
        "overlay o { add ",
        "[x for x in ",
        "}",
        "#",
        "let a = \"\"\"",
        "\\",
        "1.",
        "a.",
        "0_",
        "f0.",
        "a-",
        ",",
        "deploy a, ",
        "cert ",
        "needs ",
        "\n\n",
        "// c\n",
        "/// d\n",
    ];
    for bomb in bombs {
        for prefix in ["", "let x = ", "component c { "] {
            let text = format!("{prefix}{}", bomb.repeat(60_000 / bomb.len()));
            let start = Instant::now();
            assert_eq!(parse(SourceId(0), &text).tree.to_string(), text);
            assert!(start.elapsed() < Duration::from_secs(4), "{prefix}{bomb} took {:?}", start.elapsed());
        }
    }
}
