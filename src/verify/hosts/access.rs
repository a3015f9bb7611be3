//! Files that a unit's own user has to read, and cannot.

use crate::diag::{Code, Diagnostic};
use crate::model::{AppId, Model, Value};
use crate::render::bundle::{Bundle, BundleFile};
use crate::render::evidence::{Entry, Part, Sample, Service, UnitEntry, Written};
use crate::render::unit_file;
use crate::source::Span;
use crate::verify::{document, locate};

/// Who a unit runs as.
struct Identity {
    user: String,
    groups: Vec<String>,
}

/// The files that units of one machine name and cannot read.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let units =
        sample.entries.iter().filter_map(|entry| if let Entry::Unit(entry) = entry { Some(entry) } else { None });
    let declared = units.filter_map(Reader::declared);
    let pasted = sample.services.iter().filter_map(|service| Reader::pasted(model, service, &sample.bundle));
    declared.chain(pasted).filter_map(|reader| unreadable(model, &sample.bundle, &reader)).collect()
}

/// A unit with a user of its own, and what it names.
struct Reader {
    unit: String,
    app: AppId,
    identity: Identity,
    /// Where the user is written.
    span: Span,
    /// Its command line and environment.
    texts: Vec<String>,
}

impl Reader {
    fn declared(entry: &UnitEntry<'_>) -> Option<Self> {
        let identity = Identity::of(entry)?;
        let of_unit = ["exec", "args", "environment"].into_iter().filter_map(|name| entry.unit.fields.get(name));
        let mut texts: Vec<String> = of_unit.map(document::plain).collect();
        texts.extend(entry.unit.flags.iter().cloned());
        let span = entry.item.body.field("user").map_or(entry.item.path.span, |field| field.value.span);
        Some(Self { unit: entry.unit.name.to_string(), app: entry.owner.app, identity, span, texts })
    }

    /// A unit whose user stands in a text, or is made by systemd.
    fn pasted(model: &Model<'_>, service: &Service<'_>, bundle: &Bundle) -> Option<Self> {
        let of = |key: &str| service.values("Service", key).map(|(_, value, _)| value.to_owned()).collect::<Vec<_>>();
        let (part, user, written) = pasted_user(service)?;
        let (group, capabilities) = (of("Group").pop(), of("AmbientCapabilities"));
        let identity = Identity::new(&user, group, &of("SupplementaryGroups"), &capabilities)?;
        let is_root_first = of("PermissionsStartOnly").last().is_some_and(|value| is_yes(value));
        let commands = if is_root_first { &COMMANDS[..1] } else { &COMMANDS };
        let commands = commands.iter().flat_map(|key| of(key)).filter(|command| !is_privileged(command));
        let variables = of("EnvironmentFile").into_iter().filter_map(|path| content(bundle, &path));
        let texts = commands.chain(of("Environment")).chain(variables).collect();
        let span = locate::word::span(model, part.owner, written);
        Some(Self { unit: service.name.to_string(), app: part.owner.app, identity, span, texts })
    }
}

/// What a unit runs as its user; `PermissionsStartOnly` leaves only the first.
const COMMANDS: [&str; 4] = ["ExecStart", "ExecStartPre", "ExecStartPost", "ExecReload"];

/// Whether systemd runs a command as root whatever the user of the unit is (systemd.service(5)).
fn is_privileged(command: &str) -> bool {
    command.chars().take_while(|c| "-@:+!|".contains(*c)).any(|c| c == '+' || c == '!')
}

/// The content of a file of variables: systemd reads it as root, and the program sees what is in it.
fn content(bundle: &Bundle, path: &str) -> Option<String> {
    let path = path.trim_start_matches('-');
    let file = bundle.files.iter().find(|file| file.path == path)?;
    Some(String::from_utf8_lossy(&file.content).into_owned())
}

fn is_yes(value: &str) -> bool {
    matches!(value, "1" | "yes" | "y" | "true" | "t" | "on")
}

/// The user of a unit in a text and what says so; systemd names a user of its own after the unit.
fn pasted_user<'s, 'p>(service: &'s Service<'p>) -> Option<(&'s Part<'p>, String, &'s Written<'p>)> {
    let last = |key: &'static str| service.values("Service", key).last();
    let user = last("User").filter(|(_, user, _)| !user.is_empty());
    if let Some((part, user, written)) = user {
        return part.is_text.then(|| (part, user.to_owned(), written));
    }
    let (part, _, written) = last("DynamicUser").filter(|(part, value, _)| part.is_text && is_yes(value))?;
    Some((part, service.name.trim_end_matches(".service").to_owned(), written))
}

