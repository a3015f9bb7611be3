//! Values of an object that the API server refuses beside others of it.

use crate::facts::object_rule::Rule;
use crate::facts::quantity::quantity;
use crate::model::Value;
use crate::model::value::Record;
use crate::text::List;
use crate::verify::locate::Step;

use super::rule::{Broken, all, as_record, at};
use super::{cel, form, scalar};

/// What stands for any value.
const ANY: &str = "*";

/// Whether a rule is about a record: all that it depends on is as it says.
pub(super) fn holds(record: &Record, rule: &Rule) -> bool {
    rule.when.iter().all(|(way, wanted)| {
        let value = at(record, way).1;
        match wanted.as_str() {
            ANY => value.is_some_and(|value| !is_empty(value)),
            "" => value.is_none_or(is_empty),
            _ => value.and_then(Value::scalar_text).as_ref() == Some(wanted),
        }
    })
}

fn is_empty(value: &Value) -> bool {
    match value.reveal() {
        Value::None => true,
        Value::Text(text) => text.is_empty(),
        Value::List(list) => list.is_empty(),
        _ => false,
    }
}

/// What a rule depends on, for people: `` beside `operator: Exists` ``.
pub(super) fn said(rule: &Rule) -> String {
    let one = |(way, wanted): (&String, &String)| match wanted.as_str() {
        ANY => format!("`{way}`"),
        _ => format!("`{way}: {wanted}`"),
    };
    let list: Vec<String> = rule.when.iter().filter(|(_, wanted)| !wanted.is_empty()).map(one).collect();
    if list.is_empty() { String::new() } else { format!(" beside {}", list.join(" and ")) }
}

/// A text with the values that `{a.b}` stands for in it, if all are given: a patch has only some.
pub(super) fn made(record: &Record, form: &str) -> Option<String> {
    let mut text = String::new();
    for part in form.split('{') {
        match part.split_once('}') {
            Some((way, rest)) => {
                text += &at(record, way).1.and_then(Value::scalar_text)?;
                text += rest;
            }
            None => text += part,
        }
    }
    Some(text)
}

/// What is wrong with the keys and the values of a map, or with the elements of a list.
pub(super) fn of_map(rule: &Rule, steps: &[Step], value: &Value) -> Vec<Broken> {
    let mut list = Vec::new();
    let mut broken = |step: Step, what: String, wanted: &str| {
        list.push(Broken { way: [steps, &[step]].concat(), what, help: format!("use {wanted}") });
    };
    match value.reveal() {
        Value::Record(map) => {
            for (key, value) in map.iter() {
                if let Some(form) = rule.keys.filter(|form| !form::has(key, *form)) {
                    broken((&**key).into(), "is not a valid key".to_owned(), form::wanted(form));
                }
                let form = if rule.entries.iter().any(|entry| **entry == **key) { rule.form } else { rule.each };
                let text = scalar::text(value).filter(|_| !matches!(value, Value::Secret(_)));
                if let Some((text, form)) = text.zip(form).filter(|(text, form)| !form::has(text, *form)) {
                    broken((&**key).into(), format!("is `{text}`"), form::wanted(form));
                }
            }
        }
        Value::List(elements) => {
            for (place, element) in elements.iter().enumerate() {
                let text = scalar::text(element).zip(rule.each).filter(|(text, form)| !form::has(text, *form));
                if let Some((text, form)) = text {
                    broken(place.into(), format!("has `{text}`"), form::wanted(form));
                }
            }
        }
        _ => {}
    }
    list
}

