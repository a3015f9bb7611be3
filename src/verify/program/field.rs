//! Configuration files of Kubernetes programs: whether the version that runs has each field, with that type.
//!
//! A file is known by its `kind`. Programs end when a field is unknown, and the usual validators let it pass.

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::facts::duration::duration;
use crate::facts::field::{self, Field, Shape, Table};
use crate::facts::quantity::quantity;
use crate::facts::{api, gate, value};
use crate::model::value::Record;
use crate::model::{Model, Value};
use crate::render::evidence::{Document, Owner};
use crate::source::Span;
use crate::syntax::ast::{Expr, Version};

use super::contradiction::{self, Object};
use super::{object as shape, webhook};
use crate::text::Indefinite;
use crate::verify::locate::{self, Step};

/// Verifies the content of a file, if its kind is known; a list is several documents.
pub(super) fn verify(model: &Model<'_>, document: &Document<'_>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    if let Some(content) = document.value() {
        of_value(model, document, (content, &[]), &mut problems);
    }
    problems
}

fn of_value(
    model: &Model<'_>,
    document: &Document<'_>,
    (content, at): (&Value, &[Step]),
    problems: &mut Vec<Diagnostic>,
) {
    match content.reveal() {
        Value::List(list) => {
            let of = |(place, one): (usize, &Value)| of_value(model, document, (one, &below(at, place)), problems);
            list.iter().enumerate().for_each(of);
        }
        Value::Record(record) => {
            object(model, document, (record, at), problems);
            let Some(table) = table_of(record) else { return };
            let version = model.app(document.owner.app).kubernetes;
            let (owner, expr, path) = (document.owner, document.written, document.way(at));
            let mut verifier = FieldVerifier { model, owner, expr, table, version, path, problems };
            verifier.version(record);
            if !table.partial {
                verifier.fields(record, "");
            }
        }
        _ => {}
    }
}

/// The table of the kind of file that a record is.
pub(super) fn table_of(record: &Record) -> Option<&'static Table> {
    let text = |name: &str| record.get(name).and_then(Value::scalar_text);
    field::of_written(text("apiVersion").as_deref(), &text("kind")?)
}

fn below(at: &[Step], step: impl Into<Step>) -> Vec<Step> {
    [at, &[step.into()]].concat()
}

/// Verifies the API version that an object, or each of a list of them, is written in.
fn object(
    model: &Model<'_>,
    document: &Document<'_>,
    (record, at): (&Record, &[Step]),
    problems: &mut Vec<Diagnostic>,
) {
    let text = |name: &str| record.get(name).and_then(Value::scalar_text);
    let version = model.app(document.owner.app).kubernetes;
    let place = |path: &[Step]| locate::value(model, document.owner, document.written, &document.way(path));
    if let (Some(api), Some(kind)) = (text("apiVersion"), text("kind")) {
        problems.extend(api::examine(&api, &kind, version, || place(&below(at, "apiVersion"))));
        let inside = |path: &[Step]| place(&[at, path].concat());
        problems.extend(contradiction::verify(&Object { kind: &kind, api: &api, record, place: &inside }));
        if let Some(Value::List(webhooks)) = record.get("webhooks").map(Value::reveal) {
            for (index, one) in webhooks.iter().enumerate() {
                let Value::Record(one) = one.reveal() else { continue };
                problems.extend(webhook::verify(&kind, one, || place(&below(&below(at, "webhooks"), index))));
            }
        }
    }
    let key = |path: &[Step]| locate::key(model, document.owner, document.written, &document.way(path));
    let whole = !document.path.contains("patch");
    problems.extend(shape::verify(
        record,
        at,
        version,
        shape::Place { sources: &model.program.sources, key: &key, whole },
    ));
    let Some(Value::List(items)) = record.get("items").map(Value::reveal) else { return };
    for (index, item) in items.iter().enumerate() {
        let Value::Record(item) = item.reveal() else { continue };
        object(model, document, (item, &below(&below(at, "items"), index)), problems);
    }
}

struct FieldVerifier<'a, 'p> {
    model: &'a Model<'p>,
    owner: Owner,
    expr: &'a Expr,
    table: &'static Table,
    version: Version,
    /// The keys on the way to the field at hand.
    path: Vec<Step>,
    problems: &'a mut Vec<Diagnostic>,
}

