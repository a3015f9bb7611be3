//! Each rule of `tables/refused/*.toml`: settings with which it holds are told, at their own place, as flags, as data and pasted; with the last
//! condition turned into its contrary nothing is told.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use kmodel::diag::Code;
use kmodel::facts::field;
use kmodel::facts::setting::{Clause, Harm, Name, Refusal, Refusals, Test, refusals};
use serde_json::{Map, Value as Json, json};

use crate::support::plan::planned;

mod value;
use value::{Given, broken, mended, text};

/// Versions in which rules and gates are tried, the newest first.
const VERSIONS: [&str; 6] = ["1.36.2", "1.35.5", "1.34.8", "1.33.12", "1.32.12", "1.31.13"];

/// A problem of a rule: what it is, and the lines that it points to.
#[derive(Debug)]
struct Found {
    code: Code,
    message: String,
    lines: Vec<String>,
}

/// How settings are written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// `flags = PROGRAM { }` and `content`.
    Declared,
    /// `args`, and a configuration file as a text.
    Pasted,
}

fn model(table: &Refusals, rule: &Refusal, given: &Given, way: Way, version: &str, gates_hold: bool) -> String {
    let program = &table.program;
    let (exec, subcommand) = program.split_once(' ').map_or((&**program, None), |(exec, word)| (exec, Some(word)));
    let of_fields = given.iter().find_map(|(name, _)| match name {
        Name::Field { kind, .. } => field::table(kind),
        _ => None,
    });
    let kind = field::of_program(program).or(of_fields);
    let (mut flags, mut content) = (String::new(), Map::new());
    let way = if subcommand.is_some() { Way::Pasted } else { way };
    if let Some(word) = subcommand {
        let _ = writeln!(flags, "      {word:?},");
    }
    let mut gates = Map::new();
    for clause in &rule.clauses {
        if let Clause::Gate(gate, on) = clause {
            gates.insert(gate.clone(), json!(*on == gates_hold));
        }
    }
    for (name, value) in given {
        match name {
            Name::Flag { flag, .. } if way == Way::Pasted => {
                let _ = writeln!(flags, "      {:?},", format!("--{flag}={}", text(value)));
            }
            Name::Flag { flag, .. } => {
                let _ = writeln!(flags, "      {flag} = {}", literal(value));
            }
            Name::Field { path, .. } => put(&mut content, kind.expect("it has a file"), path, value.clone()),
            Name::Variable { .. } | Name::Cluster(_) => {}
        }
    }
    if let Some(kind) = kind {
        content.insert("apiVersion".to_owned(), json!(kind.api_version));
        content.insert("kind".to_owned(), json!(kind.kind));
        if !gates.is_empty() {
            content.insert("featureGates".to_owned(), Json::Object(gates));
        }
    } else if !gates.is_empty() && way == Way::Pasted {
        let _ = writeln!(flags, "      \"--feature-gates={}\",", text(&Json::Object(gates)));
    } else if !gates.is_empty() {
        let _ = writeln!(flags, "      feature-gates = {}", literal(&Json::Object(gates)));
    }
    let content = Json::Object(content);
    let (flags, file) = match way {
        Way::Declared => (
            format!("flags = {program} {{\n{flags}    }}"),
            format!("format = \"yaml\", content = {}", literal(&content)),
        ),
        Way::Pasted => {
            let shown = serde_json::to_string_pretty(&content).expect("it is data").replace('\\', "\\\\");
            (format!("args = [\n{flags}    ]"), format!("text = \"\"\"\n{shown}\n\"\"\""))
        }
    };
    let file = kind.map(|_| format!("  file /etc/{exec}.yaml {{ {file} }}\n")).unwrap_or_default();
    let count = if rule.clauses.iter().any(|clause| matches!(clause, Clause::Units(_))) { 3 } else { 1 };
    format!(
        "component p {{\n  unit p.service {{\n    exec = /usr/bin/{exec}\n    {flags}\n  }}\n{file}}}\n\
         cluster lab {{ kubernetes = {version}, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }}\n\
         machines m[{count}] {{ cores = 2 }}\ndeploy p on m\n"
    )
}

/// Puts a value at a path, whose end may be a key of a map with dots in it.
fn put(content: &mut Map<String, Json>, table: &field::Table, path: &str, value: Json) {
    let mut keys: Vec<&str> = Vec::new();
    let mut rest = path;
    let mut so_far = String::new();
    while let Some((head, tail)) = rest.split_once('.') {
        keys.push(head);
        so_far = if so_far.is_empty() { head.to_owned() } else { format!("{so_far}.{head}") };
        rest = tail;
        if matches!(table.fields.get(&so_far).map(|field| &field.shape), Some(field::Shape::Map(_))) {
            break;
        }
    }
    let inner = keys.iter().fold(content, |map, key| {
        let next = map.entry(*key).or_insert_with(|| json!({}));
        next.as_object_mut().expect("no setting is inside another one")
    });
    inner.insert(rest.to_owned(), value);
}

