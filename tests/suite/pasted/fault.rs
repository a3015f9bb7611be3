//! Faults in flags and fields, from the tables that they are checked against.

use kmodel::diag::Code;
use kmodel::facts::field::{self, Shape};
use kmodel::facts::flag::{self, FlagKind};
use kmodel::facts::setting::{Clause, Name, Test, Typed, Values, refusals, rules};
use kmodel::facts::value;
use kmodel::facts::{Lifespan, Status};
use kmodel::syntax::ast::Version;
use serde_json::{Value as Json, json};

/// A setting with a value that is wrong.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// The flag, or the path of the field.
    pub name: String,
    pub value: Json,
    pub code: Code,
    /// What the message names: the flag or the last key, or the value.
    pub told: String,
}

/// How many of each kind.
const EACH: usize = 2;

struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, name: &str, value: impl Into<Json>, code: Code) {
        let told = name.rsplit('.').next().unwrap_or(name).replace("[]", "");
        self.told(name, value, code, told);
    }

    fn told(&mut self, name: &str, value: impl Into<Json>, code: Code, told: impl Into<String>) {
        if !self.0.iter().any(|known| known.name == name) {
            self.0.push(Fault { name: name.to_owned(), value: value.into(), code, told: told.into() });
        }
    }

    fn count(&self, code: Code) -> usize {
        self.0.iter().filter(|fault| fault.code == code).count()
    }

    /// What a version does not have, or is about to lose.
    fn lives<'a>(
        &mut self,
        rows: impl Iterator<Item = (&'a str, &'a Lifespan, Json)>,
        version: Version,
        [removed, not_yet, deprecated]: [Code; 3],
    ) {
        for (name, life, value) in rows {
            let code = match life.status(version) {
                Status::Removed(_) => removed,
                Status::NotYet(_) => not_yet,
                Status::Deprecated => deprecated,
                Status::Known => continue,
            };
            if self.count(code) < EACH {
                self.add(name, value, code);
            }
        }
    }

    /// Values that no setting should have.
    fn rules(&mut self, is_own: impl Fn(&Name) -> Option<String>, program: &str) {
        for (list, code) in [(&rules().never, Code::UnsafeSetting), (&rules().unwise, Code::UnwiseSetting)] {
            for rule in list.iter().filter(|rule| !rule.unless_written) {
                let (Some(name), Values::Is(value)) = (is_own(&rule.setting), &rule.value) else { continue };
                self.0.extend(json_of(value).filter(|_| !self.0.iter().any(|known| known.name == name)).map(|value| {
                    let told = name.rsplit('.').next().unwrap_or(&name).to_owned();
                    Fault { name, value, code, told }
                }));
            }
        }
        for rule in refusals().iter().filter(|table| table.program == program).flat_map(|table| &table.rules) {
            let [Clause::Setting(setting, Test::Outside(_, Typed::Number(high)))] = rule.clauses.as_slice() else {
                continue;
            };
            if let Some(name) = is_own(setting).filter(|_| self.count(Code::RefusedSetting) < 3 * EACH) {
                self.add(&name, *high as i64 + 1, Code::RefusedSetting);
            }
        }
    }
}

fn json_of(value: &Typed) -> Option<Json> {
    Some(match value {
        Typed::Bool(value) => json!(value),
        Typed::Number(value) if value.fract() == 0.0 => json!(*value as i64),
        Typed::Text(text) => json!(text),
        _ => return None,
    })
}

