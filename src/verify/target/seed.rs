//! Seeds from a web server: each machine asks below a name that no other has, and that can stand in an address.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic};
use crate::model::{Machine, Model, Target, Value};
use crate::plan::Proof;
use crate::source::Span;
use crate::target::cloud::seed::{CONFIG, keys};
use crate::text::Count;
use crate::verify::{Evidence, Verdict};

/// Every machine finds its own seed.
pub fn seeds(evidence: &Evidence<'_, '_>) -> Verdict {
    let model = evidence.model;
    let text = |target: &Target, field: &str| target.options.get(field).and_then(Value::scalar_text);
    let is_served = |target: &&Target| text(target, "seed").as_deref() == Some("http");
    let Some(target) = model.targets.first().filter(is_served) else { return Verdict::default() };
    let one_image = text(target, "seed-url").is_some();
    let mut problems: Vec<Diagnostic> = model.machines.iter().filter_map(|machine| wrong(model, machine)).collect();
    problems.extend(twice(model));
    problems.extend(not_found(model, target).filter(|_| one_image));
    let by = if one_image { "its serial number, by one file for all" } else { "a name of its own" };
    let count = model.machines.len();
    let statement = format!("{}: each finds its seed by {by}", Count(count, "machine"));
    Verdict::of(problems, Proof { name: "seeds", statement, count })
}

fn span(model: &Model<'_>, machine: &Machine) -> Span {
    model.groups[machine.group as usize].names_span
}

/// A serial number that cannot be a part of an address as it is.
fn wrong(model: &Model<'_>, machine: &Machine) -> Option<Diagnostic> {
    let serial = machine.serial.as_deref().filter(|serial| !is_plain(serial))?;
    let message = format!(
        "the serial number of `{}` cannot be a folder of a web server: `{}`",
        machine.name,
        serial.escape_debug()
    );
    let help = "use letters, digits, `-`, `_` and `.`, since cloud-init puts it into the address as it is; or remove it, and \
                the machine is known by the addresses of its ports";
    Some(Diagnostic::new(Code::TargetLimit, span(model, machine), message).help(help))
}

fn is_plain(serial: &str) -> bool {
    let is_plain = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
    (1..=64).contains(&serial.len()) && serial.bytes().all(is_plain) && !serial.starts_with('.') && serial != CONFIG
}

/// The first two machines that ask for the same.
fn twice(model: &Model<'_>) -> Option<Diagnostic> {
    let mut known: HashMap<String, &Machine> = HashMap::new();
    let all = model.machines.iter();
    let (key, first, second) = all
        .flat_map(|machine| {
            keys(&machine.name, machine.serial.as_deref(), &machine.links).into_iter().map(move |key| (key, machine))
        })
        .find_map(|(key, machine)| {
            let first = known.insert(key.to_lowercase(), machine).filter(|first| first.name != machine.name)?;
            Some((key, first, machine))
        })?;
    let message = format!("`{}` and `{}` would both get the seed `http/{key}/`", first.name, second.name);
    let problem = Diagnostic::new(Code::DuplicateName, span(model, second), message);
    Some(problem.help("give each machine its own `serial`, or its own `mac`"))
}

/// The first machine that one file for all of them cannot send to its seed.
fn not_found(model: &Model<'_>, target: &Target) -> Option<Diagnostic> {
    let machine = model.machines.iter().find(|machine| machine.serial.is_none())?;
    let message = format!("`{}` has no `serial`, by which machines with one image find their seeds", machine.name);
    let problem = Diagnostic::new(Code::TargetLacks, span(model, machine), message).label(target.span, "the target");
    let help = format!(
        "set `names = {{ {} = {{ serial = \"...\" }} }}`, or remove `seed-url` and boot it with an address of its own",
        machine.name
    );
    Some(problem.help(help))
}
