//! Scripts that are run by their path: whether the kernel can start them.
//!
//! Source: execve(2) (Interpreter scripts, ENOEXEC, ENOENT), systemd.exec(5) (203/EXEC).

use crate::render::evidence::{Content, Sample};

/// The text of a file that a component writes, or that stands in one of its files.
pub(in crate::verify) fn text(sample: &Sample<'_>, path: &str) -> Option<String> {
    let file = sample.bundle.files.iter().find(|file| file.path == path);
    if let Some(file) = file {
        return String::from_utf8(file.content.to_vec()).ok().filter(|text| !text.contains('\0'));
    }
    let document = sample.documents().find(|document| document.path == path)?;
    match &document.content {
        Content::Text(text) => Some(text.clone()),
        Content::Value(_) => None,
    }
}

/// Why the kernel does not start a script, and what to do.
pub(in crate::verify) fn unstartable(text: &str) -> Option<(String, &'static str)> {
    let first = text.split('\n').next().unwrap_or_default();
    if text.trim().is_empty() {
        return Some((
            "is empty: \"Exec format error\"".to_owned(),
            "write `#!/bin/sh` into its first line, and what it does",
        ));
    }
    if first.starts_with("#!") && first.ends_with('\r') {
        let name = first.trim_start_matches("#!").trim();
        return Some((
            format!("ends its lines as DOS does: no program is called `{name}\\r`"),
            "save it with line ends of Unix, as `dos2unix` does",
        ));
    }
    if first.starts_with("#!") {
        return None;
    }
    let has_later = text.lines().any(|line| line.trim_start().starts_with("#!/"));
    let (why, help) = match has_later {
        true => ("does not begin with its `#!`", "remove what stands before `#!`"),
        false => ("has no `#!` in its first line", "write `#!/bin/sh` into its first line"),
    };
    Some((format!("{why}: \"Exec format error\""), help))
}

/// The program that runs a script, and its name behind `env`.
pub(in crate::verify) fn interpreter(text: &str) -> Option<(&str, Option<&str>)> {
    let mut words = text.lines().next()?.strip_prefix("#!")?.split_whitespace();
    let program = words.next()?;
    let behind = words.find(|word| !word.starts_with('-') && !word.contains('='));
    Some((program, behind.filter(|_| program.ends_with("/env"))))
}

#[cfg(test)]
mod tests {
    use super::{interpreter, unstartable};

    #[test]
    fn a_script_begins_with_its_interpreter() {
        for text in ["#!/bin/sh\nexit 0\n", "#! /usr/bin/env -S python3 -u\n"] {
            assert_eq!(unstartable(text), None, "{text}");
        }
        for text in ["exit 0\n", "#!/bin/sh\r\nexit 0\r\n", "\n#!/bin/sh\n", " #!/bin/sh\n", "", "# a script\n"] {
            assert!(unstartable(text).is_some(), "{text:?}");
        }
        assert_eq!(interpreter("#! /usr/bin/env -S python3 -u\n"), Some(("/usr/bin/env", Some("python3"))));
        assert_eq!(interpreter("#!/bin/bash -e\n"), Some(("/bin/bash", None)));
    }
}
