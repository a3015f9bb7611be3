//! Arguments of programs: of units, and of containers in manifests of pods.

use std::path::Path;

use crate::facts::flag::{self, FlagKind};
use crate::model::{Model, Value};
use crate::render::evidence::{Owner, UnitEntry};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, TextPart};
use crate::verify::locate::{self, Step};

use super::settings::Settings;

/// An argument that sets a flag, with its place in the list.
struct Argument {
    flag: String,
    value: String,
    index: usize,
}

impl Settings {
    /// Takes the arguments of a unit, whose program is known by the end of its path.
    pub(super) fn unit(&mut self, model: &Model<'_>, entry: &UnitEntry<'_>) {
        let field = |name: &str| Some((entry.item.body.field(name)?, entry.unit.fields.get(name)?));
        let Some((exec, path)) = field("exec") else { return };
        let path = path.scalar_text().unwrap_or_default();
        let Some(program) = known_program(&path) else { return };
        self.runs(entry.owner, program, exec.value.span);
        // Flags that are written out are entries of their own; these are put together of several sets.
        if let Some(flags) = entry.item.body.field("flags").filter(|field| !is_written_out(&field.value)) {
            let place =
                |index: usize| locate::value(model, entry.owner, &flags.value, &name_of(&entry.unit.flags[index]));
            self.arguments(entry.owner, program, &entry.unit.flags, place);
        }
        if let Some((args, Value::List(list))) = field("args") {
            let texts: Vec<String> = list.iter().map(|one| one.scalar_text().unwrap_or_default()).collect();
            let place = |index: usize| element(model, entry.owner, &args.value, (index, &texts[index]));
            self.arguments(entry.owner, program, &texts, place);
        }
    }

    /// Takes a list of arguments.
    pub(super) fn arguments(&mut self, owner: Owner, program: &str, texts: &[String], place: impl Fn(usize) -> Span) {
        for argument in arguments(program, texts) {
            self.flag(owner, (program, &argument.flag), &argument.value, || place(argument.index));
        }
    }
}

/// The program at a path, if it has a table of flags.
pub(super) fn known_program(path: &str) -> Option<&str> {
    Path::new(path).file_name()?.to_str().filter(|name| flag::table(name).is_some())
}

fn is_written_out(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Record { table: Some(_), .. })
}

/// The path to a flag in a set: its name.
fn name_of(written: &str) -> Vec<Step> {
    let name = written.trim_start_matches('-');
    vec![name.split_once('=').map_or(name, |(name, _)| name).into()]
}

/// `--flag=value`, `--flag value`, and `--flag` of one that is true or false. One that is repeated is a list, or its last.
fn arguments(program: &str, texts: &[String]) -> Vec<Argument> {
    let kind = |flag: &str| flag::table(program).and_then(|table| table.flags.get(flag)).map(|row| row.kind);
    let mut list: Vec<Argument> = Vec::new();
    let mut rest = texts.iter().enumerate().peekable();
    while let Some((index, text)) = rest.next() {
        let Some(body) = text.strip_prefix("--").or_else(|| text.strip_prefix('-')) else { continue };
        let (flag, value) = match body.split_once('=') {
            Some((flag, value)) => (flag, value.to_owned()),
            None if kind(body) == Some(FlagKind::Bool) => (body, "true".to_owned()),
            None => match rest.next_if(|(_, next)| !next.starts_with("--")) {
                Some((_, value)) => (body, value.clone()),
                None => continue,
            },
        };
        match list.iter_mut().find(|known| known.flag == flag) {
            Some(known) if matches!(kind(flag), Some(FlagKind::StringList | FlagKind::Map)) => {
                known.value = format!("{},{value}", known.value);
            }
            Some(known) => (known.value, known.index) = (value, index),
            None => list.push(Argument { flag: flag.to_owned(), value, index }),
        }
    }
    list
}

/// Where an argument is written: by its text, or by its place if it begins as it is written there.
fn element(model: &Model<'_>, owner: Owner, list: &Expr, (index, text): (usize, &str)) -> Span {
    let exact = locate::element(model, owner, list, text);
    if exact != list.span {
        return exact;
    }
    let found = locate::found(model, owner, list, &[index.into()]);
    found.filter(|expr| begins(expr, text)).map_or(list.span, |expr| expr.span)
}

/// Whether a text with other values in it is written as an argument begins.
fn begins(expr: &Expr, text: &str) -> bool {
    let ExprKind::Text(written) = &expr.kind else { return false };
    matches!(written.parts.first(), Some(TextPart::Text(first)) if first.contains('=') && text.starts_with(&**first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&str]) -> Vec<(String, String)> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        arguments("kube-apiserver", &texts).into_iter().map(|one| (one.flag, one.value)).collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(flag, value)| ((*flag).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn arguments_are_read_in_all_their_forms() {
        let found = read(&["serve", "--etcd-prefix=/a=b", "--client-ca-file", "/ca", "--profiling", "--v", "--x=1"]);
        assert_eq!(
            found,
            pairs(&[("etcd-prefix", "/a=b"), ("client-ca-file", "/ca"), ("profiling", "true"), ("x", "1")])
        );
    }

    #[test]
    fn a_repeated_argument_is_a_list_or_its_last() {
        let found = read(&["--api-audiences=a", "--etcd-prefix=/a", "--api-audiences=b", "--etcd-prefix=/b"]);
        assert_eq!(found, pairs(&[("api-audiences", "a,b"), ("etcd-prefix", "/b")]));
    }
}
