//! What is downloaded on a machine.

use crate::check::text_form::TextForm;
use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::model::eval::mismatch;
use crate::model::form::require;
use crate::model::scope::Scope;
use crate::model::{EvalError, Model, Value};
use crate::source::Span;
use crate::syntax::ast::{Definition, ExprKind, Literal, Name};
use crate::text::List;

use super::Origin;
use super::bundle::{Artifact, ArtifactKind, Install};
use crate::facts::hash::Hash;
use crate::facts::release::{self, FoundRelease, Packing, UnknownRelease};

mod hash;

/// Evaluates an `artifact` item; `None` when it installs nothing.
///
/// # Errors
/// When a field has a problem, or the release table does not know it.
pub fn artifact(
    model: &Model<'_>,
    scope: &mut Scope<'_>,
    item: &Definition,
    arch: &Name,
    origin: Origin,
) -> Result<Option<Artifact>, EvalError> {
    let mut fields = Fields { model, scope, item };
    let Some(install) = fields.install()? else { return Ok(None) };
    let version = fields.version()?;
    let found = fields.found(version.as_deref(), arch)?;
    let mode = match fields.value("mode")? {
        Value::Mode(mode) => mode,
        _ => 0o755,
    };
    let name = fields.value("release")?.scalar_text().map_or_else(|| item.name.name.clone(), Into::into);
    let kind = if found.kind == Packing::Binary { ArtifactKind::Binary } else { ArtifactKind::TarGz };
    let Download { url, hash, checksums, newest, .. } = found;
    Ok(Some(Artifact { name, version, url, hash, checksums, newest, kind, install, mode, origin }))
}

/// The hash of a file that is downloaded as it is: as it is stated, or in the lock.
///
/// # Errors
/// When it is known nowhere, or both differ.
pub(super) fn of_file(model: &Model<'_>, url: &str, stated: Option<&str>, span: Span) -> Result<String, EvalError> {
    let stated = stated.map(|text| {
        text.parse().map_err(|message: String| {
            let problem = Diagnostic::new(Code::InvalidHashes, span, message);
            EvalError::from(problem.help("write `sha256:` and 64 hexadecimal digits, or `sha512:` and 128"))
        })
    });
    let found = hash::of(model, url, stated.transpose()?.as_ref(), span)?;
    found.ok_or_else(|| super::item::unhashed(url, &hash::command(model), span))
}

/// Adds an artifact; one that is downloaded already gets what else is installed from it.
pub fn merge(list: &mut Vec<Artifact>, artifact: Artifact) {
    let known = list.iter_mut().find(|known| known.url == artifact.url && known.mode == artifact.mode);
    match (known.map(|known| &mut known.install), artifact.install.clone()) {
        (Some(Install::Members { members: known, strip: a }), Install::Members { members: more, strip: b })
            if *a == b =>
        {
            let new: Vec<_> = more.into_iter().filter(|member| !known.contains(member)).collect();
            known.extend(new);
        }
        (Some(known), more) if *known == more => {}
        _ => list.push(artifact),
    }
}

fn is_never_released(hash: &Result<Hash, UnknownRelease>) -> bool {
    matches!(hash, Err(UnknownRelease::NotReleased(_)))
}

/// Where something is, and its hash.
struct Download {
    url: String,
    hash: String,
    kind: Packing,
    checksums: Option<String>,
    newest: Option<String>,
}

struct Fields<'a, 'p, 's, 'i> {
    model: &'a Model<'p>,
    scope: &'a mut Scope<'s>,
    item: &'i Definition,
}

impl Fields<'_, '_, '_, '_> {
    fn value(&mut self, field: &str) -> Result<Value, EvalError> {
        let Some(field) = self.item.body.field(field) else { return Ok(Value::None) };
        let value = self.model.eval(self.scope, &field.value)?;
        if value.is_secret() {
            let message = "download URLs and files are world-readable, so they cannot hold a secret";
            let problem = Diagnostic::new(Code::SecretExposed, field.value.span, message);
            return Err(Box::new(problem.help("serve it from a mirror without a password, and set its hash")));
        }
        Ok(value)
    }

