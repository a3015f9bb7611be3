//! Scripts of this machine as bash reads them: what it takes, kmodel takes too, and what it refuses without a `fi`, `done` or `esac`,
//! kmodel refuses.

use std::path::{Path, PathBuf};
use std::process::Command;

use kmodel::render::evidence::grammar;

use crate::support::tool::{find, skip};

const FOLDERS: [&str; 6] =
    ["/usr/bin", "/usr/sbin", "/etc/init.d", "/usr/share/debconf", "/usr/lib/dpkg", "/var/lib/dpkg/info"];

/// Scripts of a shell, sorted.
fn scripts() -> Vec<(PathBuf, String)> {
    let files = FOLDERS.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    let mut paths: Vec<PathBuf> = files.map(|file| file.path()).filter(|path| path.is_file()).collect();
    paths.sort();
    let is_shell = |text: &str| {
        let first = text.lines().next().unwrap_or_default();
        ["#!/bin/sh", "#!/bin/bash", "#! /bin/sh", "#!/usr/bin/sh", "#!/usr/bin/bash"]
            .iter()
            .any(|begin| first.starts_with(begin))
    };
    let read = |path: PathBuf| Some((path.clone(), std::fs::read_to_string(path).ok()?));
    paths.into_iter().filter_map(read).filter(|(_, text)| is_shell(text) && text.len() < 40_000).take(250).collect()
}

fn takes(bash: &Path, folder: &Path, text: &str) -> bool {
    let path = folder.join("script");
    std::fs::write(&path, text).expect("there is room");
    Command::new(bash).arg("-n").arg(&path).output().expect("bash runs").status.success()
}

#[test]
fn bash_and_kmodel_agree() {
    let Some(bash) = find("bash") else { return skip("bash is not installed", "the grammar of scripts") };
    let folder = tempfile::tempdir().expect("there is room");
    let (mut wrong, mut changed) = (Vec::new(), 0);
    let scripts = scripts();
    for (path, text) in &scripts {
        if let Some(found) = grammar::broken(text).filter(|_| takes(&bash, folder.path(), text)) {
            wrong.push(format!("{}: {found:?}", path.display()));
        }
        // Without one of the words that end something.
        let lines: Vec<&str> = text.lines().collect();
        let ends = (0..lines.len()).filter(|at| matches!(lines[*at].trim(), "fi" | "done" | "esac"));
        for at in ends.take(2) {
            let kept: Vec<&str> =
                lines.iter().enumerate().filter(|(line, _)| *line != at).map(|(_, line)| *line).collect();
            let less = kept.join("\n") + "\n";
            changed += 1;
            if grammar::broken(&less).is_none() && !takes(&bash, folder.path(), &less) {
                wrong.push(format!("{} without line {}", path.display(), at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(scripts.len() > 10 && changed > 10, "{} scripts, {changed} changed", scripts.len());
}
