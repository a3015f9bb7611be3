//! The command line of a service, one argument a line.

use super::field::Fields;
use super::is_packaged;
use crate::render::Problem;
use crate::render::bundle::Unit;

/// `ExecStart`: `exec`, the flags, then `args`. A packaged unit may leave it to the package.
pub(super) fn start(unit: &Unit, fields: &Fields<'_>) -> Result<Option<String>, Problem> {
    let arguments = unit.flags.iter().cloned().chain(fields.texts("args")?).collect::<Vec<_>>();
    let Some(exec) = fields.text("exec")? else { return without_program(unit, fields, &arguments) };
    let words = std::iter::once(Some(program(&exec))).chain(arguments.iter().map(|argument| quoted(argument)));
    let words = words.collect::<Option<Vec<_>>>().ok_or_else(|| {
        fields.problem("exec", "has an argument with a NUL character", "remove it: arguments cannot contain NUL")
    })?;
    Ok(Some(words.join(" \\\n  ")))
}

fn without_program(unit: &Unit, fields: &Fields<'_>, arguments: &[String]) -> Result<Option<String>, Problem> {
    if is_packaged(unit) && arguments.is_empty() {
        return Ok(None);
    }
    Err(fields.problem("exec", "is missing", "set it to the path of the program that the unit starts"))
}

/// The program, where systemd expands `%` but no `$`.
fn program(path: &str) -> String {
    quoted(path).unwrap_or_default().replace("$$", "$")
}

/// One argument, so that the program gets exactly this text; `None` for what no program can get.
///
/// `%` and `$` are doubled (systemd.unit(5), systemd.service(5)); all that is not plainly safe is in double quotes with
/// C escapes, which also keeps `;` and `#` from their meaning at the start of a word or line.
pub(super) fn quoted(argument: &str) -> Option<String> {
    let text = argument.replace('%', "%%").replace('$', "$$");
    match argument {
        _ if argument.contains('\0') => None,
        "" => Some("\"\"".to_owned()),
        _ if argument.chars().all(is_plain) => Some(text),
        _ => Some(format!("\"{}\"", escaped(&text))),
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "@%$+=:,./_-".contains(c)
}

/// `"NAME=VALUE"`, as `Environment=` takes it; `%` means itself.
pub fn assignment(name: &str, value: &str) -> String {
    format!("\"{name}={}\"", escaped(&value.replace('%', "%%")))
}

/// Text between double quotes.
pub(super) fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
        out
    })
}
