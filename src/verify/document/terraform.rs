//! Terraform's configuration in its JSON syntax: what `terraform validate` would refuse, and what no provider has.
//!
//! Source: the JSON configuration syntax of Terraform's documentation, and the tables of `facts::provider`.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::table::is_secret;
use super::{DocumentProblem, json};
use crate::diag::{Code, Help, closest};
use crate::facts::provider::{ResourceType, of_type};
use crate::render::evidence::{Content, Document, Sample};
use crate::render::format::Secrets;
use crate::text::List;
use crate::verify::locate::Step;

mod argument;
mod reference;

/// What may stand at the top of a file.
const BLOCKS: [&str; 13] = [
    "check",
    "data",
    "ephemeral",
    "import",
    "locals",
    "module",
    "moved",
    "output",
    "provider",
    "removed",
    "resource",
    "terraform",
    "variable",
];

/// What any resource takes, whatever its type is.
const META: [&str; 8] =
    ["connection", "count", "depends_on", "dynamic", "for_each", "lifecycle", "provider", "provisioner"];

/// What is wrong with a configuration.
pub(super) fn check(value: &Json) -> Vec<DocumentProblem> {
    let Some(top) = value.as_object() else { return Vec::new() };
    let mut found: Vec<DocumentProblem> = top.keys().filter_map(|key| top_level(key)).collect();
    for (kind, kinds) in ["resource", "data"].into_iter().filter_map(|kind| Some((kind, top.get(kind)?.as_object()?))) {
        for (name, named) in kinds {
            let path = vec![Step::from(kind), name.as_str().into()];
            found.extend(empty(name, named, &path));
            match row(kind, name) {
                Row::Known(row) => found.extend(of_type_named(row, named, &path)),
                Row::Unknown(near) => found.push(unknown_type(kind, name, near, path)),
                Row::None => {}
            }
        }
    }
    found.extend(secrets(value));
    found
}

/// What a file refers to that is in none of its folder; nothing where one of them cannot be read here.
pub(super) fn undeclared(sample: &Sample<'_>, document: &Document<'_>) -> Vec<DocumentProblem> {
    let folder = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let beside = || sample.documents().filter(|other| folder(&other.path) == folder(&document.path));
    if !is_json(&document.path) || beside().any(|other| other.path.ends_with(".tf")) {
        return Vec::new();
    }
    let all: Vec<Json> = beside().filter(|other| is_json(&other.path)).filter_map(read).collect();
    read(document).map_or_else(Vec::new, |own| reference::check(&own, &all))
}

/// Whether a file is a configuration in the JSON syntax.
pub(super) fn is_json(path: &str) -> bool {
    path.ends_with(".tf.json")
}

fn read(document: &Document<'_>) -> Option<Json> {
    match &document.content {
        Content::Value(value) => Some(json(value, Secrets::Hidden)),
        Content::Text(text) => serde_json::from_str(text).ok(),
    }
}

/// The types of resources of a machine's files, or of the output's, that no table has.
pub(super) fn without_table(sample: &Sample<'_>) -> BTreeSet<String> {
    let files = sample.documents().filter(|document| is_json(&document.path));
    files.filter_map(read).flat_map(|value| unexamined(&value)).collect()
}

fn unexamined(value: &Json) -> BTreeSet<String> {
    let kinds = ["resource", "data"].into_iter().filter_map(|kind| Some((kind, value.get(kind)?.as_object()?)));
    let names = kinds.flat_map(|(kind, kinds)| kinds.keys().map(move |name| (kind, name)));
    names.filter(|(kind, name)| matches!(row(kind, name), Row::None)).map(|(_, name)| name.clone()).collect()
}

