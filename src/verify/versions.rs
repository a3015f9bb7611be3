//! The versions of programs go together, and with what was rendered before.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Diagnostic};
use crate::facts::flag;
use crate::facts::lifespan::{minor, parse};
use crate::facts::release;
use crate::facts::short;
use crate::facts::skew::{Minimum, Pair, SkewRule, skew};
use crate::model::{AppId, EndpointId, Model};
use crate::plan::Proof;
use crate::plan::dialled_names::{behind, is_forwarding};
use crate::plan::version::{KMODEL, Running, running};
use crate::source::Span;
use crate::syntax::ast::Version;
use crate::text::Count;

use super::{Evidence, Verdict};

/// Compares every pair of programs that a rule is about, and each with what the lock says of it.
pub(super) fn versions(evidence: &Evidence<'_, '_>) -> Verdict {
    let (model, mut problems) = (evidence.model, Vec::new());
    let running = running(model);
    let mut count = 0;
    for rule in &skew().rules {
        for (of, to) in pairs(model, &running, (&rule.of, &rule.to), rule.place) {
            count += 1;
            problems.extend((!rule.allows(of.version, to.version)).then(|| out_of_skew(model, rule, of, to)));
        }
    }
    for minimum in &skew().minimums {
        for (of, to) in pairs(model, &running, (&minimum.of, &minimum.to), minimum.place) {
            if to.version >= minimum.from {
                count += 1;
                problems.extend((of.version < minimum.version).then(|| too_old(model, minimum, of, to)));
            }
        }
    }
    running.iter().for_each(|one| problems.extend(since_last(model, one)));
    problems.extend(by_another(model));
    Verdict::of(problems, Proof { name: "versions", statement: statement(&running, count), count })
}

/// `etcd 3.6.14, Kubernetes 1.35.5 and 1.34.8`, where the versions differ.
fn statement(running: &[Running], count: usize) -> String {
    let mut families: BTreeMap<&str, BTreeSet<Version>> = BTreeMap::new();
    for one in running {
        if let Some(table) = flag::table(&one.program) {
            let family = if table.range.versions_of == "kubernetes" { "Kubernetes" } else { &one.program };
            families.entry(family).or_default().insert(one.version);
        }
    }
    let list = families.into_iter().map(|(family, versions)| {
        let versions: Vec<_> = versions.into_iter().rev().map(|version| version.to_string()).collect();
        format!("{family} {}", versions.join(" and "))
    });
    let list = list.collect::<Vec<_>>().join(", ");
    match (count, list.is_empty()) {
        (0, true) => String::new(),
        (0, false) => format!("no version skew rules apply: {list}"),
        (1, _) => format!("1 pair of programs is within the Kubernetes version skew policy: {list}"),
        _ => format!("{count} pairs of programs are within the Kubernetes version skew policy: {list}"),
    }
}

/// The pairs of applications that run two programs and meet in this way, each once.
fn pairs<'a>(
    model: &Model<'_>,
    running: &'a [Running],
    (of, to): (&str, &str),
    place: Pair,
) -> Vec<(&'a Running, &'a Running)> {
    let named = |program: &str| running.iter().filter(|one| *one.program == *program).collect::<Vec<_>>();
    let (of, to) = (named(of), named(to));
    let mut list = Vec::new();
    for one in &of {
        let dialled = if place == Pair::Dials { dialled(model, one.app) } else { BTreeSet::new() };
        for other in &to {
            let meets = match place {
                Pair::Dials => dialled.contains(&other.app),
                Pair::Dialled => self::dialled(model, other.app).contains(&one.app),
                Pair::Machine => share_a_machine(model, one.app, other.app),
                // The same program in two applications: each pair once.
                Pair::Cluster => one.app < other.app,
            };
            if meets {
                list.push((*one, *other));
            }
        }
    }
    list
}

/// The applications that one dials in the end, through load balancers.
fn dialled(model: &Model<'_>, app: AppId) -> BTreeSet<AppId> {
    let mut ends = BTreeSet::new();
    for (place, providers) in model.ends(app).providers.iter().enumerate() {
        if is_forwarding(model, EndpointId { app, endpoint: place as u32 }) {
            continue;
        }
        ends.extend(providers.iter().flat_map(|provider| behind(model, *provider)).map(|end| end.app));
    }
    ends
}

fn share_a_machine(model: &Model<'_>, a: AppId, b: AppId) -> bool {
    let mut machines = model.units_of(a).filter_map(|unit| model.unit(unit).machine);
    a == b || machines.any(|machine| model.unit_on(b, machine).is_some())
}

