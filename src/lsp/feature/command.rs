//! Commands: the plan of a model, what would be rendered, the units of a machine group.

use std::path::Path;
use std::process::Command;

use lsp_server::{Request, RequestId};
use lsp_types::{ExecuteCommandParams, Uri};
use serde_json::{Value, json};

use crate::check::ModulePlace;
use crate::ide::lens;
use crate::lsp::request::{Handled, read};
use crate::lsp::server::{Answer, RequestError, Server};
use crate::lsp::transport::Event;
use crate::lsp::uri;
use crate::world::World;

/// Gives the plan of a model as text. Argument: the address of its file.
pub(crate) const PLAN: &str = "kmodel.plan";
/// Renders a model below `build/` beside it, and gives what `kmodel render` says. Argument: the address of its file.
pub(crate) const RENDER: &str = "kmodel.render";
/// Gives the units of a machine group as text. Arguments: the address of the model's file, the group.
pub(crate) const UNITS: &str = "kmodel.units";

/// All of them.
pub(crate) const ALL: [&str; 3] = [PLAN, RENDER, UNITS];

impl Server {
    /// `workspace/executeCommand`.
    pub(in crate::lsp) fn execute(&mut self, request: &Request) -> Handled {
        let started = read::<ExecuteCommandParams>(request.params.clone()).and_then(|params| {
            let place = argument(&params, 0).and_then(|uri| uri.parse::<Uri>().ok()).map(|uri| uri::place(&uri));
            let place = place.ok_or_else(|| RequestError::invalid("the first argument must be the URI of a model"))?;
            match params.command.as_str() {
                UNITS => self.units(&place, argument(&params, 1).unwrap_or_default()).map(Some),
                PLAN => self.start(request.id.clone(), &place, &["plan"], None).map(|()| None),
                RENDER => self.start(request.id.clone(), &place, &["render"], Some("build")).map(|()| None),
                other => Err(RequestError::invalid(format!("unknown command `{other}`"))),
            }
        });
        match started {
            Ok(Some(text)) => Handled::Now(Ok(json!(text))),
            Ok(None) => Handled::Later,
            Err(error) => Handled::Now(Err(error)),
        }
    }

    fn units(&mut self, place: &ModulePlace, group: &str) -> Answer<String> {
        let file = self.project.file(&self.world, place);
        let facts = self.facts_of(&file);
        let units = facts.and_then(|facts| lens::units(&facts, group));
        units.ok_or_else(|| RequestError::refused(format!("no valid model here has a machine group `{group}`")))
    }

    /// Runs this program on a file as it is on disk, away from the main loop; its answer comes as an event.
    fn start(&mut self, id: RequestId, place: &ModulePlace, words: &[&str], out: Option<&str>) -> Answer<()> {
        let path = uri::path(place).ok_or_else(|| RequestError::refused("the model is not a file on disk"))?.clone();
        self.saved_all(&path)?;
        let program = std::env::current_exe()
            .map_err(|error| RequestError::refused(format!("cannot find the kmodel executable: {error}")))?;
        let mut command = Command::new(program);
        command.args(["--color", "never"]).args(words).arg(&path);
        let folders = self.world.access.folders().filter(|folder| folder.is_dir());
        folders.for_each(|folder| _ = command.arg("--allow-read").arg(folder));
        if let Some(out) = out {
            command.arg("--out").arg(path.with_file_name(out).join(path.file_stem().unwrap_or_default()));
        }
        self.running.insert(id.clone());
        let events = self.events.clone();
        std::thread::spawn(move || {
            let _ = events.send(Event::Ran { id, answer: ran(&mut command, &path) });
        });
        Ok(())
    }

    /// The program reads files, not the editor.
    fn saved_all(&self, path: &Path) -> Answer<()> {
        let root = ModulePlace::File(path.to_owned());
        let disk = self.world.real();
        let is_unsaved = |(place, document): (&ModulePlace, &crate::lsp::document::Document)| {
            let on_disk = uri::path(place).and_then(|path| disk.read(path).ok());
            on_disk.as_deref() != Some(&**document.lines.text())
        };
        let mine = self.documents.iter().filter(|(place, _)| self.project.roots(place).contains(&root));
        match mine.into_iter().any(is_unsaved) {
            true => Err(RequestError::refused("save the model first")),
            false => Ok(()),
        }
    }
}

fn argument(params: &ExecuteCommandParams, place: usize) -> Option<&str> {
    params.arguments.get(place).and_then(Value::as_str)
}

fn ran(command: &mut Command, path: &Path) -> Answer<Value> {
    let output = command.output().map_err(|error| RequestError::refused(format!("cannot run kmodel: {error}")))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(json!(said));
    }
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(RequestError::refused(format!("`{}` has problems:\n{why}", path.display())))
}
