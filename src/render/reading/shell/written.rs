//! The files that the commands of a script write: `cat > FILE <<END`, `tee FILE`, `echo ... > FILE`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::render::branch::Branch;

use super::{Command, Field};

/// A file that a script writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::render::reading) struct Written {
    pub path: String,
    pub text: String,
    /// The line of the script that its first line stands on.
    pub line: usize,
    /// Whether something in it is known to the machine only.
    pub unknown: bool,
    /// The arms that it is written in.
    pub branch: Branch,
}

/// What one command writes to a file.
struct Fragment {
    branch: Branch,
    adds: bool,
    content: Field,
}

/// How many versions of a file are read.
const VERSIONS: usize = 16;

/// The files in the order of their first writing; what is added to one follows what it has. One that arms of a choice write
/// differently is there once for each arm.
pub(in crate::render::reading) fn written(commands: &[Command]) -> Vec<Written> {
    let mut files: Vec<(String, Vec<Fragment>)> = Vec::new();
    for command in commands {
        let Some((path, adds, content)) = of(command) else { continue };
        let is_known = path.starts_with('/') && !path.contains('$') && !path.starts_with("/dev/");
        let Some(content) = content.filter(|_| is_known) else { continue };
        let fragment = Fragment { branch: command.branch.clone(), adds, content };
        match files.iter_mut().find(|(known, _)| *known == path) {
            Some((_, list)) => list.push(fragment),
            None => files.push((path, vec![fragment])),
        }
    }
    files.iter().flat_map(|(path, fragments)| versions(path, fragments)).collect()
}

/// What a file holds by each arm of the choices that it depends on; by the last arms first.
fn versions(path: &str, fragments: &[Fragment]) -> Vec<Written> {
    let arms = fragments.iter().flat_map(|fragment| fragment.branch.arms().iter().copied());
    let last: BTreeMap<u32, u32> = arms.collect();
    let mut known: Vec<Vec<usize>> = Vec::new();
    let others = fragments.iter().rev().map(|fragment| fragment.branch.arms());
    for arms in std::iter::once(&[][..]).chain(others) {
        let mut taken = last.clone();
        taken.extend(arms.iter().copied());
        let is_taken =
            |fragment: &Fragment| fragment.branch.arms().iter().all(|(one, arm)| taken.get(one) == Some(arm));
        let mut list: Vec<usize> = (0..fragments.len()).filter(|place| is_taken(&fragments[*place])).collect();
        let start = list.iter().rposition(|place| !fragments[*place].adds).unwrap_or_default();
        list.drain(..start);
        if !known.contains(&list) && !list.is_empty() && known.len() < VERSIONS {
            known.push(list);
        }
    }
    known.iter().map(|list| joined(path, &list.iter().map(|place| &fragments[*place]).collect::<Vec<_>>())).collect()
}

fn joined(path: &str, fragments: &[&Fragment]) -> Written {
    let all = || fragments.iter().map(|fragment| &fragment.content);
    let branch = fragments.iter().map(|fragment| &fragment.branch).max_by_key(|branch| branch.arms().len());
    Written {
        path: path.to_owned(),
        text: all().map(|content| &*content.text).collect(),
        line: all().next().map_or(1, |content| content.line),
        unknown: all().any(|content| content.unknown),
        branch: branch.cloned().unwrap_or_default(),
    }
}

/// The file of a command, whether it adds to it, and what it writes if that is known.
fn of(command: &Command) -> Option<(String, bool, Option<Field>)> {
    let name = command.words.first()?.text.rsplit('/').next()?;
    if name == "tee" {
        let file = command.words.iter().skip(1).find(|word| !word.text.starts_with('-'))?;
        let adds = command.words.iter().any(|word| matches!(&*word.text, "-a" | "--append"));
        return Some((file.text.clone(), adds, command.input.clone()));
    }
    if let Some(file) = of_operand(name, &command.words) {
        return Some((file, false, command.input.clone()));
    }
    let (file, adds) = command.output.as_ref()?;
    Some((file.text.clone(), *adds, printed(command)))
}

/// The file that a command copies its input to: `dd of=FILE`, `install /dev/stdin FILE`, `cp /dev/stdin FILE`.
fn of_operand(name: &str, words: &[Field]) -> Option<String> {
    match name {
        "dd" if !words.iter().any(|word| word.text.starts_with("if=")) => {
            words.iter().find_map(|word| word.text.strip_prefix("of=")).map(str::to_owned)
        }
        "install" | "cp" if words.iter().any(|word| word.text == "/dev/stdin") => {
            words.last().map(|word| word.text.clone()).filter(|file| file != "/dev/stdin")
        }
        _ => None,
    }
}

/// `%s` with the values in their order; nothing where there is anything else to fill in.
fn filled(format: &str, values: &[Field]) -> Option<String> {
    let parts: Vec<&str> = format.split("%s").collect();
    let is_plain = parts.len() == values.len() + 1 && !parts.iter().any(|part| part.contains('%'));
    let rest = parts.get(1..)?.iter().zip(values);
    let text =
        rest.fold(parts[0].replace("\\n", "\n"), |text, (part, value)| text + &value.text + &part.replace("\\n", "\n"));
    is_plain.then_some(text)
}

/// What `base64 -d` prints of its input.
fn decoded(rest: &[Field], input: Option<&Field>) -> Option<Field> {
    let is_decoder = rest.iter().any(|word| matches!(&*word.text, "-d" | "-D" | "--decode" | "-di"));
    let input = input.filter(|input| !input.unknown && is_decoder)?;
    let words: String = input.text.split_whitespace().collect();
    let text = String::from_utf8(STANDARD.decode(words).ok()?).ok()?;
    Some(Field { text, ..input.clone() })
}

/// What a command prints.
pub(super) fn printed(command: &Command) -> Option<Field> {
    let (first, rest) = command.words.split_first()?;
    let plain = |words: &[Field]| words.iter().map(|word| &*word.text).collect::<Vec<_>>().join(" ");
    let field = |text: String| {
        let line = rest.first().map_or(first.line, |word| word.line);
        Field { raw: text.clone(), text, line, file: None, unknown: rest.iter().any(|word| word.unknown) }
    };
    match &*first.text {
        "cat" if rest.iter().all(|word| word.text == "-") => command.input.clone(),
        "tee" => command.input.clone(),
        "base64" => decoded(rest, command.input.as_ref()),
        "echo" => {
            let options = rest.iter().take_while(|word| matches!(&*word.text, "-e" | "-n" | "-ne" | "-en")).count();
            let text = plain(&rest[options..]);
            Some(field(if options > 0 { text.replace("\\n", "\n") } else { text } + "\n"))
        }
        "printf" => {
            let (format, values) = rest.split_first()?;
            let text = match &*format.text {
                "%s" => values.iter().map(|word| &*word.text).collect(),
                "%s\\n" => values.iter().map(|word| format!("{}\n", word.text)).collect(),
                text if !text.contains('%') => text.replace("\\n", "\n"),
                format => filled(format, values)?,
            };
            Some(field(text))
        }
        _ => None,
    }
}
