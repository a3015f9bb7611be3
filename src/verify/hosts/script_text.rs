//! The texts of scripts that units run: what their shell refuses, and what dash does not have where bash was meant.
//!
//! Source: Debian Policy 10.4 (Scripts: /bin/sh is dash), wiki.ubuntu.com/DashAsBinSh, dash(1).

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic};
use crate::facts::family::Packages;
use crate::model::Model;
use crate::render::evidence::{Content, Document, Sample, Step, grammar};
use crate::verify::locate;

/// What is wrong with the scripts of one machine.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let run: HashSet<String> = sample.services.iter().flat_map(|service| service.scripts(&sample.entries)).collect();
    let scripts = sample.documents().filter(|document| run.contains(&document.path));
    scripts.filter_map(|document| of_script(model, sample, document)).collect()
}

fn of_script(model: &Model<'_>, sample: &Sample<'_>, document: &Document<'_>) -> Option<Diagnostic> {
    let Content::Text(text) = &document.content else { return None };
    let first = text.lines().next()?.strip_prefix("#!")?;
    let program = first.split_whitespace().next()?.rsplit('/').next()?;
    let (line, message, help) = match program {
        "sh" | "dash" | "bash" => match grammar::broken(text) {
            Some((line, what)) => {
                let help = "correct it; `sh -n FILE` reads a script without running it";
                (line, format!("{what}: the shell ends with a syntax error"), help)
            }
            None if program != "bash" && has_dash(model, sample, program) && !text.contains("BASH") => {
                let (line, what) = grammar::of_bash(text)?;
                let message = format!(
                    "`{what}` is bash's, and `#!{}` is dash on Debian and Ubuntu, which does not have it",
                    first.trim()
                );
                (line, message.replace("``", "`"), "write `#!/bin/bash` into the first line")
            }
            None => return None,
        },
        _ => return None,
    };
    let span = locate::value(model, document.owner, document.written, &document.way(&[Step::Line(line)]));
    Some(Diagnostic::new(Code::InvalidConfig, span, format!("`{}`: {message}", document.path)).help(help))
}

/// Whether `/bin/sh` is dash: Debian and Ubuntu have it so.
fn has_dash(model: &Model<'_>, sample: &Sample<'_>, program: &str) -> bool {
    let is_debian = |machine, target| model.family_on(target, machine).packages == Packages::Apt;
    let everywhere = |machine| model.targets.iter().all(|target| is_debian(machine, target));
    program == "dash" || sample.machine.is_none_or(everywhere)
}