impl FieldVerifier<'_, '_> {
    fn span(&self) -> Span {
        locate::key(self.model, self.owner, self.expr, &self.path)
    }

    /// Where the value of the field is written.
    fn value_span(&self) -> Span {
        locate::value(self.model, self.owner, self.expr, &self.path)
    }

    fn version(&mut self, record: &Record) {
        let (kind, apis) = (&self.table.kind, self.table.read_in(self.version));
        let written = record.get("apiVersion").and_then(Value::scalar_text);
        if written.as_deref().is_some_and(|written| self.table.may_read(written, self.version)) {
            return;
        }
        let api = apis[0];
        let key = if written.is_some() { "apiVersion" } else { "kind" };
        self.path.push(key.into());
        let message = format!("`{kind}` belongs to API version `{api}`");
        let problem = Diagnostic::new(Code::UnknownValue, self.value_span(), message);
        self.problems.push(problem.help(format!("write `apiVersion = \"{api}\"`")));
        self.path.pop();
    }

    /// The fields of a record at a path of the table.
    fn fields(&mut self, record: &Record, at: &str) {
        for (name, value) in record {
            let full = if at.is_empty() { name.to_string() } else { format!("{at}.{name}") };
            // One without a value is its default, if there is such a field.
            let is_unset = *value == Value::None && self.table.fields.contains_key(&*full);
            if is_unset || at.is_empty() && ["apiVersion", "kind"].contains(&&**name) {
                continue;
            }
            self.path.push((&**name).into());
            self.field(&full, at, name, value);
            self.path.pop();
        }
    }

    fn field(&mut self, full: &str, at: &str, name: &str, value: &Value) {
        let Some(field) = self.table.fields.get(full) else { return self.unknown(at, name) };
        let problem = self.table.examine(full, self.version, self.span());
        self.problems.extend(problem.filter(|problem| problem.is_error() || !is_zero(value)));
        if full == "featureGates" {
            return self.gates(value);
        }
        if !self.shape(&field.shape, full, value) {
            return;
        }
        if let Some(set) = &field.values {
            self.values(set, full, value);
        }
        if self.table.range.knows(self.version) {
            self.form(field, full, value);
            self.records(field, full, value);
        }
    }

    fn unknown(&mut self, at: &str, name: &str) {
        if !self.table.range.knows(self.version) {
            return;
        }
        let known = self.table.below(at);
        let same = known.clone().find(|other| other.eq_ignore_ascii_case(name));
        let near = same.or_else(|| closest(name, known.clone()));
        let place = if at.is_empty() { String::new() } else { format!(" in `{}`", at.replace("[]", "")) };
        let span = self.span();
        let message = format!("{} has no field `{name}`{place} in any version", Indefinite(&self.table.kind));
        let problem = Diagnostic::new(Code::UnknownConfigField, span, message);
        // What is encoded has no place where another name could be put.
        let is_written = self.model.program.sources.text(span).trim_matches('"') == name;
        self.problems.push(match (near, self.elsewhere(name)) {
            (Some(near), _) if is_written => problem.help(Help::near(near)).fix_near(span),
            (Some(near), _) => problem.help(Help::near(near)),
            (None, Some(path)) => problem.help(format!("use `{path}`")),
            (None, None) => problem.help("remove it: no known version reads it"),
        });
    }

