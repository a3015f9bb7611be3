//! A render that would make what an earlier one has made, and finds it in its place.

use crate::check::Program;
use crate::compile;
use crate::compile::record::{self, By};
use crate::compile::unchanged::{self, Basis, Unchanged};
use crate::emit::{self, Sealed, Written};
use crate::model::Input;
use crate::pki::Store;
use crate::pki::issued::Issued;
use crate::plan::Plan;
use crate::world::watched::answer;
use crate::world::{self, World};

use super::super::model::{self, Opened};
use super::{Args, Keys};

/// A render that may be compared with an earlier one.
pub(super) struct Again<'a> {
    args: &'a Args,
    program: &'a Program,
    input: &'a Input,
    seen: String,
    store: [u8; 32],
    name: String,
    record: String,
}

impl<'a> Again<'a> {
    /// `None` if nothing may be used again, something is let go of, or the store cannot be read.
    pub(super) fn new(args: &'a Args, opened: &'a Opened<'_>, plan: &Plan<'_>, store: &Store) -> Option<Self> {
        let store = store.content().filter(|_| !args.fresh && args.keep.is_empty())?;
        let target = compile::head(plan).1;
        let (name, record) = (unchanged::name(target, args.tree()), record::name(target, By::Render));
        let (program, seen) = (&opened.checked.program, format!("{:?}", opened.seen));
        Some(Self { args, program, input: &opened.input, seen, store, name, record })
    }

    fn basis(&self) -> Basis<'_> {
        let Self { args, program, input, seen, store, .. } = self;
        Basis { program, input, tree: args.tree(), seen, store: *store }
    }

    /// What a render would write, if it is there.
    pub(super) fn found(&self, store: &Store) -> Option<(Keys, Written)> {
        let earlier = Unchanged::read(&store.remembered(&self.name)?).filter(|_| store.is_saved())?;
        let (disk, answers) = (self.args.model.disk(), model::answers()?);
        let ask = |path: &_| answers.get(path).copied().unwrap_or_else(|| answer(&disk.read(path)));
        let record = store.recorded(&self.record)?;
        (record::number(&record)? == earlier.record).then_some(())?;
        let sealed = earlier.output(&self.basis(), ask, world::now())?;
        let written = match self.args.trust_output {
            true => emit::listed(&self.args.out, &sealed)?,
            false => emit::standing(&self.args.out, &sealed.seal)?,
        };
        Some((Keys { issued: 0, reused: earlier.keys, notes: earlier.notes }, written))
    }

    /// Remembers what this render has made.
    pub(super) fn remember(&self, store: &Store, (plan, issued): (&Plan<'_>, &Issued), sealed: (Sealed, &str)) {
        let made = model::answers().and_then(|read| Unchanged::new(&self.basis(), read, (plan, issued), sealed));
        if let Some(text) = made.and_then(|made| made.text()) {
            store.remember(&self.name, &text);
        }
    }
}
