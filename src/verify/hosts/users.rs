//! Users that units run as: whether something creates each of them.

use std::collections::{BTreeSet, HashSet};

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::facts::family::{brings_users, has_program, has_user};
use crate::model::{AppId, Model};
use crate::render::bundle::{Bundle, BundleFile};
use crate::render::evidence::{Entry, Sample};
use crate::source::Span;
use crate::verify::{document, locate};

/// A unit with a user of its own.
struct Runs {
    unit: String,
    app: AppId,
    user: String,
    span: Span,
    /// Whether systemd makes the user.
    is_dynamic: bool,
}

/// The users of one machine that nothing creates.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let all = runs(model, sample);
    if all.is_empty() {
        return Vec::new();
    }
    let (bundle, made) = (&sample.bundle, made(&sample.bundle));
    let unknown = |runs: &Runs| {
        let is_plain = runs.user.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        is_plain && !runs.is_dynamic && !is_created(bundle, &made, &runs.user) && !is_of_image(model, &runs.user)
    };
    all.into_iter().filter(unknown).map(|runs| missing(model, &made, &runs)).collect()
}

fn runs(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Runs> {
    let mut list = Vec::new();
    for service in &sample.services {
        let Some((part, user, written)) = service.values("Service", "User").last() else { continue };
        // A package or an image that has the program has its user too.
        let command = service
            .values("Service", "ExecStart")
            .last()
            .map(|(_, value, _)| value.trim_start_matches(['-', '+', '!', ':', '@']));
        let program = command.and_then(|command| command.split_whitespace().next()).unwrap_or_default();
        if !program.starts_with('/')
            || program.starts_with("/usr/") && !program.starts_with("/usr/local/") && !has_program(program)
        {
            continue;
        }
        let is_dynamic =
            service.values("Service", "DynamicUser").any(|(_, value, _)| value == "yes" || value == "true");
        let declared = sample.entries.iter().find_map(|entry| match entry {
            Entry::Unit(entry) if entry.unit.name == service.name && entry.owner == part.owner => Some(entry),
            _ => None,
        });
        let span = match declared.and_then(|entry| entry.item.body.field("user")).filter(|_| !part.is_text) {
            Some(field) => field.value.span,
            None => locate::word::span(model, part.owner, written),
        };
        list.push(Runs {
            unit: service.name.to_string(),
            app: part.owner.app,
            user: user.to_owned(),
            span,
            is_dynamic,
        });
    }
    list
}

/// Whether a name is that of a user of every system, or something of the machine may create it.
fn is_created(bundle: &Bundle, made: &HashSet<String>, user: &str) -> bool {
    user.is_empty()
        || user.parse::<u32>().is_ok()
        || has_user(user)
        || bundle.packages.iter().any(|package| brings_users(package))
        || made.contains(user)
}

/// Whether the cloud-config of a target names it.
fn is_of_image(model: &Model<'_>, user: &str) -> bool {
    let own = model.targets.iter().filter_map(|target| target.options.get("cloud-config"));
    own.map(document::plain).any(|text| text.contains(user))
}

/// The words of commands and files that make users.
fn made(bundle: &Bundle) -> HashSet<String> {
    let makes =
        |text: &str| ["useradd", "adduser", "groupadd", "sysusers", "passwd"].iter().any(|word| text.contains(word));
    let is_maker = |file: &&BundleFile| {
        file.path.contains("/sysusers.d/")
            || file.path.contains("/userdb/")
            || makes(&String::from_utf8_lossy(&file.content))
    };
    let files = bundle.files.iter().filter(is_maker).map(|file| String::from_utf8_lossy(&file.content).into_owned());
    let commands = bundle.commands.iter().filter(|command| makes(command)).map(|command| command.to_string());
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    files
        .chain(commands)
        .flat_map(|text| text.split(|c: char| !is_part(c)).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

fn missing(model: &Model<'_>, made: &HashSet<String>, runs: &Runs) -> Diagnostic {
    let (user, app) = (&runs.user, model.app(runs.app));
    let message = format!("unit `{}` runs as `{user}`, and nothing creates this user", runs.unit);
    let found = Diagnostic::new(Code::UserMissing, runs.span, message)
        .label(app.span, format!("`{}` is deployed here", app.name));
    // In an order of their own, so that of several that are as near it is always the same.
    let names: BTreeSet<&str> = made.iter().map(String::as_str).collect();
    match closest(user, names) {
        Some(near) => found.help(Help::from(format!("did you mean `{near}`?"))),
        None => found.help(format!(
            "create it, as with `needs command \"id {user} || useradd --system {user}\"`, set `DynamicUser` in `extra`, or allow this if the image has it"
        )),
    }
}
