//! The grammar of a shell script as far as it nests: what begins and does not end, and what only bash understands.
//!
//! Source: POSIX.1-2024, Shell Command Language (2.4 reserved words, 2.9.4 compound commands); dash(1).

use super::token::{Part, Token, Word, tokens};

/// Something in a script, and its line.
pub type Finding = (usize, String);

/// What is open.
struct Open {
    word: &'static str,
    line: usize,
    /// Whether its `then` or `do` was there; of a case, whether a pattern comes next.
    has_body: bool,
    is_pattern: bool,
}

/// How each of what opens ends.
const ENDS: [(&str, &str); 8] = [
    ("if", "fi"),
    ("while", "done"),
    ("until", "done"),
    ("for", "done"),
    ("select", "done"),
    ("case", "esac"),
    ("{", "}"),
    ("(", ")"),
];

/// What dash does not have.
const OF_BASH: [&str; 10] =
    ["[[", "declare", "function", "let", "mapfile", "popd", "pushd", "readarray", "shopt", "source"];

#[derive(Default)]
struct Grammar<'t> {
    text: &'t str,
    open: Vec<Open>,
    line: usize,
    /// Whether a command may begin.
    is_start: bool,
    /// Whether the next word is a file, or the name of a function.
    is_file: bool,
    is_name: bool,
    /// Whether the `in` of a case comes.
    is_head: bool,
    /// How many parentheses of an array are open, and where a word ended that may begin one.
    array: usize,
    assigned: Option<usize>,
    is_semicolon: bool,
    /// Whether the last thing was a word of a pattern.
    is_matched: bool,
    command: &'t str,
    /// How many words the command has.
    words: usize,
    of_bash: Vec<Finding>,
}

/// The first thing that a shell refuses a script for; nothing where a quote does not end.
pub fn broken(text: &str) -> Option<Finding> {
    let (grammar, found) = read(text);
    let open = || {
        let open = grammar.open.last()?;
        let end = ENDS.iter().find(|(word, _)| *word == open.word)?.1;
        Some((open.line, format!("`{}` has no `{end}`", open.word)))
    };
    if is_unclosed(text) { None } else { found.or_else(open) }
}

/// What only bash understands.
pub fn of_bash(text: &str) -> Option<Finding> {
    read(text).0.of_bash.into_iter().next()
}

fn is_unclosed(text: &str) -> bool {
    tokens(text).iter().any(|token| matches!(token, Token::Unclosed(_)))
}

fn read(text: &str) -> (Grammar<'_>, Option<Finding>) {
    let mut grammar = Grammar { text, is_start: true, line: 1, ..Grammar::default() };
    let found = tokens(text).iter().find_map(|token| grammar.take(token));
    (grammar, found)
}

impl<'t> Grammar<'t> {
    fn take(&mut self, token: &Token) -> Option<Finding> {
        let was_semicolon = std::mem::take(&mut self.is_semicolon);
        match token {
            Token::Word(word) => return self.word(word),
            Token::Operator("(") if self.array > 0 => self.array += 1,
            Token::Operator(")") if self.array > 0 => self.array -= 1,
            _ if self.array > 0 => {}
            Token::Operator(operator) => return self.operator(operator, was_semicolon),
            Token::Redirection { operator, .. } => {
                self.is_file = true;
                if operator.starts_with("&>") {
                    self.note(operator);
                }
            }
            Token::Input { word, .. } => {
                let before = self.text.get(..word.range.start).unwrap_or_default();
                if before.trim_end_matches([' ', '\t']).ends_with("<<<") {
                    self.note("<<<");
                }
            }
            Token::End => self.is_start = !self.is_head,
            Token::Unclosed(_) => {}
        }
        None
    }

    fn note(&mut self, what: &str) {
        self.of_bash.push((self.line, what.to_owned()));
    }

