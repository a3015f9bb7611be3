//! Settings of one program that must have different values.

use crate::diag::{Code, Diagnostic};
use crate::facts::setting::Differ;
use crate::model::Model;

use super::settings::{Setting, Settings};
use super::{distinct_places, problem};

/// The settings of a rule that have one value on a machine.
pub(super) fn verify(model: &Model<'_>, settings: &Settings, rule: &Differ) -> Vec<Diagnostic> {
    let list: Vec<&Setting> = settings.list.iter().filter(|setting| rule.settings.contains(&setting.name)).collect();
    let alike = |first: &Setting, second: &Setting| {
        second.name != first.name && second.is_beside(first) && second.values == first.values
    };
    distinct_places(list.iter().enumerate().filter_map(|(index, first)| {
        let second = list[index + 1..].iter().find(|second| alike(first, second))?;
        let (a, b, what) = (&first.written, &second.written, &rule.what);
        let message = format!("`{a}` and `{b}` are both `{}`: {what}", first.text);
        Some(
            problem(model, Code::SharedAuthority, second, message).label(first.span, "the other one").help(&*rule.help),
        )
    }))
}
