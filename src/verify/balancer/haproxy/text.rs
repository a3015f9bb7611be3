//! The text of haproxy.cfg: sections, and in each of them lines of words.

/// The keywords that begin a section (2.1 and 3 of the configuration manual).
pub(super) const KINDS: &[&str] = &[
    "global",
    "defaults",
    "frontend",
    "backend",
    "listen",
    "userlist",
    "peers",
    "resolvers",
    "mailers",
    "program",
    "http-errors",
    "ring",
    "log-forward",
    "log-profile",
    "fcgi-app",
    "cache",
    "crt-store",
    "traces",
    "acme",
];

/// A line, from 1, and its words.
#[derive(Clone, Debug)]
pub(super) struct Line<'t> {
    pub(super) number: usize,
    pub(super) words: Vec<&'t str>,
}

/// A section: `backend api`.
#[derive(Clone, Debug)]
pub(super) struct Section<'t> {
    pub(super) kind: &'t str,
    pub(super) name: &'t str,
    /// The place of its file.
    pub(super) file: usize,
    /// Where it begins, from 1.
    pub(super) line: usize,
    pub(super) lines: Vec<Line<'t>>,
    /// The name of the defaults that it takes: `backend api from tcp`.
    from: Option<&'t str>,
}

/// All sections that a process reads, in order.
pub(super) struct Config<'t> {
    pub(super) sections: Vec<Section<'t>>,
}

impl<'t> Section<'t> {
    /// The last line of the section itself that begins with these words.
    pub(super) fn own(&self, keyword: &str) -> Option<&Line<'t>> {
        let wanted: Vec<&str> = keyword.split(' ').collect();
        self.lines.iter().rev().find(|line| line.words.starts_with(&wanted))
    }

    pub(super) fn all<'s>(&'s self, keyword: &'s str) -> impl Iterator<Item = &'s Line<'t>> {
        self.lines.iter().filter(move |line| line.words.first() == Some(&keyword))
    }

    pub(super) fn title(&self) -> String {
        format!("{} {}", self.kind, self.name).trim().to_owned()
    }

    pub(super) fn is_proxy(&self) -> bool {
        matches!(self.kind, "frontend" | "backend" | "listen")
    }

    /// Whether others may forward to it.
    pub(super) fn is_backend(&self) -> bool {
        matches!(self.kind, "backend" | "listen")
    }
}

impl<'t> Config<'t> {
    pub(super) fn of(texts: impl Iterator<Item = &'t str>) -> Self {
        let of = |(file, text): (usize, &'t str)| {
            sections(text).into_iter().map(move |section| Section { file, ..section }).collect::<Vec<_>>()
        };
        Self { sections: texts.enumerate().flat_map(of).collect() }
    }

    pub(super) fn proxies(&self) -> impl Iterator<Item = &Section<'t>> {
        self.sections.iter().filter(|section| section.is_proxy())
    }

    /// A keyword of a proxy, of its own or from its defaults, with the section that it is in.
    pub(super) fn effective<'s>(
        &'s self,
        proxy: &'s Section<'t>,
        keyword: &str,
    ) -> Option<(&'s Section<'t>, &'s Line<'t>)> {
        let of = |section: &'s Section<'t>| section.own(keyword).map(|line| (section, line));
        of(proxy).or_else(|| of(self.defaults(proxy)?))
    }

    /// The named defaults of a proxy, else the last ones before it.
    pub(super) fn defaults(&self, proxy: &Section<'t>) -> Option<&Section<'t>> {
        let before = self.sections.iter().take_while(|section| !std::ptr::eq(*section, proxy));
        match proxy.from {
            Some(name) => self.sections.iter().find(|section| section.kind == "defaults" && section.name == name),
            None => before.filter(|section| section.kind == "defaults").last(),
        }
    }

    /// The backends that a proxy forwards to, itself if it has servers.
    pub(super) fn backends<'s>(&'s self, proxy: &'s Section<'t>) -> Vec<&'s Section<'t>> {
        let named = |line: &'s Line<'t>| line.words.get(1).copied();
        let default = self.effective(proxy, "default_backend").and_then(|(_, line)| named(line));
        let names: Vec<&str> = proxy.all("use_backend").filter_map(named).chain(default).collect();
        let is_meant = |section: &&Section<'t>| section.is_backend() && names.contains(&section.name);
        let own = proxy.is_backend().then_some(proxy);
        own.into_iter().chain(self.sections.iter().filter(is_meant)).collect()
    }
}

