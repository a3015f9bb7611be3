//! Documents against a table of the keys that there are.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::DocumentProblem;
use crate::diag::{Code, Help, closest, did_you_mean};
use crate::text::List;
use crate::verify::locate::Step;

/// What helps with a key that is probably another one. That one may be in the map already, and is there once only.
pub(super) fn near_key(near: &str, written: &str, map: &Map<String, Json>) -> Help {
    match map.contains_key(near) {
        true => format!("`{near}` is set already: remove `{written}`").into(),
        false => Help::near(near),
    }
}

/// Whether a text stands for a secret: that, or the name of one.
pub(super) fn is_secret(text: &str) -> bool {
    text.starts_with("(secret")
}

/// All bodies of one kind of document, by the keys that lead to them joined with dots; `*` is any key, and lists are
/// looked through.
#[derive(Debug, Deserialize)]
pub(super) struct Table {
    /// What the table was read from; a key that came later is not in it.
    pub known_through: String,
    pub body: BTreeMap<String, Body>,
}

/// One body.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Body {
    /// Any key may stand in it.
    #[serde(default)]
    pub open: bool,
    /// `name`, or `name:bs` with what it takes.
    #[serde(default)]
    keys: Vec<String>,
    /// Keys without which the body is refused.
    #[serde(default)]
    required: Vec<String>,
    /// What each element of a list takes: `name:ls`.
    #[serde(default)]
    elements: Vec<String>,
    /// The texts that a key takes, or each element of its list.
    #[serde(default)]
    words: BTreeMap<String, Vec<String>>,
}

type Lazy = LazyLock<Table>;

pub(super) static CLOUD_CONFIG: Lazy = LazyLock::new(|| read(include_str!("cloud-config.toml")));
pub(super) static NETWORK_CONFIG: Lazy = LazyLock::new(|| read(include_str!("network-config.toml")));
pub(super) static KUBECONFIG: Lazy = LazyLock::new(|| read(include_str!("kubeconfig.toml")));
pub(super) static KUBEADM: Lazy = LazyLock::new(|| read(include_str!("kubeadm.toml")));

fn read(text: &str) -> Table {
    toml::from_str(text).expect("an embedded table is valid TOML")
}

impl Body {
    fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.split(':').next().unwrap_or(key))
    }

    /// What each element of a key's list takes, if that is known.
    fn element(&self, name: &str) -> Option<&str> {
        self.elements.iter().find_map(|one| one.split_once(':').filter(|(key, _)| *key == name)).map(|(_, kinds)| kinds)
    }

    /// What a key takes; `None` is anything. The outer one is whether the key is known.
    fn takes(&self, name: &str) -> Option<Option<&str>> {
        let known = self.keys.iter().find(|key| key.split(':').next() == Some(name))?;
        Some(known.split_once(':').map(|(_, kinds)| kinds))
    }
}

/// What is wrong with a document, whose top is the body with this name.
pub(super) fn check(table: &Table, top: &str, value: &Json) -> Vec<DocumentProblem> {
    let mut findings = Vec::new();
    walk(table, top, value, &mut Vec::new(), &mut findings);
    findings
}

fn walk(table: &Table, name: &str, value: &Json, path: &mut Vec<Step>, findings: &mut Vec<DocumentProblem>) {
    match value {
        Json::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                path.push(Step::Index(index));
                walk(table, name, value, path, findings);
                path.pop();
            }
        }
        Json::Object(map) => {
            // Below a body that is not in the table nothing is known.
            let Some(body) = table.body.get(name) else { return };
            findings.extend(body.required.iter().filter(|key| !map.contains_key(*key)).map(|key| missing(key, path)));
            for (key, value) in map {
                path.push(Step::Key(key.clone()));
                match body.takes(key) {
                    None if body.open => walk(table, &join(name, "*"), value, path, findings),
                    None => {
                        let found = unknown((table, body), key, path, map);
                        // What is below is that of the key that was meant.
                        if let Some(near) = found.help.near.clone() {
                            let kinds = body.takes(&near).flatten();
                            findings.extend(kinds.and_then(|kinds| wrong_kind(kinds, &near, value, path)));
                            walk(table, &join(name, &near), value, path, findings);
                        }
                        findings.push(found);
                    }
                    Some(kinds) => {
                        let known = findings.len();
                        findings.extend(kinds.and_then(|kinds| wrong_kind(kinds, key, value, path)));
                        if findings.len() == known {
                            findings.extend(content(body, key, value, path));
                        }
                        walk(table, &join(name, key), value, path, findings);
                    }
                }
                path.pop();
            }
        }
        _ => {}
    }
}

/// What is wrong with the elements of a list, and with texts that are one of a few.
fn content(body: &Body, key: &str, value: &Json, path: &[Step]) -> Vec<DocumentProblem> {
    let list: Vec<(Vec<Step>, &Json)> = match value {
        Json::Array(list) => {
            list.iter().enumerate().map(|(place, one)| ([path, &[place.into()]].concat(), one)).collect()
        }
        one => vec![(path.to_vec(), one)],
    };
    let kinds = body.element(key).filter(|_| value.is_array());
    let of = |(path, one): &(Vec<Step>, &Json)| {
        let wrong = kinds.and_then(|kinds| wrong_kind(kinds, &format!("an element of {key}"), one, path));
        wrong.or_else(|| wrong_word(body.words.get(key)?, key, one.as_str()?, path))
    };
    list.iter().filter_map(of).collect()
}

