//! Objects of a version: from the OpenAPI document that is beside its sources, `api/openapi-spec/swagger.json`.
//!
//! The table has a field if any of its versions has it, so a version only adds: kinds, types, fields, and values of fields
//! that take no other ones. A field with another type than before is said, and its row stays.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use toml::Value;

use super::{Change, ChangeKind, Draft};

/// A field of a type: what it is, and whether it is required.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    ty: String,
    required: bool,
}

type Fields = BTreeMap<String, Field>;

/// The definitions of a document by the names that the table has for them.
type Definitions<'a> = BTreeMap<String, &'a Json>;

/// Writes the objects of an OpenAPI document into the draft.
///
/// # Errors
/// When it has no definitions.
pub fn update(draft: &mut Draft, document: &Json) -> Result<(), String> {
    let definitions = document["definitions"].as_object().ok_or("it has no `definitions`")?;
    let by_name: Definitions<'_> = definitions.iter().map(|(name, one)| (short(name), one)).collect();
    let mut open = kinds(draft, &by_name);
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        let Some(definition) = by_name.get(&name).filter(|_| seen.insert(name.clone())) else { continue };
        if let Some(properties) = definition["properties"].as_object() {
            open.extend(properties.values().filter_map(reference));
            of_type(draft, &name, definition, &by_name);
        }
    }
    Ok(())
}

/// `core.v1.Pod` of `io.k8s.api.core.v1.Pod`.
fn short(name: &str) -> String {
    let parts: Vec<&str> = name.rsplitn(4, '.').take(3).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join(".")
}

/// The types of all kinds that the table lists fields of, with those that are new.
fn kinds(draft: &mut Draft, definitions: &Definitions<'_>) -> Vec<String> {
    let listed: BTreeSet<String> = others(draft);
    for (name, definition) in definitions {
        for kind in definition["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
            let text = |key: &str| kind[key].as_str().unwrap_or_default();
            let api = if text("group").is_empty() {
                text("version").to_owned()
            } else {
                format!("{}/{}", text("group"), text("version"))
            };
            let full = format!("{api} {}", text("kind"));
            let stable = !text("version").contains("alpha") && !text("version").contains("beta");
            let is_object = definition["properties"].get("metadata").is_some() && !name.ends_with("List");
            if stable && is_object && !listed.contains(&full) && draft.rows("kind").get(&full).is_none() {
                draft.rows("kind").insert(full.clone(), Value::String(name.clone()));
                draft.changes.push(Change::new(ChangeKind::Added, &full, "a new kind"));
            }
        }
    }
    draft.rows("kind").values().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The kinds whose fields are not listed: `v1 Event`.
fn others(draft: &mut Draft) -> BTreeSet<String> {
    let rows = draft.rows("other").iter();
    let names = rows.flat_map(|(api, names)| {
        let words = names.as_str().unwrap_or_default().split_whitespace();
        words.map(move |name| format!("{api} {name}"))
    });
    names.collect()
}

fn reference(property: &Json) -> Option<String> {
    let inside = |key: &str| property.get(key).and_then(reference);
    let own = property["$ref"].as_str().and_then(|path| path.rsplit('/').next()).map(short);
    own.or_else(|| inside("items")).or_else(|| inside("additionalProperties"))
}

/// How the table writes the type of a property.
fn type_of(property: &Json, all: &Definitions<'_>) -> String {
    if let Some(name) = property["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return of_reference(&short(name), all);
    }
    let format = property["format"].as_str().unwrap_or_default();
    match property["type"].as_str().unwrap_or_default() {
        "array" => format!("[]{}", type_of(&property["items"], all)),
        "object" if property.get("additionalProperties").is_some() => {
            format!("{{}}{}", type_of(&property["additionalProperties"], all))
        }
        "object" => "object".to_owned(),
        "integer" if format == "int64" => "int64".to_owned(),
        "integer" => "int32".to_owned(),
        "number" => "number".to_owned(),
        "boolean" => "bool".to_owned(),
        "string" => of_format(format).to_owned(),
        _ => "any".to_owned(),
    }
}

fn of_format(format: &str) -> &'static str {
    match format {
        "byte" => "bytes",
        "date-time" => "time",
        "int-or-string" => "int-or-string",
        _ => "string",
    }
}

