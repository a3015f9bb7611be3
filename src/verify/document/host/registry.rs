//! Mirrors of registries: hosts.toml of containerd.
//!
//! Source: containerd docs/hosts.md, core/remotes/docker/config/hosts.go (`parseHostConfig`, `parseHostsFile`).

use serde_json::Value as Json;

use super::{DocumentProblem, slip};
use crate::diag::{Code, Help, did_you_mean};
use crate::verify::locate::Step;

const KEYS: &[&str] =
    &["ca", "capabilities", "client", "dial_timeout", "header", "host", "override_path", "server", "skip_verify"];
const CAPABILITIES: &[&str] = &["pull", "push", "resolve", "referrers"];

/// What is wrong with a file.
pub(super) fn check(path: &str, text: &str) -> Vec<DocumentProblem> {
    let value = match toml::from_str::<Json>(text) {
        Ok(value) => value,
        Err(error) => {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let message = format!("`{path}` is not valid TOML: {}", error.message());
            let help = "containerd pulls nothing from this registry with it";
            return vec![super::wrong(Code::InvalidConfig, before.matches('\n').count() + 1, message, help)];
        }
    };
    let mut found = body(&value, &[]);
    for (name, host) in value.get("host").and_then(Json::as_object).into_iter().flatten() {
        found.extend(body(host, &["host".into(), name.as_str().into()]));
    }
    found
}

fn body(value: &Json, way: &[Step]) -> Vec<DocumentProblem> {
    let mut found = Vec::new();
    let mut say = |below: Vec<Step>, message: String, help: Help, is_value: bool| {
        let (code, path) = (if is_value { Code::InvalidConfig } else { Code::UnknownKey }, [way, &below].concat());
        found.push(DocumentProblem { code, path, message, help, is_value });
    };
    for key in value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()) {
        if !KEYS.contains(&key)
            && let Some(near) = slip(key, KEYS.iter().copied())
        {
            say(vec![key.into()], format!("unknown key `{key}`: containerd ignores it"), Help::near(near), false);
        }
    }
    let list = value.get("capabilities").and_then(Json::as_array).into_iter().flatten().enumerate();
    for (place, one) in list.filter_map(|(place, one)| Some((place, one.as_str()?))) {
        if !CAPABILITIES.contains(&&*one.to_lowercase()) {
            let message = format!(
                "unknown capability `{one}`: containerd refuses the file, and pulls nothing from this registry"
            );
            let help =
                did_you_mean(one, CAPABILITIES.iter().copied(), "its capabilities are `pull`, `resolve` and `push`");
            say(vec!["capabilities".into(), place.into()], message, help, true);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn capabilities_are_those_of_containerd() {
        let good =
            "server = \"https://a\"\n[host.\"https://b\"]\n  capabilities = [\"pull\", \"resolve\"]\n  ca = \"/a\"\n";
        assert_eq!(check("", good), []);
        assert_eq!(check("", &good.replace("resolve", "reslove")).len(), 1);
        assert_eq!(check("", &good.replace("capabilities", "capabilites")).len(), 1);
        assert_eq!(check("", "server = ").len(), 1);
    }
}
