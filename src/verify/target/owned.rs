//! Keys of a cloud-config that are kmodel's own.

use crate::diag::Code;
use crate::model::value::Record;
use crate::target::cloud_config::own::OWNED;
use crate::verify::document::DocumentProblem;

/// Those among what the operator adds.
pub(super) fn keys(own: &Record) -> Vec<DocumentProblem> {
    let found = OWNED.iter().filter(|(key, _)| own.contains_key(*key));
    let finding = |(key, why): &(&str, &str)| DocumentProblem {
        code: Code::OwnedKey,
        path: vec![(*key).into()],
        message: format!("`{key}` is managed by kmodel: {why}"),
        help: format!("remove `{key}`").into(),
        is_value: false,
    };
    found.map(finding).collect()
}
