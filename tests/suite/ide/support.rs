//! A text with a cursor, and what it is asked in.

use kmodel::check::ModulePlace;
use kmodel::ide::facts::{self, Facts};
use kmodel::ide::project::{File, Project};
use kmodel::model::Input;
use kmodel::source::Span;
use kmodel::world::Memory;

/// Files, the one with the cursor, and where it is.
pub struct Fixture {
    pub world: Memory,
    pub project: Project,
    pub file: File,
    pub offset: u32,
}

/// The name of the first file.
pub const MAIN: &str = "main.km";

/// A file `main.km` with `$0` where the cursor is.
pub fn fixture(text: &str) -> Fixture {
    files(&[(MAIN, text)])
}

/// Several files; `$0` is in one of them.
pub fn files(list: &[(&str, &str)]) -> Fixture {
    let (name, text) = list.iter().find(|(_, text)| text.contains("$0")).copied().unwrap_or(list[0]);
    let offset = text.find("$0").unwrap_or_default() as u32;
    let world = Memory::new(list.iter().map(|(name, text)| (*name, text.replace("$0", ""))));
    let mut project = Project::default();
    for (name, _) in list {
        project.changed(&world, &ModulePlace::File((*name).into()));
    }
    let file = project.file(&world, &ModulePlace::File(name.into()));
    Fixture { world, project, file, offset }
}

impl Fixture {
    /// What stands at a span, with its place; in the standard library, whose lines move, only with its file.
    pub fn shown(&self, span: Span) -> String {
        let sources = &self.file.analysis.resolved.program.sources;
        let name = &sources.get(span.source).name;
        let place = if name.starts_with("std/") { name.to_string() } else { sources.place(span) };
        format!("{place} {}", sources.text(span))
    }

    /// The facts of the model, which has to be valid.
    pub fn facts(&self) -> Facts {
        let found = &self.file.analysis.diagnostics;
        assert!(found.is_empty(), "{found:#?}");
        let facts = facts::facts(&self.file.analysis, &self.world, &Input::default());
        assert!(facts.is_model, "{:#?}", facts.problems);
        facts
    }
}

/// A small model that is valid; what is given comes after it.
pub fn model(more: &str) -> String {
    format!(
        "use std/kubernetes
use std/cni {{ flannel }}
cluster c {{ kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/16, nodes = 10.10.0.0/24 }}
machines cp[3] {{ cores = 2 }}
deploy etcd on cp {{ snapshot-every = 6h }}
deploy kube-apiserver, kube-controller-manager, kube-scheduler on cp
deploy containerd, kubelet, kube-proxy, flannel on cp
deploy rbac, coredns, admin
deploy addons on cp
{more}"
    )
}
