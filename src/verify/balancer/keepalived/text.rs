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
        let line = line.split(['#', '!']).next().unwrap_or_default();
        let mut words = Vec::new();
        for word in line.split_whitespace().flat_map(parted) {
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

/// A word and the brace at its end.
fn parted(word: &str) -> impl Iterator<Item = &str> {
    let is_variable = word.contains("${");
    let at = word.len() - usize::from(word.len() > 1 && !is_variable && word.ends_with(['{', '}']));
    let (word, brace) = word.split_at(at);
    [word, brace].into_iter().filter(|part| !part.is_empty())
}

/// A brace without its other one: its line, what it is, and what to do.
pub(super) fn unmatched(text: &str) -> Option<(usize, String, &'static str)> {
    let mut open = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.split(['#', '!']).next().unwrap_or_default();
        for word in line.split_whitespace().flat_map(parted) {
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
