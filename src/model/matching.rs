//! The versions that belong to a version of Kubernetes: `cluster.versions`.
//!
//! What the cluster says in `versions` comes first. Else it is what the table of matching versions has for the version of
//! Kubernetes that an application runs, but never older than what the application ran when it was rendered last: data that a
//! newer one stored may be unreadable.

use crate::facts::lifespan::parse;
use crate::facts::tested;
use crate::syntax::ast::Version;

use super::scope::Scope;
use super::{AppId, Cluster, Model, Sight, Value};

/// The programs, in the order in which they are shown.
pub const PROGRAMS: [&str; 8] = ["etcd", "coredns", "pause", "containerd", "cri-o", "runc", "cni-plugins", "crictl"];

/// The tag of an image, which need not have three parts: `3.10`.
const TAGS: [&str; 1] = ["pause"];

/// What decides on a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// `versions` of the cluster.
    Set,
    /// The last render had a newer one.
    Kept,
    /// It belongs to the version of Kubernetes.
    Matching,
}

impl Sight<'_, '_> {
    /// All of them, as an application sees them.
    pub(super) fn matching_record(&self, scope: &Scope<'_>, cluster: &Cluster) -> Value {
        let field = |program| (program, self.matching(scope, cluster, program).map_or(Value::None, |found| found.0));
        Value::record(PROGRAMS.map(field))
    }

    /// The version of a program, and what decides on it.
    pub(super) fn matching(&self, scope: &Scope<'_>, cluster: &Cluster, program: &str) -> Option<(Value, Decision)> {
        if let Some(set) = cluster.versions.get(program).filter(|value| **value != Value::None) {
            return Some((set.clone(), Decision::Set));
        }
        let text = tested::matching(self.kubernetes_of(scope, cluster), program)?;
        if TAGS.contains(&program) {
            return Some((Value::text(&text), Decision::Matching));
        }
        let matching = parse(&text)?;
        Some(match self.rendered_last(scope, program).filter(|last| *last > matching) {
            Some(last) => (Value::Version(last), Decision::Kept),
            None => (Value::Version(matching), Decision::Matching),
        })
    }

    /// The version that the application ran when it was rendered last.
    fn rendered_last(&self, scope: &Scope<'_>, program: &str) -> Option<Version> {
        let app = scope.app?;
        parse(self.placed().lock.versions.get(&*self.placed().app(app).name)?.get(program)?)
    }
}

impl Model<'_> {
    /// The version that belongs to what an application runs, and what decides on it.
    pub fn matching(&self, app: AppId, program: &str) -> Option<(Value, Decision)> {
        self.sight().matching(&Scope::app(self, app), &self.cluster, program)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::schema::{self, Takes};

    #[test]
    fn the_field_the_table_and_the_list_have_the_same_programs() {
        let schema = schema::named("cluster").expect("a schema");
        let Takes::Value(crate::check::ty::Ty::Record(record)) = &schema.fields["versions"].takes else {
            panic!("a record")
        };
        let mut fields: Vec<_> = record.fields.keys().map(|name| &**name).collect();
        let mut programs = PROGRAMS.to_vec();
        fields.sort_unstable();
        programs.sort_unstable();
        assert_eq!(fields, programs);
        for program in PROGRAMS {
            assert!(tested::matching(Version { major: 1, minor: 36, patch: 0 }, program).is_some(), "{program}");
        }
    }
}
