//! The cluster's own facts, and the targets.

use crate::diag::{Code, Diagnostic};
use crate::model::system::family_of_target;
use crate::model::value::Record;
use crate::model::{Checksums, Cluster, Input, Premise, Target};
use crate::source::Span;

use super::nodes::nodes;
use super::versions::versions;
use super::{Fields, domain};

const FIELDS: &[&str] = &[
    "kubernetes",
    "pods",
    "services",
    "nodes",
    "domain",
    "gateway",
    "dns",
    "extra-names",
    "reserve",
    "renew",
    "versions",
];

/// Reads the `cluster` statement, if there is a usable one.
pub(super) fn cluster(premise: &Premise<'_>, input: &Input, problems: &mut Vec<Diagnostic>) -> Option<Cluster> {
    let Some((module, ast)) = premise.layers.clusters.first().copied() else {
        let problem = Diagnostic::new(Code::NoCluster, Span::default(), "the model has no `cluster` statement");
        problems.push(problem.help(
            "add `cluster NAME { kubernetes = 1.36.2, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24 }`",
        ));
        return None;
    };
    if let Some((_, second)) = premise.layers.clusters.get(1) {
        let problem =
            Diagnostic::new(Code::DuplicateName, second.name.span, "a model can have only one `cluster` statement");
        problems.push(problem.label(ast.name.span, "the first one"));
    }
    let before = problems.len();
    let mut fields = Fields { sight: premise.sight(), owner: "cluster", module, body: &ast.body, problems };
    let cluster = read(&mut fields, ast)?;
    let kubernetes = input.kubernetes.unwrap_or(cluster.kubernetes);
    (problems.len() == before).then_some(Cluster { kubernetes, ..cluster })
}

fn read(fields: &mut Fields<'_, '_>, ast: &crate::syntax::ast::Cluster) -> Option<Cluster> {
    let head = ast.name.span;
    let (kubernetes, dns) = (fields.version("kubernetes"), fields.addresses("dns"));
    let nodes = nodes(fields, &dns);
    let (pods, services) = (fields.ranges("pods"), fields.ranges("services"));
    let complete = fields.problems.is_empty();
    for (name, present) in [
        ("kubernetes", kubernetes.is_some()),
        ("nodes", nodes.is_some()),
        ("pods", !pods.is_empty()),
        ("services", !services.is_empty()),
    ] {
        if !present && complete {
            fields.missing(name, head, "the cluster");
        }
    }
    let nodes = nodes?;
    let domain = fields.text("domain").unwrap_or_else(|| "cluster.local".into());
    let found = domain::check(&domain, fields.span("domain"));
    fields.problems.extend(found);
    let (versions, version_spans) = versions(fields);
    let spans = FIELDS.iter().map(|field| (*field, fields.span(field))).collect();
    Some(Cluster {
        name: ast.name.name.clone(),
        span: head,
        kubernetes: kubernetes?,
        pods,
        services,
        dns: if dns.is_empty() { nodes.iter().map(|range| range.gateway).collect() } else { dns },
        nodes,
        domain,
        extra_names: fields.texts("extra-names"),
        reserve: fields.named_ranges("reserve"),
        renew: fields.duration("renew"),
        versions,
        version_spans,
        spans,
    })
}

/// Evaluates the targets; the one to plan for comes first.
pub(super) fn targets(premise: &Premise<'_>, input: &Input, problems: &mut Vec<Diagnostic>) -> Vec<Target> {
    let mut targets = Vec::new();
    let first = premise.layers.targets.first().map(|(_, ast)| &ast.name.name);
    let wanted = input.target.as_ref().or(first).filter(|_| input.single_target);
    let is_wanted = |name| wanted.is_none_or(|wanted| wanted == name);
    for (module, ast) in premise.layers.targets.iter().filter(|(_, ast)| is_wanted(&ast.name.name)) {
        let owner = format!("target.{}", ast.name.name);
        let mut fields = Fields { sight: premise.sight(), owner: &owner, module: *module, body: &ast.body, problems };
        let mut options = Record::default();
        let names = ast.body.fields.iter().filter_map(|field| field.key.plain());
        let set = premise.layers.sets.keys().filter_map(|path| path.strip_prefix(&*owner)?.strip_prefix('.'));
        for name in names.chain(set.map(Into::into)) {
            if let Some(value) = fields.value(&name) {
                options.insert(name, value);
            }
        }
        let hashes = checksums(&mut fields);
        let (name, family) = (ast.name.name.clone(), family_of_target(&ast.name.name, &options));
        targets.push(Target { name, span: ast.name.span, options, family, hashes });
    }
    if let Some(wanted) = &input.target {
        match targets.iter().position(|target| target.name == *wanted) {
            Some(place) => targets.swap(0, place),
            None => {
                let target = Target {
                    name: wanted.clone(),
                    span: Span::default(),
                    options: Record::default(),
                    family: family_of_target(wanted, &Record::default()),
                    hashes: Checksums::default(),
                };
                targets.insert(0, target);
            }
        }
    }
    targets
}

/// The field `hashes` of a target; empty if it is absent or has a problem, which is reported.
fn checksums(fields: &mut Fields<'_, '_>) -> Checksums {
    let text = fields.text("hashes").unwrap_or_default();
    Checksums::parse(&text).unwrap_or_else(|malformed| {
        let message = format!("line {} is not a checksum: {}", malformed.line, malformed.why);
        let problem = Diagnostic::new(Code::InvalidHashes, fields.span("hashes"), message);
        let help =
            "use the output of `sha256sum` for the files of the mirror, with their paths in it: `HASH  HOST/PATH`";
        fields.problems.push(problem.help(help));
        Checksums::default()
    })
}
