//! Private files that a command opens to everybody on the machine.

use super::{Act, Host};
use crate::diag::{Code, Diagnostic};

/// A file with a key that everybody may read behind the command.
pub(super) fn opens(host: &Host<'_, '_>, act: &Act<'_, '_>) -> Option<Diagnostic> {
    let mode = &act.command.words[*act.effect.how.first()?].text;
    if !is_open(mode) {
        return None;
    }
    let secret = |path: &str| {
        let is_taken = |file: &str| super::removal::is_taken(path.trim_end_matches('/'), file, act.effect.is_whole);
        host.sample.bundle.files.iter().find(|file| file.secret && file.mode & 0o004 == 0 && is_taken(&file.path))
    };
    let (word, file) = act.operands().find_map(|word| Some((word, secret(&word.text)?)))?;
    let is_closed = |other: &&Act<'_, '_>| other.place > act.place && closes(other, &file.path);
    if host.acts.iter().any(|other| is_closed(&other)) {
        return None;
    }
    let message = format!("`{}` lets every user of the machine read `{}`, which holds a secret", act.said(), file.path);
    let help = format!("leave its mode at {:04o}, or give its group to those who have to read it", file.mode);
    Some(Diagnostic::new(Code::UnwiseSetting, act.span(host.model, word), message).help(help))
}

/// Whether a mode lets others read: `0644`, `a+r`, `+r`, `o=rx`, `u=rw,go=r`.
fn is_open(mode: &str) -> bool {
    if mode.chars().all(|c| c.is_digit(8)) {
        return u32::from_str_radix(mode, 8).is_ok_and(|mode| mode & 0o004 != 0);
    }
    mode.split(',').any(|clause| {
        let Some(at) = clause.find(['+', '=']) else { return false };
        let (who, what) = clause.split_at(at);
        (who.is_empty() || who.contains(['o', 'a'])) && what.contains('r')
    })
}

/// Whether a later command closes the file again.
fn closes(act: &Act<'_, '_>, path: &str) -> bool {
    let mode = act.effect.how.first().map(|place| &*act.command.words[*place].text);
    let takes = |word: &str| super::removal::is_taken(word.trim_end_matches('/'), path, act.effect.is_whole);
    act.effect.kind == crate::facts::effect::Kind::Modes
        && mode.is_some_and(|mode| !is_open(mode))
        && act.operands().any(|word| takes(&word.text))
}

#[cfg(test)]
mod tests {
    use super::is_open;

    #[test]
    fn a_mode_is_open_if_others_may_read() {
        for mode in ["644", "0777", "a+r", "+r", "o=rx", "u=rw,go=r", "ugo+r", "4"] {
            assert!(is_open(mode), "{mode}");
        }
        for mode in ["600", "0640", "u+r", "g=r", "o-r", "+x", "go=", "u=rw,go=", "0770"] {
            assert!(!is_open(mode), "{mode}");
        }
    }
}