/// Faults in the flags of a program.
pub(crate) fn in_flags(program: &str, version: Version) -> Vec<Fault> {
    let table = flag::table(program).expect("a program with a table");
    let mut faults = Faults(Vec::new());
    faults.add("nonsense", "1", Code::UnknownFlag);
    let codes = [Code::FlagRemoved, Code::FlagNotYet, Code::FlagDeprecated];
    faults.lives(
        table.flags.iter().map(|(name, row)| (name.as_str(), &row.life, json!(fitting(row.kind)))),
        version,
        codes,
    );
    let known = || table.flags.iter().filter(|(_, row)| row.life.status(version) == Status::Known);
    if known().any(|(name, _)| name == "feature-gates") {
        faults.told("feature-gates", "Nonsense=true", Code::UnknownGate, "Nonsense");
    }
    for (name, _) in known().filter(|(_, row)| row.values.as_deref().is_some_and(|set| value::set(set).is_some())) {
        if faults.count(Code::UnknownValue) < 2 * EACH {
            faults.told(name, "nonsensical", Code::UnknownValue, "nonsensical");
        }
    }
    let is_own = |name: &Name| match name {
        Name::Flag { program: of, flag } => (of == program).then(|| flag.clone()),
        Name::Field { path, .. } => {
            let named = |(flag, _): &(&String, &flag::Flag)| Name::of_flag(program, flag) == *name && !path.is_empty();
            known().find(named).map(|(flag, _)| flag.clone())
        }
        _ => None,
    };
    faults.rules(is_own, program);
    for kind in [FlagKind::Bool, FlagKind::Int, FlagKind::Float, FlagKind::Duration, FlagKind::Ip, FlagKind::PortRange]
    {
        let of_kind = known().filter(|(name, row)| row.kind == kind && row.values.is_none() && *name != "version");
        of_kind.take(EACH).for_each(|(name, _)| faults.add(name, "not~it", Code::TypeMismatch));
    }
    faults.0
}

fn fitting(kind: FlagKind) -> &'static str {
    match kind {
        FlagKind::Bool => "true",
        FlagKind::Int | FlagKind::Float => "1",
        FlagKind::Duration => "1s",
        FlagKind::Ip => "10.0.0.9",
        FlagKind::PortRange => "30000-30001",
        FlagKind::String | FlagKind::StringList | FlagKind::Map => "x",
    }
}

/// Faults in the fields of a kind of file.
pub(crate) fn in_fields(kind: &str, version: Version) -> Vec<Fault> {
    let table = field::table(kind).expect("a kind with a table");
    let mut faults = Faults(Vec::new());
    let mut nonsense = |at: &str| {
        let name = format!("{at}nonsense{}", at.len());
        faults.add(&name, "1", Code::UnknownConfigField);
    };
    nonsense("");
    let objects =
        table.fields.iter().filter(|(_, row)| row.shape == Shape::Object && row.life.status(version) == Status::Known);
    objects
        .filter(|(name, _)| table.below(name).next().is_some())
        .take(4)
        .for_each(|(name, _)| nonsense(&format!("{name}.")));
    let codes = [Code::ConfigFieldRemoved, Code::ConfigFieldNotYet, Code::ConfigFieldDeprecated];
    faults.lives(table.fields.iter().map(|(name, row)| (name.as_str(), &row.life, good(&row.shape))), version, codes);
    let known = || table.fields.iter().filter(|(_, row)| row.life.status(version) == Status::Known);
    faults.told("featureGates", json!({ "Nonsense": true }), Code::UnknownGate, "Nonsense");
    for (name, row) in known().filter(|(_, row)| row.values.is_some()) {
        let value = if matches!(row.shape, Shape::List(_)) { json!(["nonsensical"]) } else { json!("nonsensical") };
        faults.told(name, value, Code::UnknownValue, "nonsensical");
    }
    let is_own = |name: &Name| match name {
        Name::Field { kind: of, path } => (of == kind).then(|| path.clone()),
        _ => None,
    };
    faults.rules(is_own, &table.program);
    let mut kinds: Vec<std::mem::Discriminant<Shape>> = Vec::new();
    for (name, row) in known() {
        let shape = std::mem::discriminant(&row.shape);
        if kinds.iter().filter(|known| **known == shape).count() < EACH && name != "featureGates" {
            kinds.push(shape);
            faults.add(name, bad(&row.shape), Code::TypeMismatch);
        }
    }
    faults.0
}

fn good(shape: &Shape) -> Json {
    match shape {
        Shape::Bool => json!(true),
        Shape::Int(_) | Shape::Float => json!(1),
        Shape::Text => json!("x"),
        Shape::Version => json!("v1.35.5"),
        Shape::Duration | Shape::DurationOrNanoseconds => json!("1s"),
        Shape::Quantity => json!("1Gi"),
        Shape::Map(_) | Shape::Object => json!({}),
        Shape::List(_) => json!([]),
    }
}

fn bad(shape: &Shape) -> Json {
    match shape {
        Shape::Text | Shape::Version => json!(7),
        Shape::Duration => json!(10),
        _ => json!("not~it"),
    }
}
