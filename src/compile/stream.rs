//! Machines that are rendered, verified, packed and handed on, each before the next: no more is held at once than the cores
//! work on.

use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::emit::{self, EmitError, Seal};
use crate::model::{MachineId, UnitId};
use crate::pki::issued::Issued;
use crate::plan::Plan;
use crate::render::bundle::Bundle;
use crate::render::issued_material::IssuedMaterial;
use crate::render::{self, Placement};
use crate::target::{Entries, Entry, Machine, OutputFile, Shared, Site, TargetMachine, Tree, Writer, WrittenMachine};
use crate::verify::{self, Evidence};

use super::fingerprint::{Fingerprint, Print};
use super::inputs::Inputs;
use super::known::{Fact, Facts, Known, Memo};
use super::machines::Machines;
use super::render::{kubeconfigs, no_problem, of_target, outputs, planned_site, planned_target, unversioned};
use super::{Problems, pki};

/// So many are begun before the first of them has to be done.
const AT_ONCE: usize = 64;

/// Writes the content of a file.
pub type Write<'a> = &'a dyn Fn(&mut dyn io::Write) -> io::Result<()>;

/// Where files go as soon as they are there.
pub trait Sink: Sync {
    /// What is left of the files of a machine.
    type Batch: Send;
    type Error: Send;

    /// Takes the files of a machine, on any thread.
    ///
    /// # Errors
    /// When it cannot.
    fn put(&self, files: Vec<OutputFile>) -> Result<Self::Batch, Self::Error>;

    /// As [`Sink::put`], with the machine that they are of.
    ///
    /// # Errors
    /// When it cannot.
    fn put_machine(&self, _: &MadeMachine<'_>, files: Vec<OutputFile>) -> Result<Self::Batch, Self::Error> {
        self.put(files)
    }

    /// As [`Sink::keep`], with the name of the machine and the number of what it was evaluated to.
    fn keep_machine(&self, _: (&str, &Fingerprint), places: &[String], seal: &Seal) -> Option<Self::Batch> {
        self.keep(places, seal)
    }

    /// What is left of the files at these places, if it has them from before, just as the seal says.
    fn keep(&self, _places: &[String], _seal: &Seal) -> Option<Self::Batch> {
        None
    }

    /// The files in one number, if it may keep them another time.
    fn seal(_batch: &Self::Batch) -> Option<Seal> {
        None
    }

    /// Takes what was left, in the order of the machines' folders.
    ///
    /// # Errors
    /// When it cannot.
    fn add(&mut self, batch: Self::Batch) -> Result<(), Self::Error>;

    /// Takes a file whose content is written as it goes, since there may be much of it.
    ///
    /// # Errors
    /// When it cannot.
    fn long(&mut self, file: OutputFile, write: Write<'_>) -> Result<(), Self::Error>;
}

/// A machine whose files are handed on.
pub struct MadeMachine<'a> {
    pub print: Fingerprint,
    pub outer: &'a TargetMachine,
    pub inner: &'a Machine,
}

/// Why not all was handed on.
pub enum Stopped<E> {
    Problems(Problems),
    Sink(E),
}

impl Sink for emit::Stream<'_> {
    type Batch = emit::stream::Batch;
    type Error = EmitError;

    fn put(&self, files: Vec<OutputFile>) -> Result<Self::Batch, EmitError> {
        emit::Stream::put(self, &files)
    }

    fn keep(&self, places: &[String], seal: &Seal) -> Option<Self::Batch> {
        emit::Stream::keep(self, places, seal)
    }

    fn seal(batch: &Self::Batch) -> Option<Seal> {
        Some(batch.seal())
    }

    fn add(&mut self, batch: Self::Batch) -> Result<(), EmitError> {
        emit::Stream::add(self, batch)
    }

    fn long(&mut self, file: OutputFile, write: Write<'_>) -> Result<(), EmitError> {
        emit::Stream::long(self, &file, write)
    }
}

impl Sink for Vec<OutputFile> {
    type Batch = Vec<OutputFile>;
    type Error = Infallible;

    fn put(&self, files: Vec<OutputFile>) -> Result<Self::Batch, Infallible> {
        Ok(files)
    }

    fn add(&mut self, batch: Self::Batch) -> Result<(), Infallible> {
        self.extend(batch);
        Ok(())
    }

    fn long(&mut self, file: OutputFile, write: Write<'_>) -> Result<(), Infallible> {
        let mut content = Vec::new();
        write(&mut content).expect("memory takes every byte");
        self.push(OutputFile { content: content.into(), ..file });
        Ok(())
    }
}

