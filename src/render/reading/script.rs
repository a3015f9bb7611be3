//! The scripts of a machine and what they do there: the programs that they start, the files that they write.
//!
//! A script is a file that a unit runs, a command of a cloud-config, or a word that a shell is given with `-c`.

use crate::model::Model;
use crate::model::Value;
use crate::render::evidence::{Branch, Command, Content, Document, Entry, Flags, Owner, Unlisted, Unread, Written};
use crate::render::evidence::{SCRIPT, SYSCTL, Step};
use crate::syntax::ast::{Expr, Name};

use super::argument::{self, Word, known_program};
use super::{opaque, shell};

/// A script, and where it is written.
#[derive(Debug)]
pub(super) struct Script<'p> {
    commands: Vec<shell::Command>,
    place: Place<'p>,
    pub owner: Owner,
    /// Where the files are written that it reads.
    files: Vec<(String, &'p Expr, Vec<Step>)>,
    /// Whether nothing of the model runs it: it is there for people.
    is_idle: bool,
    /// The unit that runs it, and whether only when that stops.
    unit: Option<Name>,
    is_end: bool,
}

#[derive(Debug)]
enum Place<'p> {
    /// A text, and the way to it.
    Text(&'p Expr, Vec<Step>),
    /// A word of a command.
    Word(Word<'p>),
}

/// Programs that have options of their own and no table of them.
const UNLISTED: &[&str] =
    &["kubeadm", "containerd", "dockerd", "crio", "k3s", "rke2", "coredns", "haproxy", "keepalived"];

/// Whether a text is a script that a shell runs.
pub(super) fn is_script(document: &Document<'_>) -> bool {
    let Content::Text(text) = &document.content else { return false };
    let first = text.lines().next().unwrap_or_default();
    document.path == SCRIPT || first.starts_with("#!") && first.contains("sh") && !first.contains("fish")
}

/// What a file says that a script reads its variables from, if a component writes it.
fn source(entries: &[Entry<'_>], path: &str) -> Option<String> {
    let is_it = |entry: &&Entry<'_>| matches!(entry, Entry::Document(one) if one.path == path && path.starts_with('/'));
    let Some(Entry::Document(document)) = entries.iter().find(is_it) else { return None };
    match &document.content {
        Content::Text(text) => Some(text.clone()),
        Content::Value(value) => match value.reveal() {
            Value::Record(record) => {
                let quoted = |text: String| text.replace('\'', "'\\''");
                let line = |(name, value): (&_, &Value)| Some(format!("{name}='{}'\n", quoted(value.scalar_text()?)));
                Some(record.iter().filter_map(line).collect())
            }
            _ => None,
        },
    }
}

impl<'p> Script<'p> {
    /// The script that a document is, or that another one reads.
    pub(super) fn of_document(document: &Document<'p>, entries: &[Entry<'p>], is_sourced: bool) -> Option<Self> {
        let Content::Text(text) = &document.content else { return None };
        let place = Place::Text(document.written, document.at.clone());
        let commands = || shell::commands(text, &|path| source(entries, path));
        (is_sourced || is_script(document)).then(|| Self::of(commands(), place, document.owner, entries))
    }

    /// The script that a command gives to a shell.
    pub(super) fn of_words(words: &[Word<'p>], owner: Owner, entries: &[Entry<'p>]) -> Option<Self> {
        let script = &words[shell::place_of_script(words.iter().map(|word| &*word.text))?];
        let commands = shell::commands(&script.text, &|path| source(entries, path));
        Some(Self::of(commands, Place::Word(script.clone()), owner, entries))
    }

    fn of(commands: Vec<shell::Command>, place: Place<'p>, owner: Owner, entries: &[Entry<'p>]) -> Self {
        let (files, is_idle, unit, is_end) = (Vec::new(), false, None, false);
        let mut script = Self { commands, place, owner, files, is_idle, unit, is_end };
        let sourced = script.commands.iter().flat_map(|command| &command.words).filter_map(|word| word.file.clone());
        let sourced: std::collections::BTreeSet<String> = sourced.collect();
        let of = |entry: &Entry<'p>| match entry {
            Entry::Document(one) if sourced.contains(&one.path) => {
                Some((one.path.clone(), one.written, one.at.clone()))
            }
            _ => None,
        };
        script.files = entries.iter().filter_map(of).collect();
        script
    }

    /// The same, where nothing of the model runs it.
    pub(super) fn for_people(self) -> Self {
        Self { is_idle: true, ..self }
    }

    /// The same, as a unit runs it; what is run only at its end is not there while it runs.
    pub(super) fn of_unit(self, unit: Option<Name>, is_end: bool) -> Self {
        Self { unit, is_end, ..self }
    }

    /// The files whose commands it runs as its own.
    pub(super) fn sourced(&self) -> Vec<String> {
        let is_source =
            |command: &&shell::Command| command.words.first().is_some_and(|word| matches!(&*word.text, "." | "source"));
        let files = self.commands.iter().filter(is_source).filter_map(|command| command.words.get(1));
        files.map(|word| word.text.clone()).collect()
    }

    /// The commands that start programs, each as its words.
    pub(super) fn lines(&self) -> Vec<Vec<Word<'p>>> {
        let words = |command: &shell::Command| command.words.iter().map(|word| self.word(word)).collect();
        self.commands.iter().filter(|command| !command.words.is_empty()).map(words).collect()
    }

    /// The files that it runs: the first word of each command, or the second behind a shell.
    pub(super) fn files(&self) -> Vec<String> {
        let words = self.commands.iter().flat_map(|command| command.words.iter().take(2));
        words.filter(|word| word.text.starts_with('/')).map(|word| word.text.clone()).collect()
    }

    fn word(&self, field: &shell::Field) -> Word<'p> {
        let elsewhere = field.file.as_ref().and_then(|path| self.files.iter().find(|(known, ..)| known == path));
        if let Some((_, expr, at)) = elsewhere {
            let at = Step::beyond(at, &[Step::Line(field.line)]);
            return Word { text: field.text.clone(), written: Written::Word { expr, at, text: field.raw.clone() } };
        }
        let written = match &self.place {
            Place::Text(expr, _) => Written::Word { expr, at: self.way(field.line), text: field.raw.clone() },
            // Its quotes may be quoted once more there.
            Place::Word(word) => {
                let parts = field.raw.split(['\'', '"', '\\']);
                word.part(parts.max_by_key(|part| part.len()).unwrap_or_default().to_owned()).written
            }
        };
        Word { text: field.text.clone(), written }
    }

    /// The way to one of its lines.
    fn way(&self, line: usize) -> Vec<Step> {
        match &self.place {
            Place::Text(_, at) => Step::beyond(at, &[Step::Line(line)]),
            Place::Word(Word { written: Written::Word { at, .. }, .. }) => at.clone(),
            Place::Word(_) => Vec::new(),
        }
    }

    /// What it puts on the machine and into the cluster: files, kernel settings, objects.
    pub(super) fn documents(&self) -> Vec<Entry<'p>> {
        if self.is_idle {
            return Vec::new();
        }
        let (Place::Text(expr, _) | Place::Word(Word { written: Written::Word { expr, .. }, .. })) = &self.place else {
            return Vec::new();
        };
        let document = |path: String, (text, line): (String, usize), branch: &Branch| {
            let (content, written, at, branch) = (Content::Text(text), *expr, self.way(line), branch.clone());
            let owner = self.owner;
            Entry::Document(Document { path, content, read: None, written, at, owner, derived: false, branch })
        };
        let files = shell::written(&self.commands).into_iter().map(|file| match file.unknown {
            true => {
                let (at, why) =
                    (self.way(file.line), "a script of the machine writes it, with values that only the machine knows");
                Entry::Unread(Unread { path: file.path, written: expr, at, owner: self.owner, why })
            }
            false => document(file.path, (file.text, file.line), &file.branch),
        });
        let piped = self.commands.iter().filter_map(|command| {
            let input = command.input.as_ref().filter(|input| !input.unknown)?;
            let text = (input.text.clone(), input.line);
            is_applied(command).then(|| document("kubectl".to_owned(), text, &command.branch))
        });
        let settings = self.commands.iter().flat_map(|command| sysctls(command).map(|word| (word, &command.branch)));
        let settings =
            settings.map(|(word, branch)| document(SYSCTL.to_owned(), (word.text.clone(), word.line), branch));
        files.chain(piped).chain(settings).collect()
    }

    /// The flags of the programs that it starts on the machine, what is not known of them, and its packet filters.
    pub(super) fn entries(&self, model: &Model<'p>) -> Vec<Entry<'p>> {
        let mut list = Vec::new();
        if self.is_idle {
            return self.commands.iter().filter_map(|command| self.idle(model, command)).map(Entry::Flags).collect();
        }
        for command in self.commands.iter().filter(|command| !command.words.is_empty()) {
            let words: Vec<Word<'p>> = command.words.iter().map(|word| self.word(word)).collect();
            if command.is_unclosed {
                list.extend(opaque::of(&words, (command, None), self.owner).map(Entry::Opaque));
                continue;
            }
            let name = words[0].text.rsplit('/').next().unwrap_or_default().to_owned();
            let from = command.from.as_ref().map(|word| self.word(word));
            list.extend(opaque::of(&words, (command, from), self.owner).map(Entry::Opaque));
            list.extend((!self.is_end).then(|| Entry::Command(started(&words, self.owner, self.unit.clone()))));
            if known_program(&words).is_none() && UNLISTED.contains(&&*name) && words.len() > 1 {
                let is_declared = model.program.is_library(self.owner.module);
                list.push(Entry::Unlisted(Unlisted { program: name, is_declared }));
            }
            let flags = self.flags(model, &words);
            list.extend(flags.map(|flags| Entry::Flags(Flags { branch: command.branch.clone(), ..flags })));
        }
        list
    }

    /// The flags of a program that a person starts by it: one that does its work and ends, such as `kubeadm init`.
    fn idle(&self, model: &Model<'p>, command: &shell::Command) -> Option<Flags<'p>> {
        let words: Vec<Word<'p>> = command.words.iter().map(|word| self.word(word)).collect();
        let flags = self.flags(model, &words).filter(|flags| flags.program.contains(' '))?;
        Some(Flags { branch: command.branch.clone(), is_idle: true, ..flags })
    }

    fn flags(&self, model: &Model<'p>, words: &[Word<'p>]) -> Option<Flags<'p>> {
        argument::on_host(model, words, (self.owner, self.owner.provider()), None)
    }
}

