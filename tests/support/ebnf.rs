//! The grammar file: its reader, and a generator of sentences.

use std::collections::{BTreeMap, BTreeSet};

/// An expression of the grammar.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    Terminal(String),
    Range(char, char),
    Name(String),
    Sequence(Vec<Rule>),
    Choice(Vec<Rule>),
    Optional(Box<Rule>),
    Repeat(Box<Rule>),
    /// Nothing may stand between its neighbours.
    Glue,
}

pub type Grammar = BTreeMap<String, Rule>;

/// Reads a grammar.
pub fn read(text: &str) -> Grammar {
    let tokens = tokens(text);
    let mut reader = Reader { tokens: &tokens };
    let mut grammar = Grammar::new();
    while !reader.tokens.is_empty() {
        let name = reader.next();
        assert_eq!(reader.next(), "=", "after {name}");
        let rule = reader.choice();
        assert_eq!(reader.next(), ";", "at the end of {name}");
        assert!(grammar.insert(name.clone(), rule).is_none(), "{name} twice");
    }
    grammar
}

/// The texts of all quoted terminals of rules whose name passes.
pub fn terminals(grammar: &Grammar, passes: fn(&str) -> bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    grammar.iter().filter(|(name, _)| passes(name)).for_each(|(_, rule)| collect(rule, &mut found));
    found
}

fn collect(rule: &Rule, found: &mut BTreeSet<String>) {
    match rule {
        Rule::Terminal(text) => drop(found.insert(text.clone())),
        Rule::Sequence(rules) | Rule::Choice(rules) => rules.iter().for_each(|rule| collect(rule, found)),
        Rule::Optional(rule) | Rule::Repeat(rule) => collect(rule, found),
        Rule::Range(..) | Rule::Name(_) | Rule::Glue => {}
    }
}

/// The names that rules mention.
pub fn mentioned(rule: &Rule, found: &mut BTreeSet<String>) {
    match rule {
        Rule::Name(name) => drop(found.insert(name.clone())),
        Rule::Sequence(rules) | Rule::Choice(rules) => rules.iter().for_each(|rule| mentioned(rule, found)),
        Rule::Optional(rule) | Rule::Repeat(rule) => mentioned(rule, found),
        Rule::Terminal(_) | Rule::Range(..) | Rule::Glue => {}
    }
}

/// Whether a rule is a token, whose parts touch each other.
pub fn is_token(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' if rest.starts_with("(*") => {
                rest = rest[rest.find("*)").unwrap() + 2..].trim_start();
                continue;
            }
            '"' | '\'' => rest[1..].find(first).unwrap() + 2,
            '.' => 2,
            c if c.is_alphanumeric() => {
                rest.find(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_')).unwrap_or(rest.len())
            }
            _ => 1,
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Reader<'a> {
    tokens: &'a [String],
}

impl Reader<'_> {
    fn peek(&self) -> &str {
        self.tokens.first().map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        let (first, rest) = self.tokens.split_first().expect("the grammar goes on");
        self.tokens = rest;
        first.clone()
    }

    fn choice(&mut self) -> Rule {
        let mut rules = vec![self.sequence()];
        while self.peek() == "|" {
            self.next();
            rules.push(self.sequence());
        }
        if rules.len() == 1 { rules.remove(0) } else { Rule::Choice(rules) }
    }

    fn sequence(&mut self) -> Rule {
        let mut rules = Vec::new();
        while !matches!(self.peek(), "|" | ")" | "]" | "}" | ";" | "") {
            rules.push(self.one());
        }
        if rules.len() == 1 { rules.remove(0) } else { Rule::Sequence(rules) }
    }

    fn one(&mut self) -> Rule {
        let token = self.next();
        match token.as_str() {
            "~" => Rule::Glue,
            "(" => self.closed(")", |rule| rule),
            "[" => self.closed("]", |rule| Rule::Optional(Box::new(rule))),
            "{" => self.closed("}", |rule| Rule::Repeat(Box::new(rule))),
            _ if token.starts_with(['"', '\'']) => self.terminal(&unquote(&token)),
            _ => Rule::Name(token),
        }
    }

    fn closed(&mut self, close: &str, make: fn(Rule) -> Rule) -> Rule {
        let rule = self.choice();
        assert_eq!(self.next(), close);
        make(rule)
    }

    fn terminal(&mut self, text: &str) -> Rule {
        if self.peek() != ".." {
            return Rule::Terminal(text.to_owned());
        }
        self.next();
        let end = unquote(&self.next());
        Rule::Range(text.chars().next().unwrap(), end.chars().next().unwrap())
    }
}

fn unquote(token: &str) -> String {
    token[1..token.len() - 1].replace("\\n", "\n").replace("\\\\", "\\")
}

/// Numbers that look random and are the same in each run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }
}

