//! Profiles of a scheduler that go without a plugin that each needs, or that sort their one queue in several ways.
//!
//! Source: kubernetes/kubernetes pkg/scheduler/framework/runtime/framework.go (NewFramework: at least one bind plugin, one queue sort
//! plugin), pkg/scheduler/apis/config/validation/validation.go (validateCommonQueueSort).

use crate::diag::{Code, Diagnostic};
use crate::model::Value;
use crate::model::value::Record;
use crate::verify::locate::Step;

use super::{Object, inside, list, names};

/// An extension point, its plugin by default, and what that does.
const NEEDED: [(&str, &str, &str); 2] =
    [("bind", "DefaultBinder", "binds pods to nodes"), ("queueSort", "PrioritySort", "sorts the queue of pods")];

/// What is wrong with the profiles of a configuration.
pub(super) fn verify(object: &Object<'_>) -> Vec<Diagnostic> {
    let profiles = list(object.record, "profiles");
    let each = profiles.iter().enumerate().filter_map(|(index, one)| match one.reveal() {
        Value::Record(profile) => Some((index, &**profile)),
        _ => None,
    });
    let each: Vec<(usize, &Record)> = each.collect();
    let mut problems: Vec<Diagnostic> = each.iter().flat_map(|one| lacking(object, *one)).collect();
    problems.extend(each.iter().skip(1).filter_map(|one| unlike(object, each[0].1, *one)));
    problems
}

/// Plugins that are off, with none in their place.
fn lacking(object: &Object<'_>, (index, profile): (usize, &Record)) -> Vec<Diagnostic> {
    let of = |&(point, plugin, what): &(&'static str, &'static str, &'static str)| {
        let by = |at: &'static str| turned_off(profile, at, plugin).then_some(at);
        let at = by(point).or_else(|| by("multiPoint"))?;
        // One of another name at all points may be of this one.
        let has_other = ["multiPoint", point].iter().any(|at| !plugins(profile, at, "enabled").is_empty());
        let message =
            format!("no plugin of this profile {what}: `{plugin}` is disabled; the scheduler exits at startup");
        let place = (object.place)(&["profiles".into(), index.into(), "plugins".into(), at.into(), "disabled".into()]);
        let help = format!("enable another one at `{point}`, or remove `{plugin}` from `disabled`");
        (!has_other).then(|| Diagnostic::new(Code::RefusedSetting, place, message).help(help))
    };
    NEEDED.iter().filter_map(of).collect()
}

fn turned_off(profile: &Record, at: &str, plugin: &str) -> bool {
    plugins(profile, at, "disabled").iter().any(|name| name == plugin || name == "*")
}

fn plugins(profile: &Record, at: &str, list_of: &str) -> Vec<String> {
    inside(profile, &["plugins", at]).map(|set| names(list(set, list_of))).unwrap_or_default()
}

/// A queue that is sorted in another way than by the first profile.
fn unlike(object: &Object<'_>, first: &Record, (index, profile): (usize, &Record)) -> Option<Diagnostic> {
    let sorted = |profile| ["enabled", "disabled"].map(|list_of| plugins(profile, "queueSort", list_of));
    let steps: Vec<Step> = vec!["profiles".into(), index.into()];
    let has_own = inside(profile, &["plugins", "queueSort"]).is_some();
    let below: Vec<Step> =
        if has_own { vec!["plugins".into(), "queueSort".into()] } else { vec!["schedulerName".into()] };
    let message = "`queueSort` of this profile is not that of the first one; the scheduler exits at startup";
    let found = || Diagnostic::new(Code::RefusedSetting, (object.place)(&[steps, below].concat()), message);
    (sorted(first) != sorted(profile)).then(|| found().help("use the same in each profile: they share one queue"))
}