impl Identity {
    /// The user of a unit; `None` for root, and for one with the right to read everything.
    fn of(entry: &UnitEntry<'_>) -> Option<Self> {
        let field =
            |name: &str| entry.unit.fields.get(name).and_then(Value::scalar_text).filter(|text| !text.is_empty());
        let lines = unit_file::lines(&entry.unit).list;
        let of =
            |key: &str| lines.iter().filter(|line| line.key == key).map(|line| line.value.clone()).collect::<Vec<_>>();
        let is_dynamic = of("DynamicUser").last().is_some_and(|value| is_yes(value));
        let named = || entry.unit.name.trim_end_matches(".service").to_owned();
        let user = field("user").or_else(|| is_dynamic.then(named))?;
        Self::new(&user, field("group"), &of("SupplementaryGroups"), &of("AmbientCapabilities"))
    }

    fn new(user: &str, group: Option<String>, more: &[String], capabilities: &[String]) -> Option<Self> {
        let reads_all = capabilities.iter().any(|list| list.contains("CAP_DAC_"));
        if matches!(user, "" | "root" | "0") || reads_all || user.contains('%') {
            return None;
        }
        let more = more.iter().flat_map(|list| list.split_whitespace()).map(str::to_owned);
        let groups = more.chain([group.unwrap_or_else(|| user.to_owned())]).collect();
        Some(Self { groups, user: user.to_owned() })
    }

    /// Whether this bit (4 to read, 1 to enter) of a mode is there for it.
    fn may(&self, bit: u32, mode: u32, owner: &str, group: &str) -> bool {
        let shift = match () {
            () if owner == self.user => 6,
            () if self.groups.iter().any(|own| own == group) => 3,
            () => 0,
        };
        mode >> shift & bit == bit
    }
}

fn unreadable(model: &Model<'_>, bundle: &Bundle, reader: &Reader) -> Option<Diagnostic> {
    let identity = &reader.identity;
    let named = named(model, bundle, reader);
    let file = named.iter().find(|file| !identity.may(4, file.mode, &file.owner, &file.group));
    let (path, mode, owner, group) = match file {
        Some(file) => (&file.path, file.mode, &file.owner, &file.group),
        None => {
            let shut = |file: &&&BundleFile| {
                bundle.directories.iter().find(|folder| {
                    file.path.strip_prefix(&folder.path).is_some_and(|rest| rest.starts_with('/'))
                        && !identity.may(1, folder.mode, &folder.owner, &folder.group)
                })
            };
            let folder = named.iter().find_map(|file| shut(&file))?;
            (&folder.path, folder.mode, &folder.owner, &folder.group)
        }
    };
    let (unit, user, span) = (&reader.unit, &identity.user, reader.span);
    let message = format!(
        "unit `{unit}` runs as `{user}`, which cannot read `{path}`: it belongs to `{owner}:{group}` with mode {mode:04o}"
    );
    let app = model.app(reader.app);
    let found = Diagnostic::new(Code::FileUnreadable, span, message)
        .label(app.span, format!("`{}` is deployed here", app.name));
    let written = file.and_then(|file| file.origin.span).filter(|place| *place != span);
    let found = match written {
        Some(place) => found.label(place, format!("`{path}` is written here")),
        None => found,
    };
    Some(found.help(format!(
        "set `owner = \"{user}\"` where it is declared, or let systemd pass it on with `LoadCredential`"
    )))
}

/// The files of kmodel that a unit's command line and environment name, and those that its own files name.
fn named<'b>(model: &Model<'_>, bundle: &'b Bundle, reader: &Reader) -> Vec<&'b BundleFile> {
    let mut texts = reader.texts.clone();
    let app = &model.app(reader.app).name;
    let mut list: Vec<&BundleFile> = Vec::new();
    while let Some(text) = texts.pop() {
        for file in bundle.files.iter().filter(|file| names(&text, &file.path)) {
            if list.iter().any(|known| known.path == file.path) {
                continue;
            }
            list.push(file);
            if file.origin.application() == Some(app) {
                texts.push(String::from_utf8_lossy(&file.content).into_owned());
            }
        }
    }
    list
}

/// Whether a text has a path as a whole word.
fn names(text: &str, path: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    text.match_indices(path).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(part);
        let after = text[at + path.len()..].chars().next().is_some_and(part);
        !before && !after
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_named_as_a_whole() {
        assert!(names("--key=/etc/t.key --x", "/etc/t.key"));
        assert!(!names("--key=/etc/t.key.old", "/etc/t.key"));
        assert!(!names("--key=/root/etc/t.key", "/etc/t.key"));
    }

    #[test]
    fn rights_are_those_of_the_first_that_fits() {
        let identity = Identity { user: "web".to_owned(), groups: vec!["www".to_owned()] };
        assert!(identity.may(4, 0o400, "web", "root"));
        assert!(identity.may(4, 0o640, "root", "www"));
        assert!(!identity.may(4, 0o604, "root", "www"), "its group counts before the others");
        assert!(!identity.may(4, 0o600, "root", "root"));
        assert!(identity.may(1, 0o755, "root", "root"));
    }
}
