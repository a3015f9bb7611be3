//! Certificates that differ only in the name and the address of their machine, as most of one kind do.

use std::net::IpAddr;

use crate::model::{Model, UnitId};
use crate::pki::spec::{CertificateSpec, San};
use crate::syntax::ast::Name;

/// What stands for a machine's own name and address.
pub struct General<'a>(Option<(&'a Name, IpAddr)>);

impl<'a> General<'a> {
    /// Of the machine that a unit is on.
    pub fn of(model: &'a Model<'_>, unit: UnitId) -> Self {
        let machine = model.unit(unit).machine.map(|machine| model.machine(machine));
        Self(machine.map(|machine| (&machine.name, machine.address)))
    }

    /// Of no machine: every name is as it is.
    pub fn none() -> Self {
        Self(None)
    }

    /// `system:node:{machine}`: the machine's name as a whole part.
    pub fn name(&self, text: &str) -> String {
        match self.part(text) {
            (before, true, after) => format!("{before}{{machine}}{after}"),
            (whole, false, _) => whole.to_owned(),
        }
    }

    /// What stands before the machine's name, whether that is there, and what follows it.
    fn part<'t>(&self, text: &'t str) -> (&'t str, bool, &'t str) {
        let Some((machine, _)) = self.0 else { return (text, false, "") };
        let before = text.strip_suffix(&**machine).filter(|before| before.is_empty() || before.ends_with(':'));
        let after = || text.strip_prefix(&**machine).filter(|after| after.starts_with('.'));
        match before {
            Some(before) => (before, true, ""),
            None => after().map_or((text, false, ""), |after| ("", true, after)),
        }
    }

    /// A name as it is for any machine.
    fn general<'s>(&self, san: &'s San) -> (Option<IpAddr>, (&'s str, bool, &'s str)) {
        match (san, self.0) {
            (San::Ip(ip), Some((_, address))) if *ip == address => (None, ("", false, "")),
            (San::Ip(ip), _) => (Some(*ip), ("", false, "")),
            // Its own name is mostly the one that the model has: the text need not be read.
            (San::Dns(name), Some((machine, _))) if Name::ptr_eq(name, machine) => (None, ("", true, "")),
            (San::Dns(name), _) => (None, self.part(name)),
        }
    }

    /// The machine's own names first, for in the order of names they would stand elsewhere on each machine.
    pub fn sans(&self, sans: &[San]) -> String {
        let mut names: Vec<String> = sans.iter().map(|san| self.san(san)).collect();
        names.sort_by_key(|name| !name.starts_with('{'));
        names.join(", ")
    }

    fn san(&self, san: &San) -> String {
        match (san, self.0) {
            (San::Ip(ip), Some((_, address))) if *ip == address => "{address}".to_owned(),
            (San::Ip(ip), _) => ip.to_string(),
            (San::Dns(name), _) => self.name(name),
        }
    }
}

/// Of each kind of an application, the certificate before, by its place. They are compared while both are at hand: thousands of others
/// may come between this and the printing.
pub(super) struct Before<'a>(Vec<Option<(usize, General<'a>)>>);

impl<'a> Before<'a> {
    /// None yet, of so many kinds.
    pub(super) fn of_kinds(count: usize) -> Self {
        Self((0..count).map(|_| None).collect())
    }

    /// Whether the next certificate, of this kind, differs from the one before in nothing else.
    pub(super) fn is_like(
        &mut self,
        known: &[CertificateSpec],
        (kind, general): (usize, General<'a>),
        next: &CertificateSpec,
    ) -> bool {
        let last = self.0[kind].as_ref();
        let is_like = last.is_some_and(|(place, of)| alike((&known[*place], of), (next, &general)));
        self.0[kind] = Some((known.len(), general));
        is_like
    }
}

/// Whether two certificates of a kind differ in nothing else.
fn alike((one, of_one): (&CertificateSpec, &General<'_>), (other, of_other): (&CertificateSpec, &General<'_>)) -> bool {
    let said = |spec: &CertificateSpec| (spec.authority, spec.server, spec.client, spec.lifetime_seconds, spec.key);
    let sans = || one.sans.iter().map(|san| of_one.general(san)).eq(other.sans.iter().map(|san| of_other.general(san)));
    said(one) == said(other) && one.org == other.org && of_one.part(&one.cn) == of_other.part(&other.cn) && sans()
}
