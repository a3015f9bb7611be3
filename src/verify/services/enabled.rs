//! Units that a command enables and that say of no boot target that it wants them: `systemctl enable` does nothing then.
//!
//! Source: systemctl(1) (enable: `[Install]` section), systemd.unit(5).

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::render::evidence::{Command, Entry, Sample, Service};
use crate::verify::locate;

/// What `[Install]` may have.
const INSTALL: [&str; 6] = ["WantedBy", "RequiredBy", "UpheldBy", "Alias", "Also", "DefaultInstance"];

/// How one unit wants another.
const WANTS: [&str; 5] = ["Wants", "Requires", "BindsTo", "Upholds", "Requisite"];

/// The command that enables a unit to no effect.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let is_whole = service.parts.iter().any(|part| part.is_text && !part.is_drop_in);
    let has = |key: &&str| service.values("Install", key).next().is_some();
    if !is_whole || INSTALL.iter().any(has) || is_wanted(sample, &service.name) {
        return None;
    }
    let commands = sample.entries.iter().filter_map(|entry| match entry {
        Entry::Command(command) => Some(command),
        _ => None,
    });
    let command = commands.into_iter().find(|command| enables(&command.text, &service.name))?;
    Some(problem(model, command, &service.name))
}

fn is_wanted(sample: &Sample<'_>, name: &str) -> bool {
    let wants = |service: &Service<'_>| {
        let mut values = WANTS.iter().flat_map(|key| service.values("Unit", key));
        values.any(|(_, value, _)| value.split_whitespace().any(|one| one == name))
    };
    sample.services.iter().any(wants)
}

/// Whether a command is `systemctl enable` of a unit.
fn enables(text: &str, name: &str) -> bool {
    let mut words = text.split_whitespace();
    let is_systemctl = words.any(|word| word.rsplit('/').next() == Some("systemctl"));
    let words: Vec<&str> = words.take_while(|word| !matches!(*word, "&&" | "||" | ";" | "|")).collect();
    let is_name = |word: &&str| {
        word.rsplit('/').next().is_some_and(|own| own == name || name.strip_suffix(".service") == Some(own))
    };
    is_systemctl && words.contains(&"enable") && words.iter().any(|word| is_name(&word.trim_matches(['"', '\'', ';'])))
}

fn problem(model: &Model<'_>, command: &Command<'_>, name: &str) -> Diagnostic {
    let span = locate::word::span(model, command.owner, &command.written);
    let message =
        format!("`systemctl enable` does nothing: unit `{name}` has no `[Install]`, so it does not start at a boot");
    let found = Diagnostic::new(Code::UnwiseSetting, span, message);
    found.help(format!("add `[Install]` with `WantedBy=multi-user.target` to `{name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_enabled_by_its_name() {
        for text in [
            "systemctl enable a",
            "/bin/systemctl enable --now a.service b",
            "systemctl --quiet enable \"a\"",
            "true && systemctl enable b a;",
        ] {
            assert!(enables(text, "a.service"), "{text}");
        }
        for text in ["systemctl start a", "systemctl enable b", "echo enable a", "systemctl enable b && echo a"] {
            assert!(!enables(text, "a.service"), "{text}");
        }
        assert!(enables("systemctl enable a.timer", "a.timer") && !enables("systemctl enable a", "a.timer"));
    }
}
