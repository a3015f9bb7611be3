//! The compiler and the grammar find the same tree in what is right, and both refuse what is wrong.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use kmodel::diag::{Code, Diagnostic};
use kmodel::source::SourceId;
use kmodel::syntax::token::SyntaxKind;
use kmodel::syntax::{lexer, parse};

use crate::support::ebnf::{self, Generator, Random};
use crate::tree_sitter::parser::{tree, walk};

/// Every `.km` file of the repository.
#[test]
fn files() {
    let mut files = Vec::new();
    collect(Path::new(env!("CARGO_MANIFEST_DIR")), &mut files);
    assert!(files.len() > 200, "only {} files", files.len());
    let (mut right, mut wrong) = (0, 0);
    for file in files {
        let text = fs::read_to_string(&file).expect("a file of the repository");
        match agree(&text) {
            Ok(true) => right += 1,
            Ok(false) => wrong += 1,
            Err(why) => panic!("{}: {why}", file.display()),
        }
    }
    assert!(right > 200 && wrong > 10, "{right} right and {wrong} wrong files");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            if !["target", "node_modules", ".git", ".kmodel"].iter().any(|skipped| name == *skipped) {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "km") {
            files.push(path);
        }
    }
}

/// Sentences of the reference grammar.
#[test]
fn sentences() {
    let grammar = ebnf::read(include_str!("../../../grammar/kmodel.ebnf"));
    for seed in 0..1500 {
        let text = Generator::new(&grammar, seed, 20 + seed as usize % 400).file();
        assert_eq!(agree(&text), Ok(true), "seed {seed}:\n{text}");
    }
}

/// Texts that are nearly right: one token taken away, doubled, moved to another line, or put where it does not belong.
#[test]
fn mutations() {
    let grammar = ebnf::read(include_str!("../../../grammar/kmodel.ebnf"));
    let mut texts: Vec<String> = (0..300).map(|seed| Generator::new(&grammar, seed, 40).file()).collect();
    let mut files = Vec::new();
    collect(Path::new(env!("CARGO_MANIFEST_DIR")), &mut files);
    texts.extend(files.iter().map(|file| fs::read_to_string(file).expect("a file of the repository")));
    let mut random = Random(11);
    let (mut right, mut wrong, mut differ) = (0, 0, Vec::new());
    for text in &texts {
        for _ in 0..10 {
            let broken = mutated(text, &mut random);
            match agree(&broken) {
                Ok(true) => right += 1,
                Ok(false) => wrong += 1,
                Err(why) => differ.push(format!("{why}\n{}", around(text, &broken))),
            }
        }
    }
    assert!(right > 1000 && wrong > 2000, "{right} right and {wrong} wrong texts");
    assert!(differ.is_empty(), "{} texts:\n{}", differ.len(), differ.join("\n\n"));
}

/// A text with one change.
fn mutated(text: &str, random: &mut Random) -> String {
    let lexemes = lexer::lex(text);
    if lexemes.is_empty() {
        return text.to_owned();
    }
    let at = random.below(lexemes.len());
    let end = lexemes[at].end as usize;
    let start = at.checked_sub(1).map_or(0, |before| lexemes[before].end as usize);
    let (token, rest) = (&text[start..end], &text[end..]);
    match random.below(3) {
        0 => format!("{}{rest}", &text[..start]),
        1 => format!("{}{token}{token}{rest}", &text[..start]),
        _ => format!("{}{}{rest}", &text[..end], WRONG[random.below(WRONG.len())]),
    }
}

/// What is put where it does not belong, or perhaps does.
const WRONG: &[&str] = &[
    "\n",
    " ",
    ", ",
    " { ",
    " } ",
    " ] ",
    " [ ",
    " ( ",
    " ) ",
    " = ",
    " x ",
    " 1 ",
    " if ",
    " -> ",
    " : ",
    ".",
    " /a ",
    " / ",
    " \"t\" ",
    " \"",
    " \"\"\" ",
    "${",
    " for ",
    " then ",
    " else ",
    " in ",
    " cert ",
    " - ",
    " ? ",
    " deploy x ",
    " && ",
    " | ",
    " // c\n",
    " as ",
    " on ",
    "\r\n",
];

