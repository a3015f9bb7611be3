//! All settings that rules are about, each with its value and its place.

use std::collections::BTreeSet;

use crate::facts::setting::{Form, Name, Typed, fields, is_known};
use crate::facts::{field, flag};
use crate::model::{AppId, MachineId, Model, Value};
use crate::render::evidence::{Branch, Entry, Flags, Owner};
use crate::render::flag::text;
use crate::source::Span;
use crate::verify::{Evidence, locate};

/// A setting of a program on a machine.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub name: Name,
    /// As it is written there: `kubelet --max-pods`, `KubeletConfiguration.maxPods`.
    pub written: String,
    /// Whether it is a flag or an argument; a field has less weight.
    pub is_flag: bool,
    pub text: String,
    /// What the text stands for: one value, or the elements of a list.
    pub values: Vec<Typed>,
    /// It must not be shown.
    pub secret: bool,
    pub span: Span,
    pub app: AppId,
    pub machine: Option<MachineId>,
    /// Whether its program has the network of the machine: not that of a pod.
    pub on_host: bool,
    /// Whether its program is given more than is known here.
    pub partial: bool,
    /// Whether a systemd unit runs its program, or it stands in a file of the machine.
    pub in_unit: bool,
    /// Of a script: the arms that it stands in.
    pub branch: Branch,
}

/// A program that an application runs, and where its flags stand.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub name: String,
    pub app: AppId,
    pub machine: Option<MachineId>,
    /// Whether a systemd unit runs it: not a pod.
    pub in_unit: bool,
    pub span: Span,
}

/// Those of all that was rendered.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub list: Vec<Setting>,
    pub programs: Vec<Program>,
    /// What a script computes: it is given, and its value is known on the machine only.
    pub computed: Vec<(Name, AppId, Option<MachineId>)>,
    /// Whether what is taken now has the network of the machine.
    on_host: bool,
    /// Whether there is more of what is taken now.
    partial: bool,
    /// Whether a unit runs what is taken now.
    in_unit: bool,
    /// The arms of a script that it stands in.
    branch: Branch,
}

impl Settings {
    pub(super) fn of(evidence: &Evidence<'_, '_>) -> Self {
        let mut settings = Self::default();
        settings.take(evidence.model, evidence.samples.iter().flat_map(|sample| &sample.entries));
        settings
    }

    /// The same, and those of a second machine of each kind.
    pub(super) fn with_second(evidence: &Evidence<'_, '_>, settings: &Self) -> Self {
        let mut settings = settings.clone();
        settings.take(evidence.model, evidence.samples.iter().flat_map(|sample| &sample.second));
        settings
    }