    fn operator(&mut self, operator: &'static str, was_semicolon: bool) -> Option<Finding> {
        let end = self.assigned.take();
        let is_case = self.open.last().is_some_and(|open| open.word == "case");
        if let Some(case) = self.open.last_mut().filter(|open| open.is_pattern) {
            self.is_matched = false;
            if operator == ")" {
                case.is_pattern = false;
                self.is_start = true;
            }
            return None;
        }
        match operator {
            "(" if end.is_some_and(|end| self.text[end..].starts_with('(')) => {
                self.note("an array");
                self.array = 1;
                return None;
            }
            "(" => self.begin("("),
            ")" => return self.end("("),
            ";;" if is_case => self.open.last_mut()?.is_pattern = true,
            "&" if is_case && was_semicolon => self.open.last_mut()?.is_pattern = true,
            _ => {}
        }
        (self.is_start, self.is_semicolon) = (true, operator == ";");
        None
    }

    fn begin(&mut self, word: &'static str) {
        self.open.push(Open { word, line: self.line, has_body: false, is_pattern: false });
    }

    fn end(&mut self, word: &str) -> Option<Finding> {
        self.is_start = true;
        let is_it = |open: &Open| match word {
            "loop" => matches!(open.word, "while" | "until" | "for" | "select"),
            word => open.word == word,
        };
        let (end, body) = match word {
            "loop" => ("done", Some("do")),
            "if" => ("fi", Some("then")),
            "case" => ("esac", None),
            "{" => ("}", None),
            _ => (")", None),
        };
        match self.open.pop() {
            Some(open) if !is_it(&open) => {
                let own = ENDS.iter().find(|(word, _)| *word == open.word).map_or("", |(_, end)| end);
                Some((open.line, format!("`{}` has no `{own}` before the `{end}` in line {}", open.word, self.line)))
            }
            Some(open) => {
                body.filter(|_| !open.has_body).map(|body| (open.line, format!("`{}` has no `{body}`", open.word)))
            }
            None => Some((self.line, format!("`{end}` ends nothing"))),
        }
    }

    fn word(&mut self, word: &Word) -> Option<Finding> {
        self.line = word.line;
        let text = self.text;
        let raw = &text[word.range.clone()];
        if self.array > 0 {
            return None;
        }
        if std::mem::take(&mut self.is_file) {
            return None;
        }
        if let Some(line) = self.open.last().filter(|open| open.is_pattern).map(|open| open.line) {
            // `|` or `)` stands between patterns and what follows.
            return match (raw, std::mem::replace(&mut self.is_matched, raw != "esac")) {
                (_, true) => Some((line, "`case` has no `esac`".to_owned())),
                ("esac", false) => self.end("case"),
                _ => None,
            };
        }
        if self.is_head {
            if raw == "in" {
                self.is_head = false;
                self.open.last_mut()?.is_pattern = true;
            }
            return None;
        }
        self.expanded(word, raw);
        self.assigned = raw.ends_with('=').then_some(word.range.end);
        if std::mem::take(&mut self.is_name) {
            self.is_start = true;
            return None;
        }
        self.words += 1;
        if !self.is_start {
            match (self.command, raw) {
                // `for NAME do`
                ("for" | "select", "do") if self.words == 3 => return self.body(raw),
                ("[" | "test", "==") => self.note("`==` of `[`"),
                ("set", "pipefail") => self.note("set -o pipefail"),
                _ => {}
            }
            return None;
        }
        (self.command, self.words) = (raw, 1);
        self.reserved(raw)
    }

    /// A word where a command begins.
    fn reserved(&mut self, raw: &'t str) -> Option<Finding> {
        self.is_start = false;
        if OF_BASH.contains(&raw) {
            self.note(raw);
        }
        match raw {
            "if" | "while" | "until" | "{" => {
                self.begin(ENDS.iter().find(|(word, _)| *word == raw)?.0);
                self.is_start = true;
            }
            "for" | "select" => self.begin(if raw == "for" { "for" } else { "select" }),
            "case" => {
                self.begin("case");
                self.is_head = true;
            }
            "then" | "do" | "else" | "elif" => return self.body(raw),
            "fi" => return self.end("if"),
            "done" => return self.end("loop"),
            "esac" => return self.end("case"),
            "}" => return self.end("{"),
            "!" | "time" | "coproc" => self.is_start = true,
            "function" => self.is_name = true,
            _ => {}
        }
        None
    }

