//! Units of the machine that a command stops or masks.

use super::{Act, Host, is_unknown, not_read, unwise};
use crate::diag::Diagnostic;
use crate::facts::effect::{self, Kind};
use crate::render::evidence::{Command, Service};

/// The units that the model runs and a command ends.
pub(super) fn stops(host: &Host<'_, '_>, act: &Act<'_, '_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for word in act.operands() {
        if is_unknown(word) {
            found.push(not_read(host.model, act, word, "stops there"));
            continue;
        }
        let Some(service) = stopped(host, act, &word.text) else { continue };
        let message = format!(
            "`{}` ends `{}`, which the model runs on this machine, and nothing starts it again",
            act.said(),
            service.name
        );
        let help = "remove the command, or start the unit again behind it";
        found.push(unwise(act.span(host.model, word), message, help));
    }
    found
}

fn stopped<'a, 'p>(host: &Host<'a, 'p>, act: &Act<'_, '_>, name: &str) -> Option<&'a Service<'p>> {
    let services = &host.sample.services;
    let service = services.iter().find(|service| names(name, &service.name))?;
    let is_own = act.command.unit.as_ref() == Some(&service.name);
    let is_started = host.after(act).any(|command| starts(command, &service.name));
    (!is_own && runs(host, service) && !is_of_before(act, service) && !is_started).then_some(service)
}

/// Whether anything starts a unit: it is one of the model, or its file says when.
fn runs(host: &Host<'_, '_>, service: &Service<'_>) -> bool {
    let is_of_model = host.sample.bundle.units.iter().any(|unit| unit.name == service.name);
    is_of_model || ["WantedBy", "RequiredBy"].iter().any(|key| service.values("Install", key).next().is_some())
}

/// Whether a command runs before the units of its own component start.
fn is_of_before(act: &Act<'_, '_>, service: &Service<'_>) -> bool {
    let is_own = |app| service.parts.iter().any(|part| part.owner.app == app);
    act.command.unit.is_none() && is_own(act.command.owner.app)
}

/// Whether a word names a unit: a name without its kind is a service's, and `*` stands for anything.
fn names(word: &str, unit: &str) -> bool {
    let plain = unit.strip_suffix(".service").unwrap_or(unit);
    match word.split_once('*') {
        Some((begin, end)) => plain.starts_with(begin) && (unit.ends_with(end) || plain.ends_with(end)),
        None => word == unit || word == plain,
    }
}

/// Whether a command starts a unit: also when a script ends, and as kubeadm starts the kubelet.
fn starts(command: &Command<'_>, unit: &str) -> bool {
    let words: Vec<&str> = command.words.iter().map(|word| &*word.text).collect();
    let is_start = |effect: &effect::Effect| {
        effect.kind == Kind::Starts
            && effect.operands.iter().any(|place| words[*place].contains('$') || names(words[*place], unit))
    };
    let plain = unit.strip_suffix(".service").unwrap_or(unit);
    effect::of(&words).iter().any(is_start)
        || words.first() == Some(&"trap") && command.text.contains(&format!("start {plain}"))
        || plain == "kubelet" && (command.text.contains("kubeadm init") || command.text.contains("kubeadm join"))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_word_names_a_unit_with_or_without_its_kind() {
        for word in ["kubelet", "kubelet.service", "kube*", "*.service", "kube*.service"] {
            assert!(names(word, "kubelet.service"), "{word}");
        }
        for word in ["kubelet.socket", "kubelet2", "kubel", "etcd*"] {
            assert!(!names(word, "kubelet.service"), "{word}");
        }
        assert!(!names("a", "a.timer") && names("a.timer", "a.timer"));
    }
}