/// Reads a text. What stands before the first section is one without a kind.
pub(super) fn sections(text: &str) -> Vec<Section<'_>> {
    let mut list: Vec<Section<'_>> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let words = words(line);
        let Some(first) = words.first() else { continue };
        if KINDS.contains(first) {
            let from = words.iter().position(|word| *word == "from").and_then(|at| words.get(at + 1)).copied();
            let name = words.get(1).filter(|word| **word != "from").copied().unwrap_or_default();
            list.push(Section { kind: first, name, file: 0, line: index + 1, lines: Vec::new(), from });
            continue;
        }
        if list.is_empty() {
            list.push(Section { kind: "", name: "", file: 0, line: 1, lines: Vec::new(), from: None });
        }
        if let Some(section) = list.last_mut() {
            section.lines.push(Line { number: index + 1, words });
        }
    }
    list
}

/// The words of a line without its comment and their quotes. One in quotes may have spaces.
fn words(line: &str) -> Vec<&str> {
    let (mut list, mut start, mut quote, mut end) = (Vec::new(), None, None, line.len());
    let mut chars = line.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some('"') | None, '\\') => {
                start.get_or_insert(at);
                chars.next();
            }
            (Some(open), _) => quote = if open == c { None } else { quote },
            (None, '#') => {
                end = at;
                break;
            }
            (None, c) if c.is_whitespace() => list.extend(start.take().map(|start| &line[start..at])),
            (None, c) => {
                start.get_or_insert(at);
                quote = Some(c).filter(|c| matches!(c, '"' | '\''));
            }
        }
    }
    list.extend(start.map(|start| &line[start..end]));
    list.into_iter().map(|word: &str| word.trim_matches(['"', '\''])).collect()
}

/// A time in milliseconds, which is its unit where none is written (2.5).
pub(super) fn milliseconds(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..end].parse().ok()?;
    let factor = match &text[end..] {
        "us" => return Some(number / 1000),
        "" | "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "global\n  maxconn 10 # few\ndefaults\n  mode http\n  timeout client 50000\nfrontend a\n  bind *:80\n  default_backend b\n\
                        defaults tcp\n  mode tcp\nbackend b from tcp\n  server one 10.0.0.1:80\n";

    #[test]
    fn a_proxy_takes_what_its_defaults_have() {
        let config = Config::of([TEXT].into_iter());
        let find = |kind: &str| config.sections.iter().find(|section| section.kind == kind).expect("a section");
        let mode = |kind: &str| config.effective(find(kind), "mode").map(|(_, line)| line.words[1]);
        assert_eq!((mode("frontend"), mode("backend")), (Some("http"), Some("tcp")));
        let timeout = config.effective(find("frontend"), "timeout client").expect("a time");
        assert_eq!((timeout.1.number, timeout.1.words[2]), (5, "50000"));
        assert_eq!(config.backends(find("frontend")).iter().map(|one| one.name).collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn words_in_quotes_may_have_spaces_and_comments_end_a_line() {
        assert_eq!(words("  http-check send hdr Host \"a b\" # c"), ["http-check", "send", "hdr", "Host", "a b"]);
        assert_eq!(words("acl a path_beg /x\\ y 'it # is'"), ["acl", "a", "path_beg", "/x\\ y", "it # is"]);
        assert!(words(" # only").is_empty());
    }

    #[test]
    fn times_have_units() {
        let all = ["50000", "50s", "1m", "1h", "2d", "500us", "1x", ""].map(milliseconds);
        assert_eq!(
            all,
            [Some(50_000), Some(50_000), Some(60_000), Some(3_600_000), Some(172_800_000), Some(0), None, None]
        );
    }
}