/// What is wrong between several fields.
pub(super) fn broken(record: &Record, rule: &Rule) -> Vec<Broken> {
    let mut list: Vec<Broken> = rule.absent.iter().filter_map(|way| unwanted(record, rule, way)).collect();
    list.extend(rule.required.iter().filter_map(|way| lacking(record, rule, way)));
    list.extend(rule.cel.iter().flat_map(|way| expressions(record, rule, way)));
    list.extend(rule.alone.iter().filter_map(|way| not_alone(record, way)));
    list.extend(keys(record, rule));
    list.extend(rule.one_true.iter().filter_map(|[way, field]| one_true(record, way, field)));
    list.extend(rule.equal.iter().flat_map(|[way, first, second]| equal(record, rule, [way, first, second])));
    list.extend(rule.inside.iter().flat_map(|[way, outer]| inside(record, way, outer)));
    list.extend(rule.within.iter().flat_map(|(way, most, usual)| within(record, way, most, *usual)));
    list.extend(rule.whole.iter().flat_map(|[first, second]| whole(record, first, second)));
    list
}

fn unwanted(record: &Record, rule: &Rule, way: &str) -> Option<Broken> {
    let (steps, _) = all(record, way).into_iter().find(|(_, value)| !is_empty(value))?;
    let help = rule.help.clone().unwrap_or_else(|| "remove one of them".to_owned());
    Some(Broken { way: steps, what: format!("is given{}", said(rule)), help })
}

/// Expressions that cannot be read, or that name what they do not have.
fn expressions(record: &Record, rule: &Rule, way: &str) -> Vec<Broken> {
    let of = |(steps, value): (Vec<Step>, &Value)| {
        let why = cel::refused(&value.scalar_text()?, &rule.variables)?;
        let known = List::ticked(&rule.variables).and();
        let help = if rule.variables.is_empty() {
            "write one expression of CEL".to_owned()
        } else {
            format!("write one expression of CEL; its variables are {known}")
        };
        Some(Broken { way: steps, what: format!("is not valid CEL ({why})"), help })
    };
    all(record, way).into_iter().filter_map(of).collect()
}

/// A list with `*` and something else.
fn not_alone(record: &Record, way: &str) -> Option<Broken> {
    let texts: Vec<String> = all(record, &format!("{way}[]")).iter().filter_map(|(_, one)| one.scalar_text()).collect();
    let has_other = texts.len() > 1 && texts.iter().any(|text| text == ANY);
    let what = "has `*` and something else".to_owned();
    let help = "keep only `*`, which is all of them, or remove it".to_owned();
    has_other.then(|| Broken { way: vec![way.into()], what, help })
}

fn lacking(record: &Record, rule: &Rule, way: &str) -> Option<Broken> {
    if at(record, way).1.is_some_and(|value| !is_empty(value)) {
        return None;
    }
    // As much of the way as is there.
    let ends = way.match_indices('.').map(|(end, _)| end).rev();
    let outer = ends.map(|end| at(record, &way[..end])).find(|(_, value)| value.is_some());
    let what = format!("has no `{way}`{}", said(rule));
    let help = rule.help.clone().unwrap_or_else(|| format!("add `{way}`"));
    let depth = outer.as_ref().map_or(0, |(steps, _)| steps.len());
    let rest: Vec<&str> = way.split('.').skip(depth).collect();
    let what = what.replacen(way, &rest.join("."), 1);
    Some(Broken { way: outer.map(|(steps, _)| steps).unwrap_or_default(), what, help })
}

/// Keys that no map has of those that hold them.
fn keys(record: &Record, rule: &Rule) -> Option<Broken> {
    let maps: Vec<&Record> = rule.maps.iter().filter_map(|way| as_record(at(record, way).1?)).collect();
    let has = |key: &&String| maps.iter().any(|map| map.get(key.as_str()).is_some());
    let missing = rule.all_of.iter().find(|key| !has(key));
    let wanted = match missing {
        Some(key) => format!("`{key}`"),
        None if rule.some_of.is_empty() || rule.some_of.iter().any(|key| has(&key)) => return None,
        None => List::ticked(&rule.some_of).or().to_string(),
    };
    let at = rule.maps.iter().find(|way| at(record, way).1.is_some());
    let what = format!("has no {wanted}{}", said(rule));
    let way = at.map(|way| way.split('.').map(Step::from).collect()).unwrap_or_default();
    Some(Broken { way, what, help: format!("add {wanted}") })
}

