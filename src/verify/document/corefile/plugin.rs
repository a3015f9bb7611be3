//! Plugins of a Corefile and what stands in their braces: CoreDNS exits with what it does not know ("Unknown directive", "unknown property").

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{DocumentProblem, Plugin, finding};
use crate::diag::{Code, Help, closest};

#[derive(Deserialize)]
struct Table {
    plugins: Vec<String>,
    external: Vec<String>,
    removed: BTreeMap<String, String>,
    properties: BTreeMap<String, Vec<String>>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("plugins.toml")).expect("the embedded table is valid TOML"));

/// What is wrong with a plugin; `is_standard` where CoreDNS has no others than its own.
pub(super) fn check(plugin: &Plugin<'_>, is_standard: bool) -> Option<DocumentProblem> {
    let name = plugin.name;
    if name.contains(['{', '$', '(']) {
        return None;
    }
    if let Some(help) = TABLE.removed.get(name) {
        return Some(refused(plugin.line, format!("CoreDNS has no plugin `{name}` any more"), help.as_str().into()));
    }
    let known = TABLE.plugins.iter().any(|known| known == name);
    if !known {
        let is_external = TABLE.external.iter().any(|known| known == name) && !is_standard;
        let near = closest(name, TABLE.plugins.iter().map(String::as_str));
        let help = near.map_or_else(|| "use an image that has it, or remove it".into(), Help::near);
        let is_wrong = !is_external && (near.is_some() || is_standard);
        return is_wrong.then(|| refused(plugin.line, format!("CoreDNS has no plugin `{name}`"), help));
    }
    if name == "forward" && plugin.arguments.len() < 2 {
        let message = "`forward` names no server that it forwards to".to_owned();
        return Some(refused(
            plugin.line,
            message,
            "write `forward . ADDRESS`, or `forward . /etc/resolv.conf`".into(),
        ));
    }
    let properties = TABLE.properties.get(name)?;
    let is_unknown = |(word, _): &&(&str, usize)| {
        !properties.iter().any(|known| known == word) && *word != "import" && !word.contains(['{', '$'])
    };
    let (word, line) = plugin.inside.iter().find(is_unknown)?;
    let near = closest(word, properties.iter().map(String::as_str));
    let help = near.map_or_else(|| format!("it has {}", properties.join(", ")).into(), Help::near);
    Some(refused(*line, format!("`{name}` of the Corefile has no property `{word}`"), help))
}

fn refused(line: usize, message: String, help: Help) -> DocumentProblem {
    DocumentProblem { help, ..finding(Code::RefusedSetting, line, format!("{message}: it exits at startup"), "") }
}
