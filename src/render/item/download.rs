//! Files that machines download, each with its hash.

use crate::check::text_form::TextForm;
use crate::diag::{Code, Diagnostic};
use crate::model::form::require;
use crate::model::scope::Scope;
use crate::model::{EvalError, Value};
use crate::render::artifact::{merge, of_file};
use crate::render::bundle::{Artifact, ArtifactKind, Install};
use crate::render::evidence::{Content, DOWNLOADED, Entry, Unread};
use crate::render::reading::images;
use crate::source::Span;
use crate::syntax::ast::{Body, PathItem};

use super::{Filler, app_of, push};

impl<'p> Filler<'_, 'p> {
    /// Where a file is downloaded from, if it is.
    pub(super) fn optional_url(&self, scope: &mut Scope<'_>, body: &Body) -> Result<Option<String>, EvalError> {
        let Some(field) = body.field("url") else { return Ok(None) };
        match self.model.eval(scope, &field.value)? {
            Value::None => Ok(None),
            _ => self.text(scope, &field.value).map(Some),
        }
    }

    /// A file as an artifact of its machine. Its `text` is what is known of it.
    pub(super) fn download(
        &mut self,
        scope: &mut Scope<'_>,
        item: &'p PathItem,
        (path, url): (String, String),
        span: Span,
    ) -> Result<(), EvalError> {
        let written = item.body.field("url").map_or(item.path.span, |field| field.value.span);
        require(TextForm::Url, &url, written)?;
        let stated = match item.body.field("hash") {
            Some(field) => self.model.eval(scope, &field.value)?.scalar_text(),
            None => None,
        };
        let of = scope.locals.last().and_then(|(_, value)| app_of(self.model, value)).map(|app| self.model.app(app));
        let hash = of_file(self.model, &url, stated.as_deref(), written).map_err(|problem| match of {
            Some(app) => Box::new(problem.label(app.span, format!("`{}` is deployed here", app.name))),
            None => problem,
        })?;
        self.known(scope, item, &path)?;
        let mode = self.mode(scope, &item.body, "mode", 0o644)?;
        let name = url.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("file").into();
        let (kind, origin) = (ArtifactKind::Binary, self.origin(span, scope));
        let install = Install::Members { members: vec![("".into(), path.as_str().into())], strip: 0 };
        self.touched.push(path.into());
        // Nobody lists its checksum: it is that of what comes over HTTPS.
        let checksums = Some(url.clone());
        let (version, newest) = (None, None);
        merge(
            &mut self.bundle.artifacts,
            Artifact { name, version, url, hash, checksums, newest, kind, install, mode, origin },
        );
        Ok(())
    }

    /// What is known of a download is examined as if it were written; else it is said that it is not.
    fn known(&mut self, scope: &mut Scope<'_>, item: &'p PathItem, path: &str) -> Result<(), EvalError> {
        let Some(field) = item.body.field("text") else { return Ok(()) };
        let text = self.model.eval(scope, &field.value)?.scalar_text().unwrap_or_default();
        images(&text).into_iter().for_each(|image| push(&mut self.bundle.images, image.into()));
        if text.is_empty() {
            self.record(scope, |owner| {
                let (path, written, at) = (path.to_owned(), &field.value, Vec::new());
                Entry::Unread(Unread { path, written, at, owner, why: DOWNLOADED })
            });
        } else {
            self.document(scope, path, (&field.value, false), || Content::Text(text));
        }
        Ok(())
    }
}

/// A file that has no hash, and that nothing lists the hash of.
pub(in crate::render) fn unhashed(url: &str, command: &str, span: Span) -> EvalError {
    let message = format!("no hash is known for `{url}`");
    let help = format!("run `{command}` to download it and record its checksum, or set `hash`");
    Box::new(Diagnostic::new(Code::UnknownRelease, span, message).help(help))
}
