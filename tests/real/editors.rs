//! What `editors/` holds, in the editors themselves where they are installed. VS Code's own tests are run by `./test`, with npm.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::tool;

fn editors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("editors")
}

/// A command that finds the program to test and an empty folder in its environment.
fn with_program(mut command: Command, folder: &Path) -> Command {
    command.env("KMODEL", env!("CARGO_BIN_EXE_kmodel")).env("FOLDER", folder).env("HOME", folder);
    for (name, inside) in [("DATA", "data"), ("CONFIG", "config"), ("CACHE", "cache"), ("STATE", "state")] {
        command.env(format!("XDG_{name}_HOME"), folder.join(inside));
    }
    command
}

/// Neovim without a terminal: file type, tree-sitter, the language server, previews.
#[test]
fn neovim() {
    let Some(neovim) = tool::tool("nvim") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = with_program(neovim, folder.path());
    command.args(["--headless", "-u", "NONE", "-i", "NONE", "-c"]);
    command.arg(format!("luafile {}", editors().join("nvim/test/check.lua").display()));
    let said = tool::succeed(&mut command);
    assert!(said.contains("8 of 8 checks hold"), "{said}");
}

/// Emacs without a display: the mode compiles without a warning, colours, and indents as `kmodel fmt` does.
#[test]
fn emacs() {
    let Some(emacs) = tool::tool("emacs") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = Vec::new();
    for name in ["examples", "stdlib"] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name), &mut files);
    }
    let mut command = with_program(emacs, folder.path());
    command.env("FILES", files.join("\n")).args(["-Q", "-batch", "-l"]).arg(editors().join("emacs/test/check.el"));
    let said = tool::succeed(&mut command);
    assert!(said.contains("12 results as expected, 0 unexpected"), "{said}");
}

fn collect(folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "km") {
            files.push(path.display().to_string());
        }
    }
}

/// Files of settings are well-formed, and name what there is.
#[test]
fn helix_and_zed() {
    let read = |name: &str| -> toml::Table {
        fs::read_to_string(editors().join(name)).expect("a file of settings").parse().expect("TOML")
    };
    let helix = read("helix/languages.toml");
    assert_eq!(helix["language-server"]["kmodel"]["args"].as_array().map(Vec::len), Some(1));
    assert_eq!(helix["language"][0]["language-servers"][0].as_str(), Some("kmodel"));
    let grammar = helix["grammar"][0]["source"]["path"].as_str().expect("where the grammar is");
    assert!(grammar.ends_with("grammar/tree-sitter"), "{grammar}");
    let zed = read("zed/extension.toml");
    let grammar = zed["grammars"]["kmodel"]["path"].as_str().expect("where the grammar is");
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(grammar).join("src/parser.c").exists(), "{grammar}");
    let language = read("zed/languages/kmodel/config.toml");
    assert_eq!(language["grammar"].as_str(), Some("kmodel"));
    assert_eq!(language["path_suffixes"][0].as_str(), Some("km"));
}

/// Neovim has no queries of its own: they are the grammar's.
#[test]
fn neovim_reads_the_queries_of_the_grammar() {
    let queries = editors().join("nvim/queries/kmodel").canonicalize().expect("a link to the queries");
    assert!(queries.ends_with("grammar/tree-sitter/queries"), "{}", queries.display());
}
