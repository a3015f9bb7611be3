//! The language server with real clients: pytest-lsp, Neovim, and the library of VS Code's clients.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::tool::{find, said, skip, tool};

const KMODEL: &str = env!("CARGO_BIN_EXE_kmodel");

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

#[track_caller]
fn passes(command: &mut Command) {
    // Copies of the standard library go to a folder of the test's own.
    let cache = tempfile::tempdir().expect("a temporary folder");
    let output = command.env("KMODEL", KMODEL).env("XDG_CACHE_HOME", cache.path()).output().expect("the client runs");
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn pytest_lsp() {
    let has = |python: &Path| {
        Command::new(python).args(["-c", "import pytest_lsp"]).output().is_ok_and(|o| o.status.success())
    };
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-venv/bin/python3");
    let python = [Some(own), find("python3")].into_iter().flatten().find(|python| python.is_file() && has(python));
    let Some(python) = python else { return skip("pytest-lsp is not installed", "the language server") };
    let folder = tempfile::tempdir().expect("a temporary folder");
    passes(
        Command::new(python)
            .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
            .arg(file(""))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(folder.path()),
    );
}

#[test]
fn one_that_misbehaves() {
    let Some(mut python) = tool("python3") else { return };
    passes(python.arg(file("misbehave.py")));
}

#[test]
fn neovim() {
    let Some(mut nvim) = tool("nvim") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    passes(
        nvim.args(["--headless", "--clean", "-c"])
            .arg(format!("luafile {}", file("nvim.lua").display()))
            .env("KMODEL_FOLDER", folder.path())
            .env("XDG_STATE_HOME", folder.path()),
    );
}

#[test]
fn the_library_of_vscode_clients() {
    let Some(mut node) = tool("node") else { return };
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-node");
    if !modules.join("node_modules/vscode-languageserver-protocol").is_dir() {
        return skip("vscode-languageserver-protocol is not installed", "the language server");
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    passes(node.arg(file("vscode.mjs")).arg(KMODEL).arg(folder.path()).env("KMODEL_NODE", modules));
}

/// What the server answers and takes is sent by a client in a test: `textDocument/hover` as `text_document_hover`.
#[test]
fn every_message_is_sent_by_a_client() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: PathBuf| std::fs::read_to_string(path).expect("a file of the repository");
    let tests = ["test_server.py", "test_model.py", "test_pull.py", "test_files.py", "support.py"];
    let sent: String = tests.into_iter().map(|name| read(file(name))).collect();
    let taken = ["request.rs", "notification.rs"].map(|name| read(folder.join("src/lsp").join(name))).concat();
    let families = ["textDocument/", "workspace/", "callHierarchy/", "completionItem/"];
    let methods: Vec<&str> =
        taken.split('"').filter(|text| families.iter().any(|family| text.starts_with(family))).collect();
    assert!(methods.len() > 35, "{methods:?}");
    for method in methods {
        let mut name = String::new();
        for c in method.chars() {
            match c {
                '/' => name.push('_'),
                c if c.is_ascii_uppercase() => name.extend(['_', c.to_ascii_lowercase()]),
                c => name.push(c),
            }
        }
        let is_sent = [format!("{name}_async("), format!("{name}(")].iter().any(|call| sent.contains(call));
        assert!(is_sent, "no test sends `{method}`");
    }
}
