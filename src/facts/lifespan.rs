//! From which version to which something exists: a flag, a field, a value.

use serde::{Deserialize, Deserializer, de::Error as _};

use super::embedded::Note;
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::Version;

/// The versions that have something.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Lifespan {
    /// The first version that has it; absent: the table's first has it.
    #[serde(default, deserialize_with = "maybe")]
    pub since: Option<Version>,
    #[serde(default, deserialize_with = "maybe")]
    pub deprecated_in: Option<Version>,
    /// It was deprecated in this version already.
    #[serde(default, deserialize_with = "maybe")]
    pub deprecated_seen: Option<Version>,
    #[serde(default, deserialize_with = "maybe")]
    pub deprecation_lifted_in: Option<Version>,
    /// The first version that refuses it.
    #[serde(default, deserialize_with = "maybe")]
    pub removed_in: Option<Version>,
    /// What to write instead, for a person to read.
    #[serde(default)]
    pub replacement: Option<String>,
    /// It is there, but older versions could not be read.
    #[serde(default, rename = "since_unread")]
    _since_unread: Note,
}

/// What a version makes of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Known,
    /// It comes with this version.
    NotYet(Version),
    /// It was taken out in this version.
    Removed(Version),
    /// It still works.
    Deprecated,
}

/// The codes that say what is wrong with something of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Codes {
    pub not_yet: Code,
    pub removed: Code,
    pub deprecated: Code,
}

impl Lifespan {
    /// What `version` of the program makes of it.
    pub fn status(&self, version: Version) -> Status {
        let reached = |at: Option<Version>| at.filter(|at| version >= *at);
        if let Some(since) = self.since.filter(|since| version < *since) {
            return Status::NotYet(since);
        }
        if let Some(removed) = reached(self.removed_in) {
            return Status::Removed(removed);
        }
        let deprecated = reached(self.deprecated_in).or(reached(self.deprecated_seen)).is_some();
        match deprecated && reached(self.deprecation_lifted_in).is_none() {
            true => Status::Deprecated,
            false => Status::Known,
        }
    }

    /// What is wrong with `what` of `owner` (`` `kubelet` ``) in a version; no help yet.
    pub fn examine(
        &self,
        codes: Codes,
        (owner, what): (&str, &str),
        version: Version,
        span: Span,
    ) -> Option<Diagnostic> {
        let (code, message) = match self.status(version) {
            Status::Known => return None,
            Status::NotYet(since) => {
                (codes.not_yet, format!("{owner} {version} does not have {what}: it is added in {}", short(since)))
            }
            Status::Removed(removed) => {
                (codes.removed, format!("{owner} {version} refuses {what}: it was removed in {}", short(removed)))
            }
            Status::Deprecated => {
                let since = self.deprecated_in.map_or_else(String::new, |at| format!(" since {}", short(at)));
                (codes.deprecated, format!("{what} of {owner} is deprecated{since}"))
            }
        };
        Some(Diagnostic::new(code, span, message))
    }

    /// What to do about it; `is_known` tells whether a replacement is of the same kind, and so may be written as it is.
    pub fn advice(&self, version: Version, code: Code, is_known: impl Fn(&str) -> bool) -> String {
        match (&self.replacement, self.status(version)) {
            (Some(replacement), Status::Removed(_) | Status::Deprecated) => match is_known(replacement) {
                true => format!("write `{replacement}` instead"),
                false => format!("instead: {replacement}"),
            },
            (None, Status::Removed(removed)) => format!("remove it from {} on", short(removed)),
            (_, Status::NotYet(since)) => format!("set it only from {} on: `name? = if ... then ...`", short(since)),
            _ => format!("remove it, or allow it with a reason: `allow {code} \"...\"`"),
        }
    }
}

/// `1.34` for `1.34.0`.
pub fn short(version: Version) -> String {
    match version.patch {
        0 => minor(version),
        _ => version.to_string(),
    }
}

/// `1.34` for any `1.34.x`.
pub fn minor(version: Version) -> String {
    format!("{}.{}", version.major, version.minor)
}

/// A version with two or three parts.
pub fn parse(text: &str) -> Option<Version> {
    let mut parts = text.split('.').map(str::parse::<u32>);
    let version =
        Version { major: parts.next()?.ok()?, minor: parts.next()?.ok()?, patch: parts.next().unwrap_or(Ok(0)).ok()? };
    parts.next().is_none().then_some(version)
}

/// Reads a version of a table.
pub fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is not a version")))
}

/// The same of a list.
pub(super) fn several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Version>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let read = |text: &String| parse(text).ok_or_else(|| D::Error::custom(format!("`{text}` is not a version")));
    texts.iter().map(read).collect()
}

/// The same, where it may be left out.
pub(super) fn maybe<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Version>, D::Error> {
    version(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_lives_from_one_version_to_another() {
        let text = "since = '1.25'\ndeprecated_in = '1.30'\nremoved_in = '1.32'";
        let life: Lifespan = toml::from_str(text).expect("a lifespan");
        let status = |minor| life.status(Version { major: 1, minor, patch: 0 });
        assert_eq!(status(24), Status::NotYet(Version { major: 1, minor: 25, patch: 0 }));
        assert_eq!((status(29), status(31)), (Status::Known, Status::Deprecated));
        assert_eq!(status(32), Status::Removed(Version { major: 1, minor: 32, patch: 0 }));
    }
}