/// A value in the language, each field on a line of its own.
fn literal(value: &Json) -> String {
    match value {
        Json::Object(map) => {
            let fields: String =
                map.iter().map(|(key, value)| format!("\n        {key:?} = {}", literal(value))).collect();
            format!("{{{fields}\n      }}")
        }
        Json::Array(list) => format!("[{}]", list.iter().map(literal).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn found(model: &str) -> Vec<Found> {
    planned(model, |sources, problems, _| {
        let line = |span| {
            let (line, _) = sources.line_column(span);
            model.lines().nth(line - 1).unwrap_or_default().trim().to_owned()
        };
        let of = |problem: &kmodel::diag::Diagnostic| Found {
            code: problem.code,
            message: problem.message.clone(),
            lines: problem.labels.iter().map(|label| line(label.span)).collect(),
        };
        problems.iter().map(of).collect()
    })
}

/// The last part of each setting that is given, as a line of the model has it.
fn keys(given: &Given) -> BTreeSet<String> {
    let key = |name: &Name| match name {
        Name::Flag { flag, .. } => flag.clone(),
        Name::Field { path, .. } => path.split('.').next_back().unwrap_or(path).to_owned(),
        Name::Variable { variable, .. } => variable.clone(),
        Name::Cluster(field) => field.name().to_owned(),
    };
    given.iter().map(|(name, _)| key(name)).collect()
}

const fn code(harm: Harm) -> Code {
    match harm {
        Harm::Refused => Code::RefusedSetting,
        Harm::Unsafe => Code::UnsafeSetting,
        Harm::Unwise => Code::UnwiseSetting,
    }
}

/// Whether a rule is told of: by itself, or because the value is refused before it is looked at.
fn is_told(found: &[Found], rule: &Refusal, keys: &BTreeSet<String>, way: Way) -> bool {
    let own = |one: &&Found| one.lines.iter().any(|line| keys.iter().any(|key| line.contains(key.as_str())));
    let earlier = [Code::TypeMismatch, Code::UnknownValue, Code::FlagNotYet, Code::InvalidText];
    found.iter().filter(own).any(|one| {
        one.code == code(rule.harm)
            || way == Way::Declared && earlier.contains(&one.code)
            || one.code == Code::UnknownValue
    })
}

/// The settings of a table that a message names.
fn named(message: &str, table: &Refusals) -> BTreeSet<String> {
    let names = table.names().map(ToString::to_string);
    names.filter(|name| message.contains(&format!("`{name}`"))).collect()
}

/// Whether two messages differ only in the value of a setting.
fn same_words(one: &str, other: &str) -> bool {
    let end = |text: &str| text.split("; ").last().map(str::to_owned);
    end(one) == end(other)
}

/// Only a load balancer in front, another program, or a script with a token, which a unit may not have, makes it hold: `tests/cases` has it.
fn needs_others(rule: &Refusal) -> bool {
    let is_of_others = |clause: &Clause| match clause {
        Clause::Probed
        | Clause::Object { .. }
        | Clause::Anywhere(..)
        | Clause::NamesUnresolved
        | Clause::NodeRanges => true,
        Clause::Setting(Name::Flag { flag, .. }, Test::Set) => flag == "token",
        _ => false,
    };
    rule.clauses.iter().any(is_of_others)
}

/// Settings with several rules that say the same words: the contrary of one may break another.
const NO_CONTRARY: [&str; 3] = [".evictionHard", ".evictionSoftGracePeriod", ".cpuManagerPolicyOptions"];

#[test]
fn every_rule_is_told_and_its_contrary_is_not() {
    let (mut tried, mut wrong) = (0, Vec::new());
    for table in refusals() {
        for (index, rule) in table.rules.iter().enumerate().filter(|(_, rule)| !needs_others(rule)) {
            let Some(given) = broken(rule) else {
                wrong.push(format!("{} rule {index}: no value breaks it: {:?}", table.program, rule.clauses));
                continue;
            };
            let keys = keys(&given);
            for way in [Way::Declared, Way::Pasted] {
                tried += 1;
                let told = VERSIONS.iter().find_map(|version| {
                    let found = found(&model(table, rule, &given, way, version, true));
                    is_told(&found, rule, &keys, way).then_some((*version, found))
                });
                let Some((version, told)) = told else {
                    let model = model(table, rule, &given, way, VERSIONS[0], true);
                    wrong.push(format!(
                        "{} rule {index}, {way:?}, is not told: {:?}\n{:?}\n{model}",
                        table.program,
                        rule.clauses,
                        self::found(&model)
                    ));
                    continue;
                };
                let own: BTreeSet<String> =
                    rule.clauses.iter().flat_map(Clause::names).map(ToString::to_string).collect();
                if own.iter().any(|name| NO_CONTRARY.iter().any(|known| name.ends_with(known))) {
                    continue;
                }
                let Some(good) = mended(rule) else { continue };
                let model = model(table, rule, &good, way, version, true);
                // Another rule about the same settings may hold; this one says the same words of them.
                let is_own = |one: &Found| {
                    one.code == code(rule.harm)
                        && named(&one.message, table) == own
                        && told.iter().any(|other| same_words(&other.message, &one.message))
                };
                let alarms: Vec<Found> = found(&model).into_iter().filter(is_own).collect();
                if !alarms.is_empty() {
                    wrong.push(format!(
                        "{} rule {index}, {way:?}, is told of the contrary: {:?}\n{alarms:?}\n{model}",
                        table.program, rule.clauses
                    ));
                }
            }
        }
    }
    assert!(tried > 300, "{tried} rules were tried");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}
