//! Settings with which a program does not start, or does harm.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic};
use crate::facts::setting::{Clause, Harm, Name, Operand, Order, Refusal, Refusals, Test, refusals};
use crate::model::{AppId, MachineId};
use crate::verify::{Evidence, objects};

use super::context::Context;
use super::settings::{Setting, Settings};
use super::{distinct_places, problem};

/// Every rule, for each machine that runs the program.
pub(super) fn verify(evidence: &Evidence<'_, '_>, settings: &Settings) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for table in refusals() {
        for (app, machine) in runs(settings, table) {
            let context = Context { evidence, settings, table, app, machine };
            let version = (table.range.versions_of == "kubernetes").then(|| evidence.model.app(app).kubernetes);
            let rules = table.of_version(version).filter(|rule| context.holds(rule));
            problems.extend(rules.filter_map(|rule| refusal(&context, rule)));
        }
    }
    distinct_places(problems)
}

/// Where a setting of a table is given.
fn runs(settings: &Settings, table: &Refusals) -> BTreeSet<(AppId, Option<MachineId>)> {
    let known: BTreeSet<&Name> = table.names().collect();
    settings.list.iter().filter(|one| known.contains(&one.name)).map(|one| (one.app, one.machine)).collect()
}

fn refusal(context: &Context<'_, '_, '_>, rule: &Refusal) -> Option<Diagnostic> {
    let given: Vec<&Setting> = context.given(rule);
    let (first, rest) = given.split_first()?;
    let code = match rule.harm {
        Harm::Refused => Code::RefusedSetting,
        Harm::Unsafe => Code::UnsafeSetting,
        Harm::Unwise => Code::UnwiseSetting,
    };
    let message = format!("{}; {}", said(context, rule, &given), context.table.what(rule));
    let found = problem(context.evidence.model, code, first, message);
    let found = rest.iter().fold(found, |found, other| found.label(other.span, format!("`{}`", other.written)));
    Some(found.help(rule.help.clone().unwrap_or_else(|| help(rule))))
}

/// What the clauses of a rule found: `` `a` is `1`, and `b` is not set ``.
fn said(context: &Context<'_, '_, '_>, rule: &Refusal, given: &[&Setting]) -> String {
    let of_map = |name: &Name| {
        let culprit = rule.clauses.iter().find_map(|clause| match clause {
            Clause::Setting(own, test) if own == name => context.culprit(name, test),
            _ => None,
        });
        culprit.map(|key| format!("`{name}` has `{key}`"))
    };
    let is_secret = |name: &Name| context.table.rules.iter().any(|rule| is_secret(rule, name));
    let of = |one: &&Setting| match of_map(&one.name) {
        // A key of a map is none.
        Some(text) if one.secret => text.split_once(": ").map_or(text.clone(), |(key, _)| format!("{key}`")),
        Some(text) => text,
        None if is_secret(&one.name) => format!("`{}` is given", one.written),
        None => shown(one),
    };
    let mut parts: Vec<String> = given.iter().map(of).collect();
    // What comes first and is not set only limits the rule.
    let limits = |clause: &&Clause| matches!(clause, Clause::Setting(_, Test::Unset));
    for name in rule.clauses.iter().skip_while(limits).flat_map(Clause::names).collect::<BTreeSet<_>>() {
        if !given.iter().any(|one| one.name == *name) {
            parts.push(match context.table.defaults.get(name) {
                Some(default) => format!("`{name}` is `{default}` by default"),
                None => format!("`{name}` is not set"),
            });
        }
    }
    parts.extend(rule.clauses.iter().filter_map(|clause| match clause {
        Clause::Gate(gate, on) => Some(format!("feature gate `{gate}` is {}", if *on { "on" } else { "off" })),
        Clause::Sysctl(key, value) => Some(format!("sysctl `{key}` is not {value}")),
        Clause::Units(_) => Some(format!("{} machines run it", context.units())),
        Clause::Probed => {
            context.prober().map(|prober| format!("{prober} asks it for its health without a credential"))
        }
        Clause::NamesUnresolved => Some("nothing resolves the names of machines".to_owned()),
        Clause::NodeRanges => Some("the network of the pods takes the ranges of nodes".to_owned()),
        Clause::Object { group, kind } => {
            objects::first(context.evidence, group, kind).map(|title| format!("{title} is in the cluster"))
        }
        Clause::Anywhere(name, value) => Some(format!("`{name}` is `{value}`")),
        Clause::Nowhere(_) => None,
        Clause::Setting(..) => None,
    }));
    parts.join(", and ")
}

