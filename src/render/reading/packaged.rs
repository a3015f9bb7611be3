//! Arguments in files that the units of packages read: `KUBELET_EXTRA_ARGS` of /etc/default/kubelet.

use crate::facts::packaged;
use crate::model::Model;
use crate::render::evidence::{Document, Entry, Flags};
use crate::render::flag::version;

use super::argument::{self, Word};
use super::service::{assignments, is_named};
use super::{Service, command, documents_of};

/// The flags in such files of a machine, as far as no unit of the model reads them.
pub(super) fn flags<'p>(model: &Model<'p>, entries: &[Entry<'p>], services: &[Service<'p>]) -> Vec<Flags<'p>> {
    let is_read = |document: &Document<'p>| {
        let mut files = services.iter().flat_map(|service| service.values("Service", "EnvironmentFile"));
        files.any(|(_, path, _)| is_named(path.trim_start_matches('-'), &document.path))
    };
    let of = |document: &Document<'p>| {
        let row = packaged::at(&document.path)?;
        let mut variables = assignments(document).into_iter().filter(|(name, _)| *name == row.variable);
        let (_, word) = variables.next_back().filter(|_| !is_read(document))?;
        let words: Vec<Word<'p>> = command::split(&word.text).into_iter().map(|text| word.part(text)).collect();
        let given = argument::flags(&row.program, &words.iter().collect::<Vec<_>>());
        let owner = document.owner;
        let all = Flags::on_host(row.program.as_str().into(), word.written.clone(), owner);
        let version = version(model, Some(owner.provider()), &row.program);
        Some(Flags { version, given, partial: true, branch: document.branch.clone(), ..all })
    };
    documents_of(entries).filter_map(of).collect()
}