/// Types that are written as one value.
fn of_reference(name: &str, all: &Definitions<'_>) -> String {
    let known = match name.rsplit('.').next().unwrap_or_default() {
        "Quantity" => "quantity",
        "IntOrString" => "int-or-string",
        "Time" | "MicroTime" => "time",
        "FieldsV1"
        | "RawExtension"
        | "JSON"
        | "JSONSchemaPropsOrBool"
        | "JSONSchemaPropsOrArray"
        | "JSONSchemaPropsOrStringArray" => "any",
        _ if all.get(name).is_some_and(|definition| definition["properties"].is_object()) => name,
        _ => "object",
    };
    known.to_owned()
}

/// The fields of a row: `name! spec:core.v1.PodSpec`.
fn read(row: &str) -> Fields {
    let field = |word: &str| {
        let (name, ty) = word.split_once(':').unwrap_or((word, "string"));
        let required = name.ends_with('!');
        (name.trim_end_matches('!').to_owned(), Field { ty: ty.to_owned(), required })
    };
    row.split_whitespace().map(field).collect()
}

fn write(fields: &Fields) -> String {
    let word = |(name, field): (&String, &Field)| {
        let mark = if field.required { "!" } else { "" };
        match &*field.ty {
            "string" => format!("{name}{mark}"),
            ty => format!("{name}{mark}:{ty}"),
        }
    };
    fields.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn of_type(draft: &mut Draft, name: &str, definition: &Json, all: &Definitions<'_>) {
    let former = draft.rows("type").get(name).and_then(Value::as_str).map(read);
    let is_new = former.is_none();
    let mut fields = former.unwrap_or_default();
    let required: Vec<&str> =
        definition["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    for (key, property) in definition["properties"].as_object().into_iter().flatten() {
        let is_required = is_new && required.contains(&&**key);
        let found = type_of(property, all);
        of_field(draft, (name, key), (property, found), (&mut fields, is_required));
    }
    // Required is what is so in each version; what the API server asks for beside the document stays.
    if is_new {
        let own = format!("{name}.");
        draft.changes.retain(|change| !change.name.starts_with(&own));
        draft.changes.push(Change::new(ChangeKind::Added, name, "a new type"));
    }
    draft.rows("type").insert(name.to_owned(), Value::String(write(&fields)));
}

fn of_field(
    draft: &mut Draft,
    (owner, key): (&str, &str),
    (property, found): (&Json, String),
    (fields, required): (&mut Fields, bool),
) {
    let (path, values) = (format!("{owner}.{key}"), values(property));
    match fields.get(key) {
        None => {
            let ty = if values.is_empty() { found } else { with_values(draft, &path, &found, &values) };
            fields.insert(key.to_owned(), Field { ty, required });
            draft.changes.push(Change::new(ChangeKind::Added, &path, "a new field"));
        }
        Some(known) => {
            let inner = known.ty.trim_start_matches("[]").trim_start_matches("{}").to_owned();
            match draft.rows("values").contains_key(&inner) {
                true => more_values(draft, &inner, &values),
                false if known.ty != found => {
                    let message = format!("its type is `{}` in the table, and `{found}` here", known.ty);
                    draft.changes.push(Change::new(ChangeKind::Unclear, &path, message));
                }
                false => {}
            }
        }
    }
}

/// The values that a property, or each element of it, may have.
fn values(property: &Json) -> Vec<String> {
    let list = property["enum"].as_array().or_else(|| property["items"]["enum"].as_array());
    list.into_iter().flatten().filter_map(Json::as_str).filter(|value| !value.is_empty()).map(str::to_owned).collect()
}

fn with_values(draft: &mut Draft, path: &str, found: &str, values: &[String]) -> String {
    draft.rows("values").insert(path.to_owned(), Value::String(values.join(" ")));
    found.replace("string", path)
}

fn more_values(draft: &mut Draft, name: &str, values: &[String]) {
    let row = draft.rows("values").get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let known: BTreeSet<&str> = row.split_whitespace().collect();
    let new: Vec<&str> = values.iter().map(String::as_str).filter(|value| !known.contains(value)).collect();
    if !new.is_empty() {
        let message = format!("it takes {} too", crate::text::List::ticked(new.iter().copied()));
        draft.changes.push(Change::new(ChangeKind::Changed, name, message));
        draft.rows("values").insert(name.to_owned(), Value::String(format!("{row} {}", new.join(" "))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TABLE: &str = r#"
        known_through = "1.37"
        source = "x"
        [kind]
        "v1 Pod" = "core.v1.Pod"
        [other]
        "v1" = "Event PodList"
        [values]
        "core.v1.Policy" = "Always Never"
        [type]
        "core.v1.Pod" = "apiVersion kind spec:core.v1.PodSpec"
        "core.v1.PodSpec" = "name! policy:core.v1.Policy count:int32 gone:string"
    "#;

    fn document() -> Json {
        let reference = |name: &str| json!({ "$ref": format!("#/definitions/{name}") });
        let kind = |kind: &str, version: &str| json!([{ "group": if kind == "Pod" { "" } else { "x.k8s.io" }, "version": version, "kind": kind }]);
        let metadata = json!({ "type": "object" });
        json!({ "definitions": {
            "io.k8s.api.core.v1.Pod": { "properties": { "metadata": metadata, "apiVersion": { "type": "string" },
                "kind": { "type": "string" }, "spec": reference("io.k8s.api.core.v1.PodSpec") },
                "x-kubernetes-group-version-kind": kind("Pod", "v1") },
            "io.k8s.api.core.v1.PodSpec": { "required": ["name", "late"], "properties": {
                "name": { "type": "string" }, "count": { "type": "string" }, "late": { "type": "integer", "format": "int64" },
                "policy": { "type": "string", "enum": ["Always", "Never", "Sometimes"] },
                "modes": { "type": "array", "items": { "type": "string", "enum": ["A", "B"] } },
                "size": reference("io.k8s.apimachinery.pkg.api.resource.Quantity"),
                "parts": { "type": "object", "additionalProperties": reference("io.k8s.api.core.v1.Part") } } },
            "io.k8s.api.core.v1.Part": { "required": ["key"], "properties": { "key": { "type": "string", "format": "byte" } } },
            "io.k8s.api.x.v1.Widget": { "properties": { "metadata": metadata }, "x-kubernetes-group-version-kind": kind("Widget", "v1") },
            "io.k8s.api.x.v1beta1.Early": { "properties": { "metadata": metadata }, "x-kubernetes-group-version-kind": kind("Early", "v1beta1") },
        } })
    }

    #[test]
    fn a_version_adds_what_it_has() {
        let mut draft = Draft::new(TABLE, crate::facts::lifespan::parse("1.38").expect("a version")).expect("a draft");
        update(&mut draft, &document()).expect("a document");
        let row = |draft: &mut Draft, kind: &str, name: &str| {
            draft.rows(kind).get(name).and_then(Value::as_str).map(str::to_owned)
        };
        let spec = "count:int32 gone late:int64 modes:[]core.v1.PodSpec.modes name! parts:{}core.v1.Part policy:core.v1.Policy size:quantity";
        assert_eq!(row(&mut draft, "type", "core.v1.PodSpec").as_deref(), Some(spec));
        assert_eq!(row(&mut draft, "type", "core.v1.Part").as_deref(), Some("key!:bytes"));
        assert_eq!(row(&mut draft, "values", "core.v1.Policy").as_deref(), Some("Always Never Sometimes"));
        assert_eq!(row(&mut draft, "values", "core.v1.PodSpec.modes").as_deref(), Some("A B"));
        assert_eq!(row(&mut draft, "kind", "x.k8s.io/v1 Widget").as_deref(), Some("x.v1.Widget"));
        assert!(row(&mut draft, "kind", "x.k8s.io/v1beta1 Early").is_none());
        let unclear: Vec<_> = draft.changes.iter().filter(|change| change.kind == ChangeKind::Unclear).collect();
        assert_eq!(unclear.len(), 1, "{unclear:?}");
        assert!(unclear[0].name == "core.v1.PodSpec.count");
        assert!(update(&mut draft, &json!({})).is_err());
    }
}