    /// The path of a field of this name on another level.
    fn elsewhere(&self, name: &str) -> Option<&'static str> {
        let last = |path: &str| path.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case(name));
        self.table.fields.keys().map(String::as_str).find(|path| last(path))
    }

    fn gates(&mut self, value: &Value) {
        let Value::Record(record) = value.reveal() else { return };
        for (name, on) in record.iter() {
            self.path.push((&**name).into());
            match on.reveal() {
                Value::Bool(on) => {
                    let family = &self.table.range.versions_of;
                    let span = self.span();
                    let gate = (&**name, *on);
                    self.problems.extend(gate::examine(family, &self.table.program, gate, self.version, span));
                }
                other => self.mismatch(&Shape::Bool, &format!("featureGates.{name}"), other),
            }
            self.path.pop();
        }
    }

    fn values(&mut self, set: &str, full: &str, value: &Value) {
        let one = |value: &Value| value.scalar_text();
        let texts: Vec<String> = match value.reveal() {
            Value::List(list) => list.iter().filter_map(one).collect(),
            scalar => one(scalar).into_iter().filter(|text| !text.is_empty()).collect(),
        };
        let owner = format!("`{full}` of {}", Indefinite(&self.table.kind));
        let span = |text: &str| {
            let list = locate::found(self.model, self.owner, self.expr, &self.path);
            list.map_or(self.value_span(), |list| locate::element(self.model, self.owner, list, text))
        };
        let verify = |text: &String| value::examine(set, (&owner, text), self.version, span(text));
        let found: Vec<_> = texts.iter().filter_map(verify).collect();
        self.problems.extend(found);
    }

    /// Texts that do not have the form of the field. Of one that is issued nothing is known yet.
    fn form(&mut self, field: &Field, full: &str, value: &Value) {
        let Some(form) = field.form else { return };
        let elements = match value {
            Value::List(list) => &**list,
            one => std::slice::from_ref(one),
        };
        for one in elements.iter().filter(|one| !matches!(one, Value::Secret(_))) {
            let Some(text) = one.scalar_text().filter(|text| !form.fits(text)) else { continue };
            let found = if form.is_secret() { "is of another form".to_owned() } else { format!("is `{text}`") };
            let list = locate::found(self.model, self.owner, self.expr, &self.path);
            let span = list.map_or(self.value_span(), |list| locate::element(self.model, self.owner, list, &text));
            let said = format!("`{full}` of {} {found}", Indefinite(&self.table.kind));
            let Some(what) = &field.what else {
                self.refused(span, &said, &format!("write {}", form.example()));
                continue;
            };
            let problem = Diagnostic::new(Code::RefusedSetting, span, format!("{said}; {what}"));
            self.problems.push(problem.help(format!("write {}", form.example())));
        }
    }

    /// Records with the same name, or with fields that do not go together.
    fn records(&mut self, field: &Field, full: &str, value: &Value) {
        let records: Vec<&Record> = match value.reveal() {
            Value::List(list) => list.iter().filter_map(record).collect(),
            one => record(one).into_iter().collect(),
        };
        let kind = Indefinite(&self.table.kind).to_string();
        if let Some(key) = &field.distinct {
            let names: Vec<String> =
                records.iter().filter_map(|one| one.get(&**key).and_then(Value::scalar_text)).collect();
            let twice = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
            if let Some((_, name)) = twice {
                let said = format!("`{full}` of {kind} has `{name}` twice as `{key}`");
                self.refused(self.value_span(), &said, "give each another name");
            }
        }
        let has = |one: &Record, key: &str| one.get(key).is_some_and(|value| *value != Value::None && !is_empty(value));
        for [one, other] in &field.apart {
            if records.iter().any(|record| has(record, one) && has(record, other)) {
                let said = format!("`{full}` of {kind} has `{one}` and `{other}` in one record");
                self.refused(self.value_span(), &said, "write a record for each");
            }
        }
        for (one, other) in &field.beside {
            let given =
                |record: &Record| record.get(&**one).is_some_and(|value| !is_zero(value) && *value != Value::None);
            if records.iter().any(|record| given(record) && record.get(&**other).is_none()) {
                let said = format!("`{full}` of {kind} has `{one}` without `{other}`");
                self.refused(self.value_span(), &said, &format!("add `{other}`"));
            }
        }
        for (one, other) in &field.several {
            let many = |record: &Record| match record.get(&**one).map(Value::reveal) {
                Some(Value::List(list)) => list.len() > 1,
                _ => false,
            };
            if records.iter().any(|record| many(record) && record.get(&**other).is_none()) {
                let said = format!("`{full}` of {kind} has several `{one}` without `{other}`");
                self.refused(self.value_span(), &said, &format!("add `{other}`"));
            }
        }
    }

    fn refused(&mut self, span: Span, said: &str, write: &str) {
        let message = format!("{said}; `{}` rejects the file at startup", self.table.program);
        self.problems.push(Diagnostic::new(Code::RefusedSetting, span, message).help(write));
    }

    /// What a file has of a kind of its own.
    fn inner(&mut self, record: &Record) {
        let Some(table) = table_of(record).filter(|table| !table.partial) else { return };
        let (model, owner, expr, version) = (self.model, self.owner, self.expr, self.version);
        let (path, problems) = (self.path.clone(), &mut *self.problems);
        let mut verifier = FieldVerifier { model, owner, expr, table, version, path, problems };
        verifier.version(record);
        verifier.fields(record, "");
    }

    /// Whether a value has the type of its field; what is below it is verified too.
    fn shape(&mut self, shape: &Shape, full: &str, value: &Value) -> bool {
        match (shape, value.reveal()) {
            (Shape::Object, Value::Record(record)) => {
                // Fields of types that no table lists are taken as they are.
                match self.table.below(full).next() {
                    Some(_) => self.fields(record, full),
                    None => self.inner(record),
                }
                true
            }
            (Shape::Map(inner), Value::Record(record)) => record.iter().all(|(name, value)| {
                self.path.push((&**name).into());
                let fits = *value == Value::None || self.shape(inner, &format!("{full}.{name}"), value);
                self.path.pop();
                fits
            }),
            (Shape::List(inner), Value::List(list)) => list.iter().enumerate().all(|(place, value)| {
                self.path.push(place.into());
                let fits = self.shape(inner, &format!("{full}[]"), value);
                self.path.pop();
                fits
            }),
            (shape, value) => {
                let fits = is_scalar(shape, value);
                if !fits {
                    self.mismatch(shape, full, value);
                }
                fits
            }
        }
    }

    fn mismatch(&mut self, shape: &Shape, full: &str, value: &Value) {
        let (kind, wanted) = (&self.table.kind, shape.name());
        let message = format!("`{full}` of `{kind}` expects {wanted}, found `{}`", value.type_name());
        let problem = Diagnostic::new(Code::TypeMismatch, self.value_span(), message);
        self.problems.push(problem.help(match (shape, value) {
            (Shape::Duration, Value::Int(n)) => format!("add a unit: `{n}s`"),
            (Shape::Text, Value::Int(n)) => format!("quote it: `\"{n}\"`"),
            (Shape::Int(_), Value::Text(text)) if text.parse::<i64>().is_ok() => {
                format!("write `{text}`, without quotes")
            }
            (Shape::Bool, Value::Text(text)) if ["true", "false"].contains(&&**text) => {
                format!("write `{text}`, without quotes")
            }
            _ => format!("`{}` rejects a file with another type", self.table.program),
        }));
    }
}

