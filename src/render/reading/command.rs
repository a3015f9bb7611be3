//! A command line of a unit as systemd splits it: quotes, escapes and variables (systemd.service(5)).

use super::argument::Word;

/// The words of a line, without their quotes.
pub(super) fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (_, '\\') => word.get_or_insert_default().extend(chars.next()),
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The command lines of a value; a word that is a semicolon ends one.
pub(super) fn lines<'p>(
    line: &str,
    variables: &[(String, Word<'p>)],
    place: impl Fn(&str) -> Word<'p>,
) -> Vec<Vec<Word<'p>>> {
    let is_several = line.contains(" ; ") && split(line).iter().any(|word| word == ";");
    if !is_several {
        return vec![words(line, variables, place)];
    }
    line.split(" ; ").map(|one| words(one, variables, &place)).collect()
}

/// The words of a command line; those that variables stand for are where these are set.
pub(super) fn words<'p>(
    line: &str,
    variables: &[(String, Word<'p>)],
    place: impl Fn(&str) -> Word<'p>,
) -> Vec<Word<'p>> {
    let mut list = Vec::new();
    for (index, text) in split(line).into_iter().enumerate() {
        if index == 0 {
            let program = text.trim_start_matches(['-', '+', '!', ':', '@', '|']);
            list.push(Word { text: program.to_owned(), ..place(program) });
        } else {
            expand(&text, variables, &place, &mut list);
        }
    }
    list
}

fn expand<'p>(
    text: &str,
    variables: &[(String, Word<'p>)],
    place: &impl Fn(&str) -> Word<'p>,
    list: &mut Vec<Word<'p>>,
) {
    let value = |name: &str| variables.iter().rev().find(|(known, _)| known == name).map(|(_, word)| word);
    let whole = text.strip_prefix('$').filter(|name| is_name(name));
    if let Some(name) = whole {
        let words = value(name).into_iter().flat_map(|word| split(&word.text).into_iter().map(|text| word.part(text)));
        return list.extend(words);
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        let Some(end) = after.find('}') else { break };
        out.push_str(before);
        match value(&after[..end]) {
            Some(word) => out.push_str(&word.text),
            None if OF_SYSTEMD.contains(&&after[..end]) => out.push_str(&rest[at..at + end + 3]),
            None => {}
        }
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    let written = place(text).written;
    list.push(Word { text: out.replace("$$", "$").replace("%%", "%"), written });
}

/// Variables that systemd sets itself (systemd.exec(5), environment variables in spawned processes).
const OF_SYSTEMD: [&str; 12] = [
    "CACHE_DIRECTORY",
    "CONFIGURATION_DIRECTORY",
    "CREDENTIALS_DIRECTORY",
    "HOME",
    "INVOCATION_ID",
    "LOGNAME",
    "LOGS_DIRECTORY",
    "MAINPID",
    "PATH",
    "RUNTIME_DIRECTORY",
    "STATE_DIRECTORY",
    "USER",
];

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::evidence::Written;
    use crate::source::Span;

    fn word(text: &str) -> Word<'static> {
        Word { text: text.to_owned(), written: Written::Name(Span::default()) }
    }

    fn read(line: &str) -> Vec<String> {
        let variables = [("ARGS".to_owned(), word("--a=1 --b='x y'")), ("IP".to_owned(), word("10.0.0.1"))];
        words(line, &variables, word).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn what_systemd_sets_is_known_to_it_alone() {
        let path = "${CREDENTIALS_DIRECTORY}/k.yaml";
        assert_eq!(read(&format!("/bin/a --config={path} ${{NONE}}x")), ["/bin/a", &format!("--config={path}"), "x"]);
    }

    #[test]
    fn command_lines_are_split_as_systemd_does() {
        assert_eq!(read("-/bin/a --x=\"b c\" 'd e' f\\ g"), ["/bin/a", "--x=b c", "d e", "f g"]);
        assert_eq!(
            read("/bin/a $ARGS --ip=${IP} ${NONE} $$x"),
            ["/bin/a", "--a=1", "--b=x y", "--ip=10.0.0.1", "", "$x"]
        );
        assert_eq!(read("/bin/sh -c 'exec kubelet --x ; true'"), ["/bin/sh", "-c", "exec kubelet --x ; true"]);
    }
}
