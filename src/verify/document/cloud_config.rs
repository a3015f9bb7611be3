//! A cloud-config: what its modules make of values that have the right type.
//!
//! Source: cloud-init 25.1, cloudinit/config/cc_write_files.py (`decode_perms`, `write_files`), cc_users_groups.py, cc_timezone.py and
//! cc_mounts.py, distros/__init__.py (`write_sudo_rules`, `find_tz_file`), and the order of modules in config/cloud.cfg.tmpl.

use serde_json::Value as Json;

use super::DocumentProblem;
use super::host::mount;
use super::table::is_secret;
use crate::diag::Code;
use crate::facts::family::has_user;
use crate::verify::locate::Step;

mod sudo;
mod zone;

/// What is wrong with its values.
pub(super) fn check(value: &Json) -> Vec<DocumentProblem> {
    let mut found = files(value);
    found.extend(rules(value));
    found.extend(zone::check(value));
    found.extend(mounts(value));
    found
}

fn problem(code: Code, path: Vec<Step>, message: String, help: impl Into<crate::diag::Help>) -> DocumentProblem {
    DocumentProblem { code, path, message, help: help.into(), is_value: true }
}

fn list<'v>(value: &'v Json, key: &str) -> impl Iterator<Item = (usize, &'v Json)> {
    value.get(key).and_then(Json::as_array).into_iter().flatten().enumerate()
}

fn files(value: &Json) -> Vec<DocumentProblem> {
    let of = |(place, file): (usize, &Json)| {
        let way = |key: &str| vec!["write_files".into(), place.into(), key.into()];
        let mode = file
            .get("permissions")
            .and_then(mode)
            .map(|(message, help)| problem(Code::InvalidConfig, way("permissions"), message, help));
        let owner = owner(value, file).map(|message| {
            problem(
                Code::InvalidConfig,
                way("owner"),
                message,
                "add `defer = true`, which writes it after users are created",
            )
        });
        [
            mode,
            owner,
            passing(file).map(|message| {
                problem(Code::UnwiseSetting, way("path"), message, "use `/run`, or a folder that stays such as `/opt`")
            }),
        ]
    };
    list(value, "write_files").flat_map(of).flatten().collect()
}

/// A mode that cloud-init reads as another one: a text is octal, a number is what it is.
fn mode(value: &Json) -> Option<(String, String)> {
    if let Json::Number(number) = value {
        let number = number.as_i64()?;
        let digits = number.to_string();
        // Read as it looks it is a usual mode, and as the number that it is it has the sticky bit.
        let is_meant = (512..=777).contains(&number) && digits.chars().all(|c| c < '8');
        return is_meant.then(|| {
            let message = format!("the permissions are the decimal number {number}, which is the mode {number:04o}");
            (message, format!("write `\"0{digits}\"`"))
        });
    }
    let text = value.as_str().filter(|text| !is_secret(text))?;
    let digits = text.trim().trim_start_matches("0o").trim_start_matches("0O");
    let is_octal = !digits.is_empty() && digits.chars().all(|c| ('0'..'8').contains(&c) || c == '_');
    let message = format!("`{text}` is not an octal mode: cloud-init gives the file 0644 instead");
    (!is_octal).then(|| (message, "write it as `\"0644\"`".to_owned()))
}

/// Users of images that are created by the module that creates the others (config/cloud.cfg.tmpl).
const OF_IMAGES: &[&str] = &[
    "almalinux",
    "alpine",
    "arch",
    "centos",
    "cloud-user",
    "cloudlinux",
    "debian",
    "ec2-user",
    "fedora",
    "opensuse",
    "photon",
    "rocky",
    "ubuntu",
];

/// An owner who is created after the file is written.
fn owner(config: &Json, file: &Json) -> Option<String> {
    let owner = file.get("owner")?.as_str().filter(|owner| !is_secret(owner))?;
    if file.get("defer").and_then(Json::as_bool) == Some(true) {
        return None;
    }
    let (user, group) = owner.split_once(':').unwrap_or((owner, ""));
    let path = file.get("path").and_then(Json::as_str).unwrap_or_default();
    let late = |kind: &str, name: &str| {
        format!(
            "`{path}` is written before cloud-init creates the {kind} `{name}`: the module fails, and no later file is written"
        )
    };
    let is_user = |name: &str| OF_IMAGES.contains(&name) || !has_user(name) && created(config, name);
    if is_user(user) {
        return Some(late("user", user));
    }
    (is_user(group) || is_group(config, group)).then(|| late("group", group))
}

