//! What only a shell understands, in a command of a unit: systemd splits a command into words, and passes all of them on
//! (systemd.service(5), "Command lines").

use super::Wrong;

/// Commands that are parts of a shell, and what a unit has for them.
const BUILTINS: [(&str, &str); 9] = [
    ("cd", "set `WorkingDirectory=`"),
    ("export", "set `Environment=`"),
    ("source", "set `EnvironmentFile=`, or run a script"),
    (".", "set `EnvironmentFile=`, or run a script"),
    ("ulimit", "set a limit, such as `LimitNOFILE=`"),
    ("umask", "set `UMask=`"),
    ("if", "run a script: `/bin/sh -c '...'`"),
    ("for", "run a script: `/bin/sh -c '...'`"),
    ("while", "run a script: `/bin/sh -c '...'`"),
];

const WHOLE: &str = "systemd does not run commands in a shell: write `/bin/sh -c '...'`, or run a script";

/// The first part of a command that only a shell understands.
pub(super) fn wrong(key: &str, command: &str) -> Option<Wrong> {
    let words = words(command);
    let program = words.first()?.text.trim_start_matches(['-', '+', '!', ':', '@', '|']);
    if let Some((name, help)) = BUILTINS.iter().find(|(name, _)| *name == program) {
        return Some(Wrong::new(format!("`{key}` runs `{name}`, which is a command of the shell"), *help));
    }
    if let Some(found) = formatted(key, command) {
        return Some(found);
    }
    let bare = (1..words.len()).filter(|place| !words[*place].quoted).find_map(|place| bare(&words, place));
    let substituted = || {
        let is_script = |word: &Word| {
            let letters = word.text.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
            letters.is_some_and(|rest| rest.ends_with(['c', 'e'])) || word.text == "--eval"
        };
        let is_inside = |place: usize| words[..place].iter().any(is_script);
        let found = |word: &Word| if word.text.contains("$(") { Some("$(...)") } else { None };
        (1..words.len()).filter(|place| !is_inside(*place)).find_map(|place| Some((found(&words[place])?, WHOLE)))
    };
    let (syntax, help) = bare.or_else(substituted)?;
    let message = format!("`{key}` passes `{syntax}` to `{program}` as an argument: systemd does not use a shell");
    Some(Wrong::new(message, help))
}

/// The specifiers that systemd replaces (systemd.unit(5), "Specifiers").
const SPECIFIERS: &str = "aAbBCdDEfgGhHiIjJlLmMnNopPqsStTuUvVwWyY";

/// A format of `date` or `printf`, in which systemd takes `%Y` and the like for its own.
fn formatted(key: &str, command: &str) -> Option<Wrong> {
    let words: Vec<&str> =
        command.split_whitespace().map(|word| word.trim_matches(['"', '\'', '(', ')', '`'])).collect();
    let format = words.iter().enumerate().find_map(|(place, word)| {
        let program = word.rsplit(['/', '(', '`']).next()?;
        let rest = words.get(place + 1..)?;
        match program {
            "date" => rest.iter().take(3).find(|word| word.starts_with('+')),
            "printf" => rest.first(),
            _ => None,
        }
    })?;
    let parts: Vec<&str> = format.split("%%").collect();
    let letter = parts.iter().find_map(|part| part.split('%').skip(1).find_map(|rest| rest.chars().next()))?;
    let message = format!("`{key}` has `%{letter}` in `{format}`, which systemd replaces with a value of its own");
    SPECIFIERS.contains(letter).then(|| Wrong::new(message, format!("write `%%{letter}`")))
}

