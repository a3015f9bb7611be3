//! One instance, alone and compared with the others of its machine.

use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::model::Model;

use super::super::File;
use super::text::Instance;

pub(super) fn verify(
    model: &Model<'_>,
    file: &File<'_, '_>,
    instance: &Instance<'_, '_>,
    scripts: &[&str],
) -> Vec<Diagnostic> {
    let range = [("virtual_router_id", 1..=255u32), ("priority", 1..=255)];
    let outside = range.into_iter().filter_map(|(keyword, range)| {
        let (word, line) = instance.word(keyword)?;
        let number = word.parse::<u32>().ok().filter(|number| range.contains(number));
        (number.is_none() && !word.contains('$')).then(|| {
            let message =
                format!("`{keyword}` of `{}` is {word}, and must be from 1 to {}", instance.name, range.end());
            let help = "keepalived takes its default instead, or removes the instance";
            file.problem(model, Code::InvalidConfig, line, message, help)
        })
    });
    let mut problems: Vec<Diagnostic> = outside.collect();
    problems.extend(owner(model, file, instance));
    problems.extend(undefined(model, file, instance, scripts));
    problems.extend(password(model, file, instance));
    problems.extend(preempting(model, file, instance));
    problems
}

/// 255 is the priority of a machine whose own address is shared.
fn owner(model: &Model<'_>, file: &File<'_, '_>, instance: &Instance<'_, '_>) -> Option<Diagnostic> {
    let (_, line) = instance.word("priority").filter(|(word, _)| *word == "255")?;
    let message = format!(
        "`priority` of `{}` is 255, which is that of the machine that owns the address: no other machine ever takes over from it while it runs",
        instance.name
    );
    Some(file.problem(model, Code::UnwiseSetting, line, message, "use a number from 1 to 254"))
}

/// A script that is not there is not run, so the address never moves when the program behind it fails.
fn undefined(model: &Model<'_>, file: &File<'_, '_>, instance: &Instance<'_, '_>, scripts: &[&str]) -> Vec<Diagnostic> {
    let missing = instance.list("track_script").into_iter().filter(|(name, _)| !scripts.contains(name));
    let found = missing.filter(|(name, _)| !name.contains('$')).map(|(name, line)| {
        let message = format!("`{}` tracks the script `{name}`, which no `vrrp_script` defines", instance.name);
        let help = did_you_mean(name, scripts.iter().copied(), &format!("add `vrrp_script {name} {{ ... }}`"));
        file.problem(model, Code::InvalidConfig, line, message, help)
    });
    found.collect()
}

/// The protocol has room for eight characters. The password itself is not shown.
fn password(model: &Model<'_>, file: &File<'_, '_>, instance: &Instance<'_, '_>) -> Option<Diagnostic> {
    let lines = &instance.part("authentication")?.inside;
    let line = lines.iter().find(|line| line.words.first() == Some(&"auth_pass"))?;
    // What is issued has not been yet: a placeholder has several words.
    let [_, word] = line.words.as_slice() else { return None };
    let length = word.trim_matches(['"', '\'']).chars().count();
    (length > 8 && !word.contains('$')).then(|| {
        let message =
            format!("`auth_pass` of `{}` has {length} characters, and keepalived reads the first 8", instance.name);
        file.problem(model, Code::UnwiseSetting, line.line, message, "use a password of 8 characters")
    })
}

/// `nopreempt` is dropped where the state is MASTER (vrrp.c: "nopreempt will not work with initial state MASTER").
fn preempting(model: &Model<'_>, file: &File<'_, '_>, instance: &Instance<'_, '_>) -> Option<Diagnostic> {
    let part = instance.part("nopreempt").filter(|_| instance.is_master())?;
    let message = format!("`nopreempt` of `{}` has no effect: its state is MASTER", instance.name);
    Some(file.problem(model, Code::UnwiseSetting, part.line, message, "use `state BACKUP` on every machine"))
}

/// Two instances of a machine with one router ID on one interface.
pub(super) fn twice(
    model: &Model<'_>,
    file: &File<'_, '_>,
    instance: &Instance<'_, '_>,
    before: &[Instance<'_, '_>],
) -> Option<Diagnostic> {
    let (router, line) = instance.router()?;
    let key = |one: &Instance<'_, '_>| {
        (one.router().map(|(id, _)| id.to_owned()), one.word("interface").map(|(name, _)| name.to_owned()), one.is_v6())
    };
    // Between other peers, the same number is another router.
    let peers =
        |one: &Instance<'_, '_>| one.addresses("unicast_peer").into_iter().map(|(peer, _)| peer).collect::<Vec<_>>();
    let meets = |other: &&Instance<'_, '_>| {
        let (own, theirs) = (peers(instance), peers(other));
        key(other) == key(instance)
            && (own.is_empty() == theirs.is_empty() && (own.is_empty() || own.iter().any(|peer| theirs.contains(peer))))
    };
    let other = before.iter().find(meets)?;
    let on = instance.word("interface").map_or(String::new(), |(name, _)| format!(" on `{name}`"));
    let message = format!("`{}` and `{}` both have the router ID {router}{on}", other.name, instance.name);
    Some(file.problem(model, Code::InvalidConfig, line, message, "give each address a `virtual_router_id` of its own"))
}
