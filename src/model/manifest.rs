//! `manifest NAME`: an upstream release of manifests, with what the component changes in it.
//!
//! In: where it is published, a copy of it if there is one, and patches. Out: a record for expressions, with the text as it
//! is applied, where a copy is at hand; else the patches, which the machine that applies it makes then.

use std::path::{Path, PathBuf};

use crate::check::ModulePlace;
use crate::diag::{Code, Diagnostic};
use crate::facts::hash::{Algorithm, Hash};
use crate::source::Span;
use crate::syntax::ast::{Definition, ExprKind, Literal};

use super::eval::{eval_error, mismatch};
use super::function::to_json;
use super::scope::Scope;
use super::work::ValueId;
use super::{EvalError, Model, Premise, Sight, Value};

mod document;
mod merge;
mod patch;
mod path;

use patch::Patch;

/// The folder beside the model that has copies of manifests, each at its path in a mirror.
pub const FOLDER: &str = "kmodel.manifests";

/// Where the copy of a manifest is, from the folder of the model.
pub fn copy_of(url: &str) -> PathBuf {
    Path::new(FOLDER).join(url.split_once("://").map_or(url, |(_, place)| place))
}

/// What an item says, and the text that is at hand.
struct Release {
    url: Option<String>,
    hash: Option<String>,
    text: Option<String>,
    patches: Vec<Patch>,
}

impl Sight<'_, '_> {
    /// `NAME` in expressions.
    pub(super) fn manifest_record(&self, scope: &mut Scope<'_>, index: u32) -> Result<Value, EvalError> {
        let app = scope.app.expect("a component's names are seen only inside an application");
        let item = self.placed().component_of(app).manifests[index as usize];
        scope.work.open(ValueId::Manifest(app, index), || &item.name.name, item.name.span)?;
        let release = scope.without_locals(|scope| self.release(scope, item));
        scope.work.close();
        record(item, release?)
    }

    fn release(&self, scope: &mut Scope<'_>, item: &Definition) -> Result<Release, EvalError> {
        let own = self.text_of(scope, item, "text")?.filter(|text| !text.is_empty());
        let url = if own.is_none() { self.url(scope, item)? } else { None };
        let hash = self.text_of(scope, item, "hash")?;
        let text = match (own, &url) {
            (None, Some(url)) => self.copy(url, hash.as_deref(), item)?,
            (own, _) => own,
        };
        if text.is_none() && url.is_none() {
            let problem =
                Diagnostic::new(Code::MissingField, item.name.span, "the manifest has no `url` and no `text`");
            return Err(Box::new(problem.help("set where it is published, or `text = read(\"./release.yaml\")`")));
        }
        let patches = match item.body.field("patch") {
            Some(field) => patch::read(&self.eval(scope, &field.value)?, &field.value)?,
            None => Vec::new(),
        };
        Ok(Release { url, hash, text, patches })
    }

    fn url(&self, scope: &mut Scope<'_>, item: &Definition) -> Result<Option<String>, EvalError> {
        let version = match item.body.field("version").map(|field| &field.value.kind) {
            Some(ExprKind::Literal(Literal::Decimal(text))) => Some(text.to_string()),
            _ => self.text_of(scope, item, "version")?,
        };
        let url = self.text_of(scope, item, "url")?;
        if version.is_none() && url.as_ref().is_some_and(|url| url.contains("{version}")) {
            let problem = Diagnostic::new(
                Code::MissingField,
                item.name.span,
                "the manifest has no `version` for `{version}` in its `url`",
            );
            return Err(Box::new(problem.help("set `version`, or write it into the `url`")));
        }
        Ok(url.map(|url| url.replace("{version}", &version.unwrap_or_default())))
    }

    fn text_of(&self, scope: &mut Scope<'_>, item: &Definition, name: &str) -> Result<Option<String>, EvalError> {
        let Some(field) = item.body.field(name) else { return Ok(None) };
        let value = self.eval(scope, &field.value)?;
        if value.is_secret() {
            let message = "manifests are world-readable until they are applied, so they cannot hold a secret";
            return Err(eval_error(Code::SecretExposed, field.value.span, message));
        }
        match value {
            Value::None => Ok(None),
            value => value.scalar_text().map(Some).ok_or_else(|| mismatch(field.value.span, "`string`", &value)),
        }
    }

    /// The copy that `kmodel pin` keeps, if there is one.
    fn copy(&self, url: &str, hash: Option<&str>, item: &Definition) -> Result<Option<String>, EvalError> {
        let Some(text) = at_hand(self, url) else { return Ok(None) };
        let pinned = self.placed().lock.pins.files.get(url).map(Hash::as_str);
        let Some(known) = hash.or(pinned).and_then(|hash| hash.parse::<Hash>().ok()) else { return Ok(Some(text)) };
        let found = of_text(&text, known.algorithm());
        if found == known {
            return Ok(Some(text));
        }
        let place = copy_of(url);
        let message = format!("`{}` has the checksum `{found}`, but that of `{url}` is `{known}`", place.display());
        let problem = Diagnostic::new(Code::PinDiffers, item.name.span, message);
        Err(Box::new(problem.help(format!("remove `{}`, and run `kmodel pin` again", place.display()))))
    }
}

/// The checksum of a text.
pub fn of_text(text: &str, algorithm: Algorithm) -> Hash {
    Hash::of(text.as_bytes(), algorithm).expect("memory can be read")
}

/// The text of a copy beside the model.
fn at_hand(premise: &Premise<'_>, url: &str) -> Option<String> {
    let ModulePlace::File(root) = &premise.program.modules.first()?.place else { return None };
    let folder = root.parent().map(Path::to_path_buf).unwrap_or_default();
    premise.world.read(&folder.join(copy_of(url))).ok()
}

/// The path and the text of the copy that an item of an application is read from, if it has no text of its own.
pub fn copy(model: &Model<'_>, scope: &mut Scope<'_>, item: &Definition) -> Option<(String, String)> {
    let sight = model.sight();
    let own = sight.text_of(scope, item, "text").ok()?;
    let url = sight.url(scope, item).ok()?.filter(|_| own.is_none_or(|text| text.is_empty()))?;
    Some((copy_of(&url).display().to_string(), at_hand(model, &url)?))
}

/// As expressions see it: what is at hand has its patches in its text, and what is downloaded keeps them too.
fn record(item: &Definition, release: Release) -> Result<Value, EvalError> {
    let Release { url, hash, text, patches } = release;
    let (text, patches) = match text {
        Some(text) => document::patched(&text, &patches, item.name.span)?,
        None => (String::new(), patches.iter().map(Patch::alone).collect::<Result<_, EvalError>>()?),
    };
    let patches: Vec<Value> = if url.is_some() { patches.iter().map(of_json).collect() } else { Vec::new() };
    let optional = |text: Option<String>| text.map_or(Value::None, Value::text);
    Ok(Value::record([
        ("name", Value::Text(item.name.name.clone())),
        ("url", optional(url)),
        ("hash", optional(hash)),
        ("text", Value::text(text)),
        ("patches", Value::list(patches)),
    ]))
}

fn of_json(json: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::None,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap_or_default()), Value::Int)
        }
        Json::String(text) => Value::text(text),
        Json::Array(list) => Value::list(list.iter().map(of_json)),
        Json::Object(map) => Value::record(map.iter().map(|(key, value)| (key.as_str(), of_json(value)))),
    }
}

/// Where a patch is written: at its key, if the patches are written out.
fn missed(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(Code::PatchMisses, span, message)
}

fn json(value: &Value) -> serde_json::Value {
    to_json(value)
}