/// What is left when all machines are handed on.
pub struct Streamed {
    /// The files that machines share.
    pub files: Vec<OutputFile>,
    /// How many machines were in memory at once, at most.
    pub held: usize,
    /// How many machines were kept.
    pub kept: usize,
}

/// Hands the files of all machines to a sink, but those that are known and that it keeps. What came of which inputs is added to the
/// facts.
///
/// # Errors
/// The first problem in the order of the model, and what the sink says.
pub fn stream<S: Sink>(
    plan: &Plan<'_>,
    issued: &Issued,
    (tree, Memo { known, facts }): (Tree, &mut Memo),
    sink: &mut S,
) -> Result<Streamed, Stopped<S::Error>> {
    let material = IssuedMaterial::new(plan, issued);
    let site = Site { tree, ..planned_site(plan) };
    let target = planned_target(&plan.model).map_err(|problem| Stopped::Problems(vec![problem]))?;
    let writer = target.writer(&site).map_err(|problems| Stopped::Problems(of_target(plan, problems)))?;
    let placement = Placement::new(&plan.model);
    let print = Print::of_site(&site);
    let inputs = Inputs::new(plan, (issued, &material), &print);
    let (writer, held) = (&*writer, Held::default());
    let press = Press { plan, material: &material, placement: &placement, writer, print, inputs, known, held };
    let streamed = press.run(facts, sink).and_then(|parts| press.rest(issued, parts, sink));
    let table = |out: &mut dyn io::Write| pki::write_table(plan, issued, out);
    let streamed = streamed.and_then(|parts| sink.long(pki::table(), &table).map(|()| parts).map_err(Stopped::Sink));
    let streamed = streamed.map(|streamed| Streamed { held: press.held.most(), ..streamed });
    // Machines come in the order of their folders: which problem is the first is found once more, in that of the model.
    streamed.map_err(|stopped| match stopped {
        Stopped::Problems(found) => Stopped::Problems(press.first_problems(&site).unwrap_or(found)),
        stopped => stopped,
    })
}

/// What all machines are made with.
struct Press<'a, 'p> {
    plan: &'a Plan<'p>,
    material: &'a IssuedMaterial<'a, 'p>,
    placement: &'a Placement,
    writer: &'a dyn Writer,
    print: Print<'a>,
    inputs: Inputs<'a, 'p>,
    known: &'a Known,
    held: Held,
}

/// How many machines are in memory.
#[derive(Default)]
struct Held {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Held {
    /// Counts one for as long as something is done with it.
    fn during<T>(&self, body: impl FnOnce() -> T) -> T {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        let result = body();
        self.now.fetch_sub(1, Ordering::Relaxed);
        result
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }
}

/// What is known when the last machine is done.
#[derive(Default)]
struct Parts {
    entries: Entries,
    secret: bool,
    kept: usize,
}

/// A machine that was handed on.
struct Made<B> {
    batch: B,
    entry: Entry,
    secret: bool,
    kept: bool,
    fact: Option<Fact>,
}

impl Press<'_, '_> {
    fn run<S: Sink>(&self, facts: &mut Facts, sink: &mut S) -> Result<Parts, Stopped<S::Error>> {
        let mut parts = Parts::default();
        for places in self.order().chunks(AT_ONCE) {
            let made: Vec<_> =
                places.par_iter().map(|place| self.held.during(|| self.one(*place as usize, sink))).collect();
            for (place, made) in places.iter().zip(made) {
                let made = made?;
                sink.add(made.batch).map_err(Stopped::Sink)?;
                parts.entries.add(*place as usize, made.entry);
                parts.secret |= made.secret;
                parts.kept += usize::from(made.kept);
                made.fact.iter().for_each(|fact| facts.add(fact));
            }
        }
        Ok(parts)
    }

    /// The places of the machines, in the order of their folders.
    fn order(&self) -> Vec<u32> {
        let machines = &self.plan.model.machines;
        let mut order: Vec<u32> = (0..machines.len() as u32).collect();
        // The slash behind a name counts.
        let name = |place: &u32| machines[*place as usize].name.bytes().chain([b'/']);
        order.sort_unstable_by(|one, other| name(one).cmp(name(other)));
        order
    }

