//! Each systemd unit as all that is written of it makes it: its file, its drop-ins, and the command that it runs in the end.

use crate::model::value::Record;
use crate::model::{Model, Value};
use crate::render::evidence::{Command, Content, Document, Entry, Flags, Owner, UnitEntry, Written};
use crate::render::format;
use crate::render::unit_file::{self, unit_path};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Name};

use super::argument::{self, Word, known_program};
use super::script::{self, Script};
use super::{command, shell};

/// A unit of a machine.
#[derive(Debug)]
pub struct Service<'p> {
    pub name: Name,
    /// Its file, then its drop-ins as systemd reads them.
    pub parts: Vec<Part<'p>>,
}

/// A file of a unit.
#[derive(Clone, Debug)]
pub struct Part<'p> {
    pub path: String,
    pub owner: Owner,
    /// Where it is declared.
    pub span: Span,
    pub is_drop_in: bool,
    /// Whether it is a text, and no `unit` of a component.
    pub is_text: bool,
    lines: Vec<Line<'p>>,
}

/// `KEY=VALUE` in a section.
#[derive(Clone, Debug)]
struct Line<'p> {
    section: String,
    key: String,
    value: String,
    written: Written<'p>,
    /// The words of a command that is declared by fields; the flags of a set of one program are kept apart.
    words: Option<Vec<Word<'p>>>,
}

/// The folders of units, the first has precedence (systemd.unit(5)).
const FOLDERS: [&str; 4] =
    ["/etc/systemd/system/", "/run/systemd/system/", "/usr/lib/systemd/system/", "/lib/systemd/system/"];

/// The units of a machine, sorted by name.
pub(super) fn services<'p>(entries: &[Entry<'p>]) -> Vec<Service<'p>> {
    let mut parts: Vec<(Name, usize, Part<'p>)> = entries.iter().filter_map(part).collect();
    let shared = shared(&parts);
    parts.retain(|(name, ..)| !is_shared(name));
    parts.extend(shared);
    let order = |(name, folder, part): &(Name, usize, Part<'_>)| {
        let file = part.path.rsplit('/').next().unwrap_or_default().to_owned();
        (name.clone(), part.is_drop_in, if part.is_drop_in { file } else { String::new() }, *folder)
    };
    parts.sort_by_key(order);
    let mut list: Vec<Service<'p>> = Vec::new();
    for (name, _, part) in parts {
        match list.last_mut().filter(|known| known.name == name) {
            Some(known) => known.parts.push(part),
            None => list.push(Service { name, parts: vec![part] }),
        }
    }
    list
}

/// Whether drop-ins of this name are those of all units that begin so, or of all services (systemd.unit(5)).
fn is_shared(name: &str) -> bool {
    name == "service" || name.ends_with("-.service")
}

/// Drop-ins of several units, as each of them has it.
fn shared<'p>(parts: &[(Name, usize, Part<'p>)]) -> Vec<(Name, usize, Part<'p>)> {
    let names: std::collections::BTreeSet<&Name> = parts.iter().map(|(name, ..)| name).collect();
    let of = |(name, folder, part): &(Name, usize, Part<'p>)| {
        let begin = name.strip_suffix(".service").unwrap_or_default().to_owned();
        let is_one = move |unit: &&&Name| !is_shared(unit) && unit.ends_with(".service") && unit.starts_with(&begin);
        names.iter().filter(is_one).map(|unit| ((*unit).clone(), *folder, part.clone())).collect::<Vec<_>>()
    };
    parts.iter().filter(|(name, _, part)| is_shared(name) && part.is_drop_in).flat_map(of).collect()
}

