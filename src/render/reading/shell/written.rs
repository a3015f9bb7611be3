//! The files that the commands of a script write: `cat > FILE <<END`, `tee FILE`, `echo ... > FILE`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

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
}

/// The files in the order of their first writing; what is added to one follows what it has.
pub(in crate::render::reading) fn written(commands: &[Command]) -> Vec<Written> {
    let mut list: Vec<Written> = Vec::new();
    for command in commands {
        let Some((path, adds, content)) = of(command) else { continue };
        let is_known = path.starts_with('/') && !path.contains('$') && !path.starts_with("/dev/");
        let Some(content) = content.filter(|_| is_known) else { continue };
        match list.iter_mut().find(|known| known.path == path) {
            Some(known) if adds => (known.text += &content.text, known.unknown |= content.unknown).1,
            Some(known) => {
                (known.text, known.line, known.unknown) = (content.text, content.line, content.unknown);
            }
            None => list.push(Written { path, text: content.text, line: content.line, unknown: content.unknown }),
        }
    }
    list
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
