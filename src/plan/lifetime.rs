//! What has ended by a date, and what stops then.
//!
//! In: a plan, how its certificates stand, the time, and a date. Out: what has ended by then if nothing is rendered in between.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::Serialize;
use time::{Date, Duration, OffsetDateTime};

use super::Plan;
use super::dialled_names::{behind, is_forwarding};
use super::issue_status::IssueStatus;
use super::version::running;
use crate::check::Symbol;
use crate::facts::lifespan::minor;
use crate::facts::{flag, tested};
use crate::model::{AppId, EndpointId, Model};
use crate::pki::Status;
use crate::syntax::ast::EndpointKind;

/// What has ended by a date.
#[derive(Debug, Serialize)]
pub struct Lifetimes {
    pub at: String,
    pub authorities: Vec<Ending>,
    pub certificates: Vec<Ending>,
    pub versions: Vec<OldVersion>,
    /// The first end after the date, with how many certificates end on that day.
    pub next: Option<(String, usize)>,
    /// The day by which a render has to be, for nothing to end: only if the cluster says when to renew.
    pub render_by: Option<String>,
}

/// Certificates of one kind that have ended.
#[derive(Debug, Serialize)]
pub struct Ending {
    /// `kube-apiserver/serving`, or the name of an authority.
    pub name: String,
    pub count: usize,
    pub total: usize,
    /// The first of the ends.
    pub ends: String,
    /// The same, as a date.
    #[serde(skip)]
    pub end: Option<Date>,
    /// Whether any of them is issued already; the others are taken as issued today.
    pub issued: bool,
    /// What no longer works.
    pub stops: Vec<String>,
}

/// A version that gets no more fixes.
#[derive(Debug, Serialize)]
pub struct OldVersion {
    pub program: String,
    pub version: String,
    pub since: String,
}

/// Looks at everything that has an end.
pub fn lifetimes(plan: &Plan<'_>, status: &IssueStatus, now: OffsetDateTime, at: Date) -> Lifetimes {
    let (model, request) = (&plan.model, &plan.pki.request);
    let end = |status: &Status, seconds: u64| match status {
        Status::Current { not_after, .. } => (not_after.date(), true),
        _ => (planned(now, seconds), false),
    };
    let authorities: Vec<_> = request
        .authorities
        .iter()
        .zip(&status.authorities)
        .map(|(spec, status)| end(status, spec.lifetime_seconds))
        .collect();
    let mut kinds: IndexMap<(AppId, u32), CertificateKind> = IndexMap::new();
    let mut ends = Vec::new();
    for (place, (unit, cert)) in plan.pki.certificates.iter().enumerate() {
        let spec = &request.certificates[place];
        let (own, issued) = end(&status.certificates[place], spec.lifetime_seconds);
        // No certificate outlives its authority.
        let last = authorities.get(spec.authority as usize).map_or(own, |(authority, _)| own.min(*authority));
        ends.push((last, spec));
        kinds.entry((model.unit(*unit).app, *cert)).or_default().add(last, issued, at);
    }
    let ended = kinds.iter().filter(|(_, kind)| kind.ended > 0);
    let certificates = ended.map(|((app, cert), kind)| {
        let definition = &model.component_of(*app).certs[*cert as usize].ast.name.name;
        let name = format!("{}/{definition}", model.app(*app).name);
        kind.ending(name, stops(model, *app, *cert))
    });
    let mut certificates: Vec<_> = certificates.collect();
    certificates.sort_by(|a, b| a.ends.cmp(&b.ends));
    let ended = authorities.iter().enumerate().filter(|(_, (end, _))| *end <= at);
    let authorities = ended.map(|(place, (end, issued))| {
        let name = request.authorities[place].name.to_string();
        let stops = trusting(model, plan.pki.authorities[place]);
        Ending { name, count: 1, total: 1, ends: end.to_string(), end: Some(*end), issued: *issued, stops }
    });
    let next = ends.iter().map(|(end, _)| *end).filter(|end| *end > at).min();
    let render_by = ends.iter().map(|(end, spec)| *end - request.renewed_before_end(spec)).min();
    Lifetimes {
        at: at.to_string(),
        authorities: authorities.collect(),
        certificates,
        versions: old_versions(model, at),
        next: next.map(|next| (next.to_string(), ends.iter().filter(|(end, _)| *end == next).count())),
        render_by: render_by.filter(|_| request.renew_seconds > 0).map(|date| date.to_string()),
    }
}

