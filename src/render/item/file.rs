//! Files, folders and kubeconfigs of a unit.

use crate::diag::{Code, Diagnostic};
use crate::model::eval::mismatch;
use crate::model::scope::Scope;
use crate::model::{EvalError, Value, private_key};
use crate::render::bundle::{BundleFile, Directory, Format};
use crate::render::evidence::{Branch, Content, Document, Entry, Step};
use crate::render::reading::images;
use crate::render::{format, kubeconfig};
use crate::source::Span;
use crate::syntax::ast::{Body, Expr, PathItem};

use super::{Filler, inside, push};

/// The folders of the output that every target may have.
const OWN_FOLDERS: [&str; 3] = ["kubeconfig", "machines", "pki"];

impl<'p> Filler<'_, 'p> {
    pub(super) fn files(&mut self, scope: &mut Scope<'_>, item: &'p PathItem, span: Span) -> Result<(), EvalError> {
        let Some(each) = &item.each else { return self.file(scope, item, span) };
        let model = self.model;
        model.for_each(scope, each, |scope| self.file(scope, item, span))
    }

    fn file(&mut self, scope: &mut Scope<'_>, item: &'p PathItem, span: Span) -> Result<(), EvalError> {
        let body = &item.body;
        if !self.model.holds(scope, body.field("when").map(|field| &field.value))? {
            return Ok(());
        }
        let path = match scope.machine {
            Some(_) => self.absolute(scope, &item.path)?,
            None => self.output_path(scope, &item.path)?,
        };
        inside(&path, item.path.span)?;
        if let Some(url) = self.optional_url(scope, body)? {
            return self.download(scope, item, (path, url), span);
        }
        let (content, secret) = self.content(scope, &path, body, item.path.span)?;
        let is_key = private_key::is_in(&content);
        images(&content).into_iter().for_each(|image| push(&mut self.bundle.images, image.into()));
        let secret = secret || is_key;
        let mode = self.mode(scope, body, "mode", 0o644)?;
        if secret && mode & 0o077 != 0 {
            let what = if is_key { "a private key or a token" } else { "a secret" };
            let message = format!("`{path}` contains {what}, but its mode {mode:04o} lets other users read it");
            let problem = Diagnostic::new(Code::SecretExposed, item.path.span, message).help("set `mode = 0600`");
            return Err(Box::new(match body.field("mode") {
                Some(mode) => problem.fix(mode.value.span, "0600", "make it private"),
                None => problem,
            }));
        }
        let owner = self.name(scope, body, "owner", "root")?;
        let group = self.name(scope, body, "group", "root")?;
        let origin = self.origin(span, scope);
        let file = BundleFile { path, mode, owner, group, content: content.into_bytes().into(), secret, origin };
        match scope.machine {
            Some(_) => self.push_file(file, span),
            None => return self.output(file, item.path.span),
        }
        Ok(())
    }

    /// The path of a file of the output: below a folder that kmodel does not write to itself.
    fn output_path(&self, scope: &mut Scope<'_>, expr: &Expr) -> Result<String, EvalError> {
        let path = self.text(scope, expr)?;
        let wrong = match path.split_once('/') {
            Some((folder, _)) if !OWN_FOLDERS.contains(&folder) => return Ok(path),
            Some((folder, _)) => format!("kmodel writes the folder `{folder}` of the output itself"),
            None => format!("`{path}` is in no folder of the output"),
        };
        let help = "use a folder of your own: `terraform/main.tf.json`";
        Err(Box::new(Diagnostic::new(Code::InvalidName, expr.span, wrong).help(help)))
    }

    /// Adds a file of the output.
    fn output(&mut self, file: BundleFile, span: Span) -> Result<(), EvalError> {
        if let Some(known) = self.bundle.outputs.iter().find(|known| known.path == file.path) {
            let message = format!("`{}` is written to the output twice", file.path);
            let problem = Diagnostic::new(Code::FileTwice, span, message).here("written here");
            let first = known.origin.span.unwrap_or(span);
            return Err(Box::new(problem.label(first, "and here").help("use another path for one of them")));
        }
        self.bundle.outputs.push(file);
        Ok(())
    }

    /// The text of a file, and whether a secret is in it.
    fn content(
        &mut self,
        scope: &mut Scope<'_>,
        path: &str,
        body: &'p Body,
        span: Span,
    ) -> Result<(String, bool), EvalError> {
        if let Some(field) = body.field("content") {
            let mut value = self.model.eval(scope, &field.value)?;
            if let Some(app) = scope.app.filter(|_| body.takes_config()) {
                value = self.model.with_parts(value, &self.model.settings[app.index()].config, self.material)?;
            }
            let format = self.format(scope, body)?;
            self.document(scope, path, (&field.value, false), || Content::Value(value.clone()));
            let text = format::write(format, &value).map_err(|error| {
                let help = error.help.clone();
                Box::new(Diagnostic::new(Code::TypeMismatch, field.value.span, error.to_string()).help(help))
            })?;
            return Ok((text, value.is_secret()));
        }
        if let Some(field) = body.field("template") {
            let vars =
                body.field("vars").map_or(Ok(Value::record::<&str>([])), |f| self.model.eval(scope, &f.value))?;
            let template = self.model.eval(scope, &field.value)?;
            let value = crate::model::resource::template(self.model, scope, &template, &vars, field.value.span)?;
            let text = value.scalar_text().unwrap_or_default();
            self.record(scope, |owner| {
                let (path, content, written) = (path.to_owned(), Content::Text(text.clone()), &field.value);
                let at = vec![Step::Template];
                Entry::Document(Document {
                    path,
                    content,
                    read: None,
                    written,
                    at,
                    owner,
                    derived: false,
                    branch: Branch::default(),
                })
            });
            return Ok((text, value.is_secret()));
        }
        let Some(field) = body.field("text") else {
            let problem = Diagnostic::new(Code::MissingField, span, "the file has no `text`, `content` or `template`");
            return Err(Box::new(problem));
        };
        let value = self.model.eval(scope, &field.value)?;
        let mut text = value.scalar_text().ok_or_else(|| mismatch(field.value.span, "`string`", &value))?;
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        self.document(scope, path, (&field.value, false), || Content::Text(text.clone()));
        Ok((text, value.is_secret()))
    }

    /// Keeps a file; `derived` is whether it follows from a relation.
    pub(super) fn document(
        &mut self,
        scope: &Scope<'_>,
        path: &str,
        (written, derived): (&'p Expr, bool),
        content: impl FnOnce() -> Content,
    ) {
        self.record(scope, |owner| {
            let (path, content) = (path.to_owned(), content());
            Entry::Document(Document {
                path,
                content,
                read: None,
                written,
                at: Vec::new(),
                owner,
                derived,
                branch: Branch::default(),
            })
        });
    }

    fn format(&self, scope: &mut Scope<'_>, body: &Body) -> Result<Format, EvalError> {
        let name = self.optional_text(scope, body, "format")?;
        Ok(name.as_deref().and_then(Format::named).unwrap_or(Format::Yaml))
    }

    pub(super) fn kubeconfigs(
        &mut self,
        scope: &mut Scope<'_>,
        item: &'p PathItem,
        span: Span,
    ) -> Result<(), EvalError> {
        let Some(each) = &item.each else { return self.kubeconfig(scope, item, span) };
        let model = self.model;
        model.for_each(scope, each, |scope| self.kubeconfig(scope, item, span))
    }

    fn kubeconfig(&mut self, scope: &mut Scope<'_>, item: &'p PathItem, span: Span) -> Result<(), EvalError> {
        let value = kubeconfig::content(self.model, scope, &item.body)?;
        let text = format::write(Format::Yaml, &value).expect("a kubeconfig is plain data");
        let path = self.text(scope, &item.path)?;
        inside(&path, item.path.span)?;
        self.document(scope, &path, (&item.path, true), || Content::Value(value.clone()));
        let mode = self.mode(scope, &item.body, "mode", 0o600)?;
        if mode & 0o077 != 0 {
            let message = format!("`{path}` contains a private key, but its mode {mode:04o} lets other users read it");
            return Err(Box::new(
                Diagnostic::new(Code::SecretExposed, item.path.span, message).help("set `mode = 0600`"),
            ));
        }
        let owner = self.name(scope, &item.body, "owner", "root")?;
        let group = self.name(scope, &item.body, "group", &owner)?;
        let origin = self.origin(span, scope);
        let file = BundleFile { path, mode, owner, group, content: text.into_bytes().into(), secret: true, origin };
        self.push_file(file, span);
        Ok(())
    }

    pub(super) fn directories(&mut self, scope: &mut Scope<'_>, item: &PathItem, span: Span) -> Result<(), EvalError> {
        let Some(each) = &item.each else { return self.directory(scope, item, span) };
        let model = self.model;
        model.for_each(scope, each, |scope| self.directory(scope, item, span))
    }

    fn directory(&mut self, scope: &mut Scope<'_>, item: &PathItem, span: Span) -> Result<(), EvalError> {
        let directory = Directory {
            path: self.absolute(scope, &item.path)?,
            mode: self.mode(scope, &item.body, "mode", 0o755)?,
            owner: self.name(scope, &item.body, "owner", "root")?,
            group: self.name(scope, &item.body, "group", "root")?,
            origin: self.origin(span, scope),
        };
        if let Some(place) = self.places.files.get(&directory.path) {
            let message = format!("`{}` cannot be a file and a directory on `{}`", directory.path, self.bundle.machine);
            let problem = Diagnostic::new(Code::FileTwice, item.path.span, message);
            return Err(Box::new(problem.label(self.spans[*place], "the file")));
        }
        match self.bundle.directories.iter().find(|known| known.path == directory.path) {
            Some(known) if (known.mode, &known.owner) != (directory.mode, &directory.owner) => {
                let message = format!("two components declare `{}` with different modes or owners", directory.path);
                Err(Box::new(Diagnostic::new(Code::FileTwice, item.path.span, message)))
            }
            Some(_) => Ok(()),
            None => {
                self.bundle.directories.push(directory);
                Ok(())
            }
        }
    }
}
