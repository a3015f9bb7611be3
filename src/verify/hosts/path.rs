//! Paths in flags and files that are nearly those of files that the model writes, and of which nothing writes the one that is named.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Help};
use crate::facts::setting as facts;
use crate::model::Model;
use crate::render::bundle::{Bundle, BundleFile, Install};
use crate::render::evidence::{Document, Entry, Flags, Sample};
use crate::source::Span;
use crate::verify::locate::{self, Word};

/// What is wrong with the paths that the files and flags of one machine name.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let there = There::of(sample);
    let of = |entry: &Entry<'_>| match entry {
        Entry::Flags(flags) => of_flags(model, flags, &there),
        Entry::Document(document) if !document.derived => of_document(model, document, &there),
        _ => Vec::new(),
    };
    sample.entries.iter().flat_map(of).collect()
}

/// What there is on a machine by the model.
struct There<'a> {
    bundle: &'a Bundle,
    /// Commands that a cloud-config runs.
    commands: Vec<&'a str>,
    paths: HashSet<&'a str>,
}

impl<'a> There<'a> {
    fn of(sample: &'a Sample<'_>) -> Self {
        let bundle = &sample.bundle;
        let mut paths: HashSet<&str> = bundle.files.iter().map(|file| &*file.path).collect();
        // What stands inside a file too: a cloud-config writes files.
        paths.extend(sample.entries.iter().filter_map(|entry| match entry {
            Entry::Document(document) => Some(&*document.path),
            Entry::Unread(unread) => Some(&*unread.path),
            _ => None,
        }));
        paths.extend(bundle.directories.iter().map(|folder| &*folder.path));
        let commands = sample.entries.iter().filter_map(|entry| match entry {
            Entry::Command(command) => Some(&*command.text),
            _ => None,
        });
        for artifact in &bundle.artifacts {
            match &artifact.install {
                Install::Members { members, .. } => paths.extend(members.iter().map(|(_, place)| &**place)),
                Install::Extract { folder, .. } => paths.extend([&**folder]),
            }
        }
        Self { bundle, commands: commands.collect(), paths }
    }

    /// The file that was meant by a path of which nothing is known.
    fn meant(&self, path: &str) -> Option<&'a str> {
        // `/etc//a` is `/etc/a`.
        let clean = facts::path(path);
        let path = clean.to_str()?;
        let is_path = path.starts_with('/') && path.len() > 8 && !path.ends_with('/');
        if !is_path || path.contains(['%', '$', ' ', '*', '\n']) || self.paths.contains(path) {
            return None;
        }
        let near = self.bundle.files.iter().map(|file| &*file.path).find(|known| is_near(path, known))?;
        (!self.is_made(path)).then_some(near)
    }

    /// Whether something else on the machine may make it: a folder of what there is, a command, a script, or systemd-tmpfiles.
    fn is_made(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        let makes = |file: &BundleFile| file.mode & 0o111 != 0 || file.path.contains("/tmpfiles.d/");
        self.paths.iter().any(|known| known.starts_with(&folder))
            || self.bundle.commands.iter().any(|command| command.contains(path))
            || self.commands.iter().any(|command| command.contains(path))
            || self.bundle.files.iter().any(|file| makes(file) && String::from_utf8_lossy(&file.content).contains(path))
    }
}

/// Whether two names of units differ by a slip: `chronyd.service` is another name than `chrony.service`.
pub(super) fn is_slip(name: &str, known: &str) -> bool {
    let (Some((own, ending)), Some((other, wanted))) = (name.rsplit_once('.'), known.rsplit_once('.')) else {
        return false;
    };
    let is_longer = [own, other].map(|stem| stem.trim_end_matches(['d', 's']));
    ending == wanted && is_longer[0] != is_longer[1] && is_near(name, known)
}

/// Whether two paths differ by a slip: not by a number, nor by a short name, which are those of other files.
fn is_near(path: &str, known: &str) -> bool {
    if path.len().abs_diff(known.len()) > 2 {
        return false;
    }
    let plain = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let stem =
        |text: &str| text.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default().to_owned();
    let (own, other) = (stem(path), stem(known));
    let is_same_name = own == other || own.len().min(other.len()) > 4;
    plain(path) != plain(known) && is_same_name && strsim::damerau_levenshtein(path, known) <= 2
}

fn of_flags(model: &Model<'_>, flags: &Flags<'_>, there: &There<'_>) -> Vec<Diagnostic> {
    let mut list = Vec::new();
    for flag in &flags.given {
        locate::words(&flag.value, &mut Vec::new(), &mut |word, _| {
            let Word::Text(path) = word else { return };
            let Some(near) = there.meant(path) else { return };
            let span = locate::word::element(model, flags.owner, flag, path);
            list.push(problem(&format!("`--{}` of `{}`", flag.name, flags.program), (path, near), span));
        });
    }
    list
}

fn of_document(model: &Model<'_>, document: &Document<'_>, there: &There<'_>) -> Vec<Diagnostic> {
    let mut list = Vec::new();
    let Some(value) = document.value() else { return list };
    locate::words(value, &mut Vec::new(), &mut |word, at| {
        let Word::Text(path) = word else { return };
        let Some(near) = there.meant(path) else { return };
        let span = locate::value(model, document.owner, document.written, &document.way(at));
        list.push(problem(&format!("`{}`", document.path), (path, near), span));
    });
    list
}

fn problem(who: &str, (path, near): (&str, &str), span: Span) -> Diagnostic {
    let message = format!("{who} names `{path}`, which nothing puts on the machine");
    Diagnostic::new(Code::PathMisspelt, span, message).help(Help::near(near))
}

#[cfg(test)]
mod tests {
    use super::is_near;

    #[test]
    fn a_slip_is_near_and_another_file_is_not() {
        let pki = |name: &str| format!("/etc/kubernetes/pki/{name}");
        for (path, known) in [("ca.crtt", "ca.crt"), ("ca.ctr", "ca.crt"), ("apiserver.crt", "apisrver.crt")] {
            assert!(is_near(&pki(path), &pki(known)), "{path}");
        }
        assert!(is_near("/etc/kuberntes/pki/ca.crt", "/etc/kubernetes/pki/ca.crt"));
        for (path, known) in
            [("ca.key", "ca.crt"), ("sa.crt", "ca.crt"), ("server1.crt", "server2.crt"), ("etcd.crt", "etcd2.crt")]
        {
            assert!(!is_near(&pki(path), &pki(known)), "{path}");
        }
    }
}