fn out_of_skew(model: &Model<'_>, rule: &SkewRule, of: &Running, to: &Running) -> Diagnostic {
    let newer = of.version.minor > to.version.minor;
    let (word, most) = if newer { ("newer", rule.newer) } else { ("older", rule.older) };
    let how = match rule.place {
        Pair::Dials | Pair::Dialled => ", which it connects to",
        Pair::Machine => " on the same machine",
        Pair::Cluster => "",
    };
    let distance = Count(of.version.minor.abs_diff(to.version.minor) as usize, "minor");
    let message = format!("{} is {distance} {word} than {}{how}", shown(model, of), shown(model, to));
    let (from, through) = (to.version.minor.saturating_sub(rule.older), to.version.minor + rule.newer);
    let range = match from == through {
        true => format!("{}.{from}", to.version.major),
        false => format!("{0}.{from} to {0}.{through}", to.version.major),
    };
    let advice = match (newer, rule.place) {
        (true, Pair::Dials) => format!("upgrade every `{}` to {} first", rule.to, minor(of.version)),
        _ if most == 0 => format!("`{}` may not be {word}", rule.of),
        _ => format!("`{}` may be at most {} {word}", rule.of, Count(most as usize, "minor")),
    };
    let help = format!("{advice}; with `{}` {}, `{}` may be {range}", rule.to, minor(to.version), rule.of);
    labelled(model, Diagnostic::new(Code::VersionSkew, of.span, message).help(help), of, to)
}

fn too_old(model: &Model<'_>, minimum: &Minimum, of: &Running, to: &Running) -> Diagnostic {
    let (code, word) = match minimum.strict {
        true => (Code::VersionSkew, "too old for"),
        false => (Code::VersionUntested, "older than the version tested with"),
    };
    let message = format!("{} is {word} {}", shown(model, of), shown(model, to));
    // Only a version whose hash is known can be installed as it is.
    let known = release::versions(&minimum.of)
        .iter()
        .filter_map(|known| parse(known))
        .filter(|known| *known >= minimum.version)
        .max();
    let (program, least) = (&minimum.of, short(minimum.version));
    let help = match known {
        Some(known) => format!("use `{program}` {known}, or at least {least} ({})", minimum.source),
        None => format!("use `{program}` {least} or newer ({})", minimum.source),
    };
    labelled(model, Diagnostic::new(code, of.span, message).help(help), of, to)
}

fn labelled(model: &Model<'_>, problem: Diagnostic, of: &Running, to: &Running) -> Diagnostic {
    let text = |one: &Running| format!("`{}` runs {}", model.app(one.app).name, one.version);
    let mut problem = problem.here(text(of));
    if to.span != of.span {
        problem = problem.label(to.span, text(to));
    }
    let app = model.app(of.app).span;
    if app != of.span { problem.label(app, format!("`{}` is deployed here", model.app(of.app).name)) } else { problem }
}

/// `` `kubelet` 1.35.5 ``, with the application where that has another name than the program.
fn shown(model: &Model<'_>, one: &Running) -> String {
    let name = &model.app(one.app).name;
    let of = if **name == *one.program { String::new() } else { format!(" of `{name}`") };
    format!("`{}` {}{of}", one.program, one.version)
}

/// What is wrong with going from what was rendered last to this.
fn since_last(model: &Model<'_>, one: &Running) -> Option<Diagnostic> {
    let app = &model.app(one.app).name;
    let old = parse(model.lock.versions.get(&**app)?.get(&*one.program)?)?;
    let new = one.version;
    let named = |list: &[String]| list.iter().any(|name| **name == *one.program);
    let rules = &skew().upgrade;
    if (new.major, new.minor) > (old.major, old.minor + 1) && named(&rules.one_minor) {
        return Some(skipped(app, one, old));
    }
    if (new.major, new.minor) < (old.major, old.minor) && named(&rules.no_return) {
        let message = format!("`{app}` ran `{}` {old}, but the model has the older minor {new}", one.program);
        let help = format!(
            "stay at {}, or restore an older snapshot and add `allow {}`: data stored by {old} may be unreadable",
            minor(old),
            Code::VersionDowngrade
        );
        return Some(Diagnostic::new(Code::VersionDowngrade, one.span, message).help(help));
    }
    None
}

/// Another kmodel rendered last, so files may change though the model did not.
fn by_another(model: &Model<'_>) -> Option<Diagnostic> {
    let last = model.lock.kmodel.as_deref().filter(|last| *last != KMODEL)?;
    let first = model.machines.first().map_or("the first machine", |machine| &*machine.name);
    let message = format!(
        "this cluster was last rendered by kmodel {last}, and this is kmodel {KMODEL}: files may change although the \
         model did not"
    );
    let help = format!(
        "run `kmodel apply --dry-run` to list the changes; `kmodel apply` updates running machines one after another, \
         `{first}` first, and stops at the first that does not come up again"
    );
    Some(Diagnostic::new(Code::MadeByAnother, model.cluster.span, message).help(help))
}

fn skipped(app: &str, one: &Running, old: Version) -> Diagnostic {
    let new = one.version;
    let hops: Vec<_> = (old.minor..=new.minor).map(|minor| format!("{}.{minor}", new.major)).collect();
    let message =
        format!("`{app}` runs `{}` {old}, and an upgrade to {new} would skip {}", one.program, between(old, new));
    let next = format!("{}.{}", old.major, old.minor + 1);
    let span: Span = one.span;
    Diagnostic::new(Code::MinorSkipped, span, message).here(format!("the last render had {old}")).help(format!(
        "upgrade one minor at a time, and apply each: {}; start with {next}, and run `kmodel plan --upgrade` to list \
         the steps",
        hops.join(" → ")
    ))
}

/// `1.35`, or `1.35 and 1.36`.
fn between(old: Version, new: Version) -> String {
    let list: Vec<_> = (old.minor + 1..new.minor).map(|minor| format!("{}.{minor}", new.major)).collect();
    list.join(" and ")
}
