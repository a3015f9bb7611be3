//! Flags that the environment of a program sets, of a unit or a container: `ETCD_NAME` is `--name`.

use crate::facts::flag;
use crate::facts::lifespan::Status;
use crate::model::Value;
use crate::render::evidence::{Entry, Flag, Flags};

use super::Service;
use super::argument::Word;

/// Adds the flags that variables of a unit set; those that are given as flags too are kept apart.
pub(super) fn add<'p>(service: &Service<'p>, entries: &mut [Entry<'p>]) {
    let variables = service.environment(entries);
    let of_unit: Vec<&mut Flags<'p>> = entries
        .iter_mut()
        .filter_map(|entry| if let Entry::Flags(flags) = entry { Some(flags) } else { None })
        .filter(|flags| flags.unit.as_ref() == Some(&service.name))
        .collect();
    let is_used = |name: &str| {
        let (short, braced) = (format!("${name}"), format!("${{{name}}}"));
        let mut lines = service.values("Service", "ExecStart");
        lines.any(|(_, line, _)| line.contains(&short) || line.contains(&braced))
    };
    set(of_unit, &variables, is_used);
}

/// The same for the programs that have these variables; `is_used` tells whether a command names one, which is then for its arguments.
pub(super) fn set<'p>(
    mut of_unit: Vec<&mut Flags<'p>>,
    variables: &[(String, Word<'p>)],
    is_used: impl Fn(&str) -> bool,
) {
    for variable in variables {
        // A flag may be given by a set of flags, or by an argument of the same command.
        let known = of_unit.iter().position(|flags| {
            flag_of(flags, variable).is_some_and(|own| flags.given.iter().any(|given| given.name == own.name))
        });
        if !is_used(&variable.0) {
            of_unit.iter_mut().for_each(|flags| ignore(flags, variable));
        }
        match known {
            Some(place) => {
                let own = flag_of(of_unit[place], variable);
                of_unit[place].shadowed.extend(own);
            }
            None => {
                let first = of_unit.iter_mut().find_map(|flags| Some((flag_of(flags, variable)?, flags)));
                first.into_iter().for_each(|(own, flags)| flags.given.push(own));
            }
        }
    }
}

/// The flag that a variable sets.
fn flag_of<'p>(flags: &Flags<'p>, variable: &(String, Word<'p>)) -> Option<Flag<'p>> {
    named(flags, variable).filter(|flag| has(flags, &flag.name))
}

/// The flag of a variable whose name begins as those of the program do: `ETCD_DATA_DIR` is `data-dir`.
fn named<'p>(flags: &Flags<'p>, (name, word): &(String, Word<'p>)) -> Option<Flag<'p>> {
    let prefix = flag::table(&flags.program)?.environment.as_deref()?;
    let name = name.strip_prefix(prefix)?.to_ascii_lowercase().replace('_', "-");
    (!word.text.is_empty()).then(|| Flag { name, value: Value::text(word.text.clone()), written: word.written.clone() })
}

/// Whether the version that runs has a flag.
fn has(flags: &Flags<'_>, name: &str) -> bool {
    let known = flag::table(&flags.program).and_then(|table| Some((table, table.flags.get(name)?)));
    known.is_some_and(|(table, row)| {
        flags.version.is_none_or(|version| {
            !table.range.knows(version) || !matches!(row.life.status(version), Status::NotYet(_) | Status::Removed(_))
        })
    })
}

/// Notes a variable that no flag takes.
fn ignore<'p>(flags: &mut Flags<'p>, variable: &(String, Word<'p>)) {
    let found = named(flags, variable).filter(|flag| !has(flags, &flag.name));
    flags.ignored.extend(found);
}
