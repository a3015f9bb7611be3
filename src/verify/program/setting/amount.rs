//! Numbers and amounts that have to fit each other.

use crate::diag::{Code, Diagnostic};
use crate::facts::quantity::quantity;
use crate::facts::setting::{Amount, Fits, Times, Within};
use crate::model::scope::Scope;
use crate::model::{AppId, Model, Value};
use crate::syntax::ast::Field;
use crate::text::Count;

use super::problem;
use super::settings::{Setting, Settings};

/// A number that is too few times another one.
pub(super) fn times(model: &Model<'_>, settings: &Settings, rule: &Times) -> Vec<Diagnostic> {
    let verify = |setting: &Setting| {
        let own = setting.name == rule.setting;
        let other = settings.beside(setting, if own { &rule.of } else { &rule.setting });
        // Where both are given, the first one is reported.
        if !own && other.is_some() {
            return None;
        }
        let [large, small] = if own { [Some(setting), other] } else { [other, Some(setting)] };
        let value = |one: Option<&Setting>, default: f64| one.map_or(Some(default), Setting::number);
        let (large, small) = (value(large, rule.defaults[0])?, value(small, rule.defaults[1])?);
        if large >= small * rule.least {
            return None;
        }
        let (a, b, least) = (&rule.setting, &rule.of, rule.least);
        let message = format!("`{a}` is {large}, less than {least} times `{b}`, which is {small}; {}", rule.what);
        let found = problem(model, Code::RefusedSetting, setting, message).help(&*rule.help);
        Some(match other {
            Some(other) => found.label(other.span, format!("`{}`", other.written)),
            None => found,
        })
    };
    settings.named(&rule.setting).chain(settings.named(&rule.of)).filter_map(verify).collect()
}

/// Amounts that take all that a machine has.
pub(super) fn within(model: &Model<'_>, settings: &Settings, rule: &Within) -> Vec<Diagnostic> {
    let mut list = Vec::new();
    let mut seen = Vec::new();
    for setting in rule.settings.iter().flat_map(|name| settings.named(name)) {
        let Some(machine) = setting.machine.filter(|machine| !seen.contains(machine)) else { continue };
        seen.push(machine);
        let group = model.group_of(machine);
        let has = if rule.of == Amount::Memory { group.memory as f64 } else { group.cores };
        let parts: Vec<&Setting> = rule.settings.iter().filter_map(|name| settings.beside(setting, name)).collect();
        let amount = |one: &&Setting| match one.text.strip_suffix('%') {
            Some(percent) => percent.trim().parse::<f64>().ok().map(|percent| percent / 100.0 * has),
            None => quantity(&one.text),
        };
        if let Some(part) = parts.iter().find(|part| amount(part).is_none() && !part.secret) {
            let message = format!("`{}` is `{}`, which is not a quantity", part.written, part.text);
            let found = problem(model, Code::RefusedSetting, part, message);
            list.push(found.help("write a number with a suffix: `500m` of cpu, `512Mi` of memory"));
            continue;
        }
        let taken: f64 = parts.iter().filter_map(amount).sum();
        if taken < has {
            continue;
        }
        let shown: Vec<String> = parts.iter().map(|part| format!("{} by `{}`", part.text, part.written)).collect();
        let name = &model.machine(machine).name;
        let message =
            format!("`{name}` has {}, but reserves {}; {}", size(rule.of, has), shown.join(" and "), rule.what);
        let found = problem(model, Code::RefusedSetting, setting, message);
        list.push(found.label(group.span, format!("`{}` has {}", group.name, size(rule.of, has))).help(
            "reserve less, or give the machines more: the kubelet and the runtime need about 1 GiB and a tenth of a processor",
        ));
    }
    list
}

fn size(of: Amount, has: f64) -> String {
    match of {
        Amount::Memory => format!("{} MiB of memory", (has / 1_048_576.0).round()),
        Amount::Cores => Count(has, "processor").to_string(),
    }
}

/// More pods than a node's share of the pod range has addresses for.
pub(super) fn fits(model: &Model<'_>, settings: &Settings, rule: &Fits) -> Vec<Diagnostic> {
    let Some(when) = settings.named(&rule.when).find(|when| when.is_true()) else { return Vec::new() };
    if model.apps().any(|(app, _)| is_false(model, app, &rule.unless))
        || !model.cluster.pods.iter().any(|range| range.max_prefix_len() == 32)
    {
        return Vec::new();
    }
    let prefix = rule.prefix.iter().find_map(|name| settings.beside(when, name));
    let length = prefix.map_or(Some(rule.usual), whole);
    // Network, gateway and broadcast address are not given out.
    let Some(room) = length.filter(|length| *length <= 32).map(|length| (1u64 << (32 - length)).saturating_sub(3))
    else {
        return Vec::new();
    };
    let length = length.unwrap_or(rule.usual);
    let mut seen = Vec::new();
    let mut list = Vec::new();
    for setting in settings.named(&rule.setting) {
        let pods = setting.number().unwrap_or(rule.default);
        if pods <= room as f64 || seen.contains(&setting.app) {
            continue;
        }
        seen.push(setting.app);
        let message = format!(
            "a node allows {}, and its share of the pod range, a /{length}, has {}",
            Count(pods, "pod"),
            Count(room, "address")
        );
        let wanted = (8..=30).rev().find(|length| (1u64 << (32 - length)) as f64 - 3.0 >= pods).unwrap_or(8);
        let mut found = problem(model, Code::RangeTooSmall, setting, message);
        if let Some(prefix) = prefix {
            found = found.label(prefix.span, format!("a /{length} for each node"));
        }
        list.push(found.help(format!(
            "{}: give each node a /{wanted}, as with `node-prefix = {wanted}`, or allow fewer pods",
            rule.what
        )));
    }
    list
}

/// Whether an endpoint of an application has a field that is false.
fn is_false(model: &Model<'_>, app: AppId, name: &str) -> bool {
    let Some(unit) = model.units_of(app).next() else { return false };
    let fields = model.component_of(app).endpoints.iter().filter_map(|info| info.ast.body.field(name));
    let value = |field: &Field| model.eval(&mut Scope::unit(model, unit), &field.value);
    fields.into_iter().any(|field| matches!(value(field), Ok(Value::Bool(false))))
}

/// The length of a prefix.
fn whole(setting: &Setting) -> Option<u8> {
    setting.text.trim().parse().ok()
}