fn part<'p>(entry: &Entry<'p>) -> Option<(Name, usize, Part<'p>)> {
    match entry {
        Entry::Unit(unit) => {
            let path = unit_path(&unit.unit);
            let is_drop_in = unit_file::is_packaged(&unit.unit);
            let (owner, span) = (unit.owner, unit.item.path.span);
            Some((
                unit.unit.name.clone(),
                0,
                Part { path, owner, span, is_drop_in, is_text: false, lines: of_unit(unit) },
            ))
        }
        Entry::Document(document) => {
            let (folder, rest) = FOLDERS
                .iter()
                .enumerate()
                .find_map(|(place, folder)| Some((place, document.path.strip_prefix(folder)?)))?;
            let (name, is_drop_in) = match rest.split_once(".d/") {
                Some((name, file)) if file.ends_with(".conf") => (name, true),
                Some(_) => return None,
                None => (rest, false),
            };
            if name.contains('/') {
                return None;
            }
            let (path, owner, span) = (document.path.clone(), document.owner, document.written.span);
            Some((
                name.into(),
                folder,
                Part { path, owner, span, is_drop_in, is_text: true, lines: of_document(document) },
            ))
        }
        _ => None,
    }
}

fn of_unit<'p>(entry: &UnitEntry<'p>) -> Vec<Line<'p>> {
    let field = |name: &str| entry.item.body.field(name).map(|field| &field.value);
    let lines = unit_file::lines(&entry.unit);
    let of = |line: &unit_file::Line<'_>| {
        let (section, key, value) = (line.section.to_owned(), line.key.to_owned(), line.value.clone());
        let at = match line.field {
            "extra" => vec![line.section.into(), line.key.into()],
            _ => Vec::new(),
        };
        let expr = field(line.field).unwrap_or(&entry.item.path);
        let words = (line.field == "exec" && !value.is_empty()).then(|| of_exec(entry));
        Line { section, key, value: value.clone(), written: Written::Word { expr, at, text: value }, words }
    };
    lines.list.iter().map(of).collect()
}

/// The program, the flags that are put together of several sets, and the arguments.
fn of_exec<'p>(entry: &UnitEntry<'p>) -> Vec<Word<'p>> {
    let field = |name: &str| entry.item.body.field(name).map(|field| &field.value);
    let text = |name: &str| entry.unit.fields.get(name).and_then(Value::scalar_text).unwrap_or_default();
    let exec = field("exec").map(|expr| Word { text: text("exec"), written: Written::Name(expr.span) });
    let flags = field("flags").filter(|expr| !is_written_out(expr)).into_iter().flat_map(|expr| {
        entry.unit.flags.iter().map(move |flag| {
            let name = flag.trim_start_matches('-');
            let name = name.split_once('=').map_or(name, |(name, _)| name);
            Word { text: flag.clone(), written: Written::Word { expr, at: vec![name.into()], text: String::new() } }
        })
    });
    let args = field("args").into_iter().flat_map(|expr| {
        let list = match entry.unit.fields.get("args") {
            Some(Value::List(list)) => &list[..],
            _ => &[],
        };
        list.iter().enumerate().map(move |(index, one)| {
            let text = one.scalar_text().unwrap_or_default();
            Word { text: text.clone(), written: Written::Word { expr, at: vec![index.into()], text } }
        })
    });
    exec.into_iter().chain(flags).chain(args).collect()
}

fn is_written_out(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Record { table: Some(_), .. })
}

/// The text of a unit that is given as a value.
pub fn ini(value: &Value) -> Option<String> {
    matches!(value.reveal(), Value::Record(_)).then(|| format::write(crate::render::bundle::Format::Ini, value).ok())?
}

/// A value as the TOML that is written of it.
pub fn toml(value: &Value) -> Option<String> {
    format::write(crate::render::bundle::Format::Toml, value).ok()
}

fn of_document<'p>(document: &Document<'p>) -> Vec<Line<'p>> {
    let text = match &document.content {
        Content::Text(text) => Some(text.clone()),
        Content::Value(value) => ini(value),
    };
    let (mut section, mut list) = (String::new(), Vec::new());
    for line in joined(&text.unwrap_or_default()) {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_owned();
        } else if let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with(['#', ';'])) {
            let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
            let at = document.way(&[section.as_str().into(), key.as_str().into()]);
            let written = Written::Word { expr: document.written, at, text: value.clone() };
            list.push(Line { section: section.clone(), key, value, written, words: None });
        }
    }
    list
}