/// Makes sentences. When its fuel is spent it takes the alternatives that end soonest.
pub struct Generator<'a> {
    pub grammar: &'a Grammar,
    pub random: Random,
    /// How many rules a sentence may use freely.
    size: usize,
    fuel: usize,
    heights: BTreeMap<String, usize>,
    /// In a guard, outside of brackets.
    guarded: bool,
    /// In an interpolation, where a line may not end.
    one_line: bool,
}

impl<'a> Generator<'a> {
    pub fn new(grammar: &'a Grammar, seed: u64, size: usize) -> Self {
        let random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        Self { grammar, random, size, fuel: 0, heights: heights(grammar), guarded: false, one_line: false }
    }

    /// A file: statements of each sort, in any order, after what the rule for files makes by itself.
    pub fn file(&mut self) -> String {
        let mut text = self.sentence("file");
        for _ in 0..4 {
            text += &format!("\n{}\n", self.sentence("statement"));
        }
        text
    }

    /// A sentence of a rule.
    pub fn sentence(&mut self, rule: &str) -> String {
        let mut pieces = Vec::new();
        self.fuel = self.size;
        self.name(rule, &mut pieces);
        let mut text = String::new();
        let mut glue = true;
        for piece in pieces {
            let Some(piece) = piece else {
                glue = true;
                continue;
            };
            if !glue && !text.ends_with('\n') {
                text.push(' ');
            }
            text.push_str(&piece);
            glue = false;
        }
        text
    }

    fn name(&mut self, name: &str, out: &mut Vec<Option<String>>) {
        self.fuel = self.fuel.saturating_sub(1);
        let before = (self.guarded, self.one_line);
        match name {
            "guard" | "guard-each" => self.guarded = true,
            "paren" | "list" | "call" | "body" | "record" => self.guarded = false,
            "interpolation" => (self.guarded, self.one_line) = (false, true),
            "NEWLINE" if self.one_line => return out.push(Some(" ".into())),
            _ => {}
        }
        let rule = &self.grammar[name];
        if is_token(name) {
            let mut parts = Vec::new();
            self.rule(rule, &mut parts);
            let mut text: String = parts.into_iter().flatten().collect();
            if name == "NAME" && text.len() < 12 {
                text.insert_str(0, "n_");
            }
            out.push(Some(text));
        } else {
            self.rule(rule, out);
        }
        (self.guarded, self.one_line) = before;
    }

    fn rule(&mut self, rule: &'a Rule, out: &mut Vec<Option<String>>) {
        match rule {
            Rule::Terminal(text) => out.push(Some(text.clone())),
            Rule::Range(start, end) => {
                let count = *end as usize - *start as usize + 1;
                out.push(Some(char::from(*start as u8 + self.random.below(count) as u8).to_string()));
            }
            Rule::Name(name) => self.name(name, out),
            Rule::Glue => out.push(None),
            Rule::Sequence(rules) => rules.iter().for_each(|rule| self.rule(rule, out)),
            Rule::Choice(rules) => {
                let rule = self.choose(rules);
                self.rule(rule, out);
            }
            Rule::Optional(rule) => (0..self.times(1)).for_each(|_| self.rule(rule, out)),
            Rule::Repeat(rule) => (0..self.times(2)).for_each(|_| self.rule(rule, out)),
        }
    }

    fn times(&mut self, most: usize) -> usize {
        if self.fuel == 0 { 0 } else { self.random.below(most + 1) }
    }

    fn choose(&mut self, rules: &'a [Rule]) -> &'a Rule {
        let fits = |rule: &&Rule| match rule {
            Rule::Name(name) => !(self.guarded && (name == "record" || name == "flags")),
            Rule::Sequence(rules) => !(self.one_line && rules.first() == Some(&Rule::Name("NEWLINE".into()))),
            _ => true,
        };
        let mut rules: Vec<&Rule> = rules.iter().filter(fits).collect();
        if self.fuel == 0 {
            let least = rules.iter().map(|rule| height(rule, &self.heights)).min().unwrap();
            rules.retain(|rule| height(rule, &self.heights) == least);
        }
        rules[self.random.below(rules.len())]
    }
}

/// How many rules inside each other each rule needs at least.
fn heights(grammar: &Grammar) -> BTreeMap<String, usize> {
    let mut heights = BTreeMap::new();
    loop {
        let known: BTreeMap<String, usize> =
            grammar.iter().map(|(name, rule)| (name.clone(), height(rule, &heights).saturating_add(1))).collect();
        if known == heights {
            return known;
        }
        heights = known;
    }
}

fn height(rule: &Rule, heights: &BTreeMap<String, usize>) -> usize {
    match rule {
        Rule::Name(name) => heights.get(name).copied().unwrap_or(usize::MAX),
        Rule::Sequence(rules) => rules.iter().map(|rule| height(rule, heights)).max().unwrap_or(0),
        Rule::Choice(rules) => rules.iter().map(|rule| height(rule, heights)).min().unwrap_or(0),
        Rule::Terminal(_) | Rule::Range(..) | Rule::Glue | Rule::Optional(_) | Rule::Repeat(_) => 0,
    }
}
