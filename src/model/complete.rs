//! Records of a declared type: a field that may be absent (`name?: type`) and is not given reads as `none`.

use std::sync::Arc;

use crate::syntax::ast::{Ident, Type, TypeKind};

use super::Value;
use super::value::Record;

/// The value with each field that its type lists.
pub(super) fn completed(value: Value, ty: &Type) -> Value {
    if has_optional(ty) { complete(&value, ty).unwrap_or(value) } else { value }
}

fn has_optional(ty: &Type) -> bool {
    match &ty.kind {
        TypeKind::Generic(_, inner) | TypeKind::Optional(inner) => has_optional(inner),
        TypeKind::Union(members) => members.iter().any(has_optional),
        TypeKind::Record(fields) => fields.iter().any(|(_, optional, ty)| *optional || has_optional(ty)),
        TypeKind::Name(_) | TypeKind::Error | TypeKind::Text(_) | TypeKind::Component(_) => false,
    }
}

/// The completed value, unless it is of another shape than its type.
fn complete(value: &Value, ty: &Type) -> Option<Value> {
    match (&ty.kind, value) {
        (TypeKind::Optional(inner), value) => complete(value, inner),
        (TypeKind::Union(members), value) => members.iter().find_map(|member| complete(value, member)),
        (TypeKind::Generic(_, inner), Value::List(list)) => {
            Some(Value::list(list.iter().map(|one| completed(one.clone(), inner))))
        }
        (TypeKind::Generic(name, inner), Value::Record(map)) if &*name.name == "map" => {
            let entries = map.iter().map(|(key, one)| (key.clone(), completed(one.clone(), inner)));
            Some(Value::Record(Arc::new(entries.collect())))
        }
        (TypeKind::Record(fields), Value::Record(record)) => Some(filled(record, fields)),
        _ => None,
    }
}

fn filled(record: &Record, fields: &[(Ident, bool, Type)]) -> Value {
    let mut out = record.clone();
    for (name, optional, ty) in fields {
        match out.get_mut(&name.name) {
            Some(value) => *value = completed(std::mem::replace(value, Value::None), ty),
            None if *optional => drop(out.insert(name.name.clone(), Value::None)),
            None => {}
        }
    }
    Value::Record(Arc::new(out))
}
