//! The texts of a program: its string literals, and the comments that become help.

/// The string literals of Rust code before its tests, and of `.km` files, each with its line. Comments are skipped.
pub fn literals(text: &str) -> Vec<(usize, String)> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let (mut list, mut rest, mut line) = (Vec::new(), code, 1);
    while let Some(first) = rest.chars().next() {
        let (length, literal) = token(rest, first, code.len() - rest.len() > 0 && is_word_before(code, rest));
        list.extend(literal.map(|literal| (line, literal.to_owned())));
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    list
}

fn is_word_before(code: &str, rest: &str) -> bool {
    code[..code.len() - rest.len()].ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// The length of what starts here, and its content if it is a literal.
fn token(rest: &str, first: char, after_word: bool) -> (usize, Option<&str>) {
    match first {
        '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), None),
        '"' => quoted(rest),
        'r' if !after_word => raw(rest).unwrap_or((1, None)),
        '\'' => (character(rest), None),
        other => (other.len_utf8(), None),
    }
}

fn quoted(rest: &str) -> (usize, Option<&str>) {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return (at + 1, Some(&rest[1..at])),
            _ => escaped = c == '\\' && !escaped,
        }
    }
    (rest.len(), None)
}

/// `r"..."`, `r#"..."#`.
fn raw(rest: &str) -> Option<(usize, Option<&str>)> {
    let hashes = rest[1..].chars().take_while(|c| *c == '#').count();
    let body = rest[1 + hashes..].strip_prefix('"')?;
    let end = body.find(&format!("\"{}", "#".repeat(hashes)))?;
    Some((hashes + end + 3 + hashes, Some(&body[..end])))
}

/// A character literal, or the quote of a lifetime.
fn character(rest: &str) -> usize {
    let mut inner = rest.char_indices().skip(1);
    let Some((_, first)) = inner.next() else { return 1 };
    let end = match first {
        '\\' => inner.skip(1).find(|(_, c)| *c == '\''),
        _ => inner.next().filter(|(_, c)| *c == '\''),
    };
    end.map_or(1, |(at, _)| at + 1)
}

/// Documentation comments, which clap and `kmodel explain` print, each with its line.
pub fn docs(text: &str) -> impl Iterator<Item = (usize, String)> {
    let doc = |line: &str| line.trim_start().strip_prefix("///").map(str::to_owned);
    text.lines().zip(1..).filter_map(move |(line, number)| Some((number, doc(line)?)))
}

#[test]
fn only_literals_are_found() {
    let code = "// a \"no\"\nlet x = ('\"', \"yes \\\" {y}\", r#\"raw \"#, bar\"x\"); fn f<'a>() {}\n\"end\"\n#[cfg(test)] \"no\"";
    let found = literals(code);
    let texts: Vec<_> = found.iter().map(|(line, text)| (*line, text.as_str())).collect();
    assert_eq!(texts, [(2, "yes \\\" {y}"), (2, "raw "), (2, "x"), (3, "end")]);
}
