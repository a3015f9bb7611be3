//! The state of the server, and its loop.

use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use lsp_server::{Message, Notification, Request, RequestId, Response, ResponseError};
use serde::Serialize;
use serde_json::Value;

use super::Host;
use super::capability::Client;
use super::document::{Document, Overlay};
use super::feature::template::is_template;
use super::transport::{Event, Outgoing, error_without_id};
use super::worker::{Evaluated, Job, Worker};
use crate::check::{Analysis, ModulePlace};
use crate::diag::any_error;
use crate::ide::completion::Item;
use crate::ide::facts::{self, Facts};
use crate::ide::line::Lines;
use crate::ide::project::{File, Project};
use crate::source::SourceId;
use crate::world::access::Access;

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The client asked for it, after `shutdown`.
    Well,
    /// The client went away, or left without `shutdown`.
    Badly,
}

/// For so long nothing may change before a model is evaluated.
const IDLE: Duration = Duration::from_millis(150);

/// An evaluation that takes longer than this is shown.
const SLOW: Duration = Duration::from_millis(400);

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    New,
    Running,
    /// After `shutdown`: only `exit` is taken.
    Over,
}

/// Why a request cannot be answered.
#[derive(Debug)]
pub(super) struct RequestError {
    pub code: i32,
    pub message: String,
}

/// What a handler of a request gives.
pub(super) type Answer<T> = Result<T, RequestError>;

/// A request that waits for a model.
pub(super) struct Parked {
    pub request: Request,
    pub root: ModulePlace,
    /// Then it is answered without.
    pub until: Option<Instant>,
}

/// Everything that is known.
pub(super) struct Server {
    host: Host,
    sender: Sender<Outgoing>,
    /// For what runs beside the loop.
    pub(super) events: Sender<Event>,
    pub(super) stage: Stage,
    pub(super) client: Client,
    pub(super) documents: HashMap<ModulePlace, Document>,
    pub(super) world: Overlay,
    pub(super) project: Project,
    pub(super) lines: HashMap<SourceId, Arc<Lines>>,
    /// The facts of each root, and the analysis they belong to.
    pub(super) facts: HashMap<ModulePlace, (Arc<Analysis>, Arc<Facts>)>,
    pub(super) worker: Worker,
    /// Grows with each change.
    pub(super) generation: u64,
    /// When models are to be evaluated.
    due: Option<Instant>,
    /// When an evaluation counts as slow.
    pub(super) slow: Option<Instant>,
    pub(super) is_progressing: bool,
    /// Commands that run beside the loop.
    pub(super) running: HashSet<RequestId>,
    /// What clients name the progress of their requests that are not answered at once.
    pub(super) working: HashMap<RequestId, Value>,
    /// Whether diagnostics are to be computed and published.
    pub(super) is_dirty: bool,
    pub(super) published: HashMap<ModulePlace, Vec<lsp_types::Diagnostic>>,
    pub(super) parked: Vec<Parked>,
    /// What the worker was asked for and has not answered.
    pub(super) evaluating: HashMap<ModulePlace, Arc<Analysis>>,
    /// What was offered last, for `completionItem/resolve`.
    pub(super) offered: (u64, Vec<Item>),
    pub(super) tokens: HashMap<ModulePlace, (u64, Vec<lsp_types::SemanticToken>)>,
    next_id: i32,
    /// What the client's answers are for.
    pub(super) asked: HashMap<RequestId, &'static str>,
}

impl Server {
    /// A server that says what it has to say to `sender`.
    pub(super) fn new(
        host: Host,
        (sender, events): (Sender<Outgoing>, Sender<Event>),
        worker: Worker,
        access: Access,
    ) -> Self {
        Self {
            host,
            sender,
            events,
            stage: Stage::New,
            client: Client::default(),
            documents: HashMap::new(),
            world: Overlay::new(access),
            project: Project::default(),
            lines: HashMap::new(),
            facts: HashMap::new(),
            worker,
            generation: 0,
            due: None,
            slow: None,
            is_progressing: false,
            running: HashSet::new(),
            working: HashMap::new(),
            is_dirty: false,
            published: HashMap::new(),
            parked: Vec::new(),
            evaluating: HashMap::new(),
            offered: (0, Vec::new()),
            tokens: HashMap::new(),
            next_id: 0,
            asked: HashMap::new(),
        }
    }

