//! Models are evaluated here, away from the main loop.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use super::document::Overlay;
use super::transport::Event;
use super::{Host, STACK};
use crate::check::{Analysis, ModulePlace};
use crate::ide::facts::{self, Facts};
use crate::model::Input;
use crate::syntax::ast::StatementKind;

/// A model to evaluate.
pub(super) struct Job {
    /// What was newest when it was given.
    pub generation: u64,
    pub root: ModulePlace,
    pub analysis: Arc<Analysis>,
    pub world: Overlay,
}

/// A model that was evaluated.
#[derive(Debug)]
pub(super) struct Evaluated {
    pub root: ModulePlace,
    pub analysis: Arc<Analysis>,
    pub facts: Arc<Facts>,
}

/// The thread that evaluates.
pub(super) struct Worker {
    jobs: Sender<Job>,
    newest: Arc<AtomicU64>,
}

impl Worker {
    /// Starts the thread.
    pub(super) fn start(host: Host, events: Sender<Event>) -> Self {
        let (jobs, received) = mpsc::channel();
        let newest = Arc::new(AtomicU64::new(0));
        let seen = newest.clone();
        let thread = thread::Builder::new().name("model".to_owned()).stack_size(STACK);
        // Without the thread nothing is evaluated, and everything else works.
        let _ = thread.spawn(move || run(host, &received, &seen, &events));
        Self { jobs, newest }
    }

    /// Says that something changed: what was asked for before is not worth beginning any more.
    pub(super) fn outdate(&self, generation: u64) {
        self.newest.store(generation, Ordering::Relaxed);
    }

    /// Asks for a model; its facts come as an event.
    pub(super) fn evaluate(&self, job: Job) {
        let _ = self.jobs.send(job);
    }
}

fn run(host: Host, jobs: &Receiver<Job>, newest: &AtomicU64, events: &Sender<Event>) {
    for job in jobs {
        if job.generation < newest.load(Ordering::Relaxed) {
            if events.send(Event::Skipped(job.root)).is_err() {
                return;
            }
            continue;
        }
        let facts = catch_unwind(AssertUnwindSafe(|| evaluate(host, &job))).unwrap_or_default();
        let Job { root, analysis, .. } = job;
        let done = Event::Evaluated(Evaluated { root, analysis, facts: Arc::new(facts) });
        if events.send(done).is_err() {
            return;
        }
    }
}

fn evaluate(host: Host, job: &Job) -> Facts {
    (host.begins)("model");
    let lock = (host.lock)(job.root.path(), &cluster(&job.analysis));
    let input = Input { lock, ..Input::default() };
    facts::facts(&job.analysis, &job.world, &input)
}

/// The name of the cluster; empty when there is none.
fn cluster(analysis: &Analysis) -> String {
    let modules = analysis.resolved.program.own_modules();
    let mut names =
        modules.flat_map(|(_, module)| &module.file.statements).filter_map(|one| match &one.origin().kind {
            StatementKind::Cluster(cluster) => Some(cluster.name.name.to_string()),
            _ => None,
        });
    names.next().unwrap_or_default()
}
