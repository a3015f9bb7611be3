//! Files that a command removes and the cluster needs.

use super::{Act, Host, is_unknown, not_read, unwise};
use crate::diag::Diagnostic;
use crate::facts::effect;
use crate::render::bundle::Install;
use crate::render::evidence::Command;
use crate::verify::hosts::maker;

/// The files of the model, and the folders of what a node needs, that a command removes.
pub(super) fn removes(host: &Host<'_, '_>, act: &Act<'_, '_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for word in act.operands() {
        let path = word.text.trim_end_matches('/');
        if is_unknown(word) {
            let is_passing = path.to_ascii_lowercase().contains("tmp") || path.contains("/dev/");
            found.extend((!is_passing).then(|| not_read(host.model, act, word, "removes there")));
            continue;
        }
        let Some((gone, why)) = removed(host, act, path) else { continue };
        let message = format!("`{}` removes `{gone}`: {why}", act.said());
        found.push(unwise(
            act.span(host.model, word),
            message,
            "remove the command, or name the files that are not the cluster's",
        ));
    }
    found
}

/// What is removed by a path, and what that breaks.
fn removed(host: &Host<'_, '_>, act: &Act<'_, '_>, path: &str) -> Option<(String, String)> {
    let takes = |file: &str| is_taken(path, file, act.effect.is_whole);
    let is_back = |file: &str| host.after(act).any(|command| makes(command, file));
    let files = host.sample.bundle.files.iter().map(|file| &*file.path);
    let file = files.chain(installed(host)).filter(|file| takes(file)).find(|file| !is_back(file));
    if let Some(file) = file {
        return Some((file.to_owned(), "the model puts it on this machine".to_owned()));
    }
    let is_in_archive = |folder: &&str| path.strip_prefix(*folder).is_some_and(|rest| rest.starts_with('/'));
    if let Some(folder) = extracted(host).find(is_in_archive).filter(|_| !path.contains('*') && !is_back(path)) {
        return Some((path.to_owned(), format!("an archive of the model fills `{folder}`")));
    }
    host.flags("kubelet").or_else(|| host.flags("etcd"))?;
    let folder = effect::held().iter().find(|held| takes(&format!("{}/x", held.path)) && !is_back(&held.path))?;
    let is_there = !folder.path.ends_with("/etcd") || host.flags("etcd").is_some();
    is_there.then(|| (folder.path.clone(), folder.what.clone()))
}

/// The folders that archives fill.
fn extracted<'a>(host: &Host<'a, '_>) -> impl Iterator<Item = &'a str> {
    host.sample.bundle.artifacts.iter().filter_map(|artifact| match &artifact.install {
        Install::Extract { folder, .. } => Some(folder.trim_end_matches('/')),
        Install::Members { .. } => None,
    })
}

/// What is installed from archives.
fn installed<'a>(host: &Host<'a, '_>) -> impl Iterator<Item = &'a str> {
    host.sample.bundle.artifacts.iter().flat_map(|artifact| match &artifact.install {
        Install::Members { members, .. } => members.iter().map(|(_, place)| &**place).collect(),
        Install::Extract { .. } => Vec::new(),
    })
}

/// Whether a command makes a file, or a file in it if that is a folder.
fn makes(command: &Command<'_>, path: &str) -> bool {
    maker::may_make(&command.text, path)
        || command.text.contains(&format!("{path}/")) && !command.text.starts_with("rm ")
}

/// Whether a path that may have `*` in its last part names a file, or a folder above it.
pub(super) fn is_taken(path: &str, file: &str, is_whole: bool) -> bool {
    if path.len() < 2 || !path.starts_with('/') {
        return false;
    }
    let Some((begin, end)) = path.split_once('*') else {
        return path == file || is_whole && file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    };
    let Some(rest) = file.strip_prefix(begin) else { return false };
    let name = rest.split('/').next().unwrap_or_default();
    !end.contains(['*', '/']) && name.ends_with(end) && (is_whole || name == rest)
}

#[cfg(test)]
mod tests {
    use super::is_taken;

    #[test]
    fn a_path_takes_files_and_folders_with_all_in_them() {
        for (path, file, is_whole) in [
            ("/etc/a", "/etc/a", false),
            ("/etc/a", "/etc/a/b", true),
            ("/etc/*", "/etc/a", false),
            ("/etc/*", "/etc/a/b", true),
            ("/etc/a/*.conf", "/etc/a/1.conf", false),
        ] {
            assert!(is_taken(path, file, is_whole), "{path}");
        }
        for (path, file, is_whole) in [
            ("/etc/a", "/etc/a/b", false),
            ("/etc/a", "/etc/ab", true),
            ("/etc/*", "/etc/a/b", false),
            ("/etc/a/*.conf", "/etc/a/1.yaml", true),
            ("/", "/etc/a", false),
            ("a", "/etc/a", true),
        ] {
            assert!(!is_taken(path, file, is_whole), "{path}");
        }
    }
}