    /// Takes events until the session is over.
    pub(super) fn run(mut self, events: &Receiver<Event>) -> Ended {
        let mut waiting: VecDeque<Event> = VecDeque::new();
        loop {
            waiting.extend(events.try_iter());
            self.withdraw(&mut waiting);
            let Some(event) = waiting.pop_front() else {
                self.check_changes();
                match catch_unwind(AssertUnwindSafe(|| self.wait(events))) {
                    Ok(Some(event)) => waiting.push_back(event),
                    Ok(None) => return Ended::Badly,
                    Err(_) => self.recover("a model").unwrap_or(()),
                }
                continue;
            };
            let ended = catch_unwind(AssertUnwindSafe(|| self.event(event)));
            if let Some(ended) = ended.unwrap_or_else(|_| self.recover("an event")) {
                return ended;
            }
        }
    }

    /// The next event; `None` when there will be none any more.
    fn wait(&mut self, events: &Receiver<Event>) -> Option<Event> {
        loop {
            let until = self.parked.iter().filter_map(|one| one.until).min();
            let next = [self.due, self.slow, until].into_iter().flatten().min();
            let Some(next) = next else { return events.recv().ok() };
            match events.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(event) => return Some(event),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) if self.due == Some(next) => self.evaluate_open(),
                Err(RecvTimeoutError::Timeout) if self.slow == Some(next) => self.begin_progress(),
                Err(RecvTimeoutError::Timeout) => self.wait_no_more(next),
            }
        }
    }

    /// Answers requests that were cancelled before they were looked at.
    fn withdraw(&mut self, waiting: &mut VecDeque<Event>) {
        let cancelled: Vec<RequestId> = waiting.iter().filter_map(cancelled).collect();
        for id in cancelled {
            let place =
                waiting.iter().position(|event| matches!(event, Event::Message(Message::Request(one)) if one.id == id));
            let parked = self.parked.iter().position(|one| one.request.id == id);
            if let Some(place) = place {
                waiting.remove(place);
            } else if let Some(parked) = parked {
                self.parked.remove(parked);
            } else if !self.running.remove(&id) {
                continue;
            }
            self.respond(id, Err(RequestError { code: -32800, message: "cancelled".to_owned() }));
        }
        waiting.retain(|event| cancelled_any(event).is_none());
    }

    fn event(&mut self, event: Event) -> Option<Ended> {
        match event {
            Event::Closed => return Some(if self.stage == Stage::Over { Ended::Well } else { Ended::Badly }),
            Event::Malformed { why, code, id: None } => self.send_raw(error_without_id(code, &why)),
            Event::Malformed { why, code, id: Some(id) } => self.respond(id, Err(RequestError { code, message: why })),
            Event::Evaluated(evaluated) => self.evaluated(evaluated),
            Event::Skipped(root) => self.skipped(&root),
            // One that was cancelled has its answer.
            Event::Ran { id, answer } if self.running.remove(&id) => self.respond(id, answer),
            Event::Ran { .. } => {}
            Event::Message(Message::Response(response)) => self.answered(response),
            Event::Message(Message::Request(request)) => self.guarded_request(request),
            Event::Message(Message::Notification(notification)) => {
                if notification.method == "exit" {
                    return Some(if self.stage == Stage::Over { Ended::Well } else { Ended::Badly });
                }
                self.guarded_notification(notification);
            }
        }
        None
    }

    /// A mistake of ours while answering must not end the session.
    fn guarded_request(&mut self, request: Request) {
        self.guarded(request, Self::request);
    }

    fn guarded(&mut self, request: Request, answer: impl FnOnce(&mut Self, Request)) {
        let id = request.id.clone();
        let handled = catch_unwind(AssertUnwindSafe(|| {
            (self.host.begins)(&request.method);
            answer(self, request);
        }));
        if handled.is_err() {
            self.recover::<()>("a request");
            let message = "the server failed to answer this request; the session continues".to_owned();
            self.respond(id, Err(RequestError { code: -32603, message }));
        }
    }

    fn guarded_notification(&mut self, notification: Notification) {
        let method = notification.method.clone();
        let handled = catch_unwind(AssertUnwindSafe(|| self.notification(notification)));
        if handled.is_err() {
            self.recover::<()>(&format!("`{method}`"));
            self.is_dirty = true;
        }
    }

    /// What was derived from the texts may be half made: it is made again with the next change.
    fn recover<T>(&mut self, at: &str) -> Option<T> {
        self.project = Project::default();
        self.lines.clear();
        self.facts.clear();
        self.evaluating.clear();
        self.log(&format!("the server failed at {at}; the session continues"));
        None
    }

    /// Once all messages are read: publishes the problems of what changed.
    fn check_changes(&mut self) {
        if self.is_dirty && self.stage == Stage::Running {
            self.is_dirty = false;
            let published = catch_unwind(AssertUnwindSafe(|| {
                (self.host.begins)("check");
                self.publish_all();
            }));
            if published.is_err() {
                self.recover::<()>("the check of the open files");
            }
        }
    }

    /// Takes note that something changed that others may see.
    pub(super) fn touched(&mut self) {
        self.generation += 1;
        self.worker.outdate(self.generation);
        self.is_dirty = true;
        self.due = Some(Instant::now() + IDLE);
        // What waits for the model as it was is not wanted any more.
        for parked in std::mem::take(&mut self.parked) {
            self.respond(parked.request.id, Err(RequestError::modified()));
        }
    }

    /// Evaluates the models of all open files.
    fn evaluate_open(&mut self) {
        self.due = None;
        for root in self.open_roots() {
            self.evaluate(&root);
        }
    }

    /// The roots of all open files, each once.
    pub(super) fn open_roots(&self) -> Vec<ModulePlace> {
        let mut roots: Vec<ModulePlace> = self
            .documents
            .keys()
            .filter(|place| !is_template(place))
            .flat_map(|place| self.project.roots(place))
            .collect();
        roots.sort();
        roots.dedup();
        roots
    }

    /// Has a model evaluated, unless it is known.
    pub(super) fn evaluate(&mut self, root: &ModulePlace) {
        let analysis = self.project.analysis(&self.world, root);
        if self.current_facts(root, &analysis).is_some() {
            return;
        }
        // The same model is not evaluated twice at once.
        if self.evaluating.get(root).is_some_and(|known| Arc::ptr_eq(known, &analysis)) {
            return;
        }
        self.evaluating.insert(root.clone(), analysis.clone());
        if self.client.progress && self.slow.is_none() {
            self.slow = Some(Instant::now() + SLOW);
        }
        let world = self.world.clone();
        self.worker.evaluate(Job { generation: self.generation, root: root.clone(), analysis, world });
    }

    /// The facts of a root, if they belong to what it is now.
    pub(super) fn current_facts(&self, root: &ModulePlace, analysis: &Arc<Analysis>) -> Option<Arc<Facts>> {
        let (of, facts) = self.facts.get(root)?;
        Arc::ptr_eq(of, analysis).then(|| facts.clone())
    }

    /// The facts of the model that a file is looked at in, if they are there.
    pub(super) fn facts_of(&self, file: &File) -> Option<Arc<Facts>> {
        let root = &file.analysis.resolved.program.modules[0].place;
        self.current_facts(root, &file.analysis)
    }

    /// The root whose model has to be evaluated before a question about a file can be answered; none where there is no
    /// model, or it is known.
    pub(super) fn waits_for(&self, file: &File) -> Option<ModulePlace> {
        let can_be = facts::has_cluster(&file.analysis) && !any_error(&file.analysis.diagnostics);
        let waits = can_be && self.facts_of(file).is_none();
        waits.then(|| file.analysis.resolved.program.modules[0].place.clone())
    }

    /// Keeps a request until a model is evaluated.
    pub(super) fn park(&mut self, request: Request, root: ModulePlace, until: Option<Instant>) {
        self.evaluate(&root);
        self.parked.push(Parked { request, root, until });
    }

    /// Answers what has waited long enough for a model, without it.
    fn wait_no_more(&mut self, now: Instant) {
        let is_over = |one: &Parked| one.until.is_some_and(|until| until <= now);
        let (over, rest) = std::mem::take(&mut self.parked).into_iter().partition(is_over);
        self.parked = rest;
        let over: Vec<Parked> = over;
        over.into_iter().for_each(|parked| self.guarded(parked.request, Self::answer_without_model));
    }

    /// A model that was not worth beginning is asked for again where somebody waits for it.
    fn skipped(&mut self, root: &ModulePlace) {
        self.evaluating.remove(root);
        if self.parked.iter().any(|parked| parked.root == *root) {
            self.evaluate(root);
        }
        self.finish_progress();
    }

    fn evaluated(&mut self, evaluated: Evaluated) {
        let Evaluated { root, analysis, facts } = evaluated;
        self.evaluating.remove(&root);
        self.finish_progress();
        if !Arc::ptr_eq(&self.project.analysis(&self.world, &root), &analysis) {
            return;
        }
        self.facts.insert(root.clone(), (analysis, facts));
        self.is_dirty = true;
        let (ready, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.parked).into_iter().partition(|one| one.root == root);
        self.parked = rest;
        for parked in ready {
            self.guarded_request(parked.request);
        }
        self.refresh();
    }

    /// Sends an answer.
    pub(super) fn respond(&mut self, id: RequestId, answer: Answer<Value>) {
        self.finish_work(&id);
        let response_result =
            answer.map_err(|error| ResponseError { code: error.code, message: error.message, data: None });
        self.send(Message::Response(Response { id, response_result }));
    }

    /// Sends a notification.
    pub(super) fn notify(&self, method: &str, params: impl Serialize) {
        self.send(Message::Notification(Notification::new(method.to_owned(), params)));
    }

    /// Asks the client for something.
    pub(super) fn ask(&mut self, method: &'static str, params: impl Serialize) {
        self.next_id += 1;
        let id = RequestId::from(format!("kmodel-{}", self.next_id));
        self.asked.insert(id.clone(), method);
        self.send(Message::Request(Request::new(id, method.to_owned(), params)));
    }

    /// Says something to the person who looks after the editor.
    pub(super) fn log(&self, message: &str) {
        self.notify("window/logMessage", serde_json::json!({ "type": 2, "message": message }));
    }

    fn answered(&mut self, response: Response) {
        if let (Some(method), Err(error)) = (self.asked.remove(&response.id), &response.response_result) {
            self.log(&format!("the editor refused `{method}`: {}", error.message));
        }
    }

    fn send(&self, message: Message) {
        self.send_raw(Outgoing::Message(message));
    }

    fn send_raw(&self, message: Outgoing) {
        // Nobody listens any more; the input ends soon.
        let _ = self.sender.send(message);
    }
}

impl RequestError {
    /// It cannot be done, and why.
    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self { code: -32803, message: message.into() }
    }

    /// The answer belongs to a text that is not there any more.
    pub(super) fn modified() -> Self {
        Self { code: -32801, message: "the text has changed since".to_owned() }
    }

    /// What was asked makes no sense.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { code: -32602, message: message.into() }
    }
}

/// The request that a message cancels, if it is one that does.
fn cancelled(event: &Event) -> Option<RequestId> {
    cancelled_any(event)?.ok()
}

/// Some when it is a cancellation, well-formed or not.
fn cancelled_any(event: &Event) -> Option<Result<RequestId, ()>> {
    match event {
        Event::Message(Message::Notification(one)) if one.method == "$/cancelRequest" => {
            let id = one.params.get("id").cloned().ok_or(());
            Some(id.and_then(|id| serde_json::from_value(id).map_err(|_| ())))
        }
        _ => None,
    }
}
