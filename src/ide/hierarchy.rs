//! Who dials whom: applications and the relations between them.

use super::definition::uses;
use super::facts::{Facts, RelationFact};
use super::project::File;
use crate::check::index::{NameKind, Target};
use crate::source::Span;

/// An application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    /// Its component.
    pub detail: String,
    /// Where its name stands.
    pub span: Span,
}

/// An application at the other end, and the relations that lead there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub node: Node,
    pub relations: Vec<RelationFact>,
}

/// The applications at a place: one that is named there, or those that a component is deployed as.
pub fn prepare(file: &File, offset: u32, facts: &Facts) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    for one in uses(file, offset) {
        let Target::Declared(kind, span) = one.target else { continue };
        let sources = &file.analysis.resolved.program.sources;
        let found = facts.apps.iter().filter(|app| match kind {
            NameKind::App => app.span == span,
            NameKind::Component => app.component == sources.text(span),
            NameKind::Endpoint => facts.relations.iter().any(|one| {
                one.spans.0 == span && one.from.0 == app.name || one.spans.1 == span && one.to.0 == app.name
            }),
            _ => false,
        });
        nodes.extend(found.filter_map(|app| node(facts, &app.name)));
    }
    nodes.sort_by_key(|node| node.span);
    nodes.dedup();
    nodes
}

/// An application by its name.
pub fn node(facts: &Facts, name: &str) -> Option<Node> {
    let app = facts.app(name)?;
    Some(Node { name: app.name.clone(), detail: app.component.clone(), span: app.span })
}

/// Who dials an application.
pub fn incoming(facts: &Facts, name: &str) -> Vec<Call> {
    grouped(facts, facts.relations.iter().filter(|one| one.to.0 == name), |one| &one.from.0)
}

/// Whom an application dials.
pub fn outgoing(facts: &Facts, name: &str) -> Vec<Call> {
    grouped(facts, facts.relations.iter().filter(|one| one.from.0 == name), |one| &one.to.0)
}

fn grouped<'f>(
    facts: &Facts,
    relations: impl Iterator<Item = &'f RelationFact>,
    other: impl Fn(&RelationFact) -> &String,
) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for relation in relations {
        let name = other(relation);
        match calls.iter_mut().find(|call| call.node.name == *name) {
            Some(call) => call.relations.push(relation.clone()),
            None => calls.extend(node(facts, name).map(|node| Call { node, relations: vec![relation.clone()] })),
        }
    }
    calls
}