    fn take<'e, 'p: 'e>(&mut self, model: &Model<'_>, entries: impl Iterator<Item = &'e Entry<'p>>) {
        for entry in entries {
            match entry {
                Entry::Flags(flags) => {
                    (self.on_host, self.partial) = (flags.on_host, flags.partial);
                    self.in_unit = flags.unit.is_some();
                    self.branch = flags.branch.clone();
                    self.flags(model, flags);
                }
                Entry::Document(document) if !document.derived => {
                    // What stands in a ConfigMap is a program's in a pod.
                    (self.on_host, self.partial) = (document.path.starts_with('/'), false);
                    self.in_unit = self.on_host;
                    self.branch = document.branch.clone();
                    self.document(model, document);
                }
                _ => {}
            }
        }
    }

    /// Takes the flags of a program.
    fn flags(&mut self, model: &Model<'_>, flags: &Flags<'_>) {
        let program = &*flags.program;
        self.runs(flags, locate::word::span(model, flags.owner, &flags.named));
        for flag in &flags.given {
            let value = text(&flag.value).unwrap_or_default();
            if value.contains('$') {
                let name = Name::of_flag(program, &flag.name);
                self.computed.push((name, flags.owner.provider(), flags.owner.machine));
                continue;
            }
            let place = || locate::word::span(model, flags.owner, &flag.written);
            self.flag(flags.owner, (program, &flag.name), &written_out(&flag.value), place);
        }
    }

    /// Notes that an application runs a program, as far as it is known with what.
    fn runs(&mut self, flags: &Flags<'_>, span: Span) {
        if flags.partial {
            return;
        }
        // Without a file, its flags stand for those of each kind that it reads.
        let has_file = flags.given.iter().any(|flag| flag.name == "config");
        let kinds = kinds(&flags.program).into_iter().filter(|_| !has_file);
        kinds.for_each(|kind| self.known(kind, flags.owner, flags.unit.is_some(), span));
        if !flags.is_idle {
            self.known(&flags.program, flags.owner, flags.unit.is_some(), span);
        }
    }

    /// Notes a program, or a kind of file that one reads, of an application on a machine.
    pub(super) fn known(&mut self, name: &str, owner: Owner, in_unit: bool, span: Span) {
        let (app, machine) = (owner.provider(), owner.machine);
        if !self.programs.iter().any(|known| known.name == name && (known.app, known.machine) == (app, machine)) {
            self.programs.push(Program { name: name.to_owned(), app, machine, in_unit, span });
        }
    }

    /// Takes a flag; of a map, also each key that a rule is about.
    fn flag(&mut self, owner: Owner, (program, flag): (&str, &str), text: &str, place: impl Fn() -> Span) {
        let name = Name::of_flag(program, flag);
        let sign = if crate::facts::flag::is_positional(program, flag) { "" } else { "--" };
        let written = format!("{program} {sign}{flag}");
        if let Name::Field { kind, path } = &name {
            for (key, field) in fields(kind).filter_map(|field| Some((keys_of(field, path)?, field))) {
                // Thresholds of eviction are written `memory.available<100Mi`.
                let value = |part: &'_ str| Some(part.trim().strip_prefix(key)?.strip_prefix(['=', '<'])?.to_owned());
                let Some(value) = text.split(',').find_map(value) else { continue };
                let name = Name::Field { kind: kind.clone(), path: field.to_owned() };
                self.push(owner, (name, format!("{written}={key}"), true), (value, None, false), &place);
            }
        }
        self.push(owner, (name, written, true), (text.to_owned(), None, false), place);
    }

    /// Keeps a setting, if a rule is about it.
    pub(super) fn push(
        &mut self,
        owner: Owner,
        (name, written, is_flag): (Name, String, bool),
        (text, tree, secret): (String, Option<Typed>, bool),
        place: impl FnOnce() -> Span,
    ) {
        // A label, such as `stable-1.36`, is looked up when the program runs.
        let is_label =
            name.form() == Form::Version && !text.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
        if !is_known(&name) || is_label {
            return;
        }
        let values = tree.map_or_else(|| name.form().elements(&text), |tree| vec![tree]);
        let (app, machine) = (owner.provider(), owner.machine);
        let (span, Self { on_host, partial, in_unit, .. }) = (place(), &*self);
        let (on_host, partial, in_unit, branch) = (*on_host, *partial, *in_unit, self.branch.clone());
        let setting = Setting {
            name,
            written,
            is_flag,
            text,
            values,
            secret,
            span,
            app,
            machine,
            on_host,
            partial,
            in_unit,
            branch,
        };
        self.list.push(setting);
    }

    pub(super) fn named<'a, 'n>(&'a self, name: &'n Name) -> impl Iterator<Item = &'a Setting> + use<'a, 'n> {
        self.list.iter().filter(move |setting| setting.name == *name)
    }

    /// The setting beside another one: of the same application on the same machine. A flag overrides a field.
    pub(super) fn beside<'a>(&'a self, other: &Setting, name: &Name) -> Option<&'a Setting> {
        self.named(name).filter(|setting| setting.is_beside(other)).max_by_key(|setting| setting.is_flag)
    }
}

/// The kinds of files whose fields the flags of a program set, where it reads several.
fn kinds(program: &str) -> BTreeSet<&'static str> {
    let rows = flag::table(program).into_iter().flat_map(|table| table.flags.values());
    let named = rows.filter_map(|row| row.config_field.as_deref()?.split_once('.'));
    named.map(|(kind, _)| kind).filter(|kind| field::table(kind).is_some()).collect()
}

/// The value of a flag as the program is given it; a map is `a=1,b=2`.
fn written_out(value: &Value) -> String {
    match value.reveal() {
        Value::Record(record) => {
            let pair = |(key, value): (&_, &Value)| format!("{key}={}", text(value).unwrap_or_default());
            record.iter().map(pair).collect::<Vec<_>>().join(",")
        }
        value => text(value).unwrap_or_default(),
    }
}

/// The rest of the path of a field below a map.
fn keys_of<'f>(field: &'f str, map: &str) -> Option<&'f str> {
    field.strip_prefix(map)?.strip_prefix('.')
}

impl Setting {
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        (self.app, self.machine) == (other.app, other.machine) && self.branch.goes_with(&other.branch)
    }

    /// Its number, if it is one.
    pub(super) fn number(&self) -> Option<f64> {
        match self.values.as_slice() {
            [Typed::Number(number)] => Some(*number),
            _ => None,
        }
    }

    pub(super) fn is_true(&self) -> bool {
        self.values == [Typed::Bool(true)]
    }
}