    fn one<S: Sink>(&self, place: usize, sink: &S) -> Result<Made<S::Batch>, Stopped<S::Error>> {
        let (id, looked_into) = (MachineId(place as u32), self.is_looked_into(place));
        let units = self.placement.on(&self.plan.model, id);
        let inputs = self.inputs.machine(id, &units, looked_into);
        let known = inputs.and_then(|inputs| self.known.of_inputs(&inputs));
        if let Some(made) = known.and_then(|fact| self.kept(id, fact, sink)) {
            return Ok(made);
        }
        let (machine, alone) = evaluated(self.plan, self.material, (id, &units)).map_err(Stopped::Problems)?;
        let inputs = inputs.filter(|_| alone);
        let print = self.print.clone().machine(&machine, looked_into);
        let known = self.known.of_machine(&print).map(|fact| Fact { inputs, ..fact });
        if let Some(made) = known.and_then(|fact| self.kept(id, fact, sink)) {
            return Ok(made);
        }
        let written = self.writer.machine(&machine);
        let WrittenMachine { files, given, inner } =
            written.map_err(|problems| Stopped::Problems(of_target(self.plan, problems)))?;
        no_problem(verify::target::output(&self.plan.model, &files)).map_err(Stopped::Problems)?;
        let secret = files.iter().any(|file| file.secret);
        let made = MadeMachine { print, outer: &machine, inner: &inner };
        let batch = sink.put_machine(&made, files).map_err(Stopped::Sink)?;
        let entry = self.writer.entry(&given);
        let fact = S::seal(&batch).map(|seal| Fact { inputs, machine: print, seal, given, secret });
        Ok(Made { batch, entry, secret, kept: false, fact })
    }

    /// A machine that is what it was, and that the sink still has. Its values are verified already.
    fn kept<S: Sink>(&self, id: MachineId, fact: Fact, sink: &S) -> Option<Made<S::Batch>> {
        let machine = TargetMachine::new(&self.plan.model, id, Bundle::default());
        let of = (&*machine.name, &fact.machine);
        let batch = sink.keep_machine(of, &self.writer.places(&machine), &fact.seal)?;
        let entry = self.writer.entry(&fact.given);
        Some(Made { batch, entry, secret: fact.secret, kept: true, fact: Some(fact) })
    }

    /// Whether the files of a machine are looked into as they are written, as those of the first of a group are.
    fn is_looked_into(&self, place: usize) -> bool {
        self.plan.model.groups.iter().any(|group| group.machines.start as usize == place)
    }

    /// The files that no machine has for itself.
    fn rest<S: Sink>(&self, issued: &Issued, parts: Parts, sink: &mut S) -> Result<Streamed, Stopped<S::Error>> {
        let Parts { entries, secret, kept } = parts;
        let cluster = render::cluster(&self.plan.model, self.placement.on_none(), self.material);
        let cluster = cluster.map_err(Stopped::Problems)?;
        let mut files = Vec::new();
        for file in self.writer.shared(&entries, &self.plan.model) {
            match file {
                Shared::Short(file) => files.push(file),
                Shared::Long(file, write) => sink.long(file, &*write).map_err(Stopped::Sink)?,
            }
        }
        files.extend(pki::authorities(self.plan, issued));
        files.extend(kubeconfigs(&cluster));
        files.extend(outputs(&cluster));
        let secret = secret || files.iter().any(|file| file.secret);
        files.extend(secret.then(unversioned));
        Ok(Streamed { files, held: 0, kept })
    }

    /// What is wrong with the first machines that something is wrong with.
    fn first_problems(&self, site: &Site) -> Option<Problems> {
        let (plan, mut found) = (self.plan, Vec::new());
        let mut machines = Machines::new(plan, self.material);
        let written = site.target.write(site, &mut machines, &mut |file| {
            found.extend(verify::target::output(&plan.model, &[file]));
        });
        let wrong = machines.cluster().err().or_else(|| written.err().map(|problems| of_target(plan, problems)));
        wrong.or_else(|| (!found.is_empty()).then_some(found))
    }
}

/// Renders a machine, and verifies what it differs in from the others of its kind.
pub(super) fn machine(
    plan: &Plan<'_>,
    material: &IssuedMaterial<'_, '_>,
    place: usize,
    placement: &Placement,
) -> Result<TargetMachine, Problems> {
    let id = MachineId(place as u32);
    evaluated(plan, material, (id, &placement.on(&plan.model, id))).map(|(machine, _)| machine)
}

/// The same, and whether nothing beside the machine decided whether it is right.
fn evaluated(
    plan: &Plan<'_>,
    material: &IssuedMaterial<'_, '_>,
    (id, units): (MachineId, &[UnitId]),
) -> Result<(TargetMachine, bool), Problems> {
    let (model, material) = (&plan.model, &material.of_machine());
    let sample = render::sample_machine(model, id, units, material)?;
    let evidence = Evidence { model, pki: &plan.pki, names: material, samples: &[], sized: &[] };
    let (problems, alone) = verify::machine(&evidence, &sample);
    no_problem(problems).map(|()| (TargetMachine::new(model, id, sample.bundle), alone))
}
