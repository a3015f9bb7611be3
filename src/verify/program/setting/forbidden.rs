//! Values that a setting should not have.

use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::facts::quantity::quantity;
use crate::facts::setting::{Listed, Value};
use crate::model::Model;
use crate::text::List;

use super::{Setting, Settings, problem};

/// Looks at every setting of a rule; the same said of an application once.
pub fn judge(model: &Model<'_>, settings: &Settings, rule: &Value, code: Code) -> Vec<Diagnostic> {
    let mut list: Vec<Diagnostic> = Vec::new();
    for setting in settings.named(&rule.setting).filter(|setting| !setting.secret && is_meant(rule, setting)) {
        let message = format!("`{}` is `{}`; {}", setting.name, setting.text, rule.what);
        let found = problem(model, code, setting, message).help(&*rule.help);
        if !list.contains(&found) {
            list.push(found);
        }
    }
    list
}

fn is_meant(rule: &Value, setting: &Setting) -> bool {
    let text = setting.text.trim();
    let is = rule.is.as_deref().is_some_and(|bad| text.split(',').any(|part| part.trim() == bad));
    let not = rule.not.as_deref().is_some_and(|good| text != good);
    let begins =
        rule.begins.iter().any(|start| text.starts_with(start.as_str()) || text == start.trim_end_matches('/'));
    let most = rule.most.is_some_and(|most| quantity(text).is_some_and(|number| number > most));
    is || not || begins || most
}

/// A name that is missing in a list beside it.
pub fn listed(model: &Model<'_>, settings: &Settings, rule: &Listed) -> Vec<Diagnostic> {
    let judge = |setting: &Setting| {
        let list = settings.beside(setting, &rule.among).filter(|list| !list.secret)?;
        let names: Vec<&str> = list.text.split(',').filter_map(|part| Some(part.split_once('=')?.0.trim())).collect();
        if names.is_empty() || names.contains(&setting.text.trim()) {
            return None;
        }
        let message =
            format!("`{}` is `{}`, which is not in `{}`; {}", setting.name, setting.text, list.name, rule.what);
        let known = || names.iter().copied();
        let help = did_you_mean(&setting.text, known(), &format!("it has {}", List::ticked(known())));
        let found = problem(model, Code::RefusedSetting, setting, message);
        Some(found.label(list.span, format!("`{}`", list.name)).help(help))
    };
    settings.named(&rule.setting).filter_map(judge).collect()
}
