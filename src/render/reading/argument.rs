//! The flags that the arguments of a program set.

use std::path::Path;

use crate::facts::flag::{self, FlagKind, Table};
use crate::model::{AppId, Model, Value};
use crate::render::evidence::{Flag, Flags, Owner, Written};
use crate::syntax::ast::Name;

/// A word of a command line, and where it is written.
#[derive(Clone, Debug)]
pub(super) struct Word<'p> {
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

/// What a command line on the machine itself sets, if it runs a program that has a table of flags. `app` tells the version.
pub(super) fn on_host<'p>(
    model: &Model<'p>,
    words: &[Word<'p>],
    (owner, app): (Owner, AppId),
    unit: Option<Name>,
) -> Option<Flags<'p>> {
    let (table, rest) = known_program(words)?;
    let (program, name) = (&words[0], &*table.program);
    let version = crate::render::flag::version(model, Some(app), name);
    let all = Flags::on_host(name.into(), program.written.clone(), owner);
    Some(Flags { version, given: flags(name, &rest), unit, ..all })
}

/// `--flag=value`, `--flag value`, and `--flag` of one that is true or false. One that is repeated is a list, or its last.
pub(super) fn flags<'p>(program: &str, words: &[&Word<'p>]) -> Vec<Flag<'p>> {
    let kind = |flag: &str| flag::table(program).and_then(|table| table.flags.get(flag)).map(|row| row.kind);
    let mut list: Vec<(Flag<'p>, String)> = Vec::new();
    let mut rest = words.iter().peekable();
    while let Some(word) = rest.next() {
        let Some(body) = word.text.strip_prefix("--").or_else(|| word.text.strip_prefix('-')) else { continue };
        let (name, value) = match body.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None if kind(body) == Some(FlagKind::Bool) => (body, "true".to_owned()),
            None => match rest.next_if(|next| !next.text.starts_with("--")) {
                Some(next) => (body, next.text.clone()),
                None => (body, String::new()),
            },
        };
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic());
        match list.iter_mut().find(|(known, _)| known.name == name).filter(|_| is_name) {
            Some((_, known)) if matches!(kind(name), Some(FlagKind::StringList | FlagKind::Map)) => {
                *known = format!("{known},{value}");
            }
            Some((flag, known)) => (flag.written, *known) = (word.written.clone(), value),
            None if is_name => {
                let flag = Flag { name: name.to_owned(), value: Value::None, written: word.written.clone() };
                list.push((flag, value));
            }
            None => {}
        }
    }
    list.into_iter().map(|(flag, value)| Flag { value: Value::text(value), ..flag }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn read(texts: &[&str]) -> Vec<(String, String)> {
        let word = |text: &&str| Word { text: (*text).to_owned(), written: Written::Name(Span::default()) };
        let words: Vec<Word<'_>> = texts.iter().map(word).collect();
        let pair = |flag: Flag<'_>| (flag.name, flag.value.scalar_text().unwrap_or_default());
        flags("kube-apiserver", &words.iter().collect::<Vec<_>>()).into_iter().map(pair).collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(flag, value)| ((*flag).to_owned(), (*value).to_owned())).collect()
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
