//! Versions that the tables of what runs do not cover: said once for each version, with all that is not examined. Of which
//! programs the refused settings are not known either, the plan lists (`not_read`).

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Diagnostic, closest};
use crate::facts::{Range, flag, object, short};
use crate::model::value::Record;
use crate::model::{Model, Value};
use crate::render::evidence::{Document, Entry, Flags};
use crate::source::Span;
use crate::syntax::ast::Version;
use crate::text::List;
use crate::verify::{Evidence, locate};

use super::field::table_of;

/// What tables cover (`through 1.36`), of whose versions, and the version that runs.
type Beyond = (String, String, Version);

/// What is not examined of a version, and where it was met first.
#[derive(Default)]
struct Unknown {
    span: Span,
    flags: BTreeSet<String>,
    /// Flags that are set and in no table.
    unlisted: BTreeSet<String>,
    kinds: BTreeSet<String>,
    objects: bool,
}

/// By what the tables cover.
#[derive(Default)]
struct Gaps(BTreeMap<Beyond, Unknown>);

/// A warning for each version that tables do not cover.
pub(super) fn versions(evidence: &Evidence<'_, '_>) -> Vec<Diagnostic> {
    let mut gaps = Gaps::default();
    for entry in evidence.samples.iter().flat_map(|sample| &sample.entries) {
        match entry {
            Entry::Flags(flags) if !flags.given.is_empty() => gaps.flags(evidence.model, flags),
            Entry::Document(document) if !document.derived => gaps.document(evidence.model, document),
            _ => {}
        }
    }
    gaps.0.iter().map(|(beyond, unknown)| unknown.reported(beyond)).collect()
}

impl Gaps {
    /// The row for what a range does not cover; `None` if it covers the version.
    fn row(&mut self, range: &Range, version: Version, span: impl FnOnce() -> Span) -> Option<&mut Unknown> {
        if range.knows(version) {
            return None;
        }
        let known = match version < range.known_from {
            true => format!("from {} on", short(range.known_from)),
            false => format!("through {}", short(range.known_through)),
        };
        let new = || Unknown { span: span(), ..Unknown::default() };
        Some(self.0.entry((range.versions_of.clone(), known, version)).or_insert_with(new))
    }

    fn flags(&mut self, model: &Model<'_>, flags: &Flags<'_>) {
        let (program, Some(version)) = (&*flags.program, flags.version) else { return };
        let span = || locate::word::span(model, flags.owner, &flags.named);
        if let Some(row) = flag::table(program).and_then(|table| self.row(&table.range, version, span)) {
            row.flags.insert(format!("`{program}`"));
            row.unlisted.extend(unlisted(flags));
        }
    }

    fn document(&mut self, model: &Model<'_>, document: &Document<'_>) {
        let version = model.app(document.owner.app).kubernetes;
        let span = || locate::origin(model, document.owner, document.written);
        let records = match document.value().map(Value::reveal) {
            Some(Value::List(list)) => list.iter().collect(),
            value => Vec::from_iter(value),
        };
        for value in records {
            let Value::Record(record) = value.reveal() else { continue };
            if let Some(table) = table_of(record) {
                let row = self.row(&table.range, version, span);
                row.into_iter().for_each(|row| _ = row.kinds.insert(format!("`{}`", table.kind)));
            } else if is_object(record) {
                self.row(object::range(), version, span).into_iter().for_each(|row| row.objects = true);
            }
        }
    }
}

/// The flags that no known version of a program has, each with a known one that is nearly the same.
fn unlisted(flags: &Flags<'_>) -> Vec<String> {
    let Some(table) = flag::table(&flags.program) else { return Vec::new() };
    let known = || table.flags.keys().map(String::as_str);
    let shown = |name: &str| match closest(name, known()) {
        Some(near) => format!("`--{name}` (nearly `--{near}`)"),
        None => format!("`--{name}`"),
    };
    let names = flags.given.iter().map(|flag| &*flag.name).filter(|name| !flag::is_positional(&flags.program, name));
    names.filter(|name| !table.flags.contains_key(*name)).map(shown).collect()
}

/// Whether its fields are known in some version of Kubernetes.
fn is_object(record: &Record) -> bool {
    let text = |name: &str| record.get(name).and_then(Value::scalar_text);
    let (api, kind) = (text("apiVersion"), text("kind"));
    api.zip(kind).is_some_and(|(api, kind)| object::listed(&api, &kind).is_some())
}

impl Unknown {
    fn reported(&self, (of, known, version): &Beyond) -> Diagnostic {
        let of = if of == "kubernetes" { "Kubernetes" } else { of };
        let parts = List::of(self.parts()).and();
        let unlisted = match self.unlisted.len() {
            0 => String::new(),
            _ => format!("; no table lists {}", List::of(&self.unlisted).or()),
        };
        let message = format!("{of} {version} is not examined in full: {parts} are known {known}{unlisted}");
        let help = "what is known to be removed or added is examined; make the other tables with `kmodel tables update`, or \
                    compare with the release notes and `allow version-unknown` with the reason";
        Diagnostic::new(Code::VersionUnknown, self.span, message).help(help)
    }

    /// `the flags of `kubelet``, `the fields of `KubeletConfiguration``.
    fn parts(&self) -> Vec<String> {
        let named = [("the flags of", &self.flags), ("the fields of", &self.kinds)];
        let named = named.into_iter().filter(|(_, names)| !names.is_empty());
        let parts = named.map(|(what, names)| format!("{what} {}", List::of(names).and()));
        parts.chain(self.objects.then(|| "the fields of objects".to_owned())).collect()
    }
}