/// What a word outside of quotes is to a shell, and what to do instead.
fn bare(words: &[Word], place: usize) -> Option<(&'static str, &'static str)> {
    const OPERATORS: [&str; 4] = ["&&", "||", "|", "|&"];
    const REDIRECTIONS: [&str; 10] = ["2>&1", ">&2", "1>&2", "&>", "2>>", "1>", "2>", ">>", "<", ">"];
    const OUTPUT: &str = "set `StandardOutput=append:/FILE`, `StandardError=` or `StandardInput=file:/FILE`, or write `/bin/sh -c '...'`";
    let text = &*words[place].text;
    let operator = OPERATORS.into_iter().find(|operator| *operator == text).map(|found| (found, WHOLE));
    let is_redirection = |sign: &&'static str| {
        text.strip_prefix(*sign).is_some_and(|rest| rest.is_empty() || !sign.contains("&1") && rest.starts_with('/'))
    };
    let redirection = || REDIRECTIONS.into_iter().find(is_redirection).map(|found| (found, OUTPUT));
    let is_last = place + 1 == words.len();
    let background =
        || (text == "&" && is_last).then_some(("&", "remove it: systemd runs the command in the background"));
    let is_end = text.len() > 1 && text.ends_with(';') && !text.starts_with('\\') && !is_last;
    let end = || is_end.then_some((";", "use one `ExecStart=` for each command of a `Type=oneshot`, or a script"));
    let is_value = words[place - 1].text.starts_with('-');
    let is_comment = text == "#" || text.starts_with('#') && !is_value && !is_last;
    let comment = || is_comment.then_some(("#", "put the comment on a line of its own"));
    operator.or_else(redirection).or_else(background).or_else(end).or_else(comment)
}

/// A word of a command, without its quotes.
struct Word {
    text: String,
    quoted: bool,
}

fn words(command: &str) -> Vec<Word> {
    let mut list: Vec<Word> = Vec::new();
    let (mut open, mut inside, mut escaped) = (None, false, false);
    for c in command.chars() {
        if open.is_none() && !escaped && c.is_whitespace() {
            inside = false;
            continue;
        }
        if !inside {
            list.push(Word { text: String::new(), quoted: false });
            inside = true;
        }
        let Some(word) = list.last_mut() else { continue };
        match c {
            _ if escaped => {
                word.text.extend(['\\', c]);
                escaped = false;
            }
            '\\' => escaped = true,
            _ if open == Some(c) => open = None,
            '"' | '\'' if open.is_none() => {
                (open, word.quoted) = (Some(c), true);
            }
            c => word.text.push(c),
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn what_only_a_shell_understands_is_found() {
        for (command, syntax) in [
            ("/usr/bin/curl -s https://a.example | /usr/bin/tee /a", "`|`"),
            ("/usr/bin/a > /var/log/a.log", "`>`"),
            ("/usr/bin/a >>/var/log/a.log", "`>>`"),
            ("/usr/bin/a 2>&1", "`2>&1`"),
            ("/usr/bin/a && /usr/bin/b", "`&&`"),
            ("/usr/bin/a x; /usr/bin/b", "`;`"),
            ("/usr/bin/a b # get it", "`#`"),
            ("/usr/bin/a &", "`&`"),
            ("-/usr/bin/a --name=$(hostname)", "`$(...)`"),
            ("/bin/sh -c echo a | tee b", "`|`"),
            ("cd /opt/a", "`cd`"),
        ] {
            let message = wrong("ExecStart", command).map(|wrong| wrong.message).unwrap_or_default();
            assert!(message.contains(syntax), "{command}: {message}");
        }
    }

    #[test]
    fn words_of_scripts_and_patterns_are_no_syntax() {
        for command in [
            "/bin/sh -c 'a | b && c > d; e $(f) # g'",
            "/bin/bash -euc \"a $(b) | c\"",
            "/usr/bin/find /a -name '*.log' -exec rm {} \\;",
            "/usr/bin/a --match '|' --not \"&&\"",
            "/usr/bin/a --colour #fff",
            "/usr/bin/a ; /usr/bin/b",
            "/usr/bin/a --version >=1.2 a|b ${X} $Y",
            "!/usr/bin/a",
        ] {
            assert_eq!(wrong("ExecStart", command), None, "{command}");
        }
    }
}
