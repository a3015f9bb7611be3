//! The flags that the arguments of a program set.

use std::path::Path;

use crate::facts::flag::{self, FlagKind, Table};
use crate::model::{AppId, Model, Value};
use crate::render::evidence::{Flag, Flags, Owner, Written};
use crate::syntax::ast::Name;

/// A word of a command line, and where it is written.
#[derive(Clone, Debug)]
pub struct Word<'p> {
    pub text: String,
    pub written: Written<'p>,
}

impl Word<'_> {
    /// A word that stands in it.
    pub(super) fn part(&self, text: String) -> Self {
        let written = match &self.written {
            Written::Word { expr, at, .. } => Written::Word { expr, at: at.clone(), text: text.clone() },
            other => other.clone(),
        };
        Self { text, written }
    }
}

/// The program that a command line starts, if it has a table of flags, and its arguments without those that say which table.
pub(super) fn known_program<'w, 'p>(words: &'w [Word<'p>]) -> Option<(&'static Table, Vec<&'w Word<'p>>)> {
    // Arguments alone are those of the image's own program.
    if words.first().is_some_and(|word| word.text.starts_with('-')) {
        return None;
    }
    let texts: Vec<&str> = words.iter().map(|word| &*word.text).collect();
    let (table, subcommand) = flag::of_command(&texts)?;
    let rest = words.iter().enumerate().skip(1).filter(|(place, _)| Some(*place) != subcommand);
    Some((table, rest.map(|(_, word)| word).collect()))
}

/// The name of the file of a program; a shell is none, it runs what a model writes.
pub(super) fn program_name(path: &str) -> Option<String> {
    let name = Path::new(path).file_name()?.to_str()?;
    (!matches!(name, "sh" | "bash" | "dash")).then(|| name.to_owned())
}

/// Whether a program only prints its version or its help: `kubelet --version=raw`. With `--version=v1.35.0` it runs.
pub(super) fn only_prints(table: &Table, words: &[&Word<'_>]) -> bool {
    let runs = |value: &str| {
        let mut chars = value.chars();
        value == "false" || chars.next() == Some('v') && chars.next().is_some_and(|c| c.is_ascii_digit())
    };
    words.iter().take_while(|word| word.text != "--").any(|word| {
        let body = word.text.strip_prefix("--").or_else(|| word.text.strip_prefix('-'));
        body.is_some_and(|body| {
            let (name, value) = body.split_once('=').unwrap_or((body, "true"));
            table.prints.iter().any(|known| known == name) && !runs(value)
        })
    })
}

/// What a command line on the machine itself sets, if it runs a program that has a table of flags. `app` tells the version.
pub(super) fn on_host<'p>(
    model: &Model<'p>,
    words: &[Word<'p>],
    (owner, app): (Owner, AppId),
    unit: Option<Name>,
) -> Option<Flags<'p>> {
    let (table, rest) = known_program(words).filter(|(table, rest)| !only_prints(table, rest))?;
    let (program, name) = (&words[0], &*table.program);
    let version = crate::render::flag::version(model, Some(app), name);
    let all = Flags::on_host(name.into(), program.written.clone(), owner);
    Some(Flags { version, given: flags(name, &rest), unit, ..all })
}

/// `--flag=value`, `--flag value`, and `--flag` of one that is true or false.
pub(super) fn flags<'p>(program: &str, words: &[&Word<'p>]) -> Vec<Flag<'p>> {
    let mut list: Vec<(Flag<'p>, String)> = Vec::new();
    let mut rest = words.iter().peekable();
    while let Some(word) = rest.next() {
        let Some(body) = word.text.strip_prefix("--").or_else(|| word.text.strip_prefix('-')) else {
            list.extend(
                positional(program, word).filter(|_| !list.iter().any(|(known, _)| is_positional(program, known))),
            );
            continue;
        };
        let (name, value) = match body.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None if kind(program, body) == Some(FlagKind::Bool) => (body, "true".to_owned()),
            None => match rest.next_if(|next| !next.text.starts_with("--")) {
                Some(next) => (body, next.text.clone()),
                None => (body, String::new()),
            },
        };
        let prints = flag::table(program).is_some_and(|table| table.prints.iter().any(|known| known == name));
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) && !prints {
            let flag = Flag { name: name.to_owned(), value: Value::None, written: word.written.clone() };
            list.push((flag, value));
        }
    }
    merged(program, list)
}

