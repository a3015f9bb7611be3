//! Values of an object that the API server refuses by its own rules, beyond their types.

use std::collections::BTreeSet;

use crate::facts::object_rule::{self, Rule};
use crate::facts::quantity::quantity;
use crate::model::Value;
use crate::model::value::Record;
use crate::text::List;
use crate::verify::locate::Step;

use super::{form, relation, scalar};

/// What is wrong, below a record.
pub(super) struct Broken {
    /// The way from the record to it.
    pub way: Vec<Step>,
    /// What is said of the value there: `is 0, and at least 1 is allowed`.
    pub what: String,
    pub help: String,
}

/// What is wrong with a record of a type.
pub(super) fn broken(record: &Record, of: &str) -> Vec<Broken> {
    let rules = object_rule::of_type(of).iter().filter(|rule| relation::holds(record, rule));
    rules.flat_map(|rule| of_rule(record, rule)).collect()
}

fn of_rule(record: &Record, rule: &Rule) -> Vec<Broken> {
    let mut list: Vec<Broken> = rule.fields.iter().flat_map(|way| of_field(record, rule, way)).collect();
    list.extend(one(record, &rule.exactly_one, true));
    list.extend(one(record, &rule.at_most_one, false));
    list.extend(rule.above.iter().filter_map(|[first, second]| above(record, first, second)));
    list.extend(rule.both_zero.iter().filter_map(|[first, second]| both_zero(record, first, second)));
    list.extend(rule.exceeded.iter().flat_map(|[first, second]| exceeded(record, first, second)));
    list.extend(relation::broken(record, rule));
    list
}

/// What is at a way `a.b`, and the steps to it.
pub(super) fn at<'v>(record: &'v Record, way: &str) -> (Vec<Step>, Option<&'v Value>) {
    let steps = way.split('.').map(Step::from).collect();
    (steps, all(record, way).into_iter().next().map(|(_, value)| value))
}

/// What is at a way `a[].b`, each with the steps to it.
pub(super) fn all<'v>(record: &'v Record, way: &str) -> Vec<(Vec<Step>, &'v Value)> {
    let (first, rest) = way.split_once('.').map_or((way, None), |(first, rest)| (first, Some(rest)));
    let key = first.trim_end_matches("[]");
    let Some(value) = record.get(key).filter(|value| !matches!(value.reveal(), Value::None)) else { return Vec::new() };
    let own = match value.reveal() {
        Value::List(list) if first.ends_with("[]") => {
            list.iter().enumerate().map(|(place, one)| (vec![key.into(), place.into()], one)).collect()
        }
        _ if first.ends_with("[]") => Vec::new(),
        _ => vec![(vec![key.into()], value)],
    };
    let Some(rest) = rest else { return own };
    let below = |(steps, value): (Vec<Step>, &'v Value)| {
        let inner = as_record(value).map(|inner| all(inner, rest)).unwrap_or_default();
        inner.into_iter().map(move |(way, value)| ([&steps[..], &way].concat(), value))
    };
    own.into_iter().flat_map(below).collect()
}

pub(super) fn as_record(value: &Value) -> Option<&Record> {
    match value.reveal() {
        Value::Record(record) => Some(record),
        _ => None,
    }
}

fn of_field(record: &Record, rule: &Rule, way: &str) -> Vec<Broken> {
    let found = all(record, way);
    if found.is_empty() {
        return lacking(record, rule, way).into_iter().collect();
    }
    found.into_iter().flat_map(|(steps, value)| of_value(record, rule, (&steps, value))).collect()
}

fn of_value(record: &Record, rule: &Rule, (steps, value): (&[Step], &Value)) -> Vec<Broken> {
    let help = |usual: String| rule.help.clone().unwrap_or(usual);
    let mut list = Vec::new();
    if let Some(number) = scalar::int(value)
        && let Some(range) = outside(number, rule)
    {
        list.push(Broken { way: steps.to_vec(), what: format!("is {number}"), help: help(format!("use {range}")) });
    }
    let mut refused = |what: String, wanted: String| {
        list.push(Broken { way: steps.to_vec(), what, help: help(format!("use {wanted}")) });
    };
    let text = scalar::text(value).filter(|text| !text.is_empty() && rule.entries.is_empty());
    if let Some(text) = &text {
        if let Some(form) = rule.form.filter(|form| !form::has(text, *form)) {
            refused(format!("is `{text}`"), form::wanted(form).to_owned());
        }
        if !rule.values.is_empty() && !rule.values.contains(text) {
            refused(format!("is `{text}`"), List::ticked(&rule.values).or().to_string());
        }
        if let Some(own) = rule.made_of.as_ref().and_then(|form| relation::made(record, form)).filter(|own| own != text)
        {
            refused(format!("is `{text}`, and has to be `{own}`"), format!("`{own}`"));
        }
    }
    if let Some(text) = value.scalar_text().filter(|text| rule.refused.contains(text)) {
        let when = relation::said(rule);
        refused(format!("is `{text}`{when}"), "another value".to_owned());
    }
    list.extend(relation::of_map(rule, steps, value));
    if let (Some(key), Value::List(elements)) = (&rule.unique, value.reveal()) {
        list.extend(twice(steps, elements, key));
    }
    list
}