/// A command by its words.
pub(super) fn started<'p>(words: &[Word<'p>], owner: Owner, unit: Option<Name>) -> Command<'p> {
    let text = words.iter().map(|word| &*word.text).collect::<Vec<_>>().join(" ");
    Command { owner, written: words[0].written.clone(), text, words: words.to_vec(), unit }
}

fn is_applied(command: &shell::Command) -> bool {
    let words: Vec<&str> = command.words.iter().map(|word| &*word.text).collect();
    let is_kubectl = words.first().is_some_and(|word| word.rsplit('/').next() == Some("kubectl"));
    let is_change = words.iter().any(|word| matches!(*word, "apply" | "create" | "replace"));
    let is_input = words.windows(2).any(|pair| matches!(pair[0], "-f" | "--filename") && pair[1] == "-")
        || words.iter().any(|word| matches!(*word, "-f-" | "--filename=-" | "-f=-"));
    is_kubectl && is_change && is_input
}

/// `sysctl -w NAME=VALUE`.
fn sysctls(command: &shell::Command) -> impl Iterator<Item = &shell::Field> {
    let is_sysctl = command.words.first().is_some_and(|word| word.text.rsplit('/').next() == Some("sysctl"));
    let words = if is_sysctl { &command.words[1..] } else { &[] };
    words.iter().filter(|word| !word.text.starts_with('-') && word.text.contains('=') && !word.unknown)
}
