//! Command-line flags: whether the version that runs has them, with these values.

use crate::diag::{Code, Diagnostic, Help, Severity, closest};
use crate::facts::flag as table;
use crate::facts::lifespan::{Status, short};
use crate::model::{Model, Value};
use crate::render::evidence::{Flag, Flags, Written};
use crate::render::flag::text;
use crate::verify::locate;

/// What is wrong with the flags of one program.
pub(super) fn verify(model: &Model<'_>, flags: &Flags<'_>) -> Vec<Diagnostic> {
    let program = &flags.program;
    let twice = flags.shadowed.iter().map(|flag| shadowed(model, flags, flag));
    let twice = twice.chain(flags.ignored.iter().filter_map(|flag| ignored(model, flags, flag)));
    let twice = twice.chain(flags.given.iter().filter_map(|flag| forbidden(model, flags, flag)));
    let Some(version) = flags.version else { return twice.chain(unversioned(model, flags)).collect() };
    if flags.given.is_empty() {
        return twice.collect();
    }
    let mut problems: Vec<Diagnostic> = twice.collect();
    for flag in flags.given.iter().filter(|flag| !table::is_positional(program, &flag.name)) {
        let key = || locate::word::key(model, flags.owner, flag);
        let place = |element: &str| locate::word::element(model, flags.owner, flag, element);
        let mut found: Vec<Diagnostic> = table::examine(program, &flag.name, version, key()).into_iter().collect();
        found.extend(table::examine_values((program, &flag.name), &elements(&flag.value), version, place));
        if matches!(flag.written, Written::Word { .. }) {
            found.extend(table::examine_argument(
                program,
                (&flag.name, &text(&flag.value).unwrap_or_default()),
                version,
                key(),
            ));
            // An edit of a field of a set is none of an argument.
            found.iter_mut().for_each(|problem| problem.fixes.clear());
        }
        problems.extend(found);
    }
    problems
}

/// A flag that the environment sets too: the program ends at its start.
fn shadowed(model: &Model<'_>, flags: &Flags<'_>, flag: &Flag<'_>) -> Diagnostic {
    let (program, name) = (&flags.program, &flag.name);
    let variable = variable(program, name);
    let message =
        format!("`{variable}` sets `{name}` of `{program}`, which is also a flag: {program} exits at startup");
    let given = flags.given.iter().find(|given| given.name == *name);
    let found = Diagnostic::new(Code::RefusedSetting, locate::word::key(model, flags.owner, flag), message);
    let found = given
        .iter()
        .fold(found, |found, given| found.label(locate::word::key(model, flags.owner, given), format!("`--{name}`")));
    found.help("remove the variable, or the flag")
}

/// A flag that the program refuses beside another one.
fn forbidden(model: &Model<'_>, flags: &Flags<'_>, flag: &Flag<'_>) -> Option<Diagnostic> {
    let (program, name) = (&flags.program, &flag.name);
    let table = table::table(program).filter(|table| table.flags.contains_key(name))?;
    let given = |name: &str| flags.given.iter().find(|flag| flag.name == name);
    let other = table.forbidden_by(name, |name| given(name).is_some())?;
    let message = format!("`{program}` refuses `--{name}` beside `--{other}`, and exits");
    let found = Diagnostic::new(Code::RefusedSetting, locate::word::key(model, flags.owner, flag), message);
    let found = given(other).into_iter().fold(found, |found, other| {
        found.label(locate::word::key(model, flags.owner, other), format!("`--{}`", other.name))
    });
    Some(found.help(match &table.flags[name].config_field {
        Some(field) => format!("set `{field}` in the file instead"),
        None => "remove one of them".to_owned(),
    }))
}

/// A variable of a flag that the version that runs does not have, or a slip of one: the program runs without it.
fn ignored(model: &Model<'_>, flags: &Flags<'_>, flag: &Flag<'_>) -> Option<Diagnostic> {
    let (program, name) = (&*flags.program, &*flag.name);
    let own = variable(program, name);
    let table = table::table(program)?;
    let rows = &table.flags;
    let span = locate::word::key(model, flags.owner, flag);
    let Some(row) = rows.get(name) else {
        // A version that was not read may have it.
        let is_read = flags.version.is_none_or(|version| table.range.knows(version));
        let near = closest(name, rows.keys().map(String::as_str)).filter(|_| is_read)?;
        let message = format!("`{own}` is ignored: `{program}` has no flag `{name}` in any known version");
        return Some(Diagnostic::new(Code::UnknownFlag, span, message).help(Help::near(variable(program, near))));
    };
    let version = flags.version?;
    let (code, why) = match row.life.status(version) {
        Status::Removed(at) => (Code::FlagRemoved, format!("was removed in {}", short(at))),
        Status::NotYet(at) => (Code::FlagNotYet, format!("is added in {}", short(at))),
        _ => return None,
    };
    let message = format!("`{own}` is ignored by `{program}` {version}: its flag `{name}` {why}");
    let other = row.life.replacement.as_deref().filter(|_| code == Code::FlagRemoved);
    let instead = other.map(|other| match rows.contains_key(other) {
        true => format!("use `{}`", variable(program, other)),
        false => format!("instead: {other}"),
    });
    let problem =
        Diagnostic::new(code, span, message).help(instead.unwrap_or_else(|| "remove the variable".to_owned()));
    // The program writes a line to its log and starts.
    Some(Diagnostic { severity: Severity::Warning, ..problem })
}

/// The variable of a flag: `ETCD_DATA_DIR`.
fn variable(program: &str, flag: &str) -> String {
    let prefix = table::table(program).and_then(|table| table.environment.as_deref()).unwrap_or_default();
    format!("{prefix}{}", flag.to_ascii_uppercase().replace('-', "_"))
}

/// The arguments of a program whose version nothing tells.
fn unversioned(model: &Model<'_>, flags: &Flags<'_>) -> Vec<Diagnostic> {
    let is_flag = |flag: &&Flag<'_>| !table::is_positional(&flags.program, &flag.name);
    let words = flags.given.iter().filter(is_flag).filter(|flag| matches!(flag.written, Written::Word { .. }));
    let examine = |flag: &Flag<'_>| {
        let value = text(&flag.value).unwrap_or_default();
        table::examine_unversioned(&flags.program, (&flag.name, &value), locate::word::key(model, flags.owner, flag))
    };
    words.filter_map(examine).collect()
}

/// The elements of a flag's value; those of a map with what they are set to, if that is true or false.
fn elements(value: &Value) -> Vec<(String, Option<bool>)> {
    let split = |text: &str| -> Vec<(String, Option<bool>)> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let one = |part: &str| match part.split_once('=') {
            Some((name, on)) => (name.to_owned(), on.parse().ok()),
            None => (part.to_owned(), None),
        };
        parts.map(one).collect()
    };
    match value {
        Value::List(list) => list.iter().flat_map(elements).collect(),
        Value::Record(record) => record.iter().map(|(name, on)| (name.to_string(), truth(on))).collect(),
        other => other.scalar_text().map_or_else(Vec::new, |text| split(&text)),
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(on) => Some(*on),
        other => other.scalar_text()?.parse().ok(),
    }
}
