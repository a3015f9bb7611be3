//! Modules of the kernel that a command unloads and the machine needs.

use super::{Act, Host, unwise};
use crate::diag::Diagnostic;
use crate::verify::document::host::module::plain;

/// The modules that are gone behind a command.
pub(super) fn unloads(host: &Host<'_, '_>, act: &Act<'_, '_>) -> Vec<Diagnostic> {
    let needed: Vec<String> = host.sample.bundle.modules.iter().map(|name| plain(name)).collect();
    let is_back = |name: &str| {
        host.after(act).any(|command| {
            command.text.contains("modprobe") && !command.text.contains(" -r") && plain(&command.text).contains(name)
        })
    };
    let gone = act.operands().filter(|word| {
        let name = plain(&word.text);
        needed.contains(&name) && !is_back(&name)
    });
    let say = |word: &crate::render::evidence::Word<'_>| {
        let message = format!("`{}` unloads the module `{}`, which this machine needs", act.said(), word.text);
        unwise(act.span(host.model, word), message, "remove the command")
    };
    gone.map(say).collect()
}
