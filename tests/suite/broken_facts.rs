//! Good clusters with one fact broken: how many of them are told.
//!
//! Each literal and each name of a good cluster is replaced by a value that is near and wrong, one at a time. What nothing is said of passes as a
//! right cluster. `docs/broken-facts.md` has the score of all facts and lists what is not told by kind; the suite breaks some of them, and must not
//! be told of fewer than `tests/fixtures/broken-facts.txt` has. `KMODEL_BROKEN_FACTS=all` breaks each and prints the page's tables.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::plan::planned;
use crate::support::root;

mod fact;
use fact::{Fact, facts};

/// A good cluster, by its name.
struct Cluster {
    name: String,
    text: String,
}

/// A fact of a cluster that was broken.
struct Broken {
    cluster: usize,
    fact: Fact,
    told: bool,
}

fn clusters(folders: &[&str]) -> Vec<Cluster> {
    let entries = folders.iter().flat_map(|folder| fs::read_dir(root().join(folder)).expect("a folder of clusters"));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "km"));
    paths.sort();
    let name = |path: &std::path::Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
    // Thousands of machines are told of what few are.
    let read =
        |path: &std::path::PathBuf| Cluster { name: name(path), text: fs::read_to_string(path).expect("a model") };
    paths.iter().map(read).filter(|cluster| cluster.name != "large").collect()
}

/// Breaks facts, on every core.
fn broken(clusters: &[Cluster], facts: Vec<(usize, Fact)>) -> Vec<Broken> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut own = Vec::new();
        while let Some((cluster, fact)) = facts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let told = is_told(&clusters[*cluster].text, fact);
            own.push(Broken { cluster: *cluster, fact: fact.clone(), told });
        }
        own
    };
    let mut list = std::thread::scope(|scope| {
        let run = || std::thread::Builder::new().stack_size(8 << 20).spawn_scoped(scope, work).expect("a thread");
        let threads: Vec<_> = (0..2).map(|_| run()).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("nothing panics")).collect::<Vec<_>>()
    });
    list.sort_by_key(|one| (one.cluster, one.fact.start, one.fact.kind));
    list
}

fn is_told(text: &str, fact: &Fact) -> bool {
    let mutant = format!("{}{}{}", &text[..fact.start], fact.broken, &text[fact.end..]);
    planned(&mutant, |_, problems, _| !problems.is_empty())
}

/// By kind: how many are told, of how many.
fn score(list: &[Broken]) -> BTreeMap<&'static str, (usize, usize)> {
    list.iter().fold(BTreeMap::new(), |mut score, one| {
        let (told, all) = score.entry(one.fact.kind).or_default();
        (*told, *all) = (*told + usize::from(one.told), *all + 1);
        score
    })
}

fn not_told(clusters: &[Cluster], list: &[Broken]) -> String {
    list.iter().filter(|one| !one.told).fold(String::new(), |mut out, one| {
        let (cluster, fact) = (&clusters[one.cluster], &one.fact);
        let line = cluster.text[..fact.start].matches('\n').count() + 1;
        let old = cluster.text[fact.start..fact.end].lines().next().unwrap_or_default();
        let _ = writeln!(out, "{} | {}:{line} | {} | {old} | {}", fact.kind, cluster.name, fact.field, fact.broken);
        out
    })
}

/// The score as a table, and what is not told.
fn page(clusters: &[Cluster], list: &[Broken]) -> String {
    let mut out = String::from("| fact | broken | reported | share |\n| --- | --- | --- | --- |\n");
    let score = score(list);
    let share = |told: usize, all: usize| format!("{} %", told * 100 / all.max(1));
    let (told, all) = score.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    for (kind, (told, all)) in score {
        let _ = writeln!(out, "| {kind} | {all} | {told} | {} |", share(told, all));
    }
    let _ = writeln!(out, "| **all** | {all} | {told} | {} |\n", share(told, all));
    out + &not_told(clusters, list)
}

/// What the suite was told of last: a kind, how many are told, of how many.
fn kept() -> BTreeMap<String, (usize, usize)> {
    let text = fs::read_to_string(root().join(KEPT)).unwrap_or_default();
    let line = |line: &str| {
        let (kind, numbers) = line.split_once(": ")?;
        let (told, all) = numbers.split_once(" of ")?;
        Some((kind.to_owned(), (told.parse().ok()?, all.parse().ok()?)))
    };
    text.lines().filter_map(line).collect()
}

const KEPT: &str = "tests/fixtures/broken-facts.txt";

fn written(score: &BTreeMap<&str, (usize, usize)>) -> String {
    score.iter().map(|(kind, (told, all))| format!("{kind}: {told} of {all}\n")).collect()
}

#[test]
fn a_broken_fact_is_told() {
    let whole = std::env::var("KMODEL_BROKEN_FACTS").ok();
    let folders: &[&str] = if whole.is_some() { &["tests/cases/good", "examples"] } else { &["tests/cases/good"] };
    let clusters = clusters(folders);
    let all: Vec<(usize, Fact)> = clusters
        .iter()
        .enumerate()
        .flat_map(|(index, cluster)| facts(&cluster.text).into_iter().map(move |fact| (index, fact)))
        .collect();
    let step = match whole.as_deref() {
        Some("all") => 1,
        Some(step) => step.parse().expect("`all`, or a number to take every so many"),
        None => 43,
    };
    let list = broken(&clusters, all.into_iter().step_by(step).collect());
    if whole.is_some() {
        eprintln!("{}", page(&clusters, &list));
        return;
    }
    let score = score(&list);
    if std::env::var_os("KMODEL_BROKEN_FACTS_WRITE").is_some() {
        fs::write(root().join(KEPT), written(&score)).expect("the fixture can be written");
    }
    // Another cluster or another fact moves what is drawn: then the share decides.
    for (kind, (told, all)) in kept() {
        let (now, of) = score.get(&*kind).copied().unwrap_or((0, 0));
        let sinks = if of == all { now < told } else { now * all < told.saturating_sub(1) * of };
        let said = not_told(&clusters, &list);
        assert!(!sinks, "{kind}: {now} of {of} are told, and {told} of {all} were; not told:\n{said}");
    }
    assert!(list.len() > 80, "{} facts were broken", list.len());
}
