//! Where a part of the output comes from.
//!
//! It is a place and a typed name while a cluster is rendered, and becomes text only where people read it.

use std::fmt;

use crate::source::{Sources, Span};
use crate::syntax::ast::Name;

/// Where a file, a unit, a folder or a problem comes from; cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The place in the model, if it is one place.
    pub span: Option<Span>,
    pub what: What,
}

/// What it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An item of the component of an application; the name is empty for what belongs to no application.
    Application(Name),
    /// The machines of a group.
    Machines(Name),
    /// A target of this name.
    Target(Name),
    /// The target that is rendered for, whichever it is.
    TheTarget,
    /// The `needs` of all components of a machine.
    Needs,
    Certificates,
    /// kmodel's own boot.
    Boot,
    /// kmodel itself.
    Kmodel,
    RunningCluster,
}

impl Origin {
    /// An item of an application's component, at a place.
    pub fn item(span: Span, app: Name) -> Self {
        Self { span: Some(span), what: What::Application(app) }
    }

    /// The application whose item it is.
    pub fn application(&self) -> Option<&Name> {
        match &self.what {
            What::Application(app) => Some(app),
            _ => None,
        }
    }

    /// `std/etcd/etcd.km:12:3: etcd`, with the names and lines of these sources.
    pub fn shown<'a>(&'a self, sources: &'a Sources) -> Shown<'a> {
        Shown { origin: self, sources }
    }
}

/// What comes from no single place.
impl From<What> for Origin {
    fn from(what: What) -> Self {
        Self { span: None, what }
    }
}

/// An origin as people read it.
pub struct Shown<'a> {
    origin: &'a Origin,
    sources: &'a Sources,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.origin.span {
            Some(span) => write!(f, "{}: {}", self.sources.place(span), self.origin.what),
            None => self.origin.what.fmt(f),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Application(name) => f.write_str(name),
            What::Machines(group) => write!(f, "machines {group}"),
            What::Target(name) => write!(f, "target {name}"),
            What::TheTarget => f.write_str("the target"),
            What::Needs => f.write_str("the needs of the components"),
            What::Certificates => f.write_str("the certificates of the model"),
            What::Boot => f.write_str("kmodel: boot"),
            What::Kmodel => f.write_str("kmodel"),
            What::RunningCluster => f.write_str("the running cluster"),
        }
    }
}