/// The lines of a unit; one that ends in a backslash goes on in the next.
fn joined(text: &str) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines().filter(|line| !line.trim_start().starts_with(['#', ';'])) {
        let part = line.trim_end_matches('\\');
        match list.last_mut().filter(|_| open) {
            Some(last) => *last = format!("{last} {part}"),
            None => list.push(part.to_owned()),
        }
        open = line.ends_with('\\');
    }
    list
}

impl<'p> Part<'p> {
    fn of<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Line<'p>> {
        self.lines.iter().filter(move |line| line.section == "Service" && line.key == key)
    }

    /// Where it gives the unit a command, or takes its command away.
    pub fn command(&self) -> Option<&Written<'p>> {
        let mut lines = self.of("ExecStart");
        let first = lines.next()?;
        Some(lines.find(|line| !line.value.is_empty()).map_or(&first.written, |line| &line.written))
    }
}

impl<'p> Service<'p> {
    /// The values of a key in all of its files, each with the file and where it is written. Orders cannot be reset
    /// (systemd.unit(5)), so those of every file hold.
    pub fn values<'a>(
        &'a self,
        section: &'a str,
        key: &'a str,
    ) -> impl Iterator<Item = (&'a Part<'p>, &'a str, &'a Written<'p>)> {
        let of = move |line: &&Line<'p>| line.section == section && line.key == key;
        self.parts
            .iter()
            .flat_map(move |part| part.lines.iter().filter(of).map(move |line| (part, &*line.value, &line.written)))
    }

    /// The commands of its texts that are run, before and after others too: the key, the command and where it is written.
    pub fn pasted_commands(&self) -> Vec<(&Part<'p>, &str, &str, &Written<'p>)> {
        let all = self.all_commands().into_iter().filter(|(part, _)| part.is_text);
        all.map(|(part, line)| (part, &*line.key, &*line.value, &line.written)).collect()
    }

    /// The commands that start it, each with its file and where it is written.
    pub fn starts(&self) -> Vec<(&Part<'p>, &str, &Written<'p>)> {
        self.commands().into_iter().map(|(part, line)| (part, &*line.value, &line.written)).collect()
    }

    /// The commands that it runs, those before and after others too.
    fn all_commands(&self) -> Vec<(&Part<'p>, &Line<'p>)> {
        let is_beside = |line: &&Line<'p>| {
            line.section == "Service"
                && line.key.starts_with("Exec")
                && line.key != "ExecStart"
                && !line.value.is_empty()
        };
        let beside =
            self.parts.iter().flat_map(|part| part.lines.iter().filter(is_beside).map(move |line| (part, line)));
        self.commands().into_iter().chain(beside).collect()
    }

    /// The commands that it runs, each with the part that gives it.
    fn commands(&self) -> Vec<(&Part<'p>, &Line<'p>)> {
        let mut list: Vec<(&Part<'p>, &Line<'p>)> = Vec::new();
        let base = self.parts.iter().position(|part| !part.is_drop_in);
        for (place, part) in self.parts.iter().enumerate() {
            if !part.is_drop_in && Some(place) != base {
                continue;
            }
            for line in part.of("ExecStart") {
                if line.value.is_empty() { list.clear() } else { list.push((part, line)) }
            }
        }
        list
    }

    /// Whether the command that has these flags is not the one that runs.
    pub fn replaces(&self, flags: &Flags<'_>) -> bool {
        let commands = self.commands();
        let is_of = |(part, line): &(&Part<'_>, &Line<'_>)| part.owner.app == flags.owner.app && line.words.is_some();
        flags.unit.as_ref() == Some(&self.name) && !commands.is_empty() && !commands.iter().any(is_of)
    }

    /// The flags of the programs that it runs, without those of a set of one program.
    pub fn flags(&self, model: &Model<'p>, entries: &[Entry<'p>]) -> Vec<Flags<'p>> {
        let of = |(part, words): (&Part<'p>, Vec<Word<'p>>)| {
            let owner = self.owner(part);
            argument::on_host(model, &words, (owner, owner.provider()), Some(self.name.clone()))
        };
        self.lines_of(self.all_commands(), entries).into_iter().filter_map(of).collect()
    }

    /// The programs that it runs with flags, and that have no table of them.
    pub fn unlisted(&self, entries: &[Entry<'p>]) -> Vec<(String, Owner)> {
        let of = |(part, words): (&Part<'p>, Vec<Word<'p>>)| {
            let (program, rest) = words.split_first()?;
            let has_flags = rest.iter().any(|word| word.text.starts_with('-'));
            let is_unlisted = has_flags && known_program(&words).is_none();
            is_unlisted.then(|| argument::program_name(&program.text)).flatten().map(|name| (name, part.owner))
        };
        self.command_lines(entries).into_iter().filter_map(of).collect()
    }

    /// The words of the commands that it runs.
    fn command_lines(&self, entries: &[Entry<'p>]) -> Vec<(&Part<'p>, Vec<Word<'p>>)> {
        self.lines_of(self.commands(), entries)
    }

    fn lines_of<'a>(
        &'a self,
        commands: Vec<(&'a Part<'p>, &'a Line<'p>)>,
        entries: &[Entry<'p>],
    ) -> Vec<(&'a Part<'p>, Vec<Word<'p>>)> {
        let variables = self.variables(entries);
        let words = |line: &Line<'p>| match &line.words {
            Some(words) => vec![words.clone()],
            None => command::lines(&line.value, &variables, |text| line.word(text)),
        };
        let started = |words: Vec<Word<'p>>| {
            let texts: Vec<&str> = words.iter().map(|word| &*word.text).collect();
            let place = shell::place_of_program(&texts);
            words.into_iter().skip(place).collect::<Vec<_>>()
        };
        let of = |(part, line)| words(line).into_iter().map(move |words| (part, started(words)));
        commands.into_iter().flat_map(of).filter(|(_, words)| !words.is_empty()).collect()
    }

    /// Whose a command is: that of a drop-in is of the application that has the unit.
    fn owner(&self, part: &Part<'p>) -> Owner {
        let base = self.parts.iter().find(|part| !part.is_drop_in).map(|base| base.owner.app);
        let of = base.filter(|base| *base != part.owner.app).or(part.owner.of);
        Owner { of, ..part.owner }
    }

    /// The scripts that it gives to a shell.
    pub(super) fn shells(&self, entries: &[Entry<'p>]) -> Vec<Script<'p>> {
        let of = |commands: Vec<_>, is_end: bool| {
            let read = move |(part, words): (&Part<'p>, Vec<Word<'p>>)| {
                let script = Script::of_words(&words, self.owner(part), entries)?;
                Some(script.of_unit(Some(self.name.clone()), is_end))
            };
            self.lines_of(commands, entries).into_iter().filter_map(read).collect::<Vec<_>>()
        };
        let (at_end, before) = self.all_commands().into_iter().partition(|(_, line)| is_of_end(line));
        of(before, false).into_iter().chain(of(at_end, true)).collect()
    }

    /// The commands that it starts without a shell, before it ends.
    pub(super) fn started(&self, entries: &[Entry<'p>]) -> Vec<Command<'p>> {
        let is_shell = |words: &[Word<'_>]| shell::place_of_script(words.iter().map(|word| &*word.text)).is_some();
        self.lines_of(self.before_end(), entries)
            .into_iter()
            .filter(|(_, words)| !is_shell(words))
            .map(|(part, words)| script::started(&words, self.owner(part), Some(self.name.clone())))
            .collect()
    }

    /// Whether it runs a script by its path, and not only when it stops.
    pub(super) fn starts_file(&self, path: &str, entries: &[Entry<'p>]) -> bool {
        self.files_of(self.before_end(), entries).iter().any(|known| known == path)
    }

    fn before_end(&self) -> Vec<(&Part<'p>, &Line<'p>)> {
        self.all_commands().into_iter().filter(|(_, line)| !is_of_end(line)).collect()
    }

    /// The files of the machine that it runs: the first word of each command, or the second behind a shell; those of a script for a shell too.
    pub fn scripts(&self, entries: &[Entry<'p>]) -> Vec<String> {
        self.files_of(self.all_commands(), entries)
    }

    fn files_of(&self, commands: Vec<(&Part<'p>, &Line<'p>)>, entries: &[Entry<'p>]) -> Vec<String> {
        let of = |(part, words): (&Part<'p>, Vec<Word<'p>>)| match Script::of_words(&words, self.owner(part), entries) {
            Some(script) => script.files(),
            None => words.into_iter().take(2).map(|word| word.text).filter(|text| text.starts_with('/')).collect(),
        };
        self.lines_of(commands, entries).into_iter().flat_map(of).collect()
    }

    /// The variables of its environment; the last of a name counts.
    pub(super) fn environment(&self, entries: &[Entry<'p>]) -> Vec<(String, Word<'p>)> {
        let mut list: Vec<(String, Word<'p>)> = Vec::new();
        for (name, word) in self.variables(entries) {
            list.retain(|(known, _)| *known != name);
            list.push((name, word));
        }
        list
    }

    /// What its environment sets; a file has precedence.
    fn variables(&self, entries: &[Entry<'p>]) -> Vec<(String, Word<'p>)> {
        let lines = |key: &'static str| self.parts.iter().flat_map(move |part| part.of(key));
        let mut list = Vec::new();
        for line in lines("Environment") {
            for word in command::words(&format!("- {}", line.value), &[], |text| line.word(text)).iter().skip(1) {
                let Some((name, value)) = word.text.split_once('=') else { continue };
                list.push((name.to_owned(), Word { text: value.to_owned(), written: word.written.clone() }));
            }
        }
        for line in lines("EnvironmentFile") {
            let path = line.value.trim_start_matches('-');
            let is_it = |document: &&Document<'_>| is_named(path, &document.path);
            let documents =
                entries.iter().filter_map(|entry| if let Entry::Document(one) = entry { Some(one) } else { None });
            let mut files: Vec<&Document<'p>> = documents.filter(is_it).collect();
            files.sort_by(|one, other| one.path.cmp(&other.path));
            list.extend(files.into_iter().flat_map(|document| assignments(document)));
        }
        list
    }
}

impl<'p> Line<'p> {
    /// A word of its value.
    fn word(&self, text: &str) -> Word<'p> {
        Word { text: self.value.clone(), written: self.written.clone() }.part(text.to_owned())
    }
}

/// Whether a command is run when its unit stops.
fn is_of_end(line: &Line<'_>) -> bool {
    line.key.starts_with("ExecStop")
}

/// Whether a path is the one that is named, or one of those that a pattern with a `*` in its last part names.
pub(super) fn is_named(pattern: &str, path: &str) -> bool {
    let Some((begin, end)) = pattern.split_once('*') else { return pattern == path };
    let between = path.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end));
    between.is_some_and(|between| !between.contains('/')) && !end.contains(['*', '/'])
}

/// The variables of a file of an environment.
pub(super) fn assignments<'p>(document: &Document<'p>) -> Vec<(String, Word<'p>)> {
    let texts: Vec<(String, String)> = match &document.content {
        Content::Text(text) => joined(text)
            .iter()
            .filter_map(|line| line.trim().split_once('='))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().trim_matches(['"', '\'']).to_owned()))
            .collect(),
        Content::Value(value) => match value.reveal() {
            Value::Record(record) => of_record(record),
            _ => Vec::new(),
        },
    };
    let of = |(name, text): (String, String)| {
        let at = document.way(&[name.as_str().into()]);
        let written = Written::Word { expr: document.written, at, text: text.clone() };
        (name, Word { text, written })
    };
    texts.into_iter().map(of).collect()
}

fn of_record(record: &Record) -> Vec<(String, String)> {
    record.iter().filter_map(|(name, value)| Some((name.to_string(), value.scalar_text()?))).collect()
}