    fn span(&self, field: &str) -> Span {
        self.item.body.field(field).map_or(self.item.name.span, |field| field.value.span)
    }

    fn version(&mut self) -> Result<Option<String>, EvalError> {
        let Some(field) = self.item.body.field("version") else { return Ok(None) };
        if let ExprKind::Literal(Literal::Decimal(text)) = &field.value.kind {
            return Ok(Some(text.to_string()));
        }
        Ok(self.value("version")?.scalar_text())
    }

    fn install(&mut self) -> Result<Option<Install>, EvalError> {
        if let Some(folder) = self.value("extract")?.scalar_text() {
            let strip = match self.value("strip")? {
                Value::Int(strip @ 0..=20) => strip as u32,
                _ => 0,
            };
            return Ok(Some(Install::Extract { folder: folder.into(), strip }));
        }
        match self.value("install")? {
            Value::Record(record) if record.is_empty() => Ok(None),
            Value::Record(record) => {
                let strip = match self.value("strip")? {
                    Value::Int(strip @ 0..=20) => strip as u32,
                    _ => 0,
                };
                let span = self.span("install");
                let members = record.iter().map(|(member, place)| {
                    let place = place.scalar_text().ok_or_else(|| mismatch(span, "`path`", place))?;
                    Ok((member.clone(), place.into()))
                });
                Ok(Some(Install::Members { members: members.collect::<Result<Vec<_>, EvalError>>()?, strip }))
            }
            Value::None => Ok(None),
            other => Err(mismatch(self.span("install"), "a map from archive members to paths", &other)),
        }
    }

    /// Where it is and what its hash is: by the operator's list, else by the item or the release table, else by the lock.
    fn found(&mut self, version: Option<&str>, arch: &Name) -> Result<Download, EvalError> {
        let version = version.unwrap_or_default();
        if let Some(release) = self.value("release")?.scalar_text() {
            let found = release::find(&release, version, arch).map_err(|known| self.no_release(&release, &known))?;
            let hash = hash::of(self.model, &found.url, found.hash.as_ref().ok(), self.span("version"))?;
            let FoundRelease { url, kind, checksums, newest, hash: known } = found;
            let hash = match (hash.filter(|hash| !hash.is_empty() || !is_never_released(&known)), known) {
                (Some(hash), _) => hash,
                (None, Err(UnknownRelease::NotReleased(all))) => return Err(self.not_released(&release, arch, &all)),
                (None, Err(unknown)) => return Err(self.unknown(&release, version, arch, &unknown)),
                (None, Ok(known)) => known.into(),
            };
            return Ok(Download { url, hash, kind, checksums: Some(checksums), newest });
        }
        self.by_url(version, arch)
    }

    fn by_url(&mut self, version: &str, arch: &Name) -> Result<Download, EvalError> {
        let url = self.value("url")?.scalar_text().unwrap_or_default();
        let url = url.replace("{version}", version).replace("{arch}", arch);
        let stated = match self.value("hash")? {
            Value::Record(hashes) => hashes.get(arch).and_then(Value::scalar_text),
            single => single.scalar_text(),
        };
        require(TextForm::Url, &url, self.span("url"))?;
        self.is_web(&url)?;
        let stated = stated.map(|text| self.checksum(&text)).transpose()?;
        let checksums = self.value("checksums")?.scalar_text();
        let checksums = checksums.map(|text| release::checksums_of(&text, (&url, version, arch)));
        let hash = hash::of(self.model, &url, stated.as_ref(), self.span("hash"))?;
        let hash = hash.ok_or_else(|| self.unstated(arch, checksums.is_some()))?;
        let binary = self.value("kind")?.scalar_text().is_some_and(|kind| kind == "binary");
        let kind = if binary { Packing::Binary } else { Packing::TarGz };
        Ok(Download { url, hash, kind, checksums, newest: None })
    }

