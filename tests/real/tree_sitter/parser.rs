//! The parser of the grammar: its C code, compiled once and loaded.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use libloading::Library;
use tree_sitter::{Language, Node, Parser, Tree};
use tree_sitter_language::LanguageFn;

/// The folder of the grammar.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar/tree-sitter")
}

/// The language. Its library stays loaded as long as the test runs.
pub fn language() -> Language {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    let library = LIBRARY.get_or_init(|| {
        crate::tree_sitter::generated::update();
        let compiled = compile();
        // SAFETY: the library was made of the generated parser and our scanner, neither of which runs anything when loaded.
        unsafe { Library::new(&compiled) }.expect("the parser is loaded")
    });
    // SAFETY: a generated parser exports this function, of this type, and the library is never unloaded.
    let function = unsafe {
        let symbol = library.get::<unsafe extern "C" fn() -> *const ()>(b"tree_sitter_kmodel").expect("the language");
        LanguageFn::from_raw(*symbol)
    };
    Language::new(function)
}

/// Compiles the parser. Each process has its own file, since several may run at once.
fn compile() -> PathBuf {
    let source = folder().join("src");
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("kmodel-{}.so", std::process::id()));
    let compiled = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC", "-I"])
        .arg(&source)
        .args([source.join("parser.c"), source.join("scanner.c")])
        .arg("-o")
        .arg(&library)
        .status();
    assert!(compiled.expect("a C compiler, as linking needs it").success(), "the parser compiles");
    library
}

/// The tree of a text.
pub fn tree(text: &str) -> Tree {
    let mut parser = Parser::new();
    parser.set_language(&language()).expect("a language of a known version");
    parser.parse(text, None).expect("nothing stops it")
}

/// All nodes below and with this one, parents first.
pub fn walk<'a>(node: Node<'a>, visit: &mut impl FnMut(Node<'a>)) {
    visit(node);
    for child in node.children(&mut node.walk()) {
        walk(child, visit);
    }
}