/// Whether `users` or `user` creates it.
fn created(config: &Json, name: &str) -> bool {
    let is_it = |user: &Json| user.as_str().or_else(|| user.get("name")?.as_str()) == Some(name);
    list(config, "users").any(|(_, user)| is_it(user)) || config.get("user").is_some_and(is_it)
}

/// Whether `groups` creates it.
fn is_group(config: &Json, name: &str) -> bool {
    let has = |map: &serde_json::Map<String, Json>| map.contains_key(name);
    match config.get("groups") {
        Some(Json::String(text)) => text.split(',').any(|word| word.trim() == name),
        Some(Json::Object(map)) => has(map),
        Some(Json::Array(list)) => {
            list.iter().any(|one| one.as_str() == Some(name) || one.as_object().is_some_and(has))
        }
        _ => false,
    }
}

/// A file in a folder that is emptied while the machine boots.
fn passing(file: &Json) -> Option<String> {
    let path = file.get("path")?.as_str().filter(|path| path.starts_with("/tmp/"))?;
    Some(format!("`{path}` may be gone when something reads it: systemd-tmpfiles empties `/tmp` at a boot"))
}

/// Rules for sudo, which are written into a file of /etc/sudoers.d as they are.
fn rules(config: &Json) -> Vec<DocumentProblem> {
    let users = list(config, "users").map(|(place, user)| (vec!["users".into(), place.into()], user));
    let own = config.get("user").map(|user| (vec![Step::from("user")], user));
    let of = |(way, user): (Vec<Step>, &Json)| {
        let all: Vec<(Vec<Step>, &str)> = match user.get("sudo") {
            Some(Json::String(rule)) => vec![(vec!["sudo".into()], rule)],
            Some(Json::Array(list)) => {
                let texts = list.iter().enumerate().filter_map(|(place, rule)| Some((place, rule.as_str()?)));
                texts.map(|(place, rule)| (vec!["sudo".into(), place.into()], rule)).collect()
            }
            _ => Vec::new(),
        };
        let wrong = all.into_iter().filter(|(_, rule)| !is_secret(rule)).filter_map(|(below, rule)| {
            let why = sudo::wrong(rule)?;
            let message = format!("sudo refuses the rule `{rule}`: {why}");
            Some(problem(
                Code::InvalidConfig,
                [&way[..], &below].concat(),
                message,
                "write it as `ALL=(ALL) NOPASSWD:ALL`",
            ))
        });
        wrong.collect::<Vec<_>>()
    };
    users.chain(own).flat_map(of).collect()
}

/// The lines that become those of /etc/fstab.
fn mounts(config: &Json) -> Vec<DocumentProblem> {
    let of = |(place, mount): (usize, &Json)| {
        let options = mount.get(3)?.as_str()?;
        let (message, help) = mount::options(options)?;
        let way = vec!["mounts".into(), place.into(), 3.into()];
        Some(problem(Code::InvalidConfig, way, message, help))
    };
    list(config, "mounts").filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let value = crate::render::evidence::yaml(text).unwrap_or_default().remove(0);
        check(&value).into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn a_mode_is_octal_text_or_a_number() {
        for good in ["'0644'", "'644'", "'0o755'", "0644", "0755", "1023", "420"] {
            assert_eq!(found(&format!("write_files: [{{path: /a, permissions: {good}}}]")), [""; 0], "{good}");
        }
        for bad in ["644", "755", "600", "rw-r--r--", "'0648'", "''", "u=rw"] {
            assert_eq!(found(&format!("write_files: [{{path: /a, permissions: {bad}}}]")).len(), 1, "{bad}");
        }
    }

    #[test]
    fn an_owner_is_there_when_the_file_is_written() {
        let with = |owner: &str, more: &str| {
            found(&format!(
                "users: [default, {{name: ops}}]\ngroups: [adm2]\nwrite_files: [{{path: /a, owner: '{owner}'{more}}}]"
            ))
            .len()
        };
        for good in ["root:root", "root", "1000:1000", "nobody:nogroup", "other:other", "www-data"] {
            assert_eq!(with(good, ""), 0, "{good}");
        }
        for late in ["ops:ops", "ops", "root:adm2", "ubuntu:ubuntu", "root:ops"] {
            assert_eq!((with(late, ""), with(late, ", defer: true")), (1, 0), "{late}");
        }
    }
}
