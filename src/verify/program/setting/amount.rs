//! Numbers and amounts that have to fit each other.

use crate::diag::{Code, Diagnostic};
use crate::facts::quantity::quantity;
use crate::facts::setting::{Amount, Fits, Share, Times, Typed, Within};
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
        // What is not a quantity has a rule of its own.
        if parts.iter().any(|part| amount(part).is_none()) {
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

/// Shares of the pod range that it does not have for each node, or not at all. The library's own follow from the cluster, where they are
/// proved.
pub(super) fn share(model: &Model<'_>, settings: &Settings, rule: &Share) -> Vec<Diagnostic> {
    let mut ranges = model.cluster.pods.iter().filter(|range| range.max_prefix_len() == rule.bits);
    let Some(range) = ranges.next() else { return Vec::new() };
    let is_off = |setting: &Setting| {
        settings.beside(setting, &rule.unless).is_some_and(|one| one.values == [Typed::Bool(false)])
    };
    let own = rule.settings.iter().flat_map(|name| settings.named(name)).filter(|setting| !is_off(setting));
    let own = own.filter(|setting| !model.program.is_library(model.component_of(setting.app).module));
    let found = own.filter_map(|setting| {
        let (prefix, length) = (range.prefix_len(), whole(setting)?);
        let (written, text) = (&setting.written, &setting.text);
        let refused = |why: String, help: String| {
            let message = format!("`{written}` is `{text}`, {why} of `pods`, {range}; {}", rule.what);
            problem(model, Code::RefusedSetting, setting, message).help(help)
        };
        if length < prefix {
            return Some(refused("a share larger than the range".to_owned(), format!("use more than {prefix}")));
        }
        if length - prefix > rule.span {
            let most = prefix + rule.span;
            return Some(refused(
                format!("more than {} bits longer than that", rule.span),
                format!("use at most {most}"),
            ));
        }
        let (shares, nodes) = (1u64 << (length - prefix), nodes(model, settings));
        let message = format!(
            "`{written}` gives each node a /{length} of `pods`, {range}, which has {}, and there are {}",
            Count(shares, "share"),
            Count(nodes, "node")
        );
        let help =
            "the other nodes get no range, and no pod with a network of its own starts there: use a longer prefix";
        (shares < nodes).then(|| problem(model, Code::RangeTooSmall, setting, message).help(help))
    });
    super::distinct_places(found)
}

/// The machines that are nodes: those with a kubelet; where none is seen, several if the model has several.
fn nodes(model: &Model<'_>, settings: &Settings) -> u64 {
    let kubelets = settings.programs.iter().filter(|one| one.name == "kubelet").map(|one| one.app);
    let apps: std::collections::BTreeSet<AppId> = kubelets.collect();
    let machines = apps.into_iter().flat_map(|app| model.units_of(app)).filter_map(|unit| model.unit(unit).machine);
    let mut known: Vec<_> = machines.collect();
    known.sort_unstable();
    known.dedup();
    let known = known.len();
    (if known == 0 { model.machines.len().min(2) } else { known }) as u64
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
