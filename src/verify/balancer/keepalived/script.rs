//! Scripts that keepalived runs: one that cannot be run always fails, or is disabled.
//!
//! Source: keepalived.conf(5) (vrrp_script, notify), acassen/keepalived lib/notify.c (check_script_secure: "Disabling ... since not
//! found/accessible"), osixia/docker-keepalived#27.

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::render::evidence::Sample;
use crate::verify::hosts::installed::{Programs, Trouble};
use crate::verify::hosts::script;

use super::super::File;
use super::text::Block;

/// The keywords that name a script.
const KEYWORDS: [&str; 14] = [
    "lvs_notify_fifo_script",
    "notify",
    "notify_backup",
    "notify_deleted",
    "notify_down",
    "notify_fault",
    "notify_fifo_script",
    "notify_master",
    "notify_stop",
    "notify_up",
    "script",
    "shutdown_script",
    "startup_script",
    "vrrp_notify_fifo_script",
];

pub(super) fn verify(
    model: &Model<'_>,
    (sample, file): (&Sample<'_>, &File<'_, '_>),
    blocks: &[Block<'_>],
) -> Vec<Diagnostic> {
    let programs = Programs::of(sample);
    let mut problems = Vec::new();
    named(blocks, "", &mut |path, line, what| {
        let message = match programs.trouble(path) {
            // `tables/named.toml` knows what names files.
            Some(Trouble::Missing) => None,
            Some(Trouble::NotExecutable(mode)) => {
                Some((format!("cannot be executed: its mode is {mode:04o}"), "set `mode = 0755`"))
            }
            None => script::text(sample, path).and_then(|text| script::unstartable(&text)),
        };
        problems.extend(message.map(|(why, help)| {
            let message = format!("`{what}` runs `{path}`, which {why}");
            file.problem(model, Code::ProgramMissing, line, message, help)
        }));
    });
    problems
}

/// The scripts that blocks name by their whole path.
fn named(blocks: &[Block<'_>], title: &str, found: &mut impl FnMut(&str, usize, &str)) {
    for block in blocks {
        let (Some(name), path) = (block.words.first(), block.words.get(1)) else { continue };
        let path = path.map(|path| path.trim_matches(['"', '\''])).filter(|path| path.starts_with('/'));
        if let Some(path) = path.filter(|path| KEYWORDS.contains(name) && !path.contains(['$', '\\'])) {
            found(path, block.line, &format!("{name}` of `{title}"));
        }
        named(&block.inside, &block.words[..block.words.len().min(2)].join(" "), found);
    }
}