/// What is known of a type.
enum Row {
    Known(&'static ResourceType),
    /// The provider does not have it; what was probably meant.
    Unknown(Option<&'static str>),
    /// No table says anything of it.
    None,
}

fn row(kind: &str, name: &str) -> Row {
    let Some(table) = of_type(name) else { return Row::None };
    let (kinds, others) = match kind {
        "data" => (&table.data, &table.other_data),
        _ => (&table.resource, &table.other_resources),
    };
    match kinds.get(name) {
        Some(row) => Row::Known(row),
        None if others.iter().any(|other| other == name) => Row::None,
        None => Row::Unknown(closest(name, kinds.keys().chain(others).map(String::as_str))),
    }
}

fn top_level(key: &str) -> Option<DocumentProblem> {
    let is_known = BLOCKS.contains(&key) || key == "//";
    (!is_known).then(|| {
        let help =
            closest(key, BLOCKS).map_or_else(|| format!("Terraform reads {}", List::ticked(BLOCKS)).into(), Help::near);
        problem(Code::UnknownKey, vec![key.into()], format!("Terraform has no block `{key}`"), help, false)
    })
}

/// A type without resources.
fn empty(name: &str, named: &Json, path: &[Step]) -> Option<DocumentProblem> {
    named.as_object().filter(|named| named.is_empty())?;
    let message = format!("`{name}` has no resources, and Terraform refuses a type without any");
    let help = format!("leave it out: `{name}? = if CONDITION then {{ ... }}`");
    Some(problem(Code::InvalidConfig, path.to_vec(), message, help, false))
}

fn unknown_type(kind: &str, name: &str, near: Option<&str>, path: Vec<Step>) -> DocumentProblem {
    let noun = if kind == "data" { "data source" } else { "resource type" };
    let provider =
        of_type(name).map_or_else(String::new, |table| format!(" of {} {}", table.provider, table.known_through));
    let help = near.map_or_else(|| "look it up in the documentation of the provider".into(), Help::near);
    problem(Code::UnknownKey, path, format!("no {noun}{provider} is named `{name}`"), help, false)
}

/// What is wrong with the resources of a type.
fn of_type_named(row: &'static ResourceType, named: &Json, path: &[Step]) -> Vec<DocumentProblem> {
    let mut found = Vec::new();
    for (name, body) in named.as_object().into_iter().flatten() {
        let at = [path, &[name.as_str().into()]].concat();
        if !is_name(name) {
            let message = format!("`{name}` is not a name that Terraform takes");
            let help = "use letters, digits, `_` and `-`, and begin with a letter or `_`";
            found.push(problem(Code::InvalidName, at.clone(), message, help, false));
        }
        let several = body.as_array().map_or_else(
            || vec![(at.clone(), body)],
            |list| list.iter().enumerate().map(|(place, body)| ([&at[..], &[place.into()]].concat(), body)).collect(),
        );
        for (at, body) in several {
            found.extend(argument::block(row, "", body, &at));
        }
    }
    found
}

/// The name of a resource, a variable or an output (the identifiers of Terraform's configuration syntax).
fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    let begins = letters.next().is_some_and(|first| first.is_alphabetic() || first == '_');
    begins && letters.all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'))
}

/// Secrets that Terraform is given: it writes them to its state.
fn secrets(value: &Json) -> Vec<DocumentProblem> {
    let mut found = Vec::new();
    texts(value, &mut Vec::new(), &mut |text, path| {
        if is_secret(text) || text.contains("(secret") {
            let message = "this is a secret, and Terraform writes it to its state in plain text".to_owned();
            let help = "leave it to the files of the machine, which `kmodel render` writes with mode 0600";
            found.push(problem(Code::SecretExposed, path.to_vec(), message, help, true));
        }
    });
    found
}

/// Every text of a value, with the way to it.
fn texts(value: &Json, at: &mut Vec<Step>, take: &mut dyn FnMut(&str, &[Step])) {
    match value {
        Json::String(text) => take(text, at),
        Json::Array(list) => {
            for (place, inner) in list.iter().enumerate() {
                at.push(place.into());
                texts(inner, at, take);
                at.pop();
            }
        }
        Json::Object(map) => {
            for (key, inner) in map {
                at.push(key.as_str().into());
                texts(inner, at, take);
                at.pop();
            }
        }
        _ => {}
    }
}

fn problem(code: Code, path: Vec<Step>, message: String, help: impl Into<Help>, is_value: bool) -> DocumentProblem {
    DocumentProblem { code, path, message, help: help.into(), is_value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(value: Json) -> Vec<String> {
        let all = reference::check(&value, std::slice::from_ref(&value)).into_iter().chain(check(&value));
        all.map(|found| found.message).collect()
    }

    #[test]
    fn what_the_provider_takes_is_silent() {
        let value = json!({
            "terraform": { "required_providers": { "aws": { "source": "hashicorp/aws", "version": "5.100.0" } } },
            "variable": { "key": {} },
            "data": { "aws_ami": { "debian": { "owners": ["136693071363"], "most_recent": true,
                "filter": [{ "name": "name", "values": ["debian-13-*"] }] } } },
            "resource": {
                "aws_vpc": { "main": { "cidr_block": "10.0.0.0/16", "tags": { "Name": "a" } } },
                "aws_subnet": { "a": { "vpc_id": "${aws_vpc.main.id}", "cidr_block": "10.0.0.0/24" } },
                "aws_instance": { "m": { "ami": "${data.aws_ami.debian.id}", "subnet_id": "${aws_subnet.a.id}",
                    "key_name": "${var.key}", "root_block_device": { "volume_size": 20 },
                    "monitoring": "true", "user_data_base64": "${filebase64(\"${path.module}/aws_vpc.none.id\")}",
                    "lifecycle": { "ignore_changes": ["ami"] }, "depends_on": ["aws_vpc.main"] } },
                "aws_sqs_queue": { "other": { "whatever": 1 } },
                "random_pet": { "name": { "length": 2 } },
            },
        });
        assert_eq!(said(value.clone()), Vec::<String>::new());
        let unexamined: Vec<String> = unexamined(&value).into_iter().collect();
        assert_eq!(unexamined, ["aws_sqs_queue", "random_pet"]);
    }

    #[test]
    fn each_kind_of_mistake_is_told() {
        let vpc = |body: Json| json!({ "resource": { "aws_vpc": { "main": body } } });
        for (value, wanted) in [
            (json!({ "resource": { "aws_eip": {} } }), "`aws_eip` has no resources"),
            (json!({ "resources": {} }), "Terraform has no block `resources`"),
            (
                json!({ "resource": { "aws_vcp": { "a": {} } } }),
                "no resource type of hashicorp/aws 5.100.0 is named `aws_vcp`",
            ),
            (
                json!({ "data": { "aws_amis": { "a": {} } } }),
                "no data source of hashicorp/aws 5.100.0 is named `aws_amis`",
            ),
            (json!({ "resource": { "aws_vpc": { "1st": {} } } }), "`1st` is not a name that Terraform takes"),
            (vpc(json!({ "cidr": "10.0.0.0/16" })), "`aws_vpc` has no argument `cidr`"),
            (vpc(json!({ "arn": "x" })), "`arn` of `aws_vpc` is known only when it is made"),
            (vpc(json!({ "tags": ["a"] })), "`tags` expects a map, found a list"),
            (vpc(json!({ "ipv4_netmask_length": "wide" })), "`ipv4_netmask_length` expects a number, found a string"),
            (vpc(json!({ "enable_dns_support": "yes" })), "`enable_dns_support` expects a boolean, found a string"),
            (vpc(json!({ "cidr_block": "${aws_vpc.other.id}" })), "`aws_vpc.other` is not declared"),
            (vpc(json!({ "cidr_block": "${aws_vpc.main.ident}" })), "`aws_vpc` has no attribute `ident`"),
            (vpc(json!({ "cidr_block": "${data.aws_ami.x.id}" })), "`data.aws_ami.x` is not declared"),
            (vpc(json!({ "cidr_block": "${var.range}" })), "`var.range` is not declared"),
            (vpc(json!({ "cidr_block": "${local.range}" })), "`local.range` is not declared"),
            (vpc(json!({ "depends_on": ["aws_subnet.a"] })), "`aws_subnet.a` is not declared"),
            (
                vpc(json!({ "cidr_block": "(secret)" })),
                "this is a secret, and Terraform writes it to its state in plain text",
            ),
            (
                json!({ "resource": { "aws_subnet": { "a": { "cidr_block": "10.0.0.0/24" } } } }),
                "`aws_subnet` needs `vpc_id`",
            ),
            (
                json!({ "resource": { "aws_instance": { "a": { "root_block_device": [{}, {}] } } } }),
                "`root_block_device` may be there once",
            ),
            (
                json!({ "resource": { "aws_instance": { "a": { "root_block_device": { "size": 1 } } } } }),
                "`root_block_device` of `aws_instance` has no argument `size`",
            ),
        ] {
            let found = said(value.clone());
            assert!(found.iter().any(|message| message.starts_with(wanted)), "{wanted}: {found:?} of {value}");
            assert_eq!(found.len(), 1, "{found:?}");
        }
    }
}