fn record(value: &Value) -> Option<&Record> {
    match value.reveal() {
        Value::Record(record) => Some(record),
        _ => None,
    }
}

fn is_empty(value: &Value) -> bool {
    matches!(value.reveal(), Value::List(list) if list.is_empty())
}

/// Whether a value is what a field has that is not given, as kubeadm writes all fields into its files.
fn is_zero(value: &Value) -> bool {
    match value.reveal() {
        Value::Text(text) => text.is_empty() || duration(text).is_some_and(|length| length == 0.0),
        Value::List(list) => list.is_empty(),
        Value::Record(record) => record.is_empty(),
        _ => false,
    }
}

/// Whether a value is written into a file as what a field of this type takes.
fn is_scalar(shape: &Shape, value: &Value) -> bool {
    match (shape, value) {
        (Shape::Bool, Value::Bool(_)) => true,
        (Shape::Int(32), Value::Int(number)) => i32::try_from(*number).is_ok(),
        (Shape::Int(_), Value::Int(_) | Value::Port(_)) => true,
        (Shape::Int(64), Value::Size(_)) => true,
        (Shape::Float, Value::Int(_) | Value::Float(_)) => true,
        (Shape::DurationOrNanoseconds, Value::Int(_)) => true,
        (Shape::Duration | Shape::DurationOrNanoseconds, Value::Duration(_)) => true,
        (Shape::Duration | Shape::DurationOrNanoseconds, Value::Text(text)) => duration(text).is_some(),
        (Shape::Quantity, Value::Int(_) | Value::Size(_)) => true,
        (Shape::Quantity, Value::Text(text)) => quantity(text).is_some(),
        (Shape::Text | Shape::Version, Value::Text(_)) => true,
        (
            Shape::Text,
            Value::Path(_)
            | Value::Ip(_)
            | Value::Cidr(_)
            | Value::Version(_)
            | Value::Mode(_)
            | Value::Duration(_)
            | Value::Percent(_),
        ) => true,
        _ => false,
    }
}