    /// What stands between the parts of an `if` or a loop.
    fn body(&mut self, raw: &str) -> Option<Finding> {
        self.is_start = true;
        let wanted: &[&str] = if raw == "do" { &["while", "until", "for", "select"] } else { &["if"] };
        let line = self.line;
        match self.open.last_mut().filter(|open| wanted.contains(&open.word)) {
            Some(open) => {
                open.has_body = raw != "elif";
                None
            }
            None => Some((line, format!("`{raw}` stands without its `{}`", wanted[0]))),
        }
    }

    /// Expansions that dash refuses as "Bad substitution", and files that commands are.
    fn expanded(&mut self, word: &Word, raw: &str) {
        if raw.starts_with("<(") || raw.starts_with(">(") {
            self.note("<(...)");
        }
        for part in &word.parts {
            let Part::Unknown(written) = part else { continue };
            let Some(inner) = written.strip_prefix("${") else { continue };
            let rest = inner.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
            let is_part = rest.strip_prefix(':').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            if rest.len() < inner.len() && (rest.starts_with(['/', '^', ',', '[']) || is_part) {
                self.note(written);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{broken, of_bash};

    #[test]
    fn what_ends_is_right() {
        for text in [
            "if a; then b; elif c; then d; else e; fi\n",
            "for x in 1 2; do\n  while read -r y; do echo; done < f\ndone | sort\n",
            "case \"$1\" in\n  (a|b) x ;;\n  if) y;;\n  *) if true; then { z; } fi\nesac\n",
            "f() {\n  ( a; b )\n}\nfunction g {\n  h\n}\n",
            "a=(if then fi)\nb+=( done )\necho if then fi done\n",
            "cat <<END\nif (\nEND\nx=$(if a; then b; fi)\n",
            "[[ $a =~ (b|c) ]] && for ((i=0; i<3; i++)); do x; done\n",
            "if ! a; then :; fi; until a\ndo\nb\ndone\n",
            "for x do y; done; for do in do; do :; done\n",
            "> /a if_x; echo \"$(case a in b) c;; esac)\"\n",
        ] {
            assert_eq!(broken(text), None, "{text}");
        }
    }

    #[test]
    fn what_does_not_end_is_named() {
        for (text, wanted) in [
            ("a\nif b; then\n  c\n", "`if` has no `fi`"),
            ("for x in 1; do\n", "`for` has no `done`"),
            ("for x in 1; echo; done\n", "`for` has no `do`"),
            ("if a; fi\n", "`if` has no `then`"),
            ("fi\n", "`fi` ends nothing"),
            ("case a in b) c;;\n", "`case` has no `esac`"),
            ("f() {\n a\n", "`{` has no `}`"),
            ("case a in b) c;;\nd e\ncase f in g) h;; esac\n", "`case` has no `esac`"),
            ("if a; then\nwhile b; do\nfi\n", "`while` has no `done` before the `fi` in line 3"),
            ("a; then\n", "`then` stands without its `if`"),
        ] {
            assert_eq!(broken(text).map(|(_, text)| text).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn bash_is_told_from_dash() {
        for text in [
            "if [ a = b ]; then . /a; fi\n",
            "echo '[[ a ]]' ${a#b} ${a:-b} ${a:+b}\n",
            "# source\ncat <<E\n[[ a ]]\nE\n",
        ] {
            assert_eq!(of_bash(text), None, "{text}");
        }
        for text in [
            "if [[ -f /a ]]; then :; fi\n",
            "source /etc/profile\n",
            "a=(1 2)\n",
            "set -euo pipefail\n",
            "[ a == b ]\n",
            "cat <<< a\n",
            "a &> /b\n",
            "echo ${a//b/c} x\n",
            "diff <(a) b\n",
        ] {
            assert!(of_bash(text).is_some(), "{text}");
        }
    }
}