fn wrong_word(words: &[String], key: &str, text: &str, path: &[Step]) -> Option<DocumentProblem> {
    let is_known = is_secret(text) || words.iter().any(|word| word == text);
    let known = || words.iter().map(String::as_str);
    let fallback = format!("its values are {}", List::ticked(known()));
    (!is_known).then(|| DocumentProblem {
        code: Code::InvalidConfig,
        path: path.to_vec(),
        message: format!("`{text}` is not a value of `{key}`"),
        help: did_you_mean(text, known(), &fallback),
        is_value: true,
    })
}

fn missing(key: &str, path: &[Step]) -> DocumentProblem {
    let outer = path.iter().rev().find_map(|step| if let Step::Key(key) = step { Some(key.as_str()) } else { None });
    DocumentProblem {
        code: Code::InvalidConfig,
        path: path.to_vec(),
        message: format!("`{}` has no `{key}`, which it needs", outer.unwrap_or_default()),
        help: format!("add `{key}`").into(),
        is_value: true,
    }
}

fn join(name: &str, key: &str) -> String {
    if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") }
}

fn unknown((table, body): (&Table, &Body), key: &str, path: &[Step], map: &Map<String, Json>) -> DocumentProblem {
    let lower = key.to_lowercase();
    // `apiServerCertSAN` is `certSANs` of another body: a name may be known elsewhere.
    let same = body.names().find(|known| known.to_lowercase() == lower);
    let near = same.or_else(|| closest(key, body.names()));
    let elsewhere = || elsewhere(table, key);
    let inside =
        match path.iter().rev().skip(1).find_map(|step| if let Step::Key(key) = step { Some(key) } else { None }) {
            Some(outer) => format!(" in `{outer}`"),
            None => String::new(),
        };
    let help = match (near, elsewhere()) {
        (Some(near), _) => near_key(near, key, map),
        (None, Some(other)) => format!("use `{other}`").into(),
        (None, None) => {
            let names: Vec<&str> = body.names().take(12).collect();
            format!("the known keys are {}", names.join(", ")).into()
        }
    };
    DocumentProblem {
        code: Code::UnknownKey,
        path: path.to_vec(),
        message: format!("unknown key `{key}`{inside} (checked against {})", table.known_through),
        help,
        is_value: false,
    }
}

/// A key of another body that this one joins the names of, or with whose name it ends, as old configurations had them all
/// in one: `apiServerCertSANs` is `apiServer.certSANs` now.
fn elsewhere(table: &Table, key: &str) -> Option<String> {
    let lower = key.to_lowercase();
    let wanted = lower.trim_end_matches('s');
    let joined = |name: &String| name.replace('.', "").to_lowercase().trim_end_matches('s').ends_with(wanted);
    let paths = table.body.iter().flat_map(|(name, body)| body.names().map(move |known| join(name, known)));
    if let Some(path) = paths.into_iter().find(joined) {
        return Some(path);
    }
    let all = table.body.iter().flat_map(|(name, body)| body.names().map(move |known| (name, known)));
    let fits = |known: &str| {
        let known = known.to_lowercase();
        known.len() > 4 && (lower.ends_with(&known) || lower.ends_with(known.trim_end_matches('s')))
    };
    let (name, known) = all.filter(|(_, known)| fits(known)).max_by_key(|(_, known)| known.len())?;
    Some(join(name, known))
}

const KINDS: [(char, &str); 6] =
    [('b', "a boolean"), ('s', "a string"), ('i', "a number"), ('l', "a list"), ('m', "a map"), ('n', "nothing")];

/// A value of another type than a key takes.
pub(super) fn wrong_kind(kinds: &str, key: &str, value: &Json, path: &[Step]) -> Option<DocumentProblem> {
    let kind = match value {
        Json::Null => 'n',
        Json::Bool(_) => 'b',
        Json::Number(_) => 'i',
        Json::String(text) if is_secret(text) => return None,
        Json::String(_) => 's',
        Json::Array(_) => 'l',
        Json::Object(_) => 'm',
    };
    // YAML readers take a number where a text is wanted.
    let fits = kinds.contains(kind) || kind == 'i' && kinds.contains('s') || kind == 'n';
    let name = |kind: char| KINDS.iter().find(|(known, _)| *known == kind).map_or("", |(_, name)| *name);
    (!fits).then(|| {
        let wanted: Vec<&str> = kinds.chars().filter(|kind| *kind != 'n').map(name).collect();
        DocumentProblem {
            code: Code::InvalidConfig,
            path: path.to_vec(),
            message: format!("{} expects {}, found {}", ticked(key), wanted.join(" or "), name(kind)),
            help: "the program that reads this file would ignore or reject it".into(),
            is_value: true,
        }
    })
}

/// A key in its ticks: `` `runcmd` ``, `` an element of `runcmd` ``.
fn ticked(key: &str) -> String {
    match key.strip_prefix("an element of ") {
        Some(key) => format!("an element of `{key}`"),
        None => format!("`{key}`"),
    }
}
