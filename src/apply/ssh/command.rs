//! The command that a login shell is asked to run.
//!
//! Login shells differ in how they quote, so script and words travel as base64: letters that no shell changes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::apply::transport::Script;
use crate::target::ssh::Become;

/// What runs a script as root: `$1` and so on are its words, its standard input is what follows [`BEGIN`] if there is a
/// password before.
pub(super) fn command(script: &Script<'_>, r#become: Become, has_password: bool) -> String {
    let words: String = script.words.iter().map(|word| format!(" {}", quoted(word))).collect();
    let skip = if has_password {
        format!("while IFS= read -r line; do [ \"$line\" = {BEGIN} ] && break; done\n")
    } else {
        String::new()
    };
    let text = format!("{skip}LC_ALL=C; export LC_ALL; set --{words}\n{}", script.text);
    let shell = format!("sh -c 'eval \"$(echo {} | base64 -d)\"'", STANDARD.encode(text));
    let prefix = match (r#become, has_password) {
        (Become::None, _) => return shell,
        (Become::Sudo, false) => "sudo -n --",
        (Become::Sudo, true) => "sudo -S -p '' --",
        (Become::Doas, _) => "doas -n --",
    };
    // Root needs no program to become root; many systems do not have one.
    format!("sh -c '[ \"$(id -u)\" -eq 0 ] && exec \"$@\"; exec {} \"$@\"' sh {shell}", prefix.replace('\'', "'\\''"))
}

/// A line that ends what is before the standard input of a script.
pub(super) const BEGIN: &str = "kmodel-begin";

/// For the shell that runs the script.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::*;

    fn run(shell: &str, words: &[&str], has_password: bool) -> Option<String> {
        let script = Script { text: "printf '%s|' \"$@\"; echo; cat", words, input: &[], patience: Duration::ZERO };
        let command = command(&script, Become::Sudo, has_password);
        let child = Command::new(shell).args(["-c", &command]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let Ok(mut child) = child else {
            println!("SKIPPED: {shell} is not installed");
            return None;
        };
        let input = if has_password { format!("password\n{BEGIN}\ninput\\n$x\n") } else { "input\\n$x\n".to_owned() };
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Some(String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap())
    }

    #[test]
    fn words_and_input_arrive_as_they_are_in_every_login_shell() {
        if !nix_is_root() {
            return println!("SKIPPED: the tests do not run as root");
        }
        let words = ["a b", "it's", "$HOME `id` \\", "*", "", "ü\nx"];
        let expected = format!("{}|\ninput\\n$x\n", words.join("|"));
        for shell in ["sh", "bash", "dash", "zsh", "fish", "tcsh", "busybox"] {
            for has_password in [false, true] {
                let said = if shell == "busybox" { continue } else { run(shell, &words, has_password) };
                assert!(said.is_none_or(|said| said == expected), "{shell}");
            }
        }
    }

    fn nix_is_root() -> bool {
        let id = Command::new("id").arg("-u").output().unwrap();
        id.stdout.trim_ascii() == b"0"
    }

    #[test]
    fn one_who_is_not_root_becomes_it_as_the_model_says() {
        let script = Script { text: "true", words: &[], input: &[], patience: Duration::ZERO };
        let shown = |r#become, has_password| command(&script, r#become, has_password);
        assert!(shown(Become::Sudo, false).contains("exec sudo -n -- \"$@\""));
        assert!(shown(Become::Sudo, true).contains("exec sudo -S -p '\\'''\\'' -- \"$@\""));
        assert!(shown(Become::Doas, false).contains("exec doas -n -- \"$@\""));
        assert!(shown(Become::None, false).starts_with("sh -c 'eval"));
    }
}