/// Whether a rule says that a setting has a form of secrets.
fn is_secret(rule: &Refusal, name: &Name) -> bool {
    let of = |clause: &Clause| match clause {
        Clause::Setting(own, Test::Malformed(grammar) | Test::Each(_, grammar)) => own == name && grammar.is_secret(),
        _ => false,
    };
    rule.clauses.iter().any(of)
}

fn shown(setting: &Setting) -> String {
    match setting.secret || setting.text.len() > 100 {
        true if setting.values.len() > 1 => format!("`{}` has {} values", setting.written, setting.values.len()),
        true => format!("`{}` is given", setting.written),
        false if setting.text.is_empty() => format!("`{}` is empty", setting.written),
        false => format!("`{}` is `{}`", setting.written, setting.text),
    }
}

/// What would be right, by what the last clause refuses.
fn help(rule: &Refusal) -> String {
    let last = rule.clauses.iter().rev().find_map(|clause| match clause {
        Clause::Setting(name, test) => Some((name, test)),
        _ => None,
    });
    let Some((name, test)) = last else { return "change one of them".to_owned() };
    let order = |order: Order| match order {
        Order::Less => "at least",
        Order::LessOrEqual => "more than",
        Order::Greater => "at most",
        Order::GreaterOrEqual => "less than",
    };
    let list = |list: &[String]| list.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
    match test {
        Test::Unset => format!("set `{name}`"),
        Test::Set => format!("remove `{name}`"),
        Test::Is(_) | Test::Has(_) | Test::Begins(_) | Test::IsNot(_) => format!("change `{name}`"),
        Test::Lacks(wanted) => {
            let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
            format!("add {} to `{name}`", wanted.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(" or "))
        }
        Test::Compare(sign, Operand::Value(value)) => format!("use {} {value}", order(*sign)),
        Test::Compare(sign, Operand::Times(factor, other)) if *factor != 1.0 => {
            format!("use {} {factor} times `{other}`", order(*sign))
        }
        Test::Compare(sign, Operand::Times(_, other)) => format!("use {} `{other}`", order(*sign)),
        Test::Outside(low, high) => format!("use a value from {low} to {high}"),
        Test::MoreThan(most) => format!("give at most {most}"),
        Test::Repeats => "give each value once".to_owned(),
        Test::Other(values) => {
            let values: Vec<String> =
                values.iter().map(ToString::to_string).filter(|value| !value.is_empty()).collect();
            format!("use {}", list(&values))
        }
        Test::Meets(other) => format!("list each in `{name}` or in `{other}`"),
        Test::SumsUnlike(_) => format!("change `{name}`"),
        Test::KeysOther(keys) | Test::LimitsOther(keys) => format!("known keys are {}", list(keys)),
        Test::KeysAmong(_) => format!("remove it from `{name}`"),
        Test::NotIn(other) => format!("use a port of `{other}`"),
        Test::BeyondCores => "use numbers of processors that the machine has, or give it more `cores`".to_owned(),
        Test::KeysBeyond(other) => format!("add the same keys to `{other}`"),
        Test::Malformed(grammar) | Test::Keys(grammar) | Test::Entries(grammar) | Test::Each(_, grammar) => {
            format!("write {}", grammar.example())
        }
    }
}
