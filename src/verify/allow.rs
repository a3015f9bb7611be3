//! `allow CODE "reason"`: verdicts that the operator accepts.

use std::collections::HashMap;

use crate::check::Program;
use crate::check::own_code::{self, OwnCode};
use crate::diag::code::Phase;
use crate::diag::{Code, Diagnostic, Fix};
use crate::model::layer::{Layers, layers};
use crate::model::{Input, Model};
use crate::source::{SourceId, Span};
use crate::syntax::ast::{Allow, Name};

/// Removes the problems that are allowed. With a model and all of its targets, every rule ran, so each `allow` that had nothing
/// to allow is reported; without, only those that are there twice.
pub fn apply(program: &Program, input: &Input, model: Option<&Model<'_>>, problems: &mut Vec<Diagnostic>) {
    let read;
    let held: &Layers<'_> = match model {
        Some(model) => &model.layers,
        None => {
            read = layers(program, &input.overlays).0;
            &read
        }
    };
    if held.allows.is_empty() {
        return;
    }
    let own = own_code::own_codes(program);
    let all_ran = model.is_some() && !(input.single_target && held.targets.len() > 1);
    let mut seen: HashMap<&Name, Span> = HashMap::new();
    for allow in held.allows.iter().filter(|allow| is_allowable(&allow.code.name, &own)) {
        let name = &allow.code.name;
        if let Some(first) = seen.insert(name, allow.code.span) {
            problems.push(unused(program, allow, format!("`{name}` is already allowed")).label(first, "here"));
            continue;
        }
        let before = problems.len();
        problems.retain(|problem| !is_allowed(problem, name, &own));
        // What only machines can say is compared by `apply`.
        let is_seen_later = Code::named(name).is_some_and(|code| code.phase() == Phase::Machines);
        if problems.len() == before && all_ran && !is_seen_later {
            problems.push(unused(
                program,
                allow,
                format!("no problem with the code `{name}` was found, so this `allow` has no effect"),
            ));
        }
    }
}

fn is_allowable(name: &str, own: &[OwnCode<'_>]) -> bool {
    let brought = own.iter().any(|own| *own.name == *name && own_code::allowable(own.check));
    brought || Code::named(name).is_some_and(Code::allowable)
}

/// By its own code, or by the kind that it is of; not at all when its component says so.
fn is_allowed(problem: &Diagnostic, name: &str, own: &[OwnCode<'_>]) -> bool {
    let brought = |own: &&OwnCode<'_>| Some(&own.name) == problem.own_code.as_ref();
    let never = own.iter().find(brought).is_some_and(|own| !own_code::allowable(own.check));
    !never && (problem.code_name() == name || problem.code.allowable() && problem.code.name() == name)
}

fn unused(program: &Program, allow: &Allow, message: String) -> Diagnostic {
    let fix = Fix::safe("remove it").edit(line(program, allow), "");
    Diagnostic::new(Code::UnusedAllow, allow.code.span, message).help("remove the statement").with_fix(fix)
}

/// The whole line of a statement, when nothing else is on it; else the statement alone.
fn line(program: &Program, allow: &Allow) -> Span {
    let end = allow.reason.as_ref().map_or(allow.code.span.end, |reason| reason.span.end);
    let source: SourceId = allow.code.span.source;
    let text = &*program.sources.get(source).text;
    let before = text.get(..allow.code.span.start as usize).unwrap_or_default();
    let start = before.rfind("allow").unwrap_or(before.len());
    let rest = text.get(end as usize..).unwrap_or_default();
    let head = before[..start].trim_end_matches([' ', '\t']);
    let tail = rest.split_inclusive('\n').next().unwrap_or_default();
    match (head.is_empty() || head.ends_with('\n'), tail.trim().is_empty()) {
        (true, true) => Span::new(source, head.len() as u32, end + tail.len() as u32),
        _ => Span::new(source, start as u32, end),
    }
}
