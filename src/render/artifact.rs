//! What is downloaded on a machine.

use crate::check::text_form::TextForm;
use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::model::eval::mismatch;
use crate::model::form::require;
use crate::model::scope::Scope;
use crate::model::{Checksums, EvalError, Model, Value};
use crate::source::Span;
use crate::syntax::ast::{Definition, ExprKind, Literal, Name};

use super::Origin;
use super::boot::mirror_path;
use super::bundle::{Artifact, ArtifactKind, Install};
use crate::facts::release::{self, FoundRelease, Packing, UnknownRelease};
use crate::text::List;

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
    let FoundRelease { url, hash, .. } = found;
    Ok(Some(Artifact { name, version, url, hash, kind, install, mode, origin }))
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

    /// Where it is and what its hash is: by the operator's list, else by the item or the release table.
    fn found(&mut self, version: Option<&str>, arch: &Name) -> Result<FoundRelease, EvalError> {
        let none = Checksums::default();
        let own = self.model.targets.first().map_or(&none, |target| &target.hashes);
        if let Some(release) = self.value("release")?.scalar_text() {
            let version = version.unwrap_or_default();
            return release::find(&release, version, arch, |url| own.of(mirror_path(url)).map(str::to_owned))
                .map_err(|unknown| self.unknown(&release, version, arch, unknown));
        }
        let url = self.value("url")?.scalar_text().unwrap_or_default();
        let url = url.replace("{version}", version.unwrap_or_default()).replace("{arch}", arch);
        let stated = match self.value("hash")? {
            Value::Record(hashes) => hashes.get(arch).and_then(Value::scalar_text),
            single => single.scalar_text(),
        };
        require(TextForm::Url, &url, self.span("url"))?;
        self.is_web(&url)?;
        let hash = own.of(mirror_path(&url)).map(str::to_owned).or(stated);
        let Some(hash) = hash else {
            let message = format!("`{}` has no hash for {arch}", self.item.name.name);
            let problem = Diagnostic::new(Code::UnknownRelease, self.span("hash"), message);
            return Err(Box::new(problem.help("set `url` and `hash = { amd64 = \"sha256:...\" }`")));
        };
        self.is_checksum(&hash)?;
        let binary = self.value("kind")?.scalar_text().is_some_and(|kind| kind == "binary");
        Ok(FoundRelease { url, hash, kind: if binary { Packing::Binary } else { Packing::TarGz } })
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

    fn is_checksum(&self, hash: &str) -> Result<(), EvalError> {
        if is_checksum(hash) {
            return Ok(());
        }
        let message = format!("`{}` is not a SHA-256 or SHA-512 checksum", hash.escape_debug());
        let problem = Diagnostic::new(Code::InvalidHashes, self.span("hash"), message);
        Err(Box::new(problem.help("write `sha256:` and 64 hexadecimal digits, or `sha512:` and 128")))
    }

    fn unknown(&mut self, release: &str, version: &str, arch: &str, unknown: UnknownRelease) -> EvalError {
        let (span, message, help) = match unknown {
            UnknownRelease::Name(known) => (
                self.span("release"),
                format!("no release is named `{release}`"),
                did_you_mean(release, known.iter().map(String::as_str), "set `url` and `hash` instead"),
            ),
            UnknownRelease::Version(known) => (
                self.span("version"),
                format!("no hash is known for {release} {version}"),
                known_hashes(&known, arch).into(),
            ),
            UnknownRelease::Arch(known) => (
                self.item.name.span,
                format!("no hash is known for {release} {version} on {arch}"),
                known_hashes(&known, arch).into(),
            ),
        };
        let otherwise = self.value("otherwise").ok().and_then(|text| text.scalar_text());
        let help = otherwise.map_or(help.clone(), |more| format!("{}; {more}", help.text()).into());
        let mut problem = Diagnostic::new(Code::UnknownRelease, span, message).help(help);
        if let Some(span) = self.model.cluster.spans.get("kubernetes").filter(|_| release.starts_with("kube")) {
            problem = problem.label(*span, "the version of the cluster");
        }
        Box::new(problem)
    }
}

/// The versions that can be had for an architecture, and what to do for another one.
fn known_hashes(known: &[String], arch: &str) -> String {
    match known {
        [] => format!("no hash is known for {arch}: add the file's own to `hashes` of the target"),
        _ => format!("hashes for {arch} are known for {}", List::of(known)),
    }
}

/// `sha256:` or `sha512:`, and its digits.
fn is_checksum(hash: &str) -> bool {
    let digits = match hash.split_once(':') {
        Some(("sha256", digits)) if digits.len() == 64 => digits,
        Some(("sha512", digits)) if digits.len() == 128 => digits,
        _ => return false,
    };
    digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::is_checksum;

    #[test]
    fn a_checksum_has_its_kind_and_all_its_digits() {
        let (short, long) = ("aF09".repeat(16), "0".repeat(128));
        assert!(is_checksum(&format!("sha256:{short}")) && is_checksum(&format!("sha512:{long}")));
        let wrong = format!("md5:{}", "0".repeat(32));
        let others =
            [format!("sha256:{long}"), format!("sha256:{}é", &short[2..]), format!("sha256:{}", "x".repeat(64))];
        for text in ["", "xyz", "sha256:1111", "../../etc/passwd", &wrong, &short]
            .into_iter()
            .chain(others.iter().map(|s| &**s))
        {
            assert!(!is_checksum(text), "{text}");
        }
    }
}
