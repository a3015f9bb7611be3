//! Queries of all editors fit the grammar, and give the things they are for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tree_sitter::{Query, QueryCursor, StreamingIterator as _};

use crate::support;
use crate::tree_sitter::parser::{folder, language, tree};

/// The folders with queries, and what their names of captures begin with; Neovim's are those of the grammar itself.
fn folders() -> [(&'static str, PathBuf); 3] {
    let editors = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors");
    [
        ("neovim", folder().join("queries")),
        ("helix", editors.join("helix/queries/kmodel")),
        ("zed", editors.join("zed/languages/kmodel")),
    ]
}

fn queries(folder: &Path) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = fs::read_dir(folder)
        .expect("a folder of queries")
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "scm"))
        .map(|entry| {
            let name = entry.path().file_stem().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(entry.path()).expect("a query"))
        })
        .collect();
    found.sort();
    found
}

/// Text that has everything of the language in it.
fn everything() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/syntax/everything.km"))
        .expect("a fixture")
        + include_str!("injected.km")
        + "let broken = \"not closed\n)\n"
}

/// Every query is valid, each of its patterns finds something, and each capture is one that the editor knows.
#[test]
fn every_pattern_finds_something() {
    let text = everything();
    let tree = tree(&text);
    for (editor, folder) in folders() {
        let all = queries(&folder);
        assert!(all.len() >= 5, "{editor} has {} queries", all.len());
        for (name, source) in all {
            let query = Query::new(&language(), &source).unwrap_or_else(|why| panic!("{editor} {name}: {why}"));
            for capture in query.capture_names() {
                assert!(is_known(editor, &name, capture), "{editor} {name}: it does not know @{capture}");
            }
            let mut found = BTreeSet::new();
            let mut cursor = QueryCursor::new();
            let mut matches = cursor.matches(&query, tree.root_node(), text.as_bytes());
            while let Some(one) = matches.next() {
                found.insert(one.pattern_index);
            }
            for pattern in 0..query.pattern_count() {
                let range = query.start_byte_for_pattern(pattern)..query.end_byte_for_pattern(pattern);
                assert!(found.contains(&pattern), "{editor} {name}: nothing matches {}", &source[range]);
            }
        }
    }
}

/// Whether an editor has a meaning for a capture, by its own documentation.
fn is_known(editor: &str, query: &str, capture: &str) -> bool {
    if capture.starts_with('_') {
        return true;
    }
    let list: &[&str] = match (editor, query) {
        // https://neovim.io/doc/user/treesitter.html, "treesitter-highlight-groups"
        ("neovim", "highlights") => &[
            "variable",
            "constant",
            "module",
            "label",
            "string",
            "character",
            "boolean",
            "number",
            "type",
            "property",
            "function",
            "operator",
            "keyword",
            "punctuation",
            "comment",
            "spell",
        ],
        // https://docs.helix-editor.com/themes.html, "Scopes"
        ("helix", "highlights") => &[
            "type",
            "constant",
            "string",
            "comment",
            "variable",
            "label",
            "punctuation",
            "keyword",
            "operator",
            "function",
            "namespace",
        ],
        // https://zed.dev/docs/extensions/languages, "Syntax highlighting"
        ("zed", "highlights") => &[
            "comment",
            "keyword",
            "constant",
            "variable",
            "property",
            "type",
            "function",
            "string",
            "number",
            "boolean",
            "operator",
            "punctuation",
            "namespace",
            "label",
        ],
        (_, "folds") => &["fold"],
        ("neovim", "indents") => &["indent"],
        (_, "indents") => &["indent", "outdent", "end"],
        (_, "injections") => &["injection"],
        (_, "locals") => &["local"],
        (_, "brackets") => &["open", "close"],
        (_, "outline") => &["item", "name", "context"],
        ("neovim", "textobjects") => &[
            "class",
            "function",
            "statement",
            "block",
            "assignment",
            "loop",
            "conditional",
            "parameter",
            "call",
            "comment",
        ],
        (_, "textobjects") => &["class", "function", "parameter", "comment", "entry"],
        _ => &[],
    };
    list.contains(&capture.split('.').next().unwrap_or_default())
}

