//! Values of an object that the API server refuses by its own rules, beyond their types.

use std::collections::BTreeSet;

use crate::facts::object_rule::{self, Form, Rule};
use crate::facts::quantity::quantity;
use crate::model::Value;
use crate::model::value::Record;
use crate::text::List;
use crate::verify::locate::Step;

use super::scalar;

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
    object_rule::of_type(of).iter().flat_map(|rule| of_rule(record, rule)).collect()
}

fn of_rule(record: &Record, rule: &Rule) -> Vec<Broken> {
    let mut list: Vec<Broken> = rule.fields.iter().flat_map(|way| of_field(record, rule, way)).collect();
    list.extend(one(record, &rule.exactly_one, true));
    list.extend(one(record, &rule.at_most_one, false));
    list.extend(rule.above.iter().filter_map(|[first, second]| above(record, first, second)));
    list.extend(rule.both_zero.iter().filter_map(|[first, second]| both_zero(record, first, second)));
    list.extend(rule.exceeded.iter().flat_map(|[first, second]| exceeded(record, first, second)));
    list
}

/// What is at a way `a.b`, and the steps to it.
fn at<'v>(record: &'v Record, way: &str) -> (Vec<Step>, Option<&'v Value>) {
    let mut steps = Vec::new();
    let mut inner = Some(record);
    let mut value = None;
    for key in way.split('.') {
        value = inner.and_then(|record| record.get(key)).filter(|value| !matches!(value.reveal(), Value::None));
        inner = value.and_then(as_record);
        steps.push(key.into());
    }
    (steps, value)
}

fn as_record(value: &Value) -> Option<&Record> {
    match value.reveal() {
        Value::Record(record) => Some(record),
        _ => None,
    }
}

fn of_field(record: &Record, rule: &Rule, way: &str) -> Vec<Broken> {
    let (steps, value) = at(record, way);
    let help = |usual: String| rule.help.clone().unwrap_or(usual);
    let Some(value) = value else { return lacking(record, rule, way).into_iter().collect() };
    let mut list = Vec::new();
    if let Some(number) = scalar::int(value)
        && let Some(range) = outside(number, rule)
    {
        list.push(Broken { way: steps.clone(), what: format!("is {number}"), help: help(format!("use {range}")) });
    }
    if let Some(text) = scalar::text(value).filter(|text| !text.is_empty()) {
        if let Some(wanted) = rule.form.filter(|form| !has_form(&text, *form)).map(said) {
            list.push(Broken { way: steps.clone(), what: format!("is `{text}`"), help: help(format!("use {wanted}")) });
        }
        if !rule.values.is_empty() && !rule.values.contains(&text) {
            let known = List::ticked(&rule.values).or();
            list.push(Broken { way: steps.clone(), what: format!("is `{text}`"), help: help(format!("use {known}")) });
        }
    }
    if let (Some(key), Value::List(elements)) = (&rule.unique, value.reveal()) {
        list.extend(twice(&steps, elements, key));
    }
    list
}

/// A field that must be given, in a record that is there.
fn lacking(record: &Record, rule: &Rule, way: &str) -> Option<Broken> {
    let (outer, last) = way.rsplit_once('.').filter(|_| rule.given)?;
    let (steps, value) = at(record, outer);
    value?;
    let help = format!("add `{last}`: {}", List::ticked(&rule.values).or());
    Some(Broken { way: steps, what: format!("has no `{last}`"), help })
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

fn has_form(text: &str, form: Form) -> bool {
    let is_simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_word = text.chars().all(is_simple) && !text.starts_with('-') && !text.ends_with('-');
    let is_straight = !text.split('/').any(|part| part == "..");
    match form {
        Form::Label => is_word && text.len() <= 63,
        Form::Port => {
            let has_letter = text.contains(|c: char| c.is_ascii_lowercase());
            is_word && text.len() <= 15 && has_letter && !text.contains("--")
        }
        Form::Below => !text.starts_with('/') && is_straight,
        Form::Straight => is_straight,
    }
}

fn said(form: Form) -> &'static str {
    match form {
        Form::Label => "up to 63 lowercase letters, digits and `-`, with a letter or a digit at both ends",
        Form::Port => {
            "up to 15 lowercase letters, digits and single `-`, with at least one letter, and a letter or a digit at both ends"
        }
        Form::Below => "a relative path without `..`",
        Form::Straight => "a path without `..`",
    }
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
