//! Breaking texts at random.

/// Pieces that mean something to the lexer or the parser.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "\"\"\"",
    "${",
    "'",
    "\\",
    "\n",
    "\r\n",
    ",",
    "=",
    ":",
    ".",
    "..",
    "->",
    "?",
    "??",
    "?.",
    "//",
    "///",
    "#",
    "/x",
    "./",
    "::",
    "fd00::1",
    "10.0.0.0/8",
    "1.2.3",
    "1h30m",
    "4GiB",
    "6443/tcp",
    "0644",
    "5%",
    "$x",
    "é",
    "for",
    "in",
    "if",
    "then",
    "else",
    "cert",
    "deploy",
    "component",
    "overlay",
    "set",
    "add",
    "drop",
    "unit",
    "file",
];

/// An endless source of broken texts.
pub struct Mutator<'a> {
    state: u64,
    corpus: &'a [String],
}

impl<'a> Mutator<'a> {
    pub fn new(seed: u64, corpus: &'a [String]) -> Self {
        Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1, corpus }
    }

    /// A text of the corpus with one to eight mutations; one in eight keeps its form, and has other values.
    pub fn next(&mut self) -> String {
        if self.below(8) == 0 {
            return self.other_values();
        }
        let mut text = self.text().into_bytes();
        for _ in 0..=self.below(8) {
            self.mutate(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// A whole text, in which one to three words, or whole lines, are those of another. It may still be a cluster.
    fn other_values(&mut self) -> String {
        let own = self.below(self.corpus.len());
        let mut text = self.corpus.get(own).cloned().unwrap_or_default();
        for _ in 0..=self.below(3) {
            let at = self.below(self.corpus.len());
            let other = self.corpus.get(at).map_or("", String::as_str);
            text = if self.below(3) == 0 { self.lines(&text, other) } else { self.words(&text, other) };
        }
        text
    }

    /// The text with one line more, or one less.
    fn lines(&mut self, text: &str, other: &str) -> String {
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        let others: Vec<&str> = other.split_inclusive('\n').collect();
        let at = self.below(lines.len());
        if self.below(2) == 0 && !lines.is_empty() {
            lines.remove(at);
        } else if let Some(line) = others.get(self.below(others.len())) {
            lines.insert(at, line);
        }
        lines.concat()
    }

    /// The text with one word that is one of another text.
    fn words(&mut self, text: &str, other: &str) -> String {
        let (own, others) = (words(text), words(other));
        let (at, from) = (self.below(own.len()), self.below(others.len()));
        match (own.get(at), others.get(from)) {
            (Some(&(start, end)), Some(&(from, to))) => [&text[..start], &other[from..to], &text[end..]].concat(),
            _ => text.to_owned(),
        }
    }

    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as usize % limit.max(1)
    }

    /// A text, or for speed often only some lines of it.
    fn text(&mut self) -> String {
        let at = self.below(self.corpus.len());
        let text = self.corpus.get(at).cloned().unwrap_or_default();
        if self.below(4) == 0 {
            return text;
        }
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let start = self.below(lines.len());
        let end = (start + 1 + self.below(30)).min(lines.len());
        lines.get(start..end).unwrap_or_default().concat()
    }

    fn mutate(&mut self, text: &mut Vec<u8>) {
        let at = self.below(text.len() + 1);
        match self.below(8) {
            0 => self.flip(text, at),
            1 => text.truncate(at),
            2 => self.cut(text, at),
            3 => self.splice(text, at),
            4 => self.duplicate(text, at),
            5 => self.nest(text, at),
            _ => self.insert(text, at),
        }
    }

    fn flip(&mut self, text: &mut [u8], at: usize) {
        let bit = 1 << self.below(8);
        if let Some(byte) = text.get_mut(at) {
            *byte ^= bit;
        }
    }

    fn cut(&mut self, text: &mut Vec<u8>, at: usize) {
        let end = (at + 1 + self.below(20)).min(text.len());
        text.drain(at.min(end)..end);
    }

    fn insert(&mut self, text: &mut Vec<u8>, at: usize) {
        let piece = PIECES[self.below(PIECES.len())];
        text.splice(at..at, piece.bytes());
    }

    /// Some of another text.
    fn splice(&mut self, text: &mut Vec<u8>, at: usize) {
        let other = self.text();
        let start = self.below(other.len());
        let end = (start + self.below(60)).min(other.len());
        text.splice(at..at, other.as_bytes()[start.min(end)..end].to_vec());
    }

    fn duplicate(&mut self, text: &mut Vec<u8>, at: usize) {
        let end = (at + self.below(80)).min(text.len());
        let copy = text[at.min(end)..end].to_vec();
        text.splice(at..at, copy);
    }

    /// The same piece very often.
    fn nest(&mut self, text: &mut Vec<u8>, at: usize) {
        if self.below(6) > 0 {
            return self.insert(text, at);
        }
        let piece = PIECES[self.below(PIECES.len())];
        let count = self.below(3000);
        text.splice(at..at, piece.repeat(count).into_bytes());
    }
}

/// Where words, numbers and addresses are.
fn words(text: &str) -> Vec<(usize, usize)> {
    let inside = |letter: char| letter.is_alphanumeric() || "_.:/%-".contains(letter);
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (at, letter) in text.char_indices().filter(|(_, letter)| inside(*letter)) {
        match found.last_mut().filter(|(_, end)| *end == at) {
            Some((_, end)) => *end += letter.len_utf8(),
            None => found.push((at, at + letter.len_utf8())),
        }
    }
    found
}
