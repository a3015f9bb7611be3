//! What brings files to a machine without naming each of them: mounts, packages, and what runs things that the model does not hold.

use std::borrow::Cow;

use crate::facts::maker as facts;
use crate::render::evidence::{Entry, Filled as Kind, Hidden, Opaque, Sample};

use super::maker;

/// What comes to a machine without being named.
#[derive(Default)]
pub(super) struct Filled<'a> {
    folders: Vec<&'a str>,
    packages: Vec<Cow<'a, str>>,
    is_open: bool,
}

impl<'a> Filled<'a> {
    /// From what is written, and from the commands that run.
    pub(super) fn of(sample: &'a Sample<'_>, makers: &[Cow<'_, str>]) -> Self {
        let mut all = Self::default();
        for entry in &sample.entries {
            match entry {
                Entry::Filled(Kind::Folder(folder)) => all.folders.push(folder),
                Entry::Filled(Kind::Package(package)) => all.packages.push(Cow::Borrowed(package)),
                Entry::Filled(Kind::Anything(_)) => all.is_open = true,
                Entry::Opaque(opaque) => all.is_open |= runs(opaque),
                _ => {}
            }
        }
        all.packages.extend(sample.bundle.packages.iter().map(|package| Cow::Borrowed(&**package)));
        makers.iter().flat_map(|text| maker::commands(text)).for_each(|line| all.takes(line));
        let kept: Vec<&str> =
            all.packages.iter().flat_map(|package| facts::kept_by(package)).map(String::as_str).collect();
        all.folders.extend(kept);
        all
    }

    fn takes(&mut self, line: &str) {
        let words: Vec<&str> = maker::words(line).collect();
        let name = words.first().and_then(|word| word.rsplit('/').next());
        self.is_open |= name.is_some_and(facts::is_agent);
        self.folders.extend(name.map_or(&[][..], facts::kept_by).iter().map(String::as_str));
        self.packages.extend(facts::installed(&words).into_iter().map(|name| Cow::Owned(name.to_owned())));
    }

    /// Whether one of them may bring a file or a program.
    pub(super) fn may_bring(&self, path: &str) -> bool {
        let is_in = |folder: &&str| {
            path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.is_open
            || self.folders.iter().any(is_in)
            || self.packages.iter().any(|package| facts::may_bring(package, path))
    }
}

/// Whether it is a script of which nothing is known.
fn runs(opaque: &Opaque<'_>) -> bool {
    let is_shell = matches!(&*opaque.program, "sh" | "bash" | "dash" | "ash" | "eval" | "parallel" | "." | "source");
    is_shell && matches!(opaque.why, Hidden::Fetched | Hidden::Computed)
}