/// The place at which two texts begin to differ.
fn around(text: &str, broken: &str) -> String {
    let same = text.bytes().zip(broken.bytes()).take_while(|(a, b)| a == b).count();
    let start =
        broken[..same.min(broken.len())].rfind('\n').map_or(0, |at| broken[..at].rfind('\n').map_or(0, |at| at + 1));
    broken[start..].chars().take(300).collect()
}

/// Whether a text is right, in the view of both.
fn agree(text: &str) -> Result<bool, String> {
    let parse = parse(SourceId(0), text);
    let found = tree(text);
    if !parse.diagnostics.is_empty() {
        return match found.root_node().has_error() {
            true => Ok(false),
            false if parse.diagnostics.iter().any(|problem| is_ours_alone(text, problem)) => Ok(false),
            false => Err(format!("only the compiler refuses it: {:?}", parse.diagnostics[0])),
        };
    }
    if found.root_node().has_error() {
        return Err(format!("only the compiler takes it: {}", place_of_error(&found)));
    }
    let (ours, theirs) = (compiler_nodes(&parse.root()), grammar_nodes(&found));
    let shown = |set: &BTreeSet<Shape>| format!("{:?}", set.iter().take(5).collect::<Vec<_>>());
    match ours == theirs {
        true => Ok(true),
        false => Err(format!(
            "the trees differ; only the compiler has {}, only the grammar {}",
            shown(&ours.difference(&theirs).cloned().collect()),
            shown(&theirs.difference(&ours).cloned().collect()),
        )),
    }
}

/// What only the compiler says, as `grammar.js` explains: how deep expressions nest and how large numbers are, and that outside
/// of brackets a line may not end in the condition of an `if`, or after an operator or a word that needs an operand.
fn is_ours_alone(text: &str, problem: &Diagnostic) -> bool {
    let line_end = problem.message.ends_with("found the end of the line");
    let before = &text[..problem.labels[0].span.start as usize];
    let word = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && !"_-$".contains(c)).next().unwrap_or_default();
    problem.code == Code::TooDeep
        || problem.message.ends_with("is too large")
        || problem.message == "a record with a loop has one element before the `for`"
        || line_end && (problem.message.contains("`then`") || problem.message.contains("`in`"))
        || line_end && (before.ends_with(['!', '-', '.']) || ["if", "for", "in"].contains(&word))
}

fn place_of_error(tree: &tree_sitter::Tree) -> String {
    let mut first = None;
    walk(tree.root_node(), &mut |node| {
        if (node.is_error() || node.is_missing()) && first.is_none() {
            first = Some(format!("{} at {}", node.to_sexp(), node.start_position()));
        }
    });
    first.unwrap_or_default()
}

/// A node: what it is and where.
type Shape = (usize, usize, String);

/// The nodes of the compiler's tree, by the names the grammar has for them.
fn compiler_nodes(root: &kmodel::syntax::tree::SyntaxNode) -> BTreeSet<Shape> {
    let nodes = root.descendants().skip(1);
    let shape = |range: Range<usize>, kind: SyntaxKind| (range.start, range.end, name(kind));
    nodes.map(|node| shape(node.text_range().into(), node.kind())).collect()
}

/// `UseStatement` is `use_statement`, `IfExpr` is `if_expression`.
fn name(kind: SyntaxKind) -> String {
    let mut name = String::new();
    for letter in format!("{kind:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    if name.ends_with("_expr") { name + "ession" } else { name }
}

/// The nodes of the grammar's tree. What is a token for the compiler is none; a literal is a node of its own there.
fn grammar_nodes(tree: &tree_sitter::Tree) -> BTreeSet<Shape> {
    const TOKENS: &[&str] = &[
        "identifier",
        "param_name",
        "relative_path",
        "text_content",
        "escape_sequence",
        "comment",
        "doc_comment",
        "file_doc_comment",
    ];
    const LITERALS: &[&str] = &[
        "boolean", "none", "integer", "decimal", "version", "size", "duration", "percent", "port", "mode", "ip",
        "cidr", "path",
    ];
    let mut nodes = BTreeSet::new();
    walk(tree.root_node(), &mut |node| {
        let kind = if LITERALS.contains(&node.kind()) { "literal_expression" } else { node.kind() };
        if node.is_named() && node.parent().is_some() && !TOKENS.contains(&kind) {
            nodes.insert((node.start_byte(), node.end_byte(), kind.to_owned()));
        }
    });
    nodes
}