/// The argument of a program that is not a flag.
fn positional<'p>(program: &str, word: &Word<'p>) -> Option<(Flag<'p>, String)> {
    let table = flag::table(program).filter(|table| !table.subcommands.contains(&word.text))?;
    let flag =
        Flag { name: table.positional.as_ref()?.name.clone(), value: Value::None, written: word.written.clone() };
    Some((flag, word.text.clone()))
}

fn is_positional(program: &str, given: &Flag<'_>) -> bool {
    flag::is_positional(program, &given.name)
}

/// Flags with their values. One that is repeated is a list, or its last.
pub(super) fn merged<'p>(program: &str, given: impl IntoIterator<Item = (Flag<'p>, String)>) -> Vec<Flag<'p>> {
    let mut list: Vec<(Flag<'p>, String)> = Vec::new();
    for (flag, value) in given {
        match list.iter_mut().find(|(known, _)| known.name == flag.name) {
            Some((_, known)) if matches!(kind(program, &flag.name), Some(FlagKind::StringList | FlagKind::Map)) => {
                *known = format!("{known},{value}");
            }
            Some(known) => *known = (flag, value),
            None => list.push((flag, value)),
        }
    }
    list.into_iter().map(|(flag, value)| Flag { value: Value::text(value), ..flag }).collect()
}

fn kind(program: &str, flag: &str) -> Option<FlagKind> {
    flag::table(program)?.flags.get(flag).map(|row| row.kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn word(text: &str) -> Word<'static> {
        Word { text: text.to_owned(), written: Written::Name(Span::default()) }
    }

    fn read(texts: &[&str]) -> Vec<(String, String)> {
        let words: Vec<Word<'_>> = texts.iter().map(|text| word(text)).collect();
        let pair = |flag: Flag<'_>| (flag.name, flag.value.scalar_text().unwrap_or_default());
        flags("kube-apiserver", &words.iter().collect::<Vec<_>>()).into_iter().map(pair).collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(flag, value)| ((*flag).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_program_that_prints_sets_nothing() {
        let prints = |program: &str, texts: &[&str]| {
            let words: Vec<Word<'_>> = texts.iter().map(|text| word(text)).collect();
            only_prints(flag::table(program).expect("a table"), &words.iter().collect::<Vec<_>>())
        };
        for program in ["kubelet", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "etcd"]
        {
            for text in ["--version", "-version", "--version=raw", "--version=true", "--help", "-h"] {
                assert!(prints(program, &["--v=2", text]), "{program} {text}");
            }
            for text in ["--version=v1.35.0-x", "--version=false", "--help=false", "--", "version", "--versions"] {
                assert!(!prints(program, &[text]), "{program} {text}");
            }
        }
        assert!(prints("kubeadm init", &["--help"]) && !prints("kubeadm init", &["--v=1"]));
        assert_eq!(read(&["--version=v1.35.0", "--v=2"]), pairs(&[("v", "2")]));
    }

    #[test]
    fn arguments_are_read_in_all_their_forms() {
        let found = read(&["serve", "--etcd-prefix=/a=b", "--client-ca-file", "/ca", "--profiling", "--v", "--x=1"]);
        assert_eq!(
            found,
            pairs(&[("etcd-prefix", "/a=b"), ("client-ca-file", "/ca"), ("profiling", "true"), ("v", ""), ("x", "1")])
        );
    }

    #[test]
    fn a_repeated_argument_is_a_list_or_its_last() {
        let found = read(&["--api-audiences=a", "--etcd-prefix=/a", "--api-audiences=b", "--etcd-prefix=/b"]);
        assert_eq!(found, pairs(&[("api-audiences", "a,b"), ("etcd-prefix", "/b")]));
    }
}
