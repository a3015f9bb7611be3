//! The text of keepalived.conf: blocks in braces, and in each of them lines of words.

use std::net::IpAddr;

/// A line, from 1, its words, and what is in braces behind it.
#[derive(Debug, Default)]
pub(super) struct Block<'t> {
    pub(super) line: usize,
    pub(super) words: Vec<&'t str>,
    pub(super) inside: Vec<Block<'t>>,
}

/// A `vrrp_instance`.
pub(super) struct Instance<'b, 't> {
    /// The place of its file.
    pub(super) file: usize,
    pub(super) name: &'t str,
    block: &'b Block<'t>,
}

/// Reads a text. Comments begin with `#` or `!`.
pub(super) fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut open = vec![Block::default()];
    for (index, line) in text.lines().enumerate() {
        let mut words = Vec::new();
        for word in tokens(line) {
            match word {
                "{" => begin(&mut open, index + 1, std::mem::take(&mut words)),
                "}" => {
                    end_line(&mut open, index + 1, std::mem::take(&mut words));
                    end(&mut open);
                }
                word => words.push(word),
            }
        }
        end_line(&mut open, index + 1, words);
    }
    while open.len() > 1 {
        end(&mut open);
    }
    open.pop().unwrap_or_default().inside
}

/// The words of a line and its braces, up to a comment. What is in quotes is neither a brace nor a comment.
fn tokens(line: &str) -> Vec<&str> {
    let (mut list, mut from, mut quoted) = (Vec::new(), 0, false);
    let mut end = line.len();
    for (at, c) in line.char_indices() {
        match c {
            '"' if !line[..at].ends_with('\\') => quoted = !quoted,
            '#' | '!' if !quoted => {
                end = at;
                break;
            }
            c if c.is_whitespace() => {
                list.push(&line[from..at]);
                from = at + c.len_utf8();
            }
            '{' | '}' if !quoted && !is_of_variable(&line[from..at], c) => {
                list.extend([&line[from..at], &line[at..=at]]);
                from = at + 1;
            }
            _ => {}
        }
    }
    list.push(&line[from..end]);
    list.retain(|word| !word.is_empty());
    list
}

/// Whether a brace behind the beginning of a word is one of `${NAME}`.
fn is_of_variable(word: &str, brace: char) -> bool {
    match brace {
        '{' => word.ends_with('$'),
        _ => word.rsplit_once("${").is_some_and(|(_, name)| !name.contains('}')),
    }
}

/// The first line with a quote that does not end.
pub(super) fn unquoted(text: &str) -> Option<usize> {
    let is_open = |line: &str| {
        let (mut quoted, mut before) = (false, ' ');
        for c in line.chars() {
            match c {
                '"' if before != '\\' => quoted = !quoted,
                '#' | '!' if !quoted => break,
                _ => {}
            }
            before = c;
        }
        quoted
    };
    Some(text.lines().position(is_open)? + 1)
}

/// A brace without its other one: its line, what it is, and what to do.
pub(super) fn unmatched(text: &str) -> Option<(usize, String, &'static str)> {
    let mut open = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for word in tokens(line) {
            match word {
                "{" => open.push(index + 1),
                "}" if open.pop().is_none() => {
                    return Some((index + 1, "`}` closes no block".to_owned(), "remove it"));
                }
                _ => {}
            }
        }
    }
    let line = *open.first()?;
    Some((line, "the block that begins here has no `}`".to_owned(), "add `}` where it ends"))
}

fn end_line<'t>(open: &mut [Block<'t>], line: usize, words: Vec<&'t str>) {
    if let Some(last) = open.last_mut().filter(|_| !words.is_empty()) {
        last.inside.push(Block { line, words, inside: Vec::new() });
    }
}

/// A brace may stand on a line of its own.
fn begin<'t>(open: &mut Vec<Block<'t>>, line: usize, words: Vec<&'t str>) {
    let before = open.last_mut().filter(|_| words.is_empty()).and_then(|last| last.inside.pop());
    open.push(before.unwrap_or(Block { line, words, inside: Vec::new() }));
}

fn end(open: &mut Vec<Block<'_>>) {
    if open.len() > 1
        && let Some(inner) = open.pop()
        && let Some(last) = open.last_mut()
    {
        last.inside.push(inner);
    }
}

