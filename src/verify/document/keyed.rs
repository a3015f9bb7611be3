//! A document whose keys depend on the version of its program: unknown, moved and removed ones, which the program ignores.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::{DocumentProblem, json, table};
use crate::diag::{Code, Help, closest, did_you_mean};
use crate::facts::document::{self, File, Key, Table, dotted};
use crate::facts::{Status, lifespan, short};
use crate::model::{Model, Target, Value};
use crate::render::evidence::{Document, Sample};
use crate::render::format::Secrets;
use crate::syntax::ast::Version;
use crate::text::List;
use crate::verify::locate::Step;

/// What is wrong with the keys of a document.
pub(super) fn check(model: &Model<'_>, sample: &Sample<'_>, document: &Document<'_>) -> Vec<DocumentProblem> {
    let (Some(table), Some(value)) = (document::at(&document.path), document.value()) else { return Vec::new() };
    let artifact = sample.bundle.artifacts.iter().find(|artifact| *artifact.name == *table.program);
    let installed = match artifact {
        Some(artifact) => artifact.version.as_ref().and_then(|version| lifespan::parse(version)),
        None => packaged(model, sample, table),
    };
    of_version(table, &json(value, Secrets::Hidden), installed)
}

/// The version of the distribution's package, where all targets have one image that tells.
fn packaged(model: &Model<'_>, sample: &Sample<'_>, table: &Table) -> Option<Version> {
    sample.bundle.packages.iter().find(|package| ***package == *table.program)?;
    // The image of a machine with another system is not that of the target.
    let is_own = |target: &Target| sample.machine.is_none_or(|id| model.family_on(target, id) == target.family);
    let image = |target: &Target| target.options.get("image").and_then(Value::scalar_text).filter(|_| is_own(target));
    let versions: BTreeSet<Option<Version>> =
        model.targets.iter().map(|target| table.packaged(&image(target)?)).collect();
    versions.first().copied().flatten().filter(|_| versions.len() == 1)
}

/// The same for one version; where none is known, keys that no version has.
fn of_version(table: &'static Table, value: &Json, version: Option<Version>) -> Vec<DocumentProblem> {
    match version.filter(|version| !table.range.knows(*version)) {
        // That it is too old is said where versions are compared.
        Some(old) if old < table.range.known_from => return Vec::new(),
        Some(new) => return vec![beyond(table, new)],
        None => {}
    }
    // Without a version it is the first, whose names are others.
    let Some(number) = table.version_of(value) else { return Vec::new() };
    let file = table.files.get(&number.to_string());
    if let Some(refused) = refused(table, number, (file, version)) {
        return vec![refused];
    }
    let Some(file) = file else { return Vec::new() };
    let mut walk = Walk { table, file, version, path: Vec::new(), findings: Vec::new() };
    walk.body(value);
    walk.findings
}

/// Nothing is guessed about versions that were not read.
fn beyond(table: &Table, version: Version) -> DocumentProblem {
    let (from, through) = (short(table.range.known_from), short(table.range.known_through));
    let (path, program) = (&table.path, &table.program);
    DocumentProblem {
        code: Code::VersionUnknown,
        path: Vec::new(),
        message: format!(
            "the keys of `{path}` are not examined: the table covers {program} {from} to {through}, not {version}"
        ),
        help: "compare the keys with the release notes, then `allow version-unknown` with the reason".into(),
        is_value: true,
    }
}

/// A format that the version does not read.
fn refused(table: &Table, number: i64, (file, version): (Option<&File>, Option<Version>)) -> Option<DocumentProblem> {
    let version = version?;
    let newest = table.files.iter().rev().find(|(_, file)| version >= file.since).map(|(number, _)| number)?;
    let since = match file {
        Some(file) => {
            (version < file.since).then(|| format!(", which needs {} {}", table.program, short(file.since)))?
        }
        None => (number > newest.parse().ok()?).then(String::new)?,
    };
    let (code, what) = match table.refuses_later(version) {
        true => (Code::InvalidConfig, "does not start"),
        false => (Code::UnwiseSetting, "ignores its plugins by new names"),
    };
    Some(DocumentProblem {
        code,
        path: vec!["version".into()],
        message: format!("`{}` has `version = {number}`{since}: {} {version} {what}", table.path, table.program),
        help: format!("use `version = {newest}` and its keys").into(),
        is_value: true,
    })
}

struct Walk<'v> {
    table: &'static Table,
    file: &'static File,
    version: Option<Version>,
    path: Vec<&'v str>,
    findings: Vec<DocumentProblem>,
}

