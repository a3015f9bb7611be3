//! Destroy a cluster: the resources labelled with its name, and nothing else.

use super::client::Client;
use super::current::{Current, Resource};
use super::{machine, volume};
use crate::apply::error::ApplyError;
use crate::apply::progress::{Progress, Reporter};

/// The resources labelled with a cluster's name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Marked {
    pub machines: Vec<String>,
    /// Volumes of data, with their pool.
    pub volumes: Vec<(String, String)>,
    pub profiles: Vec<String>,
    pub network: Option<String>,
    pub pool: Option<String>,
    pub project: Option<String>,
    /// Other instances in the same project, which is then kept.
    pub others: Vec<String>,
}

impl Marked {
    /// Finds it.
    pub(crate) fn find(current: &Current, cluster: &str) -> Self {
        let ours = |resource: &Option<Resource>| resource.as_ref().filter(|t| t.is_of(cluster)).map(|t| t.name.clone());
        let names = |list: &[Resource], marked: bool| {
            let mut names: Vec<_> =
                list.iter().filter(|t| t.is_of(cluster) == marked).map(|resource| resource.name.clone()).collect();
            names.sort();
            names
        };
        Self {
            machines: names(&current.machines, true),
            volumes: volumes(current, cluster),
            profiles: names(&current.profiles, true),
            network: ours(&current.network),
            pool: ours(&current.pool),
            project: ours(&current.project),
            others: names(&current.machines, false),
        }
    }

    /// Whether there is nothing to remove.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self { others: self.others.clone(), ..Self::default() }
    }
}

/// Those of data, each with its pool.
fn volumes(current: &Current, cluster: &str) -> Vec<(String, String)> {
    let Some(pool) = &current.pool else { return Vec::new() };
    let mut all: Vec<_> = current.volumes_of(cluster).map(|one| (pool.name.clone(), one.name.clone())).collect();
    all.sort();
    all
}

/// Removes machines in parallel, then the resources they used. A resource that is in use elsewhere is skipped.
///
/// # Errors
/// The first error of the client. The next run continues with the rest.
pub(crate) fn destroy(client: &Client, marked: &Marked, report: Reporter<'_>) -> Result<(), ApplyError> {
    machines(client, &marked.machines, report)?;
    let mut first = Ok(());
    for (pool, name) in &marked.volumes {
        report("", Progress::Doing(format!("removing the storage volume {name}")));
        first = first.and(volume::remove(client, pool, name));
    }
    for name in &marked.profiles {
        first = first.and(remove(client, ("profile", "profile"), name, report));
    }
    if let Some(name) = &marked.network {
        first = first.and(remove(client, ("network", "network"), name, report));
    }
    if let Some(name) = &marked.pool {
        first = first.and(remove(client, ("storage", "storage pool"), name, report));
    }
    first.and(marked.project.as_ref().map_or(Ok(()), |name| project(client, name, &marked.others, report)))
}

fn remove(client: &Client, (noun, what): (&str, &str), name: &str, report: Reporter<'_>) -> Result<(), ApplyError> {
    report("", Progress::Doing(format!("removing the {what} {name}")));
    client.ask(&format!("remove the {what} `{name}`"), &[noun, "delete", name]).map(drop)
}

fn project(client: &Client, name: &str, others: &[String], report: Reporter<'_>) -> Result<(), ApplyError> {
    if !others.is_empty() {
        let others = others.join(", ");
        report("", Progress::Warning(format!("the project {name} is kept because it has other instances: {others}")));
        return Ok(());
    }
    report("", Progress::Doing(format!("removing the project {name}")));
    client.global(&format!("remove the project `{name}`"), &["project", "delete", name]).map(drop)
}

fn machines(client: &Client, names: &[String], report: Reporter<'_>) -> Result<(), ApplyError> {
    let results: Vec<_> = std::thread::scope(|scope| {
        let one = |name: &String| {
            report(name, Progress::Doing("removing".to_owned()));
            let result = machine::remove(client, name);
            match &result {
                Ok(()) => report(name, Progress::Done("removed".to_owned())),
                Err(error) => report(name, Progress::Failed(error.message.clone())),
            }
            result
        };
        let threads: Vec<_> = names.iter().map(|name| scope.spawn(move || one(name))).collect();
        threads.into_iter().map(|thread| thread.join().expect("removing does not panic")).collect()
    });
    results.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_of_others_are_nothing_to_remove() {
        let marked = Marked { others: vec!["web".into()], ..Marked::default() };
        assert!(marked.is_empty() && Marked::default().is_empty());
        assert!(!Marked { machines: vec!["cp-0".into()], ..marked.clone() }.is_empty());
        assert!(!Marked { project: Some("lab".into()), ..marked }.is_empty());
    }
}
