//! A table of a provider against the schema that the provider prints: `terraform providers schema -json`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value as Json;

use super::{Argument, Form, ResourceType, Table};

/// Something in which a table and a schema differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// `aws_vpc.cidr_block`, `data.aws_ami`.
    pub name: String,
    pub message: String,
}

/// What differs, sorted. Types that the table leaves out are no difference.
///
/// # Errors
/// When the text is not a schema, or has none of this provider.
pub fn compare(table: &Table, schema: &str) -> Result<Vec<Difference>, String> {
    let json: Json = serde_json::from_str(schema).map_err(|error| format!("it is not JSON: {error}"))?;
    let all = json.get("provider_schemas").and_then(Json::as_object).ok_or("it has no `provider_schemas`")?;
    let own = |name: &String| name.ends_with(&format!("/{}", table.provider));
    let found = all.iter().find(|(name, _)| own(name)).map(|(_, schema)| schema);
    let schema = found.ok_or_else(|| format!("it has no schema of {}", table.provider))?;
    let kinds = [("", "resource_schemas", &table.resource), ("data.", "data_source_schemas", &table.data)];
    let mut list: Vec<Difference> = kinds
        .into_iter()
        .flat_map(|(begin, key, rows)| {
            rows.iter().flat_map(move |(name, row)| of_type(&format!("{begin}{name}"), row, &schema[key][name]))
        })
        .collect();
    list.sort();
    Ok(list)
}

fn of_type(name: &str, row: &ResourceType, schema: &Json) -> Vec<Difference> {
    let differs = |name: String, message: String| Difference { name, message };
    let Some(block) = schema.get("block") else {
        return vec![differs(name.to_owned(), "the provider does not have it".to_owned())];
    };
    let (mut takes, mut gives) = (BTreeMap::new(), BTreeSet::new());
    walk(block, "", &mut takes, &mut gives);
    let mut list = Vec::new();
    for path in takes.keys().chain(row.takes.keys()).collect::<BTreeSet<_>>() {
        match (takes.get(path), row.takes.get(path)) {
            (Some(own), Some(known)) if own != known => {
                list.push(differs(
                    format!("{name}.{path}"),
                    format!("the provider has {}, the table {}", said(own), said(known)),
                ));
            }
            (Some(own), None) => {
                list.push(differs(format!("{name}.{path}"), format!("not in the table: {}", said(own))))
            }
            (None, Some(_)) => list.push(differs(format!("{name}.{path}"), "the provider does not take it".to_owned())),
            _ => {}
        }
    }
    let known: BTreeSet<String> = row.gives.iter().cloned().collect();
    list.extend(gives.difference(&known).map(|path| differs(format!("{name}.{path}"), "not in `gives`".to_owned())));
    list.extend(
        known
            .difference(&gives)
            .map(|path| differs(format!("{name}.{path}"), "the provider does not give it".to_owned())),
    );
    list
}

fn walk(block: &Json, begin: &str, takes: &mut BTreeMap<String, Argument>, gives: &mut BTreeSet<String>) {
    let is = |value: &Json, key: &str| value.get(key).and_then(Json::as_bool) == Some(true);
    for (name, attribute) in block.get("attributes").and_then(Json::as_object).into_iter().flatten() {
        let required = is(attribute, "required");
        if required || is(attribute, "optional") {
            takes.insert(format!("{begin}{name}"), Argument { form: form(&attribute["type"]), required });
        } else if begin.is_empty() {
            gives.insert(name.clone());
        }
    }
    for (name, inner) in block.get("block_types").and_then(Json::as_object).into_iter().flatten() {
        let single = matches!(inner["nesting_mode"].as_str(), Some("single" | "group"));
        let many = !single && inner.get("max_items").and_then(Json::as_u64) != Some(1);
        let required = inner.get("min_items").and_then(Json::as_u64).is_some_and(|least| least > 0);
        takes.insert(format!("{begin}{name}"), Argument { form: Form::Block { many }, required });
        walk(&inner["block"], &format!("{begin}{name}."), takes, gives);
    }
}

fn form(of: &Json) -> Form {
    match (of.as_str(), of.as_array().map(Vec::as_slice)) {
        (Some("string"), _) => Form::String,
        (Some("number"), _) => Form::Number,
        (Some("bool"), _) => Form::Bool,
        (_, Some([kind, inner])) => match kind.as_str() {
            Some("list" | "set") => Form::List(Box::new(form(inner))),
            Some("map") => Form::Map(Box::new(form(inner))),
            _ => Form::Any,
        },
        _ => Form::Any,
    }
}

fn said(argument: &Argument) -> String {
    let optional = if argument.required { "required" } else { "optional" };
    format!("`{}`, {optional}", argument.form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::provider::named;

    #[test]
    fn what_differs_is_listed() {
        let schema = r#"{"provider_schemas": {"registry.terraform.io/hashicorp/aws": {
            "resource_schemas": {"aws_route_table_association": {"block": {"attributes": {
                "id": {"type": "string", "optional": true, "computed": true}, "gateway_id": {"type": "number", "optional": true},
                "route_table_id": {"type": "string", "required": true}, "arn": {"type": "string", "computed": true},
                "extra": {"type": ["list", "string"], "optional": true}}}}},
            "data_source_schemas": {}}}}"#;
        let found = compare(named("aws").unwrap(), schema).unwrap();
        let of = |name: &str| {
            found.iter().filter(|one| one.name == name).map(|one| one.message.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(
            of("aws_route_table_association.gateway_id"),
            ["the provider has `number`, optional, the table `string`, optional"]
        );
        assert_eq!(of("aws_route_table_association.extra"), ["not in the table: `list<string>`, optional"]);
        assert_eq!(of("aws_route_table_association.subnet_id"), ["the provider does not take it"]);
        assert_eq!(of("aws_route_table_association.arn"), ["not in `gives`"]);
        assert_eq!(of("aws_vpc"), ["the provider does not have it"]);
        assert_eq!(of("data.aws_ami"), ["the provider does not have it"]);
        assert!(compare(named("aws").unwrap(), "{}").is_err() && compare(named("aws").unwrap(), "none").is_err());
    }
}