/// When what is issued now ends.
fn planned(now: OffsetDateTime, seconds: u64) -> Date {
    let lifetime = i64::try_from(seconds).ok().map(Duration::seconds);
    lifetime.and_then(|lifetime| now.checked_add(lifetime)).map_or(Date::MAX, OffsetDateTime::date)
}

/// The certificates of one kind.
#[derive(Debug, Default)]
struct CertificateKind {
    total: usize,
    ended: usize,
    first: Option<Date>,
    issued: bool,
}

impl CertificateKind {
    fn add(&mut self, end: Date, issued: bool, at: Date) {
        self.total += 1;
        if end <= at {
            self.ended += 1;
            self.issued |= issued;
            self.first = Some(self.first.map_or(end, |first| first.min(end)));
        }
    }

    fn ending(&self, name: String, stops: Vec<String>) -> Ending {
        let ends = self.first.map_or_else(String::new, |first| first.to_string());
        Ending { name, count: self.ended, total: self.total, ends, end: self.first, issued: self.issued, stops }
    }
}

/// What no longer works without a certificate: every connection in which it is shown.
fn stops(model: &Model<'_>, app: AppId, cert: u32) -> Vec<String> {
    let mut list = BTreeSet::new();
    let own = &model.app(app).name;
    for (place, info) in model.component_of(app).endpoints.iter().enumerate() {
        if info.identity != Some(cert) {
            continue;
        }
        let id = EndpointId { app, endpoint: place as u32 };
        match info.ast.kind {
            EndpointKind::Peers => {
                list.insert(format!("members of {own} can no longer connect to each other"));
            }
            EndpointKind::Provides => {
                let direct = model.relations.iter().filter(|relation| !is_forwarding(model, relation.from));
                let reached = direct.filter(|relation| behind(model, relation.to).contains(&id));
                let names: BTreeSet<_> = reached.map(|relation| &*model.app(relation.from.app).name).collect();
                if !names.is_empty() {
                    let names: Vec<_> = names.into_iter().collect();
                    list.insert(format!("{own} is no longer trusted by {}", names.join(", ")));
                }
            }
            EndpointKind::Requires => {
                let ends = model.ends(app).providers[place].iter().flat_map(|provider| behind(model, *provider));
                list.extend(ends.map(|end| format!("{own} is rejected by {}", model.app(end.app).name)));
            }
        }
    }
    list.into_iter().collect()
}

/// The applications that trust an authority: nothing that it signed is taken by them.
fn trusting(model: &Model<'_>, authority: Symbol) -> Vec<String> {
    let trusts = |app: AppId| model.component_of(app).endpoints.iter().any(|info| info.trusts == Some(authority));
    let apps = model.apps().filter(|(app, _)| trusts(*app));
    apps.map(|(_, app)| format!("{} rejects certificates issued by it", app.name)).collect()
}

fn old_versions(model: &Model<'_>, at: Date) -> Vec<OldVersion> {
    let mut seen = BTreeSet::new();
    let of_kubernetes =
        |program: &str| flag::table(program).is_some_and(|table| table.range.versions_of == "kubernetes");
    let running = running(model);
    let minors = running.iter().filter(|one| of_kubernetes(&one.program) && seen.insert(minor(one.version)));
    let old = minors.filter_map(|one| {
        let since = tested::tested(one.version)?.end_of_life.clone()?;
        let ended = since <= at.to_string();
        ended.then(|| OldVersion { program: "Kubernetes".to_owned(), version: minor(one.version), since })
    });
    old.collect()
}
