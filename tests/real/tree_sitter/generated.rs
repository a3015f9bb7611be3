//! What is generated is what is committed: editors build `src/parser.c` from the repository, without a generator.

use std::fs;
use std::path::Path;

use kmodel::syntax::parser as compiler;
use tempfile::TempDir;
use tree_sitter_generate::{OptLevel, generate_parser_in_directory};

use crate::support::tool;
use crate::tree_sitter::parser::folder;

/// The oldest form of parsers that editors in use read: Neovim 0.7 knows no later one.
const ABI: usize = 14;

/// The files that are generated, in `src`.
const FILES: &[&str] = &["grammar.json", "node-types.json", "parser.c", "tree_sitter/parser.h"];

/// With `INSTA_UPDATE=always` they are written before any test reads them.
#[test]
fn the_parser_is_that_of_the_grammar() {
    let Some(made) = generate() else {
        return tool::skip("node is not installed", "whether src/parser.c is generated from grammar.js");
    };
    crate::tree_sitter::parser::language();
    for file in FILES {
        let (text, kept) = (read(&made.path().join("src").join(file)), read(&folder().join("src").join(file)));
        assert!(text == kept, "src/{file} is old: run this test with INSTA_UPDATE=always");
    }
}

/// Writes what is generated, where that is asked for.
pub fn update() {
    if !is_updating() {
        return;
    }
    let made = generate().expect("node, to read grammar.js with");
    for file in FILES {
        let kept = folder().join("src").join(file);
        fs::create_dir_all(kept.parent().expect("a folder")).expect("a folder for it");
        fs::write(kept, read(&made.path().join("src").join(file))).expect("a generated file is kept");
    }
}

/// Whether what tests expect is to be replaced by what they find.
pub fn is_updating() -> bool {
    std::env::var_os("INSTA_UPDATE").is_some_and(|value| value == "always")
}

/// A folder with what `grammar.js` gives; none without Node, which runs it.
fn generate() -> Option<TempDir> {
    let node = tool::find("node")?;
    let made = tempfile::tempdir().expect("a folder");
    let js = Some(node.to_str().expect("a path of this system"));
    for file in ["grammar.js", "tree-sitter.json"] {
        fs::copy(folder().join(file), made.path().join(file)).expect("a file of the grammar");
    }
    let none: Option<&Path> = None;
    generate_parser_in_directory(made.path(), none, none, ABI, None, js, true, OptLevel::default())
        .expect("the grammar has no conflict");
    Some(made)
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_default()
}

/// The scanner knows the words that begin something, to tell which comma ends a statement.
#[test]
fn the_scanner_knows_the_words_of_the_parser() {
    let scanner = fs::read_to_string(folder().join("src/scanner.c")).expect("the scanner");
    let (_, list) = scanner.split_once("BEGINNINGS[] = {").expect("the list of words");
    let (list, _) = list.split_once("};").expect("its end");
    let mut known: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    let mut words: Vec<&str> =
        [compiler::STATEMENTS, compiler::ITEMS, compiler::CHANGES].into_iter().flatten().copied().collect();
    words.sort_unstable();
    words.dedup();
    known.sort_unstable();
    assert_eq!(known, words);
    let longest = words.iter().map(|word| word.len()).max();
    assert!(longest < Some(15), "`WORD` of the scanner is long enough");
}