impl<'v> Walk<'v> {
    fn body(&mut self, value: &'v Json) {
        let Some(map) = value.as_object() else { return };
        let body = self.file.body(&self.path).map(|(_, body)| body);
        for (name, value) in map {
            self.path.push(name);
            let goes_on = body.is_none_or(|body| self.key((body, map), name, value));
            let holds = |(key, wanted): (&str, &str)| map.get(key).and_then(Json::as_str) == Some(wanted);
            if goes_on && self.file.condition(name).is_none_or(holds) {
                self.body(value);
            }
            self.path.pop();
        }
    }

    /// Whether what is below a key is to be looked at.
    fn key(
        &mut self,
        (body, map): (&'static BTreeMap<String, Key>, &Map<String, Json>),
        name: &str,
        value: &Json,
    ) -> bool {
        // The decoder does not distinguish case.
        let known = body.get(name).or_else(|| {
            let same = body.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            same.map(|(_, key)| key)
        });
        let Some(key) = known else {
            if !self.is_older() {
                self.unknown((body, map), name);
            }
            return false;
        };
        if let Some(finding) = self.version.and_then(|version| self.lives(key, (name, value), version)) {
            let goes_on = finding.code == Code::ConfigFieldDeprecated;
            self.findings.push(finding);
            if !goes_on {
                return false;
            }
        }
        self.value(key, name, value);
        true
    }

    /// What is wrong with the value of a key; TOML, unlike YAML, has no texts without quotes.
    fn value(&mut self, key: &Key, name: &str, value: &Json) {
        let path = self.steps();
        let wrong = table::wrong_kind(&key.kinds, name, value, &path);
        let number =
            || (value.is_number() && key.kinds == "s").then(|| number_for_text(self.table, name, value, &path));
        let word = || wrong_word(self.table, key, name, value, &path);
        self.findings.extend(wrong.or_else(number).or_else(word));
    }

    fn steps(&self) -> Vec<Step> {
        self.path.iter().map(|key| Step::from(*key)).collect()
    }

    /// Whether a key is of an older format that is read too.
    fn is_older(&self) -> bool {
        let is_read = |since: Version| self.version.is_none_or(|version| version >= since);
        let Some((_, way)) = self.path.split_last() else { return false };
        let older = self.table.files.values().filter(|file| file.since < self.file.since);
        self.file.older_since.is_some_and(is_read)
            && older
                .filter_map(|file| file.body(way))
                .any(|(_, body)| self.path.last().is_some_and(|name| body.contains_key(*name)))
    }

    fn lives(&self, key: &Key, (name, value): (&str, &Json), version: Version) -> Option<DocumentProblem> {
        let program = &self.table.program;
        let (code, message) = match key.life.status(version) {
            Status::Known => return None,
            Status::NotYet(since) => (
                Code::ConfigFieldNotYet,
                format!("{program} {version} ignores `{name}`: it is added in {}", short(since)),
            ),
            // As the program's own default configuration has it.
            Status::Removed(_) if is_empty(value) => return None,
            Status::Removed(removed) => (
                Code::ConfigFieldRemoved,
                format!("{program} {version} ignores `{name}`: it was removed in {}", short(removed)),
            ),
            Status::Deprecated if is_empty(value) => return None,
            Status::Deprecated => {
                let since = key.life.deprecated_in.map_or_else(String::new, |at| format!(" since {}", short(at)));
                (Code::ConfigFieldDeprecated, format!("`{name}` of {program} is deprecated{since}"))
            }
        };
        let help = key.life.advice(version, code, |_| false).into();
        Some(DocumentProblem { code, path: self.steps(), message, help, is_value: false })
    }

    fn unknown(&mut self, (body, map): (&'static BTreeMap<String, Key>, &Map<String, Json>), name: &str) {
        let way = self.path.iter().rev().nth(1).map_or_else(String::new, |outer| format!(" in `{outer}`"));
        let range = &self.table.range;
        let (from, through) = (short(range.known_from), short(range.known_through));
        let message = format!("unknown key `{name}`{way} (checked against {} {from} to {through})", self.table.program);
        let help: Help = match closest(name, body.keys().map(String::as_str)) {
            Some(near) => table::near_key(near, name, map),
            None => self.elsewhere(name).map_or_else(|| known(body), |other| format!("use `{other}`").into()),
        };
        self.findings.push(DocumentProblem {
            code: Code::UnknownKey,
            path: self.steps(),
            message,
            help,
            is_value: false,
        });
    }

    /// Where a key went that an older format has there.
    fn elsewhere(&self, name: &str) -> Option<String> {
        let Some(moved) = self.file.moved.get(name) else { return self.file.elsewhere(name) };
        let first = moved.split('.').next().unwrap_or(moved);
        let way = self.file.bodies.iter().find(|(_, body)| body.contains_key(first)).map(|(way, _)| way)?;
        Some(dotted(way, moved))
    }
}

/// A number where the decoder takes a text.
fn number_for_text(table: &Table, name: &str, value: &Json, path: &[Step]) -> DocumentProblem {
    let message = format!("`{name}` expects a text, found the number {value}: {} does not start", table.program);
    value_problem(path, message, format!("write it in quotes: `\"{value}\"`").into())
}

/// A text that is not one of those that the program takes.
fn wrong_word(table: &Table, key: &Key, name: &str, value: &Json, path: &[Step]) -> Option<DocumentProblem> {
    let text = value.as_str().filter(|text| !table::is_secret(text) && !key.values.is_empty())?;
    let known = || key.values.iter().map(String::as_str).filter(|known| !known.is_empty());
    let fallback = format!("its values are {}", List::ticked(known()));
    let message = format!("`{text}` is not a value of `{name}`: {} does not start", table.program);
    let is_known = key.values.iter().any(|known| known == text);
    (!is_known).then(|| value_problem(path, message, did_you_mean(text, known(), &fallback)))
}

fn value_problem(path: &[Step], message: String, help: Help) -> DocumentProblem {
    DocumentProblem { code: Code::InvalidConfig, path: path.to_vec(), message, help, is_value: true }
}

fn known(body: &BTreeMap<String, Key>) -> Help {
    let names: Vec<&str> = body.keys().take(12).map(String::as_str).collect();
    format!("the known keys are {}", names.join(", ")).into()
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => true,
        Json::Bool(true) => false,
        Json::Number(number) => number.as_i64() == Some(0),
        Json::String(text) => text.is_empty(),
        Json::Array(list) => list.is_empty(),
        Json::Object(map) => map.values().all(is_empty),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str, version: &str) -> Vec<(&'static str, String)> {
        let table = document::at("/etc/containerd/config.toml").expect("a table");
        let value: Json = toml::from_str(text).expect("it is TOML");
        let last = |finding: &DocumentProblem| match finding.path.last() {
            Some(Step::Key(key)) => key.clone(),
            _ => String::new(),
        };
        let found = of_version(table, &value, lifespan::parse(version));
        found.iter().map(|finding| (finding.code.name(), last(finding))).collect()
    }

    #[test]
    fn keys_are_those_of_the_version_of_the_file_and_of_the_program() {
        let old = "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\nsandbox_image = \"x\"\nsystemd_cgroup = true\n\
                   [plugins.\"io.containerd.grpc.v1.cri\".cni]\nbin_dirs = [\"/x\"]\nbin_dir = \"/y\"\n";
        assert_eq!(codes(old, "1.7.24"), [("config-field-not-yet", "bin_dirs".to_owned())]);
        assert_eq!(
            codes(old, "2.3.4"),
            [("config-field-deprecated", "bin_dir".to_owned()), ("config-field-removed", "systemd_cgroup".to_owned())]
        );
        let moved = old.replace("version = 2", "version = 3");
        let unknown = ["cni", "sandbox_image", "systemd_cgroup"].map(|key| ("unknown-key", key.to_owned()));
        assert_eq!(codes(&moved, "2.2.0"), unknown);
        assert_eq!(codes(&moved, "2.3.4"), []);
        assert_eq!(codes(&moved, "1.7.24"), [("invalid-config", "version".to_owned())]);
        assert_eq!(
            codes(&old.replace("version = 2", "version = 5"), "2.3.4"),
            [("invalid-config", "version".to_owned())]
        );
        assert_eq!(codes(old, "3.0.0"), [("version-unknown", String::new())]);
    }

    /// A file with one key: what leads to it, and what has to stand beside the rows below a key.
    fn with_one(file: &File, way: &str, name: &str, value: Json) -> Json {
        let keys: Vec<&str> =
            way.split('/').filter(|key| !key.is_empty()).map(|key| if key == "*" { "x" } else { key }).collect();
        let beside = |key: &str, inner: Json| {
            let other = file.condition(key).map(|(name, value)| (name.to_owned(), value.into()));
            Json::Object([(key.to_owned(), inner)].into_iter().chain(other).collect())
        };
        keys.iter().rev().fold(serde_json::json!({ name: value }), |inner, key| beside(key, inner))
    }

    /// A value of a kind, which is not empty: programs pass over removed keys that are.
    fn of_kind(key: &Key, right: bool) -> Json {
        let kinds = if right {
            &*key.kinds
        } else if key.kinds.contains('b') {
            "l"
        } else {
            "b"
        };
        match kinds.chars().next() {
            Some('b') => true.into(),
            Some('i') => 1.into(),
            Some('s') => key.values.first().map_or("/x", |value| value).into(),
            Some('l') => serde_json::json!(["x"]),
            _ => serde_json::json!({}),
        }
    }

    /// Whether a version reads what leads to a body.
    fn is_reached(file: &File, way: &str, version: Version) -> bool {
        let steps: Vec<&str> = way.split('/').filter(|key| !key.is_empty()).collect();
        (0..steps.len()).all(|depth| {
            let key = file.body(&steps[..depth]).and_then(|(_, body)| body.get(steps[depth]));
            key.is_none_or(|key| matches!(key.life.status(version), Status::Known | Status::Deprecated))
        })
    }

    /// The codes that one key raises in a version, of the ways that lead to it nothing.
    fn raised(
        table: &'static Table,
        file: &File,
        (way, name): (&str, &str),
        (value, version): (Json, Version),
    ) -> Vec<Code> {
        let number =
            table.files.iter().find(|(_, one)| std::ptr::eq(*one, file)).map(|(number, _)| number.parse::<i64>());
        let mut whole = with_one(file, way, name, value);
        if way.is_empty() || table.version_of(&serde_json::json!({})).is_none() {
            whole["version"] = number.expect("a file of the table").expect("a number").into();
        }
        let found = of_version(table, &whole, Some(version));
        let is_it = |finding: &&DocumentProblem| finding.path.last() == Some(&Step::from(name));
        found.iter().filter(is_it).map(|finding| finding.code).collect()
    }

    #[test]
    fn every_key_of_every_table_is_taken_as_its_row_says() {
        let mut seen = 0;
        for table in document::all() {
            let newest = table.range.known_through;
            for file in table.files.values() {
                let rows =
                    file.bodies.iter().flat_map(|(way, body)| body.iter().map(move |(name, key)| (way, name, key)));
                for (way, name, key) in
                    rows.filter(|(way, name, _)| *name != "version" && is_reached(file, way, newest))
                {
                    let of = |right| raised(table, file, (way, name), (of_kind(key, right), newest));
                    let expected = match key.life.status(newest) {
                        Status::Known => vec![],
                        Status::NotYet(_) => vec![Code::ConfigFieldNotYet],
                        Status::Removed(_) if key.kinds == "m" => vec![],
                        Status::Removed(_) => vec![Code::ConfigFieldRemoved],
                        Status::Deprecated if key.kinds == "m" => vec![],
                        Status::Deprecated => vec![Code::ConfigFieldDeprecated],
                    };
                    assert_eq!(of(true), expected, "{} {way} {name}", table.program);
                    let is_wrong = of(false).iter().any(|code| *code != Code::ConfigFieldDeprecated);
                    assert!(is_wrong, "{} {way} {name} takes another kind", table.program);
                    seen += 1;
                }
            }
        }
        assert!(seen > 400, "{seen} keys");
    }

    #[test]
    fn names_below_any_runtime_are_known_whatever_their_case() {
        let text = "version = 3\n[plugins.\"io.containerd.cri.v1.runtime\".containerd.runtimes.kata]\nruntime_typ = \"x\"\n\
                    runtime_type = \"io.containerd.runc.v2\"\n[plugins.\"io.containerd.cri.v1.runtime\".containerd.runtimes.kata.options]\nsystemdCgroup = true\n\
                    SystemdCgroups = true\n[plugins.\"io.containerd.cri.v1.runtime\".containerd.runtimes.gvisor]\nruntime_type = \"io.containerd.runsc.v1\"\n\
                    options = { ConfigPath = \"/x\" }\n[plugins.\"io.containerd.snapshotter.v1.zfs\"]\nanything = 1\n";
        let found = [("unknown-key", "SystemdCgroups".to_owned()), ("unknown-key", "runtime_typ".to_owned())];
        assert_eq!(codes(text, "2.3.4"), found);
    }
}