/// The instances of a file.
pub(super) fn instances<'b, 't>(file: usize, blocks: &'b [Block<'t>]) -> Vec<Instance<'b, 't>> {
    let all = blocks.iter().filter(|block| block.words.first() == Some(&"vrrp_instance"));
    all.map(|block| Instance { file, name: block.words.get(1).copied().unwrap_or("vrrp_instance"), block }).collect()
}

/// The name of a script, if a block is one.
pub(super) fn script<'t>(block: &Block<'t>) -> Option<&'t str> {
    let is_script = matches!(block.words.first(), Some(&"vrrp_script" | &"vrrp_track_script"));
    block.words.get(1).copied().filter(|_| is_script)
}

impl<'b, 't> Instance<'b, 't> {
    pub(super) fn part(&self, name: &str) -> Option<&'b Block<'t>> {
        self.block.inside.iter().rev().find(|block| block.words.first() == Some(&name))
    }

    /// The word behind a keyword, and its line.
    pub(super) fn word(&self, name: &str) -> Option<(&'t str, usize)> {
        let part = self.part(name)?;
        Some((part.words.get(1).copied()?, part.line))
    }

    /// The first words of the lines of a part.
    pub(super) fn list(&self, name: &str) -> Vec<(&'t str, usize)> {
        let lines = self.part(name).into_iter().flat_map(|part| &part.inside);
        lines.filter_map(|line| Some((line.words.first().copied()?, line.line))).collect()
    }

    /// The addresses of a part, without their prefixes.
    pub(super) fn addresses(&self, name: &str) -> Vec<(IpAddr, usize)> {
        let read = |(word, line): (&str, usize)| Some((word.split('/').next()?.parse().ok()?, line));
        self.list(name).into_iter().filter_map(read).collect()
    }

    pub(super) fn router(&self) -> Option<(&'t str, usize)> {
        self.word("virtual_router_id")
    }

    /// 100 unless it is set (keepalived.conf(5)).
    pub(super) fn priority(&self) -> &'t str {
        self.word("priority").map_or("100", |(word, _)| word)
    }

    pub(super) fn is_master(&self) -> bool {
        self.word("state").is_some_and(|(word, _)| word == "MASTER")
    }

    /// Whether it shares addresses of IPv6.
    pub(super) fn is_v6(&self) -> bool {
        self.addresses("virtual_ipaddress").iter().any(|(address, _)| address.is_ipv6())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_nest_and_may_stand_alone() {
        let text = "! a comment\nvrrp_script chk\n{\n  interval 2\n}\nvrrp_instance VI_1 {\n  state MASTER # first\n  virtual_ipaddress { 10.0.0.9/24 dev eth0 }\n\
                    unicast_peer {\n    10.0.0.2\n    10.0.0.3\n  }\n}\n";
        let blocks = blocks(text);
        let instances = instances(0, &blocks);
        assert_eq!(blocks.iter().filter_map(script).collect::<Vec<_>>(), ["chk"]);
        assert!(instances[0].is_master() && !instances[0].is_v6() && instances[0].priority() == "100");
        let vip = instances[0].addresses("virtual_ipaddress");
        assert_eq!(vip, [("10.0.0.9".parse().expect("an address"), 8)]);
        assert_eq!(instances[0].list("unicast_peer"), [("10.0.0.2", 10), ("10.0.0.3", 11)]);
    }

    #[test]
    fn braces_match_and_may_touch_a_word() {
        assert_eq!(unmatched("a{\n b { c }\n}\n# {\nd ${X}\n"), None);
        assert_eq!(unmatched("a {\n b {\n }\n").map(|(line, ..)| line), Some(1));
        assert_eq!(unmatched("a {\n}\n}\n").map(|(line, ..)| line), Some(3));
        assert_eq!(blocks("a{\n b{ c }\n}").len(), 1);
    }

    #[test]
    fn what_is_never_closed_is_kept() {
        assert_eq!(instances(0, &blocks("vrrp_instance a {\n  virtual_ipaddress {\n 10.0.0.9\n")).len(), 1);
        assert!(blocks("}\n}\n").is_empty());
    }
}