/// A field that must be given, in a record that is there.
fn lacking(record: &Record, rule: &Rule, way: &str) -> Option<Broken> {
    let (outer, last) = way.rsplit_once('.').unwrap_or(("", way));
    let (steps, value) = if outer.is_empty() { (Vec::new(), None) } else { at(record, outer) };
    let is_open = rule.given && (outer.is_empty() || value.is_some());
    let usual = || format!("add `{last}`: {}", List::ticked(&rule.values).or());
    let help = || rule.help.clone().unwrap_or_else(usual);
    is_open.then(|| Broken { way: steps, what: format!("has no `{last}`{}", relation::said(rule)), help: help() })
}

/// The numbers that are allowed, if a number is none of them.
fn outside(number: i128, rule: &Rule) -> Option<String> {
    let (least, most) = (rule.least.map(i128::from), rule.most.map(i128::from));
    let is_outside = least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most);
    is_outside.then(|| match (least, most) {
        (Some(least), Some(most)) => format!("a number from {least} to {most}"),
        (Some(least), None) => format!("{least} or more"),
        (None, most) => format!("{} or less", most.unwrap_or_default()),
    })
}

/// Elements of a list that have the same text in a field.
fn twice(steps: &[Step], elements: &[Value], key: &str) -> Vec<Broken> {
    let mut known = BTreeSet::new();
    let mut list = Vec::new();
    for (place, element) in elements.iter().enumerate() {
        let Some(text) = as_record(element).and_then(|one| scalar::text(one.get(key)?)) else { continue };
        if !text.is_empty() && !known.insert(text.clone()) {
            let way = [steps, &[place.into(), key.into()]].concat();
            let help = "use each once".to_owned();
            list.push(Broken { way, what: format!("is `{text}` a second time"), help });
        }
    }
    list
}

/// Whether a field has a value that counts.
fn is_set(record: &Record, field: &str) -> bool {
    record.get(field).is_some_and(|value| match value.reveal() {
        Value::None => false,
        Value::Text(text) => !text.is_empty(),
        // The number of a port; a share of 0 is one.
        Value::Int(0) => field != "number",
        _ => true,
    })
}

/// Several fields of which one is to be there.
fn one(record: &Record, fields: &[String], needed: bool) -> Option<Broken> {
    let set: Vec<&String> = fields.iter().filter(|field| is_set(record, field)).collect();
    match set[..] {
        [] if needed && !fields.is_empty() => {
            let known = List::ticked(fields).or().most(6);
            Some(Broken { way: Vec::new(), what: format!("has none of {known}"), help: "add one of them".to_owned() })
        }
        [_, second, ..] => {
            let what = format!("has {}, and takes only one of them", List::ticked(&set).and());
            Some(Broken { way: vec![second.as_str().into()], what, help: "keep one of them".to_owned() })
        }
        _ => None,
    }
}

fn above(record: &Record, first: &str, second: &str) -> Option<Broken> {
    let number = |field: &str| scalar::int(record.get(field)?);
    let (low, high) = (number(first)?, number(second)?);
    let what = format!("is {low}, more than `{second}`, which is {high}");
    let help = format!("use at most {high}, or raise `{second}`");
    (low > high).then(|| Broken { way: vec![first.into()], what, help })
}

fn both_zero(record: &Record, first: &str, second: &str) -> Option<Broken> {
    let is_zero = |field: &str| {
        let text = record.get(field).and_then(Value::scalar_text);
        text.is_some_and(|text| text.trim_end_matches('%').parse() == Ok(0.0))
    };
    let what = format!("is 0, and `{second}` is 0 too: no pod could be replaced");
    let help = format!("set `{first}` or `{second}` to 1 or more");
    (is_zero(first) && is_zero(second)).then(|| Broken { way: vec![first.into()], what, help })
}

fn exceeded(record: &Record, first: &str, second: &str) -> Vec<Broken> {
    let map = |field: &str| record.get(field).and_then(as_record);
    let (Some(asked), Some(most)) = (map(first), map(second)) else { return Vec::new() };
    let amount = |value: &Value| quantity(&value.scalar_text()?);
    let of = |(name, value): (&str, &Value)| {
        let limit = most.get(name)?;
        let is_more = amount(value)? > amount(limit)?;
        let text = |value: &Value| value.scalar_text().unwrap_or_default();
        let what = format!("is `{}`, more than `{second}.{name}`, which is `{}`", text(value), text(limit));
        let help = format!("use at most `{}`, or raise `{second}.{name}`", text(limit));
        is_more.then(|| Broken { way: vec![first.into(), name.into()], what, help })
    };
    asked.iter().filter_map(|(name, value)| of((name, value))).collect()
}