/// What an editor shows in which colour: the last pattern that names a place decides, and inner places before outer ones.
#[test]
fn highlights() {
    let text = everything();
    let tree = tree(&text);
    for (editor, folder) in folders() {
        let source = fs::read_to_string(folder.join("highlights.scm")).expect("a query");
        let query = Query::new(&language(), &source).expect("a valid query");
        let mut colours: Vec<Option<(usize, &str)>> = vec![None; text.len()];
        let mut found: Vec<(usize, std::ops::Range<usize>, &str)> = Vec::new();
        let mut cursor = QueryCursor::new();
        let mut matches = cursor.matches(&query, tree.root_node(), text.as_bytes());
        while let Some(one) = matches.next() {
            for capture in one.captures {
                found.push((
                    one.pattern_index,
                    capture.node.byte_range(),
                    query.capture_names()[capture.index as usize],
                ));
            }
        }
        found.retain(|(.., name)| *name != "spell" && !name.starts_with('_'));
        found.sort_by_key(|(pattern, range, _)| (std::cmp::Reverse(range.len()), *pattern));
        for (_, range, name) in &found {
            colours[range.clone()].fill(Some((range.start, name)));
        }
        support::snapshot("grammar/tree-sitter/test", &format!("highlights-{editor}"), &coloured(&text, &colours));
    }
}

/// Each line, and below it what is said of its parts.
fn coloured(text: &str, colours: &[Option<(usize, &str)>]) -> String {
    let mut shown = String::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let mut parts: Vec<(String, &str)> = Vec::new();
        let mut last = None;
        for (offset, letter) in line.char_indices() {
            let colour = colours[at + offset];
            match (colour, parts.last_mut()) {
                (Some(_), Some((part, _))) if colour == last => part.push(letter),
                (Some((_, name)), _) => parts.push((letter.to_string(), name)),
                (None, _) => {}
            }
            last = colour;
        }
        shown += line.trim_end();
        shown.push('\n');
        for (part, name) in parts.iter().filter(|(part, _)| !part.trim().is_empty()) {
            shown += &format!("    {} {name}\n", part.trim());
        }
        at += line.len();
    }
    shown
}

/// What is in another language, and in which.
#[test]
fn injections() {
    let text = everything();
    let tree = tree(&text);
    let source = fs::read_to_string(folder().join("queries/injections.scm")).expect("a query");
    let query = Query::new(&language(), &source).expect("a valid query");
    let content = query.capture_index_for_name("injection.content").expect("what is injected");
    let mut found = BTreeSet::new();
    let mut cursor = QueryCursor::new();
    let mut matches = cursor.matches(&query, tree.root_node(), text.as_bytes());
    while let Some(one) = matches.next() {
        let settings = query.property_settings(one.pattern_index);
        let language =
            settings.iter().find(|setting| &*setting.key == "injection.language").and_then(|s| s.value.clone());
        for capture in one.captures.iter().filter(|capture| capture.index == content) {
            let inside = &text[capture.node.byte_range()];
            found.insert((language.as_deref().unwrap_or_default().to_owned(), inside.trim().to_owned()));
        }
    }
    for (language, inside) in [
        ("bash", "modprobe br_netfilter"),
        ("bash", "/usr/bin/web --prepare"),
        ("bash", "exec /usr/bin/web"),
        ("yaml", "kind: Config"),
        ("toml", "[server]"),
        ("json", "{ \"a\": 1 }"),
        ("ini", "[Service]"),
    ] {
        assert!(found.contains(&(language.to_owned(), inside.to_owned())), "{inside} is {language}: {found:#?}");
    }
}