    /// With a hash, plain HTTP is as good as HTTPS; what else there is, machines may not have.
    fn is_web(&self, url: &str) -> Result<(), EvalError> {
        if url.starts_with("https://") || url.starts_with("http://") {
            return Ok(());
        }
        let message = format!("`{url}` is neither an `https://` nor an `http://` URL");
        let problem = Diagnostic::new(Code::InvalidText, self.span("url"), message);
        Err(Box::new(problem.help("serve the file over HTTPS, or over HTTP from a mirror of your own")))
    }

    fn checksum(&self, text: &str) -> Result<Hash, EvalError> {
        text.parse().map_err(|message: String| {
            let problem = Diagnostic::new(Code::InvalidHashes, self.span("hash"), message);
            problem.help("write `sha256:` and 64 hexadecimal digits, or `sha512:` and 128").into()
        })
    }

    fn no_release(&self, release: &str, unknown: &UnknownRelease) -> EvalError {
        let known = unknown.known().iter().map(String::as_str);
        let message = format!("no release is named `{release}`");
        let problem = Diagnostic::new(Code::UnknownRelease, self.span("release"), message);
        problem.help(did_you_mean(release, known, "set `url` and `hash` instead")).into()
    }

    /// An item with a URL of its own has no hash.
    fn unstated(&self, arch: &str, is_published: bool) -> EvalError {
        let message = format!("`{}` has no hash for {arch}", self.item.name.name);
        let help = match is_published {
            true => format!("run `{}` to look up its published checksum, or set `hash`", hash::command(self.model)),
            false => "set `url` and `hash = { amd64 = \"sha256:...\" }`".to_owned(),
        };
        Box::new(Diagnostic::new(Code::UnknownRelease, self.span("hash"), message).help(help))
    }

    /// No version of a release is for this architecture: there is nothing to look up.
    fn not_released(&self, release: &str, arch: &str, all: &[String]) -> EvalError {
        let message = format!("`{release}` is not released for {arch}");
        let all = List::of(all);
        let problem = Diagnostic::new(Code::UnknownRelease, self.item.name.span, message);
        let problem = self.placed(problem, arch);
        let help = format!("place it on machines of another architecture: it is released for {all}");
        problem.help(format!("{help}; for a build of your own, set `hashes` of the target")).into()
    }

    /// With the deployment whose machines are of an architecture.
    fn placed(&self, problem: Diagnostic, arch: &str) -> Diagnostic {
        match self.scope.app.map(|app| self.model.app(app)) {
            Some(app) => problem.label(app.span, format!("`{}` is deployed here on {arch}", app.name)),
            None => problem,
        }
    }

    /// A release is not in the table in this version, or not for this architecture.
    fn unknown(&mut self, release: &str, version: &str, arch: &str, unknown: &UnknownRelease) -> EvalError {
        let (span, on) = match unknown {
            UnknownRelease::Arch(_) => (self.item.name.span, format!(" on {arch}")),
            _ => (self.span("version"), String::new()),
        };
        let message = format!("no hash is known for {release} {version}{on}");
        let otherwise = self.value("otherwise").ok().and_then(|text| text.scalar_text());
        let otherwise = otherwise.map(|text| format!("; {text}")).unwrap_or_default();
        let help = format!("{}{otherwise}", hash::advice(self.model, unknown.known(), arch));
        let mut problem = Diagnostic::new(Code::UnknownRelease, span, message).help(help);
        if let Some(span) = self.model.cluster.spans.get("kubernetes").filter(|_| release.starts_with("kube")) {
            problem = problem.label(*span, "the version of the cluster");
        }
        Box::new(match unknown {
            UnknownRelease::Arch(_) => self.placed(problem, arch),
            _ => problem,
        })
    }
}
