//! What Terraform says as it works: a message of JSON per line (`-json`).
//!
//! Source: the machine-readable UI of Terraform's documentation, version 1.2.

use serde::Deserialize;

use crate::apply::progress::Progress;

/// A line, as far as it is of use.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Message {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    hook: Hook,
    diagnostic: Option<Diagnostic>,
}

/// What happens to a resource.
#[derive(Debug, Default, Deserialize)]
struct Hook {
    #[serde(default)]
    resource: Resource,
    #[serde(default)]
    action: String,
}

#[derive(Debug, Default, Deserialize)]
struct Resource {
    #[serde(default)]
    addr: String,
}

/// An error or a warning.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
pub(super) struct Diagnostic {
    #[serde(default)]
    pub severity: String,
    #[serde(default)]
    pub summary: String,
    #[serde(default)]
    pub detail: String,
    #[serde(default)]
    pub address: String,
}

impl Message {
    /// Reads a line; what is not a message is passed over.
    pub(super) fn read(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }

    /// The error that it tells of.
    pub(super) fn error(&self) -> Option<&Diagnostic> {
        self.diagnostic.as_ref().filter(|diagnostic| diagnostic.severity == "error")
    }

    /// The resource that it is about, and how far that is.
    pub(super) fn progress(&self) -> Option<(&str, Progress)> {
        let Hook { resource, action } = &self.hook;
        let (doing, done) = words(action);
        let progress = match self.kind.as_str() {
            "apply_start" => Progress::Doing(format!("{doing} {}", resource.addr)),
            "apply_complete" => Progress::Doing(format!("{done} {}", resource.addr)),
            "apply_errored" => Progress::Doing(format!("failed: {doing} {}", resource.addr)),
            _ => return None,
        };
        Some((&resource.addr, progress))
    }
}

fn words(action: &str) -> (&'static str, &'static str) {
    match action {
        "create" => ("creating", "created"),
        "update" => ("changing", "changed"),
        "delete" => ("removing", "removed"),
        _ => ("reading", "read"),
    }
}

impl Diagnostic {
    /// `aws_instance.cp-0: Unsupported: the type is not offered in this zone`.
    pub(super) fn text(&self) -> String {
        let detail = self.detail.split_whitespace().collect::<Vec<_>>().join(" ");
        let parts = [self.address.as_str(), self.summary.trim(), &detail];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
    }
}

/// The error of a command that writes for people: what follows `Error:`, without the frame around it.
pub(super) fn error_of(text: &str) -> Option<String> {
    let lines = text.lines().map(|line| line.trim_start_matches(['│', '╷', '╵', '|', ' ']).trim_end());
    let mut lines = lines.skip_while(|line| !line.starts_with("Error: "));
    let summary = lines.next()?.strip_prefix("Error: ")?.trim().to_owned();
    let is_more = |line: &&str| !line.starts_with("Error: ");
    let detail = lines.take_while(is_more).filter(|line| !line.is_empty()).take(6).collect::<Vec<_>>().join(" ");
    Some(if detail.is_empty() { summary } else { format!("{summary}: {detail}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(line: &str) -> Option<String> {
        let message = Message::read(line)?;
        let (address, progress) = message.progress()?;
        Some(format!("{address}: {progress:?}"))
    }

    #[test]
    fn progress_is_told_for_each_resource() {
        let line = |kind: &str, action: &str| {
            progress(&format!(
                r#"{{"@level":"info","type":"{kind}","hook":{{"resource":{{"addr":"a.b"}},"action":"{action}"}}}}"#
            ))
        };
        assert_eq!(line("apply_start", "create").unwrap(), "a.b: Doing(\"creating a.b\")");
        assert_eq!(line("apply_errored", "delete").unwrap(), "a.b: Doing(\"failed: removing a.b\")");
        assert_eq!(line("apply_complete", "update").unwrap(), "a.b: Doing(\"changed a.b\")");
        assert_eq!(line("refresh_start", "read"), None);
        assert_eq!((progress("Initializing"), progress(r#"{"type":1}"#), progress("")), (None, None, None));
    }

    #[test]
    fn an_error_has_its_resource() {
        let line = r#"{"type":"diagnostic","diagnostic":{"severity":"error","summary":"No capacity","detail":"Try\n later.","address":"a.b"}}"#;
        assert_eq!(Message::read(line).unwrap().error().unwrap().text(), "a.b: No capacity: Try later.");
        let line = r#"{"type":"diagnostic","diagnostic":{"severity":"warning","summary":"x"}}"#;
        assert_eq!(Message::read(line).unwrap().error(), None);
    }

    #[test]
    fn an_error_for_people_is_found() {
        let text = "Initializing\n╷\n│ Error: Failed to query\n│ \n│ Could not\n│ retrieve it.\n╵\n";
        assert_eq!(error_of(text).unwrap(), "Failed to query: Could not retrieve it.");
        assert_eq!(error_of("all is well"), None);
    }
}
