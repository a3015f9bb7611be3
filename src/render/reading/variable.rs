//! Flags that the environment of a unit's program sets: `ETCD_NAME` is `--name`.

use crate::facts::flag;
use crate::facts::lifespan::Status;
use crate::model::Value;
use crate::render::evidence::{Entry, Flag, Flags};

use super::Service;
use super::argument::Word;

/// Adds the flags that variables of a unit set; those that are given as flags too are kept apart.
pub(super) fn add<'p>(service: &Service<'p>, entries: &mut [Entry<'p>]) {
    let variables = service.environment(entries);
    let mut of_unit: Vec<&mut Flags<'p>> = entries
        .iter_mut()
        .filter_map(|entry| if let Entry::Flags(flags) = entry { Some(flags) } else { None })
        .filter(|flags| flags.unit.as_ref() == Some(&service.name))
        .collect();
    for variable in &variables {
        // A flag may be given by a set of flags, or by an argument of the same command.
        let known = of_unit.iter().position(|flags| {
            flag_of(flags, variable).is_some_and(|own| flags.given.iter().any(|given| given.name == own.name))
        });
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

/// The flag that a variable sets; one that the version that runs has not is ignored, as the program says in its log.
fn flag_of<'p>(flags: &Flags<'p>, (name, word): &(String, Word<'p>)) -> Option<Flag<'p>> {
    let table = flag::table(&flags.program)?;
    // `ETCD_DATA_DIR` is `data-dir`.
    let name = name.strip_prefix(table.environment.as_deref()?)?.to_ascii_lowercase().replace('_', "-");
    let row = table.flags.get(&name)?;
    let is_there = flags.version.is_none_or(|version| {
        !table.range.knows(version) || !matches!(row.life.status(version), Status::NotYet(_) | Status::Removed(_))
    });
    let is_set = is_there && !word.text.is_empty();
    is_set.then(|| Flag { name, value: Value::text(word.text.clone()), written: word.written.clone() })
}
