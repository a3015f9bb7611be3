//! Why something is as it is: the chain from the result back to the model.
//!
//! In: a plan and words that identify something in it. Out: an [`Answer`], a tree of reasons with their locations. Nothing is
//! recorded while planning: the reasons are computed when asked for.

use crate::model::{AppId, EndpointId, Input, MachineId, Model, UnitId};
use crate::plan::Plan;
use crate::source::Span;
use crate::syntax::ast::Name;

mod address;
mod certificate;
mod expression;
mod file;
mod firewall;
mod layer;
mod names;
mod absence;
mod requirement;
mod place;
mod port;
mod query;
mod relation;
mod show;
mod unit;

pub use absence::why_not;
pub use names::{UnknownSubject, names};
use query::Query;

/// The subject of a question, its value if it has one, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The subject in full: `the file /etc/kubernetes/admin.conf on cp-0`.
    pub subject: String,
    pub value: Option<String>,
    pub because: Vec<Link>,
}

/// One reason, its location, and the reasons for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub text: String,
    pub span: Option<Span>,
    pub because: Vec<Link>,
}

impl Link {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), span: None, because: Vec::new() }
    }

    fn at(span: Span, text: impl Into<String>) -> Self {
        Self { span: Some(span).filter(|span| *span != Span::default()), ..Self::new(text) }
    }

    fn because(mut self, links: impl IntoIterator<Item = Link>) -> Self {
        self.because.extend(links);
        self
    }
}

impl Answer {
    fn new(subject: impl Into<String>, because: Vec<Link>) -> Self {
        Self { subject: subject.into(), value: None, because }
    }

    fn with(self, value: impl Into<String>) -> Self {
        Self { value: Some(value.into()), ..self }
    }
}

/// A plan and its inputs, to ask questions about.
#[derive(Clone, Copy)]
pub struct Why<'a, 'p> {
    pub plan: &'a Plan<'p>,
    pub input: &'a Input,
}

/// Answers why something is as it is.
///
/// # Errors
/// When nothing has this name; similar names are in the error.
pub fn why(why: Why<'_, '_>, words: &[String]) -> Result<Answer, UnknownSubject> {
    let query = Query::read(&why, words);
    let fits = |resolver: &&Resolver| query.is_of(resolver.kinds) && (resolver.takes_more || query.more.is_none());
    let found = RESOLVERS.iter().filter(fits).find_map(|resolver| (resolver.resolve)(&why, &query));
    found.ok_or_else(|| names::unknown(&why, words))
}

/// A resolver for one kind of subject.
struct Resolver {
    /// The words before the name that select this kind.
    kinds: &'static [&'static str],
    /// Whether more may follow the name: a flag, another endpoint, a name in a certificate.
    takes_more: bool,
    resolve: fn(&Why<'_, '_>, &Query) -> Option<Answer>,
}

/// The first match answers; a word before the name (`cert`, `file`) leaves only those of that kind.
const RESOLVERS: &[Resolver] = &[
    Resolver { kinds: &["file", "dir"], takes_more: false, resolve: file::answer },
    Resolver { kinds: &["flag"], takes_more: true, resolve: unit::flag },
    Resolver { kinds: &["unit", "service"], takes_more: false, resolve: unit::answer },
    Resolver { kinds: &["port", "firewall"], takes_more: false, resolve: port::answer },
    Resolver { kinds: &["address", "ip"], takes_more: false, resolve: address::answer },
    Resolver { kinds: &["relation", "endpoint"], takes_more: true, resolve: relation::answer },
    Resolver { kinds: &["cert", "certificate", "san"], takes_more: true, resolve: certificate::answer },
    Resolver { kinds: &["address", "ip"], takes_more: false, resolve: address::item },
    Resolver { kinds: &["value", "param", "let", "option"], takes_more: false, resolve: layer::answer },
    Resolver { kinds: &["machine"], takes_more: false, resolve: place::machine },
    Resolver { kinds: &["app", "application", "unit", "machine"], takes_more: false, resolve: place::application },
    Resolver { kinds: &["authority", "keypair", "secret"], takes_more: false, resolve: certificate::definition },
    Resolver { kinds: requirement::KINDS, takes_more: false, resolve: requirement::answer },
];

impl<'a, 'p> Why<'a, 'p> {
    fn model(&self) -> &'a Model<'p> {
        &self.plan.model
    }

    fn app(&self, name: &str) -> Option<AppId> {
        self.model().apps().find(|(_, app)| *app.name == *name).map(|(id, _)| id)
    }

    fn machine(&self, name: &str) -> Option<MachineId> {
        self.model().machines.iter().position(|machine| *machine.name == *name).map(|place| MachineId(place as u32))
    }

    /// `etcd-0`.
    fn unit(&self, name: &str) -> Option<UnitId> {
        let (app, index) = name.rsplit_once('-')?;
        let app = self.app(app)?;
        let index: u32 = index.parse().ok()?;
        self.model().units_of(app).nth(index as usize)
    }

    /// `etcd.client`.
    fn endpoint(&self, name: &str) -> Option<EndpointId> {
        let (app, endpoint) = name.split_once('.')?;
        let app = self.app(app)?;
        let endpoint = self.model().component_of(app).endpoint_index(endpoint)?;
        Some(EndpointId { app, endpoint })
    }

    /// The text of a place on one line, shortened.
    fn text(&self, span: Span) -> String {
        show::short(self.model().program.sources.text(span))
    }

    fn machine_name(&self, unit: UnitId) -> Option<&'a Name> {
        let machine = self.model().unit(unit).machine?;
        Some(&self.model().machine(machine).name)
    }
}
