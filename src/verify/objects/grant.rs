//! Rules of roles that grant nothing, because the API has no such group, resource or verb.
//!
//! Source: kubernetes.io/docs/reference/access-authn-authz/rbac (resources are plural, a group has no version, `pods/log`), and
//! k8s.io/kubernetes/pkg/registry for the groups of resources.

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic, closest};
use crate::facts::resource;
use crate::model::Model;
use crate::text::List;
use crate::verify::locate::Step;

use super::inventory::{Found, at};

/// Those in the roles of the model.
pub(super) fn verify(model: &Model<'_>, list: &[Found<'_, '_>]) -> Vec<Diagnostic> {
    let roles = list.iter().filter(|found| matches!(found.kind(), "Role" | "ClusterRole"));
    roles.flat_map(|role| of_role(model, role)).collect()
}

fn of_role(model: &Model<'_>, role: &Found<'_, '_>) -> Vec<Diagnostic> {
    let rules = at(&role.object, "rules[]").into_iter();
    let wrong = rules.flat_map(|(way, rule)| {
        of_rule(rule).into_iter().map(move |(below, what, help)| ([&way[..], &below].concat(), what, help))
    });
    let shown = |(way, what, help): (Vec<Step>, String, String)| {
        let message = format!("{} grants nothing by a rule: {what}", role.title());
        Diagnostic::new(Code::UnwiseSetting, role.span(model, &way), message).help(help)
    };
    wrong.map(shown).collect()
}

type Wrong = (Vec<Step>, String, String);

fn of_rule(rule: &Json) -> Vec<Wrong> {
    let mut list = Vec::new();
    let groups: Vec<&str> = texts(rule, "apiGroups").map(|(_, group)| group).collect();
    for (way, group) in texts(rule, "apiGroups") {
        if let Some((name, version)) = group.split_once('/') {
            list.push((
                way,
                format!("a group has no version: `{group}`"),
                format!("use `{name}`, which covers `{version}` too"),
            ));
        } else if is_version(group) {
            list.push((
                way,
                format!("`{group}` is a version, not a group"),
                "use `\"\"`, the group of pods, services and other core objects".to_owned(),
            ));
        }
    }
    if !list.is_empty() {
        return list;
    }
    // A rule with a group of others may mean resources of others.
    let ours = groups.iter().all(|group| resource::has_group(group));
    for (way, name) in texts(rule, "resources").filter(|_| ours && !groups.is_empty()) {
        // `x/finalizers` is asked about by an admission plugin, for resources of any kind.
        let free = name.contains('*') || name.ends_with("/finalizers") || name.starts_with("userextras/");
        if free || groups.iter().any(|group| resource::is_in(group, name)) {
            continue;
        }
        let known = resource::of_groups(&groups);
        let (what, help) = match resource::groups_of(name).first() {
            Some(group) => (
                format!(
                    "`{name}` is not in {}",
                    List::ticked(groups.iter().map(|group| if group.is_empty() { "\"\"" } else { group }))
                ),
                format!("add `{}` to `apiGroups`", if group.is_empty() { "\"\"" } else { group }),
            ),
            None => match closest(name, known.iter().copied()) {
                Some(near) => (format!("unknown resource `{name}`"), format!("use `{near}`")),
                None => continue,
            },
        };
        list.push((way, what, help));
    }
    list
}

fn texts<'j>(rule: &'j Json, key: &'static str) -> impl Iterator<Item = (Vec<Step>, &'j str)> {
    let each = rule[key].as_array().into_iter().flatten().enumerate();
    each.filter_map(move |(place, one)| Some((vec![key.into(), place.into()], one.as_str()?)))
}

/// `v1`, `v1beta1`.
fn is_version(group: &str) -> bool {
    group.strip_prefix('v').is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
}