fn one_true(record: &Record, way: &str, field: &str) -> Option<Broken> {
    let elements = all(record, &format!("{way}[]"));
    let is_true = |(_, one): &&(Vec<Step>, &Value)| {
        as_record(one).and_then(|one| one.get(field)).is_some_and(|value| *value.reveal() == Value::Bool(true))
    };
    let count = elements.iter().filter(is_true).count();
    let what = format!("has {count} elements with `{field}: true`, and takes exactly one");
    let help = format!("set `{field}: true` in one of them");
    (!elements.is_empty() && count != 1).then(|| Broken { way: vec![way.into()], what, help })
}

fn equal(record: &Record, rule: &Rule, [way, first, second]: [&str; 3]) -> Vec<Broken> {
    let of = |(steps, element): (Vec<Step>, &Value)| {
        let one = as_record(element)?;
        let number = |field: &str| one.get(field).and_then(scalar::int).filter(|number| *number != 0);
        let (own, other) = (number(first)?, number(second)?);
        let what = format!("is {own}, and `{second}` is {other}{}", said(rule));
        let help = format!("use {other} for both, or remove `{first}`");
        (own != other).then(|| Broken { way: [&steps[..], &[first.into()]].concat(), what, help })
    };
    all(record, way).into_iter().filter_map(of).collect()
}

fn inside(record: &Record, way: &str, outer: &str) -> Vec<Broken> {
    let Some(range) = at(record, outer).1.and_then(Value::scalar_text) else { return Vec::new() };
    let of = |(steps, value): (Vec<Step>, &Value)| {
        let text = value.scalar_text()?;
        let what = format!("is `{text}`, which is not a part of `{outer}` {range}");
        let help = "use a part of it, or remove it".to_owned();
        (form::is_part(&text, &range) == Some(false)).then_some(Broken { way: steps, what, help })
    };
    all(record, way).into_iter().filter_map(of).collect()
}

fn within(record: &Record, way: &str, most: &str, usual: i64) -> Vec<Broken> {
    let limit = at(record, most).1.and_then(scalar::int).unwrap_or(usual.into());
    let of = |(steps, value): (Vec<Step>, &Value)| {
        let number = scalar::int(value)?;
        let what = format!("is {number}, more than `{most}`, which is {limit}");
        let help = format!("use at most {limit}, or raise `{most}`");
        (number > limit).then_some(Broken { way: steps, what, help })
    };
    all(record, way).into_iter().filter_map(of).collect()
}

/// Resources that nodes do not share out twice, and that have another limit than request.
fn whole(record: &Record, first: &str, second: &str) -> Vec<Broken> {
    let Some(asked) = at(record, first).1.and_then(as_record) else { return Vec::new() };
    let limits = at(record, second).1.and_then(as_record);
    let amount = |value: &Value| quantity(&value.scalar_text()?);
    let is_shared =
        |name: &str| !name.starts_with("hugepages-") && (!name.contains('/') || name.contains("kubernetes.io/"));
    let of = |(name, value): (&str, &Value)| {
        let limit = limits.and_then(|limits| limits.get(name));
        let (own, most) = (amount(value)?, limit.and_then(amount));
        let what = match limit.and_then(Value::scalar_text) {
            None => format!("has no limit, and `{name}` takes no request without one"),
            Some(limit) => format!("is not its limit, which is `{limit}`: `{name}` takes no request of its own"),
        };
        let help = format!("write it in `{second}`, which is the request too");
        // More than the limit is another mistake.
        let is_wrong = most.is_none_or(|most| own < most) && !is_shared(name);
        is_wrong.then(|| Broken { way: vec![first.into(), name.into()], what, help })
    };
    asked.iter().filter_map(|(name, value)| of((name, value))).collect()
}
