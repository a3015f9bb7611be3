//! What a check expects of an API server, which answers whether it is healthy with 200 to everybody, unless it refuses the anonymous.
//!
//! Source: kubernetes.io/docs/reference/using-api/health-checks, docs.haproxy.org/3.0/configuration.html (4.2 http-check expect).

use crate::diag::{Code, Diagnostic};
use crate::render::evidence::{Content, Entry};
use crate::verify::Evidence;

use super::super::super::File;
use super::super::proxy;
use super::super::server::fronts;
use super::super::text::{Config, Line, Section};

const HEALTH: [&str; 4] = ["/healthz", "/livez", "/readyz", "/version"];

/// A status that no API server answers with.
pub(super) fn verify(
    evidence: &Evidence<'_, '_>,
    file: &File<'_, '_>,
    config: &Config<'_>,
    (section, servers): (&Section<'_>, &[&Line<'_>]),
) -> Option<Diagnostic> {
    let model = evidence.model;
    let asked =
        ["option httpchk", "http-check send"].into_iter().filter_map(|keyword| config.effective(section, keyword));
    let asks = asked.flat_map(|(_, line)| &line.words).any(|word| HEALTH.iter().any(|path| word.starts_with(path)));
    let (_, line) = config.effective(section, "http-check expect")?;
    let place = line.words.iter().position(|word| *word == "status")?;
    let wanted = line.words.get(place + 1).filter(|_| asks && !line.words.contains(&"!"))?;
    if wanted.split(',').any(|one| holds(one, 200)) || refuses_anonymous(evidence) {
        return None;
    }
    let all = servers.iter().flat_map(|line| fronts(model, file, line));
    let end = all.map(|front| front.end).find(|end| proxy::is_end_to_end(model, *end))?;
    let message = format!(
        "`http-check expect` waits for the status {wanted}, but `{}` answers 200 when it is healthy: every server of `{}` is down",
        model.endpoint_name(end),
        section.title()
    );
    Some(file.problem(model, Code::RefusedSetting, line.number, message, "use `http-check expect status 200`"))
}

/// Whether a status is in a range such as `200-399`.
fn holds(range: &str, status: u16) -> bool {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let read = |text: &str| text.parse::<u16>().ok();
    // What cannot be read may be any.
    read(first).zip(read(last)).is_none_or(|(first, last)| (first..=last).contains(&status))
}

/// Whether some API server may answer those without a name with 401.
fn refuses_anonymous(evidence: &Evidence<'_, '_>) -> bool {
    let mut entries = evidence.samples.iter().flat_map(|sample| &sample.entries);
    entries.any(|entry| match entry {
        Entry::Flags(flags) => {
            let is_off = |name: &str| {
                flags.given.iter().any(|flag| flag.name == name && flag.value.scalar_text().as_deref() != Some("true"))
            };
            is_off("anonymous-auth") || flags.given.iter().any(|flag| flag.name == "authentication-config")
        }
        Entry::Document(document) => match &document.content {
            Content::Text(text) => text.contains("AuthenticationConfiguration") || text.contains("anonymous-auth"),
            Content::Value(_) => false,
        },
        _ => false,
    })
}
