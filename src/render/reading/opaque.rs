//! What a script runs that cannot be read: computed, fetched or in a file that may be on the machine.

use crate::facts::flag::FlagKind;
use crate::render::evidence::{Hidden, Opaque, Owner};

use super::argument::{Word, known_program, only_prints};
use super::shell::{self, Command};

/// Files that an operating system brings, and that set none of what programs are given.
const OF_SYSTEM: &[&str] = &[
    "/usr/",
    "/lib/",
    "/etc/os-release",
    "/etc/lsb-release",
    "/etc/profile",
    "/etc/bash",
    "/etc/environment",
    "/etc/default/locale",
];

/// What is run that cannot be known, or the word that may stand for flags of a program with a table. `from` is what a shell in a pipe gets its
/// commands from.
pub(super) fn of<'p>(
    words: &[Word<'p>],
    (command, from): (&Command, Option<Word<'p>>),
    owner: Owner,
) -> Option<Opaque<'p>> {
    let first = words.first()?;
    if command.is_unclosed {
        return Some(unclosed(first, owner));
    }
    let name = first.text.rsplit('/').next().unwrap_or_default();
    let (program, word, why) = match known_program(words) {
        Some((table, rest)) if only_prints(table, &rest) => return None,
        Some((table, rest)) => (&*table.program, flags(&table.flags, &rest)?.clone(), Hidden::Computed),
        None if shell::reads_script(&command.words) => {
            let word = from?;
            let why = if word.text.contains("://") { Hidden::Fetched } else { Hidden::Computed };
            (name, word, why)
        }
        // `sh -c "$(printf '...')"`
        None if words.len() == 1 && first.text.starts_with(['$', '`']) && first.text.ends_with([')', '`']) => {
            ("sh", first.clone(), Hidden::Computed)
        }
        None => {
            let (word, why) = of_other(name, words)?;
            (name, word, why)
        }
    };
    Some(Opaque { program: program.to_owned(), word: word.text.clone(), why, written: word.written, owner })
}

fn unclosed<'p>(word: &Word<'p>, owner: Owner) -> Opaque<'p> {
    let (program, text, why) = ("sh".to_owned(), word.text.clone(), Hidden::Unclosed);
    Opaque { program, word: text, why, written: word.written.clone(), owner }
}

/// The first argument whose text only the machine knows; values of flags are passed over.
fn flags<'w, 'p>(
    table: &std::collections::BTreeMap<String, crate::facts::flag::Flag>,
    rest: &[&'w Word<'p>],
) -> Option<&'w Word<'p>> {
    let is_value = |place: usize| {
        let before = place.checked_sub(1).map(|place| rest[place].text.trim_start_matches('-'));
        before.and_then(|name| table.get(name)).is_some_and(|row| row.kind != FlagKind::Bool)
    };
    let mut all = rest.iter().enumerate();
    all.find(|(place, word)| is_unknown(word) && !is_value(*place)).map(|(_, word)| *word)
}

fn of_other<'p>(name: &str, words: &[Word<'p>]) -> Option<(Word<'p>, Hidden)> {
    let rest = &words[1..];
    let is_substituted = |word: &&Word<'p>| word.text.starts_with("<(") && !word.text.contains("completion");
    let fetched = |word: &Word<'p>| if word.text.contains("://") { Hidden::Fetched } else { Hidden::Computed };
    match name {
        "parallel" => rest.first().map(|word| (word.clone(), Hidden::Computed)),
        "eval" => rest.first().map(|word| (word.clone(), Hidden::Computed)),
        "sh" | "bash" | "dash" | "ash" => {
            let script = shell::place_of_script(words.iter().map(|word| &*word.text)).map(|place| &words[place]);
            let unknown = script.filter(|word| is_unknown(word)).or_else(|| rest.iter().find(is_substituted));
            unknown.map(|word| (word.clone(), fetched(word)))
        }
        "." | "source" => {
            let file = rest.first().filter(|word| !word.text.contains("completion"))?;
            match file.text.starts_with('/') && !file.text.contains('$') {
                true if OF_SYSTEM.iter().any(|folder| file.text.starts_with(folder)) => None,
                true => Some((file.clone(), Hidden::File)),
                false => Some((file.clone(), fetched(file))),
            }
        }
        "kubectl" => manifest(rest).map(|word| (word.clone(), Hidden::Fetched)),
        _ => None,
    }
}

/// What `kubectl` takes objects from, if that is fetched: `-f URL`, `-k github.com/...`.
fn manifest<'w, 'p>(words: &'w [Word<'p>]) -> Option<&'w Word<'p>> {
    let is_change = words.iter().any(|word| matches!(&*word.text, "apply" | "create" | "replace"));
    let is_file = |text: &str| matches!(text, "-f" | "--filename" | "-k" | "--kustomize");
    let found = words.iter().enumerate().find(|(place, word)| {
        let is_given =
            word.text.starts_with("-f") || word.text.starts_with("--filename=") || word.text.starts_with("-k");
        let is_behind = place.checked_sub(1).is_some_and(|before| is_file(&words[before].text));
        (is_given || is_behind)
            && (word.text.contains("://") || word.text.trim_start_matches("-k").starts_with("github.com/"))
    });
    found.map(|(_, word)| word).filter(|_| is_change)
}

fn is_unknown(word: &Word<'_>) -> bool {
    word.text.starts_with(['$', '`'])
}
